"""Stretches of a price curve: what a brute force over all starts finds, with holes and ties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.windows import spread_percent, stretches, window_means

price = st.one_of(st.none(), st.sampled_from([-5.0, 0.0, 10.0, 10.5]), st.floats(-50, 300, width=16))
curves = st.lists(price, max_size=40).map(lambda row: np.array([math.nan if p is None else p for p in row]))


def means(curve: FloatArray, length: int) -> dict[int, float]:
    """The mean of every window without a hole, by its first slot, added up slot by slot."""
    found = {}
    for first in range(len(curve) - length + 1):
        part = [float(value) for value in curve[first : first + length]]
        if not any(math.isnan(value) for value in part):
            found[first] = math.fsum(part) / length
    return found


@settings(max_examples=60)
@given(curves, st.integers(1, 12), st.booleans())
def test_each_is_the_best_of_what_the_ones_before_leave(
    curve: FloatArray, length: int, dearest: bool
) -> None:
    left, all_of_them = means(curve, length), means(curve, length)
    sign = -1 if dearest else 1
    found = stretches(curve, length, 3, dearest=dearest)
    for one in found:
        best = min(sign * value for value in left.values())
        assert sign * one.mean == pytest.approx(best, abs=1e-7)
        alike = [first for first, value in left.items() if sign * value <= best + 1e-9]
        assert one.first == alike[0]
        assert one.ties == sum(abs(v - one.mean) < 1e-9 for v in all_of_them.values()) - 1
        left = {first: value for first, value in left.items() if abs(first - one.first) >= length}
    assert len(found) == 3 or not left


def test_a_hole_is_in_no_window() -> None:
    curve = np.array([1.0, math.nan, 5.0, 4.0, math.nan, 0.0])
    assert [(one.first, one.mean) for one in stretches(curve, 2, 3)] == [(2, 4.5)]
    assert np.isnan(window_means(curve, 2)).tolist() == [True, True, False, True, True]
    assert stretches(curve, 3, 3) == []
    assert stretches(curve, 7, 3) == []


def test_of_equal_windows_the_earliest_is_named() -> None:
    curve = np.array([0.3, 0.1, 0.2, 0.2, 0.1, 0.3])
    first, second = stretches(curve, 2, 2)
    assert (first.first, first.ties, second.first) == (1, 1, 3), "0.1 + 0.2 and 0.2 + 0.1 are the same"


def test_percent_only_of_a_mean_above_zero() -> None:
    assert spread_percent(0.05, 0.1) == pytest.approx(-50)
    assert spread_percent(-0.05, 0.0) is None
    assert spread_percent(0.05, -0.1) is None
    with pytest.raises(ValueError, match="at least one slot"):
        window_means(np.ones(3), 0)
