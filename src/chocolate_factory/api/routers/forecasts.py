"""Stored forecasts and what they turned out to be worth."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.prices import ForecastAnswer, ForecastList, ForecastsWish, NewestWish
from chocolate_factory.api.schemas.scores import ScoresAnswer, ScoresWish
from chocolate_factory.api.world import InCharge
from chocolate_factory.api.zones import in_zone, zone_of
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.list_forecasts import list_forecasts
from chocolate_factory.services.live_record import LiveQuery, live_record

router = APIRouter(prefix="/api/v1/forecasts", tags=["forecasts"])
WRONG: dict[int | str, dict[str, Any]] = {400: {"model": Problem}, 409: {"model": Problem}}


@router.get("", responses=WRONG)
def forecasts(ports: InCharge, wish: Annotated[ForecastsWish, Query()]) -> ForecastList:
    """Stored forecasts by the moment of issue, newest first."""
    zone = zone_of(ports, wish.tz)
    told = ForecastList.model_validate(list_forecasts(ports, wish.series, wish.query()))
    return ForecastList.model_validate(in_zone(told.model_dump(), zone))


@router.get("/latest", responses=WRONG)
def forecasts_latest(ports: InCharge, wish: Annotated[NewestWish, Query()]) -> ForecastAnswer:
    """The newest forecast of a series with its band; published slots are included."""
    zone = zone_of(ports, wish.tz)
    body = latest_forecast(ports.store, wish.series, wish.as_of, serving_model(ports, wish.series))
    told = ForecastAnswer.model_validate({**body, "sample": ports.sample})
    return ForecastAnswer.model_validate(in_zone(told.model_dump(), zone))


@router.get("/scores")
def forecast_scores(ports: InCharge, wish: Annotated[ScoresWish, Query()]) -> ScoresAnswer:
    """Scores of stored forecasts on the prices that came true: overall, by lead day and week, and drift."""
    return ScoresAnswer.model_validate(live_record(ports, LiveQuery(wish.series, wish.days)))
