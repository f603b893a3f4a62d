"""What the four quarters of an hour do around its mean, learnt from quarter-hourly history."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from chocolate_factory.domain.forecast import LEVELS
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.tariff.calendar import local_slots

QUARTERS = 4
RECENT_DAYS = 42


@dataclass(frozen=True, eq=False)
class QuarterShape:
    """How quarters follow the ramp from the hour before to the hour after.

    `ramp` (2, 4): deviation of each quarter from the hour's mean per EUR/MWh of step from the hour before,
    and of step to the hour after; each row sums to zero, so the mean of four quarters stays the hour's
    price. `spread` (24 local hours, 4) EUR/MWh: standard deviation of what is not ramp. Both are zero
    without quarter-hourly history.
    """

    ramp: FloatArray
    spread: FloatArray

    def deviation(self, steps: FloatArray, quarter: IntArray) -> FloatArray:
        """Deviations (n,) of quarters (n,) whose hours have these steps (n, 2), EUR/MWh."""
        deviation: FloatArray = np.sum(steps * self.ramp[:, quarter].T, axis=1)
        return deviation

    def widened(self, offsets: FloatArray, hour: IntArray, quarter: IntArray) -> FloatArray:
        """Offsets (levels, n) of hours' quantiles, at LEVELS, as those of quarters in these hours (n,).

        What is not ramp counts as normal and independent of the hour's error: added in quadrature.
        """
        normal = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
        own = normal[:, None] * self.spread[hour, quarter]
        widened: FloatArray = np.sign(normal)[:, None] * np.hypot(offsets, own)
        return widened


FLAT = QuarterShape(np.zeros((2, QUARTERS)), np.zeros((24, QUARTERS)))


def quarter_shape(seen: Series) -> QuarterShape:
    """Least squares on the last RECENT_DAYS of hours that have four quarters and both neighbours.

    Flat where there are none.
    """
    quarters = seen.take(seen.minutes == 15)
    if len(quarters) == 0:
        return FLAT
    quarters = quarters.take(quarters.start >= int(quarters.start[-1]) - RECENT_DAYS * 86_400)
    hours, count = np.unique(quarters.start // 3600, return_counts=True)
    whole = hours[count == QUARTERS]
    value = quarters.value[np.isin(quarters.start // 3600, whole)].reshape(-1, QUARTERS)
    inner = np.flatnonzero((whole[2:] - whole[:-2]) == 2) + 1 if len(whole) > 2 else np.zeros(0, np.int64)
    if len(inner) == 0:
        return FLAT
    mean = value.mean(axis=1)
    steps = np.stack([mean[inner] - mean[inner - 1], mean[inner + 1] - mean[inner]], axis=1)
    around = value[inner] - mean[inner, None]
    ramp: FloatArray = np.linalg.lstsq(steps, around, rcond=None)[0]
    left = around - steps @ ramp
    hour = local_slots(whole[inner] * 3600).hour
    spread = np.zeros((24, QUARTERS))
    for clock in np.unique(hour):
        spread[clock] = np.sqrt(np.mean(left[hour == clock] ** 2, axis=0))
    return QuarterShape(ramp, spread)
