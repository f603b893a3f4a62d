"""The standing plan on a new problem: which lots its batches answer, and what is placed beside them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.assembly import finish, late_of
from chocolate_factory.domain.freezing import dues_of, frozen_again, soon
from chocolate_factory.domain.keeping import as_kept, carried, holding, jobs_told, late_beside
from chocolate_factory.domain.plan import Run, Wanted
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.domain.production import Done, Planned
from chocolate_factory.domain.standing import Books, Frozen, Standing, Tail, standing
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import START, faults, lot, problem, step

QUARTER = timedelta(minutes=15)
PRICE = [0.3, 0.1, 0.2, 0.1, 0.4, 0.2, 0.1, 0.3]
OPEN = [True] * len(PRICE)


def plant(*lots: tuple[int, int], allow_late: bool = False) -> Problem:
    """One machine, one product of one step of two slots; lots as (batches, due slot)."""
    wants = [lot(0, batches, due) for batches, due in lots]
    return problem(PRICE, [[step(0, 2, 5.0, OPEN)]], [1], wants, allow_late=allow_late)


def jobs(*starts: int) -> tuple[Job, ...]:
    return tuple(Job(0, (start,)) for start in starts)


def solved(given: Problem, *starts: int) -> Solution:
    return Solution(jobs(*starts), solution_cost_eur(given, jobs(*starts)), 0.0, 0.0)


def run(batch: str, slot: int, step_number: int = 0, slots: int = 2) -> Run:
    begin = START + slot * QUARTER
    end = begin + slots * QUARTER
    return Run(batch, "product0", "step0", "machine0", 1, begin, end, 5.0, step_number)


def test_kept_batches_leave_the_latest_due_times_to_new_ones() -> None:
    held = holding(plant((1, 4), (2, 8)), jobs(2, 0), solved(plant((1, 4), (2, 8)), 0, 2, 4))
    assert held is not None
    assert [(one.product, one.batches, one.due) for one in held.problem.lots] == [
        (0, 1, 8),
        (1, 1, 4),
        (2, 1, 8),
    ]
    assert held.kept == jobs(0, 2)
    assert held.of_the_plan([Job(1, (0,)), Job(0, (4,)), Job(2, (2,))]) == (*jobs(0), *jobs(4), *jobs(2))


def test_a_new_order_before_what_stands_goes_to_the_free_batch() -> None:
    given = plant((1, 3), (1, 8))
    held = holding(given, jobs(4), solved(given, 0, 4))
    assert held is not None
    found = HighsPlanner().solve_from(held.start, held.problem, 2)
    assert sorted(job.starts for job in held.of_the_plan(found.jobs))[1] == (4,)
    assert min(finish(given, job) for job in held.of_the_plan(found.jobs)) <= 3
    assert faults(given, held.of_the_plan(found.jobs)) == []


def test_more_batches_than_are_wanted_cannot_be_kept() -> None:
    assert holding(plant((1, 8)), jobs(0, 4), solved(plant((1, 8)), 0)) is None


def test_what_finds_no_place_beside_is_left_by_the_planner_and_seen() -> None:
    """With lateness allowed the planner leaves a batch where nothing fits; it must not pass for a plan."""
    given = plant((4, 8), allow_late=True)
    held = holding(given, jobs(1, 3, 5), solved(given, 0, 2, 4, 6))
    assert held is not None
    found = HighsPlanner().solve_from(held.start, held.problem, 2)
    assert sum(found.left.values()) == 1
    assert late_beside(held) is None


def test_how_late_what_is_new_would_be_beside_what_stands() -> None:
    given = plant((1, 2), (1, 8))
    early, late = (holding(given, jobs(at), solved(given, 0, at)) for at in (4, 1))
    assert early is not None
    assert late is not None
    assert late_beside(early) == 0
    assert late_beside(late) == 3, "from 3 to 5, due at 2"


def test_the_cost_and_bound_of_a_kept_plan() -> None:
    given = plant((2, 8))
    best = Solution(jobs(0, 2), solution_cost_eur(given, jobs(0, 2)), 1.0, 0.5)
    kept = as_kept(given, best, jobs(0, 4))
    assert kept.cost_eur == pytest.approx(solution_cost_eur(given, jobs(0, 4)))
    assert kept.bound_eur <= kept.cost_eur
    assert kept.late == late_of(given, kept.jobs, {0: 2})


def test_runs_of_another_recipe_or_outside_the_window_are_not_known() -> None:
    told = jobs_told(
        plant((3, 8)),
        {
            "a": [run("a", 1)],
            "early": [run("early", -1)],
            "late": [run("late", 7)],
            "long": [run("long", 1, 0, 3)],
        },
    )
    assert told == {"a": Job(0, (1,))}


def test_jobs_are_carried_by_what_they_make() -> None:
    before = problem(PRICE, [[step(0, 2, 5.0, OPEN)], [step(0, 1, 5.0, OPEN)]], [1], [])
    after = problem(PRICE, [[step(0, 2, 5.0, OPEN)]], [1], [])
    assert carried([Job(0, (1,)), Job(1, (4,))], before, after) == jobs(1)


@settings(max_examples=40, deadline=None)
@given(
    starts=st.permutations([0, 2, 4, 6]), dues=st.lists(st.sampled_from([2, 4, 6, 8]), min_size=4, max_size=4)
)
def test_holding_a_whole_plan_is_as_late_as_the_plan(starts: list[int], dues: list[int]) -> None:
    given = plant(*((1, due) for due in dues), allow_late=True)
    counts = dict.fromkeys(range(4), 1)
    whole = jobs(*starts)
    held = holding(given, whole, solved(given, *starts))
    assert held is not None
    assert sorted(job.starts for job in held.kept) == sorted(job.starts for job in whole)
    assert all(finish(given, j) <= one.due for j, one in zip(held.kept, held.problem.lots, strict=True))
    assert late_of(given, held.kept, counts) == late_of(given, whole, counts)


def wanted(hours: int, batches: int) -> Wanted:
    return Wanted("product0", batches, START + timedelta(hours=hours), True, 0)


def test_batches_are_due_by_the_order_of_their_ends() -> None:
    planned = {
        name: Planned(name, "product0", {0: run(name, slot)}) for name, slot in (("b", 4), ("a", 0), ("t", 2))
    }
    tail = Tail("t", "product0", 0, START)
    kept = Standing((wanted(3, 1), wanted(6, 2), wanted(1, 1)), (), {}, tails=(tail,))
    dues = dues_of(kept, ({1: 1}, {}), planned)
    assert {name: (due - START) // timedelta(hours=1) for name, due in dues.items()} == {
        "t": 1,
        "a": 3,
        "b": 6,
    }


def test_only_what_follows_on_what_has_begun_is_held() -> None:
    planned = {"a": Planned("a", "product0", {0: run("a", -2), 1: run("a", 1, 1), 2: run("a", 5, 2)})}
    begun = Done("a", "product0", (run("a", -2),), (False,), False)
    span: tuple[datetime, datetime] = (START, START + 4 * QUARTER)
    [held] = soon(planned, [begun], span, {})
    assert [one.step for one in held.runs] == [1]
    assert soon(planned, [], span, {}) == (), "its first step was to begin before and did not"
    lost = Done("a", "product0", (run("a", -2),), (False,), False, failed_at=START)
    assert soon(planned, [lost], span, {}) == ()


def test_a_frozen_batch_answers_the_want_that_it_was_planned_for() -> None:
    end = START + timedelta(hours=9)
    later = Frozen("a", "product0", (run("a", 1),), START + timedelta(hours=6))
    found = standing(([wanted(3, 1), wanted(6, 1)], []), Books({}), [], (START, end), [later])
    assert [(w.due - START) // timedelta(hours=1) for w in found.wanted] == [3, 6]
    assert found.tails == (Tail("a", "product0", 0, START, later.runs),)
    assert frozen_again(found) == (later,)
    assert standing(([], []), Books({}), [], (START, end), [later]).tails == (), "nobody wants it"
