"""The API over a small running world: answers, problems, doors that stay shut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.api.guard import MAX_BODY
from chocolate_factory.core.errors import Unreachable
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.reasons_to_plan import reasons_to_plan
from chocolate_factory.tasks.keep_fresh import PLAN_DAYS, plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.services.papers import Paper, day_of, stock
from tests.services.papers import world as paper_world
from tests.worlds import empty_ports, sample_world, tiny

MARK = {"X-Requested-With": "choco"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = sample_world(tmp_path_factory.mktemp("api"))
    assert run_job("sync", lambda w: sync_prices(w, 60), made)
    assert run_job("plan", plan_when_needed, made)
    return made


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world), raise_server_exceptions=False) as made:
        yield made


def test_health_ready_version(client: TestClient) -> None:
    health = client.get("/health").json()
    assert (health["status"], health["sample"], health["trouble"], health["failing"]) == ("ok", True, [], [])
    assert health["series"]["ok"] == 4
    assert client.get("/ready").json() == {"ready": True, "sample": True, "reason": None}
    assert client.get("/version").json()["name"] == "chocolate-factory"


def test_dashboard_is_one_read(client: TestClient) -> None:
    body = client.get("/api/v1/dashboard").json()
    assert body["state"] == "ready"
    assert body["sample"] is True
    assert body["advice"]["action"] in {"run", "wait", "done"}
    assert body["plan"]["violations"] == []
    origins = {point["origin"] for point in body["prices"]["points"]}
    assert origins == {"sample", "forecast"}
    assert {row["series"] for row in body["data"]} >= {"spot", "pvpc"}


def test_prices_page_and_continue(client: TestClient) -> None:
    query = {"start": "2026-01-15T00:00:00+01:00", "end": "2026-03-10T00:00:00+01:00"}
    first = client.get("/api/v1/prices", params=query).json()
    assert len(first["points"]) == 3000
    seen = [point["start"] for point in first["points"]]
    rest = client.get("/api/v1/prices", params={**query, "start": first["next_start"]}).json()
    seen += [point["start"] for point in rest["points"]]
    assert len(seen) == len(set(seen)) == 54 * 96
    assert rest["next_start"] is None


def test_as_of_hides_what_was_not_known(client: TestClient) -> None:
    query = {"start": "2026-03-10T00:00:00+01:00", "as_of": "2026-03-09T12:00:00+01:00"}
    assert client.get("/api/v1/prices", params=query).json()["points"] == []


def test_provenance_adds_unit_and_revisions(client: TestClient) -> None:
    query = {"start": "2026-03-10T00:00:00+01:00", "end": "2026-03-10T01:00:00+01:00", "series": "pvpc"}
    (plain,) = client.get("/api/v1/prices", params=query).json()["points"]
    (full,) = client.get("/api/v1/prices", params={**query, "detail": "provenance"}).json()["points"]
    assert (plain["unit"], plain["revisions"]) == (None, None)
    assert full["unit"] == "EUR/MWh"
    assert full["revisions"] == [
        {
            "value": full["price_eur_mwh"],
            "minutes": 60,
            "origin": "sample",
            "source": "sample",
            "available_at": full["available_at"],
            "change": None,
        }
    ]


def test_plans_list_read_make(client: TestClient) -> None:
    made = client.post("/api/v1/plans", json={"days": 1}, headers=MARK)
    assert made.status_code == 201
    plan = made.json()
    assert client.get(f"/api/v1/plans/{plan['id']}").json() == plan
    assert client.get("/api/v1/plans/latest").json()["id"] == plan["id"]
    assert plan["id"] in {row["id"] for row in client.get("/api/v1/plans").json()["plans"]}


def test_forecast_and_holes(client: TestClient) -> None:
    forecast = client.get("/api/v1/forecasts/latest").json()
    assert forecast["sample"] is True
    assert forecast["points"]
    assert client.get("/api/v1/holes").json() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/plans/nothing-here", 404),
        ("GET", "/api/v1/prices?series=wine", 422),
        ("GET", "/api/v1/prices?series=gas", 409),
        ("GET", "/api/v1/prices?detail=everything", 422),
        ("GET", "/api/v1/holes?days=0", 422),
        ("GET", "/api/v1/holes/heal", 405),
        ("GET", "/api/v1/prices?start=2026-03-10", 422),
        ("GET", "/api/v1/prices?start=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/api/v1/prices?start=1989-12-31T23:59:59Z", 422),
        ("GET", "/api/v1/prices?end=9999-12-31T23:59:59-12:00", 422),
        ("GET", "/api/v1/prices?as_of=0001-01-01T00:00:00Z", 422),
        ("GET", "/api/v1/weather/forecast?as_of=0001-01-01T00:00:00Z", 422),
        ("GET", "/api/v1/weather/forecast?as_of=9999-12-31T23:59:59-14:00", 422),
        ("GET", "/api/v1/prices?start=2026-03-10T00:00:00Z&end=2026-03-09T00:00:00Z", 400),
        ("GET", "/nowhere", 404),
        ("DELETE", "/api/v1/plans", 405),
    ],
)
def test_problems_are_problem_json(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, headers=MARK)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["hint"]


def test_the_widest_window_that_may_be_asked_for_is_answered(client: TestClient) -> None:
    query = {"start": "1990-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
    for as_of in query.values():
        assert client.get("/api/v1/prices", params={**query, "as_of": as_of}).status_code == 200
        assert client.get("/api/v1/weather/forecast", params={"as_of": as_of}).status_code == 200


BAD = date(2026, 2, 10)


@pytest.fixture
def broken(tmp_path: Path) -> tuple[World, Paper]:
    """A real world with a day missing, and the source that has it."""
    omie = Paper("omie", ("spot",), 1)
    real = paper_world(tmp_path / "real", omie)
    stock(real, "spot", date(2026, 2, 1), date(2026, 3, 11), day_of(BAD))
    return World(real, lambda: real), omie


def test_holes_are_listed_and_healed(broken: tuple[World, Paper]) -> None:
    world, omie = broken
    omie.gaps.add(BAD)
    with TestClient(create_app(world)) as client:
        (hole,) = client.get("/api/v1/holes").json()
        assert (hole["series"], hole["missing"], hole["severity"]) == ("spot", 96, "critical")
        assert (hole["source"], hole["reason"], hole["again"]) == ("omie", "not asked for yet", None)
        told = client.post("/api/v1/holes/heal", json={}, headers=MARK).json()
        assert (told["found"], told["closed"]) == (96, 0)
        assert told["left"][0]["reason"] == "omie: has nothing"
        assert told["left"][0]["again"] == "2026-03-10T21:00:00Z"
        omie.gaps.clear()
        assert client.post("/api/v1/holes/heal", json={}, headers=MARK).json()["closed"] == 0
        wish = {"series": ["spot"], "now": True}
        told = client.post("/api/v1/holes/heal", json=wish, headers=MARK).json()
        assert told["series"] == [{"series": "spot", "found": 96, "closed": 96}]
        assert (told["left"], told["failures"]) == ([], [])
        assert client.get("/api/v1/holes").json() == []


def test_healing_does_not_wait_for_a_job(
    broken: tuple[World, Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, omie = broken
    monkeypatch.setattr("chocolate_factory.api.routers.prices.WAIT_S", 0.05)
    with TestClient(create_app(world)) as client:
        with world.working("sync"):
            answer = client.post("/api/v1/holes/heal", json={}, headers=MARK)
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:chocolate-factory:Busy"
        assert answer.json()["detail"] == "Busy with sync."
        assert "minute" in answer.json()["hint"]
        assert (omie.asked, world.activity) == ([], None)
        assert client.post("/api/v1/holes/heal", json={}, headers=MARK).json()["closed"] == 96


def test_health_tells_what_is_late_and_who_fails(broken: tuple[World, Paper]) -> None:
    world, omie = broken
    with TestClient(create_app(world)) as client:
        body = client.get("/health").json()
        assert body["status"] == "degraded"
        assert body["series"]["late"] == 1
        assert [row["series"] for row in body["trouble"]] == ["spot"]
        omie.error = Unreachable("no connection", source="omie")
        told = client.post("/api/v1/holes/heal", json={}, headers=MARK).json()
        assert told["failures"][0] == {
            "source": "omie",
            "series": "spot",
            "error": "Unreachable",
            "reason": "no connection",
            "first_day": "2026-02-10",
            "last_day": "2026-02-10",
        }
        body = client.get("/health").json()
        assert [(row["source"], row["reason"]) for row in body["failing"]] == [("omie", "no connection")]
        assert body["trouble"][0]["state"] == "failing"
        assert body["trouble"][0]["remedy"]
        omie.error = None
        client.post("/api/v1/holes/heal", json={}, headers=MARK)
        body = client.get("/health").json()
        assert (body["status"], body["trouble"], body["failing"]) == ("ok", [], [])


@pytest.mark.parametrize(
    ("body", "status"),
    [({"series": ["gas"]}, 400), ({"series": ["wine"]}, 400), ({"days": 3}, 422), ({"series": "spot"}, 422)],
)
def test_wrong_wishes_to_heal(broken: tuple[World, Paper], body: dict[str, Any], status: int) -> None:
    with TestClient(create_app(broken[0])) as client:
        answer = client.post("/api/v1/holes/heal", json=body, headers=MARK)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert broken[1].asked == []


def test_healing_needs_the_mark_and_the_outside(client: TestClient) -> None:
    assert client.post("/api/v1/holes/heal", json={}).status_code == 403
    answer = client.post("/api/v1/holes/heal", json={}, headers=MARK)
    assert answer.status_code == 502
    assert "CHOCO_OFFLINE" in answer.json()["detail"]


def test_writing_needs_the_mark(client: TestClient) -> None:
    assert client.post("/api/v1/plans", json={"days": 1}).status_code == 403


def test_large_or_unmeasured_bodies_are_refused(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"{}"

    assert client.post("/api/v1/plans", content=b"x" * (MAX_BODY + 1), headers=MARK).status_code == 413
    assert client.post("/api/v1/plans", content=chunks(), headers=MARK).status_code == 413


def test_foreign_host_names_are_refused(client: TestClient) -> None:
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/health", "/", "/nowhere", "/api/v1/dashboard"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_a_bug_says_nothing_of_the_inside(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("chocolate_factory.api.routers.dashboard.knowledge_of", broken)
    answer = client.get("/api/v1/dashboard")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_plan_is_not_made_twice_for_the_same_knowledge(world: World) -> None:
    assert not reasons_to_plan(world.ports(), PLAN_DAYS) or world.ports().store.find("plan", limit=1)


def test_before_the_first_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    real = empty_ports(tmp_path_factory.mktemp("empty"), tiny())
    world = World(real, lambda: real, offline=True)
    with TestClient(create_app(world)) as client:
        assert client.get("/ready").status_code == 503
        body = client.get("/api/v1/dashboard").json()
        assert body["state"] == "preparing"
        assert body["plan"] is None
        assert body["prices"] is None
        assert client.get("/api/v1/plans/latest").json()["type"].endswith("NotFound")


def test_a_failing_job_is_shown_and_recovers(world: World) -> None:
    def failing(_: World) -> None:
        raise RuntimeError("unexpected")

    assert not run_job("sync", failing, world)
    assert world.troubles["sync"].hint
    assert run_job("sync", lambda w: None, world)
    assert "sync" not in world.troubles
