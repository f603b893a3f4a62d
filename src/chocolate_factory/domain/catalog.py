"""The series the product knows, by key.

Times of publication: upstream facts of OMIE, Red Eléctrica, AEMET and Open-Meteo (spot about 13:00, PVPC
about 20:15 to 20:20 local of the day before; day-ahead forecasts of the system before the auction, 10:00
assumed; daily generation at 8:00 of the day after, assumed; climate values about three days late).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from chocolate_factory.domain.series_info import DAY_MINUTES, Hourly, Kind, Rule, SeriesInfo

SIAR_STATIONS = ("j09", "j17")
SIAR_VARIABLES: dict[str, tuple[str, float, float]] = {
    "temperature_mean": ("°C", -40, 60),
    "temperature_max": ("°C", -40, 60),
    "temperature_max_at": ("HHMM", 0, 2400),
    "temperature_min": ("°C", -40, 60),
    "temperature_min_at": ("HHMM", 0, 2400),
    "humidity_mean": ("%", 0, 101),
    "humidity_max": ("%", 0, 101),
    "humidity_max_at": ("HHMM", 0, 2400),
    "humidity_min": ("%", 0, 101),
    "humidity_min_at": ("HHMM", 0, 2400),
    "wind_speed": ("m/s", 0, 75),
    "wind_direction": ("°", 0, 360),
    "wind_speed_max": ("m/s", 0, 110),
    "wind_speed_max_at": ("HHMM", 0, 2400),
    "wind_direction_of_max": ("°", 0, 360),
    "radiation": ("MJ/m2", 0, 45),
    "rain": ("mm", 0, 500),
    "rain_effective": ("mm", 0, 500),
    "evapotranspiration": ("mm", -1, 25),
}
"""Variable -> (unit, least and greatest value taken), in the order of SIAR's columns after the date."""

GENERATION: dict[str, tuple[float, float]] = {
    "nuclear": (0, 250_000),
    "wind": (2_000, 800_000),
    "solar_pv": (500, 500_000),
    "solar_thermal": (-1_000, 80_000),
    "hydro": (1_000, 500_000),
    "ccgt": (1_000, 800_000),
    "coal": (-5_000, 300_000),
    "cogeneration": (1_000, 200_000),
    "other_renewable": (500, 60_000),
    "total": (300_000, 1_500_000),
}
"""Technology -> least and greatest energy of a day taken, MWh: real days of 2019-2025 with room.

Nuclear fell to 133 MWh after the blackout of 2025-04-28; plants at rest consume, so coal goes below zero.
"""

WEATHER: dict[str, tuple[str, float, float]] = {
    "temperature": ("°C", -40, 60),
    "humidity": ("%", 1, 100),
    "pressure": ("hPa", 800, 1100),
    "wind_speed": ("m/s", 0, 75),
    "rain": ("mm", 0, 200),
    "radiation": ("W/m²", 0, 1500),
}
SITE_OBSERVED = ("temperature", "humidity", "pressure", "wind_speed", "rain")
SITE_FORECAST = ("temperature", "humidity", "wind_speed", "rain")

CLIMATE: dict[str, tuple[str, float, float]] = {
    "climate_temperature_mean": ("°C", -40, 60),
    "climate_temperature_max": ("°C", -40, 60),
    "climate_temperature_min": ("°C", -40, 60),
    "climate_humidity_mean": ("%", 0, 100),
    "climate_wind_speed": ("m/s", 0, 75),
    "climate_rain": ("mm", 0, 500),
}


@dataclass(frozen=True)
class Place:
    """A place that stands for a part of the country: degrees, and the weather that matters there."""

    latitude: float
    longitude: float
    quantities: tuple[str, ...]


PLACES: dict[str, Place] = {
    "coruna": Place(43.37, -8.40, ("wind_speed",)),
    "burgos": Place(42.34, -3.70, ("wind_speed",)),
    "zaragoza": Place(41.65, -0.88, ("wind_speed",)),
    "albacete": Place(38.99, -1.86, ("wind_speed", "radiation")),
    "badajoz": Place(38.88, -6.97, ("radiation",)),
    "sevilla": Place(37.39, -5.98, ("radiation", "temperature")),
    "madrid": Place(40.42, -3.70, ("temperature",)),
    "barcelona": Place(41.39, 2.17, ("temperature",)),
    "bilbao": Place(43.26, -2.93, ("temperature",)),
}
"""Wind farms of the north-west, north, Ebro and La Mancha; sun of the south; demand of the big cities."""

