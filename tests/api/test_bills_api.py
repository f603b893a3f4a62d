"""The bill over HTTP: the stored plans' load, the same answer as the command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_bill import BillRequest, make_bill
from tests.services.bills import WORKED, plan, site, tell

PATH = "/api/v1/bills"
MARCH = date(2026, 3, 1)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    made = site(tmp_path, WORKED)
    starts = month_window(MARCH).starts(15)
    tell(made, "spot", starts, np.linspace(20, 120, len(starts)))
    tell(made, "spot", starts[:4], np.full(4, 33.0), "2026-03-03T12:00:00+01:00")
    start = month_window(MARCH).start
    plan(made, Window(start, start + timedelta(days=14)), 104.0)
    plan(made, Window(start + timedelta(days=7), start + timedelta(days=25)), 30.0)
    return made


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def test_the_bill_of_a_month(client: TestClient, ports: Ports) -> None:
    answer = client.get(PATH, params={"month": "2026-03"})
    assert answer.status_code == 200
    body, told = answer.json(), make_bill(ports, BillRequest(MARCH))
    assert set(body) == {*told, "assumptions_es", "missing_es"}
    assert len(body["assumptions_es"]) == len(body["assumptions"]) and None not in body["missing_es"]
    assert any(text and text.startswith("El consumo es el que decían") for text in body["assumptions_es"])
    assert (body["from"], body["to"], body["status"]) == ("2026-03-01", "2026-03-31", "partial")
    assert body["total_eur"] == told["total_eur"]
    assert sum(Decimal(str(line["eur"])) for line in body["lines"]) == Decimal(str(body["total_eur"]))
    assert body["load"] == {"origin": "planned", "source": "2 plans", "resolution_min": 15}
    assert body["prices"]["corrected"][0]["day"] == "2026-03-01"
    assert any(row["eur"] > 0 for row in body["excess"])
    assert body["sample"] is False


def test_what_cannot_be_billed(client: TestClient) -> None:
    for month in ("2026-13", "march", "", "2026-03-01"):
        answer = client.get(PATH, params={"month": month})
        assert answer.status_code == 422, month
    assert client.get(PATH).status_code == 422
    later = client.get(PATH, params={"month": "2026-05"})
    assert (later.status_code, later.json()["type"]) == (400, "urn:chocolate-factory:UsageError")
    missing = client.get(PATH, params={"month": "2026-01"})
    assert (missing.status_code, missing.json()["type"]) == (409, "urn:chocolate-factory:DataMissing")
    assert client.post(PATH, headers={"X-Requested-With": "x"}).status_code == 405
