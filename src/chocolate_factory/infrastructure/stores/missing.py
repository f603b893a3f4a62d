"""From the slots that are stored to the holes that are left, the same for every store."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import IntArray, Window, moment


def missing_runs(key: str, stored: IntArray, minutes: IntArray, window: Window, now: datetime) -> list[Hole]:
    """Due slots of the window that are not among the stored ones, joined into runs.

    `stored` are distinct slot starts (epoch seconds, any order) and `minutes` their lengths by the newest
    knowledge, both (n,): an hour is no quarter, so a slot of another length than those of its day is a hole.
    A run is made of adjacent slots of one length, so `(end − start) ÷ missing` is the slot length of every
    hole; it goes on over local midnight and splits where the resolution of the market changes. `due` is that
    of its first slot, the oldest. A series without a publication rule has no holes. Raises `UsageError` for a
    key that is not in the catalogue.
    """
    info = CATALOG.get(key)
    if info is None:
        raise UsageError(f"no series is called {key!r}", f"The series are {', '.join(CATALOG)}.")
    missing = info.expected(window, now)
    if len(missing):
        missing = np.setdiff1d(missing, stored[minutes == info.minutes_at(stored)], assume_unique=True)
    if len(missing) == 0:
        return []
    seconds = 60 * info.minutes_at(missing)
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
