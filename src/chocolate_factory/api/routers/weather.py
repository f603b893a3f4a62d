"""Observed, forecast and normal weather of the site."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.common import AskedMoment
from chocolate_factory.api.schemas.weather import ClimateNormals, CurrentWeather, WeatherForecast
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.read_weather import read_climate_normals, read_current, read_weather_forecast

router = APIRouter(prefix="/api/v1/weather", tags=["weather"])


@router.get("/current")
def current(ports: InCharge) -> CurrentWeather:
    """The newest observed value of each quantity."""
    return CurrentWeather.model_validate(read_current(ports))


@router.get("/forecast")
def forecast(
    ports: InCharge,
    as_of: Annotated[AskedMoment | None, Query(description="The forecast as it stood then.")] = None,
) -> WeatherForecast:
    """The forecast of the coming hours, each value with its source and issue."""
    return WeatherForecast.model_validate(read_weather_forecast(ports, as_of))


@router.get("/climate")
def climate(ports: InCharge) -> ClimateNormals:
    """Climate normals by day of year."""
    return ClimateNormals.model_validate(read_climate_normals(ports))
