"""What the stored years say: climate, seasons, limits, correlations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.analysis import (
    Beyond,
    BeyondWish,
    ClimateAnalysis,
    Correlations,
    Seasons,
)
from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.world import InCharge
from chocolate_factory.services import analyse_seasons
from chocolate_factory.services.analyse_climate import READ as CLIMATE_READ
from chocolate_factory.services.analyse_climate import analyse_climate
from chocolate_factory.services.correlate_weather import READ as WEATHER_READ
from chocolate_factory.services.correlate_weather import correlate_weather
from chocolate_factory.services.reuse_answer import reuse_answer

router = APIRouter(prefix="/api/v1/analysis", tags=["analysis"])
NOTHING: dict[int | str, dict[str, Any]] = {409: {"model": Problem}}


@router.get("/climate", responses=NOTHING)
def climate(ports: InCharge) -> ClimateAnalysis:
    """Spread by month, days above limits, this week beside its normal, and trends, from SIAR's days."""
    found = reuse_answer(ports, "climate", CLIMATE_READ, analyse_climate)
    return ClimateAnalysis.model_validate(found)


@router.get("/seasons")
def seasons(ports: InCharge) -> Seasons:
    """Mean prices, load of plans and temperature by month and by local hour."""
    made = analyse_seasons.analyse_seasons
    return Seasons.model_validate(reuse_answer(ports, "seasons", analyse_seasons.SEASONAL, made, plans=True))


@router.get("/thresholds", responses={400: {"model": Problem}, **NOTHING})
def thresholds(ports: InCharge, wish: Annotated[BeyondWish, Query()]) -> Beyond:
    """Hours and days of a series beyond a limit, by year and month, and the longest spell."""
    asked = analyse_seasons.Beyond(wish.series, wish.above, wish.below, wish.start, wish.end)
    return Beyond.model_validate(analyse_seasons.count_beyond(ports, asked))


@router.get("/correlations")
def correlations(ports: InCharge) -> Correlations:
    """How demand, wind power, prices and load move with the weather, seasons taken out."""
    found = reuse_answer(ports, "correlations", WEATHER_READ, correlate_weather, plans=True)
    return Correlations.model_validate(found)
