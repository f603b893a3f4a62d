"""Periods by rule against the tables, the published tolls and the calendar itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tariff_data import column, table

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.slots import Window, day_window, local_midnight, moment
from chocolate_factory.domain.tariff.calendar import (
    day_type,
    energy_periods,
    local_slots,
    power_periods,
    tariff_holidays,
)
from chocolate_factory.domain.tariff.tables import lookup
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS

ZONE = "Europe/Madrid"
SIX = ("3.0TD", "6.1TD")


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Tokyo"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that believes to be elsewhere."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def periods_of(day: date, tariff: str, minutes: int = 60) -> list[int]:
    return energy_periods(tariff, day_window(day, ZONE).starts(minutes)).tolist()


def test_six_periods_equal_the_published_table_in_every_hour_of_ten_years(shared: Path) -> None:
    published = {
        (int(row["month"]), row["day_type"], int(row["hour"])): int(row["period"][1])
        for row in table(shared / "data/tariffs/calendar_30td.csv")
    }
    assert len(published) == 12 * 2 * 24
    span = Window(local_midnight(date(2021, 6, 1), ZONE), local_midnight(date(2031, 6, 1), ZONE))
    starts = span.starts(60)
    slots = local_slots(starts)
    expected = [
        published[(day := date.fromordinal(int(number))).month, day_type(day), int(hour)]
        for number, hour in zip(slots.day, slots.hour, strict=True)
    ]
    for tariff in SIX:
        assert energy_periods(tariff, starts).tolist() == expected


def test_holidays_equal_the_published_list(shared: Path) -> None:
    rows = table(shared / "data/tariffs/national_holidays_p3.csv")
    listed = [date.fromisoformat(row["date"]) for row in rows]
    by_rule = [day for year in range(2021, 2028) for day in tariff_holidays(year)]
    assert listed == [day for day in by_rule if listed[0] <= day <= listed[-1]]
    assert all(day_type(day) == "D" for day in listed)


def test_20td_tolls_of_every_published_day(shared: Path) -> None:
    """The tolls and charges inside the PVPC show the period of every hour, rounded to 0.01."""
    path = shared / "data/prices/pvpc_2_0td_components_hourly.csv.gz"
    starts, seen = column(path, "tolls_and_charges")
    days, periods = local_slots(starts).day, energy_periods("2.0TD", starts)
    wrong_days = set()
    for number in np.unique(days):
        day = date.fromordinal(int(number))
        sums = [
            toll + charge
            for toll, charge in zip(
                lookup(ENERGY_TOLLS["2.0TD"], day).values,
                lookup(ENERGY_CHARGES["2.0TD"], day).values,
                strict=True,
            )
        ]
        rows = days == number
        if np.max(np.abs(np.array(sums)[periods[rows] - 1] - seen[rows])) > 0.00501:
            wrong_days.add(day)
    assert len(np.unique(days)) > 1500
    assert wrong_days == {date(2025, 1, 1), date(2025, 1, 2)}, "the two days first published with 2.27"


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 4, 3), "C"),
        (date(2025, 4, 17), "C"),
        (date(2026, 1, 6), "D"),
        (date(2025, 12, 24), "A"),
        (date(2024, 12, 9), "A"),
        (date(2026, 3, 14), "D"),
        (date(2026, 6, 24), "B1"),
        (date(2025, 11, 3), "B"),
    ],
)
def test_day_types(day: date, kind: str) -> None:
    assert day_type(day) == kind


def test_good_friday_has_peaks_and_epiphany_has_none() -> None:
    assert periods_of(date(2026, 4, 3), "2.0TD") == [3] * 8 + [2] * 2 + [1] * 4 + [2] * 4 + [1] * 4 + [2] * 2
    assert set(periods_of(date(2026, 1, 6), "2.0TD")) == {3}
    assert set(periods_of(date(2026, 1, 6), "3.0TD")) == {6}


def test_days_of_23_and_25_hours() -> None:
    for day, hours in ((date(2025, 10, 26), 25), (date(2026, 3, 29), 23)):
        assert periods_of(day, "2.0TD") == [3] * hours
        assert len(periods_of(day, "3.0TD", 15)) == 4 * hours
    slots = local_slots(day_window(date(2025, 10, 26), ZONE).starts(60))
    assert slots.hour.tolist() == [0, 1, 2, 2, *range(3, 24)]
    slots = local_slots(day_window(date(2026, 3, 29), ZONE).starts(60))
    assert slots.hour.tolist() == [0, 1, *range(3, 24)]


def test_power_periods() -> None:
    starts = day_window(date(2026, 1, 7), ZONE).starts(60)
    assert power_periods("2.0TD", starts).tolist() == [2] * 8 + [1] * 16
    assert np.array_equal(power_periods("3.0TD", starts), energy_periods("3.0TD", starts))


def test_unknown_tariff_names_the_key() -> None:
    with pytest.raises(Misconfigured, match=r"contract\.access_tariff"):
        energy_periods("2.0A", np.zeros(1, np.int64))


def test_no_slots() -> None:
    assert energy_periods("3.0TD", np.zeros(0, np.int64)).shape == (0,)


@settings(max_examples=150, deadline=None)
@given(
    at=st.datetimes(datetime(2021, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)),
    tariff=st.sampled_from(("2.0TD", "3.0TD", "6.1TD")),
)
def test_any_moment_follows_its_wall_clock(at: datetime, tariff: str) -> None:
    start = int(at.timestamp()) // 900 * 900
    wall = moment(start).astimezone(ZoneInfo(ZONE))
    free = day_type(wall.date()) == "D"
    if free or wall.hour < 8:
        expected = 3 if tariff == "2.0TD" else 6
    else:
        base = 1 if tariff == "2.0TD" else {"A": 1, "B": 2, "B1": 3, "C": 4}[day_type(wall.date())]
        begin = 10 if tariff == "2.0TD" else 9
        expected = base if begin <= wall.hour < 14 or 18 <= wall.hour < 22 else base + 1
    assert energy_periods(tariff, np.array([start])).tolist() == [expected]


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2021, 1, 1), date(2040, 12, 31)), st.sampled_from((15, 60)))
def test_a_local_day_is_complete_and_in_order(day: date, minutes: int) -> None:
    window = day_window(day, ZONE)
    slots = local_slots(window.starts(minutes))
    assert set(slots.day.tolist()) == {day.toordinal()}
    assert set(slots.month.tolist()) == {(day.year - 1970) * 12 + day.month - 1}
    hours = window.seconds // 3600
    assert len(slots.hour) == hours * 60 // minutes
    assert set(slots.hour.tolist()) == set(range(24)) - ({2} if hours == 23 else set())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1_622_505_600, 2_200_000_000), min_size=1, max_size=40))
def test_the_order_of_slots_does_not_matter(seconds: list[int]) -> None:
    starts = np.array(seconds, np.int64)
    order = np.argsort(starts)
    assert np.array_equal(energy_periods("3.0TD", starts)[order], energy_periods("3.0TD", starts[order]))


@pytest.mark.usefixtures("machine_zone")
def test_the_zone_of_the_machine_does_not_matter() -> None:
    starts = day_window(date(2025, 12, 10), ZONE).starts(60)
    assert energy_periods("3.0TD", starts).tolist() == ([6] * 8 + [2] + [1] * 5 + [2] * 4 + [1] * 4 + [2] * 2)
