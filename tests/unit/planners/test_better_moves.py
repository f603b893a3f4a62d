"""A plan is left as good as `choco why` sees it: no batch would save anything by moving alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from chocolate_factory.domain.better_moves import moved
from chocolate_factory.domain.forced import batches_of
from chocolate_factory.domain.problem import Problem, Solution, solution_cost_eur
from chocolate_factory.domain.run_moves import SMALL_EUR, Alone
from chocolate_factory.domain.setups import Changeover, Setup
from chocolate_factory.infrastructure.planners import improving
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.one_by_one import all_made
from tests.unit.planners.random_plants import random_plant
from tests.unit.planners.tiny_plants import due_faults, faults

PLANTS = 40
CONTENT = HighsPlanner(target_gap=1e9)
"""Any plan is good enough for it, so there is no search and the clock does not count."""


def with_setups(seed: int) -> Problem:
    """A random small plant whose machines have setups between products, of some slots and some power."""
    random, plant = Random(seed), random_plant(seed, firm=True)
    kinds = []
    for machine, units in enumerate(plant.machine_units):
        rules = []
        for before in ("product0", ""):
            duration = random.randint(1, 2)
            inside = np.arange(plant.slots) + duration <= plant.slots
            rules.append(Setup(before, "", duration, random.choice([0.0, 3.0, 8.0]), inside))
        kinds.append(Changeover(machine, max(1, int(units.max())), tuple(rules)))
    return replace(plant, setups=tuple(kinds))


def savings(given: Problem, solution: Solution) -> Iterator[float]:
    """What `choco why` would offer for each run: the most that it saves by moving with its batch, EUR."""
    names = [str(place) for place in range(len(solution.jobs))]
    for batch in batches_of(given, solution, names).values():
        alone = Alone(given, solution.jobs, batch)
        for number in range(len(alone.steps)):
            moves = alone.best_moves(number, alone.possible(number))
            yield max((-move.difference_eur for _, move in moves), default=0.0)


@pytest.fixture(scope="module")
def plans() -> list[tuple[int, Problem, Solution]]:
    """Plants for whose batches there is room, with a plan each."""
    drawn = [(seed, with_setups(seed)) for seed in range(PLANTS)]
    fitting = [(seed, given) for seed, given in drawn if all_made(given, given.lots) is not None]
    assert len(fitting) >= PLANTS // 2
    return [(seed, given, CONTENT.solve(given, 60.0)) for seed, given in fitting]


def test_no_batch_saves_anything_by_moving_alone(plans: list[tuple[int, Problem, Solution]]) -> None:
    for seed, given, solution in plans:
        assert max(savings(given, solution), default=0.0) <= SMALL_EUR, f"plant {seed}"
        assert faults(given, solution.jobs) == due_faults(given, solution) == [], f"plant {seed}"
        assert solution.cost_eur == pytest.approx(solution_cost_eur(given, solution.jobs)), f"plant {seed}"


def test_the_same_plant_has_the_same_plan(plans: list[tuple[int, Problem, Solution]]) -> None:
    for seed, given, solution in plans[::4]:
        assert CONTENT.solve(given, 60.0).jobs == solution.jobs, f"plant {seed}"


def test_moves_end_when_they_are_told_to(
    plans: list[tuple[int, Problem, Solution]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was saved by then is kept, and that not all was looked at is said."""
    monkeypatch.setattr(improving.Record, "move", lambda *_: None)
    cut = 0
    for seed, given, last in plans:
        first = CONTENT.solve(given, 60.0)
        looks = iter([True] * 2)
        jobs, all_looked = moved(given, first, lambda looks=looks: next(looks, False))  # type: ignore[misc]
        cost = solution_cost_eur(given, jobs)
        assert last.cost_eur - 1e-9 <= cost <= first.cost_eur + 1e-9, f"plant {seed}"
        assert not all_looked or len(jobs) <= 2
        cut += last.cost_eur < first.cost_eur - SMALL_EUR
    assert cut >= 3, "some first plans are not the best of their neighbours"
