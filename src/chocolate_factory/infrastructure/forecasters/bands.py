"""Bands from a model's own past errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.days import HOURS, LEADS, DayTable

BLOCKS = 6
"""Blocks of four hours that share their errors."""

LOW, HIGH = 0.1, 0.9
ENOUGH = 5
"""Days with errors from which a lead has a band of its own; one with fewer takes the next shorter lead's."""

YEAR = 365.25
SEASON = 1.0
"""Log-weight of errors of the same season; those half a year away have minus this."""

SCALE_DAYS = 28


@dataclass(frozen=True, eq=False)
class Band:
    """Offsets of P10 and P90 from the price, shape (leads, 24), EUR/MWh; low ≤ 0 ≤ high."""

    low: FloatArray
    high: FloatArray


def season_weights(rows: IntArray, now: int, strength: float) -> FloatArray:
    """Weight of past days (n,) for use on day `now`: highest in the same season of every year."""
    weight: FloatArray = np.exp(strength * np.cos(2 * np.pi * (rows - now) / YEAR))
    return weight


def band_of(table: DayTable, errors: FloatArray) -> Band:
    """Band from errors (truth − forecast) of the table's days, shape (leads, days, 24), NaN where unknown.

    Per lead and block of hours the weighted split-conformal P10 and P90 (Tibshirani and others 2019), in
    units of the root of how much prices moved in the four weeks before. Raises ValueError when the
    shortest lead has no errors at all.
    """
    rows = np.arange(errors.shape[1])
    weight = season_weights(rows, table.last, SEASON)
    scale = np.sqrt(movement(table))
    low, high = np.zeros((len(LEADS), BLOCKS)), np.zeros((len(LEADS), BLOCKS))
    for place, lead in enumerate(LEADS):
        days = np.flatnonzero(np.isfinite(errors[place]).any(axis=1))
        if place and len(days) < ENOUGH:
            low[place], high[place] = low[place - 1], high[place - 1]
            continue
        if len(days) == 0:
            raise ValueError("a band needs errors")
        found = errors[place, days].reshape(len(days), BLOCKS, -1)
        for block in range(BLOCKS):
            unit = scale[np.maximum(days - lead, 0), block]
            relative = found[:, block] / unit[:, None]
            quantiles = conformal(relative, weight[days])
            low[place, block], high[place, block] = np.array(quantiles) * scale[table.last, block]
    share = HOURS // BLOCKS
    return Band(
        np.repeat(np.minimum(low, 0.0), share, axis=1), np.repeat(np.maximum(high, 0.0), share, axis=1)
    )


def movement(table: DayTable) -> FloatArray:
    """Mean distance of prices from their mean hour over SCALE_DAYS up to each day, shape (days, BLOCKS).

    EUR/MWh, at least 1. The first days take the first complete figure; without one all are 1.
    """
    days = table.last + 1
    result = np.ones((days, BLOCKS))
    if days < SCALE_DAYS:
        return result
    views = np.lib.stride_tricks.sliding_window_view(table.filled, SCALE_DAYS, axis=0)
    moved = np.abs(views - views.mean(axis=2, keepdims=True)).mean(axis=2)
    told = moved.reshape(len(moved), BLOCKS, -1).mean(axis=2)
    first = int(np.argmax(np.isfinite(told).all(axis=1)))
    result[SCALE_DAYS - 1 :] = np.fmax(told, 1.0)
    result[: SCALE_DAYS - 1 + first] = result[SCALE_DAYS - 1 + first]
    return result


def conformal(errors: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """(P10, P90) of errors (n, hours) with day weights (n,), NaN left out.

    The day to come counts with the largest weight and an error beyond all others, so that n equal weights
    give the ranks ⌈(n+1)·q⌉; it is cut at the largest error.
    """
    known = np.isfinite(errors)
    if not known.any():
        raise ValueError("a band needs errors")
    flat = errors[known]
    share = np.broadcast_to(weight[:, None], errors.shape)[known]
    total = share.sum() + weight.max()
    order = np.argsort(flat, kind="stable")
    up = np.searchsorted(np.cumsum(share[order]), HIGH * total - 1e-9)
    down = np.searchsorted(np.cumsum(share[order[::-1]]), (1 - LOW) * total - 1e-9)
    last = len(flat) - 1
    return float(flat[order[::-1][min(down, last)]]), float(flat[order[min(up, last)]])
