"""Quantiles from past errors: ranks, weights, adaption, and past errors as paths."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.forecast import LEVELS
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import epoch
from chocolate_factory.infrastructure.forecasters import bands
from chocolate_factory.infrastructure.forecasters.bands import (
    PAST_PATHS,
    Band,
    adapted,
    band_of,
    conformal,
    error_weights,
    standings,
)
from chocolate_factory.infrastructure.forecasters.days import DAY_AHEAD, PLACES, day_table
from chocolate_factory.infrastructure.forecasters.naive import days_of_kind, past_errors
from tests.unit.forecasters.samples import days_after, history

LATER = datetime(2027, 1, 1, tzinfo=UTC)
OUTER = np.array([0.1, 0.9])


@settings(max_examples=30, deadline=None)
@given(errors=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60))
def test_equal_weights_give_the_ranks_of_split_conformal(errors: list[float]) -> None:
    n = len(errors)
    low, high = conformal(np.array(errors)[:, None], np.ones(n), OUTER)
    ordered = sorted(errors)
    assert high == ordered[min(n, int(np.ceil((n + 1) * 0.9 - 1e-9))) - 1]
    assert low == sorted(errors, reverse=True)[min(n, int(np.ceil((n + 1) * 0.9 - 1e-9))) - 1]


def test_a_heavy_day_moves_the_band() -> None:
    errors = np.concatenate([np.full(50, 1.0), np.full(50, 10.0)])[:, None]
    assert conformal(errors, np.repeat([1.0, 1e-6], 50), OUTER)[1] == 1.0
    assert conformal(errors, np.repeat([1e-6, 1.0], 50), OUTER)[1] == 10.0


def test_new_errors_count_more_than_old_ones_and_days_to_come_not_at_all() -> None:
    weight = error_weights(np.array([0, 365, 366, 730, 731]), np.array(730))
    assert weight[3] > 2 * weight[1] > 4 * weight[0] > 0
    assert weight[4] == 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.integers(6, 80), skew=st.floats(-50, 50))
def test_quantiles_never_cross_and_the_price_is_the_median(seed: int, days: int, skew: float) -> None:
    table = day_table(history("pvpc", date(2026, 1, 1), days), LATER, 1)
    random = np.random.default_rng(seed)
    errors = skew + 20 * random.standard_t(2, size=(len(PLACES), table.last + 1, 24))
    errors[random.random(errors.shape) < 0.1] = np.nan
    band = band_of(table, errors)
    assert band.offsets.shape == (len(LEVELS), len(PLACES), 24)
    assert (np.diff(band.offsets, axis=0) >= 0).all()
    assert (band.offsets[LEVELS.index(0.5)] == 0).all()


def test_leads_without_errors_take_the_shorter_leads_band() -> None:
    table = day_table(history("pvpc", date(2026, 1, 1), 9), LATER, 1)
    band = band_of(table, past_errors(table, days_of_kind))
    assert np.array_equal(band.offsets[:, DAY_AHEAD - 1], band.offsets[:, DAY_AHEAD - 2])
    assert not np.array_equal(band.offsets[:, 1], band.offsets[:, 0])
    assert band.low.min() < 0 < band.high.max()
    with pytest.raises(ValueError, match="needs errors"):
        band_of(table, np.full((len(PLACES), 9, 24), np.nan))


def test_a_day_ahead_with_drivers_has_its_own_band_or_that_of_tomorrow() -> None:
    table = day_table(history("pvpc", date(2026, 1, 1), 60), LATER, 1)
    errors = past_errors(table, days_of_kind)
    without = band_of(table, errors)
    assert np.array_equal(without.offsets[:, DAY_AHEAD], without.offsets[:, 0])
    assert np.array_equal(without.relative[DAY_AHEAD], without.relative[0], equal_nan=True)
    errors[DAY_AHEAD] = errors[0] / 5
    driven = band_of(table, errors)
    assert driven.offsets[:, DAY_AHEAD] == pytest.approx(without.offsets[:, 0] / 5, rel=0.3)
    assert np.array_equal(driven.offsets[:, :DAY_AHEAD], without.offsets[:, :DAY_AHEAD])


def test_bands_follow_how_much_prices_move() -> None:
    calm = history("pvpc", date(2026, 1, 1), 120, noise=2)
    start = epoch(days_after(date(2026, 1, 1), 90, 90).start)
    mean = float(calm.value.mean())
    wild = calm.value.copy()
    wild[calm.start >= start] = mean + 3 * (wild[calm.start >= start] - mean)
    loud = Series("pvpc", calm.start, calm.minutes, wild, calm.available_at, calm.origin, calm.source)
    widths = []
    for series in (calm, loud):
        table = day_table(series, LATER, 1)
        band = band_of(table, past_errors(table, days_of_kind))
        widths.append(float((band.high - band.low).mean()))
    assert widths[1] > 1.4 * widths[0]


def errors_of(days: int, seed: int = 4) -> FloatArray:
    """Errors (days, 6, 4) that share half of their size within a day."""
    random = np.random.default_rng(seed)
    return 10 * (random.normal(size=(days, 1, 1)) + random.normal(size=(days, 6, 4)))


def test_standings_are_weighted_shares_of_earlier_errors() -> None:
    errors, rows, lead = errors_of(60), np.arange(60), 3
    errors[50, 2, 1] = np.nan
    late = rows >= 48
    found = standings(rows, errors, lead, late).reshape(12, 6, 4)
    for day, block, hour in ((48, 0, 0), (55, 3, 2), (59, 5, 3)):
        past = errors[: day - lead + 1, block]
        weight = np.broadcast_to(
            error_weights(rows[: day - lead + 1], np.array(day - lead))[:, None], past.shape
        )
        known = np.isfinite(past)
        share = weight[known & (past < errors[day, block, hour])].sum() / weight[known].sum()
        assert found[day - 48, block, hour] == pytest.approx(share)
    assert np.isnan(found[2, 2, 1])
    assert np.isfinite(found).sum() == found.size - 1


def test_levels_move_out_when_errors_grow_and_in_when_they_shrink() -> None:
    rows = np.arange(300)
    same = adapted(rows, errors_of(300), 2, 299)
    assert np.abs(same - LEVELS).max() < 0.06
    for factor, wider in ((2.0, True), (0.5, False)):
        errors = errors_of(300)
        errors[200:] *= factor
        levels = adapted(rows, errors, 2, 299)
        assert (np.diff(levels) >= 0).all()
        assert (levels[1] < 0.1 - 0.01) == wider
        assert (levels[-2] > 0.9 + 0.01) == wider
        assert (levels[1] > 0.1 + 0.01) != wider


def test_levels_follow_a_bias() -> None:
    errors = errors_of(300)
    errors[200:] += 15
    levels = adapted(np.arange(300), errors, 2, 299)
    assert (levels[[1, 9, 17]] > np.array(LEVELS)[[1, 9, 17]]).all()


def test_few_days_leave_the_levels_alone() -> None:
    assert adapted(np.arange(30), errors_of(30), 2, 29).tolist() == list(LEVELS)


@pytest.mark.parametrize(("step", "within"), [(bands.STEP, 0.1), (0.01, 0.05)])
def test_adapted_levels_hold_where_fixed_ones_fail(
    step: float, within: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors that grow by 0.3 % a day: quantiles of the past alone are always too narrow.

    Adaption brings them nearer to their names, a greater step the more so.
    """
    monkeypatch.setattr(bands, "STEP", step)
    inside: dict[str, list[bool]] = {"fixed": [], "adapted": []}
    lead = 5
    errors = errors_of(700) * np.exp(0.003 * np.arange(700))[:, None, None]
    for now in range(300, 690, 6):
        rows = np.arange(now + 1)
        weight = error_weights(rows, np.array(now))
        for name, levels in (
            ("fixed", np.array(LEVELS)),
            ("adapted", adapted(rows, errors[: now + 1], lead, now)),
        ):
            low, high = conformal(errors[: now + 1, 0], weight, levels[[1, -2]])
            inside[name] += ((errors[now + lead, 0] >= low) & (errors[now + lead, 0] <= high)).tolist()
    share = {name: float(np.mean(found)) for name, found in inside.items()}
    assert abs(share["adapted"] - 0.8) < within
    assert abs(share["adapted"] - 0.8) < abs(share["fixed"] - 0.8) - 0.01


