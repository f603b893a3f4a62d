"""`choco plan --export` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    return {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": "2026-03-10T21:00:00+01:00", "CHOCO_OFFLINE": "1"}


def test_plan_and_export(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    env = env | {"CHOCO_STATE": str(tmp_path / "state")}
    made = choco("plan", "--days", "2", "--time-limit", "5", "--export", "csv", "week.csv", "--json", env=env)
    answer = json.loads(made.stdout)
    assert f"Wrote {len(answer['runs'])} runs to week.csv" in made.stderr
    assert len((tmp_path / "week.csv").read_text("utf-8-sig").splitlines()) == len(answer["runs"]) + 1
    stored = choco("plan", "--id", answer["id"], "--export", "ics", "oven.ics", "--machine", "oven", env=env)
    assert answer["id"] in stored.stdout
    ovens = sum(run["machine"] == "oven" for run in answer["runs"])
    assert (tmp_path / "oven.ics").read_bytes().count(b"BEGIN:VEVENT") == ovens
    assert "docx" in choco("plan", "--export", "docx", "x", env=env, expect=2).stderr
    assert "--export" in choco("plan", "--machine", "oven", env=env, expect=2).stderr
