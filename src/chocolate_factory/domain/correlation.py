"""How far two daily series move together once the seasons are taken out, and how sure that is.

The seasonal mean is fitted by least squares on all days of a series and taken away: a constant, two harmonics
of the year (D. S. Wilks 2011, "Statistical Methods in the
Atmospheric Sciences", 9.4.2) and a step each for Saturdays and for Sundays and holidays. What is left is
compared by Pearson's r and by Spearman's of the ranks.

Days that follow each other resemble each other, so n days tell less than n independent ones. The effective
number is 1 / n_eff = 1/n + 2/n · Σ (n − k)/n · r_x(k) · r_y(k), lags k up to n/5, at most n (B. J. Pyper and
R. M. Peterman 1998, "Comparison of methods to account for autocorrelation in correlation analyses", Canadian
Journal of Fisheries and Aquatic Sciences 55). Intervals are Fisher's z with it; for ranks its variance is
(1 + r²/2)/(n_eff − 3) (D. G. Bonett and T. A. Wright 2000, Psychometrika 65).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.climate import NORMAL_95
from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.wall_time import as_date, months_of

YEAR_DAYS = 365.2425
LEAST_DAYS = 90
LEAST_EFFECTIVE = 10.0
LEAST_IN_MONTH = 15
WEAK, MODERATE, STRONG = "weak", "moderate", "strong"
NONE, TOO_LITTLE = "none", "not_enough_data"
MODERATE_FROM, STRONG_FROM = 0.3, 0.6
LAG_SHARE = 5


@dataclass(frozen=True)
class Estimate:
    """A correlation, −1 to 1, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Correlation:
    """What days say together: how many, what they are worth, both correlations, None where too few."""

    days: int
    effective: float
    pearson: Estimate | None
    spearman: Estimate | None
    verdict: str


def year_is_told(day: IntArray) -> bool:
    """Whether days (since 1970-01-01) hold half a month of every month: less tells nothing of the seasons."""
    found = np.bincount(months_of(np.unique(day)), minlength=13)[1:]
    return bool(np.all(found >= LEAST_IN_MONTH))


def without_season(day: IntArray, value: FloatArray) -> FloatArray:
    """Values less their seasonal mean and that of the kind of day; same shape. Days since 1970-01-01."""
    angle = 2 * np.pi * day / YEAR_DAYS
    kinds = np.array([day_kind(as_date(one)) for one in day], np.int64)
    columns = [
        np.ones(len(day)),
        *(wave(number * angle) for number in (1, 2) for wave in (np.sin, np.cos)),
        *(np.where(kinds == kind, 1.0, 0.0) for kind in (DayKind.SATURDAY, DayKind.REST)),
    ]
    design = np.stack(columns, axis=1)
    fitted = design @ np.linalg.lstsq(design, value, rcond=None)[0]
    return np.asarray(value - fitted)


def correlate(day: IntArray, one: FloatArray, other: FloatArray) -> Correlation:
    """The correlation of two series of the same days (n,), ascending, seasons taken out before."""
    count = len(day)
    if count < LEAST_DAYS or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Correlation(count, float(count), None, None, TOO_LITTLE)
    effective = effective_days(day, one, other)
    if effective < LEAST_EFFECTIVE:
        return Correlation(count, effective, None, None, TOO_LITTLE)
    pearson = estimate(_pearson(one, other), effective, 1.0)
    ranked = _pearson(ranks(one), ranks(other))
    spearman = estimate(ranked, effective, 1 + ranked**2 / 2)
    return Correlation(count, effective, pearson, spearman, verdict(pearson, spearman))


def verdict(pearson: Estimate, spearman: Estimate) -> str:
    """In a word, by the smaller of both: none where either interval holds zero or their signs differ."""
    if any(e.low <= 0 <= e.high for e in (pearson, spearman)) or pearson.value * spearman.value < 0:
        return NONE
    size = min(abs(pearson.value), abs(spearman.value))
    return STRONG if size >= STRONG_FROM else MODERATE if size >= MODERATE_FROM else WEAK


def estimate(value: float, effective: float, spread: float) -> Estimate:
    """A correlation with the interval of Fisher's z; `spread` widens the variance 1/(n_eff − 3)."""
    sure = min(abs(value), 1 - 1e-12) * np.sign(value)
    reach = NORMAL_95 * np.sqrt(spread / (effective - 3))
    low, high = np.tanh(np.arctanh(sure) - reach), np.tanh(np.arctanh(sure) + reach)
    return Estimate(float(value), float(low), float(high))


def effective_days(day: IntArray, one: FloatArray, other: FloatArray) -> float:
    """How many independent days the days are worth, at most as many as they are.

    Lags count in calendar days; a lag that fewer than 30 pairs of known days show is left out.
    """
    count = len(day)
    grid = np.full((2, int(day[-1] - day[0]) + 1), np.nan)
    grid[:, day - day[0]] = one, other
    grid -= np.nanmean(grid, axis=1, keepdims=True)
    variance = np.nanmean(grid**2, axis=1)
    total = 0.0
    for lag in range(1, min(count // LAG_SHARE, grid.shape[1] - 1) + 1):
        products = grid[:, lag:] * grid[:, :-lag]
        if int(np.isfinite(products[0]).sum()) >= 30:
            total += (count - lag) / count * float(np.prod(np.nanmean(products, axis=1) / variance))
    worth = 1 / count + 2 / count * total
    return float(count) if worth <= 1 / count else 1 / worth


def ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1, equal values share the mean of theirs; same shape."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place])


def _pearson(one: FloatArray, other: FloatArray) -> float:
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1, 1))
