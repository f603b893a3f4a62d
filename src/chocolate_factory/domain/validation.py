"""What a source said is looked at before it is stored: a day is taken whole or refused with a reason.

The limits are facts of OMIE's and Red Eléctrica's published prices, 4,495 market days of 2014–2026 and 1,787
days of PVPC 2.0TD: no day has fewer than four different values (2024-03-10 has four, 79 % zeros), no day
repeats more than 63 % of the day before it, no day consists of multiples of ten only. So a flat day, a
day that is the day before again, and a day of multiples of ten (two decimals times 1000) are faults, even
where they lie inside the plausible range. Nothing is clipped, filled or repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE, SeriesInfo
from chocolate_factory.domain.series import Series, concat, empty, on_grid
from chocolate_factory.domain.slots import Window, day_window, moment

SAME_SHARE = 0.9
DAY = timedelta(days=1)


@dataclass(frozen=True)
class RefusedDay:
    """A day of an answer that was not stored; a weather forecast is refused whole, by its first day."""

    series: str
    day: date
    reason: str


def inspect(answer: Series, days: Sequence[date], before: Series) -> tuple[Series, list[RefusedDay]]:
    """Split a source's answer into days to trust and days to refuse.

    `days` are the market days wanted, ascending; of those, a day without any row is neither trusted nor
    refused: it was not published. Rows of other days are left out, but an answer that holds nothing else is
    refused. `before` are stored prices of the days before, to know a day that is served twice; a day that
    follows such a day in the answer is refused with it.
    """
    good: list[Series] = []
    refused: list[RefusedDay] = []
    stale: date | None = None
    found = {day: answer.within(day_window(day, MARKET_ZONE)) for day in days}
    if len(answer) and not any(len(rows) for rows in found.values()):
        other = moment(answer.start[0]).date()
        return empty(answer.key), [
            RefusedDay(answer.key, day, f"the answer is about another day ({other})") for day in days
        ]
    for day, rows in found.items():
        if len(rows) == 0:
            continue
        reason = _fault(rows, day)
        if reason is None and stale == day - DAY:
            reason = "it follows a day whose prices are those of the day before it"
            stale = day
        elif reason is None and any(
            _repeats(rows, day_window(day, MARKET_ZONE), earlier) for earlier in (before, *good[-1:])
        ):
            reason = "its prices are those of the day before"
            stale = day
        if reason is None:
            good.append(rows)
        else:
            refused.append(RefusedDay(answer.key, day, reason))
    return (concat(good) if good else empty(answer.key)), refused


def inspect_forecast(answer: Series, before: Series) -> RefusedDay | None:
    """Why a weather forecast cannot be trusted, or None; `before` is the forecast stored until now."""
    info = CATALOG[answer.key]
    if len(answer) == 0:
        return None
    day = moment(answer.start[0]).date()
    gaps = np.diff(answer.start)
    reason: str | None = None
    if np.any(gaps == 0):
        reason = f"{int(np.sum(gaps == 0))} hours are given twice"
    elif np.any(gaps != 3600):
        reason = "hours are missing between others"
    else:
        reason = _implausible(answer, info)
    window = Window(moment(answer.start[0]), moment(answer.start[-1] + 3600))
    if reason is None and _repeats(answer, window, before):
        reason = "its values are those of the day before, hour by hour"
    return RefusedDay(answer.key, day, reason) if reason else None


def _fault(rows: Series, day: date) -> str | None:
    """Why the rows of one market day cannot be its prices, or None."""
    info = CATALOG[rows.key]
    minutes = info.minutes(day)
    grid = day_window(day, MARKET_ZONE).starts(minutes)
    if np.any(np.diff(rows.start) == 0):
        return f"{int(np.sum(np.diff(rows.start) == 0))} slots are given twice"
    if not np.all(np.isin(rows.start, grid)) or np.any(rows.minutes != minutes):
        return f"its slots are not the {minutes}-minute slots of that day"
    if len(rows) != len(grid):
        return f"{len(rows)} of {len(grid)} values"
    return _implausible(rows, info)


def _implausible(rows: Series, info: SeriesInfo) -> str | None:
    low, high = float(rows.value.min()), float(rows.value.max())
    if low < info.low or high > info.high:
        wrong = low if low < info.low else high
        return f"{wrong:g} {info.unit} is outside {info.low:g} to {info.high:g}"
    if low == high and len(rows) > 1:
        return f"all {len(rows)} values are {low:g}"
    tens = rows.value / 10
    if info.rule and np.all(np.abs(tens - np.round(tens)) < 1e-9):
        return "all values are multiples of ten, as prices times 1000 are"
    return None


def _repeats(rows: Series, window: Window, earlier: Series) -> bool:
    """Whether nearly all values are those of 24 hours before, where at least half of them are known."""
    minutes = int(rows.minutes[0])
    shifted = Window(window.start - DAY, window.end - DAY)
    old = on_grid(earlier.within(shifted), shifted, minutes)
    known = ~np.isnan(old)
    if 2 * int(known.sum()) < len(rows):
        return False
    return float(np.mean(np.abs(rows.value - old)[known] < 0.005)) >= SAME_SHARE
