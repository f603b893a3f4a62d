"""How good a forecast was: scores of points, quantiles and bands, and a test of which of two is better.

All arrays have the shape (n,), prices in EUR/MWh, one element an hour. A score of nothing is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray

BoolArray = NDArray[np.bool_]
Quantiles = Mapping[float, FloatArray]
"""Level (0 to 1) -> prices (n,)."""

NINE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The levels that the pinball loss is averaged over."""

DEAR = 0.05
"""Share of hours that count as the dearest."""

NO_SPREAD = 1e-12


def mean_absolute_error(truth: FloatArray, told: FloatArray) -> float:
    """Mean of |truth − told|, EUR/MWh."""
    return mean(np.abs(truth - told))


def root_mean_square_error(truth: FloatArray, told: FloatArray) -> float:
    """Root of the mean of (truth − told)², EUR/MWh."""
    return float(np.sqrt(mean((truth - told) ** 2)))


def relative_mae(truth: FloatArray, told: FloatArray, naive: FloatArray) -> float:
    """MAE as a share of a naive forecast's on the same hours; below 1 is better than naive.

    Lago, Marcjasz, De Schutter and Weron 2021 (Applied Energy 293, 116983), section 5.4.2. NaN where the
    naive forecast makes no error.
    """
    base = mean_absolute_error(truth, naive)
    return mean_absolute_error(truth, told) / base if base > 0 else float("nan")


def pinball(truth: FloatArray, quantiles: Quantiles) -> float:
    """Mean over hours and levels q of max(q·(truth − told), (q − 1)·(truth − told)), EUR/MWh.

    Koenker and Bassett 1978 (Econometrica 46, 33). Of the median alone it is half the MAE.
    """
    losses = [
        np.maximum(level * (truth - told), (level - 1) * (truth - told)) for level, told in quantiles.items()
    ]
    return mean(np.array(losses))


def at_levels(quantiles: Quantiles, levels: Sequence[float]) -> dict[float, FloatArray]:
    """Quantiles at other levels, on straight lines between the told ones of each hour.

    Levels below the lowest or above the highest told are left out: nothing is known beyond.
    """
    told = sorted(quantiles)
    if not told:
        return {}
    found: dict[float, FloatArray] = {}
    for level in levels:
        above = int(np.searchsorted(told, level - 1e-9))
        if above == len(told) or (above == 0 and told[0] > level + 1e-9):
            continue
        high = told[above]
        low = high if abs(high - level) <= 1e-9 else told[above - 1]
        share = 0.0 if high == low else (level - low) / (high - low)
        found[level] = (1 - share) * quantiles[low] + share * quantiles[high]
    return found


def band_coverage(truth: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of hours with low ≤ truth ≤ high."""
    return mean(((truth >= low) & (truth <= high)).astype(np.float64))


def band_width(low: FloatArray, high: FloatArray) -> float:
    """Mean of high − low, EUR/MWh."""
    return mean(high - low)


def diebold_mariano(loss: FloatArray, reference: FloatArray, horizon: int) -> float:
    """One-sided p-value that `loss` is not smaller than `reference`: small says that it is better.

    Losses (n,) of forecasts made one after another, each reaching `horizon` steps, so that neighbours share
    up to horizon − 1 steps. Diebold and Mariano 1995 (JBES 13, 253) with the variance of Newey and West
    1987 (Econometrica 55, 703; Bartlett weights 1 − k/horizon up to lag horizon − 1), the correction for
    few forecasts and Student's t with n − 1 degrees of Harvey, Leybourne and Newbold 1997 (IJF 13, 281).
    Losses of all hours of a forecast in one figure: Ziel and Weron 2018 (Energy Economics 70, 396). NaN with
    no more losses than steps, or where the difference never changes.
    """
    if horizon < 1:
        raise ValueError("a forecast reaches one step at least")
    difference = loss - reference
    count = len(difference)
    if count <= horizon:
        return float("nan")
    centred = difference - difference.mean()
    variance = float(centred @ centred) / count
    if variance <= NO_SPREAD * float(np.mean(difference**2)) or variance == 0:
        return float("nan")
    for lag in range(1, horizon):
        variance += 2 * (1 - lag / horizon) * float(centred[lag:] @ centred[:-lag]) / count
    few = (count - horizon) * (count - horizon + 1) / count**2
    from scipy.special import stdtr  # a third of a second that only a judgement needs

    statistic = float(difference.mean()) / np.sqrt(variance / count) * np.sqrt(few)
    return float(stdtr(count - 1, statistic))


def dearest_from(price: FloatArray) -> float:
    """The price from which an hour is among the dearest DEAR of these hours, EUR/MWh."""
    return float(np.quantile(price, 1 - DEAR)) if len(price) else float("nan")


def mean(values: FloatArray) -> float:
    """Mean, NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")
