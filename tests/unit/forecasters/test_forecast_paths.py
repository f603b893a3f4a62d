"""Quantiles of a forecast and the paths drawn from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.forecast import LEVELS, Forecast, PastErrors, ordered
from chocolate_factory.domain.paths import around, price_paths
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window

START = datetime(2026, 3, 10, 23, tzinfo=UTC)
HOURS = 48
PUBLISHED = 5


def waves(count: int, seed: int = 7) -> FloatArray:
    """Errors (count, HOURS) with memory: each hour keeps 0.9 of the one before."""
    random = np.random.default_rng(seed)
    errors = np.empty((count, HOURS))
    errors[:, 0] = random.normal(size=count)
    for hour in range(1, HOURS):
        errors[:, hour] = 0.9 * errors[:, hour - 1] + np.sqrt(1 - 0.81) * random.normal(size=count)
    return errors


def forecast(past: FloatArray | None) -> Forecast:
    """Two days, the first hours published, a skewed band that widens."""
    price = 50 + 20 * np.sin(np.arange(HOURS) / 4)
    width = np.where(np.arange(HOURS) < PUBLISHED, 0.0, 1 + np.arange(HOURS) / 8)
    offsets = np.array([8 * (level - 0.5) * (3 if level > 0.5 else 1) for level in LEVELS])
    start = Window(START, START + timedelta(hours=HOURS)).starts(60)
    return Forecast(
        series="spot",
        model="some-model",
        issued_at=START,
        known_until=START + timedelta(hours=PUBLISHED),
        minutes=60,
        start=start,
        origin=np.array(["published"] * PUBLISHED + ["forecast"] * (HOURS - PUBLISHED)),
        price=price,
        levels=LEVELS,
        quantiles=price + offsets[:, None] * width,
        past=None if past is None else PastErrors(np.arange(len(past), 0, -1), past),
    )


def test_quantiles_by_level() -> None:
    made = forecast(None)
    for name, level in (("p05", 0.05), ("p10", 0.1), ("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        assert np.array_equal(getattr(made, name), made.quantile(level))
        assert made.has(level)
    assert not made.has(0.01)
    with pytest.raises(ValueError, match=r"0\.01 is not told"):
        made.quantile(0.01)


def test_crossing_or_misshapen_quantiles_are_refused() -> None:
    made = forecast(None)
    with pytest.raises(ValueError, match="cross"):
        replace(made, quantiles=made.quantiles[::-1])
    with pytest.raises(ValueError, match="cross"):
        replace(made, levels=LEVELS[::-1])
    with pytest.raises(ValueError, match="shape"):
        replace(made, levels=LEVELS[1:])


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.floats(-500, 500), min_size=len(LEVELS), max_size=len(LEVELS)),
    middle=st.floats(-500, 500),
)
def test_ordered_quantiles_do_not_cross_and_keep_the_middle(values: list[float], middle: float) -> None:
    found = ordered(np.array(values)[:, None], np.array([middle]))
    assert (np.diff(found, axis=0) >= 0).all()
    assert found[LEVELS.index(0.5), 0] == middle
    assert np.array_equal(ordered(found, np.array([middle])), found)


@pytest.mark.parametrize("count", [20, 50, 200, 300])
def test_paths_have_the_forecasts_quantiles_in_every_slot(count: int) -> None:
    made = forecast(waves(200))
    paths = price_paths(made, count)
    for level in LEVELS:
        below = (paths <= made.quantile(level) + 1e-9).mean(axis=0)
        assert below[PUBLISHED:] == pytest.approx(level, abs=0.5 / count + 1e-9)
    assert np.array_equal(paths[:, :PUBLISHED], np.tile(made.price[:PUBLISHED], (count, 1)))


def test_paths_hang_together_like_the_past() -> None:
    past = waves(300)
    made = forecast(past)
    paths = price_paths(made, 300)
    for lag in (1, 6):
        at = 20
        asked = np.corrcoef(past[:, at], past[:, at + lag])[0, 1]
        standing = np.argsort(np.argsort(paths, axis=0), axis=0)
        assert np.corrcoef(standing[:, at], standing[:, at + lag])[0, 1] == pytest.approx(asked, abs=0.05)


def test_the_same_paths_every_time_and_the_past_only_orders_them() -> None:
    made, other = forecast(waves(60)), forecast(waves(60, seed=8))
    paths = price_paths(made, 50)
    assert np.array_equal(paths, price_paths(made, 50))
    assert not np.array_equal(paths, price_paths(other, 50))
    assert np.sort(paths, axis=0) == pytest.approx(np.sort(price_paths(other, 50), axis=0))


def test_errors_of_days_of_the_same_kinds_are_taken_first() -> None:
    """The window is a Wednesday and a Thursday; no holiday is among the 60 days before."""
    past, ago = waves(60), np.arange(60, 0, -1)
    working = (2 - ago) % 7 <= 3
    made = forecast(past)
    alone = replace(made, past=PastErrors(ago[working], past[working]))
    count = int(working.sum())
    assert 30 < count < 40
    assert np.array_equal(price_paths(made, count), price_paths(alone, count))
    assert not np.array_equal(price_paths(made, 60), price_paths(alone, 60))


def test_around_moves_the_mean_and_nothing_else() -> None:
    made = forecast(waves(200))
    paths = price_paths(made, 50)
    moved = around(paths, made.price)
    assert moved.mean(axis=0) == pytest.approx(made.price)
    assert np.ptp(moved - paths, axis=0) == pytest.approx(0)
    assert np.array_equal(moved[:, :PUBLISHED], np.tile(made.price[:PUBLISHED], (50, 1)))
    assert paths.mean(axis=0)[PUBLISHED:].min() > made.price[PUBLISHED:].min()


def test_paths_need_past_weeks() -> None:
    with pytest.raises(DataMissing, match="9 past forecasts"):
        price_paths(forecast(waves(9)), 1)
    with pytest.raises(DataMissing, match="0 past forecasts"):
        price_paths(forecast(None), 1)
    with pytest.raises(ValueError, match="at least"):
        price_paths(forecast(waves(40)), 0)
    whole = replace(forecast(None), origin=np.full(HOURS, "published"))
    assert np.array_equal(price_paths(whole, 2), np.tile(whole.price, (2, 1)))
