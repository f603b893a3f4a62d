"""Expected cost and CVaR of plans over price paths, and the plan that weighs both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.assets import Assets
from chocolate_factory.domain.factory_assets import Battery
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, dispatch_of, solution_cost_eur
from chocolate_factory.domain.risk import Risk, cvar, worst_weights
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners import PLANNERS
from chocolate_factory.services.plan_risk import Search, risk_adjusted
from tests.unit.planners.tiny_plants import all_plans, due_faults, lot, problem, step

FREE = [True] * 10
COSTS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60).map(np.array)
ALPHAS = st.sampled_from([0.0, 0.5, 0.8, 0.9, 0.97])


def plant() -> Problem:
    """Three batches of two products; power costs."""
    random = np.random.default_rng(5)
    price = (0.1 + 0.1 * random.random(10)).tolist()
    recipes = [[step(0, 2, 10.0, FREE), step(1, 2, 8.0, FREE, wait=1)], [step(1, 3, 6.0, FREE)]]
    return problem(price, recipes, [1, 1], [lot(0, 2, 10), lot(1, 1, 9)], contracted=15.0, rate=0.05)


def paths(seed: int, count: int = 20) -> FloatArray:
    """Deviations with mean 0 that grow over the slots, the first two published."""
    spread = np.random.default_rng(seed).normal(size=(count, 10)).cumsum(axis=1) * 0.05
    spread[:, :2] = 0
    centred: FloatArray = spread - spread.mean(axis=0)
    return centred


@given(costs=COSTS, alpha=ALPHAS)
def test_cvar_lies_between_mean_and_maximum(costs: FloatArray, alpha: float) -> None:
    weights = worst_weights(costs, alpha)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0 and weights.max() <= 1 / (len(costs) * (1 - alpha)) + 1e-12
    assert costs.mean() - 1e-9 <= cvar(costs, alpha) <= costs.max() + 1e-9
    assert cvar(costs, 0.0) == pytest.approx(costs.mean())


@given(costs=COSTS, alpha=ALPHAS)
def test_cvar_is_the_minimum_of_rockafellar_and_uryasev(costs: FloatArray, alpha: float) -> None:
    at = [level + np.maximum(costs - level, 0).mean() / (1 - alpha) for level in costs]
    assert cvar(costs, alpha) == pytest.approx(min(at), abs=1e-6)


def test_paths_whose_mean_is_not_the_planned_price_are_refused() -> None:
    with pytest.raises(ValueError, match="mean"):
        Risk(paths(1) + 0.001, 0.5)
    with pytest.raises(ValueError, match="mean"):
        Risk(np.zeros((0, 10)), 0.5)
    with pytest.raises(ValueError, match="weight"):
        Risk(paths(1), 1.5)


def test_expected_cost_is_the_cost_at_the_mean_path() -> None:
    given, risk = plant(), Risk(paths(2), 0.4)
    for jobs in list(all_plans(given, [2, 1]))[::97]:
        costs = risk.costs_eur(given, jobs)
        one_by_one = [
            solution_cost_eur(replace(given, price_eur_kwh=given.price_eur_kwh + path), jobs)
            for path in risk.deviation_eur_kwh
        ]
        assert costs == pytest.approx(one_by_one)
        assert costs.mean() == pytest.approx(solution_cost_eur(given, jobs))
        leaning = risk.leaning(given, risk.weights(costs))
        assert solution_cost_eur(leaning, jobs) == pytest.approx(risk.objective_eur(costs))


def test_a_battery_and_an_array_do_the_same_on_every_path() -> None:
    """They are run as is best on the planned prices; what the grid gives is then paid at the path's."""
    battery = Battery(10.0, 5.0, 5.0, efficiency=0.9)
    assets = Assets(np.linspace(0, 6, 10), np.zeros(10), battery, 4.0)
    given, risk = replace(plant(), assets=assets), Risk(paths(3), 0.4)
    jobs = next(all_plans(given, [2, 1]))
    done = dispatch_of(given, jobs)
    assert done is not None and np.abs(done.net_kw).max() > 1
    one_by_one = [
        solution_cost_eur(replace(given, price_eur_kwh=given.price_eur_kwh + path), jobs, done)
        for path in risk.deviation_eur_kwh
    ]
    assert risk.costs_eur(given, jobs) == pytest.approx(one_by_one)
    assert risk.costs_eur(given, jobs, 7.0).mean() == pytest.approx(7.0)


