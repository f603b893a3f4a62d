"""`choco backtest` as a user types it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny

NOW = "2026-03-10T21:00:00+01:00"
SHORT = ("backtest", "--models", "naive-week", "--every", "10", "--jobs", "1")
TRACKS = [("spot", "11:30"), ("spot", "13:30"), ("pvpc", "13:30"), ("pvpc", "20:30")]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": NOW,
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "60",
    }


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--series", "gas"], 2, "--series gas"),
        (["--gate", "noon"], 2, "HH:MM"),
        (["--gate", "13:30:30"], 2, "HH:MM"),
        (["--models", "oracle"], 2, "naive-kind"),
        (["--every", "0"], 2, "--every"),
        (["--jobs", "0"], 2, "--jobs"),
        (["--learn-every", "0"], 2, "--learn-every"),
        (["--window", "A"], 2, "NAME=FROM:TO"),
        (["--window", "A=2026-03-02:2026-03-01"], 2, "before"),
        (["--window", "A=2026-03-02:soon"], 2, "YYYY-MM-DD"),
        (["--window", "A=2026-02-01:2026-02-02", "--window", "A=2026-02-03:2026-02-04"], 2, "twice"),
        (["--from", "2026-02-02", "--window", "A=2026-02-01:2026-02-03"], 2, "not within"),
        (["--decision", "--every", "2"], 2, "--every"),
        (["--decision", "--gate", "11:30"], 2, "spot at 13:30"),
        (["--live", "--decision"], 2, "--live"),
        (["--live", "--plans"], 2, "--live"),
        (["--plans", "--decision"], 2, "--plans does not go with"),
        (["--plans", "--series", "spot"], 2, "--plans does not go with"),
        (["--plans", "--every", "2"], 2, "--plans does not go with"),
        (["--plans", "--models", "oracle"], 2, "naive-kind"),
        (["--plans", "--from", "2026-03-02", "--to", "2026-03-04"], 2, "No whole week"),
        (["--seconds", "3"], 2, "--plans only"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], 2, "before"),
        (["--out", "no/such/folder/x.json"], 2, "no folder"),
        (["--from", "2024-01-01", "--to", "2024-01-02"], 3, "No pvpc prices are stored"),
        pytest.param(  # waits ten seconds for a scheduler
            ["--models", "naive-week", "--dask", "tcp://127.0.0.1:9", "--every", "10"],
            6,
            "--dask",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_wrong_use_is_one_sentence(
    choco: Run, env: dict[str, str], args: list[str], code: int, words: str
) -> None:
    result = choco("backtest", *args, env=env, expect=code)
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_json_and_the_files(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "board.json"
    body = json.loads(choco(*SHORT, "--json", "--out", str(out), env=env).stdout)
    assert json.loads(out.read_text(encoding="utf-8")) == body
    assert out.with_suffix(".md").read_text(encoding="utf-8").startswith("# Backtest\n")
    assert body["sample"] is True
    assert [(t["series"], t["gate"]) for t in body["tracks"]] == TRACKS
    for track, first in zip(body["tracks"], (1, 2, 1, 2), strict=True):
        assert [row["model"] for row in track["models"]] == ["naive-week", "naive-kind"]
        assert track["truth_to"] <= "2026-03-11"
        for row in track["models"]:
            assert {"mae", "rmse", "rmae_week", "rmae_kind", "pinball", "dm_p", "coverage_80"} <= set(
                row["overall"]
            )
            assert [one["lead"] for one in row["leads"]] == list(range(first, first + 7))
    assert f"$ {body['command']}\n" in out.with_suffix(".md").read_text(encoding="utf-8")
    again = json.loads(choco(*SHORT, "--json", env=env).stdout)
    assert again["tracks"] == body["tracks"]


def test_windows_and_decisions(choco: Run, env: dict[str, str]) -> None:
    days = "2026-02-01", "2026-02-07"
    window = ("--window", f"A={days[0]}:{days[1]}")
    asked = ("--models", "naive-week", "--jobs", "1", "--decision", *window)
    first = json.loads(choco("backtest", *asked, "--json", env=env).stdout)
    assert (first["first"], first["last"]) == days
    for track in first["tracks"]:
        usual = (track["series"], track["gate"]) in TRACKS[1::2]
        assert ("decision" in track) == usual
        assert [one["name"] for one in track["windows"]] == ["A"]
        if usual:
            assert track["decision"]["weeks"] == 1
            assert track["windows"][0]["decision"]["models"] == track["decision"]["models"]
            assert {row["violations"] for row in track["decision"]["models"]} == {0}
    words = shlex.split(first["command"])
    assert words[:2] == ["choco", "backtest"]
    again = choco(*words[1:], "--jobs", "1", env=env)
    assert "captured" in again.stdout
    assert "A: spot at 13:30" in again.stdout
    assert json.loads(choco(*words[1:], "--jobs", "1", "--json", env=env).stdout)["tracks"] == first["tracks"]


def test_the_table_for_people(choco: Run, env: dict[str, str]) -> None:
    result = choco(*SHORT, "--series", "pvpc", "--gate", "11:30", env=env)
    assert "pvpc at 11:30" in result.stdout
    assert "D+1" in result.stdout
    assert "headline" in result.stderr
    assert "SAMPLE DATA" in result.stderr


@pytest.mark.soak
def test_plans_of_whole_weeks(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "plans.json"
    days = ("--from", "2026-02-27", "--to", "2026-03-06")
    asked = ("backtest", "--plans", *days, "--models", "naive-week", "--seconds", "0.1")
    body = json.loads(choco(*asked, "--jobs", "2", "--json", "--out", str(out), env=env).stdout)
    assert json.loads(out.read_text(encoding="utf-8")) == body
    assert out.with_suffix(".md").read_text(encoding="utf-8").startswith("# Weeks of plans\n")
    assert (body["sample"], body["weeks"], body["unequal_weeks"]) == (True, 1, [])
    assert [row["model"] for row in body["models"]] == ["naive-week"]
    assert [row["violations"] for row in body["arms"]] == [0] * 3
    kept = tmp_path / "state" / "sample" / "backtests" / "plans"
    assert len(list(kept.glob("*.json"))) == 2
    before = {path: path.stat().st_mtime_ns for path in kept.glob("*.json")}
    told = choco(*shlex.split(body["command"])[1:], "--jobs", "1", env=env)
    assert {path: path.stat().st_mtime_ns for path in kept.glob("*.json")} == before
    assert "captured" in told.stdout
    assert "SAMPLE DATA" in told.stderr
    fixed = tmp_path / "fixed.toml"
    fixed.write_text(tiny("fixed"), encoding="utf-8")
    result = choco("backtest", "--plans", env={**env, "CHOCO_FACTORY": str(fixed)}, expect=2)
    assert "fixes its prices" in result.stderr


@pytest.mark.soak
def test_a_killed_run_leaves_no_process_and_goes_on(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    choco(*SHORT, env=env)
    kept = tmp_path / "state" / "sample" / "backtests"
    command = [str(Path(sys.executable).with_name("choco")), "backtest", "--again", "--jobs", "2"]
    marked = {**os.environ, **env, "BACKTEST_OF": str(tmp_path)}
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("*.npz")}
    with subprocess.Popen(command, env=marked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 300
        while sum(before.get(p) != p.stat().st_mtime_ns for p in kept.rglob("*.npz")) < 3:
            assert process.poll() is None or process.returncode == 0
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while left := marked_processes(f"BACKTEST_OF={tmp_path}"):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    body = json.loads(choco("backtest", "--jobs", "1", "--every", "5", "--json", env=env).stdout)
    assert body["tracks"][0]["models"][0]["overall"]["mae"] > 0


def marked_processes(mark: str) -> list[str]:
    """Running processes with this in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in place.read_bytes():
                found.append(place.parent.name)
        except OSError:
            continue
    return found
