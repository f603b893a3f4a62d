"""History as local days; quarters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.series import Series
from chocolate_factory.infrastructure.forecasters.days import day_table, lead_class
from chocolate_factory.infrastructure.forecasters.quarters import FLAT, quarter_shape
from tests.unit.forecasters.samples import at_gate, days_after, history

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def series_of(start: np.ndarray, minutes: int, value: np.ndarray) -> Series:
    n = len(start)
    text = np.full(n, "published")
    return Series("spot", start, np.full(n, minutes, np.int64), value, start - 86_400, text, text)


def test_quarters_become_hours_and_a_part_missing_is_unknown() -> None:
    window = days_after(date(2026, 3, 10), 0, 2)
    start = window.starts(15)
    value = np.arange(len(start), dtype=np.float64)
    table = day_table(series_of(start, 15, value), LATER, 1)
    assert table.known.shape == (3, 24)
    assert table.known[1, 5] == np.mean(value[96 + 20 : 96 + 24])
    part = np.delete(np.arange(len(start)), 96 + 21)
    table = day_table(series_of(start, 15, value).take(part), LATER, 1)
    assert np.isnan(table.known[1, 5])
    assert np.isnan(table.known).sum() == 1
    assert table.filled[1, 5] == table.known[0, 5]


def test_days_with_a_clock_change() -> None:
    autumn = days_after(date(2025, 10, 26), 0, 0)
    value = np.arange(25, dtype=np.float64)
    table = day_table(series_of(autumn.starts(60), 60, value), LATER, 1)
    assert table.known[0].tolist() == [0, 1, 2.5, *range(4, 25)]
    spring = days_after(date(2026, 3, 29), 0, 0)
    table = day_table(series_of(spring.starts(60), 60, value[:23]), LATER, 1)
    assert np.isnan(table.known[0, 2])
    assert table.known[0, [1, 3, 23]].tolist() == [1, 2, 22]


def test_lead_days_count_from_the_last_day_that_is_mostly_known() -> None:
    full = history("pvpc", date(2026, 3, 1), 10)
    table = day_table(full.take(slice(0, 9 * 24 + 6)), LATER, 1)
    assert table.last == 8
    assert table.origin(9) == (8, 1)
    assert table.origin(12) == (8, 4)
    assert table.origin(5) == (4, 1)
    assert [lead_class(lead) for lead in (1, 8, 9, 11, 12, 15)] == [0, 7, 8, 8, 9, 9]


def test_too_few_days() -> None:
    with pytest.raises(DataMissing, match=r"pvpc: 2 days .* at least 3"):
        day_table(history("pvpc", date(2026, 3, 1), 2), LATER, 3)


def test_quarters_follow_the_ramp_they_were_taught() -> None:
    starts = days_after(date(2026, 2, 1), 0, 59).starts(15)
    hours = np.random.default_rng(3).normal(50, 20, len(starts) // 4)
    before, after = np.roll(hours, 1), np.roll(hours, -1)
    taught = np.array([[-0.3, -0.1, 0.1, 0.3], [-0.2, 0.0, 0.1, 0.1]])
    value = hours[:, None] + np.stack([hours - before, after - hours], axis=1) @ taught
    shape = quarter_shape(series_of(starts, 15, value.ravel()))
    assert shape.ramp == pytest.approx(taught, abs=1e-9)
    assert shape.ramp.sum(axis=1) == pytest.approx(0, abs=1e-12)
    assert shape.spread == pytest.approx(0, abs=1e-6)


def test_without_quarters_hours_are_flat() -> None:
    assert quarter_shape(history("pvpc", date(2026, 2, 1), 10)) is FLAT
    two_hours = history("spot", date(2026, 2, 1), 1).take(slice(0, 8))
    assert quarter_shape(two_hours) is FLAT


def test_four_quarters_keep_the_price_of_their_hour() -> None:
    from chocolate_factory.infrastructure.forecasters import FORECASTERS

    today = date(2026, 3, 10)
    fit = FORECASTERS["naive-kind"]().fit(
        history("spot", today - timedelta(days=60), 62), at_gate("spot", today)
    )
    forecast = fit.predict(days_after(today, 2, 8))
    hours = forecast.price.reshape(-1, 4)
    assert np.ptp(hours, axis=1).min() > 0
    told = [fit.of_day(row).price for row in range(fit.table.last + 1, fit.table.last + 8)]
    assert hours.mean(axis=1) == pytest.approx(np.concatenate(told))


def test_a_band_of_quarters_is_at_least_that_of_the_hour() -> None:
    from chocolate_factory.infrastructure.forecasters import FORECASTERS

    today = date(2026, 3, 10)
    fit = FORECASTERS["naive-week"]().fit(
        history("spot", today - timedelta(days=60), 62), at_gate("spot", today)
    )
    forecast = fit.predict(days_after(today, 2, 2))
    for level, offsets in zip(forecast.levels, fit.band.offsets, strict=True):
        added = np.abs(forecast.quantile(level) - forecast.price)
        assert (added >= np.repeat(np.abs(offsets[0]), 4) - 1e-9).all()
        assert level == 0.5 or added.sum() > 4 * np.abs(offsets[0]).sum()
