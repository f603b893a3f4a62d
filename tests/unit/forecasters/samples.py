"""Invented price histories: days, a rhythm, and a level that wanders and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import numpy as np

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.day_kinds import day_kind
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Fitted, Forecaster, Known
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, local_midnight, local_moment
from chocolate_factory.domain.tariff.calendar import local_slots

GATE = {"spot": time(13, 30), "pvpc": time(20, 30)}
KIND_LEVEL = (0.0, -10.0, -25.0)


def fit(
    forecaster: Forecaster, prices: Series, at: datetime, beside: Mapping[str, Series] | None = None
) -> Fitted:
    """A forecaster that has learnt at a moment and is ready to predict at the same moment."""
    known = Known(prices, beside or {})
    return forecaster.ready(forecaster.learn(known, at), known, at)


def same_past(one: Forecast, other: Forecast) -> bool:
    """Whether both keep the same errors of past forecasts, or neither keeps any."""
    if one.past is None or other.past is None:
        return one.past is other.past
    return np.array_equal(one.past.ago, other.past.ago) and np.array_equal(one.past.errors, other.past.errors)


def at_gate(key: str, day: date) -> datetime:
    """The moment on a day when the prices of the next one have just become known."""
    return local_moment(day, GATE[key], MARKET_ZONE)


def days_after(day: date, first: int, last: int) -> Window:
    """Whole market days from `first` to `last` days after a day."""
    return Window(
        local_midnight(day + timedelta(days=first), MARKET_ZONE),
        local_midnight(day + timedelta(days=last + 1), MARKET_ZONE),
    )


def history(key: str, first: date, days: int, seed: int = 1, noise: float = 4.0) -> Series:
    """Days of invented prices, each known when its day is due.

    Level 60 plus an AR(1) with memory 0.6, a daily wave, cheaper Saturdays and rest days, noise an hour;
    quarters follow the ramp of the hours.
    """
    random = np.random.default_rng(seed)
    starts: list[int] = []
    values: list[float] = []
    drift = 0.0
    for offset in range(days):
        day = first + timedelta(days=offset)
        drift = 0.6 * drift + random.normal(0, 12)
        own = noise * random.normal(size=25)
        grid = day_window(day, MARKET_ZONE).starts(CATALOG[key].minutes(day))
        clock = local_slots(grid).hour
        phase = 2 * np.pi * (clock + grid % 3600 / 3600) / 24
        level = 60 + drift + KIND_LEVEL[day_kind(day)]
        starts += grid.tolist()
        values += (level + 20 * np.sin(phase) + own[clock]).tolist()
    return published(key, starts, values, "invented")
