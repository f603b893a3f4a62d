"""Days are taken whole or refused; the limits are checked on every real day there is."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.publication import by_day, published
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, days_between, epoch
from chocolate_factory.domain.validation import inspect
from chocolate_factory.domain.weather_checks import weather_fault
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
        ("pvpc_surplus_hourly", "price_eur_mwh", "surplus"),
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


@pytest.mark.parametrize(
    ("file", "column", "key"),
    [
        ("esios_forecast_d1_hourly", "demand_forecast_mw", "demand_forecast"),
        ("esios_forecast_d1_hourly", "wind_forecast_mw", "wind_forecast"),
        ("esios_forecast_d1_hourly", "solar_pv_forecast_mw", "solar_forecast"),
        ("esios_1293_demand_real_hourly", "demand_real_mw", "demand"),
    ],
)
def test_every_real_day_of_the_system_is_taken_in_parts_too(
    shared: Path, file: str, column: str, key: str
) -> None:
    series = real(shared / "data" / "drivers" / f"{file}.csv.gz", column, key)
    days = [day for day, _ in by_day(series.start)]
    good, refused = inspect(series, days, empty(key))
    assert (refused, len(good)) == ([], len(series))
    scaled, refused = inspect(changed(series, series.value * 1000), days, empty(key))
    assert (len(scaled), len(refused)) == (0, len(days))
    flat = changed(series, np.full(len(series), series.value.max()))
    assert len(inspect(flat, days, empty(key))[0]) == 0


def daily(value: float, day: date = DAY) -> Series:
    start = epoch(day_window(day, MARKET_ZONE).start)
    return published("generation_wind", [start], [value], "ree_system")


def test_one_value_a_day() -> None:
    assert reasons(daily(150_000.5)) == []
    assert "outside" in reasons(daily(150_000.5 * 1000))[0]
    assert "the day before" in reasons(daily(150_000.5), before=daily(150_000.5, EVE))[0]
    assert reasons(daily(150_000.5), before=daily(150_001.5, EVE)) == []


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


def fault(rows: Series, before: Series | None = None) -> str:
    """What is wrong with one quantity of an answer, "" for nothing."""
    earlier = {} if before is None else {rows.key: before}
    return weather_fault({rows.key: rows}, earlier) or ""


def test_weather_is_refused_whole() -> None:
    assert fault(forecast(WAVE)) == ""
    assert fault(empty("temperature_forecast")) == ""
    assert "all 48" in fault(forecast([5.0] * 48))
    assert "outside" in fault(forecast([v * 1000 for v in WAVE]))
    whole = forecast(WAVE)
    assert "twice" in fault(concat([whole, whole.take(slice(3, 4))]))
    assert "not those" in fault(replace(whole, start=whole.start + 60))
    good, bad = forecast(WAVE), replace(forecast([0.5] * 48), key="humidity_forecast")
    assert "humidity" in (weather_fault({"temperature_forecast": good, "humidity_forecast": bad}, {}) or "")


def test_fog_may_stay() -> None:
    wet = replace(forecast([100.0] * 48), key="humidity_forecast")
    assert fault(wet) == fault(replace(wet, key="humidity")) == ""
    assert "all 48 values are 99" in fault(replace(wet, value=wet.value - 1))


def test_weather_of_yesterday_under_todays_times() -> None:
    stored = forecast(WAVE)
    assert "day before" in fault(forecast(WAVE, datetime(2026, 3, 11, tzinfo=UTC)), stored)
    assert fault(forecast(WAVE[24:], datetime(2026, 3, 11, tzinfo=UTC)), stored) == ""


def test_a_new_issue_of_yesterdays_forecast_is_known_by_its_course() -> None:
    rng = np.random.default_rng(3)
    course = 15 + 6 * np.sin(np.arange(240) * 2 * np.pi / 24) + 2 * np.cumsum(rng.normal(0, 0.3, 240))
    stored = forecast(np.round(course, 1).tolist())
    anew = np.round(course[:192] + rng.normal(0, 0.4, 192), 1)
    later = datetime(2026, 3, 11, tzinfo=UTC)
    assert "closer" in fault(forecast(anew.tolist(), later), stored)
    right = np.round(course[24:216] + rng.normal(0, 0.4, 192), 1)
    assert fault(forecast(right.tolist(), later), stored) == ""


def test_limits_of_the_catalogue_are_used() -> None:
    for key in ("spot", "pvpc"):
        series = sample(DAY, key)
        high = CATALOG[key].high
        top = changed(series, np.where(np.arange(len(series)) == 3, high, series.value))
        over = changed(series, np.where(np.arange(len(series)) == 3, high + 0.01, series.value))
        assert reasons(top) == []
        assert "outside" in reasons(over)[0]


def test_a_single_first_day_that_is_behind_is_known_by_the_next() -> None:
    days = list(days_between(DAY, DAY + timedelta(days=2)))
    stored = concat([sample(day) for day in days])
    behind = concat([changed(sample(day), sample(day - timedelta(days=1)).value) for day in days])
    good, refused = inspect(behind, days, stored)
    assert len(good) == 0
    assert [refusal.day for refusal in sorted(refused, key=lambda refusal: refusal.day)] == days
    assert "stored values" in refused[0].reason
    again = concat([sample(DAY), changed(sample(days[1]), sample(DAY).value)])
    good, refused = inspect(again, days[:2], stored)
    assert ([day for day, _ in by_day(good.start)], [refusal.day for refusal in refused]) == (
        [DAY],
        [days[1]],
    )


def climate(least: float, mean: float, greatest: float) -> dict[str, Series]:
    start, told = epoch(datetime(2026, 3, 6, tzinfo=UTC)), {"min": least, "mean": mean, "max": greatest}
    return {
        f"climate_temperature_{name}": published(
            f"climate_temperature_{name}", [start], [value], "aemet_climate"
        )
        for name, value in told.items()
    }


@pytest.mark.parametrize(
    ("told", "good"), [((2, 8, 15), 1), ((0, 0, 0), 0), ((15, 8, 2), 0), ((2, 16, 15), 0)]
)
def test_temperatures_of_a_day_ascend(told: tuple[float, float, float], good: int) -> None:
    assert (weather_fault(climate(*told), {}) is None) == bool(good)


def test_an_old_issue_is_no_measure_of_a_new_one() -> None:
    rng = np.random.default_rng(3)
    course = 15 + 6 * np.sin(np.arange(240) * 2 * np.pi / 24) + 2 * np.cumsum(rng.normal(0, 0.3, 240))
    stored = forecast(np.round(course, 1).tolist())
    old = replace(stored, available_at=stored.available_at - 86400)
    anew = forecast(np.round(course[:192] + 0.1, 1).tolist(), datetime(2026, 3, 11, tzinfo=UTC))
    assert "closer" in fault(anew, stored)
    assert fault(anew, old) == ""
