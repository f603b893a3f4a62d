"""Which figures move with the weather once the seasons are taken out; nothing is said of what causes what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, PLACES
from chocolate_factory.domain.climate import Daily
from chocolate_factory.domain.correlation import Estimate, correlate, without_season, year_is_told
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window
from chocolate_factory.domain.wall_time import as_date, local_days, months_of
from chocolate_factory.services.analyse_seasons import plans_load

Row = dict[str, Any]

BACK = timedelta(days=3 * 366)
LEAST_SHARE = 20 / 24
"""Share of a day's hours that must be known for its mean to count."""
SEASONS: Mapping[str, frozenset[int]] = {
    "year": frozenset(range(1, 13)),
    "cold": frozenset({11, 12, 1, 2, 3}),
    "warm": frozenset({6, 7, 8, 9}),
}
CITIES = tuple(f"{name}_temperature" for name, place in PLACES.items() if "temperature" in place.quantities)
FARMS = tuple(f"{name}_wind_speed" for name, place in PLACES.items() if "wind_speed" in place.quantities)
COOLING, LOAD = "cooling_degrees", "planned_load"


@dataclass(frozen=True)
class Pair:
    """Two figures held against each other, each the mean of some series, in some seasons of the year.

    `follows`: the second is computed from the first by the product itself, so that they go together anyway.
    """

    name: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    seasons: tuple[str, ...] = ("year",)
    follows: bool = False


PAIRS = (
    Pair("temperature_demand", CITIES, ("demand",), ("cold", "warm")),
    Pair("wind_wind_forecast", FARMS, ("wind_forecast",)),
    Pair("temperature_price", CITIES, ("spot",), ("cold", "warm")),
    Pair("site_temperature_price", ("temperature",), ("spot",), ("cold", "warm")),
    Pair("wind_price", FARMS, ("spot",)),
    Pair("cooling_load", (COOLING,), (LOAD,), ("warm",), follows=True),
)
"""Demand rises with cold and with heat, so cold and warm months are apart: over the year they cancel."""

READ = tuple(sorted({key for pair in PAIRS for key in (*pair.one, *pair.other)} & CATALOG.keys()))
"""Every series that is read; degrees to cool come from the temperature among them."""
Told = Mapping[str, Daily]


def correlate_weather(ports: Ports) -> Row:
    """Every pair and season with its correlation, and those that could not be computed, with the reason."""
    told, base = read_days(ports), cooling_base(ports.factory)
    rows: list[Row] = []
    without: list[Row] = []
    for pair in PAIRS:
        one, other = joined(told, pair.one), joined(told, pair.other)
        lacking = [*(pair.one if one is None else ()), *(pair.other if other is None else ())]
        for season in pair.seasons:
            place = {"pair": pair.name, "season": season}
            why = "no_limit" if pair.one == (COOLING,) and base is None else reason(one, other)
            if one is None or other is None or why:
                without.append({**place, "why": why, "lacking": lacking})
            else:
                row = pair_row(pair, SEASONS[season], (one, other))
                rows.append({**place, **row, "series": names(told, pair)})
    return {
        "now": ports.clock(),
        "sample": ports.sample,
        "timezone": ports.factory.site.timezone,
        "cooling_above_c": base,
        "pairs": rows,
        "not_computed": without,
    }


def read_days(ports: Ports) -> dict[str, Daily]:
    """Daily means of all series that any pair names, of local days before today; empty ones left out."""
    now, zone = ports.clock(), ports.factory.site.timezone
    window = Window((now - BACK).astimezone(UTC), now)
    told: dict[str, Daily] = {}
    for key in READ:
        series = ports.store.read(key, window, now)
        told[key] = daily_means(series.start, series.minutes / 60, series.value, zone)
    base = cooling_base(ports.factory)
    if base is not None:
        warm = ports.store.read("temperature", window, now)
        told[COOLING] = daily_means(warm.start, warm.minutes / 60, np.maximum(warm.value - base, 0), zone)
    load = plans_load(ports)
    hours = np.full(len(load.starts), load.minutes / 60)
    told[LOAD] = daily_means(load.starts, hours, load.kwh / hours, zone)
    today = int(local_days(np.array([int(now.timestamp())]), zone)[0])
    return {key: before(daily, today) for key, daily in told.items() if len(before(daily, today))}


def daily_means(start: IntArray, hours: FloatArray, value: FloatArray, zone: str) -> Daily:
    """Means of local days of which at least 20 of 24 hours are known; a day may have 23 or 25."""
    if not len(start):
        return Daily(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
    day = local_days(start, zone)
    first = int(day.min())
    known = np.bincount(day - first, hours)
    total = np.bincount(day - first, hours * value)
    enough = np.flatnonzero(known >= 24 * LEAST_SHARE - 1e-9)
    return Daily(first + enough, total[enough] / known[enough], np.zeros(len(enough), np.int64))


def before(daily: Daily, day: int) -> Daily:
    """The days before one."""
    rows = daily.day < day
    return Daily(daily.day[rows], daily.value[rows], daily.station[rows])


def joined(told: Told, keys: Sequence[str]) -> Daily | None:
    """The mean of those of the series that are known at all, on the days on which all of these are."""
    found = [told[key] for key in keys if key in told]
    if not found:
        return None
    days = found[0].day
    for part in found[1:]:
        days = np.intersect1d(days, part.day)
    values = [part.value[np.searchsorted(part.day, days)] for part in found]
    return Daily(days, np.asarray(np.mean(values, axis=0)), np.zeros(len(days), np.int64))


def names(told: Told, pair: Pair) -> Row:
    """The series that were really used."""
    return {
        side: [key for key in keys if key in told]
        for side, keys in (("one", pair.one), ("other", pair.other))
    }


def reason(one: Daily | None, other: Daily | None) -> str | None:
    """Why a pair cannot be computed, None when it can."""
    if one is None or other is None:
        return "nothing_known"
    if not year_is_told(np.intersect1d(one.day, other.day)):
        return "less_than_a_year"
    return None


def pair_row(pair: Pair, months: frozenset[int], both: tuple[Daily, Daily]) -> Row:
    """The correlation of the days of some months; the seasonal mean is that of all days both know."""
    days = np.intersect1d(both[0].day, both[1].day)
    one, other = (without_season(days, part.value[np.searchsorted(part.day, days)]) for part in both)
    rows = np.isin(months_of(days), list(months))
    found = correlate(days[rows], one[rows], other[rows])
    chosen = days[rows]
    return {
        "first": as_date(chosen[0]),
        "last": as_date(chosen[-1]),
        "days": found.days,
        "effective_days": round(found.effective, 1),
        "pearson": estimate_row(found.pearson),
        "spearman": estimate_row(found.spearman),
        "verdict": found.verdict,
        "follows": pair.follows,
    }


def estimate_row(found: Estimate | None) -> Row | None:
    """A correlation and its interval to three decimals."""
    if found is None:
        return None
    return {"value": round(found.value, 3), "low": round(found.low, 3), "high": round(found.high, 3)}


def cooling_base(factory: Factory) -> float | None:
    """Degrees above which the plant cools: its loads' lowest threshold, else its steps' lowest limit."""
    loads = [load.kw_per_degree_above[0] for load in factory.auxiliaries if load.kw_per_degree_above]
    steps = [s.max_outdoor_c for p in factory.products for s in p.steps if s.max_outdoor_c is not None]
    return min(loads or steps, default=None)
