"""One weather series from several sources: which value of an hour counts, and what replaces it.

AEMET's night hours are reliable and complete, OpenWeatherMap is better by day: 00 to 07 UTC AEMET comes
first, 08 to 23 UTC OpenWeatherMap, each covering for the other; a reanalysis covers for both.
"""

from __future__ import annotations

import numpy as np

from chocolate_factory.domain.publication import TOLERANCE, source_name
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.slots import moment

AEMET, OPENWEATHERMAP = "aemet", "openweathermap"
AEMET_HOURS = range(0, 8)
READ_ONCE = frozenset({OPENWEATHERMAP})
"""Sources whose later readings within an hour are other moments, not corrections."""


def rank(source: str, start: int) -> int:
    """Place of a source in the order for the hour that starts then (epoch seconds); 0 is first."""
    name = source_name(source)
    if name not in {AEMET, OPENWEATHERMAP}:
        return 2
    by_night = moment(start).hour in AEMET_HOURS
    return 0 if (name == AEMET) == by_night else 1


def fused(told: Series, stored: Series, now: int) -> Series:
    """Rows to write of what one source told, given the newest stored row of each slot.

    A slot without a value takes what is told. A better source's value replaces a stored one that differs, and
    a source corrects itself; both are known since `now` (epoch seconds). What is worse, or no news, is left
    out.
    """
    known = {int(at): row for row, at in enumerate(stored.start)}
    keep = np.zeros(len(told), bool)
    at = told.available_at.copy()
    for row in range(len(told)):
        place = known.get(int(told.start[row]))
        if place is None:
            keep[row] = True
        elif _replaces(told, row, stored, place):
            keep[row] = True
            at[row] = max(now, int(stored.available_at[place]) + 1)
    return Series(told.key, told.start, told.minutes, told.value, at, told.origin, told.source).take(keep)


def _replaces(told: Series, row: int, stored: Series, place: int) -> bool:
    new, old = str(told.source[row]), str(stored.source[place])
    start, value, known = int(told.start[row]), float(told.value[row]), float(stored.value[place])
    if source_name(new) == source_name(old):
        return abs(value - known) > TOLERANCE and source_name(new) not in READ_ONCE
    return value != known and rank(new, start) < rank(old, start)


def added(merged: Series, told: Series) -> Series:
    """A forecast with the hours of another that it does not reach."""
    more = told.take(~np.isin(told.start, merged.start))
    found = [part for part in (merged, more) if len(part)]
    return concat(found) if found else empty(told.key)
