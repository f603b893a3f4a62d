"""UTC slots, windows and local days of 23, 24 and 25 hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

PLAN_MINUTES = 15


@dataclass(frozen=True, order=True)
class Window:
    """Half-open span of time, both ends aware and in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0) or self.end.utcoffset() != timedelta(0):
            raise ValueError("a window needs aware UTC moments")
        if self.end < self.start:
            raise ValueError(f"a window cannot end before it starts: {self.start} > {self.end}")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return int((self.end - self.start).total_seconds())

    def slot_count(self, minutes: int) -> int:
        """How many whole slots of `minutes` fit."""
        return self.seconds // (60 * minutes)

    def starts(self, minutes: int) -> IntArray:
        """Slot starts as UTC epoch seconds, int64, shape (slot_count,)."""
        first = epoch(self.start)
        return first + 60 * minutes * np.arange(self.slot_count(minutes), dtype=np.int64)

    def clip(self, other: Window) -> Window | None:
        """The common part, or None when there is none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Window(start, end) if start < end else None


def epoch(moment: datetime) -> int:
    """Aware moment -> UTC epoch seconds."""
    if moment.tzinfo is None:
        raise ValueError("naive moment")
    return int(moment.timestamp())


def moment(seconds: int) -> datetime:
    """UTC epoch seconds -> aware UTC moment."""
    return datetime.fromtimestamp(int(seconds), UTC)


@lru_cache(maxsize=8192)
def local_midnight(day: date, zone: str) -> datetime:
    """UTC moment at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=8192)
def local_moment(day: date, clock: time, zone: str) -> datetime:
    """UTC moment of a local wall time; a wall time that does not exist moves forward by the gap."""
    wall = datetime.combine(day, clock, ZoneInfo(zone))
    return wall.astimezone(UTC)


def local_date(at: datetime, zone: str) -> date:
    """The local calendar day of a moment."""
    return at.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=8192)
def day_window(day: date, zone: str) -> Window:
    """The UTC window of a local day: 23, 24 or 25 hours."""
    return Window(local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone))


def day_slots(day: date, zone: str, minutes: int) -> int:
    """Number of slots of a local day: 23/24/25 hours, 92/96/100 quarters."""
    return day_window(day, zone).slot_count(minutes)


def days_between(first: date, last: date) -> Iterator[date]:
    """Local days from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def days_of(window: Window, zone: str) -> list[date]:
    """Local days that the window touches."""
    if window.start == window.end:
        return []
    last = local_date(window.end - timedelta(microseconds=1), zone)
    return list(days_between(local_date(window.start, zone), last))


def next_slot(at: datetime, minutes: int = PLAN_MINUTES) -> datetime:
    """The first slot boundary at or after a moment."""
    step = 60 * minutes
    seconds = at.timestamp()
    whole = int(-(-seconds // step) * step)
    return moment(whole)


def planning_window(now: datetime, days: int, zone: str) -> Window:
    """From the next slot boundary to the local midnight that closes the `days`-th following day."""
    start = next_slot(now.astimezone(UTC))
    return Window(start, local_midnight(local_date(start, zone) + timedelta(days=days + 1), zone))


def hours_over(window: Window) -> Window:
    """The window widened to whole hours: hourly slots that cover its first quarters start before it."""
    return Window(moment(epoch(window.start) // 3600 * 3600), moment(-(-epoch(window.end) // 3600) * 3600))


def local_iso(at: datetime, zone: str) -> str:
    """ISO 8601 with the offset of the local zone, to the second."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
