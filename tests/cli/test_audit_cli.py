"""The audit trail of commands: what changed something leaves its words, what only looked leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chocolate_factory.cli.access import remember
from chocolate_factory.cli.jobs import HELD
from chocolate_factory.domain.ports import Record
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.conftest import Run
from tests.worlds import NOW, tiny


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A plant of its own; a network name so that only commands write here."""
    (tmp_path / "factory.toml").write_text(tiny("fixed"))
    given = {
        "CHOCO_STATE": str(tmp_path / "state"),
        "CHOCO_FACTORY": str(tmp_path / "factory.toml"),
        "CHOCO_NOW": NOW.isoformat(),
        "CHOCO_OFFLINE": "1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("plan --days 1", "plan"),
        ("plan --list", ""),
        ("plan --stored --json", ""),
        ("plan --id=abc", ""),
        ("plan demand=+5% --what-if shift=x", ""),
        ("plan --help", ""),
        ("jobs", ""),
        ("jobs run backup", "jobs run"),
        (f"jobs run train {HELD} abc", ""),
        ("restore /backups/a.tar.gz --replace", "restore"),
        ("store copy influx", "store copy"),
        ("stock", ""),
        ("stock loaf 20", "stock"),
        ("log", ""),
        ("log undo r00001", "log undo"),
        ("models", ""),
        ("models promote lear", "models promote"),
        ("forecast", "forecast"),
        ("doctor", ""),
        ("ask what is secret", ""),
    ],
)
def test_what_changes_something_leaves_its_words(env: dict[str, str], arguments: str, kept: str) -> None:
    remember(arguments.split())
    store = SqliteStore(Path(env["CHOCO_STATE"]) / "store.sqlite")
    assert [row.body["action"] for row in store.find("audit")] == ([kept] if kept else [])


def test_a_job_that_is_run_by_hand_is_in_the_trail_and_paths_are_shown_as_they_are(
    choco: Run, env: dict[str, str]
) -> None:
    choco("jobs", "run", "settle", env=env)
    store = SqliteStore(Path(env["CHOCO_STATE"]) / "store.sqlite")
    body = {**store.find("audit")[0].body, "path": "/api/v1/jobs/[@x=(]/[bold]run"}
    store.save(Record("audit", "odd", NOW, body))
    assert [row["action"] for row in json.loads(choco("audit", "--json", env=env).stdout)] == ["jobs run"] * 2
    assert "/[@x=(]/[bold]run" in "".join(choco("audit", env=env).stdout.split())
