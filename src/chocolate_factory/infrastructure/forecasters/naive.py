"""Copies of the past: the models every other one must beat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import HOURS, LEADS, PLACES, DayTable, day_table
from chocolate_factory.infrastructure.forecasters.fitted import DayForecast, FittedDays
from chocolate_factory.infrastructure.forecasters.quarters import quarter_shape

NEEDED_DAYS = 3
"""The last day and two errors of copying the day before: the least that gives a price and a band."""

INSTEAD = "last known day where there is no such day"

Sources = Callable[[DayTable, int, int], Iterator[int]]
"""Rows to copy the day of a row from, best first, none after the origin row."""


def weeks_before(table: DayTable, row: int, origin: int) -> Iterator[int]:
    """The same weekday of earlier weeks, newest first."""
    newest = row - 7 * max(1, -(-(row - origin) // 7))
    yield from range(newest, -1, -7)


def days_of_kind(table: DayTable, row: int, origin: int) -> Iterator[int]:
    """Earlier days of the same kind, newest first."""
    source = table.previous(row, origin)
    while source >= 0:
        yield source
        source = table.previous(row, source - 1)


def copied(table: DayTable, row: int, origin: int, sources: Sources) -> DayForecast:
    """Each hour from the first source day that knows it; else from the last day that does, and noted."""
    price = np.full(HOURS, np.nan)
    for source in sources(table, row, origin):
        price = np.where(np.isnan(price), table.known[source], price)
        if not np.isnan(price).any():
            return DayForecast(price)
    for source in range(origin, -1, -1):
        price = np.where(np.isnan(price), table.known[source], price)
        if not np.isnan(price).any():
            break
    return DayForecast(price, INSTEAD)


def past_errors(table: DayTable, sources: Sources) -> FloatArray:
    """Truth − copy of every day of the table, shape (places, days, 24), NaN where unknown."""
    errors = np.full((len(PLACES), table.last + 1, HOURS), np.nan)
    for place, lead in enumerate(LEADS):
        for row in range(lead, table.last + 1):
            errors[place, row] = table.known[row] - copied(table, row, row - lead, sources).price
    return errors


@dataclass
class Naive:
    """A copy of an earlier day; `sources` says which. See `Forecaster`."""

    name: str
    sources: Sources
    beside: tuple[str, ...] = ()

    def learn(self, known: Known, at: datetime) -> Learnt:
        """Nothing: a copy has no weights. Raises DataMissing under NEEDED_DAYS days."""
        table = day_table(known.prices, at, NEEDED_DAYS)
        facts = {"last_day": table.day(table.last).isoformat(), "days": table.last + 1, "inputs": []}
        return Learnt(self.name, table.series, at, {}, facts)

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> FittedDays:
        """Remember the days and how far copies were off. Raises DataMissing under NEEDED_DAYS days."""
        return self.fitted(day_table(known.prices, at, NEEDED_DAYS), known.prices, at)

    def fitted(self, table: DayTable, prices: Series, at: datetime) -> FittedDays:
        """The copy on a table of these prices."""

        def of_day(row: int) -> DayForecast:
            return copied(table, row, table.origin(row)[0], self.sources)

        return FittedDays(
            name=self.name,
            issued_at=at,
            table=table,
            band=band_of(table, past_errors(table, self.sources)),
            shape=quarter_shape(prices.known_at(at).latest_revision()),
            of_day=of_day,
        )


def naive_week() -> Naive:
    """The same local hour one week before."""
    return Naive("naive-week", weeks_before)


def or_copy(table: DayTable, row: int, price: FloatArray) -> DayForecast:
    """The price (24,) of a row; where a model has none, too near the start of history, a labelled copy."""
    if np.isfinite(price).all():
        return DayForecast(price)
    copy = copied(table, row, table.origin(row)[0], days_of_kind)
    return DayForecast(copy.price, "copied where too little history precedes")


def naive_kind() -> Naive:
    """The same local hour of the last day of the same kind."""
    return Naive("naive-kind", days_of_kind)
