"""A run held to a start: the forced re-solve and the moves of a batch alone equal brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.forced import Batch, batches_of, held, unforced, with_forced
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.domain.run_moves import POSSIBLE, Alone
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.model import build
from chocolate_factory.infrastructure.planners.repair import repaired
from tests.unit.planners.test_brute_force import problems
from tests.unit.planners.tiny_plants import all_plans, chains, due_faults, faults, lot, problem, step

PLANNER = HighsPlanner(target_gap=0.0)
CASES = st.tuples(problems(), st.integers(0, 5), st.integers(0, 1), st.integers(0, 9))


def planned(tiny: Problem) -> Solution:
    """A plan of the problem that makes at least one batch; other examples are passed over."""
    try:
        solution = PLANNER.solve(tiny, 10.0)
    except Infeasible:
        assume(False)
    assume(len(solution.jobs) > 0)
    return solution


def picked(tiny: Problem, solution: Solution, number: int) -> Batch:
    """One batch of the plan."""
    names = [f"batch-{place}" for place in range(len(solution.jobs))]
    return batches_of(tiny, solution, names)[names[number % len(names)]]


def end(tiny: Problem, job: Job) -> int:
    """The slot at whose start a job is finished."""
    return job.starts[-1] + tiny.products[job.product].steps[-1].duration


def best_forced(tiny: Problem, batch: Batch, number: int, slot: int) -> float | None:
    """The least cost of all plans in which some batch runs the step there and all due times are kept."""
    counts = [sum(w.batches for w in tiny.lots if w.product == item) for item in range(len(tiny.products))]
    dues = sorted(w.due for w in tiny.lots if w.product == batch.job.product for _ in range(w.batches))
    dues.remove(batch.due)
    costs = []
    for jobs in all_plans(tiny, counts):
        others_late = [
            end_at > due
            for item in range(len(tiny.products))
            if item != batch.job.product
            for end_at, due in zip(
                sorted(end(tiny, job) for job in jobs if job.product == item),
                sorted(w.due for w in tiny.lots if w.product == item for _ in range(w.batches)),
                strict=True,
            )
        ]
        own = [job for job in jobs if job.product == batch.job.product]
        for place, job in enumerate(own):
            rest = sorted(end(tiny, other) for i, other in enumerate(own) if i != place)
            late = any(at > due for at, due in zip(rest, dues, strict=True))
            if (
                job.starts[number] == slot
                and end(tiny, job) <= batch.due
                and not late
                and not any(others_late)
            ):
                costs.append(solution_cost_eur(tiny, jobs))
    return min(costs, default=None)


@settings(max_examples=15, deadline=None)
@given(CASES)
def test_forced_equals_brute_force(case: tuple[Problem, int, int, int]) -> None:
    tiny, which, number, slot = case
    solution = planned(tiny)
    batch = picked(tiny, solution, which)
    number = min(number, len(batch.job.starts) - 1)
    slot = min(slot, tiny.slots - 1)
    plain = held(tiny, solution)
    assert due_faults(plain, Solution(solution.jobs, 0, 0, 0)) == []
    expected = best_forced(plain, batch, number, slot)
    forced, start = with_forced(plain, solution.jobs, batch, number, slot)
    if expected is None:
        with pytest.raises(Infeasible):
            PLANNER.solve_from(start, forced, 10.0)
        return
    found = unforced(PLANNER.solve_from(start, forced, 10.0), plain, batch.job.product)
    assert found.cost_eur == pytest.approx(expected, abs=1e-6)
    assert found.cost_eur == pytest.approx(solution_cost_eur(plain, found.jobs), abs=1e-9)
    assert faults(plain, found.jobs) == []
    assert due_faults(plain, Solution(found.jobs, 0, 0, 0)) == []


@settings(max_examples=15, deadline=None)
@given(CASES)
def test_alone_equals_brute_force(case: tuple[Problem, int, int, int]) -> None:
    """The rule of each start, and its least cost where power has no price, are those of all placements."""
    tiny, which, number, _ = case
    solution = planned(tiny)
    batch = picked(tiny, solution, which)
    number = min(number, len(batch.job.starts) - 1)
    alone = Alone(tiny, solution.jobs, batch)
    rules = alone.rules(number)
    for slot in range(tiny.slots):
        costs = [
            solution_cost_eur(tiny, (*alone.others, Job(batch.job.product, starts)))
            for starts in chains(tiny, batch.job.product)
            if starts[number] == slot
            and end(tiny, Job(batch.job.product, starts)) <= batch.due
            and not faults(tiny, (*alone.others, Job(batch.job.product, starts)))
        ]
        assert (rules[slot] == POSSIBLE) == bool(costs)
        move = alone.cheapest_with(number, slot)
        assert (move is not None) == bool(costs)
        if move is not None:
            job = Job(batch.job.product, move.starts)
            assert move.starts[number] == slot
            assert faults(tiny, (*alone.others, job)) == []
            least = min(costs) - alone.present_eur
            assert move.difference_eur >= least - 1e-9
            if not tiny.excess:
                assert move.difference_eur == pytest.approx(least, abs=1e-6)
    own = batch.job.starts[number]
    assert rules[own] == POSSIBLE
    possible = [int(s) for s in np.flatnonzero(rules == POSSIBLE)]
    moves = [alone.cheapest_with(number, slot) for slot in possible]
    told = alone.best_moves(number, possible)
    least = min(move.difference_eur for move in moves if move)
    assert min(move.difference_eur for _, move in told) == pytest.approx(least, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_repair_keeps_every_rule(tiny: Problem, chance: object) -> None:
    """From a plan with some starts shifted comes one without faults, or none; a sound plan stays."""
    solution = planned(tiny)
    plain = held(tiny, solution)
    model = build(plain, plain.lots)
    kept = repaired(model, solution.jobs)
    assert kept is not None
    assert sorted(kept, key=repr) == sorted(solution.jobs, key=repr)
    shift = chance.randint(-2, 2)  # type: ignore[attr-defined]
    moved = tuple(Job(j.product, tuple(max(0, s + shift) for s in j.starts)) for j in solution.jobs)
    found = repaired(model, moved)
    if found is not None:
        assert faults(plain, found) == []
        assert due_faults(plain, Solution(found, 0, 0, 0)) == []


def test_rules_are_named() -> None:
    """One machine taken in the middle, a shift that ends, a due time: each start has its rule."""
    allowed = [True] * 9 + [False] * 3
    tiny = problem(
        [0.5, 0.1, 0.1, 0.1, 0.5, 0.4, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1],
        [[step(0, 2, 5.0, allowed)], [step(0, 2, 5.0, allowed)]],
        [1],
        [lot(0, 1, 8), lot(1, 1, 12)],
    )
    jobs = (Job(0, (4,)), Job(1, (1,)))
    solution = Solution(jobs, solution_cost_eur(tiny, jobs), 0.0, 0.0)
    alone = Alone(tiny, jobs, batches_of(tiny, solution, ["mine", "other"])["mine"])
    named = ["machine"] * 3 + [""] * 4 + ["due"] * 2 + ["attendance"] * 2 + ["window"]
    assert alone.rules(0).tolist() == named
    (best, move), *_ = sorted(alone.best_moves(0, [3, 5, 6]), key=lambda pair: pair[1].difference_eur)
    assert (best, move.starts) == (6, (6,))


def test_others_make_room() -> None:
    """A forced run takes the machine of another batch, which moves."""
    tiny = problem([0.3, 0.1, 0.2, 0.4], [[step(0, 1, 5.0, [True] * 4)]], [1], [lot(0, 2, 4)])
    jobs = (Job(0, (1,)), Job(0, (2,)))
    cost = solution_cost_eur(tiny, jobs)
    batch = batches_of(tiny, Solution(jobs, cost, cost, 0.0), ["a", "b"])["b"]
    assert Alone(tiny, jobs, batch).cheapest_with(0, 1) is None
    forced, start = with_forced(held(tiny, Solution(jobs, cost, cost, 0.0)), jobs, batch, 0, 1)
    found = PLANNER.solve_from(start, forced, 5.0)
    assert found.cost_eur == pytest.approx(cost)
    assert sorted(found.jobs, key=repr) == [Job(0, (2,)), Job(1, (1,))]
