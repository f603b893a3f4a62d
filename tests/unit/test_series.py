"""Slots, local days, series and the expected grid: properties that every other module leans on."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG, PRICE_SERIES
from chocolate_factory.domain.series import Origin, Point, Series, concat, empty, from_points, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE, QUARTER_HOUR_MARKET
from chocolate_factory.domain.slots import (
    Window,
    day_slots,
    day_window,
    days_between,
    days_of,
    epoch,
    local_date,
    local_midnight,
    local_moment,
    moment,
    next_slot,
    planning_window,
)

ZONES = ("Europe/Madrid", "Atlantic/Canary")
FIRST, LAST = date(2021, 1, 1), date(2040, 12, 31)
T0 = datetime(2026, 1, 13, 12, tzinfo=UTC)
S0 = datetime(2026, 1, 14, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)

days = st.dates(FIRST, LAST)
zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2021, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))


def last_sunday(year: int, month: int) -> date:
    """Directive 2000/84/EC: summer time begins and ends on the last Sundays of March and October."""
    end = date(year, month, 31)
    return end - timedelta(days=(end.weekday() + 1) % 7)


def true_hours(day: date) -> int:
    if day == last_sunday(day.year, 3):
        return 23
    return 25 if day == last_sunday(day.year, 10) else 24


# --- windows and slots ---


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 1), datetime(2026, 1, 2)),
        (datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Madrid")), S0),
        (S0, datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Madrid"))),
        (S0, S0 - timedelta(seconds=1)),
    ],
)
def test_a_window_is_in_utc_and_runs_forward(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(start, end)


def test_a_window_is_half_open() -> None:
    window = Window(S0, S0 + HOUR)
    assert S0 in window
    assert S0 + HOUR not in window
    assert S0 - timedelta(microseconds=1) not in window
    assert S0 not in Window(S0, S0)
    assert window.seconds == 3600


@given(a=moments, b=moments, c=moments, d=moments, at=moments)
@settings(max_examples=100, deadline=None)
def test_the_common_part_holds_what_both_hold(
    a: datetime, b: datetime, c: datetime, d: datetime, at: datetime
) -> None:
    one, two = Window(min(a, b), max(a, b)), Window(min(c, d), max(c, d))
    common = one.clip(two)
    assert common == two.clip(one)
    assert (common is not None and at in common) == (at in one and at in two)


@given(
    start=st.integers(0, 10**6),
    slots=st.integers(0, 200),
    rest=st.integers(0, 59),
    minutes=st.sampled_from([15, 60]),
)
@settings(max_examples=100, deadline=None)
def test_starts_are_the_whole_slots_of_a_window(start: int, slots: int, rest: int, minutes: int) -> None:
    first = S0 + timedelta(minutes=15 * start)
    window = Window(first, first + slots * timedelta(minutes=minutes) + timedelta(seconds=rest))
    starts = window.starts(minutes)
    assert starts.dtype == np.int64
    assert len(starts) == window.slot_count(minutes) == slots
    assert [moment(second) for second in starts] == [
        first + n * timedelta(minutes=minutes) for n in range(slots)
    ]


@given(at=moments, zone=st.sampled_from([*ZONES, "Asia/Kolkata", "America/New_York"]))
@settings(max_examples=100, deadline=None)
def test_a_moment_and_its_seconds_are_the_same_thing(at: datetime, zone: str) -> None:
    whole = at.replace(microsecond=0)
    assert moment(epoch(whole)) == whole
    assert epoch(whole.astimezone(ZoneInfo(zone))) == epoch(whole)
    assert epoch(at) == epoch(whole), "fractions of a second are cut"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        epoch(datetime(2026, 1, 1))


@given(at=moments, minutes=st.sampled_from([15, 60]))
@settings(max_examples=200, deadline=None)
def test_the_next_slot_is_the_first_boundary_not_before(at: datetime, minutes: int) -> None:
    boundary = next_slot(at, minutes)
    assert epoch(boundary) % (60 * minutes) == 0
    assert at <= boundary < at + timedelta(minutes=minutes)
    assert next_slot(boundary, minutes) == boundary


# --- local days ---


@pytest.mark.parametrize("zone", ZONES)
def test_every_local_day_from_2021_to_2040_has_its_true_length(zone: str) -> None:
    previous = local_midnight(FIRST, zone)
    seen: Counter[int] = Counter()
    for day in days_between(FIRST, LAST):
        window = day_window(day, zone)
        assert window.start == previous, "days follow each other without gap or overlap"
        hours = true_hours(day)
        assert window.seconds == 3600 * hours
        assert (day_slots(day, zone, 60), day_slots(day, zone, 15)) == (hours, 4 * hours)
        seen[hours] += 1
        previous = window.end
    assert seen == {24: 7305 - 40, 23: 20, 25: 20}


@given(at=moments, zone=zones)
@settings(max_examples=200, deadline=None)
def test_every_moment_is_in_its_local_day_only(at: datetime, zone: str) -> None:
    day = local_date(at, zone)
    assert at in day_window(day, zone)
    assert at not in day_window(day - timedelta(days=1), zone)
    assert at not in day_window(day + timedelta(days=1), zone)


@given(start=moments, length=st.timedeltas(timedelta(0), timedelta(days=9)), zone=zones)
@settings(max_examples=200, deadline=None)
def test_the_days_of_a_window_are_those_it_shares_time_with(
    start: datetime, length: timedelta, zone: str
) -> None:
    window = Window(start, start + length)
    around = days_between(
        local_date(start, zone) - timedelta(days=2), local_date(start, zone) + timedelta(days=12)
    )
    assert days_of(window, zone) == [day for day in around if day_window(day, zone).clip(window)]


def test_wall_times_that_do_not_exist_or_exist_twice() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert local_moment(spring, time(1, 59), MARKET_ZONE) == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert local_moment(spring, time(2, 30), MARKET_ZONE) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local_moment(spring, time(3, 0), MARKET_ZONE) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert local_moment(autumn, time(2, 30), MARKET_ZONE) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), (
        "the first"
    )


@given(day=days, clock=st.times(), zone=zones)
@settings(max_examples=200, deadline=None)
def test_a_wall_time_that_exists_comes_back(day: date, clock: time, zone: str) -> None:
    at = local_moment(day, clock, zone)
    assume(not (true_hours(day) == 23 and clock.hour in {1, 2}))
    local = at.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (day, clock)


@given(now=moments, ahead=st.integers(0, 10), zone=zones)
@settings(max_examples=100, deadline=None)
def test_the_planning_window_ends_with_a_local_day(now: datetime, ahead: int, zone: str) -> None:
    window = planning_window(now, ahead, zone)
    assert window.start == next_slot(now)
    assert window.end.astimezone(ZoneInfo(zone)).time() == time()
    assert len(days_of(window, zone)) == ahead + 1


def test_the_zone_of_the_machine_does_not_matter() -> None:
    code = (
        "from datetime import *; from chocolate_factory.domain.slots import *\n"
        "d = date(2026, 3, 29); z = 'Europe/Madrid'\n"
        "print(day_window(d, z), local_moment(d, time(2, 30), z), epoch(local_midnight(d, z)),"
        " planning_window(datetime(2026, 3, 28, 22, 1, tzinfo=UTC), 1, z))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "Pacific/Auckland", "America/St_Johns")
    }
    assert len(answers) == 1


# --- series ---


def point(slot: int, known: int, value: float, minutes: int = 60) -> Point:
    return Point(S0 + slot * HOUR, minutes, value, T0 + known * HOUR, Origin.PUBLISHED, "test")


points = st.builds(
    point, st.integers(0, 5), st.integers(0, 4), st.sampled_from([-1.0, 0.0, 2.5]), st.sampled_from([15, 60])
)
unique_points = st.lists(points, max_size=20, unique_by=lambda p: (p.start, p.available_at))


def by_slot_and_knowledge(rows: list[Point]) -> list[Point]:
    return sorted(rows, key=lambda p: (p.start, p.available_at))


@given(rows=unique_points)
@settings(max_examples=100, deadline=None)
def test_points_go_in_and_come_out(rows: list[Point]) -> None:
    series = from_points("spot", rows)
    assert list(series) == by_slot_and_knowledge(rows)
    assert len(series) == len(rows)
    assert series.key == "spot"


@given(rows=unique_points, cuts=st.lists(st.integers(0, 3), min_size=20, max_size=20))
@settings(max_examples=100, deadline=None)
def test_joining_parts_gives_the_whole_in_any_order(rows: list[Point], cuts: list[int]) -> None:
    assume(rows)
    parts = [from_points("spot", [p for p, c in zip(rows, cuts, strict=False) if c == n]) for n in range(4)]
    whole = list(from_points("spot", rows))
    assert list(concat(parts)) == whole
    assert list(concat(reversed(parts))) == whole


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        concat([empty("spot")])
    with pytest.raises(ValueError, match="one key"):
        concat([from_points("spot", [point(0, 0, 1.0)]), from_points("pvpc", [point(1, 0, 1.0)])])


@given(rows=unique_points, as_of=st.integers(-1, 5))
@settings(max_examples=150, deadline=None)
def test_knowledge_of_a_moment_is_the_newest_until_then(rows: list[Point], as_of: int) -> None:
    moment_of_knowledge = T0 + as_of * HOUR
    expected: dict[datetime, Point] = {}
    for row in sorted(rows, key=lambda p: p.available_at):
        if row.available_at <= moment_of_knowledge:
            expected[row.start] = row
    found = from_points("spot", rows).known_at(moment_of_knowledge).latest_revision()
    assert list(found) == [expected[start] for start in sorted(expected)]


def test_the_latest_revision_needs_no_order_among_revisions() -> None:
    ordered = from_points("spot", [point(0, 0, 1.0), point(0, 3, 2.0), point(1, 1, 5.0)])
    swapped = ordered.take(np.array([1, 0, 2]))
    assert (
        list(swapped.latest_revision())
        == list(ordered.latest_revision())
        == [point(0, 3, 2.0), point(1, 1, 5.0)]
    )


@given(rows=unique_points, start=st.integers(-4, 24), length=st.integers(0, 24))
@settings(max_examples=100, deadline=None)
def test_within_keeps_the_slots_that_start_inside(rows: list[Point], start: int, length: int) -> None:
    window = Window(S0 + start * QUARTER, S0 + (start + length) * QUARTER)
    expected = [row for row in by_slot_and_knowledge(rows) if row.start in window]
    assert list(from_points("spot", rows).within(window)) == expected


def test_broken_series_cannot_be_made() -> None:
    good = from_points("spot", [point(0, 0, 1.0), point(1, 0, 2.0)])
    columns = [good.start, good.minutes, good.value, good.available_at, good.origin, good.source]
    for position, column, message in (
        (0, good.start[::-1], "out of order"),
        (1, good.minutes[:1], "different length"),
        (2, np.array([1.0, np.nan]), "not a number"),
        (2, np.array([np.inf, 1.0]), "not a number"),
    ):
        broken = [*columns]
        broken[position] = column
        with pytest.raises(ValueError, match=message):
            Series("spot", *broken)


# --- grids ---


def quarters(values: dict[int, float]) -> Series:
    """Quarter n after S0 -> value."""
    return from_points(
        "spot",
        [Point(S0 + n * QUARTER, 15, value, T0, Origin.PUBLISHED, "test") for n, value in values.items()],
    )


values_by_quarter = st.dictionaries(st.integers(0, 31), st.floats(-500, 4000), max_size=32)


@given(values=values_by_quarter)
@settings(max_examples=100, deadline=None)
def test_a_grid_of_the_same_length_is_the_series_with_its_holes(values: dict[int, float]) -> None:
    grid = on_grid(quarters(values), Window(S0, S0 + 8 * HOUR), 15)
    assert {n: value for n, value in enumerate(grid) if not np.isnan(value)} == values


@given(values=values_by_quarter)
@settings(max_examples=100, deadline=None)
def test_an_hour_is_the_mean_of_four_quarters_or_missing(values: dict[int, float]) -> None:
    grid = on_grid(quarters(values), Window(S0, S0 + 8 * HOUR), 60)
    for hour, value in enumerate(grid):
        parts = [values[n] for n in range(4 * hour, 4 * hour + 4) if n in values]
        if len(parts) == 4:
            assert value == pytest.approx(sum(parts) / 4, abs=1e-9)
        else:
            assert np.isnan(value)


@given(
    values=st.dictionaries(st.integers(0, 7), st.floats(-500, 4000), max_size=8),
    first=st.integers(-4, 24),
    length=st.integers(0, 16),
)
@settings(max_examples=100, deadline=None)
def test_an_hour_covers_its_four_quarters_in_any_window(
    values: dict[int, float], first: int, length: int
) -> None:
    series = from_points("pvpc", [point(n, 0, value) for n, value in values.items()])
    window = Window(S0 + first * QUARTER, S0 + (first + length) * QUARTER)
    grid = on_grid(series, window, 15)
    expected = [values.get((first + n) // 4, np.nan) for n in range(length)]
    np.testing.assert_array_equal(grid, expected)


def test_hours_and_quarters_meet_on_one_grid() -> None:
    day, market = QUARTER_HOUR_MARKET, CATALOG["spot"]
    change = day_window(day, MARKET_ZONE).start
    rows = [Point(change - HOUR, 60, 40.0, T0, Origin.PUBLISHED, "test")]
    rows += [Point(change + n * QUARTER, 15, 10.0 * n, T0, Origin.PUBLISHED, "test") for n in range(4)]
    series, window = from_points("spot", rows), Window(change - HOUR, change + HOUR)
    assert on_grid(series, window, 15).tolist() == [40.0] * 4 + [0.0, 10.0, 20.0, 30.0]
    assert on_grid(series, window, 60).tolist() == [40.0, 15.0]
    assert [market.minutes(day - timedelta(days=1)), market.minutes(day)] == [60, 15]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 1, 14), date(2026, 10, 25)])
def test_a_local_day_fills_its_grid_whole(day: date) -> None:
    window = day_window(day, MARKET_ZONE)
    starts = window.starts(60)
    rows = [Point(moment(s), 60, float(n), T0, Origin.PUBLISHED, "test") for n, s in enumerate(starts)]
    grid = on_grid(from_points("pvpc", rows), window, 15)
    assert grid.tolist() == [float(n // 4) for n in range(4 * true_hours(day))]


# --- the expected grid ---


@given(key=st.sampled_from(PRICE_SERIES), day=days)
@settings(max_examples=200, deadline=None)
def test_a_day_is_expected_whole_from_the_moment_it_is_due(key: str, day: date) -> None:
    info = CATALOG[key]
    window, due = day_window(day, MARKET_ZONE), info.due(day)
    assert due < window.start, "prices are published the day before"
    assert local_date(due, MARKET_ZONE) == day - timedelta(days=1)
    grid = info.expected(window, due)
    if day < info.earliest:
        assert len(grid) == 0
        return
    assert len(grid) == day_slots(day, MARKET_ZONE, info.minutes(day))
    assert moment(grid[0]) == window.start
    assert set(np.diff(grid).tolist()) == {60 * info.minutes(day)}
    assert len(info.expected(window, due - timedelta(seconds=1))) == 0
    assert info.correction_seen(day) > window.end


@given(
    key=st.sampled_from(PRICE_SERIES),
    start=st.one_of(moments, st.just(local_midnight(QUARTER_HOUR_MARKET, MARKET_ZONE) - 30 * HOUR)),
    quarters_long=st.integers(0, 400),
    cut=st.integers(0, 400),
    lag=st.integers(-100, 100),
)
@settings(max_examples=150, deadline=None)
def test_what_is_expected_does_not_depend_on_how_it_is_asked(
    key: str, start: datetime, quarters_long: int, cut: int, lag: int
) -> None:
    info = CATALOG[key]
    first = next_slot(start)
    middle, end = (first + n * QUARTER for n in (min(cut, quarters_long), quarters_long))
    now = first + lag * HOUR
    whole = info.expected(Window(first, end), now)
    parts = [info.expected(Window(first, middle), now), info.expected(Window(middle, end), now)]
    assert whole.tolist() == np.concatenate(parts).tolist()
    assert np.all(np.diff(whole) > 0)
    assert all(
        first <= moment(s) < end and info.due(local_date(moment(s), MARKET_ZONE)) <= now for s in whole
    )
    assert set(whole.tolist()) <= set(info.expected(Window(first, end), now + 24 * HOUR).tolist())


def test_weather_has_no_expected_grid() -> None:
    info = CATALOG["temperature_forecast"]
    assert len(info.expected(Window(S0, S0 + 48 * HOUR), S0)) == 0
    with pytest.raises(ValueError, match="rule"):
        info.due(S0.date())
