"""The best and worst times to run for some hours, by local day and over all days: `choco windows`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    Window,
    day_slots,
    day_window,
    days_between,
    epoch,
    local_date,
    local_iso,
    moment,
    next_slot,
)
from chocolate_factory.domain.windows import Stretch, spread_percent, stretches
from chocolate_factory.services.paid_prices import BY_CONTRACT, PaidPrices, paid_prices

Row = dict[str, Any]
SHOWN, MOST_DAYS, LONGEST_H = 3, 7, 24.0
NO_PRICE = "No price of the coming days is known or forecast."
ORIGINS = (str(Origin.PUBLISHED), str(Origin.FORECAST), str(Origin.SAMPLE), BY_CONTRACT)


@dataclass(frozen=True)
class WindowsQuery:
    """Windows of `hours` (None: as long as the longest process step) over today and the following days.

    `count` of each kind are named, best first, none overlapping another of its list.
    """

    hours: float | None = None
    days: int = MOST_DAYS
    count: int = SHOWN


@dataclass(frozen=True, eq=False)
class _Span:
    """A part of the curve that windows must lie in: its slots from `first` on that are still to come."""

    prices: PaidPrices
    first: int
    last: int
    mean: float | None


def find_windows(ports: Ports, query: WindowsQuery) -> Row:
    """Best and worst windows still to come, each wholly inside its local day, and inside all the days.

    What counts is what the site pays, EUR/kWh; slots nobody knows the price of are in no window.
    `difference_percent` is from the mean of the known slots of the whole local day, past ones included, or
    of all slots to come; null where that mean is not above zero. `day_rank` orders the days by their best
    window. Raises UsageError for lengths and days out of range, DataMissing where no price to come is known.
    """
    length, step = length_of(ports.factory, query)
    now, zone = ports.clock(), ports.factory.site.timezone
    begin = next_slot(now.astimezone(UTC))
    today = local_date(begin, zone)
    days = list(days_between(today, today + timedelta(days=query.days - 1)))
    prices = paid_prices(ports, Window(day_window(days[0], zone).start, day_window(days[-1], zone).end))
    to_come = int(np.searchsorted(prices.start, epoch(begin)))
    if not np.isfinite(prices.paid[to_come:]).any():
        raise DataMissing(NO_PRICE, "Run `choco forecast`.", cause="no_prices_ahead")
    rows = [day_row(prices, day, to_come, (length, query.count, zone)) for day in days]
    rank_days(rows)
    whole = _Span(prices, to_come, len(prices.start), mean_of(prices.paid[to_come:]))
    return {
        "sample": ports.sample,
        "as_of": local_iso(now, zone),
        "timezone": zone,
        "series": prices.series,
        "model": prices.model or None,
        "resolution_min": PLAN_MINUTES,
        "hours": length * PLAN_MINUTES / 60,
        "longest_step": step,
        "days": rows,
        "overall": {
            "start": local_iso(begin, zone),
            "end": local_iso(prices.window.end, zone),
            "mean_eur_kwh": whole.mean,
            "slots": len(prices.start) - to_come,
            "slots_known": int(np.isfinite(prices.paid[to_come:]).sum()),
            **both(whole, length, query.count, zone),
        },
    }


def rank_days(rows: list[Row]) -> None:
    """Number the days that have a window by their best one, the earlier first where they cost the same."""
    ranked = sorted(
        (row for row in rows if row["best"]), key=lambda row: float(row["best"][0]["price_eur_kwh"])
    )
    for rank, row in enumerate(ranked, 1):
        row["day_rank"] = rank


def length_of(factory: Factory, query: WindowsQuery) -> tuple[int, Row | None]:
    """Slots of a window, and the process step they come from where no length was asked for."""
    if not 1 <= query.days <= MOST_DAYS:
        raise UsageError(f"--days {query.days} is out of range.", f"Ask for 1 to {MOST_DAYS} days.")
    if query.hours is None:
        ways = [(way.minutes, p.name, s.process) for p in factory.products for s in p.steps for way in s.ways]
        longest, product, process = max(ways, key=lambda way: way[0])
        step: Row | None = {"product": product, "process": process, "minutes": longest}
        minutes = float(longest)
    else:
        minutes, step = query.hours * 60, None
    if query.hours is not None and (not 0 < query.hours <= LONGEST_H or minutes % PLAN_MINUTES):
        raise UsageError(
            f"--hours {query.hours:g} cannot be a window.",
            f"Give quarters of an hour, from 0.25 to {LONGEST_H:g}.",
        )
    return -(-round(minutes) // PLAN_MINUTES), step


def day_row(prices: PaidPrices, day: date, to_come: int, asked: tuple[int, int, str]) -> Row:
    """A local day of 23, 24 or 25 hours: its mean, and its windows that are still to come."""
    length, count, zone = asked
    window = day_window(day, zone)
    first, last = (int(np.searchsorted(prices.start, epoch(at))) for at in (window.start, window.end))
    own = prices.paid[first:last]
    span = _Span(prices, max(first, to_come), last, mean_of(own))
    return {
        "day": str(day),
        "start": local_iso(window.start, zone),
        "end": local_iso(window.end, zone),
        "slots": day_slots(day, zone, PLAN_MINUTES),
        "slots_known": int(np.isfinite(own).sum()),
        "mean_eur_kwh": span.mean,
        "day_rank": None,
        **both(span, length, count, zone),
    }


def both(span: _Span, length: int, count: int, zone: str) -> Row:
    """The best and the worst windows of a span."""
    price = span.prices.paid[span.first : span.last]
    return {
        name: [
            window_row(span, found, rank, zone)
            for rank, found in enumerate(stretches(price, length, count, dearest=dearest), 1)
        ]
        for name, dearest in (("best", False), ("worst", True))
    }


def window_row(span: _Span, found: Stretch, rank: int, zone: str) -> Row:
    """One window: when, what it costs, how sure that is."""
    prices = span.prices
    rows = slice(span.first + found.first, span.first + found.first + found.length)
    start = local_iso(moment(prices.start[rows.start]), zone)
    forecast = bool((prices.origin[rows] == str(Origin.FORECAST)).any())
    return {
        "start": start,
        "end": local_iso(moment(prices.start[rows.stop - 1] + 60 * PLAN_MINUTES), zone),
        "local_day": start[:10],
        "rank": rank,
        "ties": found.ties,
        "price_eur_kwh": found.mean,
        "low_eur_kwh": float(np.mean(prices.low[rows])) if forecast else None,
        "high_eur_kwh": float(np.mean(prices.high[rows])) if forecast else None,
        "market_eur_mwh": float(np.mean(prices.market[rows])) if prices.series else None,
        "difference_percent": None if span.mean is None else spread_percent(found.mean, span.mean),
        "shares": {name: float(np.mean(prices.origin[rows] == name)) for name in ORIGINS},
    }


def mean_of(price: FloatArray) -> float | None:
    """Mean of the known slots, None where none is."""
    known = price[np.isfinite(price)]
    return float(known.mean()) if len(known) else None
