"""Forecasts as they would have been made on past days, by the code that serves them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.backtest import KeptOrigins, Material, Origin, Runner, Told, Track
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Fitted, Forecaster, Ports
from chocolate_factory.domain.series import FloatArray, Series, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    Window,
    days_between,
    hours_over,
    local_date,
    local_midnight,
    moment,
)
from chocolate_factory.services.forecast_prices import (
    HISTORY_DAYS,
    KIND,
    ForecastRequest,
    Reader,
    history_then,
    make_forecast,
)

NAIVE = ("naive-week", "naive-kind")
"""Always judged, because every other model is compared with them."""

DAYS = 7
"""Local days that a forecast covers, from the first that is not published."""

HOUR = 60
REACH = timedelta(days=DAYS + 3)
"""Longer than any forecast here reaches past its origin."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class BacktestRequest:
    """Which prices at which gates, on which days of origin (every n-th from the first), by which models."""

    tracks: tuple[Track, ...]
    first: date
    last: date
    models: tuple[str, ...]
    every: int = 1
    history_days: int = HISTORY_DAYS

    @property
    def days(self) -> list[date]:
        """Days of origin."""
        return list(days_between(self.first, self.last))[:: self.every]

    @property
    def judged(self) -> tuple[str, ...]:
        """The models, the naive ones among them, without repeats."""
        return tuple(dict.fromkeys((*self.models, *NAIVE)))


@dataclass(frozen=True)
class Bench:
    """Who runs the origins, where finished ones are kept, and which version of the code this is."""

    runner: Runner
    kept: KeptOrigins
    code: str


@dataclass(frozen=True, eq=False)
class Backtest:
    """All that was told, and by series the truth: the newest knowledge of each slot, corrections included."""

    request: BacktestRequest
    told: Sequence[Told]
    truth: dict[str, Series]
    code: str
    reused: int


def backtest(request: BacktestRequest, ports: Ports, bench: Bench, progress: Progress) -> Backtest:
    """Every model at every origin, with finished origins taken from `bench.kept`.

    A model that refuses an origin for want of history is in the result with its reason. Raises DataMissing
    where a series has nothing stored in that time.
    """
    knowledge = {
        series: _knowledge(request, ports, series) for series in sorted({t.series for t in request.tracks})
    }
    forecasters = {name: ports.forecasters[name] for name in request.judged}
    material = Material(knowledge, forecasters, request.history_days)
    digests = _digests(request, material, bench.code)
    told: list[Told] = []
    for origin, digest in digests.items():
        kept = bench.kept.get(origin, digest)
        told += [kept] if kept else []
    reused = len(told)
    progress(reused, len(digests), "backtest")
    finished = {one.origin for one in told}
    left = [origin for origin in digests if origin not in finished]
    for one in bench.runner(tell, material, left):
        bench.kept.put(one, digests[one.origin])
        told.append(one)
        progress(len(told), len(digests), f"{one.origin.track.name} {one.origin.day}")
    told.sort(key=lambda one: one.origin)
    now = ports.clock()
    truth = {key: series.known_at(now).latest_revision() for key, series in knowledge.items()}
    return Backtest(request, told, truth, bench.code, reused)


def tell(material: Material, origin: Origin) -> Told:
    """What a model tells at an origin, seeing only what was known there; a piece of work for a runner."""
    window = window_of(known_then(material, origin), origin)
    request = ForecastRequest(origin.track.series, window, HOUR, material.history_days)
    timed = Timed(origin.model, material.forecasters[origin.model]())
    try:
        whole = make_forecast(request, reader_of(material), timed, origin.issued_at)
    except DataMissing as error:
        nothing = np.zeros(0)
        return Told(origin, "", np.zeros(0, np.int64), nothing, {}, 0.0, 0.0, error.message)
    rows = whole.origin == KIND
    return Told(
        origin=origin,
        label=whole.model,
        start=whole.start[rows],
        price=whole.price[rows],
        quantiles={level: told[rows] for level, told in quantiles_of(whole).items()},
        fit_seconds=timed.fit_seconds,
        predict_seconds=timed.predict_seconds,
    )


@dataclass
class Timed:
    """A forecaster that notes how long it took. See `Forecaster`; it is its own `Fitted`."""

    name: str
    forecaster: Forecaster
    fitted: Fitted | None = None
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0

    def fit(self, history: Series, issued_at: datetime) -> Timed:
        """As the model does."""
        begun = time.perf_counter()
        self.fitted = self.forecaster.fit(history, issued_at)
        self.fit_seconds = time.perf_counter() - begun
        return self

    def predict(self, window: Window) -> Forecast:
        """As the fitted model does; ValueError before the fit."""
        if self.fitted is None:
            raise ValueError("nothing is fitted yet")
        begun = time.perf_counter()
        forecast = self.fitted.predict(window)
        self.predict_seconds = time.perf_counter() - begun
        return forecast


def quantiles_of(forecast: Forecast) -> dict[float, FloatArray]:
    """Level -> prices (n,), of all quantiles that a forecast has."""
    return dict(zip(forecast.levels, forecast.quantiles, strict=True))


def reader_of(material: Material) -> Reader:
    """What a store would have read, from all revisions."""

    def read(series: str, window: Window, at: datetime) -> Series:
        return material.knowledge[series].within(window).known_at(at).latest_revision()

    return read


def known_then(material: Material, origin: Origin) -> Series:
    """History as serving reads it at the gate: the newest revision by then of each slot."""
    at = origin.issued_at
    request = ForecastRequest(origin.track.series, Window(at, at), HOUR, material.history_days)
    return history_then(request, reader_of(material), at)


def window_of(known: Series, origin: Origin) -> Window:
    """From the first hour after the day of origin that is not published to the end of its seventh day."""
    begin = local_midnight(origin.day + timedelta(days=1), MARKET_ZONE)
    ahead = Window(begin, begin + REACH)
    missing = np.isnan(on_grid(known.within(ahead), ahead, HOUR))
    first = moment(ahead.starts(HOUR)[missing][0])
    return Window(first, local_midnight(local_date(first, MARKET_ZONE) + timedelta(days=DAYS), MARKET_ZONE))


def _knowledge(request: BacktestRequest, ports: Ports, series: str) -> Series:
    """All revisions that the origins or their truth can need."""
    begin = local_midnight(request.first, MARKET_ZONE) - timedelta(days=request.history_days)
    end = local_midnight(request.last + timedelta(days=1), MARKET_ZONE) + REACH
    found = ports.store.revisions(series, hours_over(Window(begin, end)))
    if len(found) == 0:
        raise DataMissing(f"No {series} prices are stored from {begin:%Y-%m-%d} to {request.last}.")
    return found


def _digests(request: BacktestRequest, material: Material, code: str) -> dict[Origin, str]:
    """Every origin, day by day, with a digest of all that its answer depends on."""
    found: dict[Origin, str] = {}
    for track in request.tracks:
        for day in request.days:
            first = Origin(track, day, "")
            seen = _digest(known_then(material, first))
            for model in request.judged:
                text = f"{code} {track.name} {day} {model} {request.history_days} {seen}"
                found[Origin(track, day, model)] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _digest(known: Series) -> str:
    columns = known.start, known.minutes, known.value, known.available_at
    return hashlib.sha256(b"".join(np.ascontiguousarray(c).tobytes() for c in columns)).hexdigest()