AUCTION, REGULATED = Rule(1, time(13)), Rule(1, time(20, 20))
SYSTEM_AHEAD, DAY_AFTER, CLIMATE_LATE = Rule(1, time(10)), Rule(-1, time(8)), Rule(-4, time(3))
AFTER_THE_HOUR, REANALYSIS = Hourly(timedelta(hours=1)), Hourly(timedelta(days=3))
# 2.0TD, and with it today's PVPC and the surplus price as it is, began on 2021-06-01 (CNMC, Circular 3/2020).
TARIFF_BEGAN = date(2021, 6, 1)
RENEWED = timedelta(hours=9)
PLACES_RENEWED = timedelta(hours=18)


def _all() -> Iterator[SeriesInfo]:
    yield SeriesInfo("spot", Kind.PRICE, "EUR/MWh", -500, 4000, AUCTION)
    yield SeriesInfo("pvpc", Kind.PRICE, "EUR/MWh", -500, 4500, REGULATED, earliest=TARIFF_BEGAN)
    yield SeriesInfo("surplus", Kind.PRICE, "EUR/MWh", -500, 4000, REGULATED, earliest=TARIFF_BEGAN)
    for quantity in SITE_FORECAST:
        yield SeriesInfo(f"{quantity}_forecast", Kind.FORECAST, *WEATHER[quantity])
    yield SeriesInfo("radiation_forecast", Kind.FORECAST, *WEATHER["radiation"])
    for quantity in SITE_OBSERVED:
        yield SeriesInfo(quantity, Kind.OBSERVED, *WEATHER[quantity], AFTER_THE_HOUR)
    yield SeriesInfo("demand_forecast", Kind.SYSTEM, "MW", 5_000, 60_000, SYSTEM_AHEAD)
    yield SeriesInfo("wind_forecast", Kind.SYSTEM, "MW", 50, 45_000, SYSTEM_AHEAD)
    yield SeriesInfo("solar_forecast", Kind.SYSTEM, "MW", 0, 60_000, SYSTEM_AHEAD)
    yield SeriesInfo("demand", Kind.SYSTEM, "MW", 5_000, 60_000, AFTER_THE_HOUR)
    for name, (low, high) in GENERATION.items():
        yield SeriesInfo(f"generation_{name}", Kind.SYSTEM, "MWh", low, high, DAY_AFTER, step=DAY_MINUTES)
    for key, limits in CLIMATE.items():
        yield SeriesInfo(key, Kind.CLIMATE, *limits, CLIMATE_LATE, step=DAY_MINUTES, zone="UTC")
    for name, place in PLACES.items():
        for quantity in place.quantities:
            yield SeriesInfo(f"{name}_{quantity}_forecast", Kind.FORECAST, *WEATHER[quantity])
            yield SeriesInfo(f"{name}_{quantity}", Kind.OBSERVED, *WEATHER[quantity], REANALYSIS)
    yield SeriesInfo("co2_intensity", Kind.IMPORTED, "g/kWh", 0, 2000)
    yield SeriesInfo("gas", Kind.IMPORTED, "EUR/MWh", -50, 500, step=DAY_MINUTES)
    for station in SIAR_STATIONS:
        for variable, limits in SIAR_VARIABLES.items():
            yield SeriesInfo(
                f"siar_{station}_{variable}", Kind.IMPORTED, *limits, step=DAY_MINUTES, zone="UTC"
            )


CATALOG: dict[str, SeriesInfo] = {info.key: info for info in _all()}
PRICE_SERIES = ("spot", "pvpc")
"""The prices that a contract can follow and a forecaster extends."""
ESSENTIAL = ("spot", "pvpc", "temperature_forecast", "humidity_forecast")
"""What a plan needs; synced first."""
