"""Scores and grades of hours from costs alone, and the figures of skill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.advice import (
    SHORTEST_RUN,
    Case,
    Grade,
    Outlook,
    cheapest_plans,
    cheapness,
    grades,
    ranks,
)
from chocolate_factory.domain.advice_skill import (
    FOREST,
    RULE,
    Said,
    best_hours_cost,
    by_copy,
    by_rule,
    choose,
    figures,
    rank_correlation,
)

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_the_cheapest_hour_scores_100_and_equals_share_a_rank() -> None:
    assert cheapness(np.array([3.0, 1.0, 2.0, 5.0, 4.0])).tolist() == [50, 100, 75, 0, 25]
    assert ranks(np.array([1.0, 1.0, 2.0])).tolist() == [0.25, 0.25, 1]
    assert ranks(np.array([7.0, 7.0, 7.0])).tolist() == [0.5, 0.5, 0.5]
    assert ranks(np.array([7.0])).tolist() == [0.5]
    told = ranks(np.array([2.0, np.nan, -1.0]))
    assert (told[0], told[2]) == (1, 0) and np.isnan(told[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-5, 9), min_size=4, max_size=11), st.integers(4, 8))
def test_the_cheapest_plan_is_that_of_trying_all(costs: list[int], need: int) -> None:
    cost = np.array(costs, np.float64)
    possible = {
        plan for plan in product((0, 1), repeat=len(cost)) if all(run >= SHORTEST_RUN for run in runs(plan))
    }
    (found,) = cheapest_plans(cost, [min(need, len(cost))])
    of_size = [plan for plan in possible if sum(plan) == int(found.sum())]
    assert tuple(found.astype(int).tolist()) in possible
    assert cost[found].sum() == min(float(np.dot(plan, cost)) for plan in of_size)
    larger = [sum(plan) for plan in possible if sum(plan) <= min(need, len(cost))]
    assert int(found.sum()) == max(larger)


def runs(plan: tuple[int, ...]) -> list[int]:
    return [len(part) for part in "".join(map(str, plan)).split("0") if part]


def test_grades_share_out_the_week() -> None:
    cost = np.arange(168.0)
    assert np.bincount(grades(cost)).tolist() == [42, 42, 42, 42]
    assert (np.diff(grades(cost)) >= 0).all()


def test_a_cheap_hour_between_dear_ones_is_not_optimal() -> None:
    cost = np.full(48, 50.0)
    cost[:12] = 10
    cost[30] = 9
    told = grades(cost)
    assert told[30] != Grade.OPTIMAL
    assert (told[:12] == Grade.OPTIMAL).all()


def test_unknown_hours_are_never_advised() -> None:
    cost = np.arange(60.0)
    cost[5] = np.nan
    assert grades(cost)[5] == Grade.HALT
    assert np.isnan(cheapness(cost)[5])
    assert (grades(np.full(5, np.nan)) == Grade.HALT).all()
    assert len(grades(np.zeros(0))) == 0


def case(real: np.ndarray, cost: np.ndarray, at: datetime = AT) -> Case:
    n = len(real)
    start = int(at.timestamp()) + 3600 * np.arange(n)
    past = np.tile(np.arange(24.0), (15, 1))
    first = at.date().toordinal() - 14
    outlook = Outlook(at, start, cost, cost, cost, np.zeros(n, bool), np.ones(n, np.int64), past, first)
    return Case(outlook, real, at + timedelta(days=8))


def test_figures_of_a_perfect_and_of_a_reversed_advice() -> None:
    random = np.random.default_rng(1)
    cases = [case(real, real) for real in random.normal(100, 30, (5, 168))]
    best = figures(cases, [by_rule(one) for one in cases])
    assert best["captured"] == pytest.approx(1)
    assert best["rank_correlation"] == pytest.approx(1)
    assert best["accuracy"] == 1
    assert np.array(best["confusion"]).sum() == 5 * 168
    worst = figures(cases, [Said(100 - by_rule(one).score, by_rule(one).grade) for one in cases])
    assert worst["captured"] < -0.5
    assert worst["rank_correlation"] == pytest.approx(-1)


def test_last_week_is_judged_where_it_is_known() -> None:
    one = case(np.arange(168.0) % 24, np.zeros(168))
    said = by_copy(one)
    local = (np.arange(168) + 13) % 24
    assert said.score[local == 0].min() > said.score[local == 23].max()
    one.outlook.past[:] = np.nan
    assert np.isnan(rank_correlation(one, by_copy(one).score))


def test_equal_scores_take_the_earlier_hours() -> None:
    assert best_hours_cost(case(np.arange(8.0), np.zeros(8)), np.full(8, 50.0)) == 0.5


def test_the_trees_must_be_better_than_chance() -> None:
    random = np.random.default_rng(3)
    truth = random.normal(100, 30, (80, 168))
    noisy = truth + random.normal(0, 40, truth.shape)
    cases = [
        case(real, told, AT + timedelta(days=day))
        for day, (real, told) in enumerate(zip(truth, noisy, strict=True))
    ]
    rule = [by_rule(one) for one in cases]
    perfect = [Said(cheapness(one.real), grades(one.real)) for one in cases]
    better = choose(cases, {RULE: rule, FOREST: perfect})
    assert (better.score, better.grade) == (FOREST, FOREST)
    assert better.score_p < 0.01
    again = choose(cases, {RULE: rule, FOREST: rule})
    assert (again.score, again.grade) == (RULE, RULE) and np.isnan(again.score_p)
    assert choose(cases, {RULE: perfect, FOREST: rule}).score == RULE
    assert choose(cases[:27], {RULE: rule[:27], FOREST: perfect[:27]}).score == RULE, "too few to tell"
