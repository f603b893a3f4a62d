"""Bands from a model's own past errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.forecasters.days import HOURS, LEADS

BLOCKS = 6
"""Blocks of four hours that share their errors."""

LOW, HIGH = 0.1, 0.9
ENOUGH = 5
"""Days with errors from which a lead has a band of its own; one with fewer takes the next shorter lead's."""


@dataclass(frozen=True, eq=False)
class Band:
    """Offsets of P10 and P90 from the price, shape (leads, 24), EUR/MWh; low ≤ 0 ≤ high."""

    low: FloatArray
    high: FloatArray


def band_of(errors: FloatArray) -> Band:
    """Band from errors (truth − forecast) of shape (leads, days, 24), NaN where unknown.

    Per lead and block of hours the split-conformal quantiles: ranks ⌈(n+1)·q⌉ of n errors (Vovk 2005;
    Romano 2019). Raises ValueError when the shortest lead has no errors at all.
    """
    low, high = np.zeros((len(LEADS), HOURS)), np.zeros((len(LEADS), HOURS))
    for lead, rows in enumerate(errors):
        days = np.isfinite(rows).any(axis=1)
        if lead and days.sum() < ENOUGH:
            low[lead], high[lead] = low[lead - 1], high[lead - 1]
            continue
        blocks = rows[days].reshape(int(days.sum()), BLOCKS, -1)
        for block in range(BLOCKS):
            hours = slice(block * HOURS // BLOCKS, (block + 1) * HOURS // BLOCKS)
            found = blocks[:, block].ravel()
            low[lead, hours], high[lead, hours] = conformal(found[np.isfinite(found)])
    return Band(np.minimum(low, 0.0), np.maximum(high, 0.0))


def conformal(errors: FloatArray) -> tuple[float, float]:
    """(P10, P90) of errors (n,) with the finite-sample rank of split-conformal prediction."""
    n = len(errors)
    if n == 0:
        raise ValueError("a band needs errors")
    ordered = np.sort(errors)
    high = min(n, int(np.ceil((n + 1) * HIGH)))
    low = max(1, int(np.floor((n + 1) * LOW)))
    return float(ordered[low - 1]), float(ordered[high - 1])
