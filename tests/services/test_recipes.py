"""Plans of a plant whose oven draws more at first and can be run in two modes, from file to re-planning."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.api.schemas.plans import RunRow
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.explain_run import Question, explain_batch, explain_start
from chocolate_factory.services.export_plan import ExportRequest, export_plan
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from chocolate_factory.services.stored_case import stored_case
from tests.worlds import empty_ports, tiny

MORNING = datetime(2026, 3, 11, 4, 45, tzinfo=UTC)
PLAN = PlanRequest(days=1)
Row = dict[str, Any]
MODES = """  machine = "oven"
  attended = "none"
  wait_max_minutes = 120
    [[product.step.mode]]
    name = "normal"
    minutes = 60
    power_kw = 11.0
    [[product.step.mode]]
    name = "gentle"
    minutes = 120
    profile = [[30, 8.0], [90, 3.0]]
"""
GENTLE = [8.0, 8.0, *([3.0] * 6)]


def modal(text: str) -> str:
    """The tiny plant's file with modes for its oven."""
    old = '  machine = "oven"\n  minutes = 60\n  attended = "ends"\n  wait_max_minutes = 120\n'
    assert old in text
    return text.replace(old, MODES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, Row]:
    ports = empty_ports(tmp_path_factory.mktemp("modes"), modal(tiny("fixed")), MORNING)
    return ports, make_plan(ports, PLAN)


def when(run: Row, key: str = "start") -> datetime:
    return datetime.fromisoformat(run[key]).astimezone(UTC)


def bakes(plan: Row) -> list[Row]:
    return sorted((run for run in plan["runs"] if run["process"] == "bake"), key=when)


def test_each_run_says_its_mode_and_its_own_energy(made: tuple[Ports, Row]) -> None:
    _, plan = made
    assert {run["mode"] for run in bakes(plan)} == {"gentle"}, "8.5 kWh instead of 11"
    assert all("mode" not in run for run in plan["runs"] if run["process"] == "mix")
    assert [run["energy_kwh"] for run in bakes(plan)] == pytest.approx([8.5] * 4)
    auxiliary = len(plan["load_kw"]) / 4
    assert plan["energy_kwh"] == pytest.approx(sum(run["energy_kwh"] for run in plan["runs"]) + auxiliary)
    normal = 4 * (0.5 * 6 + 11) + auxiliary
    assert plan["baseline"]["energy_kwh"] == pytest.approx(normal), "the baseline knows normal modes only"


def test_the_answer_keeps_the_schema(made: tuple[Ports, Row]) -> None:
    _, plan = made
    for run in plan["runs"]:
        body = RunRow.model_validate(run).model_dump(mode="json")
        assert body.keys() == run.keys()
        assert body.get("mode") == run.get("mode")


def test_a_profiled_run_costs_what_its_slots_cost(made: tuple[Ports, Row]) -> None:
    ports, plan = made
    stored = stored_case(ports)
    price, start = stored.problem.price_eur_kwh, when(plan["window"])
    for run in bakes(plan):
        first = (when(run) - start) // timedelta(minutes=15)
        cost = sum(price[first + n] * kw / 4 for n, kw in enumerate(GENTLE))
        assert run["cost_eur"] == pytest.approx(cost)
    assert stored.solution.cost_eur == pytest.approx(plan["cost_eur"])


def test_the_reason_knows_the_mode(made: tuple[Ports, Row]) -> None:
    ports, plan = made
    for run in bakes(plan):
        told = explain_batch(ports, run["batch"])["runs"][1]
        assert told["mode"] == "gentle"
        assert told["energy_kwh"] == pytest.approx(run["energy_kwh"])
        assert f"start {told['rank']} of {told['allowed_starts']} " in run["why"]


def test_a_held_start_keeps_the_mode(made: tuple[Ports, Row]) -> None:
    ports, plan = made
    run = bakes(plan)[0]
    later = when(run) + timedelta(minutes=15)
    body = explain_start(ports, Question(run["batch"], later, "bake"))
    assert body["forced"] is not None
    assert body["forced"]["cost_eur"] >= plan["cost_eur"] - 1e-6


