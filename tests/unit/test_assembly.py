"""Names and units of batches, and the schedule the checker sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.assembly import (
    due_order,
    late_of,
    matched,
    named,
    runs_of,
    schedule_of,
    to_make,
)
from chocolate_factory.domain.factory import Attendance, Factory, Machine, Outage, Product, Step
from chocolate_factory.domain.plan import Run, Schedule, Wanted
from chocolate_factory.domain.problem import Job, Problem, Solution
from chocolate_factory.domain.rules import violations
from tests.unit.plan_samples import WINDOW, good_schedule, local, plant, problem_of, run, weather

QUARTERS = {clock: index for index, clock in enumerate(range(300, 3000, 15))}
"""Slot of each minute of the day from 05:00, where the sample window begins."""


def slot(hours: int, minutes: int = 0) -> int:
    """Slot of a local time on the first day of the sample window."""
    return QUARTERS[60 * hours + minutes]


def sample() -> tuple[Problem, Solution]:
    """The hand-made plan of the samples as starts: two bars and two cakes, in no particular order."""
    problem = problem_of(plant(), WINDOW, good_schedule().wanted, weather(WINDOW))
    jobs = (
        Job(1, (slot(13, 30), slot(24))),
        Job(0, (slot(6, 30), slot(8), slot(9, 30))),
        Job(1, (slot(7), slot(7, 30))),
        Job(0, (slot(6), slot(6, 30), slot(7, 30))),
    )
    return problem, Solution(jobs, 0.0, 0.0, 0.0, stock={0: 1}, left={3: 1})


def test_the_schedule_of_a_solution_breaks_no_rule_and_is_the_one_made_by_hand() -> None:
    problem, solution = sample()
    schedule = schedule_of(problem, solution, good_schedule().wanted, plant())
    assert violations(plant(), schedule, weather(WINDOW)) == []
    assert isinstance(schedule, Schedule)

    def shape(runs: tuple[Run, ...]) -> set[tuple[object, ...]]:
        return {(r.product, r.process, r.machine, r.start, r.end, r.power_kw, r.step) for r in runs}

    assert shape(schedule.runs) == shape(good_schedule().runs)
    assert (schedule.stock, schedule.left, schedule.late) == ({0: 1}, {3: 1}, {})


def test_batches_are_named_by_product_due_date_and_number_in_order_of_finish() -> None:
    problem, solution = sample()
    names = named(problem, solution)
    assert {name: job.starts[0] for name, job in names.items()} == {
        "bar-2026-03-18-1": slot(6),
        "bar-2026-03-18-2": slot(6, 30),
        "cake-2026-03-18-1": slot(7),
        "cake-2026-03-21-1": slot(13, 30),
    }
    assert named(problem, replace(solution, jobs=solution.jobs[::-1])) == names


def test_lots_of_one_product_and_day_share_their_numbers() -> None:
    wanted = tuple(Wanted("cake", 1, local(f"2026-03-18T{hour}:00"), True, 0) for hour in (14, 18))
    problem = problem_of(plant(), WINDOW, wanted, weather(WINDOW))
    jobs = (Job(1, (slot(9), slot(9, 30))), Job(1, (slot(8), slot(8, 30))))
    names = named(problem, Solution(jobs, 0.0, 0.0, 0.0))
    assert names == {"cake-2026-03-18-1": jobs[1], "cake-2026-03-18-2": jobs[0]}


def test_kept_runs_keep_their_names_and_units() -> None:
    """Oven 1 bakes a bar begun before this plan, so the first cake dries in oven 2 and the names go on."""
    problem, solution = sample()
    kept = (replace(run("bar-1", 1, 1, "2026-03-18T07:00"), batch="cake-2026-03-18-1"),)
    units = problem.machine_units.copy()
    units[1, slot(7) : slot(8)] -= 1
    busy = replace(problem, machine_units=units)
    jobs = (Job(1, (slot(7), slot(7, 30))), *solution.jobs[:1], *solution.jobs[3:], solution.jobs[1])
    schedule = schedule_of(busy, replace(solution, jobs=jobs), good_schedule().wanted, plant(), kept)
    dry = next(r for r in schedule.runs if r.process == "dry")
    assert (dry.batch, dry.unit) == ("cake-2026-03-18-2", 2)
    ovens = [r for r in (*schedule.runs, *kept) if r.machine == "oven"]
    assert all(
        a is b or a.unit != b.unit or a.end <= b.start or b.end <= a.start for a in ovens for b in ovens
    )


def test_matching_goes_by_finish_and_due_time_and_tells_what_is_late() -> None:
    wanted = (
        Wanted("cake", 2, local("2026-03-18T12:00"), True, 1),
        Wanted("cake", 1, local("2026-03-18T10:00"), True, 1),
        Wanted("cake", 1, local("2026-03-18T12:00"), False, 0),
    )
    problem = problem_of(plant(), WINDOW, wanted, weather(WINDOW))
    dried = ((slot(6), slot(8)), (slot(8), slot(8, 30)), (slot(5), slot(9, 45)), (slot(11), slot(11, 30)))
    jobs = tuple(Job(1, starts) for starts in dried)
    counts = to_make(problem, Solution((), 0.0, 0.0, 0.0))
    assert due_order(problem, counts) == [1, 0, 0, 2]
    assert [(a.job.starts[0], a.lot) for a in matched(problem, jobs, counts)] == [
        (slot(6), 1),
        (slot(8), 0),
        (slot(5), 0),
        (slot(11), 2),
    ]
    assert late_of(problem, jobs, counts) == {2: 1}
    later = (*jobs[:2], Job(1, (slot(5), slot(10, 15))), jobs[3])
    assert late_of(problem, later, counts) == {0: 1, 2: 1}
    assert late_of(problem, jobs[:2], {0: 1, 1: 1, 2: 0}) == {}


def test_a_late_plan_passes_the_checker_with_its_late_batches() -> None:
    problem, solution = sample()
    wanted = (*good_schedule().wanted[:1], replace(good_schedule().wanted[1], due=local("2026-03-18T09:30")))
    wanted += good_schedule().wanted[2:]
    problem = problem_of(plant(), WINDOW, wanted, weather(WINDOW))
    late = late_of(problem, solution.jobs, to_make(problem, solution))
    assert late == {1: 1}
    told = schedule_of(problem, replace(solution, late=late), wanted, plant())
    assert violations(plant(), told, weather(WINDOW)) == []
    hidden = schedule_of(problem, solution, wanted, plant())
    assert [v.rule for v in violations(plant(), hidden, weather(WINDOW))] == ["due"]


def test_other_batches_or_wants_than_the_problem_are_refused() -> None:
    problem, solution = sample()
    with pytest.raises(ValueError, match="1 batches of bar are planned where 2"):
        named(problem, replace(solution, jobs=solution.jobs[:3]))
    with pytest.raises(ValueError, match="same order"):
        schedule_of(problem, solution, good_schedule().wanted[::-1], plant())


def test_a_plan_with_too_many_runs_gets_units_that_the_checker_names() -> None:
    problem, _ = sample()
    jobs = {f"cake-{index}": Job(1, (slot(6), slot(8) + index)) for index in range(3)}
    ovens = [r for r in runs_of(problem, jobs, plant()) if r.process == "dry"]
    assert [r.unit for r in ovens] == [1, 2, 3]


def one_oven_type(count: int, away: list[tuple[int, int, int]]) -> Factory:
    """A plant that only dries, with units of its oven away in spans of slots (first, length, units)."""
    start, quarter = WINDOW.start, (WINDOW.end - WINDOW.start) / WINDOW.slot_count(15)
    spans = tuple(
        Outage(start + first * quarter, start + (first + length) * quarter, units)
        for first, length, units in away
    )
    steps = (Step("dry", "oven", 45, 10.0, Attendance.NONE),)
    return plant(machines=(Machine("oven", count, 15.0, spans),), products=(Product("cake", 20, steps),))


def units_of(factory: Factory, starts: list[int], kept: tuple[Run, ...] = ()) -> list[int]:
    """Units of batches that start at some slots and dry for three."""
    problem = problem_of(factory, WINDOW, (), weather(WINDOW))
    units = problem.machine_units.copy()
    for run_ in kept:
        first = (run_.start - WINDOW.start) // timedelta(minutes=15)
        units[0, first : first + 3] -= 1
    names = {f"cake-{index}": Job(0, (start,)) for index, start in enumerate(starts)}
    runs = runs_of(replace(problem, machine_units=units), names, factory, kept)
    return [r.unit for r in sorted(runs, key=lambda r: r.batch)]


def test_the_units_that_are_away_stay_the_same_until_they_are_back() -> None:
    """Two ovens, one away: the higher one, or the first that is free; the other carries what comes."""
    assert units_of(one_oven_type(2, [(0, 10, 1)]), [2, 5]) == [1, 1]
    assert units_of(one_oven_type(2, [(3, 9, 1)]), [0, 1, 4]) == [1, 2, 2]


def test_a_kept_run_is_not_taken_for_a_unit_that_is_away() -> None:
    factory = one_oven_type(2, [])
    kept = run("cake-9", 0, 2, "2026-03-18T05:00", factory)
    assert units_of(factory, [0], (kept,)) == [1]
    assert units_of(factory, [0], (replace(kept, unit=1),)) == [2]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 4),
    away=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(1, 2)), max_size=3),
    starts=st.lists(st.integers(0, 40), max_size=25),
)
def test_units_never_overlap_where_the_count_is_kept(
    count: int, away: list[tuple[int, int, int]], starts: list[int]
) -> None:
    """Any runs that fit the available units get numbers 1…count without overlap."""
    factory = one_oven_type(count, away)
    free = problem_of(factory, WINDOW, (), weather(WINDOW)).machine_units[0].copy()
    jobs = []
    for start in starts:
        if np.all(free[start : start + 3] > 0):
            free[start : start + 3] -= 1
            jobs.append(Job(0, (start,)))
    wanted = (Wanted("cake", len(jobs), WINDOW.end, True, 0),) if jobs else ()
    problem = problem_of(factory, WINDOW, wanted, weather(WINDOW))
    schedule = schedule_of(problem, Solution(tuple(jobs), 0.0, 0.0, 0.0), wanted, factory)
    assert len({r.batch for r in schedule.runs}) == len(jobs)
    assert violations(factory, schedule, weather(WINDOW)) == []
    by_unit = sorted(schedule.runs, key=lambda r: (r.unit, r.start))
    for unit, runs in groupby(by_unit, key=lambda r: r.unit):
        own = list(runs)
        assert 1 <= unit <= count
        assert all(a.end <= b.start for a, b in pairwise(own))
