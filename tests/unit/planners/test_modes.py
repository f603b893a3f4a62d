"""Steps with several modes: the best plan of all modes is found, and lots are answered by any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.assembly import finish, late_of, matched, to_make
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.problem import Job, Problem, ProblemProduct, Solution, solution_cost_eur
from chocolate_factory.infrastructure.planners.board import Board, deadlines_of
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import all_plans, faults, lot, problem, step

SLOTS = 9
OPEN = [True] * SLOTS
PRICES = st.sampled_from([-0.1, 0.0, 0.1, 0.25, 0.4])


def with_ways(base: Problem, ways: list[tuple[int, list[tuple[int, float]]]]) -> Problem:
    """The problem with more ways: of a product, (duration, power) of each of its steps."""
    more = []
    for first, shapes in ways:
        recipe = base.products[first]
        steps = tuple(
            replace(step(old.machine, duration, kw, OPEN, old.wait_max), process=old.process, mode="other")
            for old, (duration, kw) in zip(recipe.steps, shapes, strict=True)
        )
        more.append(ProblemProduct(recipe.name, recipe.batch_kg, steps, variant_of=first))
    return replace(base, products=(*base.products, *more))


def plans(tiny: Problem) -> Iterator[tuple[Job, ...]]:
    """All plans in all ways that are in time."""
    firsts = [p for p, product in enumerate(tiny.products) if product.variant_of is None]
    wanted = {p: sum(w.batches for w in tiny.lots if w.product == p) for p in firsts}

    def splits(left: list[int]) -> Iterator[dict[int, int]]:
        if not left:
            yield {}
            return
        own = tiny.ways(left[0])
        for rest in splits(left[1:]):
            for count in np.ndindex(*(wanted[left[0]] + 1 for _ in own)):
                if sum(count) == wanted[left[0]]:
                    yield {**rest, **dict(zip(own, map(int, count), strict=True))}

    for split in splits(firsts):
        for jobs in all_plans(tiny, [split[p] for p in range(len(tiny.products))]):
            if in_time(tiny, jobs):
                yield jobs


def in_time(tiny: Problem, jobs: tuple[Job, ...]) -> bool:
    for first in {w.product for w in tiny.lots}:
        ends = sorted(finish(tiny, job) for job in jobs if job.product in tiny.ways(first))
        dues = sorted(w.due for w in tiny.lots if w.product == first for _ in range(w.batches))
        if any(end > due for end, due in zip(ends, dues, strict=True)):
            return False
    return True


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Two batches of one or two products, the first in two or three ways."""
    shape = st.tuples(st.integers(1, 3), st.sampled_from([3.0, 6.0, 11.0]))
    recipes = [[step(0, *draw(shape), OPEN)], [step(0, *draw(shape), OPEN), step(1, *draw(shape), OPEN, 1)]]
    power = draw(st.sampled_from(["excess", "cap", "free"]))
    base = problem(
        draw(st.lists(PRICES, min_size=SLOTS, max_size=SLOTS)),
        recipes,
        [draw(st.integers(1, 2)), 1],
        [lot(draw(st.integers(0, 1)), 1, draw(st.integers(4, SLOTS))) for _ in range(2)],
        contracted=7.0 if power == "excess" else None,
        rate=0.3,
        cap=15.0 if power == "cap" else None,
    )
    ways = [(0, [draw(shape)]) for _ in range(draw(st.integers(1, 2)))]
    return with_ways(base, [*ways, (1, [draw(shape), draw(shape)])])


@settings(max_examples=40, deadline=None)
@given(problems())
def test_equals_brute_force(tiny: Problem) -> None:
    """Cost and bound are those of the best plan of all modes."""
    best = min((solution_cost_eur(tiny, jobs) for jobs in plans(tiny)), default=None)
    if best is None:
        with pytest.raises(Infeasible):
            HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
        return
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert faults(tiny, solution.jobs) == []
    assert in_time(tiny, solution.jobs)
    assert solution.cost_eur == pytest.approx(best, abs=1e-6)
    assert solution.cost_eur - 1e-4 <= solution.bound_eur <= solution.cost_eur + 1e-9
    assert sorted(a.lot for a in matched(tiny, solution.jobs, to_make(tiny, solution))) == [0, 1]


def two_modes() -> Problem:
    """One step: two slots at 10 kW, or four at 4 kW; the night is cheap and four slots long."""
    price = [0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.5]
    base = problem(price, [[step(0, 2, 10.0, OPEN)]], [1], [lot(0, 2, SLOTS)])
    return with_ways(base, [(0, [(4, 4.0)])])


def test_the_plan_mixes_modes_and_the_baseline_does_not() -> None:
    """With room for one gentle run only, the other is made in whichever way costs least."""
    tiny = two_modes()
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert solution.cost_eur == pytest.approx(min(solution_cost_eur(tiny, jobs) for jobs in plans(tiny)))
    assert baseline(tiny, solution) == (Job(0, (0,)), Job(0, (2,)))


def test_a_baseline_that_normal_modes_cannot_keep_takes_those_of_the_plan() -> None:
    """A cut-off below the normal draw leaves only the gentle mode, for both arms."""
    tiny = replace(two_modes(), power_cap_kw=np.full(SLOTS, 6.0))
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert {job.product for job in solution.jobs} == {1}
    assert baseline(tiny, solution) == (Job(1, (0,)), Job(1, (4,)))


def test_batches_in_any_mode_answer_lots() -> None:
    """Lateness, deadlines and matching count a product's batches whatever their mode."""
    tiny = replace(two_modes(), lots=(lot(0, 1, 4), lot(0, 1, 5)))
    jobs = (Job(1, (0,)), Job(0, (4,)))
    made = Solution(jobs, 0.0, 0.0, 0.0)
    assert late_of(tiny, jobs, to_make(tiny, made)) == {1: 1}
    deadlines = deadlines_of(tiny, [[4, 5], []], jobs)
    assert [part.tolist() for part in deadlines] == [[4, 6], []]
    board = Board(tiny, jobs, deadlines)
    assert board.in_time(0, [*jobs]) and board.in_time(1, [*jobs])
    assert board.deadline(0, [jobs[0]]) == board.deadline(1, [jobs[0]]) == 6


def test_the_board_chooses_the_cheaper_mode() -> None:
    """One batch at the cheapest place of all modes."""
    tiny = two_modes()
    board = Board(tiny, (), (np.array([SLOTS]), np.array([], np.int64)))
    found = board.cheapest(0, SLOTS)
    assert found == Job(1, (2,))
