"""A price forecast with its quantiles; published slots are spliced in and say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.domain.series import FloatArray, TextArray
from chocolate_factory.domain.slots import IntArray

LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Quantile levels that every model tells."""

MEDIAN = 0.5
SAME_LEVEL = 1e-9


@dataclass(frozen=True, eq=False)
class PastErrors:
    """Errors of past forecasts at the slots of one made now: `errors` (m, n) in any unit, one row each.

    `ago` (m,): how many days before this one each was made; the newest comes last.
    """

    ago: IntArray
    errors: FloatArray


@dataclass(frozen=True, eq=False)
class Forecast:
    """Columns of shape (n,), one row a slot of `minutes`, sorted and without gaps; prices EUR/MWh.

    `origin` is "published" or "sample" where the market has spoken (then all quantiles equal the price) and
    "forecast" elsewhere; `price` is the point forecast. `known_until` is the end of the last published slot.
    `quantiles` (levels, n) at `levels`, from low to high; where they cross, or do not fit, ValueError is
    raised. `past` is None where it is not known, as in one that was stored.
    """

    series: str
    model: str
    issued_at: datetime
    known_until: datetime
    minutes: int
    start: IntArray
    origin: TextArray
    price: FloatArray
    levels: tuple[float, ...]
    quantiles: FloatArray
    past: PastErrors | None = None

    def __post_init__(self) -> None:
        if self.quantiles.shape != (len(self.levels), len(self.start)):
            raise ValueError("quantiles need the shape (levels, slots)")
        if (np.diff(self.levels) <= 0).any() or (np.diff(self.quantiles, axis=0) < 0).any():
            raise ValueError("quantiles must not cross")

    def has(self, level: float) -> bool:
        """Whether this level is told itself."""
        return any(abs(level - told) <= SAME_LEVEL for told in self.levels)

    def quantile(self, level: float) -> FloatArray:
        """Prices (n,) of a level that is told; ValueError otherwise."""
        for place, told in enumerate(self.levels):
            if abs(level - told) <= SAME_LEVEL:
                found: FloatArray = self.quantiles[place]
                return found
        raise ValueError(f"the quantile {level} is not told")

    @property
    def p05(self) -> FloatArray:
        """Lower end of the 90 % band."""
        return self.quantile(0.05)

    @property
    def p10(self) -> FloatArray:
        """Lower end of the 80 % band."""
        return self.quantile(0.1)

    @property
    def p50(self) -> FloatArray:
        """The median."""
        return self.quantile(MEDIAN)

    @property
    def p90(self) -> FloatArray:
        """Upper end of the 80 % band."""
        return self.quantile(0.9)

    @property
    def p95(self) -> FloatArray:
        """Upper end of the 90 % band."""
        return self.quantile(0.95)


def read_off(levels: tuple[float, ...], quantiles: FloatArray, shares: FloatArray) -> FloatArray:
    """Prices at `shares` (count, n), 0 to 1, on straight lines between quantiles (levels, n), and beyond."""
    known = np.array(levels)
    above = np.clip(np.searchsorted(known, shares), 1, len(known) - 1)
    slot = np.arange(quantiles.shape[1])
    low, high = quantiles[above - 1, slot], quantiles[above, slot]
    price: FloatArray = low + (high - low) * (shares - known[above - 1]) / (known[above] - known[above - 1])
    return price


def ordered(quantiles: FloatArray, middle: FloatArray) -> FloatArray:
    """Quantiles (LEVELS, …) that cross neither each other nor the median, which becomes `middle` (…).

    From the median outwards each is moved as far as the one before.
    """
    half = LEVELS.index(MEDIAN)
    result = quantiles.copy()
    result[half] = middle
    result[half:] = np.maximum.accumulate(result[half:], axis=0)
    result[half::-1] = np.minimum.accumulate(result[half::-1], axis=0)
    return result
