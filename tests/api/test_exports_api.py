"""Exports over HTTP: names, types, tags, filters."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar

from chocolate_factory.domain.ports import Ports
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import empty_ports, tiny

LATEST = "/api/v1/plans/latest/exports"
TYPES = {
    "ics": ("text/calendar", "inline"),
    "csv": ("text/csv", "attachment"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
    "html": ("text/html", "inline"),
    "pdf": ("application/pdf", "inline"),
}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    return empty_ports(tmp_path_factory.mktemp("exports"), tiny("fixed"))


@pytest.fixture(scope="module")
def plan(ports: Ports) -> Any:
    return make_plan(ports, PlanRequest(days=2))


@pytest.fixture(scope="module")
def client(ports: Ports, plan: Any) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


@pytest.mark.parametrize("name", TYPES)
def test_a_file_of_each_format(client: TestClient, plan: Any, name: str) -> None:
    kind, shown = TYPES[name]
    for address in (LATEST, f"/api/v1/plans/{plan['id']}/exports"):
        answer = client.get(f"{address}/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == f'{shown}; filename="plan-{plan["id"]}.{name}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = client.get(f"{address}/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"{LATEST}/{name}", params={"lang": "es"}).headers["etag"]
    assert other != answer.headers["etag"]


def test_filters(client: TestClient, plan: Any) -> None:
    answer = client.get(f"{LATEST}/ics", params={"machine": "mixer", "shift": 1})
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) == sum(run["machine"] == "mixer" for run in plan["runs"]) > 0


def test_the_page_may_use_its_own_style_only(client: TestClient) -> None:
    answer = client.get(f"{LATEST}/html")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_what_is_refused(client: TestClient) -> None:
    for path, params, status in (
        ("latest/exports/docx", {}, 422),
        ("latest/exports/csv", {"machine": "stove"}, 400),
        ("latest/exports/csv", {"shift": 9}, 400),
        ("latest/exports/csv", {"shift": 0}, 422),
        ("latest/exports/csv", {"lang": "fr"}, 422),
        ("never/exports/csv", {}, 404),
    ):
        answer = client.get(f"/api/v1/plans/{path}", params=params)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.post(f"{LATEST}/csv", headers={"X-Requested-With": "x"}).status_code == 405