def test_a_weight_of_nothing_is_the_plain_plan() -> None:
    given, planner = plant(), PLANNERS["highs"]()
    plain = planner.solve(given, 30)
    for risk in (None, Risk(paths(2), 0.0), Risk(np.zeros((20, 10)), 0.7)):
        found = risk_adjusted(given, risk, Search(planner, 30))
        assert found.solution.jobs == found.plain.jobs == plain.jobs
        assert (found.objective_eur, found.bound_eur) == (plain.cost_eur, plain.bound_eur)


def test_equal_paths_have_no_spread() -> None:
    given, risk = plant(), Risk(np.zeros((20, 10)), 1.0)
    costs = risk.costs_eur(given, next(all_plans(given, [2, 1])))
    assert np.ptp(costs) == 0
    assert cvar(costs, 0.9) == pytest.approx(costs.mean())


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), weight=st.sampled_from([0.25, 0.5, 1.0]))
def test_the_bound_is_below_every_plan(seed: int, weight: float) -> None:
    """Against all plans there are: the bound holds, and the plan is within the gap that is told."""
    given, risk = plant(), Risk(paths(seed), weight)
    found = risk_adjusted(given, risk, Search(PLANNERS["highs"](), 30))
    everything = [
        risk.objective_eur(risk.costs_eur(given, jobs))
        for jobs in all_plans(given, [2, 1])
        if not due_faults(given, replace(found.solution, jobs=jobs))
    ]
    best = min(everything)
    assert found.bound_eur <= best + 1e-9
    assert best - 1e-9 <= found.objective_eur <= best + found.gap * abs(found.objective_eur) + 1e-9
    value = risk.objective_eur(risk.costs_eur(given, found.plain.jobs))
    assert found.objective_eur <= value + 1e-9
    assert found.solution.cost_eur == pytest.approx(solution_cost_eur(given, found.solution.jobs))
    assert found.plain.bound_eur <= found.solution.cost_eur + 1e-9
    assert not due_faults(given, found.solution)


def test_the_dearest_paths_move_the_plan() -> None:
    """Of two cheap hours the slightly dearer one is certain: a weight on risk chooses it."""
    given = problem([0.3, 0.3, 0.1, 0.1, 0.3, 0.3, 0.3, 0.11, 0.11, 0.3], [[step(0, 2, 10.0, FREE)]], [1],
                    [lot(0, 1, 10)])  # fmt: skip
    spread = np.zeros((20, 10))
    spread[:, 2:4] = np.linspace(-0.2, 0.2, 20)[:, None]
    starts = {
        weight: risk_adjusted(given, Risk(spread, weight), Search(PLANNERS["highs"](), 30)).solution.jobs
        for weight in (0.0, 0.5)
    }
    assert starts == {0.0: (Job(0, (2,)),), 0.5: (Job(0, (7,)),)}


@dataclass
class Forgetful:
    """A planner that finds the plan, and leaves a batch for later whenever prices lean."""

    given: Problem
    seconds: list[float] = field(default_factory=list)

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        """The plan; other batches on other prices."""
        self.seconds.append(time_limit)
        found = PLANNERS["highs"]().solve(problem, time_limit, progress)
        same = np.array_equal(problem.price_eur_kwh, self.given.price_eur_kwh)
        return replace(found, solve_seconds=time_limit, left={} if same else {1: 1}, bound_eur=1e6)


def test_a_solve_of_other_batches_counts_for_nothing() -> None:
    given = plant()
    planner = Forgetful(given)
    found = risk_adjusted(given, Risk(paths(2), 0.5), Search(planner, 10))
    assert found.solution.left == {}
    assert found.solution.jobs == found.plain.jobs
    assert found.bound_eur == min(found.plain.bound_eur, found.objective_eur)
    assert planner.seconds == pytest.approx([4, 3, 3])
