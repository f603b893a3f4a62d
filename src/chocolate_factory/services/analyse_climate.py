"""What a quarter of a century of daily weather says of the site, and how this week compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import SIAR_STATIONS, SIAR_VARIABLES
from chocolate_factory.domain.climate import (
    LEAST_DAYS,
    PERCENTILES,
    Above,
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
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.normals import Normals, build_normals, day_of_year
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import Window, day_window, days_between, epoch, local_date
from chocolate_factory.domain.wall_time import as_date, years_of
from chocolate_factory.services.read_normals import FIRST

Row = dict[str, Any]

QUANTITIES = (
    *("temperature_mean", "temperature_min", "temperature_max"),
    *("humidity_mean", "humidity_min", "humidity_max"),
)
FIGURES: dict[str, Callable[[FloatArray], Any]] = {"mean": np.mean, "min": np.min, "max": np.max}
WEEK = ("temperature", "temperature_forecast", "humidity", "humidity_forecast")
READ = (*WEEK, *(f"siar_{station}_{quantity}" for station in SIAR_STATIONS for quantity in QUANTITIES))
"""Every series that the analysis reads."""
GENERAL_C = (30.0, 35.0)
LEAST_HOURS = 20
"""Hours of a day that must be known for its mean, least and greatest value to be told."""
IMPORT = "Load SIAR's files with `choco import siar FILE…`."


@dataclass(frozen=True)
class History:
    """The days that were measured at the site's stations, by quantity, and their normals by day of year."""

    daily: Mapping[str, Daily]
    normals: Normals


def analyse_climate(ports: Ports) -> Row:
    """Spread by month, days above limits, this week beside its normal, and trends, from SIAR's days.

    Raises `DataMissing` when no day of SIAR was known.
    """
    history = read_history(ports)
    return {
        "now": ports.clock(),
        "sample": ports.sample,
        "record": record_rows(history),
        "months": month_rows(history),
        "limits": limit_rows(ports.factory, history),
        "week": week_rows(ports, history),
        "trends": trend_rows(history),
    }


def read_history(ports: Ports) -> History:
    """The stored days as known now; where both stations tell a day, the newer one counts."""
    window = Window(FIRST, ports.clock())
    parts = {
        quantity: [
            ports.store.read(f"siar_{station}_{quantity}", window, window.end) for station in SIAR_STATIONS
        ]
        for quantity in QUANTITIES
    }
    if not any(len(part) for found in parts.values() for part in found):
        raise DataMissing("No climate history is stored.", IMPORT, cause="no_climate")
    return History({quantity: merge(found) for quantity, found in parts.items()}, build_normals(parts))


def record_rows(history: History) -> Row:
    """The days behind the analysis (of mean temperature), by station and year, and those that are missing."""
    daily = history.daily["temperature_mean"]
    if not len(daily):
        daily = max(history.daily.values(), key=len)
    year = years_of(daily.day)
    stations = [
        {
            "station": name,
            "first": as_date(daily.day[rows][0]),
            "last": as_date(daily.day[rows][-1]),
            "days": int(rows.sum()),
        }
        for number, name in enumerate(SIAR_STATIONS)
        for rows in (daily.station == number,)
        if rows.any()
    ]
    first, last = as_date(daily.day[0]), as_date(daily.day[-1])
    return {
        "first": first,
        "last": last,
        "days": len(daily),
        "stations": stations,
        "years": [
            {
                "year": number,
                "days": int(np.sum(year == number)),
                "missing": days_of_year(number) - int(np.sum(year == number)),
            }
            for number in range(first.year, last.year + 1)
        ],
        "missing": [
            {"first": as_date(begin), "last": as_date(end), "days": end - begin + 1}
            for begin, end in missing_days(daily.day)
        ],
    }


