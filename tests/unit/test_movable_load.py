"""The load that may wait: the exact search beside all possibilities, and weeks of 167 to 169 hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.movable_load import (
    HOURS,
    RUN_HOURS,
    RUNS,
    View,
    captured,
    carried_out,
    cheapest,
    cost_eur,
    days_that_plan,
    energy_kwh,
    shifts,
    violations,
    week_hours,
    weeks_planned_on,
)

PRICES = st.lists(st.integers(-9, 9).map(float), min_size=16, max_size=32)
WEEK = st.lists(st.integers(-40, 200).map(float), min_size=168, max_size=168)


def placements(hours: int, runs: int, free: int = 0) -> Iterator[tuple[int, ...]]:
    """Every way to place the runs, the earlier first."""
    if runs == 0:
        yield ()
        return
    for start in range(free, hours - runs * RUN_HOURS + 1):
        for later in placements(hours, runs - 1, start + RUN_HOURS):
            yield (start, *later)


@given(PRICES, st.integers(1, 3))
def test_the_search_is_exact_and_takes_the_earlier_of_equals(prices: list[float], runs: int) -> None:
    price = np.array(prices)
    if len(price) < runs * RUN_HOURS:
        with pytest.raises(ValueError, match="do not fit"):
            cheapest(price, runs)
        return
    best = min(placements(len(price), runs), key=lambda starts: (cost_eur(price, starts), starts))
    found = cheapest(price, runs)
    assert cost_eur(price, found) == pytest.approx(cost_eur(price, best))
    assert found == best


@settings(max_examples=15, deadline=None)
@given(WEEK, st.lists(WEEK, min_size=3, max_size=3), st.lists(st.integers(0, 167), min_size=3, max_size=3))
def test_a_week_planned_anew_breaks_no_rule(
    truth: list[float], believed: list[list[float]], moments: list[int]
) -> None:
    price = np.array(truth)
    views = [View(0, np.array(believed[0]))]
    views += [View(at, np.array(told)) for at, told in zip(sorted(moments), believed, strict=True)]
    starts = carried_out(views)
    assert violations(starts, 168) == 0
    assert energy_kwh(starts, 168) == HOURS
    assert cost_eur(price, cheapest(price, RUNS)) <= cost_eur(price, starts) + 1e-9


@given(WEEK)
def test_who_knows_the_truth_saves_all(truth: list[float]) -> None:
    price = np.array(truth)
    starts = carried_out([View(first, price) for first in (0, 14, 38, 62, 86, 110, 134)])
    assert cost_eur(price, starts) == pytest.approx(cost_eur(price, cheapest(price, RUNS)))


def test_a_run_that_has_started_stays() -> None:
    early, late = np.full(168, 50.0), np.full(168, 50.0)
    early[:10], early[10:18] = 60.0, 0.0
    late[20:60] = -100.0
    assert carried_out([View(0, early), View(14, late)]) == (10, 20, 28, 36, 44)
    assert carried_out([View(0, early), View(10, late)]) == (20, 28, 36, 44, 52)


def test_a_price_that_is_not_known_is_no_price() -> None:
    price = np.full(168, 50.0)
    price[9] = np.nan
    with pytest.raises(ValueError, match="needs a price"):
        cheapest(price, RUNS)
    assert cheapest(price[:0], 0) == ()


@pytest.mark.parametrize(
    ("monday", "hours"), [(date(2026, 3, 23), 167), (date(2025, 10, 20), 169), (date(2026, 3, 9), 168)]
)
def test_weeks_of_a_clock_change(monday: date, hours: int) -> None:
    assert len(week_hours(monday)) == hours
    assert shifts(monday) == (6, 30, 54, 78, 102)
    assert violations(shifts(monday), hours) == 0


def test_rules_that_are_broken_are_counted() -> None:
    assert violations((0, 8, 16, 24, 32), 168) == 0
    assert violations((0, 7, 16, 24, 32), 168) == 1
    assert violations((0, 8, 16, 24, 161), 168) == 1
    assert violations((-1, 8, 16), 168) == 3
    assert energy_kwh((0, 7, 16, 24, 32), 168) == 39


def test_which_days_plan_which_week() -> None:
    monday = date(2026, 3, 9)
    assert days_that_plan(monday)[0] == date(2026, 3, 8)
    assert days_that_plan(monday)[-1] == date(2026, 3, 14)
    assert weeks_planned_on([date(2026, 3, 7), date(2026, 3, 8)]) == [date(2026, 3, 2), monday]
    assert weeks_planned_on(days_that_plan(monday)) == [monday]


def test_the_share() -> None:
    assert captured(10, 7, 6) == 0.75
    assert captured(10, 11, 6) == -0.25
    assert np.isnan(captured(10, 10, 10))
