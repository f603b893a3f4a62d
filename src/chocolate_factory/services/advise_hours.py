"""Hourly advice for people without a plan: a score and a grade for each hour to come, with its skill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.advice import Forest, Grade, Outlook, cheapness, grades
from chocolate_factory.domain.advice_inputs import INPUTS, inputs
from chocolate_factory.domain.advice_skill import FOREST, RULE, Said
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_date, local_iso, moment
from chocolate_factory.domain.trees import unpack
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import FRESH, NO_MODEL, forecast_json, stored_forecast
from chocolate_factory.services.judge_advice import KIND, MORE, by_forest, contract_digest
from chocolate_factory.services.past_advice import (
    HourlyForecast,
    advice_window,
    is_whole,
    model_of,
    of_body,
    outlook_of,
)
from chocolate_factory.services.pose_problem import SERIES_OF

Row = dict[str, Any]
LEARNT_FOR = timedelta(days=45)
"""Age up to which trees advise."""

TARIFF = "tariff"
"""The contract fixes every price: ranks of known costs, nothing to forecast."""


@dataclass(frozen=True, eq=False)
class Adviser:
    """What is kept of the trees: their record, and the trees where they may be used; else why not."""

    body: Mapping[str, Any] | None
    forest: Forest | None
    why: str


def advise_hours(ports: Ports, forecast: Forecast | None) -> Row:
    """Advice for each whole hour of the rest of today and seven days, as JSON.

    `forecast` is of the series that the contract follows, None where it fixes the price. The trees speak only
    where they were significantly better than the plain rule, which is the rank of the hour by the forecast
    itself; `why` says so. Hours that nobody knows are left out. Raises DataMissing where no hour is known.
    """
    now = ports.clock()
    series = SERIES_OF.get(ports.factory.contract.kind)
    told = told_now(forecast, now)
    outlook = outlook_of(ports, series, told)
    known = np.isfinite(outlook.cost)
    if not known.any():
        raise DataMissing("No price of the coming hours is known or forecast.", "Run `choco forecast`.")
    adviser = adviser_of(ports, series, told, outlook)
    body = adviser.body
    rule = Said(cheapness(outlook.cost), grades(outlook.cost))
    shown, by = spoken(adviser, outlook, rule)
    plain = RULE if series else TARIFF
    return {
        "series": series,
        "model": model_of(forecast.model) if forecast else None,
        "at": local_iso(now, MARKET_ZONE),
        "issued_at": local_iso(forecast.issued_at, MARKET_ZONE) if forecast else None,
        "sample": ports.sample,
        "window": {"start": stamp(outlook.start[0]), "end": stamp(int(outlook.start[-1]) + 3600)},
        "score_by": by["score"] or plain,
        "grade_by": by["grade"] or plain,
        "why": adviser.why,
        "hours": hour_rows(outlook, shown, rule),
        "learnt_at": body["learnt_at"] if body else None,
        "learnt_days": body["learnt_days"] if body else None,
        "skill": dict(body["skill"]) if body else None,
    }


def spoken(adviser: Adviser, outlook: Outlook, rule: Said) -> tuple[Said, dict[str, str]]:
    """What is shown, and by part whether the trees say it; they do where they were proved better."""
    if adviser.forest is None or adviser.body is None:
        return rule, {"score": "", "grade": ""}
    skill = adviser.body["skill"]
    trees = by_forest(adviser.forest, inputs(outlook))
    by = {part: FOREST if skill[f"{part}_by"] == FOREST else "" for part in ("score", "grade")}
    return Said(trees.score if by["score"] else rule.score, trees.grade if by["grade"] else rule.grade), by


def stamp(start: int) -> str:
    """A slot start in ISO 8601 with the market's offset."""
    return local_iso(moment(int(start)), MARKET_ZONE)


def told_now(forecast: Forecast | None, now: datetime) -> HourlyForecast:
    """The forecast by hours as it is looked at now; no hours without one."""
    if forecast is None:
        nothing = np.zeros(0)
        return HourlyForecast(now, "", np.zeros(0, np.int64), nothing, nothing, nothing)
    return of_body(forecast_json(forecast), now)