def days_of_year(year: int) -> int:
    """365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def month_rows(history: History) -> list[Row]:
    """Percentiles of each quantity in each month of the year, with the days behind them."""
    rows = []
    for quantity, daily in history.daily.items():
        for month, days, values in by_month(daily):
            told = {f"p{p}": round(float(v), 2) for p, v in zip(PERCENTILES, values, strict=True)}
            unit = SIAR_VARIABLES[quantity][0]
            rows.append({"quantity": quantity, "unit": unit, "month": month, "days": days, **told})
    return rows


def limit_rows(factory: Factory, history: History) -> list[Row]:
    """Days whose greatest value was above each limit, by year and by month of the year."""
    rows = []
    for quantity, above, steps in limits_of(factory):
        daily = history.daily[quantity]
        years, months = above_by_year(daily, above), above_by_month(daily, above)
        rows.append(
            {
                "quantity": quantity,
                "unit": SIAR_VARIABLES[quantity][0],
                "above": above,
                "origin": "factory" if steps else "general",
                "steps": steps,
                "by_year": [above_row("year", part) for part in years],
                "by_month": [above_row("month", part) for part in months],
            }
        )
    return rows


def above_row(name: str, part: Above) -> Row:
    """Counts of one year or month."""
    return {name: part.part, "days": part.days, "known": part.known}


def limits_of(factory: Factory) -> Iterator[tuple[str, float, list[str]]]:
    """(quantity, limit, steps that keep to it) of the factory; without one in °C the general 30 and 35."""
    found: dict[tuple[str, float], list[str]] = {}
    for product in factory.products:
        for step in product.steps:
            for quantity, limit in (
                ("temperature_max", step.max_outdoor_c),
                ("humidity_max", step.max_outdoor_rh),
            ):
                if limit is not None:
                    found.setdefault((quantity, limit), []).append(f"{product.name}: {step.process}")
    if not any(quantity == "temperature_max" for quantity, _ in found):
        found |= {("temperature_max", limit): [] for limit in GENERAL_C}
    for quantity, limit in sorted(found, key=lambda key: (key[0] != "temperature_max", key[1])):
        yield quantity, limit, found[quantity, limit]


def trend_rows(history: History) -> list[Row]:
    """Change a decade of each quantity; None where too few whole years are known."""
    rows = []
    for quantity, daily in history.daily.items():
        year, value, station = yearly(daily, history.normals.values[quantity])
        found = trend(year, value, station)
        counted = [
            {"year": int(y), "station": SIAR_STATIONS[int(s)], "difference": round(float(v), 3)}
            for y, v, s in zip(year, value, station, strict=True)
        ]
        told = set(years_of(daily.day).tolist()) - set(year.tolist())
        rows.append(
            {
                "quantity": quantity,
                "unit": SIAR_VARIABLES[quantity][0],
                "per_decade": round(found.per_decade, 3) if found else None,
                "low": round(found.low, 3) if found else None,
                "high": round(found.high, 3) if found else None,
                "clear": found is not None and (found.low > 0 or found.high < 0),
                "pairs": found.pairs if found else 0,
                "years": counted,
                "left_out": sorted(told),
                "least_days": LEAST_DAYS,
            }
        )
    return rows


def week_rows(ports: Ports, history: History) -> Row:
    """The local days of this week, Monday to Sunday: observed and forecast hours beside normal and record."""
    now, zone = ports.clock(), ports.factory.site.timezone
    today = local_date(now, zone)
    monday = today - timedelta(days=today.weekday())
    days = list(days_between(monday, monday + timedelta(days=6)))
    week = Window(day_window(days[0], zone).start, day_window(days[-1], zone).end)
    told = {
        name: (ports.store.read(name, week, now), ports.store.read(f"{name}_forecast", week, now))
        for name in ("temperature", "humidity")
    }
    return {
        "first": days[0],
        "last": days[-1],
        "least_hours": LEAST_HOURS,
        "days": [
            {
                "date": day,
                "hours": day_window(day, zone).slot_count(60),
                "figures": [
                    row
                    for name, (observed, forecast) in told.items()
                    for row in day_rows(history, name, hours_of(day_window(day, zone), observed, forecast))
                ],
            }
            for day in days
        ],
    }


@dataclass(frozen=True, eq=False)
class DayHours:
    """What is known of a day: values of its observed hours, and of forecast ones where none was observed."""

    day: int
    observed: FloatArray
    forecast: FloatArray

    @property
    def origin(self) -> str:
        """What the figures of the day come from."""
        if len(self.observed) + len(self.forecast) < LEAST_HOURS:
            return "missing"
        if not len(self.forecast):
            return "observed"
        return "mixed" if len(self.observed) else "forecast"


def hours_of(day: Window, observed: Series, forecast: Series) -> DayHours:
    """The hours of a local day; an observed one stands before a forecast one."""
    seen, ahead = observed.within(day), forecast.within(day)
    ahead = ahead.take(~np.isin(ahead.start, seen.start))
    noon = epoch(day.start) + day.seconds // 2
    return DayHours(noon // 86_400, seen.value, ahead.value)


def day_rows(history: History, name: str, hours: DayHours) -> Iterator[Row]:
    """Mean, least and greatest value of a day beside normal and record."""
    values = np.concatenate([hours.observed, hours.forecast])
    for figure, told in FIGURES.items():
        quantity = f"{name}_{figure}"
        value = None if hours.origin == "missing" else float(told(values))
        place, behind = place_in_record(
            history.daily[quantity], hours.day, np.nan if value is None else value
        )
        row = int(day_of_year(np.array([hours.day]).astype("datetime64[D]"))[0]) - 1
        normal = float(history.normals.values[quantity][row])
        known = bool(np.isfinite(normal))
        yield {
            "quantity": quantity,
            "unit": SIAR_VARIABLES[quantity][0],
            "origin": hours.origin,
            "observed_hours": len(hours.observed),
            "forecast_hours": len(hours.forecast),
            "value": None if value is None else round(value, 2),
            "normal": round(normal, 2) if known else None,
            "normal_years": int(history.normals.years[quantity][row]),
            "difference": round(value - normal, 2) if known and value is not None else None,
            "percentile": None if place is None or value is None else round(place, 1),
            "record_days": behind,
        }
