"""When values are due: whole days, single hours, days of 23 and 25 hours, one value a day, UTC days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series_info import MARKET_ZONE, Hole, Hourly, Kind, Rule, SeriesInfo
from chocolate_factory.domain.slots import Window, day_window, days_between, epoch, moment

SPRING, AUTUMN, USUAL = date(2026, 3, 29), date(2025, 10, 26), date(2026, 3, 10)
HOURS = {SPRING: 23, USUAL: 24, AUTUMN: 25}
LATER = datetime(2026, 4, 30, tzinfo=UTC)
RULED = [info for info in CATALOG.values() if info.rule]
days = st.dates(date(2021, 6, 1), date(2026, 4, 1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def expected(key: str, window: Window, now: datetime) -> list[datetime]:
    return [moment(at) for at in CATALOG[key].expected(window, now)]


@pytest.mark.parametrize("day", HOURS)
@pytest.mark.parametrize(
    ("key", "an_hour"), [("spot", 4), ("pvpc", 1), ("temperature", 1), ("demand_forecast", 1)]
)
def test_a_local_day_has_its_own_number_of_slots(key: str, an_hour: int, day: date) -> None:
    slots = expected(key, day_window(day, MARKET_ZONE), LATER)
    assert len(slots) == an_hour * HOURS[day]
    assert slots[0] == day_window(day, MARKET_ZONE).start


@pytest.mark.parametrize(("day", "minutes"), [(SPRING, 1380), (USUAL, 1440), (AUTUMN, 1500)])
def test_one_value_a_day_is_as_long_as_its_day(day: date, minutes: int) -> None:
    info = CATALOG["generation_wind"]
    assert info.minutes(day) == minutes
    assert expected("generation_wind", day_window(day, MARKET_ZONE), LATER) == [
        day_window(day, MARKET_ZONE).start
    ]
    assert info.grid(day).tolist() == [epoch(day_window(day, MARKET_ZONE).start)]


@pytest.mark.parametrize("day", HOURS)
def test_a_series_of_utc_days_knows_no_clock_change(day: date) -> None:
    info = CATALOG["climate_rain"]
    assert info.minutes(day) == 1440
    assert moment(info.grid(day)[0]) == datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_quarters_begin_with_october_2025() -> None:
    window = Window(
        day_window(date(2025, 9, 30), MARKET_ZONE).start, day_window(date(2025, 10, 1), MARKET_ZONE).end
    )
    assert len(CATALOG["spot"].expected(window, LATER)) == 24 + 96
    assert len(CATALOG["pvpc"].expected(window, LATER)) == 48


def test_a_whole_day_is_due_at_once() -> None:
    day = day_window(date(2026, 3, 11), MARKET_ZONE)
    assert CATALOG["spot"].due(date(2026, 3, 11)) == utc("2026-03-10T12:00")
    assert expected("spot", day, utc("2026-03-10T11:59")) == []
    assert len(expected("spot", day, utc("2026-03-10T12:00"))) == 96


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 29), "2026-03-28T19:20"),
        (date(2026, 3, 30), "2026-03-29T18:20"),
        (date(2025, 10, 26), "2025-10-25T18:20"),
        (date(2025, 10, 27), "2025-10-26T19:20"),
    ],
)
def test_publication_keeps_its_wall_time_over_a_clock_change(day: date, due: str) -> None:
    assert CATALOG["pvpc"].due(day) == utc(due)


def test_each_hour_of_an_observation_is_due_by_itself() -> None:
    day = day_window(USUAL, MARKET_ZONE)
    assert expected("temperature", day, utc("2026-03-10T00:59")) == []
    assert expected("temperature", day, utc("2026-03-10T01:00")) == [utc("2026-03-09T23:00")]
    assert len(expected("temperature", day, utc("2026-03-10T20:00"))) == 20
    assert CATALOG["temperature"].due(USUAL) == utc("2026-03-10T01:00")


def test_a_reanalysis_comes_days_later() -> None:
    info = CATALOG["coruna_wind_speed"]
    assert isinstance(info.rule, Hourly)
    assert info.due_slot(epoch(utc("2026-03-10T10:00")), 60) == utc("2026-03-13T11:00")


def test_values_of_the_day_before_come_in_the_morning() -> None:
    assert CATALOG["generation_wind"].due(USUAL) == utc("2026-03-11T07:00")
    assert CATALOG["climate_rain"].due(USUAL) == utc("2026-03-14T03:00")
    assert CATALOG["climate_rain"].due_slot(epoch(utc("2026-03-10T00:00")), 1440) == utc("2026-03-14T03:00")


def test_nothing_is_expected_from_before_a_series_began() -> None:
    window = Window(utc("2021-05-25T00:00"), utc("2021-06-02T22:00"))
    assert expected("pvpc", window, LATER)[0] == utc("2021-05-31T22:00")
    assert len(expected("pvpc", window, LATER)) == 48


@pytest.mark.parametrize(
    "key", ["temperature_forecast", "coruna_wind_speed_forecast", "gas", "siar_j17_rain"]
)
def test_without_a_rule_nothing_is_ever_expected(key: str) -> None:
    window = Window(utc("2026-03-01T00:00"), utc("2026-03-09T00:00"))
    assert expected(key, window, LATER) == []
    with pytest.raises(ValueError, match="no publication rule"):
        CATALOG[key].due_slot(epoch(window.start), 60)


def test_a_window_cuts_through_a_day() -> None:
    window = Window(utc("2026-03-10T10:07"), utc("2026-03-10T11:00"))
    assert expected("spot", window, LATER) == [utc(f"2026-03-10T10:{minute}") for minute in (15, 30, 45)]
    assert expected("spot", Window(window.start, window.start), LATER) == []


@given(st.sampled_from(RULED), days, st.integers(0, 24 * 8), st.integers(0, 24 * 10))
def test_due_slots_are_those_of_the_grid_whose_time_has_come(
    info: SeriesInfo, day: date, length: int, later: int
) -> None:
    start = day_window(day, "UTC").start
    window, now = Window(start, start + timedelta(hours=length)), start + timedelta(hours=later - 48)
    span = days_between(day - timedelta(days=1), day + timedelta(days=10))
    slots = {
        int(at)
        for one in span
        if one >= info.earliest
        for at in info.grid(one)
        if window.start <= moment(at) < window.end and info.due_slot(int(at), info.minutes(one)) <= now
    }
    found = info.expected(window, now)
    assert set(found.tolist()) == slots
    assert np.all(np.diff(found) > 0)


@given(st.sampled_from(RULED), days)
def test_the_slots_of_a_day_cover_it_without_overlap(info: SeriesInfo, day: date) -> None:
    grid, window = info.grid(day), day_window(day, info.zone)
    assert moment(grid[0]) == window.start
    assert moment(grid[-1] + 60 * info.minutes(day)) == window.end
    assert np.all(np.diff(grid) == 60 * info.minutes(day))
    assert np.all(info.minutes_at(grid) == info.minutes(day))
    assert info.due(day) == min(moment(at) for at in info.due_at(grid, day))


def hole(hours: float) -> Hole:
    start = utc("2026-03-10T00:00")
    return Hole("spot", start, start + timedelta(hours=hours), int(4 * hours), start)


@pytest.mark.parametrize(
    ("hours", "severity"),
    [
        (0.25, "minor"),
        (2, "minor"),
        (2.25, "moderate"),
        (12, "moderate"),
        (12.25, "critical"),
        (720, "critical"),
    ],
)
def test_severity_follows_from_the_length(hours: float, severity: str) -> None:
    assert hole(hours).severity == severity


def test_the_catalogue_is_whole() -> None:
    for key, info in CATALOG.items():
        assert info.key == key
        assert info.low < info.high
        assert info.unit
        assert (info.rule is None) == (info.kind in {Kind.FORECAST, Kind.IMPORTED})
        assert not isinstance(info.rule, Rule) or info.kind is not Kind.OBSERVED
    assert replace(CATALOG["spot"], step=60).minutes(USUAL) == 15
