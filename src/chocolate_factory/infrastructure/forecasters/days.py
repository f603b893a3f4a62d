"""A price series as local days of 24 wall-clock hours: what every forecaster learns from and speaks in.

An hour that comes twice (end of summer time) is the mean of both; the hour that does not exist (its start)
is unknown. Slots of 15 minutes are averaged to hours, and an hour with a part missing is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.ports import Known
from chocolate_factory.domain.series import FloatArray, Series, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind
from chocolate_factory.domain.slots import IntArray, Window, epoch, local_midnight, moment
from chocolate_factory.domain.tariff.calendar import local_slots

HOURS = 24
KNOWN_DAY = 12
"""Hours that must be known for a day to count as the last known one."""

LEADS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 15)
"""Lead days that are learnt; a lead between two of them uses the longer."""

DAY_AHEAD = len(LEADS)
"""Place, behind those of LEADS, of a day right after the last known one whose drivers are published."""

PLACES = (*LEADS, 1)
"""Lead days of every place that has models and a band of its own."""

AUCTION = 12 * 3600
"""The auction closes at noon of the day before: what is published later cannot have moved its prices."""

FUTURE = 40
"""Days after the last known one that have a calendar here: more than the longest lead."""


@dataclass(frozen=True, eq=False)
class DayTable:
    """Hourly prices by local day.

    `known` (days, 24) EUR/MWh, NaN where unknown; `first` the ordinal of row 0; `last` the row of the last
    known day, from which lead days count; `kinds` and `weekdays` reach FUTURE days further. So does `beside`:
    other series by key, (days + FUTURE, 24), NaN where they were not known in time.
    """

    series: str
    first: int
    last: int
    known: FloatArray
    kinds: IntArray
    weekdays: IntArray
    beside: Mapping[str, FloatArray] = field(default_factory=dict)

    def row(self, day: date) -> int:
        """Row of a local day; negative before the history, past the end after it."""
        return day.toordinal() - self.first

    def day(self, row: int) -> date:
        """Local day of a row."""
        return date.fromordinal(self.first + row)

    @cached_property
    def filled(self) -> FloatArray:
        """`known` with each unknown hour taken from the last day of the same kind, else from the day before.

        Used for inputs of models only, never as something to learn or to show; NaN where nothing precedes.
        """
        filled = self.known.copy()
        for row, hours in enumerate(filled):
            for source in (self.previous(row, row - 1), row - 1):
                gap = np.isnan(hours)
                if source >= 0 and gap.any():
                    hours[gap] = filled[source, gap]
        return filled

    @cached_property
    def _last_of_kind(self) -> IntArray:
        rows = np.arange(len(self.kinds))
        return np.array(
            [np.maximum.accumulate(np.where(self.kinds == kind, rows, -1)) for kind in DayKind], np.int64
        )

    def previous(self, row: int, until: int) -> int:
        """The last row up to `until` that is a day of the kind of `row`; −1 when there is none."""
        return int(self._last_of_kind[self.kinds[row], until]) if until >= 0 else -1

    def until(self, last: int) -> DayTable:
        """The table as it was when `last` was the last known day; what was beside it stays."""
        return replace(self, last=last, known=self.known[: last + 1])

    def origin(self, row: int) -> tuple[int, int]:
        """(row of the newest day that may be used, lead days) for forecasting the day of `row`.

        A day with holes that is itself not after the last known day is forecast from the day before it.
        """
        lead = max(1, row - self.last)
        return row - lead, lead


def day_table(history: Series, issued_at: datetime, needed: int) -> DayTable:
    """The only door from history to a model: rows known at `issued_at`, newest revision of each slot.

    Raises DataMissing when fewer than `needed` days are known.
    """
    seen = history.known_at(issued_at).latest_revision()
    days = 0
    if len(seen):
        table = _table(seen)
        days = int(np.sum(np.sum(~np.isnan(table.known), axis=1) >= KNOWN_DAY))
    if days < needed:
        raise DataMissing(
            f"{history.key}: {days} days of prices are known; a forecast needs at least {needed}.",
            f"Load more history: `choco sync --only {history.key} --from DATE`.",
        )
    return table


def seen_table(known: Known, at: datetime, needed: int) -> DayTable:
    """The price table with the series beside it; what the system publishes counts if out before the auction.

    Raises DataMissing as `day_table` does.
    """
    table = day_table(known.prices, at, needed)
    days = len(table.kinds)
    beside = {}
    for key, series in known.beside.items():
        seen = series.known_at(at)
        if CATALOG[key].kind is Kind.SYSTEM:
            seen = before_auction(seen)
        seen = seen.latest_revision()
        beside[key] = np.full((days, HOURS), np.nan)
        if len(seen):
            first, told = by_day(seen)
            rows = np.arange(len(told)) + first - table.first
            there = (rows >= 0) & (rows < days)
            beside[key][rows[there]] = told[there]
    return replace(table, beside=beside)


def before_auction(series: Series) -> Series:
    """The rows that were out before the auction of their day; of a slot revised later, those of before."""
    numbers, place = np.unique(local_slots(series.start).day, return_inverse=True)
    midnights = [local_midnight(date.fromordinal(number), MARKET_ZONE) for number in numbers.tolist()]
    noon = np.array([epoch(one) for one in midnights], np.int64) - AUCTION
    return series.take(series.available_at <= noon[place])


def by_day(seen: Series) -> tuple[int, FloatArray]:
    """(ordinal of the first local day, hourly means (days, 24) with NaN) of a series that has rows."""
    first = int(seen.start[0]) // 3600 * 3600
    last = -(-int(np.max(seen.start + 60 * seen.minutes)) // 3600) * 3600
    window = Window(moment(first), moment(last))
    hours = on_grid(seen, window, 60)
    slots = local_slots(window.starts(60))
    start = int(slots.day[0])
    shape = (int(slots.day[-1]) - start + 1, HOURS)
    total, count = np.zeros(shape), np.zeros(shape)
    there = ~np.isnan(hours)
    place = (slots.day[there] - start, slots.hour[there])
    np.add.at(total, place, hours[there])
    np.add.at(count, place, 1.0)
    return start, np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _table(seen: Series) -> DayTable:
    start, known = by_day(seen)
    full = np.flatnonzero(np.sum(~np.isnan(known), axis=1) >= KNOWN_DAY)
    end = int(full[-1]) if len(full) else 0
    calendar = [date.fromordinal(start + row) for row in range(len(known) + FUTURE)]
    return DayTable(
        series=seen.key,
        first=start,
        last=end,
        known=known[: end + 1],
        kinds=np.array([day_kind(day) for day in calendar], np.int64),
        weekdays=np.array([day.weekday() for day in calendar], np.int64),
    )


def lead_class(lead: int) -> int:
    """Position in LEADS of the shortest learnt lead that is not shorter."""
    return int(np.searchsorted(LEADS, lead))


def check_reach(table: DayTable, end: datetime) -> None:
    """Raise DataMissing when a window ends too long after the last known day."""
    slots = local_slots(np.array([epoch(end) - 1], np.int64))
    lead = int(slots.day[0]) - table.first - table.last
    if lead > LEADS[-1]:
        raise DataMissing(
            f"{table.series}: prices end on {table.day(table.last)} and the window {lead} days later; "
            f"forecasts reach {LEADS[-1]} days."
        )
