"""What a plan may cost: its cost on each price path, the mean of the worst of them, and prices that lean."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chocolate_factory.domain.problem import Job, Problem, dispatch_of, load_kw, solution_cost_eur
from chocolate_factory.domain.series import FloatArray

ALPHA = 0.9
"""CVaR is the mean of the dearest tenth of paths."""

SURE = 1e-9


@dataclass(frozen=True, eq=False)
class Risk:
    """Price paths of a problem and how much the dearest of them count.

    `deviation_eur_kwh` (S, T): what each of S equally likely paths differs from the price the problem is
    planned on; its mean over the paths must be 0 in every slot (ValueError), so that the expected cost of a
    plan is its cost on the problem's own prices. `weight` 0 to 1 is that of CVaR at `alpha`.
    """

    deviation_eur_kwh: FloatArray
    weight: float
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1 or not 0 <= self.alpha < 1:
            raise ValueError("the weight is 0 to 1, alpha 0 to below 1")
        if len(self.deviation_eur_kwh) == 0 or (np.abs(self.deviation_eur_kwh.mean(axis=0)) > SURE).any():
            raise ValueError("price paths must have the planned price as their mean")

    @property
    def paths(self) -> int:
        """S."""
        return len(self.deviation_eur_kwh)

    @property
    def even(self) -> FloatArray:
        """The weights (S,) of an expectation."""
        return np.full(self.paths, 1 / self.paths)

    def costs_eur(
        self, problem: Problem, jobs: tuple[Job, ...], expected_eur: float | None = None
    ) -> FloatArray:
        """Cost of a plan on each path, (S,): its expected cost and one matrix product.

        Excess power, and what battery and array do and are paid, are the same on all paths. `expected_eur` is
        the cost to expect where it is known otherwise than from the problem.
        """
        load, done = load_kw(problem, jobs), dispatch_of(problem, jobs)
        if expected_eur is None:
            expected_eur = solution_cost_eur(problem, jobs, done)
        drawn = load if done is None else load + done.net_kw
        found: FloatArray = expected_eur + self.deviation_eur_kwh @ drawn * (problem.minutes / 60)
        return found

    def weights(self, costs: FloatArray) -> FloatArray:
        """Weights (S,) of the paths, not below 0 and with sum 1, for which the mean is the objective."""
        found: FloatArray = (1 - self.weight) * self.even + self.weight * worst_weights(costs, self.alpha)
        return found

    def objective_eur(self, costs: FloatArray) -> float:
        """(1 − weight) · expected cost + weight · CVaR."""
        return float((1 - self.weight) * costs.mean() + self.weight * cvar(costs, self.alpha))

    def leaning(self, problem: Problem, weights: FloatArray) -> Problem:
        """The problem on the mean price under other weights (S,) of the paths."""
        lean = weights @ self.deviation_eur_kwh
        return replace(problem, price_eur_kwh=problem.price_eur_kwh + lean)


def worst_weights(costs: FloatArray, alpha: float) -> FloatArray:
    """Weights (S,) that make the mean of `costs` largest, none above 1 ÷ (S · (1 − alpha)), with sum 1.

    The dual form of CVaR: Rockafellar and Uryasev 2002, Journal of Banking and Finance 26, 1443. Among equal
    costs the first path counts.
    """
    most = 1 / (len(costs) * (1 - alpha))
    order = np.argsort(-costs, kind="stable")
    found = np.zeros(len(costs))
    found[order] = np.clip(1 - most * np.arange(len(costs)), 0, most)
    return found


def cvar(costs: FloatArray, alpha: float) -> float:
    """Mean of the dearest (1 − alpha) share of equally likely costs, the last one counted in part."""
    return float(worst_weights(costs, alpha) @ costs)
