"""Storage and output of the factory file, from the file to the stored plan and the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.run_moves import Alone
from chocolate_factory.services.explain_run import batch_named, explain_batch
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.stored_case import stored_case
from tests.worlds import NOW, sample_ports, tiny

STORE = """
[[storage]]
name = "rack"
before = "bake"
max_kg = 0
"""
OUTPUT = """
[[output]]
product = "loaf"
min_kg = 50
max_kg = 150
per = "day"
"""


def with_text(ports: Ports, text: str) -> Ports:
    """The same world with another factory file."""
    return replace(ports, factory=parse_factory(text), factory_text=text)


def ended(answer: dict[str, Any]) -> dict[str, int]:
    """Kilograms of loaves by the local day in which they are baked."""
    kg: dict[str, int] = {}
    for row in answer["runs"]:
        if row["process"] == "bake":
            kg[row["end"][:10]] = kg.get(row["end"][:10], 0) + 50
    return kg


def test_a_plan_within_limits(tmp_path: Path) -> None:
    """Nothing waits before the oven, and no day bakes more or less than it may."""
    ports = sample_ports(tmp_path)
    free = make_plan(sample_ports(tmp_path / "free"), PlanRequest(days=3))
    waits = [a["end"] != b["start"] for a, b in pairs(free)]
    assert any(waits) or max(ended(free).values()) > 150
    answer = make_plan(with_text(ports, tiny() + STORE + OUTPUT), PlanRequest(days=3))
    assert [a["end"] for a, _ in pairs(answer)] == [b["start"] for _, b in pairs(answer)]
    assert set(ended(answer)) >= {"2026-03-11", "2026-03-12", "2026-03-13"}
    assert all(50 <= kg <= 150 for kg in ended(answer).values())
    assert answer["cost_eur"] >= free["cost_eur"] - 1e-9
    again = stored_case(with_text(ports, tiny() + STORE + OUTPUT))
    assert again.problem.limits and again.solution.cost_eur == pytest.approx(again.told_eur)


def pairs(answer: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Mixing and baking of each batch."""
    mixed = {row["batch"]: row for row in answer["runs"] if row["process"] == "mix"}
    return [(mixed[row["batch"]], row) for row in answer["runs"] if row["process"] == "bake"]


def test_limits_that_bind_nothing_change_nothing(tmp_path: Path) -> None:
    """A store and an output wider than anything give the plan of a file without them."""
    plain = make_plan(sample_ports(tmp_path / "a"), PlanRequest(days=2))
    wide = (STORE + OUTPUT).replace("max_kg = 0", "max_kg = 9000").replace("max_kg = 150", "max_kg = 9000")
    ports = with_text(sample_ports(tmp_path / "b"), tiny() + wide.replace("min_kg = 50", "min_kg = 0"))
    answer = make_plan(ports, PlanRequest(days=2))
    assert answer["cost_eur"] == pytest.approx(plain["cost_eur"], rel=0.005)
    assert answer["baseline"] == plain["baseline"]


def test_what_was_baked_this_morning_counts(tmp_path: Path) -> None:
    """A plan made at noon leaves the day's most less what the morning's plan has finished."""
    text = tiny() + OUTPUT.replace("max_kg = 150", "max_kg = 100")
    ports = with_text(sample_ports(tmp_path), text)
    first = make_plan(ports, PlanRequest(days=2))
    day = "2026-03-11"
    ends = sorted(row["end"] for row in first["runs"] if row["process"] == "bake" and row["end"][:10] == day)
    assert ends
    noon = datetime.fromisoformat(ends[-1]).astimezone(UTC) + timedelta(minutes=30)
    later = replace(ports, clock=lambda: noon)
    case = make_plan(later, PlanRequest(days=2))
    assert ended(case).get(day, 0) <= 100 - 50 * len(ends)
    assert sum(limit.made_kg for limit in stored_case(later).problem.limits if hasattr(limit, "made_kg")) == (
        50 * len(ends)
    )
    assert noon > NOW


def test_a_day_that_cannot_be_filled(tmp_path: Path) -> None:
    """The error names the day and the rule."""
    ports = with_text(
        sample_ports(tmp_path), tiny() + OUTPUT.replace("50", "5000", 1).replace("max_kg = 150", "")
    )
    with pytest.raises(Infeasible) as caught:
        make_plan(ports, PlanRequest(days=2))
    assert "output" in caught.value.message and "2026-03-11" in caught.value.message


def test_moves_of_a_run_keep_the_store(tmp_path: Path) -> None:
    """Where nothing may wait, a run moved takes the next step of its batch with it."""
    ports = replace(with_text(sample_ports(tmp_path), tiny() + STORE), plan_seconds=3.0)
    answer = make_plan(ports, PlanRequest(days=1))
    batch = answer["runs"][0]["batch"]
    stored = stored_case(ports)
    one = batch_named(stored, batch)
    alone = Alone(stored.problem, stored.solution.jobs, one)
    mixes, bakes = alone.rules(0), alone.rules(1)
    assert "" in mixes and "" in bakes
    explained = explain_batch(ports, batch)
    assert [row["process"] for row in explained["runs"]] == ["mix", "bake"]
    move = alone.cheapest_with(0, one.job.starts[0])
    assert move is not None and move.starts[1] == move.starts[0] + 2