def test_the_table_has_a_column_for_modes(made: tuple[Ports, Row]) -> None:
    ports, _ = made
    text = export_plan(ports, ExportRequest("csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["process"], row["mode"]) for row in rows} == {("mix", ""), ("bake", "gentle")}
    assert b"bake, gentle" in export_plan(ports, ExportRequest("ics")).content.replace(b"\\,", b",")


def test_settling_counts_the_same_batches(made: tuple[Ports, Row]) -> None:
    ports, plan = made
    span = Window(MORNING - timedelta(days=1), MORNING + timedelta(days=1))
    later = replace(ports, clock=lambda: MORNING + timedelta(days=3))
    [row] = settle_plans(later, SettleRequest(span, 0))["plans"]
    assert row["plan"] == plan["id"]
    assert row["saving_eur"] == pytest.approx(plan["saving"]["eur"])


def test_what_has_begun_goes_on_in_its_mode(tmp_path: Path) -> None:
    """A gentle bake that runs draws the rest of its profile, and keeps its unit as long as its mode lasts."""
    ports = empty_ports(tmp_path, modal(tiny("fixed")), MORNING)
    first = bakes(make_plan(ports, PLAN))[0]
    later = replace(ports, clock=lambda: when(first) + timedelta(minutes=20))
    second = make_plan(later, PLAN)
    begun = next(
        run for run in second["begun"] if run["batch"] == first["batch"] and run["process"] == "bake"
    )
    assert (begun["mode"], begun["end"]) == ("gentle", first["end"])
    start = when(second["window"])
    gone = (start - when(first)) // timedelta(minutes=15)
    assert gone == 2
    load = [1.0] * 8
    rows = [*second["runs"], begun]
    for run in rows:
        draws = GENTLE if run["process"] == "bake" else [6.0, 6.0]
        for slot, kw in enumerate(draws, (when(run) - start) // timedelta(minutes=15)):
            if 0 <= slot < len(load):
                load[slot] += kw
    assert [row["kw"] for row in second["load_kw"][: len(load)]] == pytest.approx(load)
    stored = stored_case(later)
    assert stored.solution.cost_eur == pytest.approx(second["cost_eur"])
    assert stored.known.standing is not None
    kept = next(run for run in stored.known.standing.begun if run.process == "bake")
    assert (kept.mode, list(kept.profile_kw)) == ("gentle", GENTLE)


def test_the_rest_of_a_batch_may_take_any_mode(tmp_path: Path) -> None:
    """After the mix has begun its bake is still free: lots and tails are answered by either mode."""
    ports = empty_ports(tmp_path, modal(tiny("fixed")), MORNING)
    first = make_plan(ports, PLAN)
    mixed = min((run for run in first["runs"] if run["process"] == "mix"), key=when)
    free = replace(ports.replanning, freeze_minutes=0)
    later = replace(ports, clock=lambda: when(mixed) + timedelta(minutes=10), replanning=free)
    second = make_plan(later, PLAN)
    rest = [run for run in second["runs"] if run["batch"] == mixed["batch"]]
    assert [(run["process"], run["mode"]) for run in rest] == [("bake", "gentle")]
    tails = [p for p in stored_case(later).problem.products if p.batch == mixed["batch"]]
    assert [(p.steps[0].mode, p.variant_of is None) for p in tails] == [("normal", True), ("gentle", False)]
    assert explain_batch(later, mixed["batch"])["runs"][0]["mode"] == "gentle"


def test_what_is_held_keeps_its_mode(tmp_path: Path) -> None:
    """A bake that starts within the freeze window stays as it was planned, mode and all."""
    ports = empty_ports(tmp_path, modal(tiny("fixed")), MORNING)
    plan = make_plan(ports, PLAN)
    mixed = min((run for run in plan["runs"] if run["process"] == "mix"), key=when)
    later = replace(ports, clock=lambda: when(mixed) + timedelta(minutes=10))
    planned = next(run for run in bakes(plan) if run["batch"] == mixed["batch"])
    assert when(planned) < when(mixed) + timedelta(minutes=130)
    again = next(run for run in bakes(make_plan(later, PLAN)) if run["batch"] == mixed["batch"])
    assert (again["start"], again["end"], again["mode"]) == (planned["start"], planned["end"], "gentle")
    [tail] = [p for p in stored_case(later).problem.products if p.batch == mixed["batch"]]
    assert tail.steps[0].mode == "gentle"


def test_a_plant_without_modes_says_nothing_of_them(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny("fixed"), MORNING)
    plan = make_plan(ports, PLAN)
    assert all("mode" not in run for run in (*plan["runs"], *plan["begun"]))
    header = export_plan(ports, ExportRequest("csv")).content.decode("utf-8-sig").splitlines()[0]
    assert "mode" not in header.split(",")
