"""The production log over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import empty_ports, tiny

MORNING = datetime(2026, 3, 11, 4, 45, tzinfo=UTC)
LOG, STOCK = "/api/v1/production/log", "/api/v1/production/stock"
HEADERS = {"X-Requested-With": "test"}


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    first = empty_ports(tmp_path, tiny("fixed"), MORNING)
    plan = make_plan(first, PlanRequest(days=1))
    start = min(datetime.fromisoformat(run["start"]) for run in plan["runs"])
    now = start.astimezone(UTC) + timedelta(minutes=10)
    return replace(first, clock=lambda: now)


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def test_report_read_take_back(client: TestClient) -> None:
    [going] = client.get(LOG).json()["under_way"]
    assert going["reported"] is False
    body = {"batch": going["batch"], "at": going["start"], "note": "on time"}
    told = client.post(f"{LOG}/start", json=body, headers=HEADERS)
    assert (told.status_code, told.json()[0]["by"], told.json()[0]["machine"]) == (201, "api", "mixer")
    assert client.get(LOG).json()["under_way"][0]["reported"] is True
    ended = client.post(f"{LOG}/finish", json={"batch": going["batch"]}, headers=HEADERS)
    assert ended.json()[0]["step"] == 0
    undone = client.post(f"{LOG}/undo", json={"report": ended.json()[0]["id"]}, headers=HEADERS)
    assert undone.status_code == 201
    log = client.get(LOG, params={"limit": 2}).json()
    assert [(row["kind"], row["undone"]) for row in log["log"]] == [("undone", False), ("finished", True)]
    lost = client.post(f"{LOG}/fail", json={"batch": going["batch"], "reason": "burnt"}, headers=HEADERS)
    assert lost.json()[0]["reason"] == "burnt"
    assert [row["lost"] for row in client.get(LOG).json()["batches"] if row["batch"] == going["batch"]] == [
        True
    ]


def test_stock_and_plan_and_difference(client: TestClient) -> None:
    assert client.get(STOCK).json()["stock"][0]["counted_kg"] is None
    assert client.post(STOCK, json={"product": "loaf", "kg": 250}, headers=HEADERS).status_code == 201
    [row] = client.get(STOCK).json()["stock"]
    assert (row["batches"], row["kg"], row["counted_kg"]) == (5, 250, 250)
    made = client.post("/api/v1/plans", json={"days": 1}, headers=HEADERS)
    assert made.status_code == 201
    plan = made.json()
    assert plan["in_stock"] == [{"product": "loaf", "batches": 5}]
    assert [run["process"] for run in plan["begun"]] == ["mix"]
    old = client.get("/api/v1/plans").json()["plans"][1]["id"]
    diff = client.get(f"/api/v1/plans/{old}/diff/{plan['id']}")
    assert diff.status_code == 200
    assert diff.json()["dropped"]
    assert client.get(f"/api/v1/plans/{old}/diff/none").status_code == 404


def test_what_is_refused(client: TestClient, ports: Ports) -> None:
    bodies = [
        ("start", {"batch": "none"}, 404),
        ("start", {"batch": ""}, 422),
        ("start", {"batch": "x", "more": 1}, 422),
        ("fail", {}, 400),
        ("fail", {"machine": "oven"}, 400),
        ("fail", {"machine": "oven", "until": "2026-03-10T00:00:00Z"}, 400),
        ("fail", {"machine": "oven", "until": "2026-03-12T00:00:00"}, 422),
        ("undo", {"report": "r1"}, 404),
    ]
    for path, body, status in bodies:
        answer = client.post(f"{LOG}/{path}", json=body, headers=HEADERS)
        assert answer.status_code == status, (path, body, answer.text)
    assert client.post(STOCK, json={"product": "loaf", "kg": -1}, headers=HEADERS).status_code == 422
    assert client.post(STOCK, json={"product": "loaf", "kg": 1}).status_code == 403, "a foreign page cannot"
    assert ports.store.find("production") == []
