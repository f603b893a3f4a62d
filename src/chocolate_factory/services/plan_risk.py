"""Plan on expected cost and on the cost of the dearest price paths, with a proven gap; tell the spread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.forced import StartsWarm
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.paths import around, price_paths
from chocolate_factory.domain.plan_answer import Arm
from chocolate_factory.domain.ports import Planner, Ports, Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.domain.risk import Risk, cvar
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.services.pose_problem import Case, stack_of

FIRST_SHARE = 0.4
"""Of the seconds: for the plan that is cheapest in expectation, from which the leaning ones start."""

ROUNDS = 2
"""Leaning solves at most: how dear a week is moves all plans alike, so the worst paths hardly change."""
FEWEST, MOST = 10, 365
STEEP = 1000.0
SAME = 1e-9


@dataclass(frozen=True)
class RiskWish:
    """What is asked beside the settings: the weight of the dearest paths, 0 to 1, and how many paths."""

    weight: float | None = None
    paths: int | None = None


AS_SET = RiskWish()


@dataclass(frozen=True)
class Search:
    """Who solves, for how many seconds in all, and from which plan."""

    planner: Planner
    seconds: float
    start: tuple[Job, ...] = ()
    progress: Progress | None = None

    def solve(self, problem: Problem, start: tuple[Job, ...], seconds: float, told: bool) -> Solution:
        """One solve, from a known plan where there is one and the planner can."""
        progress = self.progress if told else None
        if start and isinstance(self.planner, StartsWarm):
            return self.planner.solve_from(start, problem, seconds, progress)
        return self.planner.solve(problem, seconds, progress)


@dataclass(frozen=True)
class Found:
    """A plan by its objective, which is at least `bound_eur`.

    `solution` tells cost and bound on the problem's own prices; `plain` is the plan that is cheapest on them.
    """

    solution: Solution
    plain: Solution
    objective_eur: float
    bound_eur: float

    @property
    def gap(self) -> float:
        """(objective − proven bound) ÷ objective."""
        return replace(self.plain, cost_eur=self.objective_eur, bound_eur=self.bound_eur).gap


def risk_adjusted(problem: Problem, risk: Risk | None, search: Search) -> Found:
    """The plan of least (1 − w) · expected cost + w · CVaR that the planner finds; `Infeasible` as it says.

    Let c_s(x) be the cost of plan x on path s, and Π the weights (1 − w) ÷ S + w · q, where q sums to 1 and
    has no part below 0 or above 1 ÷ (S (1 − alpha)). The objective is f(x) = max over π in Π of Σ π_s c_s(x).
    For any one π, Σ π_s c_s(x) is the cost of x on the one price Σ π_s p_s, as energy cost is linear in
    prices and the rest is the same on all paths: a problem that any planner solves. Its proven bound b obeys
    b ≤ Σ π_s c_s(x) ≤ f(x) for every plan x, so the largest b of all solves is a proven bound of f. The
    first solve has equal weights (in Π); each later one the mean of the weights that were worst for the plans
    so far (fictitious play: Brown 1951; Robinson 1951, Annals of Mathematics 54, 296). The best plan by f
    is kept. A solve that makes other batches is not compared, and its bound not used.
    """
    if risk is None or risk.weight == 0 or not risk.deviation_eur_kwh.any():
        solution = search.solve(problem, search.start, search.seconds, told=True)
        return Found(solution, solution, solution.cost_eur, solution.bound_eur)
    plain = search.solve(problem, search.start, FIRST_SHARE * search.seconds, told=True)
    best, bound, spent = plain, plain.bound_eur, plain.solve_seconds
    objective, worst = valued(problem, risk, plain)
    weights = worst
    for turn in range(ROUNDS):
        if spent >= search.seconds:
            break
        share = (search.seconds - spent) / (ROUNDS - turn)
        leaning = search.solve(risk.leaning(problem, weights), best.jobs, share, told=False)
        spent += leaning.solve_seconds
        if not same_batches(leaning, plain):
            continue
        bound = max(bound, leaning.bound_eur)
        value, reply = valued(problem, risk, leaning)
        if value < objective:
            best, objective = leaning, value
        worst = worst + reply
        before, weights = weights, worst / worst.sum()
        if np.abs(weights - before).max() < SAME:
            break
    own = replace(
        best, cost_eur=solution_cost_eur(problem, best.jobs), bound_eur=plain.bound_eur, solve_seconds=spent
    )
    return Found(own, plain, objective, min(bound, objective))


def valued(problem: Problem, risk: Risk, solution: Solution) -> tuple[float, FloatArray]:
    """The objective of a plan, and the weights of the paths that make it so."""
    costs = risk.costs_eur(problem, solution.jobs)
    return risk.objective_eur(costs), risk.weights(costs)


def same_batches(one: Solution, other: Solution) -> bool:
    """Whether both make the same batches, as late."""
    return (one.stock, one.left, one.late) == (other.stock, other.left, other.late)


def price_risk(ports: Ports, case: Case, wish: RiskWish) -> tuple[Risk | None, list[str]]:
    """The price paths of a case around the prices it is planned on.

    None where the contract fixes prices, or too few errors are known; where a weight on risk was asked for, a
    sentence says that it could not count.

    The paths of the market price are moved slot by slot so that their mean is the point forecast, which is
    what a plan is made on, and go through the price stack, which is linear in the market price. UsageError
    for a weight or a number of paths out of range.
    """
    weight = ports.plan_risk if wish.weight is None else wish.weight
    paths = ports.plan_paths if wish.paths is None else wish.paths
    if not 0 <= weight <= 1:
        raise UsageError(f"--risk {weight:g} is out of range.", "Give a weight from 0 to 1.")
    if not FEWEST <= paths <= MOST:
        raise UsageError(f"--paths {paths} is out of range.", f"Give {FEWEST} to {MOST}.")
    forecast = case.facts.forecast
    if forecast is None:
        return None, ["Risk is not weighed: the contract fixes the price."] if weight else []
    try:
        market = price_paths(forecast, paths)
    except DataMissing as missing:
        return None, [f"Risk is not weighed: {missing.message}"] if weight else []
    spread = around(market, forecast.price) - forecast.price
    return Risk(spread * passed_on(case, forecast), weight), []


def passed_on(case: Case, forecast: Forecast) -> FloatArray:
    """EUR/kWh that the site pays more in each slot where the market is 1 EUR/MWh dearer, shape (T,)."""
    steeper = replace(forecast, price=forecast.price + STEEP)
    dearer = stack_of(case.facts.factory, case.problem.window, steeper)
    slope: FloatArray = (dearer.all_in_eur_kwh - case.stack.all_in_eur_kwh) / STEEP
    return slope


def risk_answer(case: Case, risk: Risk | None, found: Found, arms: tuple[Arm, Arm]) -> dict[str, Any] | None:
    """What plan and baseline may cost over the paths, EUR; None where there are no paths.

    `arms` are the plan and its baseline; savings are path by path. `gap` is that of the weighted objective;
    `…_without_risk_eur` are of the plan that is cheapest in expectation.
    """
    if risk is None:
        return None
    plan, base = (risk.costs_eur(case.problem, arm.jobs, arm.costs.cost_eur) for arm in arms)
    without = plan
    if risk.weight > 0 and found.plain.jobs != found.solution.jobs:
        money = replace(case.problem, price_eur_kwh=case.stack.all_in_eur_kwh)
        cost = solution_cost_eur(money, found.plain.jobs)
        without = risk.costs_eur(case.problem, found.plain.jobs, cost)
    return {
        "weight": risk.weight,
        "alpha": risk.alpha,
        "paths": risk.paths,
        "gap": found.gap,
        "expected_cost_eur": float(plan.mean()),
        "cvar_eur": cvar(plan, risk.alpha),
        **tenths(plan),
        "cost_without_risk_eur": float(without.mean()),
        "cvar_without_risk_eur": cvar(without, risk.alpha),
        "saving": {"expected_eur": float((base - plan).mean()), **tenths(base - plan)},
    }


def tenths(values: FloatArray) -> dict[str, float]:
    """First and last tenth."""
    return {f"p{level}_eur": float(np.quantile(values, level / 100)) for level in (10, 90)}
