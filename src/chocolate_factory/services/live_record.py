"""The live record: what stored forecasts turned out to be worth, and whether they have got worse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from math import isfinite, sqrt
from typing import Any

import numpy as np

from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.drift import FORMER, RECENT, DailyLosses, Verdict, judge_drift
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_date, local_iso, local_midnight
from chocolate_factory.services.backtest_report import OF_KIND, OVERALL, number
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.score_forecasts import KIND, PROVISIONAL, SCORE_LOOKS, newest_since

Row = dict[str, Any]
WINDOW_DAYS = 90
LONGEST_LEAD = timedelta(days=16)
MOST_LEADS = 4
"""Lead days of D+2 to D+7 that must have been forecast for a day to count in the judgement of drift."""

WHOLE_DAY = 20
"""Hours from which a lead day counts as forecast there."""

COMPARE = "`choco backtest --live` tells more; `choco backtest` compares the models."


@dataclass(frozen=True)
class LiveQuery:
    """Which part of the record: one series or all, and how many days of delivery up to tomorrow."""

    series: str | None = None
    days: int = WINDOW_DAYS


@dataclass(frozen=True)
class Scored:
    """Scores of one lead day of one forecast; `issued` and `day` (of delivery) are ordinals."""

    issued: int
    day: int
    lead: int
    provisional: bool
    label: str
    row: Row


def live_record(ports: Ports, query: LiveQuery) -> Row:
    """Figures of the stored forecasts by series and model, as JSON; EUR/MWh, null where there is nothing.

    Of the forecasts of a local day the last one that tells of a lead day counts, so that many a day weigh no
    more than one. Uses what is scored (`score_forecasts`) by now, nothing newer; writes nothing.
    """
    now = ports.clock()
    today = local_date(now, MARKET_ZONE)
    first, last = today - timedelta(days=query.days - 2), today + timedelta(days=1)
    groups = scored_since(ports, today - timedelta(days=max(query.days, RECENT + FORMER + 1)))
    return {
        "sample": ports.sample,
        "as_of": local_iso(now, MARKET_ZONE),
        "first": str(first),
        "last": str(last),
        "unit": "EUR/MWh",
        "overall_leads": list(range(OVERALL[0], OVERALL[1] + 1)),
        "compared_with": OF_KIND,
        "records": [
            record
            for (series, model), rows in sorted(groups.items())
            if query.series in {None, series}
            and (record := record_row((series, model), rows, (first, last), today))["leads"]
        ],
    }


def scored_since(ports: Ports, first: date) -> dict[tuple[str, str], list[Scored]]:
    """By series and model, the lead days of all scored forecasts that may tell of days from `first` on.

    The model is the one that spoke: a fallback counts as itself.
    """
    now = ports.clock()
    begin = local_midnight(first, MARKET_ZONE) - LONGEST_LEAD
    records, _ = newest_since(ports.store, KIND, begin, SCORE_LOOKS)
    chosen: dict[tuple[str, str], dict[tuple[int, int], Scored]] = defaultdict(dict)
    for record in reversed(records):
        if record.at <= now and moment_of(str(record.body["scored_at"])) <= now:
            model = str(record.body["model"]).split(" (")[0]
            group = chosen[str(record.body["series"]), model]
            group.update({(one.issued, one.lead): one for one in lead_days(record)})
    return {key: list(rows.values()) for key, rows in chosen.items() if rows}


def lead_days(record: Record) -> Iterable[Scored]:
    """The scored lead days of a stored score."""
    body: Row = dict(record.body)
    issued = local_date(record.at, MARKET_ZONE).toordinal()
    for row in body["leads"]:
        lead = int(row["lead"])
        yield Scored(issued, issued + lead, lead, body["state"] == PROVISIONAL, str(body["model"]), row)


def record_row(key: tuple[str, str], rows: Sequence[Scored], span: tuple[date, date], today: date) -> Row:
    """Figures of one series and model over days of delivery, and its drift."""
    first, last = (day.toordinal() for day in span)
    told = [one for one in rows if first <= one.day <= last]
    overall = [one for one in told if OVERALL[0] <= one.lead <= OVERALL[1]]
    weeks: dict[int, list[Scored]] = defaultdict(list)
    for one in overall:
        weeks[one.day - (one.day - 1) % 7].append(one)
    return {
        "series": key[0],
        "model": key[1],
        "remarked": sorted({one.label for one in told if one.label != key[1]}),
        "overall": figures(overall),
        "leads": [
            {"lead": lead, **figures([one for one in told if one.lead == lead])}
            for lead in sorted({one.lead for one in told})
        ],
        "weeks": [
            {"week": str(date.fromordinal(monday)), **figures(own)} for monday, own in sorted(weeks.items())
        ],
        "drift": drift_row(judge_drift(daily_losses(rows), today.toordinal())),
    }


def figures(told: Sequence[Scored]) -> Row:
    """Scores over lead days of forecasts, each hour with the same weight."""
    hours = sum(one.row["hours"] for one in told)
    mse = _mean(told, "mse")
    return {
        "forecasts": len({one.issued for one in told}),
        "provisional": len({one.issued for one in told if one.provisional}),
        "hours": hours,
        "mae": number(_mean(told, "mae")),
        "rmse": number(sqrt(mse)) if isfinite(mse) else None,
        "bias": number(_mean(told, "bias")),
        "rmae_week": number(_ratio(told, "mae_week")),
        "rmae_kind": number(_ratio(told, "mae_kind")),
        "pinball": number(_mean(told, "pinball")),
        "coverage_80": number(_share(told, "in_80")),
        "coverage_90": number(_share(told, "in_90")),
    }


def _mean(told: Sequence[Scored], name: str) -> float:
    """Mean over hours of a score that is a mean itself, NaN of nothing."""
    known = [one.row for one in told if one.row[name] is not None]
    hours = sum(row["hours"] for row in known)
    return float(sum(row["hours"] * row[name] for row in known) / hours) if hours else float("nan")


def _ratio(told: Sequence[Scored], naive: str) -> float:
    """MAE as a share of a naive model's, on the lead days that it told of."""
    common = [one for one in told if one.row[naive] is not None]
    base = _mean(common, naive)
    return _mean(common, "mae") / base if base > 0 else float("nan")


