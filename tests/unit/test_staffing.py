"""Shifts by local wall time: nights, holidays, clock changes, slots that lie only partly in a shift."""

from __future__ import annotations

import time as clock
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.factory import WEEKDAYS, Contract, ContractKind, Factory, Shift, Site
from chocolate_factory.domain.slots import Window, day_window, local_midnight
from chocolate_factory.domain.staffing import (
    holidays_of,
    is_holiday,
    merged,
    shift_span,
    staffed,
    staffed_seconds,
    staffed_spans,
    wall_moment,
)

MADRID = "Europe/Madrid"
CONTRACT = Contract(ContractKind.INDEXED, "3.0TD", (20.0,) * 6)
WORKING = frozenset(WEEKDAYS[:5])
REFERENCE = (Shift(WORKING, time(6), time(22)), Shift(frozenset({"sat"}), time(6), time(14)))


def plant(*shifts: Shift, holidays: str = "ES-AN", zone: str = MADRID) -> Factory:
    return Factory(Site("Test", zone, 38.0, -3.6, holidays), CONTRACT, shifts, (), (), (), ())


def hours(factory: Factory, day: date) -> float:
    """Staffed hours of a local day."""
    return float(staffed(factory, day_window(day, MADRID)).sum()) / 4


def test_reference_week() -> None:
    factory = plant(*REFERENCE)
    monday = date(2026, 3, 9)
    assert [hours(factory, monday + timedelta(days=d)) for d in range(7)] == [16, 16, 16, 16, 16, 8, 0]
    window = day_window(monday, MADRID)
    mask = staffed(factory, window)
    assert mask.shape == (96,)
    assert np.flatnonzero(mask).tolist() == list(range(24, 88))


def test_holidays_of_andalusia() -> None:
    site = plant().site
    free = [date(2026, 4, 2), date(2026, 4, 3), date(2026, 2, 28), date(2026, 1, 6), date(2026, 12, 25)]
    assert all(is_holiday(site, day) for day in free)
    assert not is_holiday(site, date(2026, 4, 6))
    assert not is_holiday(Site("Madrid", MADRID, 40, -3, "ES-MD"), date(2026, 2, 28))
    assert not is_holiday(Site("None", MADRID, 40, -3), date(2026, 12, 25))
    assert is_holiday(Site("Country", MADRID, 40, -3, "ES"), date(2026, 12, 25))
    assert date(2030, 1, 1) in holidays_of("ES-AN", 2030)


def test_no_shift_starts_on_a_holiday_and_nights_belong_to_the_day_they_start() -> None:
    nights = plant(Shift(WORKING, time(22), time(6)))
    assert hours(nights, date(2026, 4, 1)) == 6 + 2
    assert hours(nights, date(2026, 4, 2)) == 6, (
        "the shift of Wednesday runs into the holiday, its own is off"
    )
    assert hours(nights, date(2026, 4, 3)) == 0
    assert hours(nights, date(2026, 4, 4)) == 0
    assert hours(nights, date(2026, 3, 14)) == 6, "Friday's night ends on Saturday"
    assert hours(nights, date(2026, 3, 15)) == 0


def test_midnight_and_whole_day_shifts() -> None:
    assert hours(plant(Shift(WORKING, time(16), None)), date(2026, 3, 10)) == 8
    assert hours(plant(Shift(WORKING, time(0), None)), date(2026, 3, 10)) == 24
    around = plant(Shift(frozenset({"mon"}), time(6), time(6)))
    assert (hours(around, date(2026, 3, 9)), hours(around, date(2026, 3, 10))) == (18, 6)


def test_overlapping_shifts_count_once_and_touching_ones_are_one_span() -> None:
    factory = plant(
        Shift(WORKING, time(6), time(14)),
        Shift(WORKING, time(14), time(22)),
        Shift(WORKING, time(8), time(9)),
    )
    window = day_window(date(2026, 3, 10), MADRID)
    (span,) = staffed_spans(factory, window)
    assert span.seconds == 16 * 3600
    assert staffed_seconds(factory, window) == 16 * 3600


def test_a_slot_partly_in_a_shift_is_not_staffed() -> None:
    factory = plant(Shift(WORKING, time(6, 10), time(7, 50)))
    mask = staffed(factory, day_window(date(2026, 3, 10), MADRID))
    assert np.flatnonzero(mask).tolist() == [25, 26, 27, 28, 29, 30]
    joined = plant(Shift(WORKING, time(6), time(6, 10)), Shift(WORKING, time(6, 10), time(7)))
    assert hours(joined, date(2026, 3, 10)) == 1


