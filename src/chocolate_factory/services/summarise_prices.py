"""What prices were like over a window: mean, extremes, quartiles and negative hours, by day and by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    IntArray,
    Window,
    day_window,
    days_of,
    epoch,
    hours_over,
    local_date,
    local_midnight,
    moment,
)
from chocolate_factory.domain.tariff.calendar import energy_periods

Row = dict[str, Any]
DAYS = 30
MOST_DAYS = 800
DECIMALS = 5
STEP = 60 * PLAN_MINUTES
QUARTILES = {"p25": 0.25, "p50": 0.5, "p75": 0.75}
NOTHING: Row = dict.fromkeys(("mean", "min", "min_at", "max", "max_at", *QUARTILES))


@dataclass(frozen=True)
class StatsQuery:
    """Which slots: by default those of the last 30 local days with today, as known now."""

    series: str
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None


def summarise_prices(ports: Ports, query: StatsQuery) -> Row:
    """Figures in EUR/MWh over the whole window, each local day and each energy period of the site's tariff.

    Every quarter-hour weighs the same, be the slots hours or quarters; one that nobody knows is counted as
    missing and weighs nothing. Raises UsageError for a window that is backwards or longer than `MOST_DAYS`,
    and DataMissing where nothing of the series is stored.
    """
    now, zone = ports.clock(), ports.factory.site.timezone
    if ports.store.span(query.series) is None:
        raise DataMissing(f"No {query.series} prices are stored.")
    window = asked(query, local_date(now, zone), zone)
    as_of = min(query.as_of or now, now)
    price = on_grid(ports.store.read(query.series, hours_over(window), as_of), window, PLAN_MINUTES)
    starts = window.starts(PLAN_MINUTES)
    periods = energy_periods(ports.factory.contract.access_tariff, starts)
    days = [(day, part) for day in days_of(window, zone) if (part := day_window(day, zone).clip(window))]
    edges = np.searchsorted(starts, [epoch(part.start) for _, part in days] + [epoch(window.end)])
    return {
        "series": query.series,
        "sample": ports.sample,
        "as_of": as_of,
        "timezone": zone,
        "window": {"start": window.start, "end": window.end},
        "all": figures(starts, price),
        "days": [
            {"day": day, **figures(starts[first:last], price[first:last])}
            for (day, _), first, last in zip(days, edges[:-1], edges[1:], strict=True)
        ],
        "periods": [
            {"period": f"P{period}", **figures(starts[periods == period], price[periods == period])}
            for period in np.unique(periods).tolist()
        ],
    }


def asked(query: StatsQuery, today: Any, zone: str) -> Window:
    """The window of a question, widened to whole quarter-hours."""
    start = query.start or local_midnight(today - timedelta(days=DAYS - 1), zone)
    end = query.end or max(start, local_midnight(today + timedelta(days=1), zone))
    if end < start:
        raise UsageError("The window ends before it starts.", "Give an `end` after `start`.")
    if end - start > timedelta(days=MOST_DAYS):
        raise UsageError(f"A window may have {MOST_DAYS} days.", "Ask for the years one by one.")
    return Window(moment(epoch(start) // STEP * STEP), moment(-(-epoch(end) // STEP) * STEP))


def figures(starts: IntArray, price: FloatArray) -> Row:
    """Figures of quarter-hours: prices EUR/MWh (n,), NaN where nobody knows; null without any."""
    known = ~np.isnan(price)
    value = price[known]
    row: Row = {
        "hours": len(value) / 4,
        "missing_hours": (len(price) - len(value)) / 4,
        "negative_hours": int((value < 0).sum()) / 4,
        **NOTHING,
    }
    if not len(value):
        return row
    low, high = int(value.argmin()), int(value.argmax())
    at = starts[known]
    row |= {"mean": value.mean(), "min": value[low], "max": value[high]}
    row |= dict(zip(QUARTILES, np.quantile(value, list(QUARTILES.values())), strict=True))
    row = {name: round(float(n), DECIMALS) if n is not None else None for name, n in row.items()}
    return {**row, "min_at": moment(int(at[low])), "max_at": moment(int(at[high]))}


def latest_prices(ports: Ports, series: str, as_of: datetime | None) -> Row:
    """The slot that it is at `as_of` (default: now) and the last one known by then; null where nobody knows.

    What ended more than a week before is not looked for.

    Raises DataMissing where nothing of the series is stored.
    """
    then = min(as_of or ports.clock(), ports.clock())
    span = ports.store.span(series)
    if span is None:
        raise DataMissing(f"No {series} prices are stored.")
    first = min(span.end, then) - timedelta(days=7)
    known = ports.store.read(
        series, Window(moment(epoch(first)), span.end if span.end > first else first), then
    )
    here = (known.start <= epoch(then)) & (epoch(then) < known.start + 60 * known.minutes)
    return {
        "series": series,
        "sample": ports.sample,
        "as_of": then,
        "current": point_of(known, int(np.flatnonzero(here)[-1])) if here.any() else None,
        "newest": point_of(known, len(known) - 1) if len(known) else None,
    }


def point_of(series: Any, row: int) -> Row:
    """A stored slot as `GET /api/v1/prices` tells it."""
    [point] = series.take(slice(row, row + 1))
    return {
        "start": point.start,
        "minutes": point.minutes,
        "price_eur_mwh": point.value,
        "origin": str(point.origin),
        "source": point.source,
        "available_at": point.available_at,
    }
