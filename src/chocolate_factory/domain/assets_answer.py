"""Battery and array in the answer of a plan, slot by slot and in sums; only where the plant has them."""

from __future__ import annotations

from typing import Any

from chocolate_factory.domain.assets import Assets, Dispatch, surplus_eur, wear_eur
from chocolate_factory.domain.assets_builder import AssetFacts
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, local_iso, moment

HOURS = PLAN_MINUTES / 60
Row = dict[str, Any]


def assets_answer(
    factory: Factory, window: Window, use: tuple[Assets, Dispatch], facts: AssetFacts | None
) -> Row:
    """`battery` and `pv` of an answer: powers in kW as means of each slot, energy in kWh, money in EUR."""
    found: Row = {}
    if factory.battery is not None:
        found["battery"] = battery_row(factory, window, use, facts)
    if factory.pv is not None:
        found["pv"] = pv_row(factory, window, use, facts)
    return found


def battery_row(
    factory: Factory, window: Window, use: tuple[Assets, Dispatch], facts: AssetFacts | None
) -> Row:
    """The battery; `start_assumed`: no plan before tells its content at the start, its reserve is taken."""
    assets, dispatch = use
    rows = zip(dispatch.charge_kw, dispatch.discharge_kw, dispatch.stored_kwh, strict=True)
    return {
        "start_kwh": assets.start_kwh,
        "start_assumed": facts is None or facts.start_kwh is None,
        "charged_kwh": float(dispatch.charge_kw.sum()) * HOURS,
        "discharged_kwh": float(dispatch.discharge_kw.sum()) * HOURS,
        "wear_eur": wear_eur(assets, dispatch, PLAN_MINUTES),
        "rows": [
            {
                "start": at,
                "charge_kw": float(charge),
                "discharge_kw": float(discharge),
                "stored_kwh": float(stored),
            }
            for at, (charge, discharge, stored) in zip(starts_of(factory, window), rows, strict=True)
        ],
    }


def pv_row(factory: Factory, window: Window, use: tuple[Assets, Dispatch], facts: AssetFacts | None) -> Row:
    """The array; `origin` are the hours over the window by where their radiation comes from."""
    assets, dispatch = use
    rows = zip(assets.pv_kw, dispatch.pv_used_kw, dispatch.sold_kw, strict=True)
    hours = len(facts.radiation) if facts else 0
    estimated, missing = (facts.estimated, facts.missing) if facts else (0, 0)
    return {
        "available_kwh": float(assets.pv_kw.sum()) * HOURS,
        "used_kwh": float(dispatch.pv_used_kw.sum()) * HOURS,
        "sold_kwh": float(dispatch.sold_kw.sum()) * HOURS,
        "surplus_eur": surplus_eur(assets, dispatch, PLAN_MINUTES),
        "origin": {
            "forecast": hours - estimated - missing,
            "estimated": estimated,
            "missing": missing,
        },
        "rows": [
            {"start": at, "available_kw": float(there), "used_kw": float(used), "sold_kw": float(sold)}
            for at, (there, used, sold) in zip(starts_of(factory, window), rows, strict=True)
        ],
    }


def starts_of(factory: Factory, window: Window) -> list[str]:
    """Slot starts in local time."""
    return [local_iso(moment(at), factory.site.timezone) for at in window.starts(PLAN_MINUTES)]
