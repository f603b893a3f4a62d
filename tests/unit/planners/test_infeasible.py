"""An impossible plan says which demand and which rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import Problem
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import lot, problem, step

FREE = [True] * 12


def refusal(given: Problem) -> Infeasible:
    """The error of an impossible problem."""
    with pytest.raises(Infeasible) as caught:
        HighsPlanner().solve(given, 20.0)
    return caught.value


def test_attendance() -> None:
    """No start is staffed before the due time; the one conflict names lot and rules."""
    error = refusal(problem([0.1] * 12, [[step(0, 3, 5.0, [False] * 8 + [True] * 4)]], [1], [lot(0, 1, 6)]))
    assert error.conflicts == [
        {"product": "product0", "batches": 1, "due": "slot 6", "rules": ["attendance", "due"]}
    ]
    assert "1 of product0 due slot 6 (blocked by attendance or due)" in error.message


def test_climate_is_told_from_attendance() -> None:
    """Too hot all day: only the climate rule, or a later due time if there is a cool slot, would help."""
    given = problem([0.1] * 12, [[step(0, 3, 5.0, FREE)]], [1], [lot(0, 1, 12)])
    part = given.products[0].steps[0]
    hot = np.ones(12, bool)
    blocked = replace(
        part, allowed=part.allowed & ~hot, blocked_by={"attendance": ~hot, "climate": part.allowed}
    )
    given = replace(given, products=(replace(given.products[0], steps=(blocked,)),))
    assert [c["rules"] for c in refusal(given).conflicts] == [["climate"]]


def test_machine_count() -> None:
    """Three batches of four slots do not fit on one machine in eight."""
    error = refusal(problem([0.1] * 12, [[step(0, 4, 5.0, FREE)]], [1], [lot(0, 3, 8)]))
    assert error.conflicts == [
        {"product": "product0", "batches": 1, "due": "slot 8", "rules": ["machine", "due"]}
    ]


def test_machine_away() -> None:
    """Enough units on paper, but away until it is too late."""
    given = problem([0.1] * 12, [[step(0, 4, 5.0, FREE)]], [1], [lot(0, 1, 8)])
    units = given.machine_units.copy()
    units[0, :6] = 0
    rules = refusal(replace(given, machine_units=units)).conflicts[0]["rules"]
    assert rules == ["machine", "availability", "due"]


def test_wait() -> None:
    """The second step can only start later than the batch may wait."""
    second = step(1, 2, 5.0, [False] * 8 + [True] * 4, wait=1)
    first = step(0, 2, 5.0, [True] * 3 + [False] * 9)
    rules = refusal(problem([0.1] * 12, [[first, second]], [1, 1], [lot(0, 1, 12)])).conflicts[0]["rules"]
    assert rules == ["attendance", "wait"]


def test_power_cap() -> None:
    """Two runs at once are over the cap, and one after the other is too late."""
    error = refusal(problem([0.1] * 12, [[step(0, 4, 5.0, FREE)]], [2], [lot(0, 2, 6)], cap=8.0))
    assert [c["rules"] for c in error.conflicts] == [["power", "due"]]


def test_auxiliary_load_above_the_cap() -> None:
    """No plan can help when the load beside the runs alone is over the limit."""
    error = refusal(problem([0.1] * 12, [[step(0, 4, 5.0, FREE)]], [2], [lot(0, 1, 12)], cap=0.5))
    assert [c["rules"] for c in error.conflicts] == [["power"]]


def test_several_rules_together() -> None:
    """Where no single rule is to blame the sentence says so."""
    first = step(0, 2, 9.0, [False] * 12)
    error = refusal(problem([0.1] * 12, [[first]], [1], [lot(0, 1, 12)], cap=8.0))
    assert error.conflicts[0]["rules"] == []
    assert "several rules together" in error.message


def test_other_lots_are_kept() -> None:
    """Only the lot that cannot be met is named."""
    recipe = [step(0, 4, 5.0, FREE)]
    given = problem([0.1] * 12, [recipe, recipe], [1], [lot(0, 1, 12), lot(1, 1, 2), lot(0, 1, 8)])
    assert [(c["product"], c["due"]) for c in refusal(given).conflicts] == [("product1", "slot 2")]


def test_what_does_not_fit_even_late_is_left_out() -> None:
    """With lateness allowed, what does not fit into the window is given up, the lot due last first."""
    lots = [lot(0, 2, 4), lot(0, 2, 8)]
    given = problem([0.1] * 12, [[step(0, 4, 5.0, FREE)]], [1], lots, allow_late=True)
    solution = HighsPlanner().solve(given, 20.0)
    assert solution.left == {1: 1}
    assert solution.late == {0: 1, 1: 1}
    assert sorted(job.starts for job in solution.jobs) == [(0,), (4,), (8,)]
