"""Rows of a provider's answer, (slot start, value): read, and held to the days that were asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series_info import Hourly
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch

Row = tuple[int, float]


def number(cell: object) -> float | None:
    """A JSON number, None for null; raises `TypeError` for anything else."""
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        raise TypeError("a value that is not a number")
    return float(cell)


def instant(text: object) -> int:
    """Epoch seconds of an ISO 8601 time; raises `ValueError` for one that cannot be read or has no offset."""
    at = datetime.fromisoformat(str(text))
    if at.utcoffset() is None:
        raise ValueError("a time without offset")
    return epoch(at)


@contextmanager
def form_expected(source: str) -> Iterator[None]:
    """What goes wrong in reading a document is `Changed`, said by `source`."""
    try:
        yield
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        what = f"its document has another form ({type(error).__name__}: {error!s:.120})"
        raise Changed(what, source=source) from None


def due_days(key: str, window: Window, now: datetime) -> list[date]:
    """Local days that the window touches and of which something is due by `now`, ascending."""
    info = CATALOG[key]
    return [day for day in days_of(window, info.zone) if info.due(day) <= now]


def asked_rows(key: str, rows: Sequence[Row], days: Sequence[date], source: str) -> list[Row]:
    """The rows of the days asked for; raises `Changed` when an answer holds rows of other days only."""
    zone = CATALOG[key].zone
    first, end = epoch(day_window(days[0], zone).start), epoch(day_window(days[-1], zone).end)
    wanted = [(at, value) for at, value in rows if first <= at < end]
    if rows and not wanted:
        raise Changed(f"values of another time than {days[0]} to {days[-1]}", source=source)
    return wanted


def due_rows(key: str, rows: Sequence[Row], now: datetime) -> list[Row]:
    """The rows that are due by `now`; where each slot becomes known by itself, later ones are left out."""
    info = CATALOG[key]
    if not isinstance(info.rule, Hourly):
        return list(rows)
    return [(at, value) for at, value in rows if info.due_slot(at, info.step) <= now]
