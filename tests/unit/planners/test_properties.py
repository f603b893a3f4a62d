"""What holds for every plant: more rules never pay, only differences of prices steer, flat prices do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import (
    ExcessGroup,
    Problem,
    ProblemProduct,
    ProblemStep,
    Solution,
    energy_cost_eur,
    load_kw,
    solution_cost_eur,
)
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.random_plants import random_plant
from tests.unit.planners.tiny_plants import due_faults, ends, faults

SEEDS = range(1000, 1022)
Plants = list[tuple[int, Problem, Solution]]
Rule = Callable[[Random, Problem, Solution], Problem]


def solve(given: Problem) -> Solution | None:
    """The proven optimum of a plant, None where nothing fits."""
    try:
        solution = HighsPlanner(target_gap=0.0).solve(given, 20.0)
    except Infeasible:
        return None
    assert faults(given, solution.jobs) == []
    assert due_faults(given, solution) == []
    return solution


@pytest.fixture(scope="module")
def plants() -> Plants:
    """Plants whose work is fixed, with their optimum."""
    found = [(seed, given, solve(given)) for seed in SEEDS if (given := random_plant(seed, firm=True))]
    return [(seed, given, solution) for seed, given, solution in found if solution is not None]


def of_one_way(plants: Plants) -> Plants:
    """Those in which each product is made in one way, so that all plans use the same energy."""
    return [case for case in plants if all(product.variant_of is None for product in case[1].products)]


def with_step(given: Problem, item: int, number: int, changed: ProblemStep) -> Problem:
    """The problem with one step changed."""
    steps = list(given.products[item].steps)
    steps[number] = changed
    products: list[ProblemProduct] = list(given.products)
    products[item] = replace(products[item], steps=tuple(steps))
    return replace(given, products=tuple(products))


def start_forbidden(random: Random, given: Problem, solution: Solution) -> Problem:
    """A start that the optimum uses is no longer allowed."""
    job = random.choice(solution.jobs)
    number = random.randrange(len(job.starts))
    part = given.products[job.product].steps[number]
    allowed = part.allowed.copy()
    allowed[job.starts[number]] = False
    blocked = {"attendance": part.blocked_by.get("attendance", ~allowed) | ~allowed}
    return with_step(given, job.product, number, replace(part, allowed=allowed, blocked_by=blocked))


def wait_shortened(random: Random, given: Problem, solution: Solution) -> Problem:
    """A batch that waits longest in the optimum may not wait so long; where none waits, nothing changes."""
    waits = []
    for job in solution.jobs:
        steps = given.products[job.product].steps
        for number in range(1, len(steps)):
            gap = job.starts[number] - job.starts[number - 1] - steps[number - 1].duration
            waits.append((gap, random.random(), job.product, number))
    gap, _, item, number = max(waits, default=(0, 0.0, 0, 0))
    if not gap:
        return given
    return with_step(given, item, number, replace(given.products[item].steps[number], wait_max=gap - 1))


def unit_taken(random: Random, given: Problem, solution: Solution) -> Problem:
    """A unit of a machine is away for some slots in which it is used."""
    job = random.choice(solution.jobs)
    number = random.randrange(len(job.starts))
    part, units = given.products[job.product].steps[number], given.machine_units.copy()
    units[part.machine, job.starts[number] : job.starts[number] + part.duration] -= 1
    return replace(given, machine_units=np.maximum(units, 0))


def due_earlier(random: Random, given: Problem, solution: Solution) -> Problem:
    """A lot is due before the last of its product is finished."""
    lots = list(given.lots)
    place = random.randrange(len(lots))
    last = ends(given, solution.jobs, lots[place].product)[-1]
    lots[place] = replace(lots[place], due=max(0, min(lots[place].due, last) - 1))
    return replace(given, lots=tuple(lots))


def power_capped(_: Random, given: Problem, solution: Solution) -> Problem:
    """The site must stay below nine tenths of its highest load."""
    highest = float(np.max(load_kw(given, solution.jobs)))
    return replace(given, power_cap_kw=np.full(given.slots, max(0.9 * highest, given.auxiliary_kw.max())))


def power_charged(_: Random, given: Problem, solution: Solution) -> Problem:
    """Load above what the optimum draws on average costs."""
    mean = float(np.mean(load_kw(given, solution.jobs)))
    group = ExcessGroup("P9", np.arange(given.slots), mean, 0.4)
    return replace(given, excess=(*given.excess, group))


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (start_forbidden, wait_shortened, unit_taken, due_earlier, power_capped, power_charged)
}


@pytest.mark.parametrize("name", RULES)
def test_one_more_rule_never_lowers_the_cost(plants: Plants, name: str) -> None:
    seen: Counter[str] = Counter()
    for seed, given, solution in plants:
        tighter = solve(RULES[name](Random(seed), given, solution))
        if tighter is None:
            seen["infeasible"] += 1
            continue
        slack = 1e-6 * max(1.0, abs(solution.cost_eur))
        assert tighter.cost_eur >= solution.cost_eur - slack, f"plant {seed}"
        assert tighter.bound_eur >= solution.bound_eur - 2 * slack, f"plant {seed}"
        seen["dearer" if tighter.cost_eur > solution.cost_eur + slack else "same"] += 1
    assert seen["dearer"] >= 1 and seen["dearer"] + seen["same"] >= 4, seen


@pytest.mark.parametrize("added", [-0.35, 3.0])
def test_a_constant_on_all_prices_costs_the_energy_and_moves_nothing(plants: Plants, added: float) -> None:
    """Work is fixed, so energy is: the optimum changes by constant × energy, and old optima stay optimal."""
    for seed, given, solution in of_one_way(plants):
        energy = float(load_kw(given, solution.jobs).sum()) * given.minutes / 60
        moved = replace(given, price_eur_kwh=given.price_eur_kwh + added)
        other = solve(moved)
        assert other is not None
        near = {"rel": 1e-6, "abs": 1e-6}
        assert other.cost_eur == pytest.approx(solution.cost_eur + added * energy, **near), f"plant {seed}"
        assert solution_cost_eur(moved, solution.jobs) == pytest.approx(other.cost_eur, **near)
        assert solution_cost_eur(given, other.jobs) == pytest.approx(solution.cost_eur, **near)


def test_at_a_flat_price_all_plans_cost_the_same_energy(plants: Plants) -> None:
    """Plans made for quite different prices cost the same at one price, and the planner finds that cost."""
    moved = 0
    for seed, given, solution in of_one_way(plants):
        flat = replace(given, price_eur_kwh=np.full(given.slots, 0.137), excess=())
        plans = [solution.jobs]
        for number in range(2):
            drawn = np.random.default_rng((seed, number)).uniform(-1, 1, given.slots)
            other = solve(replace(flat, price_eur_kwh=drawn))
            assert other is not None
            plans.append(other.jobs)
        moved += len(set(plans)) > 1
        costs = [energy_cost_eur(flat, load_kw(flat, jobs)) for jobs in plans]
        best = solve(flat)
        assert best is not None
        assert costs == pytest.approx([best.cost_eur] * len(costs), rel=1e-9)
        assert best.bound_eur == pytest.approx(best.cost_eur, rel=1e-6, abs=1e-6)
    assert moved >= 4
