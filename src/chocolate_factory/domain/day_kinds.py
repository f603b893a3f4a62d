"""Kinds of market day: working day, Saturday, Sunday or national holiday."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from functools import lru_cache

import holidays

from chocolate_factory.domain.tariff.calendar import HOLIDAYS

GOOD_FRIDAY = "Viernes Santo"


class DayKind(IntEnum):
    """What demand makes of a day."""

    WORKING = 0
    SATURDAY = 1
    REST = 2


@lru_cache(maxsize=8192)
def day_kind(day: date) -> DayKind:
    """Kind of a local day; REST is a Sunday, one of the nine tariff holidays, or Good Friday.

    Good Friday is an ordinary day for the tariff, but not for demand. A holiday on a Saturday is REST.
    """
    if day.weekday() == 6 or (day.month, day.day) in HOLIDAYS or day == good_friday(day.year):
        return DayKind.REST
    return DayKind.SATURDAY if day.weekday() == 5 else DayKind.WORKING


@lru_cache(maxsize=256)
def good_friday(year: int) -> date:
    """The Friday before Easter."""
    spain = holidays.country_holidays("ES", years=year, language="es")
    return next(day for day, name in spain.items() if GOOD_FRIDAY in name)
