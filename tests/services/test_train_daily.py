"""Learning while serving: once a day, again when nothing can serve, compared in slices."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chocolate_factory.core.errors import ModelRefused
from chocolate_factory.domain.ports import Ports
from chocolate_factory.infrastructure.workers import serial
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_model import weights_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.compare_models import newest_comparison
from chocolate_factory.tasks.keep_fresh import train_daily
from chocolate_factory.tasks.runner import run_job
from tests.services.model_samples import NOW, Profiler, model_ports
from tests.services.test_compare_models import Counting, Memory
from tests.worlds import empty_ports, tiny

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Nights:
    """A world at moments, with one bench for all of them."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.counting = Counting()
        self.memory = Memory()

    def bench(self, *, sample: bool) -> Bench:
        return Bench(self.counting, self.memory, "1")

    def look(self, after: timedelta, **changed: object) -> None:
        ports = replace(self.ports, clock=lambda: NOW + after, **changed)  # type: ignore[arg-type]
        train_daily(World(ports, lambda: ports, offline=True), self.bench)

    def numbers(self, model: str = "boosting") -> list[int]:
        return [one.number for one in self.ports.registry.held("spot", model)]


def test_once_a_day_then_compared(tmp_path: Path) -> None:
    nights = Nights(model_ports(tmp_path, boosting=40.0, rival=0.0))
    nights.look(timedelta(0))
    assert (nights.numbers(), nights.numbers("naive-week"), nights.counting.done) == ([1], [1], [])
    nights.look(HOUR / 4)
    assert nights.numbers() == [1]
    body = newest_comparison(nights.ports, "spot", NOW + HOUR)
    assert body is not None
    assert (body["complete"], body["promoted"]) == (True, "rival")
    nights.counting.done.clear()
    nights.look(HOUR / 2)
    assert nights.counting.done == []
    nights.look(DAY)
    assert nights.numbers() == [2, 1]


def test_again_when_nothing_can_serve(tmp_path: Path) -> None:
    nights = Nights(model_ports(tmp_path))
    nights.look(timedelta(0))
    (tmp_path / "models" / "spot" / "boosting" / "000001.npz").unlink()
    nights.look(HOUR / 2)
    assert nights.numbers() == [1], "not at once: it may fail again"
    nights.look(HOUR)
    assert nights.numbers() == [2, 1]


def test_a_champion_that_fails_is_told_and_serves_on(tmp_path: Path) -> None:
    nights = Nights(model_ports(tmp_path, boosting=0.0, rival=40.0))
    nights.look(timedelta(0))
    broken = {**nights.ports.forecasters, "boosting": Profiler("boosting", broken=RuntimeError("no memory"))}
    with pytest.raises(ModelRefused, match="no memory"):
        nights.look(DAY, forecasters=broken)
    assert (nights.numbers(), nights.numbers("rival")) == ([1], [2, 1])
    found = weights_of(nights.ports.registry)("boosting", "spot", NOW + DAY)
    assert found is not None
    assert found.learnt_at == NOW
    nights.look(DAY + HOUR / 4, forecasters=broken)
    assert nights.counting.done == [], "what cannot learn cannot be replayed"
    nights.look(2 * DAY)
    assert nights.numbers() == [2, 1]


def test_without_prices_nothing_is_done(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny(), NOW)
    world = World(ports, lambda: ports, offline=True)
    assert run_job("train", lambda w: train_daily(w, lambda **_: Bench(serial, Memory(), "1")), world)
    assert ports.store.find("sync", id="train") == []
