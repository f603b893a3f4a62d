"""Hindsight of settled plans: kept for the same prices and seconds, searched again otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.cli.settling import share_text
from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.ports import Planner, Ports
from chocolate_factory.domain.problem import Problem, Solution
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.settle_plans import NOT_FOUND, SettleRequest, settle_plans
from tests.worlds import NOW, fill, sample_ports

AROUND = Window(NOW - timedelta(days=1), NOW + timedelta(days=1))


@dataclass
class Counting:
    """The real planner, its searches counted; beyond proof it claims a bound a tenth lower, if `vague`."""

    planner: Planner
    searches: int = 0
    vague: bool = False
    late: bool = False

    def solve(self, problem: Problem, time_limit_s: float, progress: Any = None) -> Solution:
        """As the planner does, or out of time."""
        self.searches += 1
        if self.late:
            raise OutOfTime("No plan was found in time.")
        found = self.planner.solve(problem, time_limit_s, progress)
        return replace(found, bound_eur=found.bound_eur * 0.9) if self.vague else found


@pytest.fixture
def over(tmp_path: Path) -> tuple[Ports, Counting]:
    """A plan of three days whose prices have all come true."""
    ports = sample_ports(tmp_path)
    make_plan(ports, PlanRequest(days=3))
    planner = Counting(ports.planner)
    return fill(replace(ports, clock=lambda: NOW + timedelta(days=6), planner=planner)), planner


def settled(ports: Ports, seconds: float) -> dict[str, Any]:
    """The settlement of the only plan."""
    [row] = settle_plans(ports, SettleRequest(AROUND, seconds))["plans"]
    return dict(row)


def test_a_proven_hindsight_is_searched_once(over: tuple[Ports, Counting]) -> None:
    ports, planner = over
    first = settled(ports, 10)
    assert (settled(ports, 10), settled(ports, 60), planner.searches) == (first, first, 1)


def test_corrected_prices_are_searched_again(over: tuple[Ports, Counting]) -> None:
    """Twice the prices: hindsight moves with the plan and the share captured stays a share."""
    ports, planner = over
    before = settled(ports, 10)
    later = replace(ports, clock=lambda: NOW + timedelta(days=9))
    whole = ports.store.read("spot", Window(NOW - timedelta(days=1), NOW + timedelta(days=4)), ports.clock())
    later.store.write(
        replace(
            whole,
            value=2 * whole.value + 50,
            available_at=whole.available_at + round(timedelta(days=7).total_seconds()),
        )
    )
    after = settled(later, 10)
    assert planner.searches == 2
    assert after["plan_cost_eur"] > before["plan_cost_eur"] * 1.5
    assert after["hindsight_cost_eur"] > before["hindsight_cost_eur"] * 1.5
    assert settled(later, 10) == after
    assert planner.searches == 2


def test_more_seconds_search_again_unless_proven(over: tuple[Ports, Counting]) -> None:
    ports, planner = over
    planner.vague = True
    row = settled(ports, 1)
    assert row["hindsight_gap"] > 0.05
    bound = row["hindsight_cost_eur"] * (1 - row["hindsight_gap"])
    assert row["captured_at_least"] == pytest.approx(row["saving_eur"] / (row["baseline_cost_eur"] - bound))
    assert f", {100 * row['captured_at_least']:.0f} to " in share_text(row)
    assert share_text({**row, "captured_at_least": 0.921, "captured_share": 0.9999}).startswith(
        ", 92 to 100 %"
    )
    assert share_text({**row, "captured_at_least": None, "captured_share": None}) == ""
    settled(ports, 1)
    assert planner.searches == 1
    settled(ports, 2)
    assert planner.searches == 2


def test_too_few_seconds_leave_a_row_without_hindsight(over: tuple[Ports, Counting]) -> None:
    ports, planner = over
    planner.late = True
    row = settled(ports, 1)
    assert (row["status"], row["left_out"], row["hindsight_cost_eur"]) == ("settled", NOT_FOUND, None)
    assert row["saving_eur"] == pytest.approx(row["baseline_cost_eur"] - row["plan_cost_eur"])
    settled(ports, 1)
    assert planner.searches == 1
    planner.late = False
    assert settled(ports, 10)["hindsight_cost_eur"] is not None
