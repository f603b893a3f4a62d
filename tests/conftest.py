"""Ground rules of the suite: no network beyond loopback, no skips in CI, state in temp folders.

Generated examples differ from run to run on a developer's machine and are fixed in CI.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
import structlog

from tests.influx_server import given_addresses, influx_server  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CHOCO_SHARED", ROOT.parent / "shared")).resolve()
IN_CI = os.environ.get("CI") == "true"
LOOPBACK = {"127.0.0.1", "::1", "localhost"} | given_addresses()

CALM = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
"""How fast a machine is says nothing of the code."""

hypothesis.settings.register_profile("calm", CALM)
hypothesis.settings.register_profile("ci", CALM, derandomize=True)
hypothesis.settings.load_profile("ci" if IN_CI else "calm")

MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 2**30
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    # Every write of a store waits for the disk, and thousands of writes are made.
    tempfile.tempdir = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

LONGEST = (
    "contracts/test_forecasters.py",
    "cli/test_cli.py",
    "contracts/test_source_faults.py",
    "house/test_types.py",
    "dashboard/test_plan_view.py",
    "contracts/test_stores.py",
    "dashboard/test_page.py",
    "services/test_backtest_learning.py",
    "dashboard/test_data_view.py",
    "dashboard/test_today.py",
    "dashboard/test_money.py",
    "services/test_backtest.py",
    "e2e/test_week_plan.py",
    "services/test_backtest_plans.py",
    "contracts/test_sources.py",
    "dashboard/test_whole_page.py",
    "dashboard/test_numbers.py",
    "services/test_advice.py",
    "unit/planners/test_assets.py",
    "unit/planners/test_properties.py",
    "unit/test_workers.py",
    "api/test_openapi.py",
    "dashboard/test_live.py",
    "services/test_score_forecasts.py",
    "house/test_generated.py",
    "services/test_reasons_to_plan.py",
    "services/test_production.py",
    "services/test_compare_models.py",
    "cli/test_backtest_cli.py",
    "e2e/test_door.py",
    "contracts/test_planners.py",
    "services/test_questions.py",
    "services/test_claude_runs.py",
    "cli/test_fleet_cli.py",
    "services/test_retrieval.py",
)
"""The longest files, longest first: with them at the end one worker would wait for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, the others as they come."""
    turns = {ROOT / "tests" / name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


def pytest_collection_finish() -> None:
    """What was collected stays; without this every collection of garbage would look through it."""
    gc.freeze()


def need(condition: bool, what: str) -> None:
    """Skip without `what` on a developer's machine; fail without it in CI."""
    if not condition:
        if IN_CI:
            pytest.fail(f"{what} must be there in CI", pytrace=False)
        pytest.skip(f"needs {what}")


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A command that runs within a test logs to that test's streams; the next test has its own."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves the machine is an error."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and str(address[0]) not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's shell reaches a test; state goes to a temp folder."""
    for name in list(os.environ):
        if name.startswith("CHOCO_") and name != "CHOCO_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHOCO_STATE", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and stand-in providers; CHOCO_SHARED=none says that there is none."""
    if os.environ.get("CHOCO_SHARED") == "none":
        pytest.skip("needs the shared folder, which CHOCO_SHARED=none does without")
    need(SHARED.is_dir(), f"the shared folder {SHARED}")
    return SHARED


class Upstream:
    """A running stand-in of all providers."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, path: str, body: object = None, method: str | None = None) -> Any:
        """Call the control interface, e.g. control("clock", {"now": "…"})."""
        data = None if body is None else json.dumps(body).encode()
        verb = method or ("POST" if data else "GET")
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=data, method=verb)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def at(self, now: str) -> Upstream:
        """Set the virtual clock and forget faults and requests."""
        self.control("clock", {"now": now})
        self.control("faults", method="DELETE")
        self.control("requests", method="DELETE")
        return self

    def settings(self, *, keys: bool = True) -> dict[str, str]:
        """Environment that points every source to this server, with made-up keys unless told otherwise."""
        keyed = {"ESIOS": "esios", "AEMET": "aemet", "OPENWEATHERMAP": "openweathermap"}
        names = {"REE": "ree", "OMIE": "omie", "OPEN_METEO": "open-meteo", **keyed}
        found = {f"CHOCO_{name}__BASE_URL": f"{self.url}/{path}" for name, path in names.items()}
        tokens = {f"CHOCO_{name}__TOKEN": f"token-of-{path}" for name, path in keyed.items()}
        return found | tokens if keys else found


@pytest.fixture(scope="session")
def upstream_server(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """One stand-in server for the whole session."""
    port_file = tmp_path_factory.mktemp("upstream") / "port"
    command = [sys.executable, "serve.py", "--port", "0", "--port-file", str(port_file), "--quiet", "--warm"]
    process = subprocess.Popen(
        command, cwd=shared / "upstream", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    try:
        while not (port_file.exists() and port_file.read_text().strip()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the stand-in providers did not start")
            time.sleep(0.05)
        yield Upstream(f"http://127.0.0.1:{port_file.read_text().strip()}")
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def upstream(upstream_server: Upstream) -> Upstream:
    """The stand-in providers at Tuesday 2026-03-10 21:00 in Madrid, without faults."""
    return upstream_server.at("2026-03-10T21:00:00+01:00")


@pytest.fixture(scope="session")
def warm_choco() -> Iterator[Callable[[dict[str, Any]], int]]:
    """Obeys an order of tests.warm_choco and returns the exit code."""
    command = [sys.executable, "-m", "tests.warm_choco"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=terminal()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, codes = process.stdin, process.stdout

        def obey(order: dict[str, Any]) -> int:
            print(json.dumps(order), file=orders, flush=True)
            return int(codes.readline())

        yield obey
        orders.close()


def terminal() -> dict[str, str]:
    """The environment of a command in a terminal of 100 columns."""
    return {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def choco(tmp_path: Path, warm_choco: Callable[[dict[str, Any]], int]) -> Run:
    """Run the command: choco("plan", "--json", env={…}, expect=0).

    Importing it takes a second, so that commands are copies of one process; `cold=True` starts the installed
    command anew, for what is read when a process starts: the terminal, the locale, the entry point.
    """

    def run(
        *args: str,
        env: dict[str, str] | None = None,
        expect: int | None = 0,
        timeout: int = 300,
        cold: bool = False,
    ) -> Any:
        command = [str(Path(sys.executable).with_name("choco")), *args]
        merged = {**terminal(), **(env or {})}
        if cold:
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                env=merged,
                timeout=timeout,
                cwd=tmp_path,
                check=False,
            )
        else:
            result = warm(command, merged, timeout)
        if expect is not None:
            assert result.returncode == expect, (
                f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
            )
        return result

    def warm(command: list[str], env: dict[str, str], timeout: int) -> subprocess.CompletedProcess[str]:
        with TemporaryDirectory(prefix="choco-") as said:
            out, err = Path(said, "out"), Path(said, "err")
            order = {"args": command[1:], "env": env, "folder": str(tmp_path), "seconds": timeout}
            code = warm_choco({**order, "out": str(out), "err": str(err)})
            texts = [path.read_text(encoding="utf-8") for path in (out, err)]
        return subprocess.CompletedProcess(command, code, *texts)

    return run
