"""Invented ledgers, bills, forecasts and reports for the page, in the API's own schemas."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.api.schemas.bills import BillAnswer
from chocolate_factory.api.schemas.deviations import DeviationsAnswer
from chocolate_factory.api.schemas.models import ModelsAnswer
from chocolate_factory.api.schemas.reports import WeekReport
from chocolate_factory.api.schemas.savings import SavingsLedger, SavingsWeek
from chocolate_factory.api.schemas.scores import ScoresAnswer
from tests.dashboard.page_samples import TUESDAY

SATURDAY = datetime.fromisoformat("2026-03-14T14:00:00+01:00")
WEEK = timedelta(days=7)
Row = dict[str, Any]
NO_ARMS: Row = dict.fromkeys(("baseline", "plan", "executed", "hindsight"))
NO_FIGURES: Row = {
    "arms": NO_ARMS,
    "same_work": None,
    "saving_eur": None,
    "saving_percent": None,
    "captured_share": None,
}


def arm(eur: float, excess: float = 0.0) -> Row:
    """An arm that finished ten batches."""
    return {"eur": eur, "energy_eur": eur - excess, "excess_eur": excess, "kwh": 2000.0, "batches": 10}


def figures(baseline: float, executed: float, hindsight: float | None) -> Row:
    """Arms with the same work."""
    saving = baseline - executed
    arms = {"baseline": arm(baseline, 12.5), "plan": arm(executed - 2.0), "executed": arm(executed)}
    share = None if hindsight is None else saving / (baseline - hindsight)
    return {
        "arms": {**arms, "hindsight": None if hindsight is None else arm(hindsight)},
        "same_work": True,
        "saving_eur": saving,
        "saving_percent": 100 * saving / baseline,
        "captured_share": share,
    }


def week(back: int, status: str = "closed", told: Row | None = None, revised: int = 0) -> SavingsWeek:
    """A week that ended so many weeks before the one under way."""
    end = SATURDAY - WEEK * back
    span = {"start": end - WEEK, "end": end}
    day = {**(told or NO_FIGURES), "day": (end - timedelta(days=1)).date(), "status": "settled"}
    return SavingsWeek.model_validate(
        {
            **(told or NO_FIGURES),
            "id": f"{end - WEEK:%Y%m%dT%H%M}Z",
            "window": span,
            "status": status,
            "hours_without_plan": 30.5 if status == "incomplete" else 0.0,
            "hindsight_gap": 0.031 if status == "closed" else None,
            "plans": 3,
            "factory": "abc",
            "plans_under_other_factories": 0,
            "products": {"standard": 10},
            "runs_reported": 4,
            "runs_as_planned": 36,
            "batches_lost": 0,
            "assets_left_out": False,
            "batches_as_they_were": 0,
            "settled_at": end,
            "days": [{**day, "start": end - timedelta(hours=38), "end": end - timedelta(hours=14)}],
            "revised": revised,
        }
    )


def total(*weeks: SavingsWeek) -> Row:
    """Sums of what has the same work."""
    same = [one for one in weeks if one.same_work]
    if not same:
        return {**NO_FIGURES, "weeks": 0, "weeks_left_out": len(weeks)}
    arms = [one.arms.model_dump() for one in same]
    sums = [
        sum(row[name]["eur"] for row in arms if row[name]) for name in ("baseline", "executed", "hindsight")
    ]
    whole = all(row["hindsight"] for row in arms)
    told = figures(sums[0], sums[1], sums[2] if whole else None)
    return {**told, "weeks": len(same), "weeks_left_out": len(weeks) - len(same)}


def ledger(*weeks: SavingsWeek) -> SavingsLedger:
    """Weeks, oldest first, with their totals."""
    by = {name: [one for one in weeks if one.status == name] for name in ("closed", "provisional")}
    totals = {name: total(*own) for name, own in by.items()}
    return SavingsLedger.model_validate(
        {"sample": False, "currency": "EUR", "weeks": list(weeks), "total": totals}
    )


def bill(**changes: Any) -> BillAnswer:
    """The month so far of a contract by the market, two days of it missing."""
    line = {"computation": "sum", "factor": 1.0, "exact_eur": 0.0, "price": None, "price_unit": ""}
    source = {"source": "BOE-A-2025-26348", "confidence": "secondary_source"}
    power = {
        "name": "power P6",
        "kind": "power",
        "computation": "130 kW × 1.442287 EUR/kW·year × 9/365",
        "quantity": 130.0,
        "unit": "kW",
        "price": 1.442287,
        "price_unit": "EUR/kW·year",
        "factor": 9 / 365,
        "eur": 4.62,
    }
    market = {"name": "energy, market", "kind": "energy", "quantity": 8730.75, "unit": "kWh", "eur": 934.39}
    vat = {"name": "VAT", "kind": "vat", "quantity": 939.01, "unit": "EUR", "price": 21.0, "price_unit": "%"}
    lines = [
        {**line, **source, **power},
        {**line, **source, **market, "confidence": "uncertain"},
        {**line, **source, **vat, "factor": 0.01, "eur": 197.19},
    ]
    days = [
        {"day": day, "slots": 96, "slots_without_load": 96, "slots_without_price": 0}
        for day in ("2026-03-01", "2026-03-02")
    ]
    body = {
        "site": "A bakery",
        "month": "2026-03",
        "status": "so_far",
        "as_of": TUESDAY,
        "currency": "EUR",
        "contract": "indexed 3.0TD",
        "contracted_power_kw": [80.0, 80.0, 80.0, 80.0, 80.0, 130.0],
        "days_in_month": 31,
        "load": {"origin": "planned", "source": "3 plans", "resolution_min": 15},
        "missing_days": days,
        "prices": None,
        "from": "2026-03-01",
        "to": "2026-03-09",
        "days": 7,
        "energy_kwh": 8730.75,
        "lines": lines,
        "market_eur": {"spot": 700.0, "losses": 234.39},
        "base_eur": 939.01,
        "electricity_tax_eur": 0.0,
        "vat_base_eur": 939.01,
        "vat_eur": 197.19,
        "total_eur": 1136.2,
        "eur_kwh": 0.130138,
        "excess": [],
        "by_hour_eur": None,
        "assumptions": ["An assumption."],
        "missing": ["Reactive energy is not known."],
        "sample": False,
    }
    return BillAnswer.model_validate({**body, **changes})


def deviations(days: int = 7, priced: bool = True) -> DeviationsAnswer:
    """Hours of the last days with a forecast that was ten too low; one of four fell out of its band."""
    first = TUESDAY.replace(hour=0) - timedelta(days=days - 1)
    points = []
    for hour in range(24 * days - 3):
        price = 60.0 + hour % 24
        half = 5.0 if hour % 4 == 0 else 20.0
        last = not priced and hour >= 24 * days - 5
        points.append(
            {
                "start": first + timedelta(hours=hour),
                "issue": 0,
                "price": None if last else price,
                "forecast": price - 10,
                "p10": price - 10 - half,
                "p50": price - 10,
                "p90": price - 10 + half,
                "naive": price + 16,
            }
        )
    enough = days >= 7
    known = {"mae": 10.0, "bias": -10.0, "mae_on_naive_hours": 10.0, "mae_naive": 16.0, "coverage_80": 0.75}
    lead = {"forecasts": 20, "hours": 480, "bias": -10.0, "coverage_80": 0.75, "coverage_90": 0.875}
    few = {"rmae_kind": None, "mae_naive": None, "coverage_80": None, "coverage_90": None}
    return DeviationsAnswer.model_validate(
        {
            "sample": False,
            "as_of": TUESDAY,
            "series": "spot",
            "unit": "EUR/MWh",
            "resolution_min": 60,
            "first": first.date(),
            "last": TUESDAY.date(),
            "auction_closes": "12:00",
            "compared_with": "naive-kind",
            "state": "none" if days == 0 else "ready" if enough else "little",
            "days_told": days,
            "days_needed": 7,
            "hours_past": len(points),
            "hours_priced": len(points) - (0 if priced else 2),
            "issues": [{"day": TUESDAY.date(), "issued_at": first, "model": "boosting"}],
            "points": points,
            "overall": {
                "hours": len(points),
                "naive_hours": len(points),
                **(known if enough else dict.fromkeys(known)),
            },
            "nominal": {"coverage_80": 0.8, "coverage_90": 0.9},
            "leads_of": "boosting",
            "leads": [
                {**lead, "lead": 1, "mae": 10.0, "rmae_kind": 0.625, "mae_naive": 16.0},
                {**lead, **few, "lead": 7, "forecasts": 3, "mae": None, "bias": None},
            ],
            "drift": None,
            "model": {
                "name": "boosting",
                "chosen_by": "by hand",
                "why": "It was asked for.",
                "version": 4,
                "learnt_at": TUESDAY - timedelta(hours=50),
                "age_hours": 50.0,
            },
        }
    )


def models() -> ModelsAnswer:
    """A champion, a rival that is better by chance, a yardstick, and two kept versions."""
    rival = {"origins": 30, "champion_mae_eur_mwh": 12.0, "p": 0.4, "better": False}
    version = {
        "facts": None,
        "metrics": None,
        "code": None,
        "libraries": None,
        "size_bytes": 1,
        "sha256": "a",
    }
    kept = [
        {**version, "version": 4, "state": "ok", "learnt_at": TUESDAY - timedelta(hours=50)},
        {**version, "version": 3, "state": "changed", "learnt_at": TUESDAY - timedelta(days=9)},
    ]
    choice = {
        "model": "boosting",
        "version": None,
        "since": TUESDAY,
        "chosen_by": "by hand",
        "why": "Asked for.",
    }
    compared = {
        "series": "spot",
        "at": TUESDAY,
        "champion": "boosting",
        "first": "2026-01-08",
        "last": "2026-03-04",
        "complete": True,
        "rivals": [
            {**rival, "model": "lear", "mae_eur_mwh": 11.9, "naive": False},
            {**rival, "model": "naive-kind", "mae_eur_mwh": 19.5, "naive": True},
        ],
        "promoted": None,
        "alarm": None,
    }
    one = {
        "series": "spot",
        "serving": {"model": "boosting", "version": 4},
        "champion": choice,
        "history": [choice],
        "trouble": None,
        "comparison": compared,
        "models": [{"model": "boosting", "versions": kept}],
    }
    return ModelsAnswer.model_validate({"sample": False, "as_of": TUESDAY, "pinned": None, "series": [one]})


def scores() -> ScoresAnswer:
    """A live record of one week."""
    own = {
        "forecasts": 7,
        "provisional": 0,
        "hours": 168,
        **dict.fromkeys(("rmse", "bias", "rmae_week", "rmae_kind", "pinball", "coverage_90")),
        "mae": 10.0,
        "coverage_80": 0.75,
    }
    record = {
        "series": "spot",
        "model": "boosting",
        "remarked": [],
        "overall": own,
        "leads": [{**own, "lead": 1}],
        "weeks": [{**own, "week": "2026-03-02"}],
        "drift": {
            "state": "ok",
            "text": "Fine.",
            **dict.fromkeys(("recent_mae", "former_mae", "past_p", "relative_p", "month_mae")),
            **dict.fromkeys(("month_kind_mae", "kind_p")),
        },
    }
    return ScoresAnswer.model_validate(
        {
            "sample": False,
            "as_of": TUESDAY,
            "first": "2025-12-12",
            "last": "2026-03-11",
            "unit": "EUR/MWh",
            "overall_leads": [1],
            "compared_with": "naive-kind",
            "records": [record],
        }
    )


def report(state: str = "closed", back: int = 1) -> WeekReport:
    """The report of a week as many weeks before the one under way."""
    end = SATURDAY - WEEK * back
    settled = week(back, state, figures(220.0, 190.0, 180.0)) if state == "closed" else None
    return WeekReport.model_validate(
        {
            "sample": False,
            "made_at": TUESDAY,
            "site": "A bakery",
            "timezone": "Europe/Madrid",
            "currency": "EUR",
            "language": "es",
            "week": f"2026-W{11 - back:02d}",
            "window": {"start": end - WEEK, "end": end},
            "over": back > 0,
            "state": state,
            "settled": settled,
            "paid_eur_kwh": {"baseline": None, "plan": None, "executed": None, "hindsight": None},
            "prices": {
                "slots": 672,
                "slots_known": 672,
                "mean_eur_kwh": 0.113,
                "cheapest": [],
                "dearest": [],
            },
            "accuracy": None,
            "alerts": [],
            "data": [],
        }
    )
