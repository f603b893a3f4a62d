"""Reading of weather answers: objects, lists of them, times, and the hours to keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from chocolate_factory.domain.series import Origin, Point, Series, from_points
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch, moment

HOUR = 3600
CLOCK_SLACK = 600
"""Seconds by which a provider's clock may be ahead of ours."""

Row = Mapping[str, object]


def table(part: object) -> Row:
    """A part that must be an object; raises `TypeError`."""
    if not isinstance(part, Mapping):
        raise TypeError("no object where one is expected")
    return part


def tables(part: object) -> list[Row]:
    """A part that must be a list of objects; raises `TypeError`."""
    if not isinstance(part, list):
        raise TypeError("no list where one is expected")
    return [table(item) for item in part]


def seconds(cell: object) -> int:
    """Whole epoch seconds; raises `TypeError`."""
    if isinstance(cell, bool) or not isinstance(cell, int):
        raise TypeError("a time that is not whole seconds")
    return cell


def whole_days(window: Window) -> Window:
    """The market days that a window touches, from midnight to midnight."""
    days = days_of(window, MARKET_ZONE)
    if not days:
        return window
    return Window(day_window(days[0], MARKET_ZONE).start, day_window(days[-1], MARKET_ZONE).end)


def to_come(
    key: str, hours: Iterable[tuple[int, float]], window: Window, now: datetime, source: str
) -> Series:
    """A forecast issued at `now`: the hours (epoch seconds, value) of the window that are not over.

    `source` is the stored source text. Hours told twice stay, for the validation to see.
    """
    first, end = max(epoch(window.start), epoch(now) - HOUR + 1), epoch(window.end)
    return from_points(
        key,
        [
            Point(moment(start), 60, value, moment(epoch(now)), Origin.FORECAST, source)
            for start, value in hours
            if first <= start < end
        ],
    )
