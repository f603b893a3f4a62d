"""The rule checker on batches that began before the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.domain.plan import Run, Schedule, Wanted
from chocolate_factory.domain.rules import violations
from tests.unit.plan_samples import WINDOW, local, plant, run, weather

START = "2026-03-18T05:00"
CAP = np.full(WINDOW.slot_count(15), 60.0)


def schedule(begun: tuple[Run, ...], runs: tuple[Run, ...], bars: int = 1) -> Schedule:
    wanted = (Wanted("bar", bars, local("2026-03-18T12:00"), True, 0),) if bars else ()
    return Schedule(WINDOW, runs, wanted, {}, {}, {}, begun=begun)


def broken(given: Schedule, cap: float | None = None) -> set[str]:
    limit = None if cap is None else np.full(WINDOW.slot_count(15), cap)
    return {found.rule for found in violations(plant(), given, weather(WINDOW), limit)}


MIXED = run("bar-1", 0, 1, "2026-03-18T04:15")
REST = (run("bar-1", 1, 1, "2026-03-18T06:00"), run("bar-1", 2, 1, "2026-03-18T07:00"))


def test_the_rest_of_a_batch_is_a_batch() -> None:
    assert MIXED.end < local(START), "mixed at night, outside the shifts and before the window: a fact"
    late = replace(MIXED, end=local("2026-03-18T05:10"))
    assert broken(schedule((late,), REST)) == set()
    assert broken(schedule((late,), REST[1:])) == {"recipe"}
    assert broken(schedule((), REST)) == {"recipe"}


def test_a_batch_that_began_may_not_be_dropped() -> None:
    late = replace(MIXED, end=local("2026-03-18T05:10"))
    assert "recipe" in broken(schedule((late,), (), bars=0))


def test_the_wait_counts_from_the_real_end() -> None:
    assert broken(schedule((replace(MIXED, end=local("2026-03-18T05:00")),), REST)) == set()
    assert broken(schedule((replace(MIXED, end=local("2026-03-18T04:59")),), REST)) == {"wait"}
    assert broken(schedule((replace(MIXED, end=local("2026-03-18T06:01")),), REST)) == {"order"}


@pytest.mark.parametrize(
    ("unit", "start", "rules"), [(1, "06:00", True), (2, "06:00", False), (1, "07:00", False)]
)
def test_a_unit_that_goes_on_is_taken(unit: int, start: str, rules: bool) -> None:
    going = replace(run("cake-1", 1, 1, "2026-03-18T04:00"), end=local("2026-03-18T06:30"))
    mixed = run("cake-1", 0, 1, "2026-03-18T03:00")
    rest = (run("bar-1", 1, unit, f"2026-03-18T{start}"), run("bar-1", 2, 1, "2026-03-18T08:00"))
    began = (replace(MIXED, end=local("2026-03-18T05:45")), mixed, going)
    assert ("machine" in broken(schedule(began, rest))) == rules


def test_what_goes_on_counts_for_machines_and_power_but_breaks_nothing_itself() -> None:
    going = tuple(
        replace(run(f"cake-{n}", 1, n, "2026-03-18T04:00"), end=local("2026-03-18T14:00")) for n in (1, 2)
    )
    mixed = tuple(run(f"cake-{n}", 0, 1, f"2026-03-18T0{n}:00") for n in (1, 2))
    assert broken(schedule((*going, *mixed), (), bars=0)) == set(), "both ovens, though one is away at noon"
    assert broken(schedule((*going, *mixed), (), bars=0), 22.9) == {"power"}
    rest = (*REST, run("bar-1", 0, 1, "2026-03-18T05:00"))
    assert "machine" in broken(schedule((*going, *mixed), rest))


def test_what_begins_in_the_window_has_not_begun() -> None:
    assert "window" in broken(schedule((run("bar-1", 0, 1, "2026-03-18T05:15"),), REST))


def test_a_batch_in_its_last_step_answers_no_want_of_the_plan() -> None:
    began = (
        MIXED,
        replace(REST[0], start=local("2026-03-18T04:00"), end=local("2026-03-18T04:45")),
        replace(REST[1], start=local("2026-03-18T04:50"), end=local("2026-03-18T05:05")),
    )
    assert broken(schedule(began, (), bars=0)) == set()
    assert broken(schedule(began, (), bars=1)) >= {"due"}
