"""Stored prices, holes and forecasts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from chocolate_factory.api.schemas.prices import ForecastAnswer, HoleRow, Prices, PriceSeries
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.read_prices import PriceQuery, read_prices

router = APIRouter(prefix="/api/v1", tags=["prices"])


@router.get("/prices")
def prices(
    ports: InCharge,
    series: PriceSeries = "spot",
    start: Annotated[AwareDatetime | None, Query(description="Default: local midnight of today.")] = None,
    end: Annotated[
        AwareDatetime | None, Query(description="Default: all that is stored after `start`.")
    ] = None,
    as_of: Annotated[
        AwareDatetime | None, Query(description="The world as it was known then. Default: now.")
    ] = None,
) -> Prices:
    """Stored slots of a window, at most 3,000 a page."""
    return Prices.model_validate(read_prices(ports, PriceQuery(series, start, end, as_of)))


@router.get("/holes")
def holes(ports: InCharge, days: Annotated[int, Query(ge=1, le=800)] = 30) -> list[HoleRow]:
    """Due slots of the last days that are missing."""
    return [HoleRow.model_validate(row) for row in find_holes(ports, days=days)]


@router.get("/forecasts/latest")
def forecasts_latest(ports: InCharge, series: PriceSeries = "spot") -> ForecastAnswer:
    """The newest forecast of a series."""
    body: dict[str, Any] = latest_forecast(ports.store, series)
    return ForecastAnswer.model_validate({**body, "sample": ports.sample})
