"""Stored prices, holes and forecasts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.prices import (
    ForecastAnswer,
    Healed,
    HealWish,
    HoleRow,
    Prices,
    PriceSeries,
    PriceWish,
)
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.core.errors import Unreachable
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.read_prices import PriceQuery, read_prices

router = APIRouter(prefix="/api/v1", tags=["prices"])
WAIT_S = 1.0


@router.get("/prices")
def prices(ports: InCharge, wish: Annotated[PriceWish, Query()]) -> Prices:
    """Stored slots of a window, at most 3,000 a page."""
    query = PriceQuery(wish.series, wish.start, wish.end, wish.as_of, wish.detail == "provenance")
    return Prices.model_validate(read_prices(ports, query))


@router.get("/holes")
def holes(ports: InCharge, days: Annotated[int, Query(ge=1, le=800)] = 30) -> list[HoleRow]:
    """Due slots of the last days that are missing."""
    return [HoleRow.model_validate(row) for row in find_holes(ports, days=days)]


@router.post("/holes/heal", status_code=200, responses={409: {"model": Problem}})
def heal_holes(world: Running, wish: HealWish) -> Healed:
    """Close holes from the best source of that age; refused while offline, or while a job goes on."""
    if world.offline:
        raise Unreachable("CHOCO_OFFLINE=1 forbids outside calls.", "Unset it to heal.")
    with world.working("heal", WAIT_S):
        report = heal(world.real, HealRequest(series=wish.series, impatient=wish.now))
    return Healed.model_validate(report.to_json())


@router.get("/forecasts/latest")
def forecasts_latest(ports: InCharge, series: PriceSeries = "spot") -> ForecastAnswer:
    """The newest forecast of a series."""
    body: dict[str, Any] = latest_forecast(ports.store, series)
    return ForecastAnswer.model_validate({**body, "sample": ports.sample})
