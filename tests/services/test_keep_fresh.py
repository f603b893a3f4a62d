"""The loop that keeps prices and plan fresh: sample first, real once there, plan only when needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from chocolate_factory.core.errors import Unreachable
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.publication import ever
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.choose_world import World, has_prices
from chocolate_factory.services.reasons_to_plan import reasons_to_plan
from chocolate_factory.tasks.keep_fresh import (
    PLAN_DAYS,
    heal_all,
    plan_when_needed,
    prices_due,
    sync_kinds,
    sync_prices,
)
from chocolate_factory.tasks.runner import run_job
from tests.services.papers import Paper, day_of, stock
from tests.services.papers import world as paper_world
from tests.worlds import NOW, empty_ports, fill, sample_ports, tiny

REST = frozenset({Kind.PRICE, Kind.SYSTEM})


class Down:
    """A provider that cannot be reached."""

    name = "omie"
    series = ("spot", "pvpc")
    max_days = 31

    def reaches(self, key: str, now: datetime) -> Window:
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        raise Unreachable("no connection", source=self.name)


def plans(ports: Ports) -> int:
    return len(ports.store.find("plan"))


def test_unreachable_and_empty_shows_the_sample(tmp_path: Path) -> None:
    real = replace(empty_ports(tmp_path / "real", tiny()), sources={"omie": Down()}, sample=False)
    world = World(real, lambda: empty_ports(tmp_path / "sample", tiny()))
    assert not run_job("prices", lambda w: sync_prices(w, 30), world)
    assert world.ports().sample
    assert has_prices(world.ports())
    assert not has_prices(real), "made-up prices never get into the real store"
    assert "omie" in world.troubles["prices"].message


def test_a_fixed_contract_needs_no_market_and_no_sample(tmp_path: Path) -> None:
    real = replace(empty_ports(tmp_path / "real", tiny("fixed")), sources={"omie": Down()}, sample=False)
    world = World(real, lambda: empty_ports(tmp_path / "sample", tiny("fixed")))
    assert not run_job("prices", lambda w: sync_prices(w, 30), world)
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
    assert not reasons_to_plan(ports, PLAN_DAYS)
    before = plans(ports)
    plan_when_needed(world)
    assert plans(ports) == before
    tomorrow = fill(replace(ports, clock=lambda: NOW + timedelta(days=1)), 5)
    assert reasons_to_plan(tomorrow, PLAN_DAYS)
    plan_when_needed(World(tomorrow, lambda: tomorrow, offline=True))
    assert plans(ports) == before + 1


def test_new_prices_within_the_day_call_for_a_new_plan(tmp_path: Path) -> None:
    noon = NOW.replace(hour=11, minute=0)
    ports = sample_ports(tmp_path, now=noon)
    plan_when_needed(World(ports, lambda: ports, offline=True))
    auction = fill(replace(ports, clock=lambda: noon + timedelta(hours=2)), 5)
    assert reasons_to_plan(auction, PLAN_DAYS)


def at_time(world: World, now: datetime) -> World:
    """The same world at another time."""
    return World(replace(world.real, clock=lambda: now), world.ports, offline=world.offline)


def healing(folder: Path, *, offline: bool = False) -> tuple[World, Paper]:
    """A world whose store lacks a day that its source does not have yet."""
    day = date(2026, 2, 10)
    omie = Paper("omie", ("spot",), 1, gaps={day})
    real = paper_world(folder, omie)
    stock(real, "spot", date(2026, 2, 1), date(2026, 3, 11), day_of(day))
    return World(real, lambda: real, offline=offline), omie


def test_healing_notes_what_it_found_and_closed(tmp_path: Path) -> None:
    world, omie = healing(tmp_path)
    heal_all(world)
    assert omie.asked
    (record,) = world.real.store.find("sync", id="heal")
    assert (record.at, record.body) == (NOW, {"found": 96, "closed": 0})
    omie.gaps.clear()
    heal_all(at_time(world, NOW + timedelta(hours=24)))
    (record,) = world.real.store.find("sync", id="heal")
    assert record.body["closed"] >= 96  # type: ignore[operator]
    assert world.real.store.holes("spot", day_of(date(2026, 2, 10)), NOW) == []


def test_offline_nothing_is_healed_or_fetched(tmp_path: Path) -> None:
    world, omie = healing(tmp_path, offline=True)
    heal_all(world)
    sync_kinds(world, REST, 30)
    assert omie.asked == []
    assert world.real.store.find("sync", id="heal") == []


def test_the_rest_is_fetched_after_what_a_plan_needs(tmp_path: Path) -> None:
    omie, system = Paper("omie", ("spot",), 1), Paper("esios", ("demand", "wind_forecast"))
    real = paper_world(tmp_path, omie, system)
    world = World(real, lambda: real)
    sync_prices(world, 30)
    assert system.asked == []
    assert real.store.span("spot")
    omie.asked.clear()
    sync_kinds(world, REST, 30)
    assert omie.asked == []
    assert {key for key, _, _ in system.asked} == {"demand", "wind_forecast"}


def fetch(world: World) -> None:
    sync_kinds(world, REST, 30)


def test_a_failure_of_the_rest_is_noted_and_goes_away(tmp_path: Path) -> None:
    system = Paper("ree_system", ("demand",), error=Unreachable("no connection", source="ree_system"))
    real = paper_world(tmp_path, system)
    world = World(real, lambda: real)
    assert not run_job("drivers", fetch, world)
    assert world.troubles["drivers"].message == "ree_system (demand): no connection"
    system.error = None
    assert run_job("drivers", fetch, world)
    assert "drivers" not in world.troubles


def test_without_any_price_prices_are_looked_for_at_once(tmp_path: Path) -> None:
    """A restarted process has no sample world yet, whatever its jobs remember."""
    real = empty_ports(tmp_path / "real", tiny())
    world = World(real, lambda: sample_ports(tmp_path / "sample"), offline=True)
    assert prices_due(world, NOW)
    sync_prices(world, 30)
    assert world.ports() is not real
    assert not prices_due(world, NOW)
