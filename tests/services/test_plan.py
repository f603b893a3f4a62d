"""Plans end to end in small worlds: every figure of the answer can be recomputed from the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import DataMissing, Infeasible, UsageError
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.give_advice import give_advice
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.read_plans import list_plans, plan_body, read_plan
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from tests.worlds import NOW, empty_ports, fill, sample_ports, tiny

CONTRACT_KEYS = {
    "issued_at", "window", "resolution_min", "currency", "cost_eur", "energy_kwh", "baseline", "saving",
    "cost_parts", "mip_gap", "solve_seconds", "price_origin", "violations", "assumed_stock", "left_for_later",
    "runs", "load_kw",
}  # fmt: skip
URGENT = """
[[demand]]
product = "loaf"
kg = 300
every = "once"
due = "2026-03-11T08:00"
"""
RUN_KEYS = {"batch", "product", "process", "machine", "unit", "start", "end", "energy_kwh", "cost_eur", "why"}


@pytest.fixture(scope="module", params=["indexed", "pvpc", "fixed"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, dict[str, Any]]:
    ports = sample_ports(tmp_path_factory.mktemp("world"), request.param)
    return ports, make_plan(ports, PlanRequest(days=3))


def test_answer_keeps_the_contract(made: tuple[Any, dict[str, Any]]) -> None:
    _, answer = made
    assert answer.keys() >= CONTRACT_KEYS
    assert all(run.keys() == RUN_KEYS for run in answer["runs"])
    assert answer["violations"] == []
    assert answer["sample"] is True
    assert 0 <= answer["mip_gap"] < 1
    assert sum(answer["price_origin"].values()) == len(answer["load_kw"])


def test_every_line_can_be_recomputed(made: tuple[Any, dict[str, Any]]) -> None:
    _, answer = made
    bill = answer["bill"]["plan"]
    load = sum(point["kw"] for point in answer["load_kw"]) / 4
    assert answer["energy_kwh"] == pytest.approx(load)
    energy = tax = 0.0
    for row in bill["periods"]:
        parts = sum(row["kwh"] * part["mean_eur_mwh"] / 1000 for part in row["parts"].values())
        assert row["energy_eur"] == pytest.approx(parts)
        assert row["tax_eur"] == pytest.approx(row["energy_eur"] * row["tax_rate"])
        energy, tax = energy + row["energy_eur"], tax + row["tax_eur"]
    excess = sum(row["before_tax_eur"] for row in bill["excess"])
    tax += sum(row["tax_eur"] for row in bill["excess"])
    parts = answer["cost_parts"]
    assert parts["energy"] == pytest.approx(energy)
    assert parts["excess_power"] == pytest.approx(excess)
    assert parts["taxes"] == pytest.approx(tax)
    assert answer["cost_eur"] == pytest.approx(energy + excess + tax)


def test_runs_add_up(made: tuple[Any, dict[str, Any]]) -> None:
    _, answer = made
    own = sum(run["energy_kwh"] for run in answer["runs"])
    auxiliary = len(answer["load_kw"]) / 4 * 1.0
    assert answer["energy_kwh"] == pytest.approx(own + auxiliary)


def test_same_batches_in_both_arms(made: tuple[Any, dict[str, Any]]) -> None:
    ports, answer = made
    assert answer["baseline"]["energy_kwh"] == pytest.approx(answer["energy_kwh"])
    body = plan_body(ports.store, answer["id"])
    assert body is not None
    assert set(body["baseline_batches"]) == {run["batch"] for run in answer["runs"]}
    assert answer["saving"]["eur"] == pytest.approx(answer["baseline"]["cost_eur"] - answer["cost_eur"])
    assert answer["saving"]["eur"] >= -1e-6


def test_stored_plan_is_the_answer(made: tuple[Any, dict[str, Any]]) -> None:
    ports, answer = made
    assert read_plan(ports.store, answer["id"]) == answer
    assert list_plans(ports.store, 5)[0]["id"] == answer["id"]


def test_advice_follows_the_runs(made: tuple[Any, dict[str, Any]]) -> None:
    ports, answer = made
    body = plan_body(ports.store, answer["id"])
    assert body is not None
    first = min(datetime.fromisoformat(run["start"]) for run in answer["runs"])
    last = max(datetime.fromisoformat(run["end"]) for run in answer["runs"])
    zone = "Europe/Madrid"
    assert give_advice(body, first - timedelta(minutes=1), zone)["action"] == "wait"
    assert give_advice(body, first - timedelta(minutes=1), zone)["switch_at"] == first
    assert give_advice(body, first, zone)["action"] == "run"
    assert give_advice(body, last, zone)["action"] == "done"


def test_advice_counts_runs_that_had_begun(made: tuple[Any, dict[str, Any]]) -> None:
    ports, answer = made
    body = plan_body(ports.store, answer["id"])
    assert body is not None
    begun = {key: value for key, value in answer["runs"][0].items() if key not in ("cost_eur", "energy_kwh")}
    begun |= {"start": (NOW - timedelta(hours=1)).isoformat(), "end": (NOW + timedelta(hours=2)).isoformat()}
    carried = {**body, "answer": {**body["answer"], "begun": [begun]}}
    advice = give_advice(carried, NOW, "Europe/Madrid")
    assert (advice["action"], [run["batch"] for run in advice["running"]]) == ("run", [begun["batch"]])
    assert advice["saving_today_eur"] == give_advice(body, NOW, "Europe/Madrid")["saving_today_eur"]


def test_saving_by_day_adds_up_to_the_energy_saving(made: tuple[Any, dict[str, Any]]) -> None:
    ports, answer = made
    body = plan_body(ports.store, answer["id"])
    assert body is not None
    days = [
        give_advice(body, NOW + timedelta(days=d), "Europe/Madrid")["saving_today_eur"] or 0 for d in range(5)
    ]
    energy = answer["baseline"]["cost_eur"] - answer["cost_eur"]
    for arm, sign in (("baseline", -1), ("plan", 1)):
        bill = answer["bill"][arm]
        energy += sign * sum(row["before_tax_eur"] + row["tax_eur"] for row in bill["excess"])
    assert sum(days) == pytest.approx(energy)


def test_settled_on_the_prices_that_came(made: tuple[Any, dict[str, Any]], tmp_path: Path) -> None:
    ports, answer = made
    before = settle_plans(ports, SettleRequest(Window(NOW - timedelta(days=1), NOW + timedelta(days=1)), 0))
    row = next(row for row in before["plans"] if row["plan"] == answer["id"])
    assert row["status"] == "provisional"
    assert row["saving_eur"] == pytest.approx(answer["saving"]["eur"]), "nothing new is known yet"
    later = fill(replace(ports, clock=lambda: NOW + timedelta(days=6)))
    after = settle_plans(later, SettleRequest(Window(NOW - timedelta(days=1), NOW + timedelta(days=1)), 5))
    row = next(row for row in after["plans"] if row["plan"] == answer["id"])
    assert row["status"] == "settled"
    assert row["saving_eur"] == pytest.approx(row["baseline_cost_eur"] - row["plan_cost_eur"])
    assert row["hindsight_cost_eur"] <= row["plan_cost_eur"] + 1e-6
    assert row["captured_share"] is None or row["captured_share"] <= 1 + 1e-6


def test_without_prices_nothing_is_invented(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny())
    with pytest.raises(DataMissing):
        make_plan(ports, PlanRequest(days=3))
    assert ports.store.find("plan") == []


def test_fixed_contract_plans_without_market_prices(tmp_path: Path) -> None:
    answer = make_plan(empty_ports(tmp_path, tiny("fixed")), PlanRequest(days=3))
    assert answer["price_origin"]["contract"] == len(answer["load_kw"])
    assert any("weather" in sentence for sentence in answer["assumptions"])


def test_infeasible_names_demand_and_rule(tmp_path: Path) -> None:
    text = tiny() + URGENT
    ports = sample_ports(tmp_path)
    ports = replace(ports, factory=parse_factory(text), factory_text=text)
    with pytest.raises(Infeasible) as caught:
        make_plan(ports, PlanRequest(days=3))
    assert "loaf" in caught.value.message
    assert caught.value.conflicts[0]["rules"]
    assert ports.store.find("plan") == []
    late = make_plan(ports, PlanRequest(days=3, allow_late=True))
    assert late["late"] == [{"product": "loaf", "batches": 4, "due": "2026-03-11T08:00:00+01:00"}]
    assert late["violations"] == []


def test_what_does_not_fit_at_all_is_late_and_left(tmp_path: Path) -> None:
    """100 batches a day where the mixer can start 32: a plan stands, and says what it cannot make."""
    text = tiny().replace("kg = 100", "kg = 5000")
    ports = sample_ports(tmp_path)
    ports = replace(ports, factory=parse_factory(text), factory_text=text)
    with pytest.raises(Infeasible):
        make_plan(ports, PlanRequest(days=2))
    answer = make_plan(ports, PlanRequest(days=2, allow_late=True))
    made = len({run["batch"] for run in answer["runs"]})
    left = sum(row["batches"] for row in answer["left_for_later"])
    stock = sum(row["batches"] for row in answer["assumed_stock"])
    assert made + left + stock == 300
    assert 55 <= made <= 64
    assert sum(row["batches"] for row in answer["late"]) >= left


def test_days_out_of_range(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        make_plan(empty_ports(tmp_path, tiny()), PlanRequest(days=0))
