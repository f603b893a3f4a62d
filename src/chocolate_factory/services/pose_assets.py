"""What battery and array can do in a window: the sun to come, the surplus price, what is in the battery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.assets_builder import AssetFacts
from chocolate_factory.domain.factory import ContractKind
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.pv import normal_radiation
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, hours_over
from chocolate_factory.services.choose_model import serving_model, weights_of
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.read_normals import read_normals

Body = Mapping[str, Any]
RADIATION = "radiation_forecast"
SPOT = "spot"


def asset_facts(
    ports: Ports, window: Window, forecast: Forecast | None, plans: Iterable[Body]
) -> AssetFacts | None:
    """What is known now, None for a plant without assets; `plans` led to the window, oldest first.

    Radiation is the forecast where one reaches and the climate normal elsewhere. The surplus is paid by the
    spot price: that of the plan, or one forecast for it where the contract follows another price.
    """
    factory = ports.factory
    if factory.battery is None and factory.pv is None:
        return None
    radiation, estimated = sun_to_come(ports, window, ports.clock())
    spot = None
    if factory.pv is not None and factory.pv.surplus_paid:
        spot = spot_to_come(ports, window, forecast)
    return AssetFacts(radiation, estimated, spot, stored_before(plans, window.start))


def sun_to_come(ports: Ports, window: Window, now: datetime) -> tuple[FloatArray, int]:
    """Hourly radiation over a window as known at a moment, W/m², and how many hours are normals."""
    hours, site = hours_over(window), ports.factory.site
    known = on_grid(ports.store.read(RADIATION, hours, now), hours, 60)
    dark = np.isnan(known)
    normals = read_normals(ports.store, now) if dark.any() else None
    if normals is None or "radiation" not in normals.values:
        return known, 0
    usual = normal_radiation(normals, hours.starts(60), (site.latitude, site.longitude))
    filled = np.where(dark, usual, known)
    return filled, int((dark & ~np.isnan(filled)).sum())


def spot_to_come(ports: Ports, window: Window, forecast: Forecast | None) -> FloatArray | None:
    """Spot prices of the window in EUR/MWh, None where they cannot be forecast."""
    if forecast is not None and ports.factory.contract.kind is ContractKind.INDEXED:
        return forecast.price
    forecaster = ports.forecasters[serving_model(ports, SPOT)]()
    request = ForecastRequest(SPOT, window, PLAN_MINUTES)
    try:
        found = forecast_prices(request, ports.store, forecaster, ports.clock(), weights_of(ports.registry))
    except DataMissing:
        return None
    return found.price


def stored_before(plans: Iterable[Body], start: datetime) -> float | None:
    """What the newest plan that reaches a moment leaves in the battery then, kWh; None where none tells."""
    found: float | None = None
    last = start - timedelta(minutes=PLAN_MINUTES)
    for body in plans:
        for row in body["answer"].get("battery", {}).get("rows", ()):
            if datetime.fromisoformat(row["start"]) == last:
                found = float(row["stored_kwh"])
    return found


def asset_notes(ports: Ports, facts: AssetFacts | None) -> list[str]:
    """Sentences on what stands where a fact is missing."""
    factory, told = ports.factory, []
    if facts is None:
        return []
    if factory.battery is not None and facts.start_kwh is None:
        kwh = factory.battery.reserve_kwh
        told.append(f"No plan before tells what is in the battery: its reserve of {kwh:g} kWh is taken.")
    if factory.pv is not None and facts.estimated:
        told.append(
            f"No forecast of radiation for {facts.estimated} h of the window: climate normals stand there."
        )
    if factory.pv is not None and facts.missing:
        told.append(
            f"Radiation is not known for {facts.missing} h of the window: the array counts as nothing there."
        )
    if factory.pv is not None and factory.pv.surplus_paid and facts.spot_eur_mwh is None:
        told.append("The spot price cannot be forecast: surplus of the array is taken as unpaid.")
    return told


def facts_json(facts: AssetFacts | None) -> dict[str, Any] | None:
    """The facts as the record of a plan keeps them."""
    if facts is None:
        return None
    return {
        "radiation_w_m2": [None if np.isnan(v) else round(float(v), 3) for v in facts.radiation],
        "estimated": facts.estimated,
        "spot_eur_mwh": None if facts.spot_eur_mwh is None else facts.spot_eur_mwh.tolist(),
        "start_kwh": facts.start_kwh,
    }


def facts_of(ports: Ports, body: Body, known: tuple[Window, datetime]) -> AssetFacts:
    """The facts of a stored plan; of one made for a plant without assets the sun as it was known then."""
    kept = body.get("assets")
    if kept is None:
        market = body.get("market_eur_mwh")
        spot = market if ports.factory.contract.kind is ContractKind.INDEXED else None
        return AssetFacts(*sun_to_come(ports, *known), None if spot is None else np.array(spot, np.float64))
    spot = kept["spot_eur_mwh"]
    return AssetFacts(
        np.array([np.nan if v is None else v for v in kept["radiation_w_m2"]], np.float64),
        kept["estimated"],
        None if spot is None else np.array(spot, np.float64),
        kept["start_kwh"],
    )
