"""The loop that keeps prices and plan fresh: sample first, real once there, plan only when needed."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chocolate_factory.core.errors import Unreachable
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.choose_world import World, has_prices
from chocolate_factory.tasks.keep_fresh import plan_when_needed, stale, sync_prices
from chocolate_factory.tasks.runner import Loop, run_job
from tests.worlds import NOW, empty_ports, fill, sample_ports, tiny


class Down:
    """A provider that cannot be reached."""

    name = "omie"
    series = ("spot", "pvpc")
    max_days = 31

    def fetch(self, key: str, window: Window, now: object) -> Series:
        raise Unreachable("no connection", source=self.name)


def plans(ports: Ports) -> int:
    return len(ports.store.find("plan"))


def test_unreachable_and_empty_shows_the_sample(tmp_path: Path) -> None:
    real = replace(empty_ports(tmp_path / "real", tiny()), sources={"omie": Down()}, sample=False)
    world = World(real, lambda: empty_ports(tmp_path / "sample", tiny()))
    assert run_job("sync", lambda w: sync_prices(w, 30), world)
    assert world.ports().sample
    assert has_prices(world.ports())
    assert not has_prices(real), "made-up prices never get into the real store"
    assert "omie" in world.troubles["sources"].message


def test_a_fixed_contract_needs_no_market_and_no_sample(tmp_path: Path) -> None:
    real = replace(empty_ports(tmp_path / "real", tiny("fixed")), sources={"omie": Down()}, sample=False)
    world = World(real, lambda: empty_ports(tmp_path / "sample", tiny("fixed")))
    sync_prices(world, 30)
    plan_when_needed(world)
    assert world.ports() is real
    assert plans(real) >= 1


def test_real_prices_take_over(tmp_path: Path) -> None:
    real = empty_ports(tmp_path / "real", tiny())
    world = World(real, lambda: sample_ports(tmp_path / "sample"), offline=True)
    sync_prices(world, 30)
    assert world.ports() is not real
    fill(real, 30)
    sync_prices(world, 30)
    assert world.ports() is real


def test_plans_only_when_something_changed(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    world = World(ports, lambda: ports, offline=True)
    plan_when_needed(world)
    assert plans(ports) >= 1
    assert not stale(ports)
    before = plans(ports)
    plan_when_needed(world)
    assert plans(ports) == before
    tomorrow = fill(replace(ports, clock=lambda: NOW + timedelta(days=1)), 5)
    assert stale(tomorrow)
    plan_when_needed(World(tomorrow, lambda: tomorrow, offline=True))
    assert plans(ports) == before + 1


def test_new_prices_within_the_day_call_for_a_new_plan(tmp_path: Path) -> None:
    noon = NOW.replace(hour=11, minute=0)
    ports = sample_ports(tmp_path, now=noon)
    plan_when_needed(World(ports, lambda: ports, offline=True))
    auction = fill(replace(ports, clock=lambda: noon + timedelta(hours=2)), 5)
    assert stale(auction)


def test_loop_runs_jobs_and_stops(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny())
    seen: list[str] = []
    done = threading.Event()

    def first(_: World) -> None:
        seen.append("first")
        raise Unreachable("down", source="omie")

    def second(_: World) -> None:
        seen.append("second")
        done.set()

    world = World(ports, lambda: ports)
    loop = Loop(world, {"first": first, "second": second}, 3600)
    loop.start()
    assert done.wait(10)
    loop.stop()
    assert seen == ["first", "second"]
    assert world.troubles["first"].message == "omie: down"
