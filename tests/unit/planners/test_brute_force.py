"""Tiny plants: the planner's plan is feasible and exactly as good as the best of all plans."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import Lot, Problem, ProblemStep, solution_cost_eur
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import brute_force, due_faults, faults, lateness, lot, problem, step

PRICES = st.sampled_from([-0.2, -0.05, 0.0, 0.1, 0.1, 0.2, 0.35])
POWERS = st.sampled_from([5.0, 8.0, 12.0])


@st.composite
def recipes(draw: st.DrawFn, slots: int, machines: int) -> list[ProblemStep]:
    """One or two steps with blocked slots and waits."""
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        allowed = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=slots, max_size=slots))
        wait = draw(st.sampled_from([None, 0, 1, 3]))
        parts.append(
            step(draw(st.integers(0, machines - 1)), draw(st.integers(1, 3)), draw(POWERS), allowed, wait)
        )
    return parts


@st.composite
def lots(draw: st.DrawFn, slots: int, products: int) -> list[Lot]:
    """One to three batches in one to three lots."""
    wanted = []
    for _ in range(draw(st.integers(1, 3))):
        hard = draw(st.booleans())
        stock = hard and draw(st.booleans())
        due = draw(st.integers(0 if stock else slots // 2, slots))
        wanted.append(lot(draw(st.integers(0, products - 1)), 1, due, hard, stock))
    return wanted


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Tiny plants with excess, a power cap, stock, soft lots and lateness."""
    slots, machines, products = draw(st.integers(6, 10)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    power = draw(st.sampled_from(["excess", "excess", "cap", "free"]))
    return problem(
        draw(st.lists(PRICES, min_size=slots, max_size=slots)),
        [draw(recipes(slots, machines)) for _ in range(products)],
        draw(st.lists(st.integers(1, 2), min_size=machines, max_size=machines)),
        draw(lots(slots, products)),
        contracted=draw(st.sampled_from([0.5, 7.0, 12.0])) if power == "excess" else None,
        rate=draw(st.sampled_from([0.0, 0.1, 0.6])),
        cap=draw(st.sampled_from([10.0, 15.0, 20.0])) if power == "cap" else None,
        allow_late=draw(st.booleans()),
    )


def fewest_given_up(tiny: Problem) -> int:
    """The least number of hard lots (of one batch each) whose absence makes some plan possible."""
    hard = [i for i, wanted in enumerate(tiny.lots) if wanted.hard]
    for count in range(1, len(hard) + 1):
        for gone in combinations(hard, count):
            rest = tuple(wanted for i, wanted in enumerate(tiny.lots) if i not in gone)
            if brute_force(replace(tiny, lots=rest)):
                return count
    raise AssertionError("no plan even without any hard lot")


@settings(max_examples=80, deadline=None)
@given(problems())
def test_equals_brute_force(tiny: Problem) -> None:
    """Stock, lateness, batches left out and cost are those of the best plan; the bound is that cost."""
    best = brute_force(tiny)
    if not best and tiny.allow_late:
        solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
        assert faults(tiny, solution.jobs) == []
        given_up = sum(n for i, n in solution.left.items() if tiny.lots[i].hard)
        assert given_up == fewest_given_up(tiny)
        return
    if not best:
        with pytest.raises(Infeasible):
            HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
        return
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert faults(tiny, solution.jobs) == []
    assert due_faults(tiny, solution) == []
    made = tuple(
        w.batches - solution.stock.get(i, 0) - solution.left.get(i, 0) for i, w in enumerate(tiny.lots)
    )
    late = lateness(tiny, solution.jobs, list(made))
    least = min(rank for rank, _ in best.values())
    assert (late, 100.0 * sum(solution.stock.values()), sum(solution.left.values())) == least
    assert solution.cost_eur == pytest.approx(best[made][1], abs=1e-6)
    assert solution.cost_eur == pytest.approx(solution_cost_eur(tiny, solution.jobs), abs=1e-9)
    assert solution.cost_eur - 1e-4 <= solution.bound_eur <= solution.cost_eur + 1e-9
