"""Two syncs at once and a disk that is full: nothing lost, nothing doubled (about a minute)."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.copy_store import checksum
from tests.conftest import ROOT, Run, Upstream, need
from tests.soak.test_heal_year import YEAR

pytestmark = pytest.mark.soak

NOW = "2026-03-10T21:00:00+01:00"
FROM = "2025-09-01"


def environment(upstream: Upstream, state: Path) -> dict[str, str]:
    plant = {"CHOCO_FACTORY": str(ROOT / "factory.toml"), "CHOCO_NOW": NOW, "CHOCO_STATE": str(state)}
    return {**os.environ, **upstream.settings(), **plant}


def content(state: Path) -> dict[str, str]:
    """A checksum of every revision of every series, and the rows that are there twice."""
    with closing(sqlite3.connect(state / "store.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store = SqliteStore(state / "store.sqlite")
    return {key: checksum(store.revisions(key, YEAR)) for key in CATALOG}


def test_two_syncs_at_once_store_what_one_does(upstream: Upstream, choco: Run, tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    choco("sync", "--from", FROM, env=environment(upstream, alone))
    command = [str(Path(sys.executable).with_name("choco")), "sync", "--from", FROM, "--json"]
    env = environment(upstream, shared)
    both = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [json.loads(process.communicate(timeout=300)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(report["failures"] == [] for report in told)
    assert content(shared) == content(alone)
    assert json.loads(choco("sync", "--from", FROM, "--json", env=env).stdout)["changed"] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 3 MB."""
    need(os.geteuid() == 0 and shutil.which("mount") is not None, "root and mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    need(made.returncode == 0, f"the right to mount ({made.stderr.decode().strip()})")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_was_stored_stays(
    upstream: Upstream, choco: Run, tmp_path: Path, small_disk: Path
) -> None:
    env = environment(upstream, small_disk / "state")
    full = choco("sync", "--from", FROM, "--json", env=env, expect=6)
    problem = json.loads(full.stdout)
    assert "the disk is full" in problem["detail"]
    assert "Free some space" in problem["hint"]
    with closing(sqlite3.connect(small_disk / "state" / "store.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM revision").fetchone()[0] > 0
    choco("holes", "--json", env=env)
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    choco("sync", "--from", FROM, env=env)
    whole = tmp_path / "whole"
    choco("sync", "--from", FROM, env=environment(upstream, whole))
    assert content(small_disk / "state") == content(whole)
