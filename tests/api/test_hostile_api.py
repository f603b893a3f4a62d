"""A plant that cannot do what is asked, over HTTP: every refusal is problem+json with reason and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.worlds import empty_ports, tiny

MARK = {"X-Requested-With": "choco"}
AWAY = 'power_kw = 11\nunavailable = [["2026-03-01T00:00", "2026-04-01T00:00"]]'


@contextmanager
def opened(folder: Path, text: str) -> Iterator[TestClient]:
    """The API of a plant on a fixed contract, which needs no market prices."""
    ports = empty_ports(folder, text)
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as client:
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with opened(tmp_path_factory.mktemp("api"), tiny("fixed").replace("power_kw = 11", AWAY)) as made:
        yield made


def test_an_impossible_demand_is_named(client: TestClient) -> None:
    answer = client.post("/api/v1/plans", json={"days": 2}, headers=MARK)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    body = answer.json()
    assert "2 of loaf due 2026-03-11T22:00:00+01:00 (blocked by machine)" in body["detail"]
    assert "Lower the demand, add a shift or a machine" in body["hint"]
    assert [(row["product"], row["batches"], row["rules"]) for row in body["conflicts"]] == [
        ("loaf", 2, ["machine"])
    ] * 2
    assert client.get("/api/v1/plans").json()["plans"] == []


@pytest.mark.parametrize(
    "order",
    [
        {"days": 0},
        {"days": -1},
        {"days": 15},
        {"days": 1e30},
        {"days": 1.5},
        {"days": "soon"},
        {"days": None},
        {"allow_late": "perhaps"},
        {"hours": 3},
        [],
        "plan",
        7,
        None,
    ],
)
def test_wrong_orders(client: TestClient, order: object) -> None:
    """Each fault is told with its place; nothing is planned."""
    answer = client.post("/api/v1/plans", json=order, headers=MARK)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] and answer.json()["hint"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"days": NaN}', b"[" * 3000, b""])
def test_bodies_that_are_no_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v1/plans", content=body, headers={**MARK, "Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_late_and_then_what_if(client: TestClient) -> None:
    """With lateness there is a plan of nothing; ten times the demand of nothing is left as well."""
    answer = client.post("/api/v1/plans", json={"days": 1, "allow_late": True}, headers=MARK)
    assert answer.status_code == 201
    plan = answer.json()
    assert (plan["runs"], plan["violations"]) == ([], [])
    assert sum(row["batches"] for row in plan["left_for_later"]) == 2
    wish = {"changes": ["demand=+900%"], "time_limit_s": 1}
    told = client.post("/api/v1/plans/what-if", json=wish, headers=MARK)
    assert told.status_code == 200
    assert told.json()["same_batches"] is False
    for change in ("machine:oven=-3", "machine:kiln=+1", "power=-500", "shift=25:00-26:00"):
        refused = client.post("/api/v1/plans/what-if", json={"changes": [change]}, headers=MARK)
        assert refused.status_code == 400, change
        assert refused.json()["detail"] and refused.json()["hint"]
    assert [row["id"] for row in client.get("/api/v1/plans").json()["plans"]] == [plan["id"]]


def test_a_plant_with_nothing_to_do(tmp_path: Path) -> None:
    text = tiny("fixed")
    with opened(tmp_path, text[: text.index("[[demand]]")]) as client:
        plan = client.post("/api/v1/plans", json={"days": 1}, headers=MARK).json()
        assert (plan["runs"], plan["late"]) == ([], [])
        assert plan["mip_gap"] == pytest.approx(0, abs=1e-9)
        assert client.get("/api/v1/dashboard").status_code == 200
