"""Battery and array from the factory file to the stored plan, the plan after it, and what-if."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import Misconfigured, UsageError
from chocolate_factory.domain.assets import Dispatch
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Schedule
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.pose_problem import pose_problem
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from chocolate_factory.services.stored_case import stored_case
from chocolate_factory.services.what_if import Wish, what_if
from tests.worlds import NOW, fill, sample_ports, tiny

BATTERY = """
[battery]
capacity_kwh = 20
charge_kw = 10
discharge_kw = 10
reserve_kwh = 2
wear_eur_kwh = 0.01
"""
PV = """
[pv]
kwp = 12
surplus = "spot"
"""
NAMES = ("charge_kw", "discharge_kw", "pv_used_kw", "sold_kw", "stored_kwh")


def sunny(ports: Ports, text: str) -> Ports:
    """The world with another file, two days of 400 W/m² by day as forecast, and little time to plan."""
    first = epoch(NOW)
    start = first + 3600 * np.arange(48, dtype=np.int64)
    value = np.where((start // 3600 % 24 > 7) & (start // 3600 % 24 < 17), 400.0, 0.0)
    known, names = np.full(48, first - 60, np.int64), np.full(48, "open_meteo")
    sun = Series(
        "radiation_forecast", start, np.full(48, 60), value, known, np.full(48, str(Origin.FORECAST)), names
    )
    ports.store.write(sun)
    return replace(ports, factory=parse_factory(text), factory_text=text, plan_seconds=3.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, dict[str, Any]]:
    """A plan of two days with both."""
    ports = sunny(sample_ports(tmp_path_factory.mktemp("assets")), tiny() + BATTERY + PV)
    return ports, make_plan(ports, PlanRequest(days=2))


def test_the_answer_adds_up(made: tuple[Ports, dict[str, Any]]) -> None:
    """Energy in the battery follows from its flows, and the parts are the cost."""
    _, answer = made
    battery, pv = answer["battery"], answer["pv"]
    stored = battery["start_kwh"]
    assert stored == 2 and battery["start_assumed"]
    for row in battery["rows"]:
        stored += (row["charge_kw"] * 0.9**0.5 - row["discharge_kw"] / 0.9**0.5) / 4
        assert row["stored_kwh"] == pytest.approx(stored, abs=1e-6)
        assert 2 - 1e-6 <= row["stored_kwh"] <= 20 + 1e-6
    assert stored >= 2 - 1e-6 and battery["discharged_kwh"] > 0
    assert battery["wear_eur"] == pytest.approx(0.01 * battery["discharged_kwh"])
    assert 0 < pv["used_kwh"] + pv["sold_kwh"] <= pv["available_kwh"] + 1e-6
    assert pv["origin"] == {"forecast": 48, "estimated": 0, "missing": len(answer["load_kw"]) // 4 - 48}
    parts = answer["cost_parts"]
    assert answer["cost_eur"] == pytest.approx(sum(parts.values()))
    assert parts["surplus"] == pytest.approx(-pv["surplus_eur"])
    assert answer["cost_eur"] < answer["baseline"]["cost_eur"]
    told = " ".join(answer["assumptions"])
    assert "battery.efficiency is not given" in told and "pv.tilt is not given" in told
    assert "the array counts as nothing there" in told and "its reserve of 2 kWh" in told


def test_what_is_stored_can_be_posed_again(made: tuple[Ports, dict[str, Any]]) -> None:
    """The same problem, the same cost."""
    ports, answer = made
    again = stored_case(ports, answer["id"])
    assert again.problem.assets is not None and again.problem.assets.start_kwh == 2
    assert again.solution.cost_eur == pytest.approx(again.told_eur, abs=1e-6)


def test_the_next_plan_takes_over_the_battery(made: tuple[Ports, dict[str, Any]]) -> None:
    """What the plan leaves in the battery at a moment is what the plan from then on starts with."""
    ports, answer = made
    row = next(r for r in answer["battery"]["rows"] if r["stored_kwh"] > 3)
    at = datetime.fromisoformat(row["start"]) + timedelta(minutes=15)
    later = replace(ports, clock=lambda: at.astimezone(NOW.tzinfo))
    case = pose_problem(later, 1, allow_late=True)
    assert case.problem.assets is not None
    assert case.problem.assets.start_kwh == pytest.approx(row["stored_kwh"])


def schedule_of(made: tuple[Ports, dict[str, Any]]) -> tuple[Ports, Any, Schedule]:
    """The plan's case, and a schedule without runs but with its assets."""
    ports, answer = made
    again = stored_case(ports, answer["id"])
    empty = Schedule(again.problem.window, (), (), {}, {}, {}, assets=again.problem.assets)
    return ports, again, empty


