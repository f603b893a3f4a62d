"""The sample: plausible, labelled, and the same for every window and machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL
from chocolate_factory.domain.publication import by_day
from chocolate_factory.domain.series import empty, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, epoch, local_midnight
from chocolate_factory.domain.validation import inspect
from chocolate_factory.domain.weather_checks import weather_fault
from chocolate_factory.infrastructure.sources.sample import SampleSource

NOW = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
YEAR = Window(local_midnight(date(2025, 3, 11), MARKET_ZONE), local_midnight(date(2026, 3, 11), MARKET_ZONE))
SAMPLE = SampleSource()


@pytest.mark.parametrize("key", ["spot", "pvpc"])
def test_a_year_is_whole_and_passes_validation(key: str) -> None:
    series = SAMPLE.fetch(key, YEAR, NOW)
    days = [day for day, _ in by_day(series.start)]
    good, refused = inspect(series, days, empty(key))
    assert refused == []
    assert len(days) == 365
    assert np.array_equal(good.start, CATALOG[key].expected(YEAR, NOW))
    assert set(series.origin) == {"sample"}
    assert set(series.source) == {"sample"}
    assert set(series.minutes) == ({15, 60} if key == "spot" else {60})


def test_prices_have_the_shape_of_the_market() -> None:
    spot = SAMPLE.fetch("spot", YEAR, NOW)
    hourly = on_grid(spot, YEAR, 60)[: 364 * 24].reshape(-1, 24)
    day = np.nanmean(hourly, axis=0)
    assert day[20] > day[4] > day[13]
    assert 40 < np.nanmean(hourly) < 80
    assert 20 <= int(np.sum(hourly <= 0)) <= 900
    pvpc = SAMPLE.fetch("pvpc", YEAR, NOW).value
    assert 90 < pvpc.mean() < 160
    assert pvpc.min() > 0


@given(
    first=st.integers(0, 700),
    hours=st.integers(1, 200),
    key=st.sampled_from(ESSENTIAL),
    seed=st.integers(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_any_window_gives_the_same_values(first: int, hours: int, key: str, seed: int) -> None:
    begin = datetime(2025, 3, 11, tzinfo=UTC) + timedelta(hours=first)
    early = begin if CATALOG[key].rule is None else NOW
    part = SampleSource(seed).fetch(key, Window(begin, begin + timedelta(hours=hours)), early)
    around = Window(begin - timedelta(days=3), begin + timedelta(days=12))
    whole = SampleSource(seed).fetch(key, around, early)
    rows = np.searchsorted(whole.start, part.start)
    assert len(part)
    assert np.array_equal(whole.value[rows], part.value)


def test_the_values_never_change() -> None:
    spot = SampleSource(1).fetch("spot", day_window(date(2026, 3, 10), MARKET_ZONE), NOW)
    assert spot.value[:4].tolist() == [54.08, 54.09, 52.65, 53.92]
    other = SampleSource(2).fetch("spot", day_window(date(2026, 3, 10), MARKET_ZONE), NOW)
    assert not np.allclose(spot.value, other.value)


def test_only_due_days_are_told() -> None:
    tomorrow = day_window(date(2026, 3, 12), MARKET_ZONE)
    assert len(SAMPLE.fetch("spot", tomorrow, NOW)) == 0
    assert len(SAMPLE.fetch("spot", tomorrow, NOW + timedelta(days=1))) == 96


def test_weather_is_a_forecast_from_the_present_hour() -> None:
    for key in ("temperature_forecast", "humidity_forecast"):
        now = NOW + timedelta(minutes=25)
        series = SAMPLE.fetch(key, Window(NOW - timedelta(days=2), NOW + timedelta(days=16)), now)
        assert series.start[0] == epoch(NOW)
        assert len(series) == 384
        assert weather_fault({key: series}, {}) is None
        assert set(series.available_at) == {epoch(now)}
    july = datetime(2026, 7, 15, tzinfo=UTC)
    hot = SAMPLE.fetch("temperature_forecast", Window(july, july + timedelta(days=10)), july)
    assert 22 < hot.value.mean() < 34
