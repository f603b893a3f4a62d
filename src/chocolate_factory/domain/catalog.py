"""The series the product knows: unit, resolution, and when each value is due.

"Late", "hole" and `available_at` are derived from these rules and configured nowhere else. Times of
publication: upstream facts of OMIE and Red Eléctrica (spot about 13:00, PVPC about 20:15 to 20:20 local
of the day before).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from chocolate_factory.domain.slots import IntArray, Window, day_window, days_of, epoch, local_moment

MARKET_ZONE = "Europe/Madrid"
QUARTER_HOUR_MARKET = date(2025, 10, 1)
CORRECTION_AFTER = (2, time(12, 0))


@dataclass(frozen=True)
class Rule:
    """Publication rule of a price series: days before delivery and local time."""

    days_before: int
    at: time


@dataclass(frozen=True)
class SeriesInfo:
    """What is true of every value of one series.

    `rule` is None for forecasts of weather: they have no expected grid, only an age. `low` and `high`
    bound what a value may be (in `unit`) before it is refused.
    """

    key: str
    unit: str
    low: float
    high: float
    rule: Rule | None

    def minutes(self, day: date) -> int:
        """Slot length on a local day."""
        return 15 if self.key == "spot" and day >= QUARTER_HOUR_MARKET else 60

    def due(self, day: date) -> datetime:
        """The moment from which the values of a local day should be there."""
        if self.rule is None:
            raise ValueError(f"{self.key} has no publication rule")
        return local_moment(day - timedelta(days=self.rule.days_before), self.rule.at, MARKET_ZONE)

    def correction_seen(self, day: date) -> datetime:
        """Assumed time of knowledge of a correction found in history: noon two days after its day."""
        days, at = CORRECTION_AFTER
        return local_moment(day + timedelta(days=days), at, MARKET_ZONE)

    def expected(self, window: Window, now: datetime) -> IntArray:
        """Slot starts (epoch seconds) that start in the window and are due by `now`."""
        if self.rule is None:
            return np.zeros(0, np.int64)
        parts = [
            day_window(day, MARKET_ZONE).starts(self.minutes(day))
            for day in days_of(window, MARKET_ZONE)
            if self.due(day) <= now
        ]
        grid = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        return grid[(grid >= epoch(window.start)) & (grid < epoch(window.end))]


CATALOG: dict[str, SeriesInfo] = {
    "spot": SeriesInfo("spot", "EUR/MWh", -500.0, 4000.0, Rule(1, time(13, 0))),
    "pvpc": SeriesInfo("pvpc", "EUR/MWh", -500.0, 4500.0, Rule(1, time(20, 20))),
    "temperature_forecast": SeriesInfo("temperature_forecast", "°C", -40.0, 60.0, None),
    "humidity_forecast": SeriesInfo("humidity_forecast", "%", 0.0, 100.0, None),
}
PRICE_SERIES = tuple(key for key, info in CATALOG.items() if info.rule)


@dataclass(frozen=True)
class Hole:
    """A run of missing slots: half-open UTC span, how many slots, and since when they are due."""

    series: str
    start: datetime
    end: datetime
    missing: int
    due: datetime
