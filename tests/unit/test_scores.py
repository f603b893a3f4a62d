"""Scores against figures worked out by hand, and what must hold for any prices."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from chocolate_factory.domain import scores

TRUTH = np.array([10.0, -4.0, 0.0, 50.0])
TOLD = np.array([12.0, -1.0, 0.0, 45.0])
prices = arrays(np.float64, st.integers(2, 30), elements=st.floats(-100, 500))


def test_errors_by_hand() -> None:
    assert scores.mean_absolute_error(TRUTH, TOLD) == 2.5
    assert scores.root_mean_square_error(TRUTH, TOLD) == pytest.approx(math.sqrt(38 / 4))
    naive = np.array([20.0, -4.0, 10.0, 50.0])
    assert scores.relative_mae(TRUTH, TOLD, naive) == 0.5
    assert math.isnan(scores.relative_mae(TRUTH, TOLD, TRUTH))


def test_pinball_by_hand() -> None:
    low, high = np.array([8.0, -6.0, 1.0, 40.0]), np.array([13.0, -2.0, 2.0, 46.0])
    expected_low = (0.1 * 2 + 0.1 * 2 + 0.9 * 1 + 0.1 * 10) / 4
    expected_high = (0.1 * 3 + 0.1 * 2 + 0.1 * 2 + 0.9 * 4) / 4
    assert scores.pinball(TRUTH, {0.1: low}) == pytest.approx(expected_low)
    assert scores.pinball(TRUTH, {0.1: low, 0.9: high}) == pytest.approx((expected_low + expected_high) / 2)
    assert scores.pinball(TRUTH, {0.5: TOLD}) == scores.mean_absolute_error(TRUTH, TOLD) / 2


def test_band_by_hand() -> None:
    low, high = TRUTH - np.array([0.0, 1.0, -1.0, 5.0]), TRUTH + 2
    assert scores.band_coverage(TRUTH, low, high) == 0.75
    assert scores.band_width(low, high) == pytest.approx((2 + 3 + 1 + 7) / 4)


def test_levels_lie_on_straight_lines_and_never_beyond() -> None:
    told = {0.9: np.array([30.0]), 0.1: np.array([10.0]), 0.5: np.array([14.0])}
    found = scores.at_levels(told, (0.05, *scores.NINE, 0.95))
    assert list(found) == list(scores.NINE)
    assert [float(v[0]) for v in found.values()] == pytest.approx([10, 11, 12, 13, 14, 18, 22, 26, 30])
    assert scores.at_levels({}, scores.NINE) == {}


def test_nine_told_levels_stay_as_they_are() -> None:
    told = {level: np.array([level, 2 * level]) for level in scores.NINE}
    for level, values in scores.at_levels(told, scores.NINE).items():
        assert np.array_equal(values, told[level])


def test_dearest_share() -> None:
    price = np.arange(100.0)
    assert (price >= scores.dearest_from(price)).sum() == 5
    assert math.isnan(scores.dearest_from(np.zeros(0)))


def test_nothing_scores_nothing() -> None:
    none = np.zeros(0)
    assert math.isnan(scores.mean_absolute_error(none, none))
    assert math.isnan(scores.pinball(none, {0.5: none}))
    assert math.isnan(scores.pinball(TRUTH, {}))


def test_diebold_mariano_of_one_step_is_the_paired_t_test() -> None:
    own, other = np.array([1.0, 2.0, 1.5, 3.0, 2.5, 1.0]), np.array([2.0, 2.5, 1.0, 4.0, 3.5, 2.0])
    d = own - other
    statistic = d.mean() / (d.std(ddof=1) / math.sqrt(len(d)))
    expected = student.cdf(statistic, len(d) - 1)
    assert scores.diebold_mariano(own, other, 1) == pytest.approx(expected)


def test_diebold_mariano_with_overlap_by_hand() -> None:
    d = np.array([1.0, -1.0, -2.0, 0.0, -3.0])
    c = d + 1.0
    variance = (c**2).sum() / 5 + 2 * 0.5 * (c[1:] * c[:-1]).sum() / 5
    statistic = -1.0 / math.sqrt(variance / 5) * math.sqrt((5 + 1 - 4 + 2 * 1 / 5) / 5)
    assert scores.diebold_mariano(d, np.zeros(5), 2) == pytest.approx(student.cdf(statistic, 4))


def test_diebold_mariano_is_symmetric_and_sees_the_better_one() -> None:
    random = np.random.default_rng(3)
    good, bad = random.gamma(2, 5, 200), random.gamma(2, 5, 200) + 3
    p = scores.diebold_mariano(good, bad, 7)
    assert p < 0.001
    assert p + scores.diebold_mariano(bad, good, 7) == pytest.approx(1)


def test_diebold_mariano_does_not_find_what_is_not_there() -> None:
    random = np.random.default_rng(5)
    found = []
    for _ in range(400):
        shocks = random.normal(size=206)
        overlapping = np.convolve(shocks, np.ones(7), "valid")
        found.append(scores.diebold_mariano(overlapping, np.zeros(200), 7))
    assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.12


@pytest.mark.parametrize(
    ("own", "other", "horizon"),
    [([1.0, 2.0], [2.0, 1.0], 2), ([1.0] * 9, [1.0] * 9, 2), ([1.0] * 9, [1.1] * 9, 2), ([], [], 1)],
    ids=["too few", "the same", "always the same difference", "none"],
)
def test_no_p_value_without_evidence(own: list[float], other: list[float], horizon: int) -> None:
    assert math.isnan(scores.diebold_mariano(np.array(own), np.array(other), horizon))


def test_a_horizon_is_one_at_least() -> None:
    with pytest.raises(ValueError, match="one step"):
        scores.diebold_mariano(TRUTH, TOLD, 0)


@given(truth=prices, shift=st.floats(-50, 50))
def test_squares_weigh_no_less_and_a_shift_costs_itself(truth: np.ndarray, shift: float) -> None:
    told = truth[::-1]
    mae = scores.mean_absolute_error(truth, told)
    assert mae <= scores.root_mean_square_error(truth, told) + 1e-9
    assert scores.mean_absolute_error(truth, truth + shift) == pytest.approx(abs(shift), abs=1e-9)


@given(truth=prices, level=st.sampled_from(scores.NINE))
def test_pinball_is_least_at_the_quantile(truth: np.ndarray, level: float) -> None:
    best = np.quantile(truth, level, method="inverted_cdf")
    least = scores.pinball(truth, {level: np.full(len(truth), best)})
    for other in (best - 5, best + 5, truth.mean()):
        assert least <= scores.pinball(truth, {level: np.full(len(truth), other)}) + 1e-9
