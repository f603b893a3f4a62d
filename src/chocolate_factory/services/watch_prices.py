"""Alerts on what the site pays today and tomorrow: spikes, prices below zero, a cheap window that opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.alerts import Alert, AlertKind, Fact, Facts, Severity, SpikeRule, spike_rule
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Origin, on_grid
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    Window,
    day_window,
    epoch,
    hours_over,
    local_date,
    local_iso,
    moment,
)
from chocolate_factory.domain.windows import spread_percent, stretches
from chocolate_factory.services.find_windows import WindowsQuery, length_of
from chocolate_factory.services.paid_prices import PaidPrices, paid_prices
from chocolate_factory.services.rate_prices import LOOK_BACK, stack_over

OPENS_WITHIN = timedelta(hours=3)
CHEAP_PERCENT = 15.0
"""How far below its day's mean a window must be to be worth an alert."""

LEAST_SLOTS = 7 * 96
"""Known slots of the last 30 days without which nothing is called a spike: a week."""

HOURS = PLAN_MINUTES / 60


@dataclass(frozen=True, eq=False)
class PricedDay:
    """A local day of the site, the rows of its slots, and the moment it is looked at."""

    prices: PaidPrices
    day: date
    zone: str
    rows: slice
    now: datetime

    def part(self, column: NDArray[np.float64]) -> FloatArray:
        """The day's slots of a column."""
        own: FloatArray = column[self.rows]
        return own

    def at(self, slot: int) -> datetime:
        """When a slot of the day begins; the number of slots tells its end."""
        return moment(int(self.prices.start[self.rows.start]) + 60 * PLAN_MINUTES * slot)

    def published_share(self, chosen: NDArray[np.bool_]) -> float:
        """Share of the chosen slots whose price is no forecast."""
        return float(np.mean(self.prices.origin[self.rows][chosen] != str(Origin.FORECAST)))

    def iso(self, slot: int) -> str:
        """`at` in the site's zone, ISO 8601."""
        return local_iso(self.at(slot), self.zone)


def price_alerts(ports: Ports) -> Iterator[Alert]:
    """Alerts on the prices of today and tomorrow; none where the contract fixes the price."""
    zone, now = ports.factory.site.timezone, ports.clock().astimezone(UTC)
    today = local_date(now, zone)
    windows = [day_window(day, zone) for day in (today, today + timedelta(days=1))]
    prices = paid_prices(ports, Window(windows[0].start, windows[1].end))
    if prices.series is None:
        return
    rule = spikes_of(ports, prices.series, windows[0].start)
    length, _ = length_of(ports.factory, WindowsQuery())
    for window in windows:
        first, last = (int(np.searchsorted(prices.start, epoch(at))) for at in (window.start, window.end))
        day = PricedDay(prices, local_date(window.start, zone), zone, slice(first, last), now)
        found = (price_spike(day, rule) if rule else None, negative_price(day), cheap_window(day, length))
        yield from (alert for alert in found if alert is not None)


def spikes_of(ports: Ports, series: str, until: datetime) -> SpikeRule | None:
    """The rule from what the published slots of the last 30 days cost the site; None under a week of them."""
    window = Window(until - LOOK_BACK, until)
    price = on_grid(ports.store.read(series, hours_over(window), ports.clock()), window, PLAN_MINUTES)
    known = np.isfinite(price)
    if known.sum() < LEAST_SLOTS:
        return None
    return spike_rule(
        stack_over(ports, window.starts(PLAN_MINUTES)[known], series, price[known]).all_in_eur_kwh
    )


def price_spike(day: PricedDay, rule: SpikeRule) -> Alert | None:
    """Slots of the day that cost more than the rule's bound; only `info` where all of them are forecast."""
    paid = day.part(day.prices.paid)
    chosen = np.nan_to_num(paid, nan=-np.inf) > rule.bound_eur_kwh
    if not chosen.any():
        return None
    top = int(np.argmax(np.where(chosen, paid, -np.inf)))
    facts: dict[str, Fact] = {
        "max_eur_kwh": float(paid[top]),
        "max_at": day.iso(top),
        "bound_eur_kwh": rule.bound_eur_kwh,
        "median_eur_kwh": rule.median_eur_kwh,
        "published_share": day.published_share(chosen),
    }
    severe = Severity.CRITICAL if paid[top] >= rule.critical * rule.median_eur_kwh else Severity.WARNING
    if not facts["published_share"]:
        severe = Severity.INFO
    return of_slots((AlertKind.PRICE_SPIKE, severe), day, chosen, facts)


def negative_price(day: PricedDay) -> Alert | None:
    """Slots of the day whose market price is below zero."""
    market = day.part(day.prices.market)
    chosen = np.nan_to_num(market, nan=np.inf) < 0
    if not chosen.any():
        return None
    low = int(np.argmin(np.where(chosen, market, np.inf)))
    facts: dict[str, Fact] = {
        "min_eur_mwh": float(market[low]),
        "min_at": day.iso(low),
        "min_paid_eur_kwh": float(day.part(day.prices.paid)[chosen].min()),
        "published_share": day.published_share(chosen),
    }
    return of_slots((AlertKind.NEGATIVE_PRICE, Severity.INFO), day, chosen, facts)


def of_slots(
    what: tuple[AlertKind, Severity], day: PricedDay, chosen: NDArray[np.bool_], facts: Facts
) -> Alert | None:
    """An alert on chosen slots of a day, from the first to the end of the last; None once that is over."""
    rows = np.flatnonzero(chosen)
    since, until = day.at(int(rows[0])), day.at(int(rows[-1]) + 1)
    if until <= day.now:
        return None
    told = {"hours": float(chosen.sum()) * HOURS, **facts}
    return Alert(what[0], what[1], str(day.day), since, until, told)


def cheap_window(day: PricedDay, length: int) -> Alert | None:
    """The day's cheapest window of the longest process step, from some hours before it opens to its end.

    Only of days whose prices are all known, and where it is CHEAP_PERCENT below the day's mean.
    """
    paid = day.part(day.prices.paid)
    if not np.isfinite(paid).all() or len(paid) < length:
        return None
    found, mean = stretches(paid, length, 1)[0], float(paid.mean())
    opens, ends = day.at(found.first), day.at(found.first + found.length)
    gap = spread_percent(found.mean, mean)
    if gap is None or gap > -CHEAP_PERCENT or not opens - OPENS_WITHIN <= day.now < ends:
        return None
    rows = np.zeros(len(paid), bool)
    rows[found.first : found.first + found.length] = True
    facts: dict[str, Fact] = {
        "opens_at": local_iso(opens, day.zone),
        "ends_at": local_iso(ends, day.zone),
        "hours": length * HOURS,
        "mean_eur_kwh": found.mean,
        "day_mean_eur_kwh": mean,
        "below_mean_percent": -gap,
        "published_share": day.published_share(rows),
    }
    since = opens - OPENS_WITHIN
    return Alert(AlertKind.CHEAP_WINDOW, Severity.INFO, str(day.day), since, ends, facts)
