"""Jobs over HTTP: what is known of them, and asking for one."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from fastapi.testclient import TestClient

from chocolate_factory.domain.jobs import Every
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.tasks.runner import Job, Scheduler
from tests.worlds import empty_ports, tiny

MARK = {"X-Requested-With": "test"}


def test_jobs_are_listed_asked_for_and_run(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny("fixed"))
    world = World(ports, lambda: ports, offline=True)
    ran: list[str] = []
    jobs = (Job("count", lambda _: ran.append("count"), Every(60), 60.0),)
    scheduler = Scheduler(world, jobs, lambda _: nullcontext(True))
    client = TestClient(create_app(world), client=("127.0.0.1", 50000))
    (row,) = client.get("/api/v1/jobs").json()["jobs"]
    assert (row["name"], row["cadence"], row["outcome"]) == ("count", "every 60 min", None)
    scheduler.turn()
    (row,) = client.get("/api/v1/jobs").json()["jobs"]
    assert (row["outcome"], row["runs"]) == ("ok", 1)
    asked = client.post("/api/v1/jobs/count/run", headers=MARK)
    assert (asked.status_code, asked.json()) == (202, {"name": "count", "asked": True})
    assert scheduler.turn() == ["count"]
    assert client.post("/api/v1/jobs/other/run", headers=MARK).status_code == 404
