"""The weather over HTTP: only what is known, each value with its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.services.papers import NOW, at, world

HOUR = timedelta(hours=1)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return world(tmp_path)


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def write(ports: Ports, key: str, start: datetime, value: float, known: datetime) -> None:
    origin = Origin.FORECAST if key.endswith("_forecast") else Origin.MEASURED
    ports.store.write(from_points(key, [Point(start, 60, value, known, origin, "aemet")]))


def test_current_weather(client: TestClient, ports: Ports) -> None:
    assert client.get("/api/v1/weather/current").json()["values"] == {}
    write(ports, "temperature", NOW - 2 * HOUR, 13.5, NOW - HOUR)
    body = client.get("/api/v1/weather/current").json()
    assert body == {
        "now": "2026-03-10T20:00:00Z",
        "sample": False,
        "values": {
            "temperature": {
                "value": 13.5,
                "unit": "°C",
                "start": "2026-03-10T18:00:00Z",
                "origin": "measured",
                "source": "aemet",
                "available_at": "2026-03-10T19:00:00Z",
            }
        },
    }


def test_forecast_now_and_as_it_stood(client: TestClient, ports: Ports) -> None:
    write(ports, "temperature_forecast", NOW, 10.0, NOW - 12 * HOUR)
    write(ports, "temperature_forecast", NOW, 11.0, NOW - HOUR)
    body = client.get("/api/v1/weather/forecast").json()
    assert body["units"]["temperature"] == "°C"
    assert body["hours"] == [
        {
            "start": "2026-03-10T20:00:00Z",
            "values": {
                "temperature": {
                    "value": 11.0,
                    "source": "aemet",
                    "origin": "forecast",
                    "issued_at": "2026-03-10T19:00:00Z",
                }
            },
        }
    ]
    then = client.get("/api/v1/weather/forecast", params={"as_of": "2026-03-10T10:00:00+01:00"}).json()
    assert then["hours"][0]["values"]["temperature"]["value"] == 10.0
    assert client.get("/api/v1/weather/forecast?as_of=2026-03-10T10:00:00").status_code == 422


def test_climate_needs_its_history(client: TestClient, ports: Ports) -> None:
    answer = client.get("/api/v1/weather/climate")
    assert answer.status_code == 409
    assert "choco import siar" in answer.json()["hint"]
    for key, value in (("temperature_mean", 15.0), ("temperature_max", 21.0), ("temperature_min", 9.0)):
        days = [at("2020-01-01T00:00") + timedelta(days=n) for n in range(3 * 366)]
        points = [
            Point(day, 1440, value + day.month / 10, day + 2 * 24 * HOUR, Origin.MEASURED, "siar")
            for day in days
        ]
        ports.store.write(from_points(f"siar_j17_{key}", points))
    body = client.get("/api/v1/weather/climate").json()
    assert (body["origin"], body["sample"], len(body["days"])) == ("estimated", False, 366)
    assert body["days"][59]["date"] == "02-29"
    assert body["units"]["temperature_mean"] == "°C"


@pytest.mark.parametrize("path", ["current", "forecast", "climate"])
def test_the_weather_is_only_read(client: TestClient, path: str) -> None:
    answer = client.post(f"/api/v1/weather/{path}", json={}, headers={"X-Requested-With": "choco"})
    assert answer.status_code == 405
