"""Forecast against outcome for people: hour by hour, by lead day, and who speaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.day_kinds import day_kind
from chocolate_factory.domain.drift import FORMER, RECENT, Verdict, judge_drift
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    day_window,
    days_between,
    epoch,
    local_date,
    local_iso,
    local_moment,
    moment,
)
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.services.backtest_report import OF_KIND, number, truth_of
from chocolate_factory.services.choose_model import champion, serving_model, serving_versions
from chocolate_factory.services.forecast_prices import KIND as FORECAST
from chocolate_factory.services.live_record import Scored, daily_losses, drift_row, figures, scored_since
from chocolate_factory.services.pose_problem import series_shown
from chocolate_factory.services.score_forecasts import (
    KIND,
    LOOKS,
    SCORE_LOOKS,
    hourly,
    newest_since,
)

Row = dict[str, Any]
HOUR_S = 3600
MOST_DAYS = 92
CLOSES = time(12)
"""The day-ahead auction closes at noon of the day before delivery (market rules of OMIE)."""

REACH = timedelta(days=16)
"""How long before the auction of a day a forecast of it may have been issued."""

TRIES = 3
"""Forecasts looked into for a day before it counts as not forecast."""

ENOUGH = 7
"""Days from which errors are told as figures; below it single days say too little."""

LEAD_DAYS = 90
"""Days of delivery behind the figures by lead day."""

NOMINAL = {"coverage_80": 0.8, "coverage_90": 0.9}
COPIED_FROM = 15
"""Days back that are looked through for one of the same kind."""

LEVELS = {"p10": "0.1", "p50": "0.5", "p90": "0.9"}


@dataclass(frozen=True)
class DeviationsQuery:
    """A price series (None: the contract's own, spot where it fixes the price) and how many days back."""

    series: str | None = None
    days: int = 14


@dataclass(frozen=True)
class _Issue:
    """A stored forecast: when it was issued and under which id."""

    at: datetime
    id: str


@dataclass(frozen=True, eq=False)
class DayTold:
    """What was told of a local day before its auction: whole hours (n,), EUR/MWh.

    `start` epoch seconds; `told` has the columns `price`, `p10`, `p50`, `p90` and `naive` (the copy of a day
    of the same kind as it was possible then), NaN where one is not told.
    """

    day: date
    issued_at: datetime
    model: str
    start: IntArray
    told: dict[str, FloatArray]


def tell_deviations(ports: Ports, query: DeviationsQuery) -> Row:
    """Each past hour with the newest forecast issued before the auction of its day, and what came true.

    Errors are forecast less truth. Truth is the newest knowledge of now; a forecast is what was stored then.
    Figures over the hours need ENOUGH days, a lead day as many days of issue; below they are null, and
    `state` is `little` or, where no hour has both, `none`. Raises UsageError for an unknown series or length.
    """
    series, now = series_of(ports, query), ports.clock()
    today = local_date(now, MARKET_ZONE)
    first = today - timedelta(days=query.days - 1)
    told = told_before_auctions(ports, series, (first, today))
    past = Window(day_window(first, MARKET_ZONE).start, moment(epoch(now) // HOUR_S * HOUR_S))
    points, known = point_rows(ports, series, told, past)
    days = len({point["start"][:10] for point in points if point["price"] is not None})
    return {
        "sample": ports.sample,
        "as_of": local_iso(now, MARKET_ZONE),
        "series": series,
        "unit": "EUR/MWh",
        "resolution_min": 60,
        "first": str(first),
        "last": str(today),
        "auction_closes": f"{CLOSES:%H:%M}",
        "compared_with": OF_KIND,
        "state": "ready" if days >= ENOUGH else "little" if days else "none",
        "days_told": days,
        "days_needed": ENOUGH,
        "hours_past": past.seconds // HOUR_S,
        "hours_priced": known,
        "issues": [
            {"day": str(one.day), "issued_at": local_iso(one.issued_at, MARKET_ZONE), "model": one.model}
            for one in told
        ],
        "points": points if days else [],
        "overall": overall(points if days >= ENOUGH else []),
        "nominal": NOMINAL,
        **lead_errors(ports, series, today),
        "model": model_row(ports, series),
    }


def series_of(ports: Ports, query: DeviationsQuery) -> str:
    """The series asked for; UsageError for what cannot be asked."""
    series = query.series or series_shown(ports.factory)
    if series not in PRICE_SERIES:
        raise UsageError(f"{series!r} is not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    if not 1 <= query.days <= MOST_DAYS:
        raise UsageError(f"{query.days} days are out of range.", f"Ask for 1 to {MOST_DAYS} days.")
    return series


def told_before_auctions(ports: Ports, series: str, span: tuple[date, date]) -> list[DayTold]:
    """What stored forecasts said of each day before its auction closed; days without one are left out."""
    issues = list(issues_of(ports, series, local_moment(span[0], CLOSES, MARKET_ZONE) - REACH))
    bodies: dict[str, Row] = {}
    found = []
    for day in days_between(*span):
        closes = local_moment(day - timedelta(days=1), CLOSES, MARKET_ZONE)
        usable = [one for one in issues if closes - REACH <= one.at < closes]
        for issue in usable[:TRIES]:
            if issue.id not in bodies:
                bodies[issue.id] = forecast_body(ports, issue)
            told = day_told(ports, series, (issue, bodies[issue.id]), day)
            if told is not None:
                found.append(told)
                break
    return found


def issues_of(ports: Ports, series: str, since: datetime) -> Iterator[_Issue]:
    """Forecasts of a series issued since a moment and by now, newest first.

    Scores name them at a fraction of their size; only those that no round of scoring saw yet are read.
    """
    now = ports.clock()
    scored, _ = newest_since(ports.store, KIND, since, SCORE_LOOKS)
    newest = max((record.at for record in scored), default=since)
    unscored, _ = newest_since(ports.store, FORECAST, newest, LOOKS)
    records = {record.id: record for record in (*scored, *unscored)}
    told = [one for one in records.values() if one.at <= now and one.body["series"] == series]
    for record in sorted(told, key=lambda record: (record.at, record.id), reverse=True):
        yield _Issue(record.at, record.id)


def forecast_body(ports: Ports, issue: _Issue) -> Row:
    """A stored forecast as JSON; without points where it is gone."""
    found = ports.store.find(FORECAST, id=issue.id, limit=1)
    return dict(found[0].body) if found else {"points": []}


def day_told(ports: Ports, series: str, told: tuple[_Issue, Row], day: date) -> DayTold | None:
    """The hours of a day in a stored forecast, told with the market's offset; None where it has none."""
    issue, body = told
    own = [one for one in body["points"] if one["origin"] == FORECAST and one["start"][:10] == str(day)]
    if not own:
        return None
    hours = hourly(own, int(body["resolution_min"]))
    start = np.array(hours["start"], np.int64)
    if not len(start):
        return None
    nothing = [None] * len(start)
    columns = {"price": hours["price"]}
    columns |= {name: hours["quantiles"].get(level, nothing) for name, level in LEVELS.items()}
    chosen = {name: np.array(column, np.float64) for name, column in columns.items()}
    window = day_window(day, MARKET_ZONE)
    back = Window(day_window(day - timedelta(days=COPIED_FROM), MARKET_ZONE).start, window.start)
    chosen["naive"] = copy_of_kind(ports.store.read(series, back, issue.at), day, start)
    return DayTold(day, issue.at, str(body["model"]), start, chosen)


def copy_of_kind(known: Series, day: date, start: IntArray) -> FloatArray:
    """Hours (epoch seconds) of a day as the last day of the same kind had them at the same wall time.

    As the model OF_KIND copies: an hour that is not known there comes from the day of the kind before; one
    told twice counts as the mean of both.
    """
    hour = local_slots(start).hour
    table = np.full(24, np.nan)
    for back in range(1, COPIED_FROM + 1):
        source = day - timedelta(days=back)
        if day_kind(source) != day_kind(day):
            continue
        starts = day_window(source, MARKET_ZONE).starts(60)
        price, at = truth_of(known, starts), local_slots(starts).hour
        for one in np.flatnonzero(np.isnan(table)):
            values = price[at == one]
            table[one] = values.mean() if len(values) else np.nan
        if np.isfinite(table[hour]).all():
            break
    copied: FloatArray = table[hour]
    return copied


def deviations_during(ports: Ports, series: str, window: Window) -> Row:
    """Errors over the hours of a window that were forecast before their auction, and of how many days."""
    last = local_date(window.end - timedelta(seconds=1), MARKET_ZONE)
    told = told_before_auctions(ports, series, (local_date(window.start, MARKET_ZONE), last))
    hours = Window(moment(-(-epoch(window.start) // HOUR_S) * HOUR_S), window.end)
    points, _ = point_rows(ports, series, told, hours)
    days = len({point["start"][:10] for point in points if point["price"] is not None})
    return {"series": series, "days_told": days, **overall(points)}


def point_rows(ports: Ports, series: str, told: Sequence[DayTold], past: Window) -> tuple[list[Row], int]:
    """The hours of a window that were forecast, with the price that came true or null; hours with a price."""
    stored = ports.store.read(series, past, ports.clock())
    priced = int(np.isfinite(truth_of(stored, past.starts(60))).sum()) if past.seconds else 0
    rows = []
    for issue, one in enumerate(told):
        truth = truth_of(stored, one.start)
        for place, start in enumerate(one.start.tolist()):
            if moment(start) in past:
                values = {name: number(float(column[place])) for name, column in one.told.items()}
                row: Row = {"start": local_iso(moment(start), MARKET_ZONE), "issue": issue}
                row |= {"price": number(float(truth[place])), "forecast": values.pop("price")}
                rows.append(row | values)
    return rows, priced


def overall(points: Sequence[Row]) -> Row:
    """Errors over the hours that have both; null of no hours."""
    both = [point for point in points if point["price"] is not None]
    copied = [point for point in both if point["naive"] is not None]
    band = [point for point in both if point["p10"] is not None and point["p90"] is not None]
    gaps = [point["forecast"] - point["price"] for point in both]
    return {
        "hours": len(both),
        "mae": mean([abs(gap) for gap in gaps]),
        "bias": mean(gaps),
        "naive_hours": len(copied),
        "mae_on_naive_hours": mean([abs(point["forecast"] - point["price"]) for point in copied]),
        "mae_naive": mean([abs(point["naive"] - point["price"]) for point in copied]),
        "coverage_80": mean([float(p["p10"] <= p["price"] <= p["p90"]) for p in band]),
    }


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return number(float(np.mean(values))) if values else None


def lead_errors(ports: Ports, series: str, today: date) -> Row:
    """Errors by lead day of the model in charge, else of the one that spoke last, and whether they grew.

    Of the last LEAD_DAYS days of delivery; a lead day under ENOUGH days of issue has counts only.
    """
    group = scored_by(ports, series)
    if group is None:
        return {"leads_of": None, "leads": [], "drift": None}
    name, rows = group
    since = (today - timedelta(days=LEAD_DAYS)).toordinal()
    told = [one for one in rows if one.day >= since]
    leads = [
        lead_row(lead, [one for one in told if one.lead == lead]) for lead in sorted({o.lead for o in told})
    ]
    drift = drift_row(judge_drift(daily_losses(rows), today.toordinal()))
    return {"leads_of": name, "leads": leads, "drift": drift}


def scored_by(ports: Ports, series: str) -> tuple[str, list[Scored]] | None:
    """The scored forecasts of the model in charge, else of the one that spoke last; None without any."""
    today = local_date(ports.clock(), MARKET_ZONE)
    groups = scored_since(ports, today - timedelta(days=max(LEAD_DAYS, RECENT + FORMER + 1)))
    models = {model: rows for (key, model), rows in groups.items() if key == series}
    if not models:
        return None
    serving = serving_model(ports, series)
    newest = max(models, key=lambda name: max(one.issued for one in models[name]))
    name = serving if serving in models else newest
    return name, models[name]


def drift_now(ports: Ports, series: str) -> tuple[str, Verdict] | None:
    """Whose forecasts of a series are judged, and whether they got worse; None where nothing is scored."""
    group = scored_by(ports, series)
    if group is None:
        return None
    today = local_date(ports.clock(), MARKET_ZONE)
    return group[0], judge_drift(daily_losses(group[1]), today.toordinal())


def lead_row(lead: int, told: Sequence[Scored]) -> Row:
    """One lead day: counts, and figures where there are enough days of issue."""
    whole = figures(told)
    copied = [one for one in told if one.row["mae_kind"] is not None]
    hours = sum(one.row["hours"] for one in copied)
    naive = sum(one.row["hours"] * one.row["mae_kind"] for one in copied) / hours if hours else float("nan")
    values = {key: whole[key] for key in ("mae", "bias", "rmae_kind", "coverage_80", "coverage_90")}
    shown = {**values, "mae_naive": number(naive)}
    counts = {"lead": lead, "forecasts": whole["forecasts"], "hours": whole["hours"]}
    return counts | (shown if whole["forecasts"] >= ENOUGH else dict.fromkeys(shown))


def model_row(ports: Ports, series: str) -> Row:
    """The model in charge: which version of it serves, since when and why, when it learnt."""
    now, name, choice = ports.clock(), serving_model(ports, series), champion(ports, series)
    versions = serving_versions(ports.registry, series, name, now)
    learnt = versions[0].learnt_at if versions else None
    pinned = bool(ports.forecaster)
    return {
        "name": name,
        "chosen_by": "settings" if pinned else str(choice.chosen_by),
        "why": None if pinned else choice.why,
        "version": versions[0].number if versions else None,
        "learnt_at": local_iso(learnt, MARKET_ZONE) if learnt else None,
        "age_hours": round((now - learnt).total_seconds() / 3600, 1) if learnt else None,
    }
