"""Climate figures against computations of their own kind: plain loops over days."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import theilslopes

from chocolate_factory.domain.climate import (
    Daily,
    above_by_month,
    above_by_year,
    by_month,
    merge,
    missing_days,
    place_in_record,
    trend,
    yearly,
)
from chocolate_factory.domain.normals import build_normals
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.wall_time import local_days, local_seconds, mean_by

FIRST = date(1970, 1, 1)


def number(day: date) -> int:
    return (day - FIRST).days


def days_of(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def made(days: list[date], values: list[float], station: int = 0) -> Daily:
    return Daily(
        np.array([number(day) for day in days], np.int64),
        np.array(values, np.float64),
        np.full(len(days), station),
    )


def series(key: str, days: list[date], values: list[float]) -> Series:
    starts = np.array([86_400 * number(day) for day in days], np.int64)
    text = np.full(len(days), "measured"), np.full(len(days), "siar")
    return Series(key, starts, np.full(len(days), 1440), np.array(values), starts + 1, *text)


def quantile(values: list[float], percent: int) -> float:
    """Hyndman and Fan's type 7, by hand."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


DICE = random.Random(7)
DAYS = [day for day in days_of(date(2009, 11, 3), 900) if day.month != 5 and DICE.random() > 0.1]
VALUES = [round(20 + 10 * math.sin(day.timetuple().tm_yday / 58) + DICE.gauss(0, 3), 1) for day in DAYS]
DAILY = made(DAYS, VALUES)


def test_percentiles_by_month() -> None:
    found = {month: (count, values) for month, count, values in by_month(DAILY)}
    assert sorted(found) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12], "a month without a day has no figures"
    for month, (count, values) in found.items():
        own = [v for day, v in zip(DAYS, VALUES, strict=True) if day.month == month]
        assert count == len(own)
        assert list(values) == pytest.approx([quantile(own, p) for p in (5, 25, 50, 75, 95)])


def test_days_above_a_limit() -> None:
    limit = VALUES[10]
    for parts, of in ((above_by_year(DAILY, limit), "year"), (above_by_month(DAILY, limit), "month")):
        for part in parts:
            own = [v for day, v in zip(DAYS, VALUES, strict=True) if getattr(day, of) == part.part]
            assert (part.days, part.known) == (sum(v > limit for v in own), len(own))
    assert sum(part.days for part in above_by_year(DAILY, limit)) < sum(v >= limit for v in VALUES)


def test_missing_days() -> None:
    days = [*days_of(date(2012, 2, 27), 2), *days_of(date(2012, 3, 2), 3), date(2012, 3, 6)]
    gaps = [
        (FIRST + timedelta(days=a), FIRST + timedelta(days=b))
        for a, b in missing_days(made(days, [0.0] * 6).day)
    ]
    assert gaps == [(date(2012, 2, 29), date(2012, 3, 1)), (date(2012, 3, 5), date(2012, 3, 5))]


def test_the_later_station_counts_where_both_tell() -> None:
    old = series("siar_j09_temperature_mean", days_of(date(2018, 1, 1), 3), [1.0, 2.0, 3.0])
    new = series("siar_j17_temperature_mean", days_of(date(2018, 1, 3), 2), [30.0, 40.0])
    both = merge([old, new])
    assert list(both.value) == [1.0, 2.0, 30.0, 40.0]
    assert list(both.station) == [0, 0, 1, 1]
    assert len(merge([])) == 0


@pytest.mark.parametrize("day", [date(2012, 1, 2), date(2012, 2, 29), date(2011, 12, 30), date(2012, 7, 9)])
def test_place_in_the_record(day: date) -> None:
    def apart(other: date) -> int:
        leap = [date(2000, d.month, d.day).timetuple().tm_yday for d in (day, other)]
        return min(abs(leap[0] - leap[1]), 366 - abs(leap[0] - leap[1]))

    near = [v for d, v in zip(DAYS, VALUES, strict=True) if d < day and apart(d) <= 7]
    value = near[3]
    place, count = place_in_record(DAILY, number(day), value)
    if len(near) < 30:
        assert (place, count) == (None, len(near))
        return
    below = sum(v < value for v in near) + sum(v == value for v in near) / 2
    assert count == len(near)
    assert place == pytest.approx(100 * below / len(near))