def broken(made: tuple[Ports, dict[str, Any]], **kw: Any) -> set[tuple[str, str]]:
    """Rules and messages that a changed idle dispatch breaks; values are powers by slot, else 0."""
    ports, again, empty = schedule_of(made)
    slots = again.problem.slots
    still = {name: np.zeros(slots) for name in NAMES} | {"stored_kwh": np.full(slots, 2.0)}
    for name, changes in kw.items():
        for slot, value in changes.items():
            still[name][slot] = value
    schedule = replace(empty, dispatch=Dispatch(**still))
    return {(v.rule, v.message) for v in violations(ports.factory, schedule, again.case.climate)}


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"charge_kw": {0: 11.0}}, "battery", "charged with a power outside 0 to 10"),
        ({"discharge_kw": {0: -1.0}}, "battery", "discharged with a power outside"),
        ({"charge_kw": {0: 1.0}, "discharge_kw": {0: 1.0}}, "battery", "at once"),
        ({"charge_kw": {0: 4.0}}, "battery", "does not follow"),
        ({"stored_kwh": {3: 1.0}}, "battery", "less than 2 or more than 20"),
        ({"stored_kwh": {-1: 0.5}}, "battery", "less than the 2 of its start"),
        ({"pv_used_kw": {0: 1.0}}, "pv", "more is used and sold than the array gives"),
        ({"sold_kw": {0: -1.0}}, "pv", "sells a negative power"),
        ({"discharge_kw": {0: 8.0}}, "pv", "more is given than the site draws"),
        ({"sold_kw": {48: 1.0}}, "pv", "while the site draws"),
    ],
)
def test_each_breach_is_named(
    made: tuple[Ports, dict[str, Any]], changes: dict[str, Any], rule: str, words: str
) -> None:
    """The idle dispatch breaks nothing; each change breaks its rule."""
    assert not {name for name, _ in broken(made)} & {"battery", "pv"}
    found = broken(made, **changes)
    assert any(name == rule and words in text for name, text in found), found


def test_surplus_that_nobody_pays(made: tuple[Ports, dict[str, Any]]) -> None:
    """Selling is a breach where the file says none."""
    _, again, empty = schedule_of(made)
    factory = parse_factory(tiny() + BATTERY + PV.replace('"spot"', '"none"'))
    still = {name: np.zeros(again.problem.slots) for name in NAMES}
    schedule = replace(empty, dispatch=Dispatch(**(still | {"sold_kw": np.ones(again.problem.slots)})))
    rules = [v.message for v in violations(factory, schedule, again.case.climate)]
    assert any("nobody pays for" in text for text in rules)


def test_settling_says_what_it_leaves_out(made: tuple[Ports, dict[str, Any]]) -> None:
    """No hindsight is made up for a plant whose battery and array it could not use."""
    window = Window(NOW - timedelta(days=1), NOW + timedelta(days=1))
    later = fill(replace(made[0], clock=lambda: NOW + timedelta(days=6)))
    (row, *_) = settle_plans(later, SettleRequest(window, 5))["plans"]
    assert row["status"] == "settled"
    assert "wear of the battery" in row["left_out"]
    assert row["hindsight_cost_eur"] is None
    assert row["captured_share"] is None


def test_what_if_a_battery(tmp_path: Path) -> None:
    """A battery asked of a plant without one lowers the cost, and says what was assumed of it."""
    ports = replace(sample_ports(tmp_path), plan_seconds=2.0)
    make_plan(ports, PlanRequest(days=1))
    row = what_if(ports, Wish(("battery.capacity_kwh=40",), seconds=2.0))
    assert row["difference"]["cost_eur"] < 0
    assert any("20 kW each" in note for note in row["assumptions"])
    with pytest.raises(UsageError):
        what_if(ports, Wish(("battery.colour=red",), seconds=1.0))


def test_faults_of_the_file() -> None:
    """Missing keys, values out of range, a reserve above the capacity."""
    with pytest.raises(Misconfigured) as caught:
        parse_factory(tiny() + "[battery]\ncapacity_kwh = 5\nreserve_kwh = 9\n[pv]\nkwp = -1\nsurplus = 1\n")
    for part in (
        "battery.charge_kw is missing",
        "battery.reserve_kwh is 9, more than battery.capacity_kwh, 5",
        "pv.kwp is -1",
        "pv.surplus is 1; allowed: one of none, spot",
    ):
        assert part in caught.value.message
