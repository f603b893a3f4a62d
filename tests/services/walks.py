"""Short walk-forward tests of invented prices, and a model that notes what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from chocolate_factory.domain.backtest import Origin, Told, Track
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Fitted, Known, Learnt, Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, local_moment
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.workers import serial
from chocolate_factory.services.backtest_forecasts import Backtest, BacktestRequest, Bench, backtest
from chocolate_factory.services.backtest_report import report

TODAY = date(2026, 3, 10)
NOW = local_moment(TODAY, time(21), MARKET_ZONE)
SPOT, PVPC, BEFORE = (
    Track("spot", time(13, 30)),
    Track("pvpc", time(20, 30)),
    Track("spot", time(11, 30)),
)
FIRST, LAST = date(2026, 2, 20), date(2026, 2, 25)
REQUEST = BacktestRequest((SPOT,), FIRST, LAST, (), history_days=60)


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


@dataclass
class Spy:
    """Naive-kind that notes what it is given and asked, and when it learns."""

    name: str = "spy"
    beside: tuple[str, ...] = ()
    seen: list[tuple[Known, datetime, Window]] = field(default_factory=list)
    learnt: list[tuple[Known, datetime]] = field(default_factory=list)
    served_by: list[datetime] = field(default_factory=list)

    def __call__(self) -> Spy:
        return self

    def learn(self, known: Known, at: datetime) -> Learnt:
        self.learnt.append((known, at))
        return FORECASTERS["naive-kind"]().learn(known, at)

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Fitted:
        self.served_by.append(learnt.learnt_at)
        fitted = FORECASTERS["naive-kind"]().ready(learnt, known, at)
        spy = self

        class Noting:
            def predict(self, window: Window) -> Forecast:
                spy.seen.append((known, at, window))
                return fitted.predict(window)

        return Noting()


class Forgetting:
    """Keeps nothing."""

    def get(self, origin: Origin, digest: str) -> Told | None:
        return None

    def put(self, told: Told, digest: str) -> None:
        pass


def run(ports: Ports, request: BacktestRequest = REQUEST) -> Backtest:
    return backtest(request, ports, Bench(serial, Forgetting(), "1"), quiet)


def figures(test: Backtest) -> Any:
    """The report without the seconds, which differ from run to run."""
    body = report(test, NOW, sample=True)
    for track in body["tracks"]:
        for row in track["models"]:
            del row["fit_seconds"], row["predict_seconds"]
    return body
