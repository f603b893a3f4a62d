"""Plans of a plant whose ovens are set up between two products, from file to re-planning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.api.schemas.plans import SetupRow
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.explain_run import explain_batch
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.stored_case import stored_case
from tests.worlds import empty_ports, tiny

MORNING = datetime(2026, 3, 11, 4, 45, tzinfo=UTC)
PLAN, TWO_DAYS = PlanRequest(days=1, time_limit_s=0.3), PlanRequest(days=2, time_limit_s=0.3)
"""Bounds know little of setups: a search goes on to its end."""
QUARTER = timedelta(minutes=15)
Row = dict[str, Any]
MORE = """
[[product]]
name = "roll"
batch_kg = 50
  [[product.step]]
  process = "mix"
  machine = "mixer"
  minutes = 30
  [[product.step]]
  process = "bake"
  machine = "oven"
  minutes = 45
  attended = "ends"
  wait_max_minutes = 120

[[demand]]
product = "roll"
kg = 100
every = "weekday"
due = "22:00"

[[setup]]
machine = "oven"
minutes = 40
power_kw = 2.0
attended = "none"
"""


def two_products(kind: str = "fixed") -> str:
    """The tiny plant with one oven, a second product, and a setup of the oven in between."""
    text = tiny(kind) + MORE
    assert 'name = "oven"\ncount = 2' in text
    return text.replace('name = "oven"\ncount = 2', 'name = "oven"\ncount = 1')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, Row]:
    ports = empty_ports(tmp_path_factory.mktemp("setups"), two_products(), MORNING)
    return ports, make_plan(ports, PLAN)


def when(run: Row, key: str = "start") -> datetime:
    return datetime.fromisoformat(run[key]).astimezone(UTC)


def bakes(plan: Row) -> list[Row]:
    return sorted((run for run in plan["runs"] if run["process"] == "bake"), key=when)


def changes(plan: Row, first: str = "") -> list[Row]:
    """Bakes that follow another product on the one oven."""
    found, before = [], first
    for run in bakes(plan):
        if before not in ("", run["product"]):
            found.append(run)
        before = run["product"]
    return found


def test_every_change_has_its_setup(made: tuple[Ports, Row]) -> None:
    _, plan = made
    assert {run["product"] for run in plan["runs"]} == {"loaf", "roll"}
    changed = changes(plan)
    assert changed
    told = {(row["product"], when(row, "end")) for row in plan["setups"]}
    assert told == {(run["product"], when(run)) for run in changed}
    assert all(when(row, "end") - when(row) == 3 * QUARTER for row in plan["setups"])
    assert [row["energy_kwh"] for row in plan["setups"]] == pytest.approx([1.5] * len(changed))


def test_setups_are_in_load_energy_and_cost(made: tuple[Ports, Row]) -> None:
    ports, plan = made
    own = sum(row["energy_kwh"] for row in (*plan["runs"], *plan["setups"]))
    assert plan["energy_kwh"] == pytest.approx(own + len(plan["load_kw"]) / 4)
    stored = stored_case(ports)
    assert stored.solution.cost_eur == pytest.approx(plan["cost_eur"])
    price, start = stored.problem.price_eur_kwh, when(plan["window"])
    for row in plan["setups"]:
        first = (when(row) - start) // QUARTER
        assert row["cost_eur"] == pytest.approx(sum(price[first : first + 3]) * 2.0 / 4)


def test_nothing_else_stands_on_the_oven(made: tuple[Ports, Row]) -> None:
    _, plan = made
    spans = sorted((when(row), when(row, "end")) for row in (*bakes(plan), *plan["setups"]))
    assert all(spans[n][1] <= spans[n + 1][0] for n in range(len(spans) - 1))


def test_the_answer_keeps_the_schema(made: tuple[Ports, Row]) -> None:
    _, plan = made
    for row in plan["setups"]:
        assert SetupRow.model_validate(row).model_dump(mode="json").keys() == row.keys()


def test_why_looks_at_setups(made: tuple[Ports, Row]) -> None:
    """A move of a bake that the plan could follow costs what the moved plan would cost."""
    ports, plan = made
    for batch in {run["batch"] for run in plan["runs"]}:
        for row in explain_batch(ports, batch)["runs"]:
            assert row["saving_missed_eur"] <= plan["mip_gap"] * plan["cost_eur"] + 1e-6


def test_a_setup_that_has_begun_goes_on(tmp_path: Path) -> None:
    """Planned anew in the middle of a setup, it stays: unit, power and what comes after it."""
    ports = empty_ports(tmp_path, two_products(), MORNING)
    first = make_plan(ports, PLAN)
    setup = first["setups"][0]
    later = replace(ports, clock=lambda: when(setup) + timedelta(minutes=5))
    second = make_plan(later, PLAN)
    start = when(second["window"])
    assert start == when(setup) + QUARTER
    carried = stored_case(later).known.standing.carried  # type: ignore[union-attr]
    assert [(run.process, run.product) for run in carried] == [("setup", setup["product"])]
    assert bakes(second)[0]["product"] == setup["product"], "held, and ready for it"
    assert all(when(row) >= when(setup, "end") for row in (*bakes(second), *second["setups"]))
    assert second["load_kw"][0]["kw"] >= 1.0 + 2.0
    told = {(row["product"], when(row, "end")) for row in second["setups"]}
    assert told == {(run["product"], when(run)) for run in changes(second, setup["product"])}


def test_what_was_baked_last_is_remembered(tmp_path: Path) -> None:
    """After everything of a day is done the oven still knows its product."""
    ports = empty_ports(tmp_path, two_products(), MORNING)
    first = make_plan(ports, TWO_DAYS)
    last = max((run for run in bakes(first) if when(run) < MORNING + timedelta(hours=20)), key=when)
    later = replace(ports, clock=lambda: when(last, "end") + timedelta(minutes=1))
    second = make_plan(later, TWO_DAYS)
    told = {(row["product"], when(row, "end")) for row in second["setups"]}
    assert told == {(run["product"], when(run)) for run in changes(second, last["product"])}


def test_a_cut_off_counts_setups(tmp_path: Path) -> None:
    """Under 2.0TD the load with setups stays below the contracted power."""
    ports = empty_ports(tmp_path, two_products("fixed"), MORNING)
    text = ports.factory_text.replace('access_tariff = "3.0TD"', 'access_tariff = "2.0TD"')
    text = text.replace("[20, 20, 20, 20, 20, 20]", "[12.5, 12.5]")
    text = text.replace("[190, 170, 150, 140, 130, 120]", "[190, 150, 120]")
    plan = make_plan(empty_ports(tmp_path / "cut", text, MORNING), PLAN)
    assert plan["setups"]
    assert max(row["kw"] for row in plan["load_kw"]) <= 12.5 + 1e-6


def test_a_plant_without_setups_says_nothing_of_them(tmp_path: Path) -> None:
    plan = make_plan(empty_ports(tmp_path, tiny("fixed"), MORNING), PLAN)
    assert "setups" not in plan
