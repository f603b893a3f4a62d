"""A fleet of plants: what one meets does not end the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from chocolate_factory.domain.ports import Ports, Progress
from chocolate_factory.domain.problem import Problem, Solution
from chocolate_factory.services.make_plan import PlanRequest
from chocolate_factory.services.plan_fleet import plan_fleet, planned_row, worst_exit
from tests.worlds import empty_ports, tiny

REQUEST = PlanRequest(days=2, time_limit_s=1)


@dataclass
class Faulty:
    """A planner with a bug."""

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        raise RuntimeError("secret inside")


def test_a_bug_in_one_plant_is_a_row_and_the_others_are_planned(tmp_path: Path) -> None:
    good = empty_ports(tmp_path / "good", tiny("fixed"))
    bad = replace(empty_ports(tmp_path / "bad", tiny("fixed")), planner=Faulty())

    def rows(plants: dict[str, Ports]) -> list[dict[str, object]]:
        return [planned_row(name, lambda there=there: there, REQUEST) for name, there in plants.items()]  # type: ignore[misc]

    with structlog.testing.capture_logs() as logs:
        fleet = plan_fleet(["bad", "good"], rows({"bad": bad, "good": good}), lambda _: None)
    first, second = fleet["plants"]
    assert (fleet["planned"], fleet["failed"], worst_exit(fleet)) == (1, 1, 1)
    assert (first["error"]["exit_code"], first["error"]["title"]) == (1, "Unexpected failure")
    assert "secret" not in str(first)
    assert (second["error"], second["cost_eur"] > 0) == (None, True)
    assert [(log["event"], log["plant"], log["exc_info"]) for log in logs] == [
        ("planning failed inside", "bad", True)
    ]