def _share(told: Sequence[Scored], name: str) -> float:
    """Share of hours in a band, where the band was told."""
    known = [one.row for one in told if one.row[name] is not None]
    hours = sum(row["hours"] for row in known)
    return sum(row[name] for row in known) / hours if hours else float("nan")


def daily_losses(rows: Sequence[Scored]) -> DailyLosses:
    """Mean absolute errors of D+2 to D+7 by day of delivery, of days with MOST_LEADS lead days at least."""
    days: dict[int, list[Scored]] = defaultdict(list)
    for one in rows:
        if OVERALL[0] <= one.lead <= OVERALL[1] and one.row["hours"] >= WHOLE_DAY:
            days[one.day].append(one)
    whole = sorted(day for day, told in days.items() if len(told) >= MOST_LEADS)
    kind = [
        _mean(days[day], "mae_kind")
        if all(one.row["mae_kind"] is not None for one in days[day])
        else float("nan")
        for day in whole
    ]
    own = [_mean(days[day], "mae") for day in whole]
    return DailyLosses(np.array(whole, np.int64), np.array(own, np.float64), np.array(kind, np.float64))


def drift_row(verdict: Verdict) -> Row:
    """A verdict as JSON."""
    return {
        name: number(value) if isinstance(value, float) else value for name, value in asdict(verdict).items()
    }


def drift_findings(ports: Ports) -> list[tuple[str, str, str, str]]:
    """Topic, state ("ok" or "warning"), text and remedy for each price series with scored forecasts.

    Of the configured model; where that has no record, of the one that spoke last. Reads the store only.
    """
    today = local_date(ports.clock(), MARKET_ZONE)
    groups = scored_since(ports, today - timedelta(days=RECENT + FORMER + 1))
    found = []
    for series in PRICE_SERIES:
        models = {model: rows for (key, model), rows in groups.items() if key == series}
        if models:
            newest = max(models, key=lambda model: max(one.issued for one in models[model]))
            serving = serving_model(ports, series)
            model = serving if serving in models else newest
            told = judge_drift(daily_losses(models[model]), today.toordinal())
            bad = told.state in {"watch", "drift"}
            text = f"{model}: {told.state}. {told.text}"
            found.append((f"forecast {series}", "warning" if bad else "ok", text, COMPARE if bad else ""))
    return found
