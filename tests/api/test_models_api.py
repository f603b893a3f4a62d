"""Kept versions of models over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import AccessRules
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_model import promote
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.train_models import TrainRequest, train
from tests.services.model_samples import model_ports

PATH = "/api/v1/models"
MARKED = {"X-Requested-With": "test"}


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return model_ports(tmp_path, boosting=0.0, rival=1.0)


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def test_nothing_is_kept_yet(client: TestClient) -> None:
    body = client.get(PATH).json()
    assert [row["series"] for row in body["series"]] == ["spot", "pvpc"]
    assert body["series"][0]["serving"] == {"model": "boosting", "version": None}
    assert body["series"][0]["champion"]["chosen_by"] == "default"


def test_versions_choices_and_damage(client: TestClient, ports: Ports, tmp_path: Path) -> None:
    for _ in range(2):
        train(TrainRequest(("spot",), ("boosting", "rival")), ports, lambda *_: None)
    promote(ports, "spot", "rival")
    (tmp_path / "models" / "spot" / "rival" / "000002.json").write_text("{}", encoding="utf-8")
    answer = client.get(PATH)
    assert answer.status_code == 200
    row = answer.json()["series"][0]
    assert row["serving"] == {"model": "rival", "version": 1}
    assert [one["model"] for one in row["history"]] == ["rival"]
    found = {one["model"]: one["versions"] for one in row["models"]}
    assert [(one["version"], one["state"]) for one in found["rival"]] == [(2, "changed"), (1, "ok")]
    assert found["rival"][0]["learnt_at"] is None
    assert found["boosting"][0]["metrics"]["unseen_mae"] == {"D+2": 7.5}


def test_another_model_is_chosen_and_given_up_again(client: TestClient, ports: Ports) -> None:
    train(TrainRequest(("spot",), ("boosting", "rival")), ports, lambda *_: None)
    told = client.post(f"{PATH}/spot/promote", json={"model": "rival"}, headers=MARKED)
    assert told.status_code == 200
    assert told.json() == client.get(PATH).json()
    row = told.json()["series"][0]
    assert row["serving"] == {"model": "rival", "version": 1}
    assert row["champion"]["chosen_by"] == "by hand"
    row = client.post(f"{PATH}/spot/rollback", headers=MARKED).json()["series"][0]
    assert row["serving"] == {"model": "boosting", "version": 1}
    assert row["champion"]["chosen_by"] == "rolled back"
    held = client.post(f"{PATH}/spot/promote", json={"model": "rival", "version": 1}, headers=MARKED)
    assert held.json()["series"][0]["champion"]["version"] == 1
    audit = client.get("/api/v1/audit").json()["entries"]
    assert [one["action"] for one in audit] == ["promote"] * 3


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("spot/promote", {"model": "rival"}, 409),
        ("spot/promote", {"model": "nobody"}, 400),
        ("spot/promote", {"model": "rival", "version": 0}, 422),
        ("gas/promote", {"model": "rival"}, 422),
        ("spot/rollback", None, 400),
    ],
)
def test_what_cannot_serve_is_refused(
    client: TestClient, path: str, wish: dict[str, object] | None, status: int
) -> None:
    before = client.get(PATH).json()
    answer = client.post(f"{PATH}/{path}", json=wish, headers=MARKED)
    assert answer.status_code == status, answer.text
    assert answer.json()["hint"]
    assert client.get(PATH).json() == before


def test_a_viewer_may_not_choose(ports: Ports) -> None:
    world = World(ports, lambda: ports, offline=True)
    with TestClient(create_app(world, None, AccessRules(local_admin=False))) as client:
        assert client.post(f"{PATH}/spot/promote", json={"model": "rival"}, headers=MARKED).status_code == 403
        assert client.post(f"{PATH}/spot/rollback", headers=MARKED).status_code == 403
