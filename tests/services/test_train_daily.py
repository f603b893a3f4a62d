"""Learning while serving: once a day, again when nothing can serve, then compared."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from chocolate_factory.domain.jobs import Daily
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_model import weights_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.compare_models import newest_comparison
from chocolate_factory.tasks.keep_fresh import compare_some, comparison_open, nothing_serves, train_models
from chocolate_factory.tasks.runner import Job, Scheduler, run_job
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

    def look(self, after: timedelta, **changed: object) -> World:
        """The world after what is due so long after NOW was run."""
        ports = replace(self.ports, clock=lambda: NOW + after, **changed)  # type: ignore[arg-type]
        world = World(ports, lambda: ports, offline=True)
        jobs = (
            Job("train", train_models, Daily(21), 60.0, nothing_serves),
            Job("compare", partial(compare_some, bench_of=self.bench), Daily(21), 60.0, comparison_open),
        )
        Scheduler(world, jobs, lambda _: nullcontext(True)).turn()
        return world

    def numbers(self, model: str = "boosting") -> list[int]:
        return [one.number for one in self.ports.registry.held("spot", model)]


def test_once_a_day_then_compared(tmp_path: Path) -> None:
    nights = Nights(model_ports(tmp_path, boosting=40.0, rival=0.0))
    nights.look(timedelta(0))
    assert (nights.numbers(), nights.numbers("naive-week")) == ([1], [1])
    body = newest_comparison(nights.ports, "spot", NOW + HOUR)
    assert body is not None
    assert (body["complete"], body["promoted"]) == (True, "rival")
    nights.counting.done.clear()
    nights.look(HOUR / 2)
    assert nights.numbers() == [1]
    assert nights.counting.done == []
    nights.look(DAY + HOUR)
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
    world = nights.look(DAY + HOUR, forecasters=broken)
    assert "no memory" in world.troubles["train"].message
    assert (nights.numbers(), nights.numbers("rival")) == ([1], [2, 1])
    found = weights_of(nights.ports.registry)("boosting", "spot", NOW + DAY)
    assert found is not None
    assert found.learnt_at == NOW
    nights.counting.done.clear()
    nights.look(DAY + 1.02 * HOUR, forecasters=broken)
    assert nights.counting.done == [], "what cannot learn cannot be replayed"
    assert "train" not in nights.look(DAY + 1.2 * HOUR).troubles, "tried again soon after a failure"
    assert nights.numbers() == [2, 1]


def test_without_prices_nothing_is_done(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny(), NOW)
    world = World(ports, lambda: ports, offline=True)
    assert run_job("train", train_models, world)
    assert ports.store.find("sync", id="train") == []
