"""Small forecasters that learn one profile of hours, and ports over eighteen weeks of invented prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.forecast import LEVELS, Forecast
from chocolate_factory.domain.ports import Forecaster, Known, Learnt, Ports
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, hours_over, local_moment
from tests.unit.forecasters.samples import history
from tests.worlds import empty_ports, tiny

TODAY = date(2026, 3, 10)
NOW = local_moment(TODAY, time(21), MARKET_ZONE)
DAYS = 7 * 18
NAIVE_OFF = 60.0
"""How wrong the profilers are that stand for the naive models: they take no time."""


@dataclass(frozen=True, eq=False)
class Profile:
    """Weights ready to speak."""

    name: str
    learnt: Learnt
    at: datetime

    def predict(self, window: Window) -> Forecast:
        starts = hours_over(window).starts(60)
        price = self.learnt.arrays["profile"][starts // 3600 % 24]
        return Forecast(
            series=self.learnt.series,
            model=self.name,
            issued_at=self.at,
            known_until=self.at,
            minutes=60,
            start=starts,
            origin=np.full(len(starts), str(Origin.FORECAST)),
            price=price,
            levels=LEVELS,
            quantiles=price + np.linspace(-9, 9, len(LEVELS))[:, None],
        )


@dataclass(frozen=True)
class Profiler:
    """Learns the mean of each hour and is wrong by `off` EUR/MWh. See `Forecaster`; its own factory."""

    name: str
    off: float = 0.0
    broken: BaseException | None = None
    beside: tuple[str, ...] = ()
    learns_as: str = ""

    def __call__(self) -> Forecaster:
        return self

    def learn(self, known: Known, at: datetime) -> Learnt:
        if self.broken:
            raise self.broken
        prices = known.prices
        if len(prices) == 0:
            raise DataMissing("nothing to learn from")
        hour = prices.start // 3600 % 24
        mean = np.bincount(hour, prices.value, 24) / np.maximum(np.bincount(hour, minlength=24), 1)
        days = len(np.unique(prices.start // 86_400))
        return Learnt(
            self.learns_as or self.name,
            prices.key,
            at,
            {"profile": mean + self.off},
            {"days": days, "unseen_mae": {"D+2": 7.5}},
        )

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Profile:
        return Profile(self.name, learnt, at)


def profilers(**off: float) -> dict[str, Callable[[], Forecaster]]:
    """Profilers by name with their errors, the naive models among them."""
    every = {**off, "naive-kind": NAIVE_OFF, "naive-week": NAIVE_OFF}
    return {name: Profiler(name, value) for name, value in every.items()}


def model_ports(folder: Path, now: datetime = NOW, **off: float) -> Ports:
    """Ports with profilers, the champion of the registry in charge; `off` defaults to boosting alone."""
    made = empty_ports(folder, tiny(), now)
    made.store.write(history("spot", TODAY - timedelta(days=DAYS - 2), DAYS))
    return replace(made, forecaster="", forecasters=profilers(**(off or {"boosting": 0.0})))
