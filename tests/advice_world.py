"""A store of invented prices and forecasts of them that are wrong in a way that can be learnt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, local_midnight
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.past_advice import HourlyForecast
from tests.unit.forecasters.samples import at_gate, history
from tests.worlds import empty_ports, tiny

FIRST = date(2025, 11, 20)
TODAY = date(2026, 3, 17)
NOW = at_gate("spot", TODAY)
DAYS = (TODAY - FIRST).days + 12
MODEL = "naive-kind"


def advice_ports(folder: Path, now: datetime = NOW, kind: str = "indexed") -> Ports:
    """The tiny plant over a store of its own with prices of 118 days, and of ten that are not known yet."""
    ports = replace(empty_ports(folder, tiny(kind), now), store=SqliteStore(folder / "own.sqlite"))
    for key in ("spot", "pvpc"):
        ports.store.write(history(key, FIRST, DAYS))
    return ports


def forecasts(ports: Ports, days: int, *, wrong: float) -> list[HourlyForecast]:
    """Forecasts at the gate of each of some days up to today: truth and noise, with midnight told too dear.

    Without anything `wrong` they are the truth itself.
    """
    random = np.random.default_rng(2)
    return [_forecast(ports, TODAY - timedelta(days=back), wrong, random) for back in reversed(range(days))]


def _forecast(ports: Ports, day: date, wrong: float, random: np.random.Generator) -> HourlyForecast:
    begin, end = (local_midnight(day + timedelta(days=ahead), MARKET_ZONE) for ahead in (2, 8))
    window = Window(begin, end)
    truth = on_grid(ports.store.read("spot", window), window, 60)
    start = window.starts(60)
    noise = random.normal(0, 6, len(start)) if wrong else 0.0
    price = truth + noise + wrong * np.isin(local_slots(start).hour, (22, 23, 0, 1, 2))
    return HourlyForecast(at_gate("spot", day), MODEL, start, price, price - 8, price + 8)
