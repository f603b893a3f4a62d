"""Storage between steps and output of a day: the plan keeps them and is the best that does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.limits import Limit, Output, Storage, keeps_limits
from chocolate_factory.domain.problem import Problem, solution_cost_eur
from chocolate_factory.infrastructure.planners.board import Board, deadlines_of
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.search import Search
from tests.unit.planners.limited_plants import limit_faults
from tests.unit.planners.tiny_plants import all_plans, chains, due_faults, faults, lot, problem, step

SLOTS = 10
FREE = [True] * SLOTS
PRICES = st.sampled_from([-0.2, 0.0, 0.1, 0.1, 0.2, 0.35])


@st.composite
def limited(draw: st.DrawFn) -> Problem:
    """Two products of two steps that share a process, a store before it, and two days of five slots."""
    wait = draw(st.sampled_from([None, 2, 4]))
    recipe = [step(0, draw(st.integers(1, 2)), 5.0, FREE), step(1, draw(st.integers(1, 2)), 8.0, FREE, wait)]
    other = [step(0, 1, 6.0, FREE), step(1, 1, 7.0, FREE)]
    limits: list[Limit] = []
    if draw(st.booleans()):
        limits.append(Storage("shelf", "step1", draw(st.sampled_from([0.0, 100.0, 150.0]))))
    for first in (0, 5):
        least, most = draw(st.sampled_from([(None, 100.0), (100.0, None), (None, None), (100.0, 200.0)]))
        limits.append(Output(draw(st.sampled_from([None, "product0"])), first, first + 5, least, most))
    given = problem(
        draw(st.lists(PRICES, min_size=SLOTS, max_size=SLOTS)),
        [recipe, other],
        [draw(st.integers(1, 2)), 1],
        [lot(0, draw(st.integers(1, 2)), SLOTS), lot(1, draw(st.integers(0, 1)), SLOTS)],
        contracted=draw(st.sampled_from([None, 7.0])),
        rate=0.3,
    )
    return replace(given, limits=tuple(limits))


@settings(max_examples=60, deadline=None)
@given(limited())
def test_the_best_plan_within_limits(tiny: Problem) -> None:
    """As good as the best of all plans that keep the limits; none means a refusal."""
    plans = [
        p for p in all_plans(tiny, [wanted.batches for wanted in tiny.lots]) if not limit_faults(tiny, p)
    ]
    planner = HighsPlanner(target_gap=0.0)
    if not plans:
        with pytest.raises(Infeasible) as caught:
            planner.solve(tiny, 20.0)
        assert caught.value.conflicts
        return
    solution = planner.solve(tiny, 20.0)
    assert (
        faults(tiny, solution.jobs) == due_faults(tiny, solution) == limit_faults(tiny, solution.jobs) == []
    )
    assert solution.cost_eur == pytest.approx(min(solution_cost_eur(tiny, jobs) for jobs in plans), abs=1e-6)
    ordered = baseline(tiny, solution)
    assert faults(tiny, ordered) == limit_faults(tiny, ordered) == []


@settings(max_examples=60, deadline=None)
@given(limited(), st.randoms())
def test_one_more_batch_where_there_is_room(tiny: Problem, random: object) -> None:
    """The search's cheapest place is the cheapest of all that leave storage and the most output kept."""
    tiny = replace(
        tiny, limits=tuple(x if isinstance(x, Storage) else replace(x, least_kg=None) for x in tiny.limits)
    )
    ways = chains(tiny, 1)
    others = [(job,) for p in all_plans(tiny, [1, 0]) for job in p if not limit_faults(tiny, p)]
    assume(others)
    there = others[random.randrange(len(others))]  # type: ignore[attr-defined]
    board = Board(tiny, there, deadlines_of(tiny, [[SLOTS], [SLOTS]], there))
    found = board.cheapest(1, SLOTS)
    costs = {}
    for starts in ways:
        jobs = (*there, replace(there[0], product=1, starts=starts))
        if not faults(tiny, jobs) and not limit_faults(tiny, jobs):
            plain = replace(tiny, excess=())
            costs[starts] = solution_cost_eur(plain, jobs)
    if found is None:
        assert not costs
    else:
        assert costs[found.starts] == pytest.approx(min(costs.values()), abs=1e-9)


