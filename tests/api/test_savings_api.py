"""The savings ledger over HTTP: what is kept, as JSON and as a table; asking settles nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.services.ledgers import press, run, settle, tell_plan

PATH = "/api/v1/insights/savings"
DAYS = ("09", "10", "11", "12", "13")


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    made = press(tmp_path)
    runs = [run(f"brick-2026-03-{day}-1", f"2026-03-{day}T06:00") for day in DAYS]
    tell_plan(made, ("2026-03-06T22:00", "2026-03-17T00:00"), runs)
    return made


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def test_the_ledger(client: TestClient, ports: Ports) -> None:
    assert client.get(PATH).json()["weeks"] == []
    told = settle(ports, back=60)
    body = client.get(PATH).json()
    assert [week["id"] for week in body["weeks"]] == ["20260306T2100Z", "20260313T2100Z"]
    assert body["total"]["closed"]["saving_eur"] == told["total"]["closed"]["saving_eur"]
    first = body["weeks"][0]
    assert first["revisions"] is None
    base, did = (sum(day["arms"][arm]["eur"] for day in first["days"]) for arm in ("baseline", "executed"))
    assert base - did == pytest.approx(first["saving_eur"])
    assert client.get(PATH, params={"revisions": True}).json()["weeks"][0]["revisions"] == []


def test_only_weeks_that_are_asked_for(client: TestClient, ports: Ports) -> None:
    settle(ports)
    asked = {"start": "2026-03-13T22:00:00+01:00", "end": "2026-03-20T00:00:00+01:00"}
    assert [week["id"] for week in client.get(PATH, params=asked).json()["weeks"]] == ["20260313T2100Z"]
    assert client.get(PATH, params={"start": "yesterday"}).status_code == 422
    assert client.get(PATH, params={"week": "1"}).status_code == 422


def test_the_table(client: TestClient, ports: Ports) -> None:
    settle(ports)
    answer = client.get(f"{PATH}.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 16
    body = client.get(PATH).json()
    told = sum(float(row["executed_eur"]) for row in rows if row["week_status"] == "closed")
    assert told == pytest.approx(body["total"]["closed"]["arms"]["executed"]["eur"])
    assert {row["hindsight_eur"] for row in rows if row["status"] == "open"} == {""}