def test_past_paths_are_the_errors_of_one_origin() -> None:
    days = 40
    relative = (1000.0 * np.arange(len(PLACES))[:, None, None] + 10.0 * np.arange(days)[:, None]) + (
        np.arange(24) / 100
    )
    band = Band(np.zeros((len(LEVELS), len(PLACES), 24)), relative)
    past = band.past(np.array([1, 2, 7]), np.array([0, 1, 6]))
    paths = past.errors
    assert past.ago.tolist() == list(range(days - 1, 6, -1))
    assert paths.shape == (days - 7, 3, 24)
    assert paths[5, :, 3] == pytest.approx([60.03, 1070.03, 6120.03])
    driven = band.past(np.array([1, 2, 7]), np.array([DAY_AHEAD, 1, 6])).errors
    assert driven[5, :, 3] == pytest.approx([1000.0 * DAY_AHEAD + 60.03, 1070.03, 6120.03])
    assert len(band.past(np.array([50]), np.array([9])).errors) == 0
    assert band.past(np.array([-3, 1]), np.array([0, 0])).errors.shape == (days - 4, 2, 24)
    long = Band(band.offsets, np.zeros((len(PLACES), 500, 24)))
    assert len(long.past(np.array([1]), np.array([0])).ago) == PAST_PATHS


def test_past_paths_need_most_of_every_day() -> None:
    relative = np.ones((len(PLACES), 30, 24))
    relative[0, 10, :13] = np.nan
    relative[0, 20, 5] = np.nan
    relative[0, 20, 6:] = 3.0
    band = Band(np.zeros((len(LEVELS), len(PLACES), 24)), relative)
    paths = band.past(np.array([1]), np.array([0])).errors
    assert len(paths) == 28
    assert np.isfinite(paths).all()
    assert paths[18, 0, 5] == pytest.approx((5 + 18 * 3) / 23)
