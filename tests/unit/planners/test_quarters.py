"""Excess power by the root of the sum of squares: exact on tiny plants, never below the highest slot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.problem import ExcessGroup, Problem, excess_cost_eur, load_kw
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.power import charged_of, secant_kw
from tests.unit.planners.test_brute_force import problems
from tests.unit.planners.tiny_plants import brute_force, faults, lot, problem, step


def by_quarters(tiny: Problem, already: float) -> Problem:
    """The same plant, charged for every quarter-hour."""
    groups = (replace(group, quarters=True, already_kw=already) for group in tiny.excess)
    return replace(tiny, excess=tuple(groups))


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from([0.0, 0.0, 4.0]))
def test_equals_brute_force(tiny: Problem, already: float) -> None:
    """The plan costs what the best of all plans costs, and the bound says so."""
    charged = replace(by_quarters(tiny, already), allow_late=False)
    assume(charged.excess)
    best = brute_force(charged)
    assume(best)
    solution = HighsPlanner(target_gap=0.0).solve(charged, 20.0)
    made = tuple(
        lot.batches - solution.stock.get(i, 0) - solution.left.get(i, 0) for i, lot in enumerate(charged.lots)
    )
    assert faults(charged, solution.jobs) == []
    assert solution.cost_eur == pytest.approx(best[made][1], abs=2e-5)
    assert solution.cost_eur - 1e-4 <= solution.bound_eur <= solution.cost_eur + 1e-9


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_highest_slot_is_charged_less(tiny: Problem) -> None:
    """The rule of the maximum is an outer approximation: it never says more for the same plan."""
    assume(tiny.excess)
    solution = HighsPlanner(target_gap=0.0).solve(replace(tiny, allow_late=True), 20.0)
    load = load_kw(tiny, solution.jobs)
    assert excess_cost_eur(tiny, load) <= excess_cost_eur(by_quarters(tiny, 0.0), load) + 1e-9


@pytest.mark.parametrize("already", [0.0, 3.0])
def test_the_secant_lies_below_and_meets_both_ends(already: float) -> None:
    """In a box the secant is exact at its ends and below what is charged between them."""
    group = ExcessGroup("P1", np.arange(4), 10.0, 1.0, already, quarters=True)
    for inside in ((0.0, 8.0), (2.0, 5.0)):
        for charged in np.linspace(*inside, 9):
            secant = secant_kw(group, inside, float(charged))
            assert secant <= charged + 1e-12
            assert charged_of(group, inside, secant) == pytest.approx(charged)
        assert [secant_kw(group, inside, end) for end in inside] == pytest.approx(list(inside))


@pytest.mark.parametrize("contracted", [10.0, 10.01, 10.04])
def test_rooms_between_two_steps_of_the_hull_are_charged_exactly(contracted: float) -> None:
    """The hull may round rooms up, the charge may not: many slots of excess, and no gap is left."""
    slots = 48
    tiny = problem(
        [0.1 + 0.0001 * slot for slot in range(slots)],
        [[step(0, 40, 30.0, [True] * slots)]],
        [1],
        [lot(0, 1, slots)],
        contracted=contracted,
        rate=3.0,
        auxiliary=0.0,
    )
    solution = HighsPlanner(target_gap=0.0).solve(by_quarters(tiny, 0.0), 10.0)
    assert solution.cost_eur - solution.bound_eur <= 1e-4


def test_charge_of_a_load() -> None:
    """A worked case: 3 and 4 kW above the contract are charged as 5 kW, on top of what the month has."""
    load = np.array([13.0, 9.0, 14.0, 10.0])
    fresh = ExcessGroup("P1", np.arange(4), 10.0, 2.0, quarters=True)
    assert fresh.charged_kw(load) == pytest.approx(5.0)
    assert replace(fresh, already_kw=12.0).charged_kw(load) == pytest.approx(1.0)
    assert replace(fresh, minutes=60).charged_kw(load) == pytest.approx(10.0)
    assert replace(fresh, quarters=False).charged_kw(load) == pytest.approx(4.0)
    assert replace(fresh, quarters=False, already_kw=3.0).charged_kw(load) == pytest.approx(1.0)
