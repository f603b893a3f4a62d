"""The site's weather: what was observed last, what was forecast when, what is normal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.services.read_weather import read_climate_normals, read_current, read_weather_forecast
from tests.services.papers import NOW, at, world

HOUR = timedelta(hours=1)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return world(tmp_path)


def write(
    ports: Ports, key: str, start: datetime, value: float, known: datetime, source: str = "aemet"
) -> None:
    origin = Origin.FORECAST if key.endswith("_forecast") else Origin.MEASURED
    ports.store.write(from_points(key, [Point(start, 60, value, known, origin, source)]))


def test_nothing_known_is_nothing_told(ports: Ports) -> None:
    assert read_current(ports) == {"now": NOW, "sample": False, "values": {}}
    assert read_weather_forecast(ports)["hours"] == []


def test_the_newest_of_each_quantity(ports: Ports) -> None:
    write(ports, "temperature", NOW - 3 * HOUR, 14.0, NOW - 2 * HOUR)
    write(ports, "temperature", NOW - 2 * HOUR, 13.0, NOW - HOUR, "openweathermap")
    write(ports, "rain", NOW - 5 * HOUR, 0.2, NOW - 4 * HOUR)
    told = read_current(ports)["values"]
    assert list(told) == ["temperature", "rain"]
    assert told["temperature"] == {
        "value": 13.0,
        "unit": "°C",
        "start": NOW - 2 * HOUR,
        "origin": "measured",
        "source": "openweathermap",
        "available_at": NOW - HOUR,
    }
    assert told["rain"]["source"] == "aemet"


def test_what_is_two_days_old_is_not_current(ports: Ports) -> None:
    write(ports, "temperature", NOW - 48 * HOUR, 14.0, NOW - 47 * HOUR)
    write(ports, "humidity", NOW - 49 * HOUR, 60.0, NOW - 48 * HOUR)
    assert list(read_current(ports)["values"]) == ["temperature"]


def test_a_forecast_is_never_told_as_observed(ports: Ports) -> None:
    write(ports, "temperature_forecast", NOW - HOUR, 15.0, NOW - 2 * HOUR)
    assert read_current(ports)["values"] == {}


def test_what_was_known_later_is_not_current(ports: Ports) -> None:
    write(ports, "temperature", NOW - 2 * HOUR, 13.0, NOW + HOUR)
    assert read_current(ports)["values"] == {}


def test_the_forecast_tells_source_and_issue_of_each_value(ports: Ports) -> None:
    write(ports, "temperature_forecast", NOW, 15.0, NOW - HOUR, "aemet_forecast")
    write(ports, "temperature_forecast", NOW + HOUR, 14.0, NOW - HOUR, "open_meteo")
    write(ports, "rain_forecast", NOW + HOUR, 0.4, NOW - HOUR, "open_meteo")
    told = read_weather_forecast(ports)
    assert told["as_of"] == NOW
    assert told["units"] == {"temperature": "°C", "humidity": "%", "wind_speed": "m/s", "rain": "mm"}
    assert [hour["start"] for hour in told["hours"]] == [NOW, NOW + HOUR]
    first, second = (hour["values"] for hour in told["hours"])
    assert first == {
        "temperature": {
            "value": 15.0,
            "source": "aemet_forecast",
            "origin": "forecast",
            "issued_at": NOW - HOUR,
        }
    }
    assert list(second) == ["temperature", "rain"]
    assert second["rain"]["value"] == 0.4


def test_the_hour_that_goes_on_is_the_first(ports: Ports) -> None:
    for hours in (-1, 0, 1):
        write(ports, "temperature_forecast", NOW + hours * HOUR, 15.0 + hours, NOW - 5 * HOUR)
    later = replace(ports, clock=lambda: NOW + timedelta(minutes=59))
    assert [hour["start"] for hour in read_weather_forecast(later)["hours"]] == [NOW, NOW + HOUR]


def test_the_forecast_as_it_stood_then(ports: Ports) -> None:
    write(ports, "temperature_forecast", NOW, 10.0, NOW - 12 * HOUR)
    write(ports, "temperature_forecast", NOW, 15.0, NOW - 3 * HOUR)
    then = read_weather_forecast(ports, datetime.fromisoformat("2026-03-10T13:00+01:00"))
    assert [hour["values"]["temperature"]["value"] for hour in then["hours"]] == [10.0]
    assert read_weather_forecast(ports, at("2026-03-10T07:59"))["hours"] == []
    assert read_weather_forecast(ports)["hours"][0]["values"]["temperature"]["value"] == 15.0


def test_the_future_is_asked_as_of_now(ports: Ports) -> None:
    assert read_weather_forecast(ports, NOW + 5 * HOUR)["as_of"] == NOW


def test_normals_need_a_history(ports: Ports) -> None:
    with pytest.raises(DataMissing) as told:
        read_climate_normals(ports)
    assert "choco import siar" in told.value.hint


def test_normals_of_a_stored_history(ports: Ports) -> None:
    first = at("2019-01-01T00:00")
    for key, base in (("temperature_mean", 16.0), ("temperature_max", 22.0), ("temperature_min", 10.0)):
        points = []
        for day in range(5 * 365):
            start = first + timedelta(days=day)
            wave = 9 * np.sin(2 * np.pi * (start.timetuple().tm_yday - 110) / 365.25)
            value = round(base + float(wave), 1)
            points.append(Point(start, 1440, value, start + timedelta(days=2), Origin.MEASURED, "siar"))
        ports.store.write(from_points(f"siar_j17_{key}", points))
    told = read_climate_normals(ports)
    assert (told["sample"], told["origin"], len(told["days"])) == (False, "estimated", 366)
    summer = told["days"][200]
    assert summer["day"] == 201
    assert summer["date"] == "07-19"
    assert summer["values"]["temperature_mean"] == pytest.approx(25, abs=1)
    assert set(summer["values"]) == set(summer["years"])
    assert not ports.store.find("normals"), "nothing estimated is stored"
