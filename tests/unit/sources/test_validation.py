"""Days are taken whole or refused; the limits are checked on every real day there is."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE
from chocolate_factory.domain.publication import by_day, published
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.slots import day_window, days_between, epoch
from chocolate_factory.domain.validation import inspect, inspect_forecast
from chocolate_factory.infrastructure.sources.sample import SampleSource

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SAMPLE = SampleSource(7)
DAY = date(2026, 3, 10)
EVE = DAY - timedelta(days=1)


def sample(day: date, key: str = "spot") -> Series:
    return SAMPLE.fetch(key, day_window(day, MARKET_ZONE), NOW)


def changed(series: Series, value: object) -> Series:
    return published(series.key, series.start.tolist(), np.asarray(value).tolist(), "sample")


def reasons(series: Series, day: date = DAY, before: Series | None = None) -> list[str]:
    good, refused = inspect(series, [day], before or empty(series.key))
    assert bool(len(good)) != bool(refused)
    assert all(refusal.day == day for refusal in refused)
    return [refusal.reason for refusal in refused]


def real(path: Path, column: str, key: str) -> Series:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        rows = [row for row in csv.DictReader(text) if row[column]]
    starts = [epoch(datetime.fromisoformat(row["datetime_utc"])) for row in rows]
    return published(key, starts, [float(row[column]) for row in rows], "omie")


@pytest.mark.parametrize(
    ("file", "column", "key"),
    [
        ("omie_dayahead", "price_eur_mwh", "spot"),
        ("pvpc_2_0td_hourly", "price_eur_mwh", "pvpc"),
        ("pvpc_2_0td_hourly", "first_published_eur_mwh", "pvpc"),
    ],
)
def test_every_real_day_is_taken_and_its_faults_are_not(
    shared: Path, file: str, column: str, key: str
) -> None:
    series = real(shared / "data" / "prices" / f"{file}.csv.gz", column, key)
    days = [day for day, _ in by_day(series.start)]
    good, refused = inspect(series, days, empty(key))
    assert refused == []
    assert len(good) == len(series)
    scaled, refused = inspect(changed(series, series.value * 1000), days, empty(key))
    assert (len(scaled), len(refused)) == (0, len(days))
    some = [(a, b) for a, b in pairwise(days) if b - a == timedelta(days=1)][::25]
    for eve, day in some:
        before, rows = (series.within(day_window(d, MARKET_ZONE)) for d in (eve, day))
        if len(before) == len(rows):
            assert "the day before" in reasons(changed(rows, before.value), day, before)[0]


def test_real_zeros_and_negatives_are_prices() -> None:
    value = np.where(np.arange(96) < 76, 0.0, -1.5 - np.arange(96) / 100)
    assert reasons(changed(sample(DAY), value)) == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros(96), "all 96 values are 0"),
        (np.full(96, 61.2), "all 96 values are 61.2"),
        (sample(DAY).value * 1000, "outside"),
        (np.where(np.arange(96) < 40, 0.0, 3200.0), "multiples of ten"),
        (sample(DAY).value - 600, "outside -500 to 4000"),
    ],
)
def test_implausible_days(value: object, reason: str) -> None:
    assert reason in reasons(changed(sample(DAY), value))[0]


def test_incomplete_doubled_and_foreign_slots() -> None:
    day = sample(DAY)
    assert "45 of 96" in reasons(day.take(slice(0, 45)))[0]
    twice = concat([day, day.take(slice(10, 11))])
    assert "1 slots are given twice" in reasons(twice)[0]
    both = concat([day.take(np.arange(96) != 50), day.take(slice(10, 11))])
    assert "twice" in reasons(both)[0]
    shifted = published("spot", (day.start + 60).tolist(), day.value.tolist(), "x")
    assert "15-minute slots" in reasons(shifted.within(day_window(DAY, MARKET_ZONE)))[0]


def test_another_day_than_asked() -> None:
    good, refused = inspect(sample(DAY), [DAY + timedelta(days=1)], empty("spot"))
    assert len(good) == 0
    assert "another day" in refused[0].reason


def test_a_bad_day_leaves_the_good_ones() -> None:
    days = list(days_between(DAY, DAY + timedelta(days=3)))
    parts = [sample(day) for day in days]
    parts[1] = parts[1].take(slice(0, 95))
    good, refused = inspect(concat(parts), days, sample(EVE))
    assert [refusal.day for refusal in refused] == [days[1]]
    assert [day for day, _ in by_day(good.start)] == [days[0], days[2], days[3]]


def test_a_day_without_rows_is_not_refused() -> None:
    good, refused = inspect(sample(DAY), [DAY, DAY + timedelta(days=1)], empty("spot"))
    assert len(good) == 96
    assert refused == []


def test_a_range_that_is_a_day_behind_is_refused_whole() -> None:
    days = list(days_between(DAY, DAY + timedelta(days=3)))
    behind = concat([changed(sample(day), sample(day - timedelta(days=1)).value) for day in days])
    good, refused = inspect(behind, days, sample(EVE))
    assert len(good) == 0
    assert [refusal.day for refusal in refused] == days


@given(day=st.dates(date(2021, 6, 1), date(2030, 12, 31)), key=st.sampled_from(["spot", "pvpc"]))
@settings(max_examples=40, deadline=None)
def test_whole_days_of_any_length_are_taken(day: date, key: str) -> None:
    series = SAMPLE.fetch(key, day_window(day, MARKET_ZONE), datetime(2040, 1, 1, tzinfo=UTC))
    assert reasons(series, day) == []
    assert reasons(series.take(slice(1, None)), day) != []


def forecast(values: list[float], begin: datetime = datetime(2026, 3, 10, tzinfo=UTC)) -> Series:
    count = len(values)
    return Series(
        "temperature_forecast",
        epoch(begin) + 3600 * np.arange(count),
        np.full(count, 60),
        np.array(values, np.float64),
        np.full(count, epoch(begin)),
        np.full(count, "forecast"),
        np.full(count, "open_meteo"),
    )


WAVE = [round(12 + 6 * np.sin(h / 4) + h / 50, 1) for h in range(200)]


def test_weather_is_refused_whole() -> None:
    none = empty("temperature_forecast")
    assert inspect_forecast(forecast(WAVE), none) is None
    assert inspect_forecast(none, none) is None
    for values, reason in (([5.0] * 48, "all 48"), ([v * 1000 for v in WAVE], "outside")):
        refusal = inspect_forecast(forecast(values), none)
        assert refusal
        assert reason in refusal.reason
    whole = forecast(WAVE)
    gap = inspect_forecast(whole.take(np.arange(200) != 7), none)
    assert gap
    assert "missing" in gap.reason
    twice = inspect_forecast(concat([whole, whole.take(slice(3, 4))]), none)
    assert twice
    assert "twice" in twice.reason


def test_weather_of_yesterday_under_todays_times() -> None:
    stored = forecast(WAVE)
    again = inspect_forecast(forecast(WAVE, datetime(2026, 3, 11, tzinfo=UTC)), stored)
    assert again
    assert "day before" in again.reason
    assert inspect_forecast(forecast(WAVE[24:], datetime(2026, 3, 11, tzinfo=UTC)), stored) is None


def test_limits_of_the_catalogue_are_used() -> None:
    for key in ("spot", "pvpc"):
        series = sample(DAY, key)
        high = CATALOG[key].high
        top = changed(series, np.where(np.arange(len(series)) == 3, high, series.value))
        over = changed(series, np.where(np.arange(len(series)) == 3, high + 0.01, series.value))
        assert reasons(top) == []
        assert "outside" in reasons(over)[0]
