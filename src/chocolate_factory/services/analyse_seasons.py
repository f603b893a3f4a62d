"""How prices, load and temperature run through year and day; what lies beyond a limit, and how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import DAY_MINUTES, Kind, SeriesInfo
from chocolate_factory.domain.site_load import SiteLoad
from chocolate_factory.domain.slots import IntArray, Window, epoch, moment
from chocolate_factory.domain.wall_time import DAY_SECONDS, local_seconds, mean_by, months_of, years_of
from chocolate_factory.services.planned_load import planned_load

Row = dict[str, Any]

SEASONAL = ("spot", "pvpc", "temperature")
LOAD, LOAD_UNIT = "planned_load", "kW"
BACK, MOST_PLANS = timedelta(days=400), 400
"""How far back the load of plans is looked for, and in how many plans, the newest ones."""


@dataclass(frozen=True)
class Beyond:
    """A series and the limit asked about: above a value, or below one; `start` and `end` narrow it."""

    series: str
    above: float | None = None
    below: float | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, eq=False)
class Slots:
    """Slots of known value: `start` UTC epoch seconds, `hours` long, `local` seconds of a zone; all (n,)."""

    start: IntArray
    hours: FloatArray
    value: FloatArray
    local: IntArray

    @property
    def day(self) -> IntArray:
        """Local day since 1970-01-01."""
        return self.local // DAY_SECONDS


def slots_of(series: Series, zone: str) -> Slots:
    """A series with its local days and hours."""
    return Slots(series.start, series.minutes / 60, series.value, local_seconds(series.start, zone))


def analyse_seasons(ports: Ports) -> Row:
    """Means by month of the year and by local hour, over all that is stored up to now, with what is behind.

    Series without a value are left out. Both 2:00 hours of October count as the hour 2.
    """
    now, zone = ports.clock(), ports.factory.site.timezone
    rows = []
    for key in SEASONAL:
        span = ports.store.span(key)
        if span is not None and span.start < now:
            series = ports.store.read(key, Window(span.start, now), now)
            rows += season_rows(key, CATALOG[key].unit, slots_of(series, zone))
    rows += load_rows(ports, zone)
    return {"now": now, "sample": ports.sample, "timezone": zone, "series": rows}


def load_rows(ports: Ports, zone: str) -> list[Row]:
    """The seasons of the load that plans had, kW."""
    load = plans_load(ports)
    hours = np.full(len(load.starts), load.minutes / 60)
    power = load.kwh / hours
    return season_rows(LOAD, LOAD_UNIT, Slots(load.starts, hours, power, local_seconds(load.starts, zone)))


def plans_load(ports: Ports) -> SiteLoad:
    """The load up to now by the plan in force in each slot, of the newest plans that were known."""
    now = ports.clock()
    window = Window(moment(epoch(now - BACK) // 900 * 900), now)
    return planned_load(ports, window, most=MOST_PLANS, known_at=now)


def season_rows(key: str, unit: str, slots: Slots) -> list[Row]:
    """The seasons of one series, nothing without a slot."""
    if not len(slots.start):
        return []
    month, hour = months_of(slots.day) - 1, slots.local % DAY_SECONDS // 3600
    by_month, month_hours = mean_by(month, slots.value, slots.hours, 12)
    by_hour, hour_hours = mean_by(hour, slots.value, slots.hours, 24)
    grid, _ = mean_by(24 * month + hour, slots.value, slots.hours, 288)
    year = years_of(slots.day)
    return [
        {
            "series": key,
            "unit": unit,
            "first": moment(slots.start[0]),
            "last": moment(slots.start[-1]),
            "hours": float(slots.hours.sum()),
            "by_month": [
                {
                    "month": n + 1,
                    "mean": told(by_month[n]),
                    "hours": float(month_hours[n]),
                    "years": len(np.unique(year[month == n])),
                }
                for n in range(12)
            ],
            "by_hour": [
                {"hour": n, "mean": told(by_hour[n]), "hours": float(hour_hours[n])} for n in range(24)
            ],
            "by_month_and_hour": [[told(value) for value in grid[24 * n : 24 * n + 24]] for n in range(12)],
        }
    ]


def told(value: float) -> float | None:
    """A mean to three decimals, None for none."""
    return round(float(value), 3) if np.isfinite(value) else None


def count_beyond(ports: Ports, asked: Beyond) -> Row:
    """Hours and days of a series beyond a limit, by year and by month, and the longest spell.

    A day counts when one of its slots is beyond. Of series with one value a day there are no hours. Raises
    `UsageError` for a series that cannot be asked about, or not exactly one limit, and `DataMissing` when
    nothing of it is known.
    """
    info = asked_of(asked)
    now = ports.clock()
    span = ports.store.span(asked.series)
    window = (
        None if span is None else narrowed(Window(span.start, max(span.start, min(span.end, now))), asked)
    )
    series = None if window is None else ports.store.read(asked.series, window, now)
    if series is None or len(series) == 0:
        raise DataMissing(f"No {asked.series} is known there.")
    daily = info.step == DAY_MINUTES
    slots = slots_of(series, info.zone if daily else ports.factory.site.timezone)
    beyond = slots.value > asked.above if asked.above is not None else slots.value < (asked.below or 0.0)
    return {
        "now": now,
        "sample": ports.sample,
        "series": asked.series,
        "unit": info.unit,
        "above": asked.above,
        "below": asked.below,
        "first": moment(series.start[0]),
        "last": moment(series.start[-1]),
        "daily": daily,
        **counts(slots, beyond, daily),
        "by_year": list(counts_by("year", years_of(slots.day), (slots, beyond, daily))),
        "by_month": list(counts_by("month", months_of(slots.day), (slots, beyond, daily))),
        "longest": longest(slots, beyond),
    }


def asked_of(asked: Beyond) -> SeriesInfo:
    """The catalogue entry of a question; raises `UsageError` for one that means nothing."""
    if (asked.above is None) == (asked.below is None):
        raise UsageError("A limit is needed, and only one.", "Give either `above` or `below`.")
    info = CATALOG.get(asked.series)
    if info is None or info.kind is Kind.FORECAST or info.unit in {"HHMM", "°"}:
        raise UsageError(
            f"{asked.series} cannot be held against a limit.",
            "Ask about a price, a figure of the system, observed weather or a climate series.",
        )
    return info


def narrowed(window: Window, asked: Beyond) -> Window:
    """The window within what was asked."""
    start = max(window.start, asked.start.astimezone(window.start.tzinfo)) if asked.start else window.start
    end = min(window.end, asked.end.astimezone(window.end.tzinfo)) if asked.end else window.end
    return Window(start, max(start, end))


Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


def counts(slots: Slots, beyond: Mask, daily: bool) -> Row:
    """Days and hours beyond, and those that are known."""
    return {
        "days": len(np.unique(slots.day[beyond])),
        "known_days": len(np.unique(slots.day)),
        "hours": None if daily else float(slots.hours[beyond].sum()),
        "known_hours": None if daily else float(slots.hours.sum()),
    }


def counts_by(name: str, part: IntArray, whole: tuple[Slots, Mask, bool]) -> Iterator[Row]:
    """Counts of each year or month that is known."""
    slots, beyond, daily = whole
    for number in np.unique(part):
        rows = part == number
        some = Slots(slots.start[rows], slots.hours[rows], slots.value[rows], slots.local[rows])
        yield {name: int(number), **counts(some, beyond[rows], daily)}


def longest(slots: Slots, beyond: Mask) -> Row | None:
    """The longest run of slots beyond, the first of several; None without any.

    `cut`: a slot before or after it is not known, so that it may have been longer.
    """
    if not beyond.any():
        return None
    ends = slots.start + np.round(3600 * slots.hours).astype(np.int64)
    joined = np.append(False, ends[:-1] == slots.start[1:])
    fresh = beyond & ~(joined & np.append(False, beyond[:-1]))
    run = np.cumsum(fresh)[beyond]
    length = np.bincount(run, slots.hours[beyond])
    rows = np.flatnonzero(beyond)[run == int(np.argmax(length))]
    first, last = int(rows[0]), int(rows[-1])
    follows = last + 1 < len(ends) and bool(joined[last + 1])
    return {
        "start": moment(slots.start[first]),
        "end": moment(ends[last]),
        "hours": float(slots.hours[rows].sum()),
        "cut": not (bool(joined[first]) and follows),
    }
