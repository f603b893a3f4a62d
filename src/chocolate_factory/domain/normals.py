"""Climate normals of the site by day of the year, and hourly curves drawn from them.

Days of the year count in a leap year: 1 to 366, 29 February is day 60 and 1 March day 61 in every year. A
normal is the mean of all values of all years within 7 days of its day, over the turn of the year too.

Hours come from the WAVE model (de Wit 1978, in D. C. Reicosky et al. 1989, "Accuracy of hourly air
temperatures calculated from daily minima and maxima", Agricultural and Forest Meteorology 46): half a
cosine rises from the minimum at sunrise to the maximum in the afternoon, another one falls from there to the
minimum at the next sunrise. Humidity mirrors it: highest when it is coldest. Sunrise follows from latitude
and declination (P. I. Cooper 1969), solar time from longitude and the equation of time (J. A. Duffie and
W. A. Beckman, "Solar Engineering of Thermal Processes", 1.5 and 1.6). Everything here is an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import IntArray, Window

DAYS = 366
AROUND = 7
WARMEST = 14.8
"""Solar hour of the highest temperature: 14 in the paper; the median of 8,926 days of the site's two stations
is 14.8, and their minimum falls within ten minutes of sunrise (SIAR 2000–2025, its times read as UTC)."""
QUANTITIES = (
    *("temperature_mean", "temperature_max", "temperature_min"),
    *("humidity_mean", "humidity_max", "humidity_min", "rain", "radiation", "wind_speed"),
)
MONTH_STARTS = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335], np.int64)
"""Days of a leap year before each month."""
Dates = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Normals:
    """Normal values by day of the year, row 0 for day 1.

    `values`: quantity -> shape (366,), in SIAR's units, NaN where nothing was measured around that day.
    `years`: quantity -> how many different years count in each, shape (366,).
    """

    values: Mapping[str, FloatArray]
    years: Mapping[str, IntArray]


def day_of_year(dates: Dates) -> IntArray:
    """Days of the year of dates, 1 to 366 as in a leap year, same shape."""
    months = dates.astype("datetime64[M]")
    in_month = (dates.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(MONTH_STARTS[months.astype(np.int64) % 12] + in_month + 1)


def build_normals(history: Mapping[str, Iterable[Series]]) -> Normals:
    """Normals from daily series of UTC days: quantity -> the series of it, of one or several stations."""
    made = {quantity: _normal(list(parts)) for quantity, parts in history.items()}
    return Normals(
        {quantity: value for quantity, (value, _) in made.items()},
        {quantity: years for quantity, (_, years) in made.items()},
    )


def hourly_normals(
    normals: Normals, latitude: float, longitude: float, window: Window
) -> tuple[FloatArray, FloatArray]:
    """Estimated temperature (°C) and relative humidity (%) of the hourly slots of a window, at mid-slot.

    Both have the shape (slots,) of `window.starts(60)`, NaN where a normal is missing. Latitude and
    longitude are degrees, north and east.
    """
    warmth, (coldest, warmest) = _wave(window.starts(60) + 1800, latitude, longitude)
    value = normals.values
    low, high = value["temperature_min"][coldest], value["temperature_max"][warmest]
    moist, dry = value["humidity_max"][coldest], value["humidity_min"][warmest]
    return low + warmth * (high - low), moist - warmth * (moist - dry)


def sunrise(day: IntArray | FloatArray, latitude: float) -> FloatArray:
    """Solar hour of sunrise on days of the year, same shape; 0 under a midnight sun, 12 in polar night.

    Declination 23.45° sin(360° (284 + n) / 365); cos of the hour angle is −tan latitude · tan declination.
    """
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    cosine = -np.tan(np.radians(latitude)) * np.tan(declination)
    return np.asarray(12 - np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15)


def equation_of_time(day: IntArray | FloatArray) -> FloatArray:
    """Minutes by which the sun is ahead of mean solar time on days of the year, same shape."""
    angle = 2 * np.pi * (day - 81) / 364
    return np.asarray(9.87 * np.sin(2 * angle) - 7.53 * np.cos(angle) - 1.5 * np.sin(angle))


def _wave(at: IntArray, latitude: float, longitude: float) -> tuple[FloatArray, tuple[IntArray, IntArray]]:
    """The curve from 0 (coldest) to 1 (warmest) at moments, and the rows of the extremes around each.

    Moments are UTC epoch seconds. The rows are those of the day that gives the minimum and of the day that
    gives the maximum.
    """
    utc_day = at.astype("datetime64[s]").astype("datetime64[D]")
    ahead_s = 3600 * longitude / 15 + 60 * equation_of_time(day_of_year(utc_day))
    solar = at + ahead_s
    today = np.floor(solar / 86400).astype(np.int64)
    hour = solar / 3600 - 24 * today
    rise_today = sunrise(_row(today) + 1, latitude)
    rise_next = 24 + sunrise(_row(today + 1) + 1, latitude)
    # Before sunrise the curve still falls from yesterday's maximum to today's minimum.
    early, late = hour < rise_today, hour >= WARMEST
    since = np.where(early, hour + 24 - WARMEST, hour - WARMEST)
    length = np.where(early, rise_today + 24, rise_next) - WARMEST
    falling = early | late
    share = np.where(falling, since / length, (hour - rise_today) / (WARMEST - rise_today))
    warmth = (1 - np.cos(np.pi * np.where(falling, 1 - share, share))) / 2
    return warmth, (_row(today + late), _row(today - early))


def _row(days: IntArray) -> IntArray:
    """Rows of normals for days since 1970-01-01."""
    return day_of_year(days.astype("datetime64[D]")) - 1


def _normal(parts: list[Series]) -> tuple[FloatArray, IntArray]:
    """Mean of all values around each day of the year, and the number of years in it."""
    start = np.concatenate([part.start for part in parts]) if parts else np.zeros(0, np.int64)
    value = np.concatenate([part.value for part in parts]) if parts else np.zeros(0)
    if len(start) == 0:
        return np.full(DAYS, np.nan), np.zeros(DAYS, np.int64)
    dates = start.astype("datetime64[s]").astype("datetime64[D]")
    row = day_of_year(dates) - 1
    year = dates.astype("datetime64[Y]").astype(np.int64)
    year -= year.min()
    total, count = np.zeros(DAYS), np.zeros((int(year.max()) + 1, DAYS))
    np.add.at(total, row, value)
    np.add.at(count, (year, row), 1)
    around = _around(count)
    with np.errstate(invalid="ignore"):
        mean = _around(total) / around.sum(axis=0)
    return mean, (around > 0).sum(axis=0)


def _around(sums: FloatArray) -> FloatArray:
    """Sums over each day and the days around it, along the last axis, which is a circle."""
    shifted = [np.roll(sums, shift, axis=-1) for shift in range(-AROUND, AROUND + 1)]
    return np.asarray(np.sum(shifted, axis=0), np.float64)
