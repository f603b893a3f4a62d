"""Capacity per machine and week, and that every factory file of the project has room and a feasible plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from chocolate_factory.domain.assembly import schedule_of
from chocolate_factory.domain.baseline import dispatched
from chocolate_factory.domain.capacity import capacity_warnings, machine_use
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.problem import Solution
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.slots import Window, planning_window
from chocolate_factory.domain.tariff.excess import power_cap_kw

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "factory.toml").read_text("utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def inputs_of(factory: Factory, window: Window) -> ProblemInputs:
    slots = window.slot_count(15)
    mild = Climate((15.0,) * slots, (50.0,) * slots)
    cap = power_cap_kw(factory.contract, window.starts(15))
    return ProblemInputs(factory, window, np.full(slots, 0.1), (), mild, wanted(factory, window), cap)


@pytest.mark.parametrize("start", ["2026-03-07T20:00", "2025-10-25T20:00", "2026-03-28T20:00"])
@pytest.mark.parametrize("path", [ROOT / "factory.toml", *EXAMPLES], ids=lambda path: path.name)
def test_project_files_have_a_plan_that_keeps_every_rule(path: Path, start: str) -> None:
    factory = parse_factory(path.read_text("utf-8"), path.name)
    assert "not measurements" in factory.assumptions[0]
    window = planning_window(
        datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Europe/Madrid")), 7, "Europe/Madrid"
    )
    assert capacity_warnings(factory, window.start.date() + timedelta(days=2)) == ()
    inputs = inputs_of(factory, window)
    problem = build_problem(inputs)
    hard = [lot for lot in problem.lots if lot.hard]
    jobs = dispatched(problem, [lot.product for lot in hard for _ in range(lot.batches)])
    assert hard
    assert jobs is not None
    left = {index: lot.batches for index, lot in enumerate(problem.lots) if not lot.hard}
    schedule = schedule_of(problem, Solution(jobs, 0.0, 0.0, 0.0, left=left), inputs.wanted, factory)
    assert violations(factory, schedule, inputs.climate, inputs.power_cap_kw) == []


def test_capacity_warns_above_85_percent_only() -> None:
    week = date(2026, 3, 9)
    use = {item.machine: item for item in machine_use(parse_factory(REFERENCE), week)}
    assert use["mixer"].asked_hours == 35 * 0.5
    assert use["mixer"].share == pytest.approx(35 * 0.5 / 88)
    # 25 × 5 h in 3 × 88 staffed hours; 10 × 10 h in 3 × (80 + 5 nights of 8 h + 1 h 45 min on Saturday)
    assert use["conche"].share == pytest.approx(125 / (3 * 88) + 100 / (3 * 121.75))
    fuller = parse_factory(REFERENCE.replace("kg = 500", "kg = 800"))
    assert [text.split('"')[1] for text in capacity_warnings(fuller, week)] == ["conche"]
    away = 'unavailable = [["2026-03-09T00:00", "2026-03-16T00:00"]]'
    assert (
        "but none are available"
        in capacity_warnings(parse_factory(REFERENCE.replace("unavailable = []", away)), week)[0]
    )
