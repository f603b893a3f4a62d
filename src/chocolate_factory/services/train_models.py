"""Let models learn what is known now, look at what they then tell, and keep it: `choco train`."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import ChocolateError, DataMissing, ModelRefused
from chocolate_factory.domain.ports import Forecaster, Known, Learnt, Ports
from chocolate_factory.domain.registry import Version
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, local_iso, moment
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import (
    HISTORY_DAYS,
    ForecastRequest,
    beside_then,
    history_then,
)

Progress = Callable[[int, int, str], None]
AHEAD = timedelta(hours=168)
HOUR = 60

ROOM = 1.0
"""A forecast may leave the span of the prices learnt from by as much as that span, on either side."""

INSIDE = "The log has the details; what was learnt before serves on."
FAILURES = (
    ChocolateError,
    ArithmeticError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a learning can end with; one that fails is told and does not stop the others."""

OWN_FIGURES = ("unseen_mae",)
"""Facts of a model that are metrics of its version."""


@dataclass(frozen=True)
class TrainRequest:
    """Which models learn which series, from how many days."""

    series: tuple[str, ...]
    models: tuple[str, ...]
    history_days: int = HISTORY_DAYS


@dataclass(frozen=True)
class Training:
    """What came of one: the version that was kept, or the failure, with `details` for the log.

    `champion` says that this model serves the series, `short` that there was too little to learn from.
    """

    series: str
    model: str
    champion: bool
    seconds: float
    version: Version | None = None
    failure: str = ""
    hint: str = ""
    exit_code: int = 0
    short: bool = False
    details: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """As `choco train --json` prints it."""
        made = self.version
        return {
            "series": self.series,
            "model": self.model,
            "champion": self.champion,
            "seconds": round(self.seconds, 2),
            "version": made.number if made else None,
            "learnt_at": local_iso(made.learnt_at, MARKET_ZONE) if made else None,
            "metrics": dict(made.metrics) if made else {},
            "failure": self.failure or None,
            "hint": self.hint or None,
        }


def train(request: TrainRequest, ports: Ports, progress: Progress) -> list[Training]:
    """Every model on every series; one that fails leaves its versions and its place as they were."""
    asked = [(series, model) for series in request.series for model in request.models]
    serving = {series: serving_model(ports, series) for series in request.series}
    done: list[Training] = []
    for series, model in asked:
        progress(len(done), len(asked), f"{model} {series}")
        begun = time.perf_counter()
        came: Version | Exception
        try:
            came = learn_and_keep(request, ports, series, model)
        except FAILURES as error:
            came = error
        seconds = time.perf_counter() - begun
        done.append(training_of((series, model), model == serving[series], seconds, came))
    progress(len(done), len(asked), "trained")
    return done


def training_of(of: tuple[str, str], serves: bool, seconds: float, came: Version | Exception) -> Training:
    """The training of a series and model with what came of it."""
    if isinstance(came, Version):
        return Training(*of, serves, seconds, came)
    text = f"The learning of {of[1]} for {of[0]} failed inside ({type(came).__name__}: {came})."
    error = came if isinstance(came, ChocolateError) else ChocolateError(text, INSIDE)
    short = isinstance(came, DataMissing)
    details = "".join(traceback.format_exception(came))
    return Training(*of, serves, seconds, None, error.message, error.hint, error.exit_code, short, details)


def learn_and_keep(request: TrainRequest, ports: Ports, series: str, model: str) -> Version:
    """Learn, check what the weights tell of the 168 hours after the last known price, and keep them.

    Raises DataMissing without prices, ModelRefused where the prices told cannot be, StoreFailed.
    """
    now, forecaster = ports.clock(), ports.forecasters[model]()
    wish = ForecastRequest(series, Window(now, now), HOUR, request.history_days)
    read = ports.store.revisions
    known = Known(history_then(wish, read, now), beside_then(wish, read, forecaster, now))
    if len(known.prices) == 0:
        raise DataMissing(f"No {series} prices are stored of the last {request.history_days} days.")
    begun = time.perf_counter()
    learnt = forecaster.learn(known, now)
    seconds = time.perf_counter() - begun
    metrics = check_told(forecaster, learnt, known, now)
    own = {name: learnt.facts[name] for name in OWN_FIGURES if learnt.facts.get(name) is not None}
    return ports.registry.save(learnt, {**own, **metrics, "learn_seconds": round(seconds, 2)})


def check_told(forecaster: Forecaster, learnt: Learnt, known: Known, now: datetime) -> dict[str, Any]:
    """Lowest and highest price that the weights tell of the 168 hours after the last known one, EUR/MWh.

    Raises DataMissing where a simpler model speaks; ModelRefused where a price is no number, or further from
    the prices learnt from than ROOM times their span.
    """
    prices = known.prices
    start = moment(int(prices.start[-1]) + 60 * int(prices.minutes[-1]))
    told = forecaster.ready(learnt, known, now).predict(Window(start, start + AHEAD))
    if told.model != learnt.model and not told.model.startswith(f"{learnt.model} ("):
        raise DataMissing(f"{learnt.series}: nothing was learnt, the answer would be {told.model}.")
    every = np.concatenate([told.price, told.quantiles.ravel()])
    if len(told.price) == 0 or not np.isfinite(every).all():
        raise ModelRefused(f"{learnt.model} for {learnt.series} tells prices that are no numbers.")
    low, high = float(prices.value.min()), float(prices.value.max())
    span = ROOM * (high - low)
    if told.price.min() < low - span or told.price.max() > high + span:
        raise ModelRefused(
            f"{learnt.model} for {learnt.series} tells prices from {told.price.min():.0f} to "
            f"{told.price.max():.0f} EUR/MWh after {low:.0f} to {high:.0f}."
        )
    return {
        "told_as": told.model,
        "lowest_eur_mwh": round(float(told.price.min()), 2),
        "highest_eur_mwh": round(float(told.price.max()), 2),
    }
