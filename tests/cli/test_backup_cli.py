"""`choco backup` and `choco restore` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chocolate_factory.infrastructure.file_locks import FileLocks
from tests.conftest import Run
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "factory.toml").write_text(tiny("fixed"), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(tmp_path / "factory.toml"),
        "CHOCO_STATE": str(tmp_path / "var"),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_OFFLINE": "1",
    }


def test_back_up_lose_everything_and_restore(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    choco("stock", "loaf", "120", env=env)
    made = json.loads(choco("backup", "--json", env=env).stdout)
    archive = Path(made["path"])
    assert archive.parent == tmp_path / "var" / "backups"
    before = choco("stock", "--json", env=env).stdout
    choco("stock", "loaf", "7", env=env)
    assert "is not empty" in choco("restore", str(archive), env=env, expect=2).stderr
    with FileLocks(tmp_path / "var" / "locks")("serve"):
        told = choco("restore", str(archive), "--replace", env=env, expect=1).stderr
        assert "A server uses this state" in told
    told = json.loads(choco("restore", str(archive), "--replace", "--json", env=env).stdout)
    assert choco("stock", "--json", env=env).stdout == before
    assert (Path(told["aside"]) / "store.sqlite").is_file(), "what was there is not lost"
    elsewhere = {**env, "CHOCO_STATE": str(tmp_path / "other")}
    kept = Path(told["aside"]) / "backups" / archive.name
    choco("restore", str(kept), env=elsewhere)
    assert choco("stock", "--json", env=elsewhere).stdout == before


def test_a_store_that_cannot_be_opened_is_put_aside(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    choco("stock", "loaf", "120", env=env)
    made = json.loads(choco("backup", str(tmp_path / "safe"), "--json", env=env).stdout)
    (tmp_path / "var" / "store.sqlite").write_bytes(b"not a store at all" * 500)
    choco("restore", made["path"], "--replace", env=env)
    assert "120" in choco("stock", env=env).stdout


def test_what_is_no_backup_is_refused(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    assert "is not a file" in choco("restore", "nothing.tar.gz", env=env, expect=2).stderr
    (tmp_path / "text.tar.gz").write_text("hello")
    assert "not a backup" in choco("restore", str(tmp_path / "text.tar.gz"), env=env, expect=2).stderr
