"""History as local days; quarters."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.ports import Known
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_moment
from chocolate_factory.infrastructure.forecasters.days import FUTURE, day_table, lead_class, seen_table
from chocolate_factory.infrastructure.forecasters.quarters import FLAT, quarter_shape
from tests.unit.forecasters.markets import moved
from tests.unit.forecasters.samples import at_gate, days_after, fit, history

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
    ready = fit(
        FORECASTERS["naive-kind"](), history("spot", today - timedelta(days=60), 62), at_gate("spot", today)
    )
    forecast = ready.predict(days_after(today, 2, 8))
    hours = forecast.price.reshape(-1, 4)
    assert np.ptp(hours, axis=1).min() > 0
    told = [ready.of_day(row).price for row in range(ready.table.last + 1, ready.table.last + 8)]
    assert hours.mean(axis=1) == pytest.approx(np.concatenate(told))


def test_a_band_of_quarters_is_at_least_that_of_the_hour() -> None:
    from chocolate_factory.infrastructure.forecasters import FORECASTERS

    today = date(2026, 3, 10)
    ready = fit(
        FORECASTERS["naive-week"](), history("spot", today - timedelta(days=60), 62), at_gate("spot", today)
    )
    forecast = ready.predict(days_after(today, 2, 2))
    for level, offsets in zip(forecast.levels, ready.band.offsets, strict=True):
        added = np.abs(forecast.quantile(level) - forecast.price)
        assert (added >= np.repeat(np.abs(offsets[0]), 4) - 1e-9).all()
        assert level == 0.5 or added.sum() > 4 * np.abs(offsets[0]).sum()


def wind_of(first: date, count: int, at: time, value: float = 5000.0) -> Series:
    """Hours of wind, all of a day known at a local time of the day before."""
    start = days_after(first, 0, count - 1).starts(60)
    known = published("wind_forecast", start.tolist(), [value] * len(start), "invented")
    return moved(known, at)


def test_what_stands_beside_reaches_past_the_last_known_day() -> None:
    first = date(2026, 3, 1)
    prices = history("spot", first, 10).known_at(LATER)
    beside = {"wind_forecast": wind_of(first, 12, time(10)), "spot": prices}
    table = seen_table(Known(prices, beside), LATER, 1)
    assert table.last == 9
    wind = table.beside["wind_forecast"]
    assert wind.shape == (len(table.kinds), 24) == (10 + FUTURE, 24)
    assert (wind[:12] == 5000).all()
    assert np.isnan(wind[12:]).all()
    assert np.array_equal(table.beside["spot"][:10], table.known)
    assert np.array_equal(table.until(4).beside["wind_forecast"], wind, equal_nan=True)


@pytest.mark.parametrize(("at", "used"), [(time(12), True), (time(12, 1), False), (time(20), False)])
def test_what_the_system_publishes_after_the_auction_is_not_used(at: time, used: bool) -> None:
    """Noon by the wall clock of the day before, over the change to summer time as well."""
    first = date(2026, 3, 20)
    table = seen_table(Known(history("spot", first, 12), {"wind_forecast": wind_of(first, 12, at)}), LATER, 1)
    wind = table.beside["wind_forecast"][: table.last + 1]
    hours = np.isfinite(wind).sum(axis=1)
    expected = [23 if day == date(2026, 3, 29) else 24 for day in map(table.day, range(len(wind)))]
    assert hours.tolist() == (expected if used else [0] * len(wind))


def test_a_later_revision_does_not_hide_what_was_out_in_time() -> None:
    first = date(2026, 3, 1)
    wind = concat([wind_of(first, 10, time(10)), wind_of(first, 5, time(20), 9000.0)])
    wind = concat([wind, wind_of(first, 2, time(11), 6000.0)])
    table = seen_table(Known(history("spot", first, 10), {"wind_forecast": wind}), LATER, 1)
    assert table.beside["wind_forecast"][:10, 0].tolist() == [6000.0] * 2 + [5000.0] * 8


def test_prices_beside_are_used_although_they_come_after_the_auction() -> None:
    first = date(2026, 3, 1)
    spot = history("spot", first, 10)
    table = seen_table(Known(history("pvpc", first, 10), {"spot": spot}), LATER, 1)
    assert np.isfinite(table.beside["spot"][:10]).all()


def test_what_stands_beside_is_cut_to_what_was_known() -> None:
    first = date(2026, 3, 1)
    known = Known(
        history("spot", first, 10),
        {"wind_forecast": wind_of(first, 10, time(10)), "demand_forecast": empty("demand_forecast")},
    )
    day = date(2026, 3, 7)
    for hour, rows in ((9, 7), (10, 8)):
        table = seen_table(known, local_moment(day, time(hour), MARKET_ZONE), 1)
        told = np.isfinite(table.beside["wind_forecast"]).all(axis=1)
        assert told.tolist() == [True] * rows + [False] * (len(told) - rows)
        assert np.isnan(table.beside["demand_forecast"]).all()


def test_days_beside_that_start_before_the_prices_are_left_out() -> None:
    first = date(2026, 3, 1)
    early_wind = wind_of(first - timedelta(days=5), 8, time(10))
    table = seen_table(Known(history("spot", first, 10), {"wind_forecast": early_wind}), LATER, 1)
    told = np.isfinite(table.beside["wind_forecast"]).all(axis=1)
    assert told.tolist() == [True] * 3 + [False] * (len(told) - 3)