def adviser_of(ports: Ports, series: str | None, told: HourlyForecast, outlook: Outlook) -> Adviser:
    """The trees learnt from forecasts of this model, or why there are none; `why` tells of their skill."""
    if series is None:
        return Adviser(None, None, "The contract fixes the price of every hour; nothing is forecast.")
    if told.model == NO_MODEL:
        return Adviser(None, None, "All prices are published; nothing is forecast.")
    found = ports.store.find(KIND, id=f"{series}/{told.model}", limit=1)
    if not found or found[0].at > outlook.at:
        return Adviser(None, None, f"Nothing was learnt from forecasts by {told.model} yet; {MORE}")
    body = found[0].body
    refused = unusable(ports, found[0], outlook)
    if refused:
        return Adviser(body, None, refused)
    try:
        packed: Any = body["forest"]
        forest = Forest(unpack(packed["score"]), unpack(packed["grade"]))
    except ValueError:
        return Adviser(body, None, f"What was learnt is damaged; {MORE}")
    return Adviser(body, forest, told_skill(body["skill"]))


def unusable(ports: Ports, record: Record, outlook: Outlook) -> str:
    """Why the trees of a record cannot speak of this outlook; empty where they can."""
    if outlook.at - record.at > LEARNT_FOR:
        return f"What was learnt is older than {LEARNT_FOR.days} days; {MORE}"
    if record.body["inputs"] != list(INPUTS):
        return f"What was learnt is of another version of this program; {MORE}"
    if record.body["contract"] != contract_digest(ports.factory.contract):
        return f"The contract has changed since the advice was learnt; {MORE}"
    if not is_whole(outlook):
        return "Prices of the last 14 days or of the coming hours have holes."
    return ""


def told_skill(skill: Any) -> str:
    """One sentence on who advises and why."""
    if not skill["days"]:
        return "There are too few past forecasts to judge the trees; the plain rule advises."
    parts = {"score": "scores", "grade": "grades"}
    better = [name for part, name in parts.items() if skill[f"{part}_by"] == FOREST]
    worse = [name for part, name in parts.items() if skill[f"{part}_by"] != FOREST]
    days = f"on {skill['days']} past days"
    told = f"The trees gave significantly better {' and '.join(better)} than the plain rule {days}. "
    kept = f"The trees' {' and '.join(worse)} were not significantly better than the plain rule's {days}."
    return ((told if better else "") + (kept if worse else "")).strip()


def hour_rows(outlook: Outlook, shown: Said, rule: Said) -> list[Row]:
    """An hour a row; `rule_…` is what the forecast alone would say."""
    columns: tuple[FloatArray, ...] = (outlook.cost, outlook.low, outlook.high)
    return [
        {
            "start": stamp(start),
            "score": round(float(shown.score[row]), 1),
            "grade": Grade(int(shown.grade[row])).text,
            "price_eur_kwh": round(float(columns[0][row]), 6),
            "low_eur_kwh": round(float(columns[1][row]), 6),
            "high_eur_kwh": round(float(columns[2][row]), 6),
            "published": bool(outlook.published[row]),
            "rule_score": round(float(rule.score[row]), 1),
            "rule_grade": Grade(int(rule.grade[row])).text,
        }
        for row, start in enumerate(outlook.start.tolist())
        if np.isfinite(columns[0][row])
    ]


def advise_from_stored(ports: Ports) -> Row:
    """Advice from the stored forecast to show, without making one.

    Raises DataMissing where there is none, or it is older than FRESH or ends before the week does.
    """
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return advise_hours(ports, None)
    forecast = stored_forecast(ports.store, series, ports.clock(), serving_model(ports, series))
    if forecast is None or not is_current(forecast, ports.clock()):
        raise DataMissing(
            f"No forecast of {series} of the last {FRESH // timedelta(hours=1)} hours is stored.",
            "`choco score` makes one; so do `choco forecast` and every plan.",
        )
    return advise_hours(ports, forecast)


def is_current(forecast: Forecast, now: datetime) -> bool:
    """Whether a stored forecast can be advised from now."""
    if not forecast.issued_at <= now <= forecast.issued_at + FRESH or len(forecast.start) == 0:
        return False
    end = moment(int(forecast.start[-1]) + 60 * forecast.minutes)
    missing = local_date(advice_window(now).end, MARKET_ZONE) - local_date(end, MARKET_ZONE)
    return missing <= timedelta(days=1)
