"""Invented markets: a price that is a curve of net load, and a regulated price made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.day_kinds import day_kind
from chocolate_factory.domain.ports import Known
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, Window, local_midnight, local_moment
from chocolate_factory.domain.tariff.calendar import energy_periods, local_slots
from chocolate_factory.domain.tariff.tables import by_slot
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS

DRIVERS = ("demand_forecast", "wind_forecast", "solar_forecast")
BEFORE_AUCTION, AFTER_AUCTION = time(11, 30), time(13, 30)
REST_SHARE = 1.2
"""What one EUR/MWh of spot price adds to the invented regulated price."""


def early(day: date) -> datetime:
    """The gate before the auction: drivers of tomorrow are out, its prices are not."""
    return local_moment(day, BEFORE_AUCTION, MARKET_ZONE)


def hours_of(first: date, days: int) -> IntArray:
    """Starts of the hours of whole local days."""
    begin, end = (local_midnight(first + timedelta(days=offset), MARKET_ZONE) for offset in (0, days))
    return Window(begin, end).starts(60)


def drivers(first: date, days: int, seed: int = 1) -> dict[str, Series]:
    """Demand with a rhythm, wind that is another every day, sun behind clouds: MW, known when due."""
    random = np.random.default_rng(seed)
    starts = hours_of(first, days)
    slots = local_slots(starts)
    row = slots.day - first.toordinal()
    kinds = np.array([day_kind(first + timedelta(days=offset)) for offset in range(days)])
    wave = np.sin(2 * np.pi * (slots.hour - 8) / 24)
    demand = 27_000 - 2_500.0 * kinds[row] + 4_000 * wave + 700 * random.normal(size=days)[row]
    blow = 9_000 + 4_000 * random.normal(size=days)
    wind = np.clip(blow[row] + 1_500 * np.cos(2 * np.pi * slots.hour / 24), 300, 20_000)
    noon = np.clip(np.sin(np.pi * (slots.hour - 6) / 12), 0, None)
    sun = 13_000 * random.uniform(0.3, 1, size=days)[row] * noon
    values = zip(DRIVERS, (demand, wind, sun), strict=True)
    return {key: published(key, starts.tolist(), told.tolist(), "invented") for key, told in values}


def merit_order(net: FloatArray) -> FloatArray:
    """Prices, EUR/MWh, at a net load, MW: flat at both ends, steep in between."""
    price: FloatArray = 5 + 120 / (1 + np.exp(-(net - 14_000) / 4_000))
    return price


def spot_of(beside: Mapping[str, Series], noise: float = 1.5, seed: int = 2) -> Series:
    """The price of every hour of the drivers, by `merit_order`, four equal quarters where there are any."""
    demand, wind, sun = (beside[key].value for key in DRIVERS)
    price = merit_order(demand - wind - sun) + noise * np.random.default_rng(seed).normal(size=len(demand))
    starts: list[int] = []
    values: list[float] = []
    for start, value in zip(beside[DRIVERS[0]].start.tolist(), price.tolist(), strict=True):
        minutes = CATALOG["spot"].minutes(date.fromordinal(int(local_slots(np.array([start])).day[0])))
        starts += range(start, start + 3600, 60 * minutes)
        values += [value] * (60 // minutes)
    return published("spot", starts, values, "invented")


def pvpc_of(spot: Series, seed: int = 3) -> Series:
    """Tolls and charges of the law, REST_SHARE of the hour's spot price, and a rest that changes slowly.

    In hours of the first period the rest is greater, as capacity payments are.
    """
    hours, place = np.unique(spot.start // 3600 * 3600, return_inverse=True)
    mean = np.bincount(place, spot.value * spot.minutes) / np.bincount(place, spot.minutes)
    slots, periods = local_slots(hours), energy_periods("2.0TD", hours)
    access = sum(by_slot(table["2.0TD"], slots.day, periods)[0] for table in (ENERGY_TOLLS, ENERGY_CHARGES))
    row = slots.day - slots.day[0]
    random = np.random.default_rng(seed)
    level = 20 + np.cumsum(0.6 * random.normal(size=row[-1] + 1))
    rest = (
        level[row]
        + 2.5 * (periods == 1)
        + 3 * np.sin(2 * np.pi * slots.hour / 24)
        + 0.5 * random.normal(size=len(hours))
    )
    return published("pvpc", hours.tolist(), (access + REST_SHARE * mean + rest).tolist(), "invented")


def market(key: str, first: date, days: int) -> Known:
    """Prices of a series and, beside them, all that is invented here."""
    beside = drivers(first, days)
    spot = spot_of(beside)
    if key == "spot":
        return Known(spot, beside)
    return Known(pvpc_of(spot), {**beside, "spot": spot})


def of_days(series: Series, first: date, last: date) -> NDArray[np.bool_]:
    """Whether each row is of the local days from `first` to `last`."""
    day = local_slots(series.start).day
    return (day >= first.toordinal()) & (day <= last.toordinal())


def moved(series: Series, at: time, only: date | None = None) -> Series:
    """The series known at another local time of the day before; of one day `only`, or of all."""
    slots = local_slots(series.start)
    days, place = np.unique(slots.day, return_inverse=True)
    moments = [local_moment(date.fromordinal(day - 1), at, MARKET_ZONE) for day in days.tolist()]
    told = np.array([int(one.timestamp()) for one in moments], np.int64)[place]
    if only is not None:
        told = np.where(slots.day == only.toordinal(), told, series.available_at)
    return replace(series, available_at=told)


def beside_with(known: Known, **changed: Series) -> Known:
    """The same with some of the series beside the price exchanged."""
    return replace(known, beside={**known.beside, **changed})
