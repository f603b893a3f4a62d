"""The report of a week of the plant: what it cost and saved, when power was cheap, how forecasts did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ledger_weeks import week_at
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, local_date, local_iso, local_moment, moment
from chocolate_factory.domain.windows import Stretch, stretches
from chocolate_factory.services.alert_words import ALERT_WORDS
from chocolate_factory.services.find_windows import mean_of
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.read_alerts import alerts_during, told
from chocolate_factory.services.read_ledger import read_ledger
from chocolate_factory.services.settle_plans import published, realised_stack
from chocolate_factory.services.settle_weeks import window_of
from chocolate_factory.services.tell_deviations import deviations_during

Row = dict[str, Any]
NAME = re.compile(r"(\d{4})-W(\d{2})")
MISSING = "missing"
SHOWN_HOURS, HOUR_SLOTS = 3, 60 // PLAN_MINUTES
LEAST_DAYS = 5
"""Days with forecast and price from which a week's errors are told."""

YEARS = (2014, 2100)


@dataclass(frozen=True)
class ReportQuery:
    """An ISO week as `YYYY-Www`, None for the last one of the plant that is over; the language of texts."""

    week: str | None = None
    language: str = "en"


def report_week(ports: Ports, query: ReportQuery) -> Row:
    """The report as JSON, from what is stored; it settles nothing and asks nobody.

    The week is the plant's own as the savings ledger cuts it, from one last due time to the next: the one
    that holds the Thursday noon of the ISO week. `settled` is the ledger's row; null with the state
    `missing`: no plan was in force, or nobody has settled it. Money in EUR, electricity tax inside, no VAT,
    no fixed terms.
    Raises UsageError for what is no week, or one that has not begun.
    """
    if query.language not in ALERT_WORDS:
        raise UsageError(f"language {query.language!r}: not known.", f"Use one of {', '.join(ALERT_WORDS)}.")
    zone, now = ports.factory.site.timezone, ports.clock().astimezone(UTC)
    name, window, row = week_named(ports, query.week, now)
    if window.start >= now:
        raise UsageError(f"Week {name} has not begun.", "Ask for a week that has.")
    so_far = Window(window.start, min(window.end, now))
    series = SERIES_OF.get(ports.factory.contract.kind)
    alerts = [told(one, query.language, zone) for one in alerts_during(ports, so_far)]
    return {
        "sample": ports.sample,
        "made_at": local_iso(now, zone),
        "site": ports.factory.site.name,
        "timezone": zone,
        "currency": "EUR",
        "language": query.language,
        "week": name,
        "window": {key: local_iso(getattr(window, key), zone) for key in ("start", "end")},
        "over": now >= window.end,
        "state": row["status"] if row else MISSING,
        "settled": row,
        "paid_eur_kwh": paid(row),
        "prices": price_hours(ports, window, zone),
        "accuracy": accuracy(ports, series, so_far) if series else None,
        "alerts": alerts,
        "data": [data_row(ports, key, so_far) for key in ESSENTIAL if CATALOG[key].kind is Kind.PRICE],
    }


def week_named(ports: Ports, name: str | None, now: datetime) -> tuple[str, Window, Row | None]:
    """The ISO week's name, the plant's week that it stands for, and the ledger's row of that."""
    zone = ports.factory.site.timezone
    if name is not None:
        return name, *week_of(ports, thursday(name), zone)
    day = local_date(now, zone)
    while True:
        noon = date.fromisocalendar(*day.isocalendar()[:2], 4)
        window, row = week_of(ports, noon, zone)
        if window.end <= now:
            return f"{noon.isocalendar().year}-W{noon.isocalendar().week:02d}", window, row
        day -= timedelta(days=7)


def week_of(ports: Ports, day: date, zone: str) -> tuple[Window, Row | None]:
    """The plant's week at noon of a day: as the ledger keeps it, else as the factory file cuts it."""
    noon = local_moment(day, time(12), zone)
    kept = read_ledger(ports, Window(noon, noon + timedelta(seconds=1)), revisions=True)["weeks"]
    row = next((one for one in kept if noon in window_of(one)), None)
    return (window_of(row) if row else week_at(ports.factory, noon)), row


def thursday(name: str) -> date:
    """The Thursday of an ISO week; UsageError for what is none."""
    found = NAME.fullmatch(name)
    wrong = UsageError(f"{name!r} is not a week.", "Write it as 2026-W11.")
    if found is None or not YEARS[0] <= int(found[1]) < YEARS[1]:
        raise wrong
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 4)
    except ValueError:
        raise wrong from None


def paid(row: Row | None) -> Row:
    """What a kWh cost on average in each arm, null where there is none."""
    arms = row["arms"] if row else {}
    names = ("baseline", "plan", "executed", "hindsight")
    return {
        name: arm["eur"] / arm["kwh"] if (arm := arms.get(name)) and arm["kwh"] else None for name in names
    }


def price_hours(ports: Ports, window: Window, zone: str) -> Row:
    """The cheapest and dearest hours of a window on the prices that came true, and their mean."""
    price = paid_then(ports, ports.factory, window)
    known = np.isfinite(price)

    def hour(found: Stretch) -> Row:
        start = moment(int(window.starts(PLAN_MINUTES)[found.first]))
        end = start + timedelta(minutes=PLAN_MINUTES * found.length)
        return {"start": local_iso(start, zone), "end": local_iso(end, zone), "price_eur_kwh": found.mean}

    return {
        "slots": len(price),
        "slots_known": int(known.sum()),
        "mean_eur_kwh": mean_of(price),
        "cheapest": [hour(one) for one in stretches(price, HOUR_SLOTS, SHOWN_HOURS)],
        "dearest": [hour(one) for one in stretches(price, HOUR_SLOTS, SHOWN_HOURS, dearest=True)],
    }


def paid_then(ports: Ports, factory: Factory, window: Window) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What the site paid in each slot (T,), EUR/kWh, NaN where no price is published."""
    market = published(ports, factory, window)
    known = np.isfinite(market)
    stack = realised_stack(factory, window, np.where(known, market, 0.0))
    return np.where(known, stack.all_in_eur_kwh, np.nan)


def accuracy(ports: Ports, series: str, window: Window) -> Row:
    """Errors of the forecasts made before the auctions of the days of a window; null under LEAST_DAYS."""
    found = deviations_during(ports, series, window)
    if found["days_told"] >= LEAST_DAYS:
        return found
    return {
        **dict.fromkeys(found),
        **{key: found[key] for key in ("series", "days_told", "hours", "naive_hours")},
    }


def data_row(ports: Ports, key: str, window: Window) -> Row:
    """How many values of a series were due in a window by now, and how many of them are missing."""
    now = ports.clock()
    missing = sum(hole.missing for hole in ports.store.holes(key, window, now))
    return {"series": key, "slots_due": len(CATALOG[key].expected(window, now)), "slots_missing": missing}
