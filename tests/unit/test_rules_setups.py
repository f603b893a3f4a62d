"""The checker on setups: there, long enough, directly before, on a free unit, staffed, and in the load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from chocolate_factory.domain.factory import Attendance, Factory, SetupRule
from chocolate_factory.domain.plan import SETUP, Run, Schedule, Wanted
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.rules_case import Case
from tests.unit.plan_samples import WINDOW, local, plant, run, weather

SLOTS = WINDOW.slot_count(15)
CLEAN = SetupRule("oven", 40, 3.0, "bar", "cake")


def bakery(*rules: SetupRule) -> Factory:
    """The sample plant with setups of its ovens."""
    return replace(plant(), setups=rules or (CLEAN,))


def clean(clock: str, minutes: int = 45, **changes: object) -> Run:
    """A setup of the first oven for cakes."""
    start = local(clock)
    made = Run("", "cake", SETUP, "oven", 1, start, start + timedelta(minutes=minutes), 3.0, -1)
    return replace(made, **changes)  # type: ignore[arg-type]


def schedule(*setups: Run, unit: int = 1) -> Schedule:
    """A bar, then a cake in one oven."""
    runs = (
        run("bar-1", 0, 1, "2026-03-18T06:00"),
        run("bar-1", 1, 1, "2026-03-18T06:30"),
        run("bar-1", 2, 1, "2026-03-18T07:30"),
        run("cake-1", 0, 1, "2026-03-18T07:00"),
        run("cake-1", 1, unit, "2026-03-18T08:30"),
    )
    wanted = (
        Wanted("bar", 1, local("2026-03-18T10:00"), True, 0),
        Wanted("cake", 1, local("2026-03-18T14:00"), True, 1),
    )
    return Schedule(WINDOW, runs, wanted, {}, {}, {}, setups=setups)


def found(given: Schedule, factory: Factory | None = None, cap: float | None = None) -> list[tuple[str, str]]:
    limit = None if cap is None else np.full(SLOTS, cap)
    broken = violations(factory or bakery(), given, weather(WINDOW), limit)
    return [(violation.rule, violation.message) for violation in broken]


def test_a_setup_just_before_the_run_breaks_nothing() -> None:
    assert found(schedule(clean("2026-03-18T07:45"))) == []
    assert found(schedule(unit=2)) == [], "the other oven carried nothing before"
    assert found(schedule(), plant()) == [], "a plant without setups"


def test_an_unnecessary_setup_may_be_there() -> None:
    assert found(schedule(clean("2026-03-18T07:45"), clean("2026-03-18T07:45", unit=2), unit=1)) == []


@pytest.mark.parametrize(
    ("setups", "said"),
    [
        ((), "follows bar on its unit without the setup of 40 min just before"),
        ((clean("2026-03-18T07:30"),), "follows bar on its unit without the setup"),
        ((clean("2026-03-18T08:00", 30),), "is no setup that the machine has"),
        ((clean("2026-03-18T07:45", power_kw=2.0),), "is no setup that the machine has"),
        ((clean("2026-03-18T07:45", product="bar"),), "is no setup that the machine has"),
        ((clean("2026-03-18T07:45", unit=2),), "follows bar on its unit without the setup"),
    ],
)
def test_a_setup_that_is_not_right_is_named(setups: tuple[Run, ...], said: str) -> None:
    broken = found(schedule(*setups))
    assert {rule for rule, _ in broken} == {"setup"}
    assert any(said in message for _, message in broken)


def test_a_setup_needs_a_free_unit() -> None:
    busy = clean("2026-03-18T07:00", unit=1)
    broken = found(schedule(clean("2026-03-18T07:45"), busy))
    assert {rule for rule, _ in broken} == {"machine"}
    beyond = found(schedule(clean("2026-03-18T07:45"), clean("2026-03-18T09:00", unit=3)))
    assert [rule for rule, _ in beyond] == ["machine"]


def test_a_setup_counts_among_the_units_that_are_there() -> None:
    """One oven is away from 11:45 to 12:30: two setups at once are one too many."""
    extra = (clean("2026-03-18T11:45"), clean("2026-03-18T11:45", unit=2))
    broken = found(schedule(clean("2026-03-18T07:45"), *extra))
    assert {rule for rule, _ in broken} == {"machine"}


def test_a_setup_keeps_the_window() -> None:
    out = clean("2026-03-18T04:45")
    assert {rule for rule, _ in found(schedule(clean("2026-03-18T07:45"), out))} >= {"window"}
    off = clean("2026-03-18T07:45", start=local("2026-03-18T07:40"))
    assert "window" in {rule for rule, _ in found(schedule(off))}


@pytest.mark.parametrize(
    ("attended", "start", "kept"),
    [
        (Attendance.THROUGHOUT, "2026-03-18T13:15", True),
        (Attendance.THROUGHOUT, "2026-03-18T13:30", False),
        (Attendance.ENDS, "2026-03-18T13:30", False),
        (Attendance.NONE, "2026-03-18T13:30", True),
        (Attendance.NONE, "2026-03-18T16:00", True),
        (Attendance.ENDS, "2026-03-18T16:00", False),
    ],
)
def test_staff_is_there_as_the_setup_asks(attended: Attendance, start: str, kept: bool) -> None:
    factory = bakery(replace(CLEAN, attended=attended))
    broken = found(schedule(clean("2026-03-18T07:45"), clean(start, unit=2)), factory)
    assert [rule for rule, _ in broken] == ([] if kept else ["setup"])


def test_the_load_counts_setups() -> None:
    with_setup = Case(bakery(), schedule(clean("2026-03-18T07:45")), weather(WINDOW), None)
    without = Case(bakery(), schedule(), weather(WINDOW), None)
    first = with_setup.setups[0].first
    assert (with_setup.load_kw() - without.load_kw())[first : first + 3].tolist() == [3.0] * 3
    assert (with_setup.load_kw() - without.load_kw()).sum() == 9.0
    highest = float(with_setup.load_kw()[first])
    assert "power" in {r for r, _ in found(schedule(clean("2026-03-18T07:45")), cap=highest - 0.1)}


def test_the_first_rule_that_fits_counts() -> None:
    free = SetupRule("oven", 0, 0.0, "bar", "cake")
    assert found(schedule(), bakery(free, CLEAN)) == []
    assert found(schedule(), bakery(SetupRule("oven", 30), free))[0][0] == "setup"
    assert found(schedule(), bakery(SetupRule("oven", 30, before="cake"))) == []
    assert found(schedule(), bakery(SetupRule("packer", 30))) == []


def carried(product: str, process: str = "bake", end: str = "2026-03-18T04:30") -> Run:
    """What the first oven did before the window."""
    batch = "" if process == SETUP else f"{product}-0"
    return Run(batch, product, process, "oven", 1, local("2026-03-18T04:00"), local(end), 3.0, 1)


def test_what_was_carried_before_the_window_counts() -> None:
    alone = replace(schedule(clean("2026-03-18T07:45")), carried=(carried("bar"),))
    assert found(alone) == []
    changed = replace(schedule(clean("2026-03-18T07:45")), carried=(carried("cake"),))
    told = found(changed, bakery(SetupRule("oven", 40, 3.0)))
    assert [rule for rule, _ in told] == ["setup"]
    assert "batch bar-1" in told[0][1].lower() and "follows cake" in told[0][1]


def test_a_setup_that_goes_on_holds_its_unit_and_draws() -> None:
    going_on = replace(
        schedule(clean("2026-03-18T07:45")), carried=(carried("bar", SETUP, "2026-03-18T05:30"),)
    )
    assert found(going_on) == []
    quiet = Case(bakery(), schedule(clean("2026-03-18T07:45")), weather(WINDOW), None)
    case = Case(bakery(), going_on, weather(WINDOW), None)
    assert (case.load_kw() - quiet.load_kw())[:3].tolist() == [3.0, 3.0, 0.0]
    later = replace(going_on, carried=(carried("bar", SETUP, "2026-03-18T06:45"),))
    assert {rule for rule, _ in found(later)} == {"machine"}
