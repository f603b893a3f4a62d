"""`choco jobs`: the list, a run on demand, a run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chocolate_factory.cli.jobs import run_apart
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.jobs import Daily, JobInfo
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.services.keep_jobs import last_run
from chocolate_factory.tasks.runner import Overdue
from chocolate_factory.wiring import build_world
from tests.conftest import Run
from tests.worlds import tiny

NOW = "2026-03-10T21:00:00+01:00"
MADRID_NIGHT = Daily(4)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_STATE": str(tmp_path / "var"),
        "CHOCO_NOW": NOW,
        "CHOCO_OFFLINE": "1",
    }


def test_list_run_and_list_again(choco: Run, env: dict[str, str]) -> None:
    rows = {row["name"]: row for row in json.loads(choco("jobs", "--json", env=env).stdout)}
    assert len(rows) >= 11
    assert {row["outcome"] for row in rows.values()} == {None}
    ran = json.loads(choco("jobs", "run", "heal", "--json", env=env).stdout)
    assert (ran["outcome"], ran["runs"], ran["started"]) == ("ok", 1, NOW)
    assert ran["next_at"].startswith("2026-03-11T03:30")
    assert "heal" in choco("jobs", "list", env=env).stdout


def test_unknown_or_busy_jobs_say_so(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    assert "No job is called 'hel'" in choco("jobs", "run", "hel", env=env, expect=3).stderr
    with FileLocks(tmp_path / "var" / "locks")("heal"):
        assert "Another process runs heal" in choco("jobs", "run", "heal", env=env, expect=1).stderr


def test_a_job_apart_keeps_its_work_and_tells_its_failure(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    world = build_world(settings)
    run_apart(settings, JobInfo("plan", MADRID_NIGHT, 600.0), world)
    (plan,) = world.real.store.find("plan", limit=1)
    assert plan.at.isoformat().startswith("2026-03-10T20:00")
    assert last_run(world.real.store, "plan") is None, "the caller keeps the state"
    with pytest.raises(Overdue, match="plan was ended after 0 minutes"):
        run_apart(settings, JobInfo("plan", MADRID_NIGHT, 0.05), world)
    with pytest.raises(ChocolateError, match="told nothing"):
        run_apart(settings, JobInfo("nothing", MADRID_NIGHT, 600.0), world)


SERVER = """
from chocolate_factory.cli.jobs import run_apart
from chocolate_factory.core.config import load_settings
from chocolate_factory.domain.jobs import Daily, JobInfo
from chocolate_factory.wiring import build_world
settings = load_settings()
run_apart(settings, JobInfo("train", Daily(4), 600.0), build_world(settings))
"""


def test_a_job_apart_ends_with_the_server_that_started_it(env: dict[str, str]) -> None:
    """However that ends: with it went the lock that keeps others from running the same job."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], env={**os.environ, **env})
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    end = time.monotonic() + 120
    while not children.read_text() and time.monotonic() < end:
        time.sleep(0.01)
    (child,) = map(int, children.read_text().split())
    server.kill()
    server.wait()
    end = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_alive(child)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