def test_the_search_keeps_limits() -> None:
    """A chain of the search never leaves a store overfull or a day short."""
    price = [0.1 + 0.05 * ((7 * t) % 5) for t in range(40)]
    free = [True] * 40
    recipe = [step(0, 2, 5.0, free), step(1, 3, 8.0, free)]
    limits = (Storage("shelf", "step1", 100.0), Output(None, 0, 20, 300.0, 300.0))
    tiny = replace(problem(price, [recipe], [1, 1], [lot(0, 6, 40)], contracted=6.0, rate=0.2), limits=limits)
    start = (
        HighsPlanner(target_gap=0.0).solve(replace(tiny, price_eur_kwh=tiny.price_eur_kwh[::-1]), 20.0).jobs
    )
    search = Search(Board(tiny, start, deadlines_of(tiny, [[40] * 6], start)), start)
    search.anneal((0.0,), 400, lambda: True)
    assert search.best_jobs != start
    assert limit_faults(tiny, search.best_jobs) == faults(tiny, search.best_jobs) == []
    assert keeps_limits(tiny, search.best_jobs)


def test_rules_are_named() -> None:
    """A store without room and a day that takes too little are what forbids a plan."""
    late = [step(0, 1, 5.0, [True] * 3 + [False] * 7), step(1, 1, 8.0, [False] * 6 + [True] * 4)]
    tiny = problem([0.1] * SLOTS, [late], [1, 1], [lot(0, 2, SLOTS)])
    for limit, rule in (
        (Storage("shelf", "step1", 100.0), "storage"),
        (Output("product0", 5, 10, None, 100.0, "2026-03-09"), "output"),
    ):
        with pytest.raises(Infeasible) as caught:
            HighsPlanner().solve(replace(tiny, limits=(limit,)), 20.0)
        assert [conflict["batches"] for conflict in caught.value.conflicts] == [1]
        assert rule in str(caught.value.conflicts[0]["rules"])


def test_a_day_that_cannot_be_filled_is_named() -> None:
    """More asked of a day than is demanded in all: the error says the day and the kilograms, late or not."""
    tiny = problem([0.1] * SLOTS, [[step(0, 1, 5.0, FREE)]], [1], [lot(0, 2, SLOTS)])
    for late in (False, True):
        asked = replace(tiny, limits=(Output(None, 0, 10, 500.0, None, "2026-03-09"),), allow_late=late)
        with pytest.raises(Infeasible) as caught:
            HighsPlanner().solve(asked, 20.0)
        assert "300 kg of all products on 2026-03-09" in caught.value.message
        assert caught.value.conflicts[0]["rules"] == ["output"]


def test_a_batch_that_had_begun_waits_and_counts() -> None:
    """It holds its place in the store until its next step, and the store takes no other meanwhile."""
    free = [True] * SLOTS
    whole = [step(0, 1, 5.0, free), step(1, 2, 8.0, [False] * 2 + [True] * 8)]
    tiny = problem([0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [whole, whole[1:]], [1, 1],
                   [lot(0, 1, SLOTS), lot(1, 1, SLOTS)])  # fmt: skip
    rest = replace(tiny.products[1], name="product0", batch="product0-x", first_step=1)
    tiny = replace(tiny, products=(tiny.products[0], rest), limits=(Storage("shelf", "step1", 100.0),))
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    begun = next(job for job in solution.jobs if job.product == 1)
    other = next(job for job in solution.jobs if job.product == 0)
    waits = other.starts[0] + 1 < other.starts[1]
    assert not waits or other.starts[0] + 1 >= begun.starts[0]
    overfull = replace(tiny, limits=(Storage("shelf", "step1", 50.0),))
    kept = HighsPlanner(target_gap=0.0).solve(overfull, 20.0)
    assert keeps_limits(overfull, kept.jobs)
