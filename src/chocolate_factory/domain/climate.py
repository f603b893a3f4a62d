"""What the years say of the climate: spread by month, days above limits, where a value stands, trends.

Percentiles are Hyndman and Fan's type 7 (R. J. Hyndman, Y. Fan 1996, "Sample quantiles in statistical
packages", The American Statistician 50). A value's place in the record is the mid-rank among the values of
all years before it within 7 days of its day of the year, in percent.

Trends are those of yearly means of daily differences from normal, so that missing days do not bend them. Two
stations are two sites, and the step between them is not known: the slope is the median of the slopes
between all pairs of years *of one station*, with the interval from the variance of Kendall's S summed over
the stations (P. K. Sen 1968; D. R. Helsel and L. M. Frans 2006, "Regional Kendall test for trend",
Environmental Science & Technology 40; R. O. Gilbert 1987, "Statistical Methods for Environmental Pollution
Monitoring", 16.4.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.normals import AROUND, DAYS, day_of_year
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.wall_time import DAY_SECONDS, months_of, years_of

PERCENTILES = (5, 25, 50, 75, 95)
LEAST_DAYS = 329
"""Days that a year must have of one station to count in a trend: nine tenths."""
LEAST_YEARS = 10
LEAST_RECORD = 30
"""Values around a day of the year below which no place in the record is told."""
NORMAL_95 = 1.959964


@dataclass(frozen=True, eq=False)
class Daily:
    """Values of days, ascending: `day` since 1970-01-01, `value`, and the number of the station; all (n,)."""

    day: IntArray
    value: FloatArray
    station: IntArray

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True)
class Above:
    """Days above a limit in a year or a month of the year, and the days known there."""

    part: int
    days: int
    known: int


@dataclass(frozen=True)
class Trend:
    """Change a decade with its 95 % interval, the years it comes from, and how many pairs of them."""

    per_decade: float
    low: float
    high: float
    years: tuple[int, ...]
    pairs: int


def merge(parts: Sequence[Series]) -> Daily:
    """Daily series of several stations as one; where two tell a UTC day, the later of `parts` counts."""
    day = np.concatenate([part.start // DAY_SECONDS for part in parts]) if parts else np.zeros(0, np.int64)
    value = np.concatenate([part.value for part in parts]) if parts else np.zeros(0)
    station = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    order = np.lexsort((station, day))
    last = np.append(np.diff(day[order]) != 0, True) if len(day) else np.zeros(0, bool)
    chosen = order[last]
    return Daily(day[chosen], value[chosen], station[chosen])


def by_month(daily: Daily) -> Iterator[tuple[int, int, FloatArray]]:
    """(month, days behind it, values at `PERCENTILES`) of each month of the year with any day."""
    month = months_of(daily.day)
    for number in range(1, 13):
        values = daily.value[month == number]
        if len(values):
            yield number, len(values), np.percentile(values, PERCENTILES)


def above_by_year(daily: Daily, limit: float) -> list[Above]:
    """Days above a limit in each year with any day."""
    return _above(years_of(daily.day), daily.value > limit)


def above_by_month(daily: Daily, limit: float) -> list[Above]:
    """Days above a limit in each month of the year, all years together."""
    return _above(months_of(daily.day), daily.value > limit)


def missing_days(day: IntArray) -> list[tuple[int, int]]:
    """Runs of days that are missing between the first and the last, as (first, last) since 1970-01-01."""
    gaps = np.flatnonzero(np.diff(day) > 1)
    return [(int(day[gap]) + 1, int(day[gap + 1]) - 1) for gap in gaps]


def place_in_record(daily: Daily, day: int, value: float) -> tuple[float | None, int]:
    """(percentile of a value among those of all years around its day of the year, how many those are).

    The day itself and those after it do not count. None where fewer than 30 values are known.
    """
    row = int(day_of_year(np.array([day]).astype("datetime64[D]"))[0])
    before = daily.day < day
    apart = np.abs(day_of_year(daily.day[before].astype("datetime64[D]")) - row)
    values = daily.value[before][np.minimum(apart, DAYS - apart) <= AROUND]
    if len(values) < LEAST_RECORD:
        return None, len(values)
    below = np.sum(values < value) + np.sum(values == value) / 2
    return float(100 * below / len(values)), len(values)


def yearly(daily: Daily, normal: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """(year, mean difference from normal, station) of the years one station told nearly whole; (m,) each.

    `normal` is by day of the year, shape (366,).
    """
    year = years_of(daily.day)
    apart = daily.value - normal[day_of_year(daily.day.astype("datetime64[D]")) - 1]
    rows = []
    for number in np.unique(year):
        for station in np.unique(daily.station[year == number]):
            inside = (year == number) & (daily.station == station) & np.isfinite(apart)
            if int(inside.sum()) >= LEAST_DAYS:
                rows.append((int(number), float(apart[inside].mean()), int(station)))
    told = np.array(rows, np.float64).reshape(-1, 3)
    return told[:, 0].astype(np.int64), told[:, 1], told[:, 2].astype(np.int64)


def trend(year: IntArray, value: FloatArray, station: IntArray) -> Trend | None:
    """Slope between years of the same station; None with fewer than ten years that have another one."""
    slopes: list[FloatArray] = []
    used: list[int] = []
    variance = 0.0
    for number in np.unique(station):
        x, y = year[station == number].astype(np.float64), value[station == number]
        if len(x) < 2:
            continue
        first, second = np.triu_indices(len(x), 1)
        slopes.append((y[second] - y[first]) / (x[second] - x[first]))
        used += [int(at) for at in x]
        variance += kendall_variance(y)
    if len(used) < LEAST_YEARS:
        return None
    ordered = np.sort(np.concatenate(slopes))
    count = len(ordered)
    reach = NORMAL_95 * np.sqrt(variance)
    low = max(round((count - reach) / 2) - 1, 0)
    high = min(round((count + reach) / 2), count - 1)
    told = 10 * np.array([np.median(ordered), ordered[low], ordered[high]])
    return Trend(float(told[0]), float(told[1]), float(told[2]), tuple(sorted(used)), count)


def kendall_variance(value: FloatArray) -> float:
    """Variance of Kendall's S of a series without trend, ties accounted for."""
    count = len(value)
    ties = np.unique(value, return_counts=True)[1]
    whole = count * (count - 1) * (2 * count + 5)
    return float(whole - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18


def _above(part: IntArray, beyond: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Above]:
    return [
        Above(int(number), int(beyond[part == number].sum()), int(np.sum(part == number)))
        for number in np.unique(part)
    ]
