"""Local days and wall hours of many slots at once, in any zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

DAY_SECONDS = 86_400
FIRST_DAY = date(1970, 1, 1)


def local_seconds(starts: IntArray, zone: str) -> IntArray:
    """Moments (UTC epoch seconds) moved by the zone's offset, so that whole days and hours are local ones.

    Days with a change of the clock are resolved moment by moment. The repeated hour counts twice.
    """
    starts = np.asarray(starts, np.int64)
    utc_day, place = np.unique(starts // DAY_SECONDS, return_inverse=True)
    edges = np.array([[_offset(int(day), zone), _offset(int(day) + 1, zone)] for day in utc_day], np.int64)
    if not len(edges):
        return starts
    shift = edges[place, 0]
    for row in np.flatnonzero(edges[place, 0] != edges[place, 1]):
        shift[row] = _seconds(datetime.fromtimestamp(int(starts[row]), UTC), zone)
    return np.asarray(starts + shift)


def local_days(starts: IntArray, zone: str) -> IntArray:
    """Local day of each moment, counted from 1970-01-01, same shape."""
    return np.asarray(local_seconds(starts, zone) // DAY_SECONDS)


def months_of(days: IntArray) -> IntArray:
    """Month of the year, 1 to 12, of days counted from 1970-01-01, same shape."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1)


def years_of(days: IntArray) -> IntArray:
    """Year of days counted from 1970-01-01, same shape."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)


def as_date(day: int) -> date:
    """The date of a day counted from 1970-01-01."""
    return FIRST_DAY + timedelta(days=int(day))


def mean_by(
    group: IntArray, value: FloatArray, weight: FloatArray, groups: int
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and weight of each group 0 … groups − 1, NaN for an empty one; both (groups,)."""
    total = np.bincount(group, value * weight, groups)
    behind = np.asarray(np.bincount(group, weight, groups), np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(behind > 0, total / behind, np.nan), behind


@lru_cache(maxsize=65536)
def _offset(utc_day: int, zone: str) -> int:
    """Seconds by which the zone's clock is ahead of UTC when a UTC day begins."""
    return _seconds(datetime.fromtimestamp(utc_day * DAY_SECONDS, UTC), zone)


def _seconds(at: datetime, zone: str) -> int:
    ahead = at.astimezone(ZoneInfo(zone)).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0
