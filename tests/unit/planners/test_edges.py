"""The smallest problems and the largest numbers a planner can be given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import ExcessGroup, Job, Problem
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.random_plants import random_plant
from tests.unit.planners.test_properties import solve
from tests.unit.planners.tiny_plants import lot, problem, step

ONE = [True]


def one_slot(duration: int = 1, *, batches: int = 1, units: int = 1, **given: float | bool | None) -> Problem:
    """A window of a quarter of an hour, one machine, one product."""
    wanted = [lot(0, batches, 1)] if batches else []
    return problem([0.2], [[step(0, duration, 8.0, ONE)]], [units], wanted, **given)  # type: ignore[arg-type]


def test_one_slot_holds_one_batch() -> None:
    solution = solve(one_slot())
    assert solution is not None
    assert solution.jobs == (Job(0, (0,)),)
    assert solution.cost_eur == solution.bound_eur == pytest.approx(0.2 * 9 / 4)


def test_one_slot_with_a_price_on_power_and_excess_already_charged() -> None:
    tight = one_slot(batches=2, units=2)
    group = ExcessGroup("P1", np.array([0]), 7.0, 3.0, 4.0)
    solution = solve(replace(tight, excess=(group,)))
    assert solution is not None
    assert solution.cost_eur == pytest.approx(0.2 * 17 / 4 + 3.0 * (17 - 7 - 4))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (one_slot(2), "window"),
        (one_slot(batches=2), "machine"),
        (one_slot(units=0), "machine"),
        (one_slot(cap=8.9), "power"),
        (replace(one_slot(), lots=(lot(0, 1, 0),)), "due"),
    ],
)
def test_one_slot_that_is_too_small(given: Problem, rule: str) -> None:
    """The demand is named with the rule; with lateness allowed the batch is left, and that is the plan."""
    with pytest.raises(Infeasible) as caught:
        HighsPlanner().solve(given, 5.0)
    (conflict,) = caught.value.conflicts
    assert conflict["product"] == "product0"
    assert rule == "window" or rule in str(conflict["rules"])
    late = HighsPlanner().solve(replace(given, allow_late=True), 5.0)
    assert sum(late.left.values()) + sum(late.late.values()) >= 1


def test_one_slot_without_work() -> None:
    solution = solve(one_slot(batches=0, contracted=0.5, rate=2.0))
    assert solution is not None
    assert (solution.jobs, solution.cost_eur) == ((), pytest.approx(0.05 + 1.0))


def test_one_slot_of_anticipated_work_is_made_or_left() -> None:
    made = solve(replace(one_slot(), lots=(lot(0, 1, 1, hard=False),)))
    left = solve(replace(one_slot(units=0), lots=(lot(0, 1, 1, hard=False),)))
    assert made is not None and left is not None
    assert (len(made.jobs), made.left, left.jobs, left.left) == (1, {}, (), {0: 1})


@pytest.mark.parametrize("factor", [1e-4, 300.0])
def test_money_scales(factor: float) -> None:
    """All prices and rates times a factor: the optimum is that many times as dear."""
    tried = 0
    for seed in range(2000, 2006):
        given = random_plant(seed, firm=True)
        first = solve(given)
        rates = tuple(replace(group, rate_eur_kw=group.rate_eur_kw * factor) for group in given.excess)
        second = solve(replace(given, price_eur_kwh=given.price_eur_kwh * factor, excess=rates))
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            tried += 1
            assert second.cost_eur == pytest.approx(first.cost_eur * factor, rel=1e-6, abs=2e-6)
    assert tried >= 2


@pytest.mark.parametrize("kilowatts", [0.001, 90_000.0])
def test_tiny_and_enormous_machines(kilowatts: float) -> None:
    """From a watt to the largest power a factory file may have, the dearest slot is avoided, proven."""
    price, free = [0.3, 0.1, 0.2, 9.0, 0.1, 0.3], [True] * 6
    recipe = [step(0, 2, kilowatts, free), step(1, 1, kilowatts, free, 1)]
    given = problem(price, [recipe], [1, 1], [lot(0, 1, 6)], contracted=kilowatts / 2, auxiliary=0.0)
    solution = solve(given)
    assert solution is not None
    assert solution.jobs == (Job(0, (1, 4)),)
    assert solution.cost_eur == pytest.approx(kilowatts * (0.4 / 4 + 0.5), rel=1e-6)
    assert solution.gap <= 1e-6
