"""Forecasts of the past, several of one hour: told apart by how long before the hour they were known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.series import Series
from chocolate_factory.domain.validation import SAME, SAME_SHARE

DAY_SECONDS = 86400
LEAST_COMPARED = 48
Span = tuple[date, date]
DAY = timedelta(days=1)


def by_days_ahead(rows: Series) -> dict[int, Series]:
    """Rows by whole days from their time of knowledge to their slot, fewest first.

    Of an archive of daily leads, each has one row a slot at most.
    """
    ahead = (rows.start - rows.available_at) // DAY_SECONDS
    return {int(days): rows.take(ahead == days) for days in np.unique(ahead)}


def borrowed(newer: Series, older: Series) -> bool:
    """Whether an older forecast is the newer one under an earlier time, so that reading it would be a leak.

    Two forecasts of two days of hours, a day apart, never agree in nine of ten values; zeros tell nothing.
    """
    common, one, two = np.intersect1d(newer.start, older.start, return_indices=True)
    if len(common) == 0:
        return False
    first, second = newer.value[one], older.value[two]
    telling = (np.abs(first) > SAME) | (np.abs(second) > SAME)
    same = np.abs(first - second)[telling] < SAME
    return len(same) >= LEAST_COMPARED and float(np.mean(same)) >= SAME_SHARE


def spans_of(days: Iterable[date]) -> list[Span]:
    """Days -> runs of successive days, both ends included, in order."""
    runs: list[Span] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == DAY:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def days_in(spans: Iterable[Span]) -> set[date]:
    """The days of some runs, both ends included."""
    return {first + n * DAY for first, last in spans for n in range((last - first).days + 1)}
