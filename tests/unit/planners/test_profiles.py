"""Steps whose draw changes: the planner's plan is as good as the best of all plans, and tells its load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import Job, Problem, ProblemStep, load_kw, solution_cost_eur
from chocolate_factory.infrastructure.planners.board import Board
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.tiny_plants import brute_force, faults, lot, problem, step

DRAWS = st.sampled_from([3.0, 6.0, 11.0])
PRICES = st.sampled_from([-0.1, 0.0, 0.1, 0.25, 0.4])
OPEN = [True] * 9


def profiled(machine: int, draws: list[float], wait: int | None = None) -> ProblemStep:
    """A step with one draw a slot, allowed everywhere."""
    plain = step(machine, len(draws), float(np.mean(draws)), OPEN, wait)
    return replace(plain, profile_kw=tuple(draws))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Two or three batches of one or two profiled steps under excess power, a cap or neither."""
    recipes = [
        [
            profiled(machine, draw(st.lists(DRAWS, min_size=1, max_size=3)), draw(st.sampled_from([None, 1])))
            for machine in range(draw(st.integers(1, 2)))
        ]
        for _ in range(2)
    ]
    power = draw(st.sampled_from(["excess", "cap", "free"]))
    lots = [lot(draw(st.integers(0, 1)), 1, draw(st.integers(6, 9))) for _ in range(draw(st.integers(2, 3)))]
    return problem(
        draw(st.lists(PRICES, min_size=9, max_size=9)),
        recipes,
        [draw(st.integers(1, 2)), 1],
        lots,
        contracted=7.0 if power == "excess" else None,
        rate=0.3,
        cap=15.0 if power == "cap" else None,
    )


@settings(max_examples=40, deadline=None)
@given(problems())
def test_equals_brute_force(tiny: Problem) -> None:
    """Cost and bound are those of the best of all plans."""
    best = brute_force(tiny)
    if not best:
        with pytest.raises(Infeasible):
            HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
        return
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert faults(tiny, solution.jobs) == []
    assert solution.cost_eur == pytest.approx(min(cost for _, cost in best.values()), abs=1e-6)
    assert solution.cost_eur - 1e-4 <= solution.bound_eur <= solution.cost_eur + 1e-9


def test_the_dear_part_goes_where_energy_is_cheap() -> None:
    """A run that draws most at its end ends in the cheap slots."""
    tiny = problem(
        [0.3] * 4 + [0.1] * 2 + [0.3] * 3, [[profiled(0, [2.0, 2.0, 10.0, 10.0])]], [1], [lot(0, 1, 9)]
    )
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert solution.jobs == (Job(0, (2,)),)
    assert load_kw(tiny, solution.jobs).tolist() == [1.0, 1.0, 3.0, 3.0, 11.0, 11.0, 1.0, 1.0, 1.0]


def test_a_flat_profile_changes_nothing() -> None:
    """The same draw in every slot gives the plan, the cost and the bound of a constant draw."""
    price = [0.3, 0.1, 0.2, 0.4, 0.1, 0.1, 0.5, 0.2, 0.2]
    plain = [step(0, 3, 7.0, OPEN)]
    flat = [profiled(0, [7.0] * 3)]
    answers = [
        HighsPlanner(target_gap=0.0).solve(
            problem(price, [recipe], [1], [lot(0, 2, 9)], contracted=6.0), 20.0
        )
        for recipe in (plain, flat)
    ]
    assert answers[0].jobs == answers[1].jobs
    assert answers[0].cost_eur == pytest.approx(answers[1].cost_eur, abs=1e-9)
    assert answers[0].bound_eur == pytest.approx(answers[1].bound_eur, abs=1e-6)


def test_the_board_prices_a_place_like_the_plan() -> None:
    """The cheapest place on the board is that of least cost among all places."""
    tiny = problem(
        [0.3, 0.1, 0.2, 0.4, 0.1, 0.1, 0.5, 0.2, 0.2],
        [[profiled(0, [9.0, 2.0]), profiled(1, [1.0, 8.0], 2)]],
        [1, 1],
        [lot(0, 1, 9)],
    )
    board = Board(tiny, (), (np.array([9]),))
    found = board.cheapest(0, 9)
    places = [Job(0, (a, b)) for a in range(8) for b in range(a + 2, 8) if b <= a + 4]
    assert found is not None
    assert solution_cost_eur(tiny, (found,)) == pytest.approx(
        min(solution_cost_eur(tiny, (job,)) for job in places)
    )
