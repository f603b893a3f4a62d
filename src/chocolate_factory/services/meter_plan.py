"""What the grid gives for a way to run the batches, and what battery and array add to its cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chocolate_factory.domain.assets import Assets, Dispatch, as_it_comes, surplus_eur, wear_eur
from chocolate_factory.domain.problem import Job, Problem, dispatch_of, load_kw
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.tariff.costs import PlanCosts

SLACK_KW = 1e-6


def metered(problem: Problem, jobs: tuple[Job, ...], *, blind: bool) -> tuple[FloatArray, Dispatch | None]:
    """What the grid gives in each slot (T,), and what the assets do, None without any.

    `blind`: the battery rests and the array's power is used as it comes, as a plant would without looking at
    prices; where that breaks a hard power limit, the assets do their best as in the plan.
    """
    load = load_kw(problem, jobs)
    if problem.assets is None:
        return load, None
    use = as_it_comes(problem.assets, load) if blind else dispatch_of(problem, jobs)
    cap = problem.power_cap_kw
    if blind and use is not None and cap is not None and np.any(load + use.net_kw > cap + SLACK_KW):
        use = dispatch_of(problem, jobs)
    return (load, None) if use is None else (load + use.net_kw, use)


def with_assets(costs: PlanCosts, assets: Assets | None, use: Dispatch | None, minutes: int) -> PlanCosts:
    """The costs with what surplus brings and the battery's wear costs as parts of their own."""
    if assets is None or use is None:
        return costs
    parts = {**costs.parts, "surplus": -surplus_eur(assets, use, minutes)}
    parts["battery_wear"] = wear_eur(assets, use, minutes)
    return replace(costs, parts=parts, cost_eur=sum(parts.values()))