def test_window_without_shifts_or_without_length() -> None:
    assert not staffed(plant(), day_window(date(2026, 3, 10), MADRID)).any()
    moment = datetime(2026, 3, 10, tzinfo=UTC)
    assert staffed(plant(*REFERENCE), Window(moment, moment)).shape == (0,)


def test_holidays_can_be_left_out() -> None:
    week = Window(local_midnight(date(2026, 3, 30), MADRID), local_midnight(date(2026, 4, 6), MADRID))
    assert staffed_seconds(plant(*REFERENCE), week) == 56 * 3600
    assert staffed_seconds(plant(*REFERENCE), week, keep_holidays=False) == 88 * 3600


def test_wall_moments_on_clock_changes() -> None:
    spring, autumn = date(2026, 3, 29), date(2025, 10, 26)
    assert wall_moment(spring, time(2, 30), MADRID) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert wall_moment(autumn, time(2, 30), MADRID) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert wall_moment(spring, None, MADRID) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert shift_span(Shift(frozenset({"sun"}), time(2, 30), time(3)), spring, MADRID) is None


def sundays_of_clock_changes() -> list[date]:
    """Every local day of 23 or 25 hours from 2021 to 2040."""
    days = [date(2021, 1, 1) + timedelta(days=n) for n in range(365 * 20 + 5)]
    return [day for day in days if day_window(day, MADRID).seconds != 86_400]


def test_clock_changes_2021_to_2040() -> None:
    changes = sundays_of_clock_changes()
    assert len(changes) == 40
    every = frozenset(WEEKDAYS)
    whole = plant(Shift(every, time(0), None), holidays="")
    night = plant(Shift(every, time(22), time(6)), holidays="")
    day_shift = plant(Shift(every, time(6), time(22)), holidays="")
    for day in changes:
        length = day_window(day, MADRID).seconds // 3600
        assert length in (23, 25)
        assert hours(whole, day) == length
        assert hours(night, day) == length - 16
        assert hours(day_shift, day) == 16
        (first, *_) = staffed_spans(day_shift, day_window(day, MADRID))
        assert first.start.astimezone(ZoneInfo(MADRID)).time() == time(6)


@settings(max_examples=60, deadline=None)
@given(
    st.dates(date(2021, 1, 1), date(2040, 12, 30)),
    st.lists(
        st.tuples(st.sets(st.sampled_from(WEEKDAYS), min_size=1), st.integers(0, 95), st.integers(1, 95)),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["", "ES-AN", "ES-MD"]),
)
def test_staffed_equals_a_slow_look_at_every_slot(
    day: date, raw: list[tuple[set[str], int, int]], code: str
) -> None:
    def wall(quarter: int) -> time:
        return time(quarter // 4, quarter % 4 * 15)

    shifts = tuple(Shift(frozenset(days), wall(start), wall((start + n) % 96)) for days, start, n in raw)
    factory = plant(*shifts, holidays=code)
    window = Window(local_midnight(day, MADRID), local_midnight(day + timedelta(days=2), MADRID))
    mask = staffed(factory, window)
    for slot, start in enumerate(window.starts(15)):
        local = datetime.fromtimestamp(int(start), ZoneInfo(MADRID))
        if 1 <= local.hour <= 3 and day_window(local.date(), MADRID).seconds != 86_400:
            continue
        assert mask[slot] == any(on_shift(factory, shift, local.replace(tzinfo=None)) for shift in shifts)


def on_shift(factory: Factory, shift: Shift, wall: datetime) -> bool:
    """Whether a wall time lies in a shift that started on its day or the day before."""
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        start = datetime.combine(day, shift.start)
        end = datetime.combine(day, shift.end or time())
        end = end if end > start else end + timedelta(days=1)
        worked = WEEKDAYS[day.weekday()] in shift.days and not is_holiday(factory.site, day)
        if worked and start <= wall < end:
            return True
    return False


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=8))
def test_merged_spans_cover_the_same_minutes_apart_from_each_other(raw: list[tuple[int, int]]) -> None:
    origin = datetime(2026, 3, 10, tzinfo=UTC)

    def span(start: int, length: int) -> Window:
        return Window(origin + timedelta(minutes=start), origin + timedelta(minutes=start + length))

    def minutes(spans: list[Window]) -> set[int]:
        return {m for m in range(100) if any(origin + timedelta(minutes=m) in window for window in spans)}

    spans = [span(*item) for item in raw]
    joined = list(merged(spans))
    assert minutes(joined) == minutes(spans)
    assert all(before.end < after.start for before, after in pairwise(joined))


def test_the_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    factory, window = plant(*REFERENCE), day_window(date(2026, 3, 29), MADRID)
    before = staffed(factory, window)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    clock.tzset()
    try:
        assert np.array_equal(staffed(factory, window), before)
    finally:
        monkeypatch.undo()
        clock.tzset()
