"""Quantiles from a model's own past errors, and how those errors hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.forecast import LEVELS, MEDIAN, PastErrors, ordered
from chocolate_factory.domain.scores import BoolArray
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.days import (
    DAY_AHEAD,
    HOURS,
    KNOWN_DAY,
    PLACES,
    DayTable,
)

BLOCKS = 6
"""Blocks of four hours that share their errors."""

ENOUGH = 5
"""Days with errors from which a lead has a band of its own; one with fewer takes the next shorter lead's."""

YEAR = 365.25
SEASON = 1.0
"""Log-weight of errors of the same season; those half a year away have minus this."""

MEMORY_DAYS = 365.0
"""Age at which an error counts 1/e of a new one."""

SCALE_DAYS = 28

STEP = 0.003
"""How far a level moves after a day on which all hours were on one side of its quantile."""

REPLAY_DAYS = 120
"""Days whose coverage moves the levels."""

FIRST_DAYS = 30
"""Days of errors that are known before coverage is believed."""

EDGE = 0.002
"""Levels are kept this far inside 0 and 1."""

PAST_PATHS = 365
"""Past origins whose errors are kept as paths."""


@dataclass(frozen=True, eq=False)
class Band:
    """What to add to a price for its quantiles, and past errors as whole paths.

    `offsets` (levels, places, 24) EUR/MWh, in the order of LEVELS, none crossing, 0 at the median; `relative`
    (places, days, 24): errors in units of the root of how much prices moved before, NaN where unknown.
    """

    offsets: FloatArray
    relative: FloatArray

    @property
    def low(self) -> FloatArray:
        """Offsets of P10, shape (places, 24), EUR/MWh, not above 0."""
        return self._at(0.1)

    @property
    def high(self) -> FloatArray:
        """Offsets of P90, shape (places, 24), EUR/MWh, not below 0."""
        return self._at(0.9)

    def _at(self, level: float) -> FloatArray:
        offsets: FloatArray = self.offsets[LEVELS.index(level)]
        return offsets

    def past(self, ahead: IntArray, places: IntArray) -> PastErrors:
        """Relative errors (m, k, 24) of days `ahead` (k,) of the last known one, as past origins made them.

        `places` (k,) of the days in PLACES.

        The newest PAST_PATHS origins at most, oldest first; one that lacks most of a day is left out, and an
        hour missing in a day counts as the mean of the day's others.
        """
        last = self.relative.shape[1] - 1 - max(int(ahead.max()), 0)
        first = max(last - PAST_PATHS + 1, -int(min(ahead.min(), 0)), 0)
        origins = np.arange(first, max(last + 1, first))
        found = self.relative[places, origins[:, None] + ahead]
        known = np.isfinite(found)
        kept = (known.sum(axis=2) >= KNOWN_DAY).all(axis=1)
        found, known = found[kept], known[kept]
        mean = np.where(known, found, 0.0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
        ago = self.relative.shape[1] - 1 - origins[kept]
        return PastErrors(ago, np.where(known, found, mean[:, :, None]))


def season_weights(rows: IntArray, now: int, strength: float) -> FloatArray:
    """Weight of past days (n,) for use on day `now`: highest in the same season of every year."""
    weight: FloatArray = np.exp(strength * np.cos(2 * np.pi * (rows - now) / YEAR))
    return weight


def error_weights(rows: IntArray, now: IntArray) -> FloatArray:
    """Weight of errors of days `rows` for use on days `now`, which must broadcast; 0 for days to come."""
    age = now - rows
    weight: FloatArray = np.exp(SEASON * np.cos(2 * np.pi * age / YEAR) - np.maximum(age, 0) / MEMORY_DAYS)
    return np.where(age >= 0, weight, 0.0)


def band_of(table: DayTable, errors: FloatArray) -> Band:
    """Band from errors (truth − forecast) of the table's days, shape (places, days, 24), NaN where unknown.

    Per place and block of hours weighted conformal quantiles (Barber, Candès, Ramdas and Tibshirani 2023,
    Annals of Statistics 51, 816), in units of the root of how much prices moved in the four weeks before, at
    the levels that the lead's recent coverage asks for (`adapted`). A place without errors takes the band of
    the next shorter lead. Raises ValueError when the shortest lead has none at all.
    """
    scale = np.sqrt(movement(table))
    relative = relative_errors(errors, scale)
    share = HOURS // BLOCKS
    offsets = np.zeros((len(LEVELS), len(PLACES), BLOCKS))
    for place, lead in enumerate(PLACES):
        rows = np.flatnonzero(np.isfinite(relative[place]).any(axis=1))
        if place and len(rows) < ENOUGH:
            instead = 0 if place == DAY_AHEAD else place - 1
            offsets[:, place] = offsets[:, instead]
            if place == DAY_AHEAD:
                relative[place] = relative[instead]
            continue
        if len(rows) == 0:
            raise ValueError("a band needs errors")
        found = relative[place, rows].reshape(len(rows), BLOCKS, share)
        weight = error_weights(rows, np.array(table.last))
        levels = adapted(rows, found, lead, table.last)
        for block in range(BLOCKS):
            offsets[:, place, block] = conformal(found[:, block], weight, levels)
    offsets *= scale[table.last]
    offsets = ordered(offsets, np.zeros(offsets.shape[1:]))
    return Band(np.repeat(offsets, share, axis=2), relative)


def relative_errors(errors: FloatArray, scale: FloatArray) -> FloatArray:
    """Errors (places, days, 24) in units of the scale (days, BLOCKS) of the day that they were told on."""
    hourly = np.repeat(scale, HOURS // BLOCKS, axis=1)
    days = np.arange(errors.shape[1])
    return np.stack([errors[place] / hourly[np.maximum(days - lead, 0)] for place, lead in enumerate(PLACES)])


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


def adapted(rows: IntArray, errors: FloatArray, lead: int, now: int) -> FloatArray:
    """Levels to read off for LEVELS after the coverage of the last REPLAY_DAYS days, shape (levels,).

    Adaptive conformal inference (Gibbs and Candès 2021, NeurIPS 34): day by day each level moves by STEP
    times its distance from the share of hours that were below its quantile. A day is held against the errors
    known `lead` days before, and its own coverage counts from the day it is known. Errors (n, BLOCKS, hours)
    of the days `rows` (n,).
    """
    told = np.array(LEVELS)
    late = (rows > now - REPLAY_DAYS) & (rows - lead >= rows[0] + FIRST_DAYS)
    if not late.any():
        return told
    places = standings(rows, errors, lead, late)
    levels = np.tile(told, (now + 1, 1))
    current = told.copy()
    days = dict(zip(rows[late].tolist(), places, strict=True))
    for day in range(int(rows[late][0]), now + 1):
        # What was told for this day was told with the levels of `lead` days before.
        place = days.get(day)
        if place is not None:
            known = place[np.isfinite(place)]
            then = levels[max(day - lead, 0)]
            below = (known[:, None] < then).mean(axis=0)
            current = current + STEP * (told - below)
        levels[day] = current
    return np.maximum.accumulate(np.clip(current, EDGE, 1 - EDGE))


def standings(rows: IntArray, errors: FloatArray, lead: int, late: BoolArray) -> FloatArray:
    """Weighted share of earlier errors below each error of the `late` days, (late days, BLOCKS · hours).

    Earlier: known `lead` days before; NaN where the error is unknown. A block is held against itself.
    """
    asked = np.flatnonzero(late)
    weight = error_weights(rows[None, :], rows[asked, None] - lead)
    hours = errors.shape[2]
    result = np.full((len(asked), errors.shape[1], hours), np.nan)
    for block in range(errors.shape[1]):
        flat = errors[:, block].ravel()
        order = np.argsort(flat, kind="stable")[: int(np.isfinite(flat).sum())]
        total = np.cumsum(weight[:, order // hours], axis=1)
        place = np.empty(len(flat), np.int64)
        place[order] = np.arange(len(order))
        for hour in range(hours):
            there = np.isfinite(errors[asked, block, hour])
            at = place[asked[there] * hours + hour]
            result[there, block, hour] = total[there, at] / total[there, -1]
    return result.reshape(len(asked), -1)


def conformal(errors: FloatArray, weight: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantiles (levels,) of errors (n, hours) with day weights (n,), NaN left out.

    The day to come counts with the largest weight and an error beyond all others, on both sides, so that n
    equal weights give the ranks ⌈(n+1)·q⌉ from below for levels over a half and from above for those under;
    cut at the outermost errors.
    """
    known = np.isfinite(errors)
    if not known.any():
        raise ValueError("a band needs errors")
    flat = errors[known]
    share = np.broadcast_to(weight[:, None], errors.shape)[known]
    total = share.sum() + weight.max()
    order = np.argsort(flat, kind="stable")
    last = len(flat) - 1
    up = np.searchsorted(np.cumsum(share[order]), levels * total - 1e-9)
    down = np.searchsorted(np.cumsum(share[order[::-1]]), (1 - levels) * total - 1e-9)
    upper, lower = flat[order[np.minimum(up, last)]], flat[order[::-1][np.minimum(down, last)]]
    found: FloatArray = np.where(levels > MEDIAN, upper, lower)
    return found
