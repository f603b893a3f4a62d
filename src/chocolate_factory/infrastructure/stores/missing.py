"""From the slots that are stored to the holes that are left, the same for every store."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import IntArray, Window, days_of, epoch, local_midnight, moment


def missing_runs(key: str, stored: IntArray, window: Window, now: datetime) -> list[Hole]:
    """Due slots of the window that are not among the stored starts, joined into runs.

    `stored` are distinct slot starts (epoch seconds, any order); only starts are compared. A run is made of
    adjacent slots of one length, so `(end − start) ÷ missing` is the slot length of every hole; it goes on
    over local midnight and splits where the resolution of the market changes. `due` is that of its first
    slot, the oldest. A series without a publication rule has no holes. Raises `UsageError` for a key that
    is not in the catalogue.
    """
    info = CATALOG.get(key)
    if info is None:
        raise UsageError(f"no series is called {key!r}", f"The series are {', '.join(CATALOG)}.")
    missing = np.setdiff1d(info.expected(window, now), stored, assume_unique=True)
    if len(missing) == 0:
        return []
    days = days_of(window, info.zone)
    midnights = [epoch(local_midnight(day, info.zone)) for day in days]
    day_of = np.searchsorted(midnights, missing, side="right") - 1
    seconds = 60 * np.array([info.minutes(day) for day in days], np.int64)[day_of]
    ends = missing + seconds
    split = (missing[1:] != ends[:-1]) | (seconds[1:] != seconds[:-1])
    firsts = np.append(0, np.flatnonzero(split) + 1)
    lasts = np.append(firsts[1:], len(missing)) - 1
    return [
        Hole(
            key,
            moment(missing[a]),
            moment(ends[b]),
            int(b - a) + 1,
            info.due_slot(int(missing[a]), int(seconds[a]) // 60),
        )
        for a, b in zip(firsts, lasts, strict=True)
    ]
