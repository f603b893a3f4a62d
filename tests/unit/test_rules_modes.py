"""The checker on steps with modes: each run is exactly one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from chocolate_factory.domain.factory import Factory, Mode, Product
from chocolate_factory.domain.plan import Schedule, Wanted
from chocolate_factory.domain.rules import violations
from tests.unit.plan_samples import BAKE, MIX, WINDOW, local, plant, run, weather

NORMAL = Mode("normal", 60, 15.0)
GENTLE = Mode("gentle", 90, 8.0, ((30, 12.0), (60, 6.0)))
DRAWS = (12.0,) * 2 + (6.0,) * 4


def bakery() -> Factory:
    """The sample plant with one product, baked in one of two modes."""
    return replace(plant(), products=(Product("bar", 10, (MIX, replace(BAKE, modes=(NORMAL, GENTLE)))),))


def schedule(**changes: object) -> Schedule:
    """One bar, its second run changed; as it stands it is in normal mode."""
    runs = [
        run("bar-1", n, 1, clock, bakery()) for n, clock in ((0, "2026-03-18T06:00"), (1, "2026-03-18T06:30"))
    ]
    runs[1] = replace(runs[1], **{"mode": "normal", **changes})  # type: ignore[arg-type]
    return Schedule(WINDOW, tuple(runs), (Wanted("bar", 1, local("2026-03-18T10:00"), True, 0),), {}, {}, {})


def found(given: Schedule) -> list[tuple[str, str]]:
    return [(v.rule, v.message) for v in violations(bakery(), given, weather(WINDOW))]


def gentle(**changes: object) -> Schedule:
    """The run in its other mode."""
    end = local("2026-03-18T06:30") + timedelta(minutes=90)
    return schedule(**{"mode": "gentle", "end": end, "power_kw": 8.0, "profile_kw": DRAWS, **changes})


def test_each_mode_breaks_nothing() -> None:
    assert found(schedule()) == []
    assert found(gentle()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (schedule(mode=""), "is in mode '', and the step has normal, gentle"),
        (schedule(mode="fast"), "is in mode 'fast'"),
        (schedule(mode="gentle"), "lasts 60 min, not 90 in whole slots"),
        (gentle(mode="normal"), "lasts 90 min, not 60 in whole slots"),
        (gentle(profile_kw=()), "draws 8 kW in its slot 1, not 12"),
        (gentle(power_kw=15.0), "draws 15 kW, not 8"),
    ],
)
def test_a_run_between_modes_is_named(given: Schedule, said: str) -> None:
    broken = found(given)
    assert {rule for rule, _ in broken} == {"recipe"}
    assert any(said in message for _, message in broken)


def test_a_step_without_modes_has_none() -> None:
    factory = replace(plant(), products=(Product("bar", 10, (MIX, BAKE)),))
    broken = violations(factory, schedule(), weather(WINDOW))
    assert [v.message for v in broken if "no modes" in v.message]


def test_the_longer_mode_keeps_other_rules() -> None:
    """A unit is taken, and power is drawn, for as long as the mode lasts."""
    one = gentle()
    other = replace(
        one.runs[1], batch="bar-2", start=local("2026-03-18T07:45"), end=local("2026-03-18T08:45")
    )
    other = replace(other, mode="normal", power_kw=15.0, profile_kw=())
    both = replace(one, runs=(*one.runs, other))
    assert "machine" in {rule for rule, _ in found(both)}
    limit = np.full(WINDOW.slot_count(15), 14.5)
    assert violations(bakery(), one, weather(WINDOW), limit)[0].rule == "power"