def test_the_day_itself_and_the_future_are_no_record() -> None:
    days = days_of(date(2010, 1, 1), 800)
    daily = made(days, [1.0] * len(days))
    place, count = place_in_record(daily, number(date(2012, 1, 8)), 1.0)
    assert (place, count) == (50.0, 15 + 15 + 7)


def test_a_trend_of_one_station_is_theil_sens() -> None:
    years = np.array([*range(1995, 2005), 2007, 2008, 2010], np.int64)
    values = np.array([0.1, 0.4, -0.2, 0.5, 0.3, 0.3, 0.9, 0.2, 0.8, 1.1, 0.7, 1.3, 1.0])
    found = trend(years, values, np.zeros(len(years), np.int64))
    slope, _, low, high = theilslopes(values, years, 0.95)
    assert found is not None
    assert (found.per_decade, found.low, found.high) == pytest.approx((10 * slope, 10 * low, 10 * high))
    assert found.years == tuple(years.tolist())


def test_the_step_between_two_stations_is_no_trend() -> None:
    dice = random.Random(3)
    years = np.arange(2001, 2025)
    station = (years >= 2018).astype(np.int64)
    values = 0.03 * (years - 2001) + np.array([dice.gauss(0, 0.1) for _ in years])
    plain, moved = trend(years, values, station), trend(years, values + 5 * station, station)
    assert plain is not None
    assert moved is not None
    assert moved.per_decade == pytest.approx(plain.per_decade)
    pairs = [(a, b) for a in range(24) for b in range(a + 1, 24) if station[a] == station[b]]
    slopes = [(values[b] - values[a]) / (years[b] - years[a]) for a, b in pairs]
    assert moved.pairs == len(pairs)
    assert moved.per_decade == pytest.approx(10 * median(slopes))
    assert moved.low < 0.3 < moved.high


def test_too_few_years_have_no_trend() -> None:
    years = np.arange(2001, 2010)
    assert trend(years, years * 0.1, np.zeros(9, np.int64)) is None
    alone = np.arange(10)
    assert trend(2000 + alone, alone * 0.1, alone) is None, "years without another of their station"


def test_a_year_with_a_hole_is_left_out_and_does_not_bend_the_others() -> None:
    days = [d for d in days_of(date(2001, 1, 1), 5 * 365 + 1) if not date(2003, 6, 1) <= d < date(2003, 9, 1)]
    values = [
        15 - 10 * math.cos(2 * math.pi * d.timetuple().tm_yday / 365) + 0.2 * (d.year - 2001) for d in days
    ]
    part = series("siar_j09_temperature_mean", days, values)
    normal = build_normals({"temperature_mean": [part]}).values["temperature_mean"]
    year, value, station = yearly(made(days, values), normal)
    assert year.tolist() == [2001, 2002, 2004, 2005]
    assert set(station.tolist()) == {0}
    assert np.diff(value) == pytest.approx([0.2, 0.4, 0.2], abs=0.02)


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary", "Australia/Lord_Howe", "UTC"])
def test_wall_time_over_changes_of_the_clock(zone: str) -> None:
    starts: IntArray = np.concatenate(
        [
            np.arange(int(first.timestamp()), int(first.timestamp()) + 3 * 86_400, 900)
            for first in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2025, 10, 25, 7, tzinfo=UTC))
        ]
    )
    own = [datetime.fromtimestamp(int(at), ZoneInfo(zone)) for at in starts]
    local = local_seconds(starts, zone)
    assert (local % 86_400 // 3600).tolist() == [at.hour for at in own]
    assert local_days(starts, zone).tolist() == [number(at.date()) for at in own]


def test_means_are_weighted_and_empty_groups_have_none() -> None:
    mean, behind = mean_by(np.array([0, 0, 2]), np.array([10.0, 40.0, 7.0]), np.array([1.0, 0.25, 0.25]), 3)
    assert mean[0] == pytest.approx((10 + 10) / 1.25)
    assert math.isnan(mean[1])
    assert behind.tolist() == [1.25, 0, 0.25]
