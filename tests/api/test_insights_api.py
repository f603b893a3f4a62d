"""Windows, deviations, alerts and the weekly report over HTTP: as the use cases say, refused in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.ports import Ports
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.find_windows import WindowsQuery, find_windows
from chocolate_factory.services.record_alerts import record_alerts
from chocolate_factory.services.report_page import POLICY
from chocolate_factory.services.report_week import ReportQuery, report_week
from chocolate_factory.services.tell_deviations import DeviationsQuery, tell_deviations
from tests.services.alert_worlds import plant
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
V1 = "/api/v1"


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    return plant(tmp_path_factory.mktemp("insights"), [60.0] * 60 + [1.0] * 4 + [60.0] * 16 + [400.0] * 4)


@pytest.fixture(scope="module")
def world(ports: Ports) -> World:
    return World(ports, lambda: ports, offline=True)


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world)) as made:
        yield made


def same(told: Any, found: Any) -> bool:
    """Whether an answer is what the use case told, as JSON."""
    return bool(told == json.loads(json.dumps(found)))


def test_windows(client: TestClient, ports: Ports) -> None:
    body = client.get(f"{V1}/insights/windows").json()
    assert same(body, find_windows(ports, WindowsQuery()))
    assert body["longest_step"]["process"] == "bake"
    asked = client.get(f"{V1}/insights/windows", params={"hours": 0.5, "days": 1, "count": 1}).json()
    assert (asked["hours"], len(asked["days"]), len(asked["overall"]["worst"])) == (0.5, 1, 1)
    assert asked["longest_step"] is None
    assert asked["days"][0]["best"][0]["start"] == "2026-03-11T15:00:00+01:00"


def test_deviations(client: TestClient, ports: Ports) -> None:
    body = client.get(f"{V1}/insights/deviations", params={"days": 3}).json()
    assert same(body, tell_deviations(ports, DeviationsQuery(days=3)))
    assert (body["state"], body["points"], body["hours_priced"]) == ("none", [], 59)


def test_alerts(client: TestClient, world: World) -> None:
    first = client.get(f"{V1}/insights/alerts").json()
    assert [row["opened_at"] for row in first["alerts"]] == [None] * 2 and first["history"] == []
    record_alerts(world)
    world.troubles["plan"] = Infeasible("No.")
    told = client.get(f"{V1}/insights/alerts", params={"lang": "es", "history": 1}).json()
    assert [row["kind"] for row in told["alerts"]] == ["plan_missing", "plan_infeasible", "price_spike"]
    assert [bool(row["opened_at"]) for row in told["alerts"]] == [True, False, True]
    assert told["alerts"][0]["text"] == "Todavía no se ha hecho ningún plan."
    assert len(told["history"]) == 1
    world.troubles.clear()


def test_the_report_in_each_form(client: TestClient, ports: Ports) -> None:
    asked = {"week": "2026-W10", "lang": "es"}
    body = client.get(f"{V1}/reports/weekly", params=asked).json()
    assert same(body, report_week(ports, ReportQuery("2026-W10", "es")))
    assert body["state"] == "missing"
    page = client.get(f"{V1}/reports/weekly", params={**asked, "format": "html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    assert 'filename="week-2026-W10-es.html"' in page.headers["content-disposition"]
    assert "No hay nada liquidado de esta semana" in page.text
    printed = client.get(f"{V1}/reports/weekly", params={**asked, "format": "pdf"})
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF-")
    seen = {"If-None-Match": printed.headers["etag"]}
    again = client.get(f"{V1}/reports/weekly", params={**asked, "format": "pdf"}, headers=seen)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("insights/windows?hours=0", 422),
        ("insights/windows?hours=0.3", 422),
        ("insights/windows?hours=nan", 422),
        ("insights/windows?hours=inf", 422),
        ("insights/windows?days=8", 422),
        ("insights/deviations?days=93", 422),
        ("insights/deviations?series=gas", 422),
        ("insights/alerts?lang=fr", 422),
        ("insights/alerts?history=-1", 422),
        ("reports/weekly?week=2026-W99", 400),
        ("reports/weekly?week=2026-W40", 400),
        ("reports/weekly?week=tomorrow", 422),
        ("reports/weekly?format=doc", 422),
    ],
)
def test_wrong_questions(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"{V1}/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_nothing_to_tell_of_an_empty_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = empty_ports(tmp_path_factory.mktemp("bare"), tiny())
    with TestClient(create_app(World(bare, lambda: bare, offline=True))) as client:
        assert client.get(f"{V1}/insights/windows").status_code == 409
        assert client.get(f"{V1}/insights/deviations").json()["state"] == "none"
        kinds = {row["kind"] for row in client.get(f"{V1}/insights/alerts").json()["alerts"]}
        assert {"plan_missing", "sample"} <= kinds
        assert client.get(f"{V1}/reports/weekly").json()["state"] == "missing"
