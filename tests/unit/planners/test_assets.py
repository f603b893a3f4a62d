"""Battery and array: the dispatch is the best, plans with it are the best of all, nothing is for free."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.assets import Assets, Dispatch, as_it_comes, stored_after
from chocolate_factory.domain.dispatch import best_dispatch
from chocolate_factory.domain.factory_assets import Battery
from chocolate_factory.domain.problem import (
    ExcessGroup,
    Problem,
    dispatch_of,
    load_kw,
    solution_cost_eur,
)
from chocolate_factory.infrastructure.planners import assets
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import all_plans, due_faults, faults, lot, problem, step

SLOTS = 6
FREE = [True] * SLOTS
PRICES = st.sampled_from([-0.2, 0.0, 0.1, 0.2, 0.4])
STEP_KW = 4.0


def with_assets(
    given: Problem, pv: list[float] | None = None, sell: list[float] | None = None, **battery: float
) -> Problem:
    """The problem with an array and a battery of 4 kWh that moves 4 kW, as far as given."""
    keys = {"capacity_kwh": 4.0, "charge_kw": STEP_KW, "discharge_kw": STEP_KW, "efficiency": 1.0} | battery
    own = Battery(**keys) if battery else None
    sold, there = np.array(sell or [0.0] * given.slots), np.array(pv or [0.0] * given.slots)
    return replace(given, assets=Assets(there, sold, own, 1.0 if own else 0.0, sell is not None))


@st.composite
def plants(draw: st.DrawFn) -> Problem:
    """One machine, one or two batches, prices that may be below 0, excess by either rule."""
    given = problem(
        draw(st.lists(PRICES, min_size=SLOTS, max_size=SLOTS)),
        [[step(0, 1, 8.0, FREE), step(1, 1, 4.0, FREE, 2)]],
        [1, 1],
        [lot(0, draw(st.integers(1, 2)), SLOTS)],
        contracted=draw(st.sampled_from([None, 5.0])),
        rate=draw(st.sampled_from([0.1, 1.0])),
    )
    quarters = draw(st.booleans())
    given = replace(given, excess=tuple(replace(group, quarters=quarters) for group in given.excess))
    sun = draw(st.lists(st.sampled_from([0.0, 2.0, 6.0]), min_size=SLOTS, max_size=SLOTS))
    sell = draw(st.sampled_from([None, [0.05] * SLOTS, [0.3] * SLOTS]))
    return with_assets(given, sun, sell, efficiency=draw(st.sampled_from([1.0, 0.81])),
                       wear_eur_kwh=draw(st.sampled_from([0.0, 0.05])))  # fmt: skip


def broken(given: Problem, load: np.ndarray, use: Dispatch) -> list[str]:
    """What a dispatch does that it may not, written down anew."""
    own, found = given.assets, []
    assert own is not None
    grid = load + use.charge_kw - use.discharge_kw - use.pv_used_kw
    if grid.min() < -1e-6 or min(map(np.min, (use.charge_kw, use.discharge_kw, use.sold_kw))) < 0:
        found.append("negative")
    if np.any(use.pv_used_kw + use.sold_kw > own.pv_kw + 1e-6):
        found.append("sun")
    if np.any(np.minimum(use.charge_kw, use.discharge_kw) > 1e-6):
        found.append("both ways")
    if np.any(np.minimum(grid, use.sold_kw) > 1e-6) or (not own.may_sell and use.sold_kw.any()):
        found.append("sold")
    if own.battery is not None:
        stored = own.start_kwh
        for slot in range(given.slots):
            one_way = own.battery.efficiency**0.5
            stored += 0.25 * (use.charge_kw[slot] * one_way - use.discharge_kw[slot] / one_way)
            if not -1e-6 <= stored <= own.battery.capacity_kwh + 1e-6:
                found.append("stored")
        if stored < own.start_kwh - 1e-6:
            found.append("end")
    return found


@settings(max_examples=30, deadline=None)
@given(plants())
def test_dispatch_is_sound_and_never_worse_than_rest(tiny: Problem) -> None:
    """No rule of the assets is broken, and doing nothing clever is never cheaper."""
    jobs = next(iter(all_plans(tiny, [tiny.lots[0].batches])), ())
    load, own = load_kw(tiny, jobs), tiny.assets
    assert own is not None
    found = best_dispatch(tiny, load)
    assert found is not None and broken(tiny, load, found.dispatch) == []
    blind = solution_cost_eur(tiny, jobs, as_it_comes(own, load))
    assert solution_cost_eur(tiny, jobs) <= blind + 1e-6


def is_the_best_of_all(tiny: Problem) -> None:
    """Every placement of the batches, each with its best dispatch: none is cheaper than the plan."""
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert faults(tiny, solution.jobs) == due_faults(tiny, solution) == []
    unlike = {load_kw(tiny, jobs).tobytes(): jobs for jobs in all_plans(tiny, [tiny.lots[0].batches])}
    best = min(solution_cost_eur(tiny, jobs) for jobs in unlike.values())
    assert solution.cost_eur == pytest.approx(best, abs=2e-4)
    assert solution.bound_eur <= best + 2e-4


@pytest.mark.parametrize("examples", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_the_plan_is_the_best_of_all(examples: int) -> None:
    settings(max_examples=examples, deadline=None)(given(plants())(is_the_best_of_all))()


@settings(max_examples=25, deadline=None)
@given(st.lists(PRICES, min_size=4, max_size=4), st.sampled_from([None, 4.0]), st.sampled_from([0.0, 0.15]))
def test_dispatch_equals_brute_force(price: list[float], contracted: float | None, wear: float) -> None:
    """A lossless battery that can move 0 or 4 kW a slot, beside loads in steps of 4 kW: every way tried."""
    given = problem(price, [[step(0, 1, 8.0, [True] * 4)]], [1], [lot(0, 1, 4)], contracted=contracted,
                    rate=0.5, auxiliary=4.0)  # fmt: skip
    tiny = with_assets(given, None, None, capacity_kwh=2.0, wear_eur_kwh=wear)
    jobs = next(iter(all_plans(tiny, [1])))
    load, costs = load_kw(tiny, jobs), []
    for moves in product((-STEP_KW, 0.0, STEP_KW), repeat=4):
        charge, discharge = np.maximum(moves, 0.0), np.maximum(np.negative(moves), 0.0)
        assert tiny.assets is not None
        still = np.zeros(4)
        use = Dispatch(charge, discharge, still, still, stored_after(tiny.assets, charge, discharge, 15))
        if not broken(tiny, load, use):
            costs.append(solution_cost_eur(tiny, jobs, use))
    assert solution_cost_eur(tiny, jobs) == pytest.approx(min(costs), abs=1e-4)


def test_the_meter_sees_the_rest() -> None:
    """A hard limit on power holds for what the grid gives: a plan may draw more with the battery's help."""
    given = problem([0.1] * SLOTS, [[step(0, 1, 8.0, FREE)]], [1], [lot(0, 1, SLOTS)], cap=6.0)
    tiny = with_assets(given, capacity_kwh=4.0)
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert load_kw(tiny, solution.jobs).max() == pytest.approx(9.0)
    use = dispatch_of(tiny, solution.jobs)
    assert use is not None and (load_kw(tiny, solution.jobs) + use.net_kw).max() <= 6.0 + 1e-6


