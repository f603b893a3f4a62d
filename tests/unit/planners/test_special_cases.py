"""Prices and plants at the edges: flat, negative, zero; nothing to do; groups, waits, stock, lateness."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import ExcessGroup, Problem, Solution, load_kw, solution_cost_eur
from chocolate_factory.infrastructure.planners import bounds, improving, targets
from chocolate_factory.infrastructure.planners.highs import HighsPlanner, modelled
from chocolate_factory.infrastructure.planners.settled import without_slack
from tests.unit.planners.test_brute_force import problems
from tests.unit.planners.tiny_plants import brute_force, due_faults, faults, lot, problem, step

FREE = [True] * 12


def solve(given: Problem) -> Solution:
    """The exact solution of a small plant, checked."""
    solution = HighsPlanner(target_gap=0.0).solve(given, 20.0)
    assert faults(given, solution.jobs) == []
    assert due_faults(given, solution) == []
    return solution


def test_flat_price_makes_cost_independent_of_order() -> None:
    """At one price all plans use the same energy and room is enough to avoid all excess."""
    recipe = [step(0, 2, 10.0, FREE), step(1, 3, 6.0, FREE)]
    tiny = problem([0.1] * 12, [recipe], [1, 1], [lot(0, 2, 12)], contracted=17.0, auxiliary=1.0)
    energy = (12 * 1.0 + 2 * (2 * 10.0 + 3 * 6.0)) * 0.25
    assert solve(tiny).cost_eur == pytest.approx(0.1 * energy)
    tight = replace(tiny, lots=(lot(0, 2, 8),))
    assert solve(tight).cost_eur == pytest.approx(0.1 * energy)


def test_pays_no_more_excess_than_needed() -> None:
    """Two runs that must overlap cost exactly their overlap above the contract."""
    recipe = [step(0, 4, 10.0, [True] * 6)]
    tiny = problem([0.1] * 6, [recipe], [2], [lot(0, 2, 6)], contracted=11.0, rate=2.0, auxiliary=1.0)
    solution = solve(tiny)
    assert float(np.max(load_kw(tiny, solution.jobs))) == 21.0
    assert solution.cost_eur == pytest.approx(0.1 * 0.25 * (6 + 80) + 20.0)


def test_excess_already_charged_is_free() -> None:
    """Load up to the excess the month already has costs nothing more."""
    recipe = [step(0, 4, 10.0, [True] * 6)]
    tiny = problem([0.1] * 6, [recipe], [2], [lot(0, 2, 6)], contracted=11.0, rate=2.0)
    paid = replace(tiny, excess=(replace(tiny.excess[0], already_kw=8.0),))
    assert solve(paid).cost_eur == pytest.approx(solve(tiny).cost_eur - 16.0)


def test_negative_prices_draw_the_runs() -> None:
    """Runs go where using power is paid."""
    price = [0.2] * 4 + [-0.3] * 4 + [0.2] * 4
    solution = solve(problem(price, [[step(0, 4, 10.0, FREE)]], [1], [lot(0, 1, 12)]))
    assert solution.jobs[0].starts == (4,)
    assert solution.cost_eur < 0 and solution.gap < 1e-6


def test_zero_prices() -> None:
    """All plans cost nothing; the gap is nothing."""
    solution = solve(problem([0.0] * 12, [[step(0, 4, 10.0, FREE)]], [1], [lot(0, 2, 12)]))
    assert (solution.cost_eur, solution.gap) == (0.0, 0.0)


@pytest.mark.parametrize("contracted", [None, 0.5])
def test_nothing_to_make(contracted: float | None) -> None:
    """Without demand the cost is that of the auxiliary load, proven."""
    tiny = problem([0.1] * 12, [[step(0, 4, 10.0, FREE)]], [1], [], contracted=contracted, rate=2.0)
    solution = solve(tiny)
    assert solution.jobs == ()
    assert (
        solution.cost_eur == solution.bound_eur == pytest.approx(0.3 + (0.0 if contracted is None else 1.0))
    )


def test_power_cap_is_kept_when_stock_is_settled() -> None:
    """Under the cap one of the two batches cannot be ready, so it is assumed as stock."""
    recipe = [step(0, 4, 10.0, [True] * 6)]
    tiny = problem([0.1] * 6, [recipe], [2], [lot(0, 2, 6, stock=True)], cap=15.0)
    solution = solve(tiny)
    assert solution.stock == {0: 1}
    assert float(np.max(load_kw(tiny, solution.jobs))) <= 15.0


def test_stock_covers_the_earliest_due_first() -> None:
    """One batch is missing; either lot could be stock, the earlier due one is."""
    recipe = [step(0, 4, 10.0, [True] * 8)]
    tiny = problem([0.1] * 8, [recipe], [1], [lot(0, 2, 8, stock=True), lot(0, 1, 4, stock=True)])
    assert solve(tiny).stock == {1: 1}


def test_lateness_comes_before_cost() -> None:
    """The one batch that must be late ends as early as it can, whatever the price."""
    price = [0.9] * 8 + [0.01] * 4
    recipe = [step(0, 4, 10.0, FREE)]
    tiny = problem(price, [recipe], [1], [lot(0, 2, 6)], allow_late=True)
    solution = solve(tiny)
    assert sorted(job.starts for job in solution.jobs) == [(0,), (4,)]
    assert solution.late == {0: 1}


def test_soft_lots_are_left_only_when_they_cannot_be_made() -> None:
    """However dear, a soft batch is made where it fits; where it does not, only what does not fit is left."""
    recipe = [step(0, 4, 10.0, FREE)]
    solution = solve(problem([9.0] * 12, [recipe], [1], [lot(0, 1, 12), lot(0, 3, 12, hard=False)]))
    assert solution.left == {1: 1}
    assert len(solution.jobs) == 3


def test_units_away_are_not_used() -> None:
    """A machine with no unit in the cheap slots runs in the dear ones."""
    tiny = problem([0.5] * 6 + [0.1] * 6, [[step(0, 3, 10.0, FREE)]], [1], [lot(0, 1, 12)])
    units = tiny.machine_units.copy()
    units[0, 6:] = 0
    assert solve(replace(tiny, machine_units=units)).jobs[0].starts[0] <= 3


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_branching_on_excess_agrees_with_the_integer_solver(data: st.DataObject) -> None:
    """The boxes used for big plants give the same optimum as the direct solve of tiny ones."""
    tiny = data.draw(problems())
    half = tiny.slots // 2
    first, second = np.arange(half), np.arange(half, tiny.slots)
    tiny = replace(
        tiny,
        power_cap_kw=None,
        allow_late=False,
        excess=(ExcessGroup("P1", first, 6.0, 0.6), ExcessGroup("P2", second, 9.0, 0.2, 1.0)),
    )
    best = brute_force(tiny)
    planner = HighsPlanner(target_gap=0.0)
    if not best:
        with pytest.raises(Infeasible):
            planner.solve(tiny, 20.0)
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "SMALL_COLUMNS", -1)
        solution = planner.solve(tiny, 20.0)
    made = tuple(
        w.batches - solution.stock.get(i, 0) - solution.left.get(i, 0) for i, w in enumerate(tiny.lots)
    )
    assert solution.cost_eur == pytest.approx(best[made][1], abs=1e-6)
    assert solution.bound_eur == pytest.approx(solution.cost_eur, abs=2e-3)


def excess_of_two() -> Problem:
    """Two batches that cost least apart, where power has a price."""
    price = [0.3, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3, 0.3]
    recipe = [step(0, 2, 10.0, [True] * 8)]
    return problem(price, [recipe], [2], [lot(0, 2, 8)], contracted=6.0, rate=0.5)


def test_what_the_bounds_prove_alone_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds of a small model have the first word, and here the last."""
    monkeypatch.setattr(improving, "AHEAD_SECONDS", 20.0)
    monkeypatch.setattr(improving.Search, "anneal", lambda *_: pytest.fail("searched"))
    solution = solve(excess_of_two())
    assert solution.bound_eur == pytest.approx(solution.cost_eur, abs=1e-5)
    assert solution.solve_seconds < 20


