"""What a forecast costs: learn on one and two years, ready and predict a week, as ratios to naive-kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from time import perf_counter
from typing import TypeVar

from chocolate_factory.domain.ports import Forecaster, Known
from chocolate_factory.domain.series import Series
from chocolate_factory.infrastructure.forecasters import FORECASTERS, prophet
from tests.unit.forecasters.markets import early, market
from tests.unit.forecasters.samples import days_after

TODAY = date(2026, 3, 10)
YARDSTICK = "naive-kind"
STEPS = ("learn", "ready", "predict 168 h")

R = TypeVar("R")


def seconds(work: Callable[[], R]) -> tuple[float, R]:
    """How long a piece of work takes, and what it gives."""
    begun = perf_counter()
    result = work()
    return perf_counter() - begun, result


def spent(forecaster: Forecaster, known: Known) -> tuple[float, ...]:
    """Seconds to learn, to be ready and to predict, in this order."""
    at = early(TODAY)
    learning, learnt = seconds(lambda: forecaster.learn(known, at))
    readying, fitted = seconds(lambda: forecaster.ready(learnt, known, at))
    predicting, _ = seconds(lambda: fitted.predict(days_after(TODAY, 1, 7)))
    return learning, readying, predicting


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement on an invented market, before its auction, drivers and all.

    The yardstick is all of naive-kind, which has nothing to learn, in the same run; a model whose package is
    not installed is n/a.
    """
    found: list[tuple[str, float, str]] = []
    for years in (1, 2):
        known = market("spot", TODAY - timedelta(days=365 * years), 365 * years + 2)
        spent(FORECASTERS["boosting"](), newest(known, 200))
        whole = sum(spent(FORECASTERS[YARDSTICK](), known))
        found.append((f"forecast: {YARDSTICK} on {years} y, learn, ready and predict", 1000 * whole, "ms"))
        for name, build in FORECASTERS.items():
            there = name != prophet.NAME or prophet.installed()
            taken = spent(build(), known) if there else (float("nan"),) * len(STEPS)
            found += [
                (f"forecast: {name} on {years} y, {step}, to all of {YARDSTICK}", value / whole, "x")
                for step, value in zip(STEPS, taken, strict=True)
            ]
    return found


def newest(known: Known, days: int) -> Known:
    """The last days alone, to load libraries before anything is measured."""

    def cut(series: Series) -> Series:
        return series.take(series.start > series.start[-1] - 86_400 * days)

    beside: Mapping[str, Series] = {key: cut(series) for key, series in known.beside.items()}
    return Known(cut(known.prices), beside)
