"""kill -9 during `choco sync`, twenty times at random moments (about two minutes)."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.conftest import ROOT, Run, Upstream

pytestmark = pytest.mark.soak
NOW = "2026-03-10T21:00:00+01:00"
FROM = "2024-06-01"
KILLS = 20
SPAN = Window(datetime(2024, 5, 31, 22, tzinfo=UTC), datetime(2026, 3, 11, 23, tzinfo=UTC))


def environment(upstream: Upstream, state: Path) -> dict[str, str]:
    factory = {"CHOCO_FACTORY": str(ROOT / "factory.toml"), "CHOCO_NOW": NOW, "CHOCO_STATE": str(state)}
    return {**os.environ, **upstream.settings(), **factory}


def kill_at(delay: float, env: dict[str, str]) -> bool:
    """Start a sync, kill it after `delay` seconds; whether it was still running."""
    command = [str(Path(sys.executable).with_name("choco")), "sync", "--from", FROM]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def content(state: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    store = SqliteStore(state / "store.sqlite")
    found = {key: store.read(key, SPAN) for key in PRICE_SERIES}
    return {key: (series.start, series.value) for key, series in found.items()}


def test_killed_syncs_lose_and_double_nothing(upstream: Upstream, choco: Run, tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    env = environment(upstream, killed)
    choco("sync", "--from", FROM, env=environment(upstream, whole))
    rng = random.Random(20260310)
    running = 0
    for _ in range(KILLS):
        running += kill_at(rng.uniform(0.4, 2.2), env)
        if (killed / "store.sqlite").exists():
            with sqlite3.connect(killed / "store.sqlite") as file:
                assert file.execute("pragma integrity_check").fetchone() == ("ok",)
    assert running >= KILLS // 2, "most syncs ended before they could be killed; the test proves nothing"
    choco("sync", "--from", FROM, env=env)
    again = choco("sync", "--from", FROM, "--json", env=env)
    assert '"changed": 0' in again.stdout
    left, right = content(killed), content(whole)
    for key in PRICE_SERIES:
        assert len(np.unique(left[key][0])) == len(left[key][0]), f"{key}: a slot twice"
        assert np.array_equal(left[key][0], right[key][0])
        assert np.array_equal(left[key][1], right[key][1])
