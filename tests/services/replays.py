"""Finished walk-forward tests made of a formula, for tests of what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np

from chocolate_factory.domain.backtest import Origin, Told, Track
from chocolate_factory.domain.series import FloatArray, Series, concat
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    days_between,
    epoch,
    local_midnight,
    local_moment,
)
from chocolate_factory.services.backtest_forecasts import Backtest, BacktestRequest

SPOT, EARLY = Track("spot", time(13, 30)), Track("spot", time(11, 30))
PVPC = Track("pvpc", time(20, 30))
NOW = local_moment(date(2026, 6, 1), time(12), MARKET_ZONE)
LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)

Model = Callable[[IntArray], FloatArray]


def price_at(starts: IntArray) -> FloatArray:
    """A price of each hour, from its start alone: 20 to 100 EUR/MWh, every day of the year another."""
    shares = (starts // 3600 * 0.6180339887) % 1
    return np.round(60 + 25 * np.sin(starts / 86_400 * 2 * np.pi) + 30 * (shares - 0.5), 2)


def prices(key: str, first: date, last: date) -> Series:
    """Hourly prices of these local days, known at 13:00 (spot) or 20:15 of the day before."""
    starts, known = [], []
    at = time(13) if key == "spot" else time(20, 15)
    for day in days_between(first, last):
        hours = Window(
            local_midnight(day, MARKET_ZONE), local_midnight(day + timedelta(days=1), MARKET_ZONE)
        ).starts(60)
        starts.append(hours)
        known.append(np.full(len(hours), epoch(local_moment(day - timedelta(days=1), at, MARKET_ZONE))))
    start = np.concatenate(starts)
    count = len(start)
    return Series(
        key,
        start,
        np.full(count, 60),
        price_at(start),
        np.concatenate(known),
        np.full(count, "published"),
        np.full(count, "formula"),
    )


def corrected(series: Series, rows: slice, value: float, at: datetime) -> Series:
    """The series with a later revision of some slots."""
    old = series.take(rows)
    return concat(
        [
            series,
            replace(old, value=np.full(len(old), value), available_at=np.full(len(old), epoch(at), np.int64)),
        ]
    )


@dataclass(frozen=True)
class Shelf:
    """Only the part of a store that plans of past weeks ask."""

    series: Mapping[str, Series]

    def revisions(self, key: str, window: Window) -> Series:
        """All knowledge of the slots in the window."""
        return self.series[key].within(window)


def kind_of(starts: IntArray) -> FloatArray:
    """A dull model: the same price always."""
    return np.full(len(starts), 60.0)


def week_of(starts: IntArray) -> FloatArray:
    """A model that is wrong by up to ten."""
    return price_at(starts) + 10 * np.cos(starts / 7000)


MODELS: dict[str, Model] = {"naive-week": week_of, "naive-kind": kind_of}


def told(origin: Origin, model: Model) -> Told:
    """What a model tells of seven days from the first that is not published."""
    lead = 1 if origin.track == EARLY else 2
    begin, end = (local_midnight(origin.day + timedelta(days=days), MARKET_ZONE) for days in (lead, lead + 7))
    starts = Window(begin, end).starts(60)
    price = model(starts)
    quantiles = {level: price + 40 * (level - 0.5) for level in LEVELS}
    return Told(origin, origin.model, starts, price, quantiles, 0.5, 0.25)


def refused(origin: Origin) -> Told:
    """An origin at which a model had too little to learn from."""
    return Told(origin, "", np.zeros(0, np.int64), np.zeros(0), {}, 0.0, 0.0, "too little is known")


def replay(
    first: date,
    last: date,
    tracks: tuple[Track, ...] = (SPOT,),
    models: Mapping[str, Model] = MODELS,
    refuses: Iterable[date] = (),
) -> Backtest:
    """A test of all models on all days; `refuses` are days on which naive-week is silent."""
    request = BacktestRequest(tracks, first, last, tuple(models))
    silent = set(refuses)
    every = [
        refused(origin) if day in silent and name == "naive-week" else told(origin, model)
        for track in tracks
        for day in days_between(first, last)
        for name, model in models.items()
        for origin in [Origin(track, day, name)]
    ]
    truth = {
        track.series: prices(track.series, first - timedelta(days=10), last + timedelta(days=10))
        for track in tracks
    }
    return Backtest(request, every, truth, "1", 0)
