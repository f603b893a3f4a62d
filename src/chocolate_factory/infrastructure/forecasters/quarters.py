"""What the four quarters of an hour do around its mean, learnt from quarter-hourly history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.tariff.calendar import local_slots

QUARTERS = 4
RECENT_DAYS = 42
Z80 = 1.2815515655446004
"""P90 of the standard normal distribution."""


@dataclass(frozen=True, eq=False)
class QuarterShape:
    """Typical deviation of each quarter from its hour's mean, shape (24 local hours, 4), EUR/MWh.

    Each row sums to zero, so the mean of four quarters stays the hour's price. `spread` (24, 4) is the
    half-width that what is not typical adds to an 80 % band, in quadrature. Both are zero without history.
    """

    deviation: FloatArray
    spread: FloatArray


FLAT = QuarterShape(np.zeros((24, QUARTERS)), np.zeros((24, QUARTERS)))


def quarter_shape(seen: Series) -> QuarterShape:
    """The shape of the last RECENT_DAYS of complete quarter-hourly hours; flat where there are none."""
    quarters = seen.take(seen.minutes == 15)
    if len(quarters) == 0:
        return FLAT
    quarters = quarters.take(quarters.start >= int(quarters.start[-1]) - RECENT_DAYS * 86_400)
    hours, count = np.unique(quarters.start // 3600, return_counts=True)
    whole = hours[count == QUARTERS]
    value = quarters.value[np.isin(quarters.start // 3600, whole)].reshape(-1, QUARTERS)
    around = value - value.mean(axis=1, keepdims=True)
    hour = local_slots(whole * 3600).hour
    deviation, spread = np.zeros((24, QUARTERS)), np.zeros((24, QUARTERS))
    for clock in np.unique(hour):
        rows = around[hour == clock]
        deviation[clock] = rows.mean(axis=0)
        spread[clock] = Z80 * rows.std(axis=0)
    return QuarterShape(deviation, spread)
