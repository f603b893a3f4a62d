"""Ridge regression, one for each local hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.forecasters.days import HOURS
from chocolate_factory.infrastructure.forecasters.features import OF_KIND, Examples

PENALTY = 0.02
"""Ridge penalty on standardised inputs, as a share of the weight of all examples."""

FOLDS, GAP_DAYS = 6, 7
"""Contiguous folds for errors outside the fit, and days left out on both sides of each."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Weights for the deviation from the input in column `base`; arrays (24, …)."""

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    bias: FloatArray
    base: int

    def price(self, inputs: FloatArray) -> FloatArray:
        """Inputs (n, 24, columns) -> prices (n, 24), EUR/MWh."""
        standard = (inputs - self.mean) / self.scale
        deviation = np.einsum("nhf,hf->nh", standard, self.weights) + self.bias
        price: FloatArray = inputs[:, :, self.base] + deviation
        return price


def fit_linear(
    inputs: FloatArray, truth: FloatArray, weight: FloatArray, penalty: float = PENALTY, base: int = OF_KIND
) -> Linear:
    """Ridge of truth (n, 24) on inputs (n, 24, columns) with day weights (n,); unknown hours do not count."""
    known = np.isfinite(truth)
    share = weight[:, None] * known
    share = share / share.sum(axis=0)
    target = np.where(known, truth - inputs[:, :, base], 0.0)
    mean = np.einsum("nh,nhf->hf", share, inputs)
    scale = np.sqrt(np.einsum("nh,nhf->hf", share, (inputs - mean) ** 2))
    scale[scale < 1e-9] = 1.0
    standard = ((inputs - mean) / scale).transpose(1, 0, 2)
    bias = np.einsum("nh,nh->h", share, target)
    weighted = standard * share.T[:, :, None]
    gram = weighted.transpose(0, 2, 1) @ standard + penalty * np.eye(inputs.shape[2])
    moment = weighted.transpose(0, 2, 1) @ (target - bias).T[:, :, None]
    return Linear(mean, scale, np.linalg.solve(gram, moment)[:, :, 0], bias, base)


def unseen_prices(seen: Examples, weight: FloatArray) -> FloatArray:
    """Price of each example by a fit that did not see its days, shape (n, 24)."""
    n = len(seen.rows)
    fold = np.arange(n) * FOLDS // n
    price = np.full((n, HOURS), np.nan)
    for number in range(FOLDS):
        held = seen.rows[fold == number]
        learn = (seen.rows < held[0] - GAP_DAYS) | (seen.rows > held[-1] + GAP_DAYS)
        model = fit_linear(seen.inputs[learn], seen.truth[learn], weight[learn])
        price[fold == number] = model.price(seen.inputs[fold == number])
    return price
