"""Dated regulated figures: what a row says, and how a day finds its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray


class Confidence(StrEnum):
    """How well a figure is known."""

    VERIFIED = "verified_on_data"
    OFFICIAL = "official_source_seen"
    SECONDARY = "secondary_source"
    ESTIMATED = "estimated"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Row:
    """Values of one span of days, both ends included; `last` None is open.

    `note` is the sentence to show whenever the row is used, "" for a plain fact.
    """

    first: date
    last: date | None
    values: tuple[float, ...]
    source: str
    confidence: Confidence
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Table:
    """One figure through time; `key` names the contract key that can supply it where no row does.

    `stands_on`: after the last row its values are assumed to stay; False where a new rule took over.
    """

    name: str
    unit: str
    rows: tuple[Row, ...]
    key: str = ""
    stands_on: bool = True


Span = tuple[date, date | None, str, Confidence]
"""First and last day, source, confidence: what the rows of several tariffs share."""
Values = tuple[tuple[float, ...], ...]


def dated_tables(
    name: str, unit: str, spans: tuple[Span, ...], values: dict[str, Values], key: str = ""
) -> dict[str, Table]:
    """One table per access tariff: the values of each tariff follow the spans in order."""
    tables = {}
    for tariff, figures in values.items():
        rows = tuple(
            Row(first, last, row, source, confidence)
            for (first, last, source, confidence), row in zip(spans, figures, strict=True)
        )
        tables[tariff] = Table(f"{name} {tariff}", unit, rows, key)
    return tables


@dataclass(frozen=True)
class Figure:
    """What a table says on a day; `assumption` is the sentence to show, None for a plain fact."""

    values: tuple[float, ...]
    row: Row
    assumption: str | None


@dataclass(frozen=True)
class Basis:
    """Where an amount comes from: sources of its prices, and the least certain of them."""

    source: str
    confidence: Confidence


def basis(figures: Iterable[Figure]) -> Basis | None:
    """Sources of figures, once each in order; a value that stands on after its row is uncertain."""
    found = tuple(figures)
    if not found:
        return None
    ranks = list(Confidence)
    worst = max(ranks.index(_confidence(figure)) for figure in found)
    return Basis("; ".join(distinct(figure.row.source for figure in found)), ranks[worst])


def _confidence(figure: Figure) -> Confidence:
    stands_on = figure.assumption is not None and not figure.row.note
    return Confidence.UNCERTAIN if stands_on else figure.row.confidence


def lookup(table: Table, day: date) -> Figure:
    """The figure of a local day.

    After the end of the last row its values stand on, as a labelled assumption, where the table allows it. A
    day without a row otherwise raises DataMissing, naming the figure and the contract key that can supply it.
    """
    for row in reversed(table.rows):
        if row.covers(day):
            return Figure(row.values, row, row.note or None)
    final = table.rows[-1]
    if table.stands_on and final.last is not None and day > final.last:
        sentence = (
            f"{table.name} of {day.year} after {final.last}: no value known here; "
            f"the last known one ({final.source}) is assumed."
        )
        return Figure(final.values, final, sentence)
    hint = f"Set {table.key} in the factory file." if table.key else "Choose a day that the tables cover."
    raise DataMissing(f"{table.name} ({table.unit}): no value is known for {day}.", hint)


def by_slot(table: Table, days: IntArray, periods: IntArray) -> tuple[FloatArray, tuple[str, ...]]:
    """A figure spread over slots: values (T,) and the assumptions used.

    `days` (T,) are date ordinals, `periods` (T,) count from 1; a table with one value ignores the period.
    """
    if not len(days):
        return np.zeros(0), ()
    unique, inverse = np.unique(days, return_inverse=True)
    figures = [lookup(table, date.fromordinal(int(day))) for day in unique]
    matrix = np.array([figure.values for figure in figures], np.float64).reshape(len(figures), -1)
    column = periods - 1 if matrix.shape[1] > 1 else np.zeros_like(periods)
    return matrix[inverse, column], distinct(figure.assumption for figure in figures)


def distinct(sentences: Iterable[str | None]) -> tuple[str, ...]:
    """The sentences once each, in order, without None."""
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
