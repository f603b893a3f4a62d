"""What is true of every value of a series, and when each is due.

"Late", "hole" and `available_at` are derived from the publication rules here and configured nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import numpy as np

from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    day_window,
    days_of,
    epoch,
    local_moment,
    moment,
)
from chocolate_factory.domain.wall_time import as_date, local_days

MARKET_ZONE = "Europe/Madrid"
QUARTER_HOUR_MARKET = date(2025, 10, 1)
CORRECTION_AFTER = (2, time(12, 0))
DAY_MINUTES = 1440
LONG_AGO = date(2014, 1, 1)


class Kind(StrEnum):
    """What a series is, which decides how it is fetched, checked and healed.

    `PRICE`: an auction's or tariff's prices, a market day whole or not at all. `SYSTEM`: figures of the
    power system. `OBSERVED`: weather that was, one fused series a quantity. `FORECAST`: weather to come, by
    issue. `CLIMATE`: daily climate values of a station. `IMPORTED`: files loaded by hand.
    """

    PRICE = "price"
    SYSTEM = "system"
    OBSERVED = "observed"
    FORECAST = "forecast"
    CLIMATE = "climate"
    IMPORTED = "imported"


@dataclass(frozen=True)
class Rule:
    """A whole local day becomes known at once: so many days before it (after it, if negative), local time."""

    days_before: int
    at: time


@dataclass(frozen=True)
class Hourly:
    """Each slot becomes known by itself, so long after its end."""

    delay: timedelta


@dataclass(frozen=True)
class SeriesInfo:
    """What is true of every value of one series.

    `rule` is None for what has no expected grid: forecasts of weather, which only have an age, and imported
    files. `low` and `high` bound what a value may be (in `unit`) before it is refused. `step` is the slot
    length in minutes, `DAY_MINUTES` for one value a day. `earliest` is the first day there is.
    """

    key: str
    kind: Kind
    unit: str
    low: float
    high: float
    rule: Rule | Hourly | None = None
    step: int = 60
    earliest: date = LONG_AGO
    zone: str = MARKET_ZONE

    def minutes(self, day: date) -> int:
        """Slot length on a local day; of a daily series the length of that day."""
        if self.step == DAY_MINUTES:
            return day_window(day, self.zone).seconds // 60
        return 15 if self.key == "spot" and day >= QUARTER_HOUR_MARKET else self.step

    def minutes_at(self, starts: IntArray) -> IntArray:
        """Length of the slots at some starts (epoch seconds), minutes, same shape."""
        if self.step != DAY_MINUTES:
            change = epoch(day_window(QUARTER_HOUR_MARKET, self.zone).start)
            return np.where(starts < change, self.minutes(LONG_AGO), self.minutes(QUARTER_HOUR_MARKET))
        days, place = np.unique(local_days(starts, self.zone), return_inverse=True)
        return np.array([self.minutes(as_date(day)) for day in days.tolist()], np.int64)[place]

    def grid(self, day: date) -> IntArray:
        """Slot starts of a local day, epoch seconds."""
        return day_window(day, self.zone).starts(self.minutes(day))

    def due(self, day: date) -> datetime:
        """The moment from which the first values of a local day should be there."""
        if isinstance(self.rule, Rule):
            return local_moment(day - timedelta(days=self.rule.days_before), self.rule.at, self.zone)
        return self.due_slot(epoch(day_window(day, self.zone).start), self.minutes(day))

    def due_slot(self, start: int, minutes: int) -> datetime:
        """The moment from which the value of a slot should be there."""
        if isinstance(self.rule, Rule):
            day = days_of(Window(moment(start), moment(start + 1)), self.zone)[0]
            return self.due(day)
        if self.rule is None:
            raise ValueError(f"{self.key} has no publication rule")
        return moment(start + 60 * minutes) + self.rule.delay

    def due_at(self, starts: IntArray, day: date) -> IntArray:
        """Epoch seconds from which each of the slots of one local day should be known, same shape."""
        if isinstance(self.rule, Hourly):
            return np.asarray(starts + 60 * self.minutes(day) + int(self.rule.delay.total_seconds()))
        return np.full(len(starts), epoch(self.due(day)), np.int64)

    def correction_seen(self, day: date) -> datetime:
        """Assumed time of knowledge of a correction found in history: noon two days after its day."""
        days, at = CORRECTION_AFTER
        return local_moment(day + timedelta(days=days), at, self.zone)

    def expected(self, window: Window, now: datetime) -> IntArray:
        """Slot starts (epoch seconds) that start in the window and are due by `now`."""
        if self.rule is None:
            return np.zeros(0, np.int64)
        if isinstance(self.rule, Hourly) and self.step == 60:
            return self._expected_hours(self.rule, window, now)
        parts = [
            grid[self.due_at(grid, day) <= epoch(now)]
            for day in days_of(window, self.zone)
            if day >= self.earliest and self.due(day) <= now
            for grid in (self.grid(day),)
        ]
        slots = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        return slots[(slots >= epoch(window.start)) & (slots < epoch(window.end))]

    def _expected_hours(self, rule: Hourly, window: Window, now: datetime) -> IntArray:
        """The same of whole hours that become known one by one: days make no difference to them."""
        first = max(epoch(window.start), epoch(day_window(self.earliest, self.zone).start))
        due = int(now.timestamp() - rule.delay.total_seconds()) - 3600
        end = min(epoch(window.end) - 1, due) // 3600 + 1
        return 3600 * np.arange(-(-first // 3600), end, dtype=np.int64)


@dataclass(frozen=True)
class Hole:
    """A run of missing slots: half-open UTC span, how many slots, and since when they are due."""

    series: str
    start: datetime
    end: datetime
    missing: int
    due: datetime

    @property
    def severity(self) -> str:
        """By its length: minor up to 2 hours, moderate up to 12, critical above."""
        hours = (self.end - self.start).total_seconds() / 3600
        return "minor" if hours <= 2 else "moderate" if hours <= 12 else "critical"
