"""Climate, seasons, limits, correlations, data health and nodes over HTTP, and that they equal the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.tailscale import Tailscale
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.services.papers import NOW, Paper, stock, world

FIRST, TOMORROW = date(2026, 2, 20), date(2026, 3, 11)
V1 = "/api/v1"
LOCAL = ("127.0.0.1", 50_000)


def history(key: str, count: int) -> Series:
    """Twelve years of days up to four days ago."""
    last = int(NOW.timestamp()) // 86_400 - 4
    start = 86_400 * np.arange(last - count, last, dtype=np.int64)
    text = np.full(count, "measured"), np.full(count, "siar")
    value = np.round(20 + 10 * np.sin(start / 86_400 / 58.1), 1)
    return Series(key, start, np.full(count, 1440), value, start + 2 * 86_400, *text)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    folder = tmp_path_factory.mktemp("analysis")
    made = world(folder, Paper("omie", ("spot",)), Paper("station", ("temperature",)))
    made = replace(made, network=Tailscale(folder / "none.sock", "no-such-command"))
    stock(made, "spot", FIRST, TOMORROW)
    stock(made, "temperature", FIRST, date(2026, 3, 10))
    return made


@pytest.fixture(scope="module")
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True)), client=LOCAL) as made:
        yield made


def test_climate_without_and_with_a_history(client: TestClient, ports: Ports) -> None:
    answer = client.get(f"{V1}/analysis/climate")
    assert answer.status_code == 409
    assert "choco import siar" in answer.json()["hint"]
    for name in ("mean", "min", "max"):
        ports.store.load(history(f"siar_j17_temperature_{name}", 365 * 12))
    body = client.get(f"{V1}/analysis/climate").json()
    assert body["record"]["days"] == 365 * 12
    assert [row["quantity"] for row in body["trends"] if row["per_decade"] is not None] == [
        "temperature_mean",
        "temperature_min",
        "temperature_max",
    ]
    assert {row["quantity"] for row in body["months"]} == {f"temperature_{n}" for n in ("mean", "min", "max")}
    monday = {row["quantity"]: row for row in body["week"]["days"][0]["figures"]}
    assert monday["temperature_mean"]["origin"] == "observed"
    assert monday["humidity_mean"] == {
        "quantity": "humidity_mean",
        "unit": "%",
        "origin": "missing",
        "observed_hours": 0,
        "forecast_hours": 0,
        "value": None,
        "normal": None,
        "normal_years": 0,
        "difference": None,
        "percentile": None,
        "record_days": 0,
    }


def test_seasons(client: TestClient) -> None:
    body = client.get(f"{V1}/analysis/seasons").json()
    assert [row["series"] for row in body["series"]] == ["spot", "temperature"]
    assert [len(row) for row in body["series"][0]["by_month_and_hour"]] == [24] * 12
    assert (body["timezone"], body["sample"]) == ("Europe/Madrid", False)


def test_thresholds_equal_the_store(client: TestClient, ports: Ports) -> None:
    body = client.get(f"{V1}/analysis/thresholds", params={"series": "spot", "above": 100}).json()
    stored = ports.store.read("spot", Window(NOW - timedelta(days=40), NOW), NOW)
    assert body["hours"] == float(np.sum(stored.minutes[stored.value > 100])) / 60
    assert body["unit"] == "EUR/MWh"
    start = {"series": "spot", "above": 100, "start": "2026-03-10T00:00:00+01:00"}
    assert client.get(f"{V1}/analysis/thresholds", params=start).json()["known_hours"] == 21


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("series=spot", 400),
        ("series=spot&above=1&below=2", 400),
        ("series=nothing&above=1", 400),
        ("series=pvpc&above=1", 409),
        ("series=spot&above=nan", 422),
        ("series=spot&above=1&start=2026-03-10T00:00:00", 422),
        ("series=spot&above=1&start=2030-01-01T00:00:00Z", 409),
        ("above=1", 422),
        ("series=spot&above=1&more=2", 422),
    ],
)
def test_wrong_questions(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"{V1}/analysis/thresholds?{query}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_correlations_of_too_little(client: TestClient) -> None:
    body = client.get(f"{V1}/analysis/correlations").json()
    assert body["pairs"] == []
    why = {(row["pair"], row["season"]): row["why"] for row in body["not_computed"]}
    assert why["site_temperature_price", "cold"] == "less_than_a_year"
    assert why["wind_price", "year"] == "nothing_known"


def test_data_health(client: TestClient, ports: Ports) -> None:
    body = client.get(f"{V1}/data").json()
    rows = {row["series"]: row for row in body["series"]}
    assert list(rows) == list(CATALOG)
    assert rows["spot"]["state"] == "ok", "nothing is missing before the first value"
    assert rows["spot"]["rows"] == ports.store.count("spot")
    assert datetime.fromisoformat(rows["temperature"]["newest"]) == NOW - timedelta(hours=2)
    later = replace(ports, clock=lambda: NOW + timedelta(days=2))
    with TestClient(create_app(World(later, lambda: later, offline=True)), client=LOCAL) as since:
        body, health = since.get(f"{V1}/data").json(), since.get("/health").json()
    rows = {row["series"]: row for row in body["series"]}
    assert body["states"] == health["series"]
    told = {row["series"]: row for row in health["trouble"]}
    assert told["spot"]["state"] == "late"
    assert all(rows[key][name] == value for key, row in told.items() for name, value in row.items())


def test_nodes_are_not_for_everybody(client: TestClient, ports: Ports) -> None:
    body = client.get(f"{V1}/nodes").json()
    assert (body["state"], body["nodes"]) == ("not_installed", [])
    app = create_app(World(ports, lambda: ports, offline=True))
    with TestClient(app, client=("192.0.2.7", 50_000)) as far:
        assert far.get(f"{V1}/nodes").status_code == 403
        assert far.get(f"{V1}/data").status_code == 200
