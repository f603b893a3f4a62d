"""What a source said of prices and of the system is looked at before it is stored, day by day.

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

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series import Series, concat, empty, on_grid
from chocolate_factory.domain.series_info import DAY_MINUTES, Kind
from chocolate_factory.domain.slots import Window, day_window, moment

SAME_SHARE, SAME = 0.9, 0.005
DAY = timedelta(days=1)


@dataclass(frozen=True)
class RefusedDay:
    """A day of an answer that was not stored; weather is refused whole, by its first day."""

    series: str
    day: date
    reason: str


def inspect(answer: Series, days: Sequence[date], before: Series) -> tuple[Series, list[RefusedDay]]:
    """Split a source's answer into days to trust and days to refuse.

    `days` are the local days wanted, ascending; of those, a day without any row is neither trusted nor
    refused: it was not published. Rows of other days are left out, but an answer that holds nothing else is
    refused. `before` are stored values of the days before, to know a day that is served twice; a day that
    follows such a day in the answer is refused with it, and so is the day before it when what is told late
    are its stored values. Prices come as whole days; of other series a part of a day is taken, and the rest
    stays missing.
    """
    zone = CATALOG[answer.key].zone
    good: list[Series] = []
    refused: list[RefusedDay] = []
    stale: date | None = None
    found = {day: answer.within(day_window(day, zone)) for day in days}
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
            reason = "it follows a day whose values are those of the day before it"
            stale = day
        elif reason is None and any(repeats(rows, day, earlier) for earlier in (before, *good[-1:])):
            reason = "its values are those of the day before"
            stale = day
            if good and _is_shifted(good[-1], rows, day, before):
                refused.append(RefusedDay(answer.key, day - DAY, "the day after it has its stored values"))
                good.pop()
        if reason is None:
            good.append(rows)
        else:
            refused.append(RefusedDay(answer.key, day, reason))
    return (concat(good) if good else empty(answer.key)), refused


def _is_shifted(eve: Series, rows: Series, day: date, before: Series) -> bool:
    """Whether an answer is a day behind: a day tells the stored values of its eve, which tells others."""
    return (
        len(eve.within(day_window(day - DAY, CATALOG[rows.key].zone))) > 0
        and repeats(rows, day, before)
        and not repeats(rows, day, eve)
    )


def _fault(rows: Series, day: date) -> str | None:
    """Why the rows of one local day cannot be its values, or None."""
    info = CATALOG[rows.key]
    minutes, grid = info.minutes(day), info.grid(day)
    if np.any(np.diff(rows.start) == 0):
        return f"{int(np.sum(np.diff(rows.start) == 0))} slots are given twice"
    if not np.all(np.isin(rows.start, grid)) or np.any(rows.minutes != minutes):
        return f"its slots are not the {minutes}-minute slots of that day"
    if info.kind is Kind.PRICE and len(rows) != len(grid):
        return f"{len(rows)} of {len(grid)} values"
    reason = out_of_bounds(rows)
    if reason is None and len(rows) > 2 and np.ptp(rows.value) == 0:
        return f"all {len(rows)} values are {rows.value[0]:g}"
    tens = rows.value / 10
    if reason is None and info.kind is Kind.PRICE and np.all(np.abs(tens - np.round(tens)) < 1e-9):
        return "all values are multiples of ten, as prices times 1000 are"
    return reason


def out_of_bounds(rows: Series) -> str | None:
    """Why a value lies outside what its series can be, or None."""
    info = CATALOG[rows.key]
    low, high = float(rows.value.min()), float(rows.value.max())
    if low < info.low or high > info.high:
        wrong = low if low < info.low else high
        return f"{wrong:g} {info.unit} is outside {info.low:g} to {info.high:g}"
    return None


def repeats(rows: Series, day: date, earlier: Series) -> bool:
    """Whether a day's values are nearly all those of the day before, where at least half of them are known.

    Of one value a day the two must be equal and not zero.
    """
    info = CATALOG[rows.key]
    if info.step == DAY_MINUTES:
        eve = earlier.within(day_window(day - DAY, info.zone))
        return bool(len(eve) and abs(eve.value[-1] - rows.value[0]) < SAME and abs(rows.value[0]) > SAME)
    return _repeats(rows, day_window(day, info.zone), earlier)


def _repeats(rows: Series, window: Window, earlier: Series) -> bool:
    """Whether nearly all values are those of 24 hours before, where at least half of them are known."""
    minutes = int(rows.minutes[0])
    shifted = Window(window.start - DAY, window.end - DAY)
    grid = on_grid(earlier.within(shifted), shifted, minutes)
    old = grid[np.searchsorted(window.starts(minutes), rows.start)]
    known = ~np.isnan(old)
    if 2 * int(known.sum()) < len(rows):
        return False
    return float(np.mean(np.abs(rows.value - old)[known] < SAME)) >= SAME_SHARE
