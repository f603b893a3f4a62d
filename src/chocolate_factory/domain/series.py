"""Series of slots that remember when each value became known and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.slots import IntArray, Window, epoch, moment

FloatArray = NDArray[np.float64]
TextArray = NDArray[np.str_]


class Origin(StrEnum):
    """How a value came to be."""

    PUBLISHED = "published"
    MEASURED = "measured"
    FORECAST = "forecast"
    ESTIMATED = "estimated"
    SAMPLE = "sample"


@dataclass(frozen=True)
class Point:
    """One slot of a series, for the edges; inside, columns are used."""

    start: datetime
    minutes: int
    value: float
    available_at: datetime
    origin: Origin
    source: str


@dataclass(frozen=True, eq=False)
class Series:
    """Columns of one series, sorted by `start`; one row a slot unless `with_revisions` reads say otherwise.

    `start` and `available_at` are UTC epoch seconds (int64), `minutes` the length of each slot (15 or
    60), `value` in the unit of the series' catalogue entry, `origin` an `Origin` value, `source` the
    adapter that spoke. All arrays have the shape (n,).
    """

    key: str
    start: IntArray
    minutes: IntArray
    value: FloatArray
    available_at: IntArray
    origin: TextArray
    source: TextArray

    def __post_init__(self) -> None:
        columns = (self.minutes, self.value, self.available_at, self.origin, self.source)
        if any(len(column) != len(self.start) for column in columns):
            raise ValueError(f"{self.key}: columns of different length")
        if len(self.start) > 1 and np.any(np.diff(self.start) < 0):
            raise ValueError(f"{self.key}: slots out of order")
        if not np.all(np.isfinite(self.value)):
            raise ValueError(f"{self.key}: a value that is not a number; a missing slot is left out instead")

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Point]:
        for row in range(len(self)):
            yield Point(
                moment(self.start[row]),
                int(self.minutes[row]),
                float(self.value[row]),
                moment(self.available_at[row]),
                Origin(str(self.origin[row])),
                str(self.source[row]),
            )

    def take(self, rows: NDArray[np.bool_] | IntArray | slice) -> Series:
        """The chosen rows, by mask, index or slice."""
        return Series(
            self.key,
            self.start[rows],
            self.minutes[rows],
            self.value[rows],
            self.available_at[rows],
            self.origin[rows],
            self.source[rows],
        )

    def within(self, window: Window) -> Series:
        """The slots that start inside the window."""
        lo, hi = np.searchsorted(self.start, [epoch(window.start), epoch(window.end)])
        return self.take(slice(int(lo), int(hi)))

    def known_at(self, as_of: datetime) -> Series:
        """The rows whose value was known by then."""
        return self.take(self.available_at <= epoch(as_of))

    def latest_revision(self) -> Series:
        """One row a slot: the newest knowledge of each."""
        if len(self) == 0:
            return self
        order = np.lexsort((self.available_at, self.start))
        start = self.start[order]
        last = np.append(start[1:] != start[:-1], True)
        return self.take(order[last])


def empty(key: str) -> Series:
    """A series without rows."""
    ints = np.zeros(0, np.int64)
    text = np.zeros(0, np.str_)
    return Series(key, ints, ints, np.zeros(0), ints, text, text)


def from_points(key: str, points: Iterable[Point]) -> Series:
    """Points in any order -> series."""
    rows = sorted(points, key=lambda p: (p.start, p.available_at))
    if not rows:
        return empty(key)
    return Series(
        key,
        np.array([epoch(p.start) for p in rows], np.int64),
        np.array([p.minutes for p in rows], np.int64),
        np.array([p.value for p in rows], np.float64),
        np.array([epoch(p.available_at) for p in rows], np.int64),
        np.array([str(p.origin) for p in rows]),
        np.array([p.source for p in rows]),
    )


def concat(parts: Iterable[Series]) -> Series:
    """All rows of series with one key, sorted by slot and time of knowledge."""
    found = [part for part in parts if len(part)]
    if not found:
        raise ValueError("nothing to join; use empty()")
    if len({part.key for part in found}) > 1:
        raise ValueError("only series of one key can be joined")
    columns = [
        np.concatenate([getattr(part, name) for part in found])
        for name in ("start", "minutes", "value", "available_at", "origin", "source")
    ]
    order = np.lexsort((columns[3], columns[0]))
    return Series(found[0].key, *(column[order] for column in columns))


def on_grid(series: Series, window: Window, minutes: int) -> FloatArray:
    """Values on a regular grid, shape (slots,), NaN where nothing is known.

    A slot longer than the grid's covers all its grid slots; slots shorter than the grid's are averaged
    (a price is a price per MWh: the mean is exact for a flat load), and a grid slot with a part missing
    is missing.
    """
    grid = window.starts(minutes)
    step = 60 * minutes
    total, weight = np.zeros(len(grid)), np.zeros(len(grid))
    for length in np.unique(series.minutes):
        rows = series.minutes == length
        start, value = series.start[rows], series.value[rows]
        if length >= minutes:
            copies = int(length) // minutes
            start = (start[:, None] + step * np.arange(copies)[None, :]).ravel()
            value, share = np.repeat(value, copies), 1.0
        else:
            start, share = start - (start - epoch(window.start)) % step, float(length) / minutes
        index = (start - epoch(window.start)) // step
        inside = (start >= epoch(window.start)) & (index < len(grid))
        np.add.at(total, index[inside], value[inside] * share)
        np.add.at(weight, index[inside], share)
    result = np.full(len(grid), np.nan)
    full = np.isclose(weight, 1.0)
    result[full] = total[full]
    return result
