"""Why and what if over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.main import create_app
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.worlds import sample_world

MARK = {"X-Requested-With": "choco"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    world = sample_world(tmp_path_factory.mktemp("api"))
    assert run_job("sync", lambda w: sync_prices(w, 60), world)
    assert run_job("plan", plan_when_needed, world)
    with TestClient(create_app(world), raise_server_exceptions=False) as made:
        yield made


def test_why_and_why_not(client: TestClient) -> None:
    plan = client.get("/api/v1/plans/latest").json()
    batch = plan["runs"][0]["batch"]
    place = f"/api/v1/plans/latest/runs/{batch}/why"
    body = client.get(place).json()
    assert (body["sample"], body["plan"]) == (True, plan["id"])
    assert [row["process"] for row in body["runs"]] == ["mix", "bake"]
    night = client.post(place, json={"at": "2026-03-11T03:00:00+01:00"}, headers=MARK).json()
    assert night["forbidden"]["rules"] == ["attendance"]
    held = client.post(place, json={"at": body["runs"][1]["start"], "step": "bake"}, headers=MARK).json()
    assert held["forced"]["difference_eur"] == pytest.approx(0, abs=0.01), "within the gap of the plan"


def test_what_if(client: TestClient) -> None:
    before = client.get("/api/v1/plans").json()
    order = {"changes": ["price=+10%", "machine:oven=+1"], "time_limit_s": 1}
    body = client.post("/api/v1/plans/what-if", json=order, headers=MARK).json()
    assert body["changes"] == order["changes"]
    assert body["difference"]["cost_eur"] > 0
    assert client.get("/api/v1/plans").json() == before


def test_a_batch_may_have_any_name(client: TestClient) -> None:
    """Products are named in the file of the plant: "70/30" is one batch, not two parts of a path."""
    refused = client.get("/api/v1/plans/latest/runs/negro%2070%2F30-1/why")
    assert (refused.status_code, refused.json()["cause"]) == (404, "no_batch")
    assert "negro 70/30-1" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/plans/latest/runs/nothing/why", None, 404),
        ("POST", "/api/v1/plans/what-if", {"changes": []}, 422),
        ("POST", "/api/v1/plans/what-if", {"changes": ["colour=red"]}, 400),
        ("POST", "/api/v1/plans/what-if", {"changes": ["price=+1%"], "time_limit_s": 600}, 422),
        ("POST", "/api/v1/plans/latest/runs/nothing/why", {"at": "2026-03-11T03:00:00+01:00"}, 404),
        ("POST", "/api/v1/plans/latest/runs/nothing/why", {"at": "2026-03-11T03:00:00"}, 422),
    ],
)
def test_problems(client: TestClient, method: str, path: str, body: object, status: int) -> None:
    answer = client.request(method, path, json=body, headers=MARK)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.request("POST", path, json=body).status_code == 403