def test_a_search_ends_in_the_middle_of_a_chain_once_the_plan_is_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chains without end and a gap that no plan has: only the proof of the bounds can stop it."""
    monkeypatch.setattr(improving, "AHEAD_SECONDS", 0.0)
    monkeypatch.setattr(targets, "FIRST_ROUNDS", 10**9)
    solution = HighsPlanner(target_gap=-1.0).solve(excess_of_two(), 60.0)
    assert solution.solve_seconds < 30
    assert solution.cost_eur == pytest.approx(solve(excess_of_two()).cost_eur, abs=1e-6)


def test_no_plan_of_the_bounding_thread_is_lost_on_a_slow_listener() -> None:
    """Plans found while nobody looks are all told: the best of them is the optimum, not the last one."""
    free = [True] * 7
    recipes = [
        [step(0, 1, 5.0, free, 3), step(0, 1, 12.0, [False, True, True, False, True, True, True], 3)],
        [step(0, 2, 12.0, free, 3)],
    ]
    lots = [lot(1, 1, 3, hard=False), lot(0, 1, 7, hard=False), lot(0, 1, 5, hard=False)]
    groups = (
        ExcessGroup("P1", np.arange(3), 6.0, 0.6),
        ExcessGroup("P2", np.arange(3, 7), 9.0, 0.2, 1.0),
    )
    price = [0.1, 0.1, 0.0, 0.2, -0.2, 0.0, 0.2]
    tiny = replace(problem(price, recipes, [2], lots), excess=groups)
    model = modelled(tiny, without_slack(tiny))
    alone = bounds.Bounds(model, -100.0, time.monotonic() + 20.0)
    alone.best_cost = 100.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "SMALL_COLUMNS", -1)
        alone.run()
    costs = []
    while not alone.found.empty():
        costs.append(solution_cost_eur(tiny, alone.found.get()))
    assert len(costs) > 1
    assert min(costs) == pytest.approx(solve(tiny).cost_eur, abs=1e-6) == pytest.approx(alone.bound, abs=2e-3)
