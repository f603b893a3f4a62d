"""Forecasts as they would have been made on past days, by the code that serves them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import perf_counter

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.backtest import KeptOrigins, Material, Origin, Runner, Stint, Told, Track
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Known, Learnt, Ports
from chocolate_factory.domain.series import FloatArray, Series, empty, on_grid
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
    beside_then,
    history_then,
    make_forecast,
    reach_of,
)

NAIVE = ("naive-week", "naive-kind")
"""Always judged, because every other model is compared with them."""

DAYS = 7
"""Local days that a forecast covers, from the first that is not published."""

NIGHT = time(6)
"""When weights are learnt: once for all gates of a day, as serving learns once a day."""

HOUR = 60
REACH = timedelta(days=DAYS + 3)
"""Longer than any forecast here reaches past its origin."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class BacktestRequest:
    """Which prices at which gates, on which days of origin (every n-th from the first), by which models.

    `learn_every` is the number of days for which weights serve, learnt in the night before the first of them.
    Which days learn does not depend on the span that is asked for, so that origins are kept for any.
    """

    tracks: tuple[Track, ...]
    first: date
    last: date
    models: tuple[str, ...]
    every: int = 1
    history_days: int = HISTORY_DAYS
    learn_every: int = 1

    def learnt_on(self, day: date) -> date:
        """The day in whose night the weights of an origin were learnt: itself or an earlier one."""
        return day - timedelta(days=day.toordinal() % self.learn_every)

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
    forecasters = {name: ports.forecasters[name] for name in request.judged}
    prices = {track.series for track in request.tracks}
    beside = {key for make in forecasters.values() for key in make().beside} - prices
    knowledge = {series: _knowledge(request, ports, series) for series in sorted(prices)}
    knowledge |= {key: _revisions(request, ports, key) for key in sorted(beside)}
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
    for stint in bench.runner(tell, material, stints(request, left)):
        for one in stint:
            bench.kept.put(one, digests[one.origin])
            told.append(one)
            progress(len(told), len(digests), f"{one.origin.track.name} {one.origin.day}")
    told.sort(key=lambda one: one.origin)
    now = ports.clock()
    truth = {key: knowledge[key].known_at(now).latest_revision() for key in prices}
    return Backtest(request, told, truth, bench.code, reused)


def night_of(request: BacktestRequest, origin: Origin) -> Origin:
    """The moment whose knowledge the weights of an origin come from: of one series for all its gates."""
    night = origin.day - timedelta(days=int(origin.track.gate < NIGHT))
    return Origin(Track(origin.track.series, NIGHT), request.learnt_on(night), origin.model)


def stints(request: BacktestRequest, origins: Sequence[Origin]) -> list[Stint]:
    """Origins that share their weights, together, in the order in which they come first."""
    found: dict[Origin, list[Origin]] = {}
    for origin in origins:
        learnt = night_of(request, origin)
        found.setdefault(learnt, []).append(origin)
    return [Stint(learnt, tuple(those)) for learnt, those in found.items()]


def tell(material: Material, stint: Stint) -> list[Told]:
    """What a model tells at the origins of a stint; a piece of work for a runner."""
    weights = Once(material, stint.learnt)
    return [tell_one(material, origin, weights) for origin in stint.origins]


def tell_one(material: Material, origin: Origin, weights: Once) -> Told:
    """What a model tells at an origin, seeing only what was known there, by the code that serves."""
    window = window_of(known_then(material, origin), origin)
    request = ForecastRequest(origin.track.series, window, HOUR, material.history_days)
    forecaster = material.forecasters[origin.model]()
    begun, spent = perf_counter(), weights.seconds
    try:
        whole = make_forecast(request, reader_of(material), forecaster, origin.issued_at, weights)
    except DataMissing as error:
        nothing = np.zeros(0)
        return Told(origin, "", np.zeros(0, np.int64), nothing, {}, 0.0, 0.0, error.message)
    rows = whole.origin == KIND
    learning = weights.seconds - spent
    return Told(
        origin=origin,
        label=whole.model,
        start=whole.start[rows],
        price=whole.price[rows],
        quantiles={level: told[rows] for level, told in quantiles_of(whole).items()},
        fit_seconds=learning,
        predict_seconds=perf_counter() - begun - learning,
    )


@dataclass
class Once:
    """Weights learnt once, at the moment of `learnt`, when they are first asked for. See `Weights`."""

    material: Material
    learnt: Origin
    kept: Learnt | None = None
    seconds: float = 0.0

    def __call__(self, model: str, series: str, now: datetime) -> Learnt:
        """The weights; ValueError where they would be of a time after `now`."""
        at = self.learnt.issued_at
        if at > now:
            raise ValueError(f"weights of {at} cannot serve {now}")
        if self.kept is None:
            begun = perf_counter()
            request = ForecastRequest(series, Window(at, at), HOUR, self.material.history_days)
            read, forecaster = reader_of(self.material), self.material.forecasters[self.learnt.model]()
            known = Known(history_then(request, read, at), beside_then(request, read, forecaster, at))
            self.kept = forecaster.learn(known, at)
            self.seconds = perf_counter() - begun
        return self.kept


def quantiles_of(forecast: Forecast) -> dict[float, FloatArray]:
    """Level -> prices (n,), of all quantiles that a forecast has."""
    return dict(zip(forecast.levels, forecast.quantiles, strict=True))


def reader_of(material: Material) -> Reader:
    """All knowledge of a window, as a store would have read it."""

    def read(series: str, window: Window) -> Series:
        known = material.knowledge.get(series)
        return known.within(window) if known else empty(series)

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
    """All revisions of prices that the origins or their truth can need."""
    found = _revisions(request, ports, series)
    if len(found) == 0:
        begin = request.first - timedelta(days=request.history_days)
        raise DataMissing(f"No {series} prices are stored from {begin} to {request.last}.")
    return found


def _revisions(request: BacktestRequest, ports: Ports, series: str) -> Series:
    learnt = request.learnt_on(request.first) - timedelta(days=1)
    begin = local_midnight(learnt, MARKET_ZONE) - timedelta(days=request.history_days)
    end = local_midnight(request.last + timedelta(days=1), MARKET_ZONE) + REACH
    return ports.store.revisions(series, hours_over(Window(begin, end)))


def _digests(request: BacktestRequest, material: Material, code: str) -> dict[Origin, str]:
    """Every origin, day by day, with a digest of all that its answer depends on."""
    found: dict[Origin, str] = {}
    nights: dict[Origin, str] = {}
    for track in request.tracks:
        for day in request.days:
            origin = Origin(track, day, "")
            night = night_of(request, origin)
            if night not in nights:
                nights[night] = _digest(material, night)
            seen = _digest(material, origin)
            for model in request.judged:
                what = f"{code} {track.name} {model} {request.history_days}"
                text = f"{what} {night.issued_at} {nights[night]} {day} {seen}"
                found[Origin(track, day, model)] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _digest(material: Material, origin: Origin) -> str:
    """A digest of all that is known at an origin, of every series."""
    known = [known_then(material, origin)]
    at = origin.issued_at
    for key in sorted(material.knowledge.keys() - {origin.track.series}):
        request = ForecastRequest(key, Window(at, at), HOUR, material.history_days)
        known.append(reader_of(material)(key, reach_of(request, at)).known_at(at))
    columns = [column for one in known for column in (one.start, one.minutes, one.value, one.available_at)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(column).tobytes() for column in columns)).hexdigest()
