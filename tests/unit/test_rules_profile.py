"""The checker on runs whose draw changes: the recipe's draw slot by slot, and the load that follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.domain.factory import Factory, Product
from chocolate_factory.domain.plan import Run, Schedule, Wanted
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.rules_case import Case
from tests.unit.plan_samples import BAKE, MIX, WINDOW, local, plant, run, weather

SLOTS = WINDOW.slot_count(15)
DRAWS = (20.0, 16.0, 12.0, 12.0)
RISING = replace(BAKE, power_kw=15.0, profile=((20, 20.0), (10, 14.0), (30, 12.0)))


def bakery() -> Factory:
    """The sample plant with one product, baked at a falling draw."""
    return replace(plant(), products=(Product("bar", 10, (MIX, RISING)),))


def schedule(**changes: object) -> Schedule:
    """One bar, its second run changed."""
    factory = bakery()
    runs = [run("bar-1", 0, 1, "2026-03-18T06:00", factory), run("bar-1", 1, 1, "2026-03-18T06:30", factory)]
    runs[1] = replace(runs[1], profile_kw=DRAWS)
    runs[1] = replace(runs[1], **changes)  # type: ignore[arg-type]
    return Schedule(WINDOW, tuple(runs), (Wanted("bar", 1, local("2026-03-18T10:00"), True, 0),), {}, {}, {})


def found(given: Schedule, cap: float | None = None) -> list[tuple[str, str]]:
    limit = None if cap is None else np.full(SLOTS, cap)
    return [(v.rule, v.message) for v in violations(bakery(), given, weather(WINDOW), limit)]


def test_the_draw_of_the_recipe_breaks_nothing() -> None:
    assert found(schedule()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"profile_kw": ()}, "draws 15 kW in its slot 1, not 20"),
        ({"profile_kw": (20.0, 16.0, 13.0, 11.0)}, "draws 13 kW in its slot 3, not 12"),
        ({"profile_kw": DRAWS[:3]}, "has draws for 3 slots, not for 4"),
        ({"power_kw": 14.0}, "draws 14 kW, not 15"),
        ({"profile_kw": (20.0, 16.0, float("nan"), 12.0)}, "slot 3"),
    ],
)
def test_another_draw_is_named(changes: dict[str, object], said: str) -> None:
    broken = found(schedule(**changes))
    assert {rule for rule, _ in broken} == {"recipe"}
    assert said in broken[0][1]


def test_a_constant_step_may_not_draw_a_profile() -> None:
    factory = replace(plant(), products=(Product("bar", 10, (MIX, BAKE)),))
    broken = violations(factory, schedule(), weather(WINDOW))
    assert [(v.rule, "in its slot 1, not 15" in v.message) for v in broken] == [("recipe", True)]


def test_the_load_follows_the_profile() -> None:
    case = Case(bakery(), schedule(), weather(WINDOW), None)
    quiet = Case(bakery(), replace(schedule(), runs=schedule().runs[:1]), weather(WINDOW), None)
    added = case.load_kw() - quiet.load_kw()
    first = case.placed[1].first
    assert added[first : first + 4] == pytest.approx(DRAWS)
    assert np.sum(added) == pytest.approx(sum(DRAWS))
    assert found(schedule(), cap=22.9)[0][0] == "power"
    assert found(schedule(), cap=23.1) == []


def begun(minutes: int) -> Run:
    """The profiled run, begun off the grid that many minutes before the window."""
    start = WINDOW.start - minutes * (WINDOW.start - local("2026-03-18T04:59"))
    span = (local("2026-03-18T06:00") - local("2026-03-18T05:00")) * 1.5
    return replace(schedule().runs[1], start=start, end=start + span)


@pytest.mark.parametrize("minutes", [15, 20, 52])
def test_a_begun_run_goes_on_where_its_profile_is(minutes: int) -> None:
    one = begun(minutes)
    case = Case(bakery(), replace(schedule(), runs=(), begun=(one,)), weather(WINDOW), None)
    none = Case(bakery(), replace(schedule(), runs=()), weather(WINDOW), None)
    each_minute = [kw for kw in (*DRAWS, 12.0, 12.0, 12.0) for _ in range(15)][minutes:]
    slots = -(-(90 - minutes) // 15)
    expected = [sum(each_minute[15 * n : 15 * n + 15]) / 15 for n in range(slots)]
    assert (case.load_kw() - none.load_kw())[:slots] == pytest.approx(expected)
    assert one.draw_kw(minutes / 15 + np.arange(slots)) == pytest.approx(expected)
