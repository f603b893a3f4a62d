"""Correlations of daily series against plain loops, and what they must not find."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import rankdata

from chocolate_factory.domain.correlation import (
    Estimate,
    correlate,
    effective_days,
    ranks,
    verdict,
    without_season,
    year_is_told,
)
from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

DAYS: IntArray = np.arange(19_000, 19_000 + 730)


def noise(seed: int, count: int = len(DAYS), memory: float = 0.0) -> FloatArray:
    dice, value, found = random.Random(seed), 0.0, []
    for _ in range(count):
        value = memory * value + dice.gauss(0, 1)
        found.append(value)
    return np.array(found)


def season(days: IntArray) -> FloatArray:
    return 12 * np.cos(2 * np.pi * days / 365.2425) + 3 * np.sin(4 * np.pi * days / 365.2425)


def plain_effective(days: list[int], x: list[float], y: list[float]) -> float:
    """Pyper and Peterman's sum, written out."""
    n = len(days)
    place = {day: row for row, day in enumerate(days)}
    mx, my = sum(x) / n, sum(y) / n
    vx, vy = sum((v - mx) ** 2 for v in x) / n, sum((v - my) ** 2 for v in y) / n
    total = 0.0
    for lag in range(1, n // 5 + 1):
        pairs = [(row, place[day + lag]) for row, day in enumerate(days) if day + lag in place]
        if len(pairs) < 30:
            continue
        rx = sum((x[a] - mx) * (x[b] - mx) for a, b in pairs) / len(pairs) / vx
        ry = sum((y[a] - my) * (y[b] - my) for a, b in pairs) / len(pairs) / vy
        total += (n - lag) / n * rx * ry
    worth = 1 / n + 2 / n * total
    return n if worth <= 1 / n else 1 / worth


@pytest.mark.parametrize("gaps", [False, True])
def test_effective_days_are_the_papers(gaps: bool) -> None:
    keep = np.array([not gaps or (day % 11 and not 19_200 <= day < 19_260) for day in DAYS[:400]], bool)
    days, x, y = DAYS[:400][keep], noise(1, 400, 0.8)[keep], noise(2, 400, 0.7)[keep]
    plain = plain_effective(days.tolist(), x.tolist(), y.tolist())
    assert effective_days(days, x, y) == pytest.approx(plain)
    assert plain < len(days) / 2


def test_independent_days_count_nearly_whole() -> None:
    assert effective_days(DAYS, noise(3), noise(4)) > 0.8 * len(DAYS)


def test_ranks_share_ties() -> None:
    values = np.array([3.0, 1.0, 3.0, -2.0, 3.0, 1.0])
    assert ranks(values).tolist() == rankdata(values).tolist()


def test_figures_and_interval() -> None:
    x = noise(5)
    y = 0.6 * x + noise(6)
    found = correlate(DAYS, x, y)
    mx, my = x.mean(), y.mean()
    r = float(((x - mx) * (y - my)).sum() / math.sqrt(((x - mx) ** 2).sum() * ((y - my) ** 2).sum()))
    half = 1.959964 / math.sqrt(found.effective - 3)
    assert found.pearson is not None
    assert found.spearman is not None
    assert found.pearson.value == pytest.approx(r)
    assert found.pearson.low == pytest.approx(math.tanh(math.atanh(r) - half))
    assert found.pearson.high == pytest.approx(math.tanh(math.atanh(r) + half))
    rs = found.spearman.value
    half *= math.sqrt(1 + rs * rs / 2)
    assert found.spearman.low == pytest.approx(math.tanh(math.atanh(rs) - half))
    assert found.verdict == "moderate"


def test_what_only_shares_the_season_does_not_correlate() -> None:
    x, y = season(DAYS) + noise(7), -3 * season(DAYS) + noise(8)
    assert np.corrcoef(x, y)[0, 1] < -0.9, "with the season in it, it would"
    found = correlate(DAYS, without_season(DAYS, x), without_season(DAYS, y))
    assert found.verdict == "none"


def test_season_and_kinds_of_day_leave_nothing() -> None:
    kinds = np.array([day_kind(date(1970, 1, 1) + timedelta(days=int(day))) for day in DAYS])
    value = 7 + season(DAYS) - 20.0 * (kinds == DayKind.SATURDAY) - 50.0 * (kinds == DayKind.REST)
    assert np.abs(without_season(DAYS, value)).max() < 1e-9
    assert np.abs(without_season(DAYS, value + noise(8)) - noise(8)).max() < 1


def test_slow_series_need_more_than_a_high_figure() -> None:
    wrong = 0
    for seed in range(30):
        x, y = noise(100 + seed, memory=0.95), noise(500 + seed, memory=0.95)
        wrong += correlate(DAYS, x, y).verdict not in {"none", "not_enough_data"}
    assert wrong <= 5, "days that follow each other were counted as independent"


def test_little_is_not_enough() -> None:
    few = correlate(DAYS[:89], noise(9, 89), noise(9, 89))
    assert (few.verdict, few.pearson, few.spearman, few.days) == ("not_enough_data", None, None, 89)
    assert correlate(DAYS, noise(1), np.zeros(len(DAYS))).verdict == "not_enough_data"


@pytest.mark.parametrize(
    ("pearson", "spearman", "told"),
    [
        ((0.7, 0.6, 0.8), (0.65, 0.5, 0.8), "strong"),
        ((0.7, 0.6, 0.8), (0.4, 0.2, 0.6), "moderate"),
        ((-0.7, -0.8, -0.6), (-0.2, -0.3, -0.1), "weak"),
        ((0.7, 0.6, 0.8), (0.1, -0.1, 0.3), "none"),
        ((0.2, 0.1, 0.3), (-0.2, -0.3, -0.1), "none"),
    ],
)
def test_the_smaller_of_both_decides(
    pearson: tuple[float, float, float], spearman: tuple[float, float, float], told: str
) -> None:
    assert verdict(Estimate(*pearson), Estimate(*spearman)) == told


def test_a_year_is_told_by_half_of_every_month() -> None:
    year = np.arange(0, 365)
    assert year_is_told(year)
    assert not year_is_told(year[:340])
    february = [day for day in year if not 31 <= day < 31 + 14]
    assert not year_is_told(np.array(february))
