"""A conche of the reference plant breaks on a Wednesday morning: what has begun is not touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind
from chocolate_factory.domain.what_if_edits import KEYS
from chocolate_factory.services.compare_plans import compare_plans
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.read_production import under_way
from chocolate_factory.services.what_if import Wish, what_if
from tests.conftest import ROOT
from tests.worlds import empty_ports

EVENING = datetime(2026, 3, 10, 20, tzinfo=UTC)
MORNING = datetime(2026, 3, 11, 9, 5, tzinfo=UTC)
FOUR_HOURS = timedelta(hours=4)
REQUEST = PlanRequest(days=2, allow_late=True, time_limit_s=0.3)
TOLD = ("batch", "process", "machine", "unit")
FIXED = 'kind = "fixed"\nenergy_eur_mwh = [190, 170, 150, 140, 130, 120]\n#'
AWAY = 'unavailable = [["2026-03-11T10:00", "2026-03-11T14:00", 1]]'
ASKED = {
    "price": "price=+10%",
    "tariff": "tariff=6.1TD",
    "power": "power:P6=150",
    "excess": "excess=-100%",
    "shift": "shift=22:00-24:00",
    "machine": "machine:conche=-1",
    "demand": "demand:standard=-20%",
    "battery": "battery.capacity_kwh=40",
    "pv": "pv.kwp=20",
}
LINES = """
[site]
name = "Lines"
timezone = "Europe/Madrid"
latitude = 38.1
longitude = -3.6
holidays = "ES-AN"
[contract]
kind = "fixed"
access_tariff = "3.0TD"
contracted_power_kw = [20, 20, 20, 20, 20, 51]
energy_eur_mwh = [210, 180, 150, 120, 100, 80]
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "06:00"
end = "14:00"
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "22:00"
end = "06:00"
[[machine]]
name = "mix"
power_kw = 11
[[machine]]
name = "line"
count = 2
power_kw = 13
[[product]]
name = "long"
batch_kg = 10
step = [
    {process = "mix", machine = "mix", minutes = 30},
    {process = "line", machine = "line", minutes = 75, wait_max_minutes = 10},
]
[[product]]
name = "short"
batch_kg = 10
step = [
    {process = "mix", machine = "mix", minutes = 20},
    {process = "line", machine = "line", minutes = 40, wait_max_minutes = 0, attended = "ends"},
]
[[setup]]
machine = "line"
minutes = 30
power_kw = 5
[[setup]]
machine = "mix"
minutes = 15
power_kw = 5
[[auxiliary]]
name = "base"
power_kw = 25
[[demand]]
product = "long"
kg = 70
every = "fri"
due = "06:00"
[[demand]]
product = "short"
kg = 60
every = "weekday"
due = "24:00"
[[demand]]
product = "short"
kg = 20
every = "thu"
due = "05:00"
fixed = true
"""
Row = dict[str, Any]


def when(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def placed(row: Row) -> tuple[Any, ...]:
    """A run with its unit and its times, however they are written."""
    times = [when(at) if isinstance(at, str) else at.astimezone(UTC) for at in (row["start"], row["end"])]
    return (*(row[key] for key in TOLD), *times)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, Row]:
    """The reference plant on fixed prices, planned on Tuesday evening."""
    text = (ROOT / "factory.toml").read_text(encoding="utf-8").replace('kind = "indexed"', FIXED)
    ports = empty_ports(tmp_path_factory.mktemp("plant"), text, EVENING)
    return ports, make_plan(ports, REQUEST)


def copied(ports: Ports, folder: Path) -> Ports:
    """The same plant and plan on Wednesday morning, in a store of its own."""
    own = empty_ports(folder, ports.factory_text, MORNING)
    for kind in ("factory", "plan"):
        for record in ports.store.find(kind):
            own.store.save(record)
    return own


def batch_lost(ports: Ports, going: list[Row]) -> tuple[Ports, str]:
    """A conche fails with its batch."""
    lost = next(row for row in going if row["process"] == "conche" and row["end"] > MORNING)
    until, reason = MORNING + FOUR_HOURS, "bearing"
    entry = Entry(Kind.FAILED, "test", batch=lost["batch"], machine="conche", until=until, reason=reason)
    assert {row["kind"] for row in log_production(ports, entry)} == {"failed", "outage"}
    return ports, lost["batch"]


def unit_reported_away(ports: Ports, going: list[Row]) -> tuple[Ports, str]:
    """A conche is reported out of order; whatever is in it goes on."""
    entry = Entry(Kind.OUTAGE, "test", machine="conche", units=1, until=MORNING + FOUR_HOURS)
    assert [row["kind"] for row in log_production(ports, entry)] == ["outage"]
    return ports, ""


def unit_away_by_file(ports: Ports, going: list[Row]) -> tuple[Ports, str]:
    """The factory file says that a conche is away."""
    first, conche, rest = ports.factory_text.partition('name = "conche"')
    text = first + conche + rest.replace("unavailable = []", AWAY, 1)
    return replace(ports, factory=parse_factory(text), factory_text=text), ""


@pytest.mark.parametrize("broken", [batch_lost, unit_reported_away, unit_away_by_file])
def test_a_broken_conche_moves_nothing_that_has_begun(
    evening: tuple[Ports, Row], tmp_path: Path, broken: Any
) -> None:
    """Begun runs keep unit and times to the minute, none is planned again, two conches carry the rest."""
    ports = copied(evening[0], tmp_path)
    going = under_way(ports)
    assert {"mix", "refine", "conche"} <= {row["process"] for row in going}
    ports, lost = broken(ports, going)
    plan = make_plan(ports, REQUEST)
    kept = {placed(row) for row in going if row["batch"] not in {lost, *plan["given_up"]}}
    assert {placed(row) for row in plan["begun"]} == kept
    assert len(plan["given_up"]) <= 1, "only a batch that waits for the lost conche may find no place"
    assert plan["violations"] == []
    again = {(row["batch"], row["process"]) for row in plan["runs"]}
    assert not again & {(row["batch"], row["process"]) for row in going}
    assert lost not in {batch for batch, _ in again}
    assert min(when(row["start"]) for row in plan["runs"]) >= MORNING + timedelta(minutes=10)
    conches = [placed(row) for row in (*plan["begun"], *plan["runs"]) if row["process"] == "conche"]
    for quarter in range(16):
        moment = MORNING + timedelta(minutes=10 + 15 * quarter)
        busy = [unit for *_, unit, start, end in conches if start <= moment < end]
        assert len(set(busy)) == len(busy) <= 3
        if moment < MORNING + FOUR_HOURS - timedelta(minutes=5):
            assert len(busy) <= 2 or all(start <= MORNING for *_, start, end in conches if end > moment)
    difference = compare_plans(ports)
    assert (difference["before"], difference["after"]) == (evening[1]["id"], plan["id"])


@pytest.fixture
def lines(tmp_path: Path) -> Ports:
    """Two lines with setups and hardly any waiting before them, planned for two days before Easter."""
    ports = empty_ports(tmp_path, LINES, datetime(2026, 4, 1, 5, tzinfo=UTC))
    make_plan(ports, replace(REQUEST, time_limit_s=0.1))
    return ports


def test_a_line_lost_with_setups_leaves_batches_out(lines: Ports) -> None:
    """One of two lines is out of order throughout: a plan that keeps every rule, with less in it."""
    own = replace(lines, clock=lambda: datetime(2026, 4, 1, 9, tzinfo=UTC))
    away = Entry(Kind.OUTAGE, "test", machine="line", units=1, until=datetime(2026, 4, 3, 22, tzinfo=UTC))
    log_production(own, away)
    plan = make_plan(own, replace(REQUEST, time_limit_s=0.1))
    assert plan["violations"] == []
    assert plan["runs"] and plan["left_for_later"]


@pytest.mark.soak
def test_what_if_a_line_less_has_an_answer(lines: Ports) -> None:
    """The same question of the plan in force."""
    body = what_if(lines, Wish(("machine:line=-1",), seconds=0.1))
    assert body["what_if"]["batches"] < body["present"]["batches"]


@pytest.mark.soak
def test_every_what_if_answers_in_the_middle_of_the_day(evening: tuple[Ports, Row], tmp_path: Path) -> None:
    """Each kind of change, batches under way: two sides, a difference within its bounds, nothing stored."""
    ports = copied(evening[0], tmp_path)
    ports, _ = batch_lost(ports, under_way(ports))
    make_plan(ports, REQUEST)
    before = [record.id for record in ports.store.find("plan")]
    assert set(ASKED) == set(KEYS)
    for kind, word in ASKED.items():
        body = what_if(ports, Wish((word,), seconds=0.1))
        assert body["changes"] == [word]
        for side in ("present", "what_if"):
            assert body[side]["batches"] >= 5 and body[side]["cost_eur"] > 0, kind
        difference = body["difference"]
        change = body["what_if"]["cost_eur"] - body["present"]["cost_eur"]
        assert difference["cost_eur"] == pytest.approx(change)
        assert difference["least_eur"] - 1e-6 <= change <= difference["most_eur"] + 1e-6, kind
        assert body["runs"]["stay"] + body["runs"]["moved"] >= 1
    assert [record.id for record in ports.store.find("plan")] == before


@pytest.mark.soak
def test_a_machine_less_while_runs_are_frozen_has_an_answer(
    evening: tuple[Ports, Row], tmp_path: Path
) -> None:
    """What is frozen on a machine that is taken away is free to move, whatever else is under way."""
    ports = copied(evening[0], tmp_path)
    for hour, minute in ((5, 50), (9, 5), (11, 50), (12, 20)):
        moment = datetime(2026, 3, 11, hour, minute, tzinfo=UTC)
        then = replace(ports, clock=lambda moment=moment: moment)
        make_plan(then, REQUEST)
        body = what_if(then, Wish(("machine:conche=-1",), seconds=0.1))
        assert body["what_if"]["batches"] > 0
