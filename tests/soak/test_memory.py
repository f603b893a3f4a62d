"""What a real server takes: idle after its jobs, and at most while it plans and its models learn.

About 60 s of CPU: a year of real prices, the reference plant, every model.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT, Upstream
from tests.e2e.door import free_port

pytestmark = pytest.mark.soak

IDLE_MB, PEAK_MB = 350, 1200
LONGEST_S = 1800


@contextmanager
def serving(folder: Path, upstream: Upstream) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server on an empty state beside the stand-in providers, and its port."""
    port = free_port()
    told = {
        **upstream.settings(),
        "CHOCO_STATE": str(folder),
        "CHOCO_FACTORY": str(ROOT / "factory.toml"),
        "CHOCO_PORT": str(port),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_CLOCK_RATE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "365",
        "CHOCO_PLAN__TIME_LIMIT_S": "10",
    }
    command = [str(Path(sys.executable).with_name("choco")), "serve"]
    with subprocess.Popen(command, env={**os.environ, **told}, stderr=subprocess.DEVNULL) as server:
        try:
            yield server, port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(120)


def outcomes(port: int) -> dict[str, str | None]:
    """How the last run of each job ended."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/jobs", timeout=30) as answer:
        return {row["name"]: row["outcome"] for row in json.load(answer)["jobs"]}


def megabytes(process: int, what: str) -> float:
    """A figure of a process, `VmRSS` or `VmHWM`; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def children(process: int) -> list[int]:
    """Processes that were started by another, from any of its threads."""
    found = []
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        # A thread may end between the two looks.
        with suppress(OSError):
            found += [int(child) for child in thread.read_text().split()]
    return found


def test_idle_and_peak(tmp_path: Path, upstream: Upstream) -> None:
    with serving(tmp_path, upstream) as (server, port):
        end, learning, done = time.monotonic() + LONGEST_S, 0.0, False
        while not done:
            assert server.poll() is None
            assert time.monotonic() < end, "the models did not learn in time"
            time.sleep(0.25)
            learning = max([learning, *(megabytes(child, "VmHWM") for child in children(server.pid))])
            try:
                found = outcomes(port)
            except OSError:
                continue
            done = found["train"] not in {None, "running"} and found["forecast"] == "ok"
        idle, peak = megabytes(server.pid, "VmRSS"), megabytes(server.pid, "VmHWM")
        print(f"idle {idle:.0f} MB, peak {peak:.0f} MB, learning {learning:.0f} MB")
        assert {found[name] for name in ("prices", "plan", "train", "drivers")} == {"ok"}
        assert idle <= IDLE_MB
        assert learning > 100, "the process that learns was seen"
        assert max(peak, idle + learning) <= PEAK_MB