def test_the_root_of_squares_is_shaved_exactly() -> None:
    """By the quarter-hourly rule excess over two equal slots is spread evenly, found by its tangents."""
    given = problem(
        [0.1] * 4, [[step(0, 2, 8.0, [False, True, False, False])]], [1], [lot(0, 1, 4)], auxiliary=1.0
    )
    group = ExcessGroup("P1", np.arange(4), 5.0, 1.0, quarters=True)
    tiny = with_assets(replace(given, excess=(group,)), capacity_kwh=1.0)
    jobs = next(iter(all_plans(tiny, [1])))
    tiny = replace(tiny, assets=replace(tiny.assets, start_kwh=0.0) if tiny.assets else None)
    use = dispatch_of(tiny, jobs)
    assert use is not None
    excess = np.maximum(load_kw(tiny, jobs) + use.net_kw - 5.0, 0.0)
    assert excess[1] == pytest.approx(excess[2], abs=0.05)
    assert use.discharge_kw.sum() == pytest.approx(4.0, abs=1e-4)


def test_without_assets_nothing_changes() -> None:
    """Assets that can do nothing give the plan and the cost of a plant without any."""
    given = problem(
        [0.3, 0.2, 0.1, 0.1, 0.2, 0.3], [[step(0, 2, 8.0, FREE)]], [1], [lot(0, 1, SLOTS)], contracted=4.0
    )
    planner = HighsPlanner(target_gap=0.0)
    plain, idle = planner.solve(given, 20.0), planner.solve(with_assets(given), 20.0)
    assert (idle.jobs, idle.cost_eur) == (plain.jobs, pytest.approx(plain.cost_eur))


@settings(max_examples=30, deadline=None)
@given(plants())
def test_a_plan_is_a_solution_of_the_whole_model(tiny: Problem) -> None:
    """The columns told of a plan keep every row and cost what the plan costs: bounds are of that plan."""
    planner = HighsPlanner(target_gap=0.0)
    first = assets.without_assets(planner, (), tiny, 5.0)
    model, columns = assets.whole_model(tiny, first)
    best = assets.Best(tiny, None, 0.0)
    assert best.take(first.jobs)
    values = assets.start_values(model, columns, best)
    assert values is not None and best.plan is not None
    linear = model.linear
    for terms, low, high in zip(linear.rows, linear.row_lower, linear.row_upper, strict=True):
        told = sum(weight * values[column] for column, weight in terms.items())
        assert low - 1e-5 <= told <= high + 1e-5
    assert np.all(values >= np.array(linear.lower) - 1e-9) and np.all(values <= np.array(linear.upper) + 1e-9)
    cost = linear.offset + float(values @ np.array(linear.cost))
    assert cost == pytest.approx(best.plan.cost_eur, abs=1e-4)


def test_the_search_only_improves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger plant goes through the search: costs fall, bounds rise, the last word is the solution's."""
    monkeypatch.setattr(assets, "SMALL_COLUMNS", 0)
    free = [True] * 24
    price = [0.1 + 0.04 * ((5 * t) % 7) for t in range(24)]
    recipe = [step(0, 2, 8.0, free), step(1, 3, 5.0, free, 4)]
    given = problem(price, [recipe], [1, 2], [lot(0, 4, 24)], contracted=9.0, rate=0.4)
    tiny = with_assets(given, [0.0] * 8 + [5.0] * 8 + [0.0] * 8, None, efficiency=0.81)
    heard: list[tuple[float, float, float]] = []
    solution = HighsPlanner(target_gap=0.001).solve(tiny, 6.0, lambda *news: heard.append(news))
    assert faults(tiny, solution.jobs) == due_faults(tiny, solution) == []
    assert heard[-1][1:] == (solution.cost_eur, solution.bound_eur)
    assert all(b[1] <= a[1] and b[2] >= a[2] for a, b in pairwise(heard))
    assert solution.cost_eur == pytest.approx(solution_cost_eur(tiny, solution.jobs))
    assert solution.bound_eur <= solution.cost_eur <= heard[0][1]
