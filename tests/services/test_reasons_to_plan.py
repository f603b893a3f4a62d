"""What makes the background job plan again, and what the plan then says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Solution
from chocolate_factory.domain.production import Kind
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.read_plans import list_plans
from chocolate_factory.services.reasons_to_plan import reasons_to_plan
from chocolate_factory.services.train_models import TrainRequest, train
from chocolate_factory.tasks.keep_fresh import plan_when_needed
from chocolate_factory.tasks.runner import run_job
from tests.worlds import NOW, empty_ports, fill, sample_ports, tiny

NOON = NOW.replace(hour=11, minute=0)
WEEK = PlanRequest(days=7, allow_late=True, time_limit_s=0.3)


def at(ports: Ports, moment: datetime) -> Ports:
    return replace(ports, clock=lambda: moment)


def test_nothing_new_is_no_reason(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path, now=NOON)
    assert reasons_to_plan(ports, 7) == ["first plan"]
    make_plan(ports, WEEK)
    assert reasons_to_plan(at(ports, NOON + timedelta(minutes=15)), 7) == []


def test_each_reason_by_its_name(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path, now=NOON)
    make_plan(ports, WEEK)
    auction = fill(at(ports, NOON + timedelta(hours=2)), 5)
    assert reasons_to_plan(auction, 7) == ["prices published"]
    changed = tiny().replace("kg = 100", "kg = 150")
    other = replace(auction, factory=parse_factory(changed), factory_text=changed)
    assert reasons_to_plan(other, 7) == ["factory file changed", "prices published"]
    log_production(other, Entry(Kind.STOCK, "test", product="loaf", kg=50))
    assert reasons_to_plan(other, 7)[0] == "production log"
    plan = make_plan(other, replace(WEEK, because=", ".join(reasons_to_plan(other, 7))))
    assert plan["because"] == "production log, factory file changed, prices published"
    assert reasons_to_plan(other, 7) == []
    assert reasons_to_plan(at(other, NOON + timedelta(days=1)), 7) == ["window moved on"]


def test_a_model_learnt_anew_is_a_new_forecast(tmp_path: Path) -> None:
    ports = replace(fill(empty_ports(tmp_path, tiny(), NOON), 200), forecaster="lear")
    train(TrainRequest(("spot",), ("lear",)), ports, lambda *_: None)
    make_plan(ports, WEEK)
    later = at(ports, NOON + timedelta(minutes=30))
    assert reasons_to_plan(later, 7) == []
    train(TrainRequest(("spot",), ("lear",)), later, lambda *_: None)
    assert reasons_to_plan(later, 7) == ["new forecast"]
    assert reasons_to_plan(replace(later, forecaster="naive-kind"), 7) == ["new forecast"], "another model"


def test_what_comes_later_is_no_reason_under_a_replayed_clock(tmp_path: Path) -> None:
    """Prices and a plan of the next day are stored already: they count from then on."""
    ports = sample_ports(tmp_path, now=NOON)
    tomorrow = fill(at(ports, NOON + timedelta(days=1, hours=2)), 5)
    make_plan(tomorrow, WEEK)
    assert reasons_to_plan(ports, 7) == ["first plan"]
    make_plan(ports, WEEK)
    assert reasons_to_plan(ports, 7) == []
    assert reasons_to_plan(at(ports, NOON + timedelta(hours=2)), 7) == ["prices published"]
    assert reasons_to_plan(tomorrow, 7) == []


def test_a_model_learnt_while_the_planner_searches_is_a_new_forecast(tmp_path: Path) -> None:
    ports = replace(fill(empty_ports(tmp_path, tiny(), NOON), 200), forecaster="lear")
    request = TrainRequest(("spot",), ("lear",))
    train(request, ports, lambda *_: None)
    make_plan(replace(ports, planner=Meanwhile(ports, request)), WEEK)
    assert reasons_to_plan(ports, 7) == ["new forecast"]


@dataclass
class Meanwhile:
    """The planner, which looks on as a model learns once during its first search."""

    ports: Ports
    request: TrainRequest
    learnt: bool = False

    def solve(self, *given: Any, **named: Any) -> Solution:
        if not self.learnt:
            train(self.request, self.ports, lambda *_: None)
            self.learnt = True
        return self.ports.planner.solve(*given, **named)


def test_the_loop_reads_the_factory_file_again(tmp_path: Path) -> None:
    """A changed order is planned for at the next look; an unsound file leaves plan and plant as they are."""
    file = tmp_path / "factory.toml"
    file.write_text(tiny("fixed"))
    ports = empty_ports(tmp_path / "state", tiny("fixed"), NOON)

    def read() -> tuple[object, str]:
        return parse_factory(file.read_text()), file.read_text()

    world = World(ports, lambda: ports, offline=True, read_factory=read)  # type: ignore[arg-type]
    plan_when_needed(world)
    assert {row["because"] for row in list_plans(ports.store, 9)} == {"first plan"}
    before = len(ports.store.find("plan"))
    file.write_text(tiny("fixed").replace("kg = 100", "kg = 150"))
    plan_when_needed(world)
    newest = list_plans(ports.store, 9)[0]
    assert newest["because"] == "factory file changed"
    assert newest["changes"]["batches_added"] > 0
    plan_when_needed(world)
    assert len(ports.store.find("plan")) == before + 1, "once"
    file.write_text("[site]\n")
    assert run_job("plan", plan_when_needed, world)
    assert isinstance(world.troubles["factory"], Misconfigured)
    assert world.ports().factory.demands[0].kg == 150
    world.real = at(world.real, NOON + timedelta(minutes=1))
    log_production(world.ports(), Entry(Kind.STOCK, "test", product="loaf", kg=50))
    assert run_job("plan", plan_when_needed, world), "planned on with the old file"
    assert list_plans(ports.store, 9)[0]["because"] == "production log"
    file.write_text(tiny("fixed").replace("kg = 100", "kg = 150"))
    assert run_job("plan", plan_when_needed, world)
    assert "factory" not in world.troubles


def test_the_full_search_replaces_the_quick_first_plan_only_by_a_cheaper_one(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path, now=NOON)
    plan_when_needed(World(ports, lambda: ports, offline=True))
    rows = list_plans(ports.store, 9)
    assert all(row["because"] == "first plan" for row in rows)
    assert rows[0]["cost_eur"] <= rows[-1]["cost_eur"] + 1e-6


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Deadly:
    """The real planner, whose process ends when it is asked a second time."""

    planner: Any
    asked: int = 0

    def solve(self, *args: Any, **named: Any) -> Solution:
        self.asked += 1
        if self.asked > 1:
            raise Killed
        found: Solution = self.planner.solve(*args, **named)
        return found


def test_the_full_search_comes_although_the_process_ended_after_the_quick_plan(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path, now=NOON)
    deadly = replace(ports, planner=Deadly(ports.planner))
    with pytest.raises(Killed):
        plan_when_needed(World(deadly, lambda: deadly, offline=True))
    later = at(ports, NOON + timedelta(minutes=5))
    assert (len(list_plans(ports.store, 9)), reasons_to_plan(later, 7)) == (1, ["first plan"])
    plan_when_needed(World(later, lambda: later, offline=True))
    assert (len(list_plans(ports.store, 9)), reasons_to_plan(later, 7)) == (2, [])
