"""Tariff periods of the peninsula by rule, for any year.

Circular CNMC 3/2020 art. 7 (BOE-A-2020-1066): three energy and two power periods for 2.0TD, six periods for
3.0TD and 6.1TD. Everything follows local time in Europe/Madrid, so days have 23, 24 or 25 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.wall_time import DAY_SECONDS, local_seconds

ENERGY_PERIODS = {"2.0TD": 3, "3.0TD": 6, "6.1TD": 6}
POWER_PERIODS = {"2.0TD": 2, "3.0TD": 6, "6.1TD": 6}

HOLIDAYS = ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25))
"""(month, day) of the national holidays of fixed date that cannot be replaced, and 6 January.

Good Friday has no fixed date and is an ordinary day; regional and local holidays never count.
"""

ELSEWHERE = {
    "the Canary Islands": (27.5, 29.5, -18.3, -13.3),
    "the Balearic Islands": (38.6, 40.2, 1.1, 4.4),
    "Ceuta": (35.86, 35.93, -5.39, -5.26),
    "Melilla": (35.25, 35.33, -2.98, -2.91),
}
"""Where other periods or taxes hold: lowest and highest latitude, then longitude, degrees."""

_SEASON = {"A": (1, 2, 7, 12), "B": (3, 11), "B1": (6, 8, 9), "C": (4, 5, 10)}
_PEAK_PERIOD = {"A": 1, "B": 2, "B1": 3, "C": 4}
_ORDINAL_1970 = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, eq=False)
class LocalSlots:
    """Local calendar of slots, each (T,): day as date ordinal, month counted from 1970-01, wall hour."""

    day: IntArray
    month: IntArray
    hour: IntArray


def tariff_holidays(year: int) -> tuple[date, ...]:
    """The weekdays-turned-valley of a year, sorted: nine fixed dates (Circular 3/2020 art. 7)."""
    return tuple(date(year, month, day) for month, day in HOLIDAYS)


def day_type(day: date) -> str:
    """Day type of the six-period tariffs on the peninsula: A, B, B1, C (working days by season) or D."""
    if day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS:
        return "D"
    return next(kind for kind, months in _SEASON.items() if day.month in months)


def check_tariff(tariff: str) -> None:
    """Raise Misconfigured unless the access tariff is one of those known here."""
    if tariff not in ENERGY_PERIODS:
        known = ", ".join(ENERGY_PERIODS)
        raise Misconfigured(f"contract.access_tariff: {tariff!r} is not known; allowed are {known}.")


def not_peninsular(zone: str, latitude: float, longitude: float) -> tuple[str, ...]:
    """A sentence for each sign that a site is not on the peninsula, whose rules are used all the same."""
    told = [
        f"The site lies in {name} (site.latitude, site.longitude), where other tariff periods or taxes hold; "
        "those of the peninsula are used."
        for name, (south, north, west, east) in ELSEWHERE.items()
        if south <= latitude <= north and west <= longitude <= east
    ]
    if zone != MARKET_ZONE:
        told.append(
            f"site.timezone is {zone}: tariff periods and taxes are those of the peninsula, "
            f"by the clock of {MARKET_ZONE}."
        )
    return tuple(told)


def local_slots(starts: IntArray) -> LocalSlots:
    """Local day, month and wall hour of slot starts (epoch seconds, any order), Europe/Madrid."""
    local = local_seconds(starts, MARKET_ZONE)
    days = local // DAY_SECONDS
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return LocalSlots(days + _ORDINAL_1970, month, local % DAY_SECONDS // 3600)


def energy_periods(tariff: str, starts: IntArray) -> IntArray:
    """Energy period of each slot, shape (T,): 1…3 for 2.0TD, 1…6 for 3.0TD and 6.1TD.

    `starts` are slot starts in UTC epoch seconds. Raises Misconfigured for an unknown tariff.
    Circular CNMC 3/2020 art. 7.2 and 7.3, peninsula.
    """
    check_tariff(tariff)
    local = local_slots(starts)
    table = _TABLE_20TD if tariff == "2.0TD" else _TABLE_SIX
    return table[local.month % 12, _is_free(local.day).astype(np.int64), local.hour]


def power_periods(tariff: str, starts: IntArray) -> IntArray:
    """Power period of each slot, shape (T,): 2.0TD 1 = peak and flat, 2 = valley; else the energy period."""
    periods = energy_periods(tariff, starts)
    return np.where(periods == 3, 2, 1).astype(np.int64) if tariff == "2.0TD" else periods


def _as_dates(day: IntArray) -> NDArray[np.datetime64]:
    return (day - _ORDINAL_1970).astype("datetime64[D]")


def _is_free(day: IntArray) -> NDArray[np.bool_]:
    """Saturday, Sunday or tariff holiday."""
    dates = _as_dates(day)
    months = dates.astype("datetime64[M]")
    key = 100 * (months.astype(np.int64) % 12 + 1) + (dates - months).astype(np.int64) + 1
    return ((day + 6) % 7 >= 5) | np.isin(key, [100 * month + number for month, number in HOLIDAYS])


def _table_20td() -> IntArray:
    """Period by (month, free day, hour): peak 10–14 and 18–22, valley 00–08 and free days."""
    table = np.full((12, 2, 24), 3, np.int64)
    table[:, 0, 8:] = 2
    table[:, 0, 10:14] = table[:, 0, 18:22] = 1
    return table


def _table_six() -> IntArray:
    """Period by (month, free day, hour): 09–14 and 18–22 the season's peak, 00–08 and free days P6."""
    table = np.full((12, 2, 24), 6, np.int64)
    for kind, months in _SEASON.items():
        for month in months:
            row = table[month - 1, 0]
            row[8:] = _PEAK_PERIOD[kind] + 1
            row[9:14] = row[18:22] = _PEAK_PERIOD[kind]
    return table


_TABLE_20TD = _table_20td()
_TABLE_SIX = _table_six()
