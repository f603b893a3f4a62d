"""The first plan of a plant with setups: no longer looked for than asked once one is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.problem import Problem
from chocolate_factory.infrastructure.planners import highs, offers
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.linear import Answer, Linear, solve_integer
from tests.unit.planners.test_setups import SLOTS, two_products
from tests.unit.planners.tiny_plants import faults


def out_of_room() -> Problem:
    """Four runs and a setup where three runs and one fit; each lot may be in stock."""
    tiny = two_products([0.1] * SLOTS, due=4)
    return replace(tiny, lots=tuple(replace(wanted, may_be_stock=True) for wanted in tiny.lots))


def test_where_a_plan_is_known_the_solver_keeps_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made of less than everything is planned without setups first, then briefly with them."""
    given: list[float] = []

    def noted(linear: Linear, seconds: float, *more: float) -> Answer:
        given.append(seconds)
        return solve_integer(linear, seconds, *more)

    monkeypatch.setattr(highs, "solve_integer", noted)
    solution = HighsPlanner(target_gap=0.0).solve(out_of_room(), 2.0)
    assert (len(solution.jobs), sum(solution.stock.values())) == (3, 1)
    assert len(given) >= 2 and max(given) <= 2.0


def test_without_time_for_the_least_stock_there_is_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the solver cannot settle in time is settled by placing batches one after the other."""

    def too_late(*_: object) -> None:
        raise OutOfTime("No answer in time.")

    monkeypatch.setattr(offers, "settle_setups", too_late)
    solution = HighsPlanner(target_gap=0.0).solve(out_of_room(), 2.0)
    assert (len(solution.jobs), sum(solution.stock.values()), solution.left) == (3, 1, {})
    assert faults(out_of_room(), solution.jobs) == []
    with pytest.raises(OutOfTime):
        HighsPlanner().solve(two_products([0.1] * SLOTS, due=4), 2.0)
