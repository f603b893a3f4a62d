"""Made-up but plausible Spanish prices and weather, for a first look without any provider.

Every value follows from the seed, the series and the slot alone, so any window gives the same values. The
shapes are rough readings of 2021–2026: two peaks a day, a solar dip that is deepest in spring, cheaper
weekends, dear winters, some hours at or below zero at noon in spring; PVPC is half spot, half a futures
level, plus system costs and the tolls of 2.0TD by period. All rows carry the origin `sample`.
"""

from __future__ import annotations

import hashlib
import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import FloatArray, Origin, Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, Window, day_window, days_of, epoch, moment

MEMORY = 0.75
TOLLS = {"P1": 97.5, "P2": 29.3, "P3": 3.3}
FUTURES_LEVEL, SYSTEM_COSTS = 66.0, 20.0


class SampleSource:
    """Prices and weather from a formula. See `Source`; `seed` chooses another made-up year."""

    name = "sample"
    series: tuple[str, ...] = ESSENTIAL
    max_days = 400

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed

    def reaches(self, key: str, now: datetime) -> Window:
        """Any time. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Values of the window: due days of prices, weather from the present hour on. See `Source`."""
        if CATALOG[key].rule is None:
            return self._weather(key, window, now)
        starts: list[int] = []
        values: list[float] = []
        for day in days_of(window, MARKET_ZONE):
            if CATALOG[key].due(day) <= now:
                grid = day_window(day, MARKET_ZONE).starts(CATALOG[key].minutes(day))
                starts += grid.tolist()
                values += (self._spot(day, grid) if key == "spot" else self._pvpc(day, grid)).tolist()
        return published(key, starts, values, self.name, Origin.SAMPLE)

    def _spot(self, day: date, grid: IntArray) -> FloatArray:
        """Day-ahead prices of slots of one day, EUR/MWh."""
        hour = _wall_hours(grid)
        winter, sun = _season(day, 20), _season(day, 150)
        spring = math.exp(-(((day.timetuple().tm_yday - 110) / 35.0) ** 2))
        level = 64 + 12 * winter - 14 * spring + 15 * self._drift("level", day)
        level -= (0, 0, 0, 0, 0, 8, 15)[day.weekday()]
        light = 0.75 + 0.25 * math.tanh(self._drift("sun", day))
        dip = (38 + 14 * sun + 22 * spring) * light
        shape = 14 * _bump(hour, 8.3, 1.7) + 30 * _bump(hour, 21.0, 2.0) - 8 * _bump(hour, 4.0, 2.5)
        noise = 1.4 * _normal(f"{self._seed}:spot:{day}", 100)[_quarters(grid, day)]
        price: FloatArray = level + shape - dip * _bump(hour, 14.0, 3.2) + noise
        # Below zero wind and sun are switched off: real prices hug zero there.
        return _cents(np.where(price < 0, 0.06 * price, price))

    def _pvpc(self, day: date, grid: IntArray) -> FloatArray:
        """PVPC of the hours of one day, EUR/MWh: energy, system costs and the toll of the period."""
        quarters = (grid[:, None] + 900 * np.arange(4)).ravel()
        energy = self._spot(day, quarters).reshape(-1, 4).mean(axis=1)
        toll = np.array([TOLLS[_period(day, h)] for h in _wall_hours(grid)])
        noise = 1.0 * _normal(f"{self._seed}:pvpc:{day}", 25)[: len(grid)]
        price = 0.5 * energy + 0.5 * FUTURES_LEVEL + SYSTEM_COSTS + toll + noise
        return _cents(np.maximum(price, toll + 4.0 + 0.01 * np.arange(len(grid))))

    def _weather(self, key: str, window: Window, now: datetime) -> Series:
        grid = window.starts(60)
        grid = grid[grid + 3600 > epoch(now)]
        if len(grid) == 0:
            return empty(key)
        make = self._temperature if key == "temperature_forecast" else self._humidity
        count = len(grid)
        return Series(
            key,
            grid,
            np.full(count, 60, np.int64),
            np.array([make(int(at)) for at in grid]),
            np.full(count, epoch(now), np.int64),
            np.full(count, str(Origin.SAMPLE)),
            np.full(count, self.name),
        )

    def _temperature(self, at: int) -> float:
        """Outdoor temperature of an hour, °C: the yearly and daily course of inland Andalusia."""
        local = moment(at).astimezone(ZoneInfo(MARKET_ZONE))
        mean = 18.0 + 10.0 * _season(local.date(), 205) + 2.5 * self._between(local, "warm")
        swing = 6.0 + 1.5 * _season(local.date(), 205)
        return round(mean + swing * math.cos(2 * math.pi * (local.hour - 16.5) / 24), 1)

    def _humidity(self, at: int) -> float:
        """Relative humidity of an hour, %: falls as the air warms."""
        local = moment(at).astimezone(ZoneInfo(MARKET_ZONE))
        wet = 6 * self._between(local, "wet")
        return float(round(min(97.0, max(12.0, 96 - 1.9 * self._temperature(at) + wet))))

    def _between(self, local: datetime, what: str) -> float:
        """A drift that passes smoothly from one noon to the next."""
        back = local - timedelta(hours=12)
        share = (back.hour + back.minute / 60) / 24
        first, second = back.date(), back.date() + timedelta(days=1)
        return (1 - share) * self._drift(what, first) + share * self._drift(what, second)

    def _drift(self, what: str, day: date) -> float:
        """About standard normal, correlated from day to day: a fading sum of the last days' shocks."""
        return _drift(f"{self._seed}:{what}", day)


@lru_cache(maxsize=4096)
def _drift(name: str, day: date) -> float:
    shocks = [float(_normal(f"{name}:{day - timedelta(days=back)}", 1)[0]) for back in range(12)]
    scale = math.sqrt(1 - MEMORY**2)
    return scale * sum(MEMORY**back * shock for back, shock in enumerate(shocks))


def _normal(name: str, count: int) -> FloatArray:
    """About normal numbers, mean 0 and deviation 1, that follow from a name alone on any machine."""
    digest = hashlib.shake_128(name.encode()).digest(24 * count)
    uniform = np.frombuffer(digest, ">u8").astype(np.float64) / 2.0**64
    return np.asarray((uniform.reshape(count, 3).sum(axis=1) - 1.5) * 2.0)


def _cents(price: FloatArray) -> FloatArray:
    return np.asarray(np.round(price, 2), np.float64)


def _season(day: date, peak: int) -> float:
    """1 on day `peak` of the year, -1 half a year later."""
    return math.cos(2 * math.pi * (day.timetuple().tm_yday - peak) / 365.25)


def _wall_hours(grid: IntArray) -> FloatArray:
    zone = ZoneInfo(MARKET_ZONE)
    local = [moment(at).astimezone(zone) for at in grid]
    return np.array([at.hour + at.minute / 60 for at in local])


def _quarters(grid: IntArray, day: date) -> IntArray:
    """Number of the quarter of each slot in its day, from 0."""
    return (grid - epoch(day_window(day, MARKET_ZONE).start)) // 900


def _bump(hour: FloatArray, centre: float, width: float) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((hour - centre) / width) ** 2))


def _period(day: date, hour: float) -> str:
    """Period of 2.0TD without holidays (CNMC, Circular 3/2020, art. 7)."""
    if day.weekday() >= 5 or hour < 8:
        return "P3"
    return "P1" if 10 <= hour < 14 or 18 <= hour < 22 else "P2"
