"""What every planner must do; a planner is tested by being in the registry."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.ports import Planner
from chocolate_factory.domain.problem import Problem, Solution, solution_cost_eur
from chocolate_factory.infrastructure.planners import PLANNERS
from tests.bench.plan_cases import reference_problem
from tests.unit.planners.tiny_plants import due_faults, faults, lot, problem, step

FREE = [True] * 16


@pytest.fixture(params=sorted(PLANNERS))
def planner(request: pytest.FixtureRequest) -> Planner:
    """Each planner of the registry."""
    return PLANNERS[request.param]()


@pytest.fixture
def small() -> Problem:
    """Two products on two machines, power that costs, hard and soft lots."""
    price = [0.3, 0.3, 0.1, 0.1, 0.4, 0.2, 0.05, 0.05, 0.3, 0.3, 0.1, 0.0, -0.1, 0.2, 0.3, 0.3]
    standard = [step(0, 2, 10.0, FREE), step(1, 3, 8.0, FREE, wait=2)]
    premium = [step(0, 2, 10.0, FREE), step(1, 5, 8.0, FREE, wait=2)]
    lots = [lot(0, 2, 12), lot(1, 1, 16), lot(1, 1, 16, hard=False)]
    return problem(price, [standard, premium], [1, 2], lots, contracted=15.0, rate=0.3)


def checked(given: Problem, solution: Solution) -> Solution:
    """Feasible, answered, priced right, bounded from below."""
    assert faults(given, solution.jobs) == []
    assert due_faults(given, solution) == []
    assert solution.cost_eur == pytest.approx(solution_cost_eur(given, solution.jobs), abs=1e-9)
    assert solution.bound_eur <= solution.cost_eur + 1e-9
    return solution


def test_small_plant(planner: Planner, small: Problem) -> None:
    """A plan that keeps all rules, with a gap of at most half a percent."""
    solution = checked(small, planner.solve(small, 20.0))
    assert solution.gap <= 0.005
    assert not solution.left and not solution.stock and not solution.late


def test_progress_only_improves(planner: Planner, small: Problem) -> None:
    """Costs fall, bounds rise, time goes on; the last word is the solution's."""
    heard: list[tuple[float, float, float]] = []
    solution = planner.solve(small, 20.0, lambda *news: heard.append(news))
    assert heard == list(solution.history)
    for (t0, c0, b0), (t1, c1, b1) in pairwise(heard):
        assert t0 <= t1 and c1 <= c0 and b1 >= b0
    assert heard[-1][1:] == (solution.cost_eur, solution.bound_eur)


def test_same_answer_twice(planner: Planner, small: Problem) -> None:
    """A problem solved to the end has one cost."""
    assert planner.solve(small, 20.0).cost_eur == planner.solve(small, 20.0).cost_eur


def test_infeasible_is_said_with_reasons(planner: Planner) -> None:
    """Demand and rules are named."""
    given = problem([0.1] * 16, [[step(0, 4, 5.0, FREE)]], [1], [lot(0, 3, 8)])
    with pytest.raises(Infeasible) as caught:
        planner.solve(given, 20.0)
    assert caught.value.conflicts[0]["product"] == "product0"
    assert "machine" in str(caught.value.conflicts[0]["rules"])


def test_works_in_a_thread_and_leaves_none_behind(planner: Planner, small: Problem) -> None:
    """A web server calls it in a worker thread."""
    before = set(threading.enumerate())
    found: list[Solution] = []
    worker = threading.Thread(target=lambda: found.append(planner.solve(small, 20.0)))
    worker.start()
    worker.join()
    checked(small, found[0])
    assert set(threading.enumerate()) <= before


def test_interrupt_leaves_nothing_behind(planner: Planner, shared: Path) -> None:
    """Ctrl-C in the middle of a solve comes through, and no thread goes on."""
    given = reference_problem(shared, "2026-03-27T21:00", days=3)
    before = set(threading.enumerate())
    calls: list[float] = []

    def interrupt(seconds: float, cost: float, bound: float) -> None:
        calls.append(cost)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planner.solve(given, 60.0, interrupt)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("start", ["2026-03-10T21:00", "2026-03-13T21:00"])
def test_reference_plant_demand(planner: Planner, shared: Path, start: str) -> None:
    """The worked examples of the factory file: assumed stock, hard and anticipated batches."""
    given = reference_problem(shared, start)
    solution = checked(given, planner.solve(given, 0.3))
    made = [sum(job.product == item for job in solution.jobs) for item in (0, 1)]
    stock = {given.lots[i].product: n for i, n in solution.stock.items()}
    if start == "2026-03-10T21:00":
        assert (made, stock) == ([25, 13], {0: 5})
    else:
        assert (made, stock) == ([25, 9], {0: 5, 1: 10})
    assert not solution.left and not solution.late
    assert solution.gap < 0.25


@pytest.mark.parametrize("days", [1, 2])
def test_short_windows(planner: Planner, shared: Path, days: int) -> None:
    """A window of a day or two."""
    given = reference_problem(shared, "2026-01-19T05:00", days=days)
    checked(given, planner.solve(given, 0.3))
