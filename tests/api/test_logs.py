"""The log: ids of requests and runs on every line, also of threads; all of it JSON, of a real server too."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.jobs import Every
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.tasks.runner import Job, Scheduler
from tests.conftest import Run
from tests.e2e.door import door_before, free_port
from tests.worlds import empty_ports, tiny

ID, OURS = "X-Request-Id", r"[0-9a-f]{32}"
log = structlog.get_logger()
JSON_LOG = {"CHOCO_LOG_FORMAT": "json"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    ports = empty_ports(tmp_path_factory.mktemp("logs"), tiny())
    return World(ports, lambda: ports, offline=True)


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    made = create_app(world)

    def threaded() -> None:
        log.warning("in a thread")

    async def broken(request: Request) -> None:
        log.warning("on the loop")
        raise RuntimeError(f"broken at {request.url.path}")

    made.add_api_route("/threaded/{number}", threaded)
    made.add_api_route("/broken", broken)
    return made


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize("sent", ["abcdefgh", "A-b_" * 16, "0123456789abcdef"])
def test_the_id_of_the_proxy_is_taken(client: TestClient, sent: str) -> None:
    assert client.get("/version", headers={ID: sent}).headers[ID] == sent


@pytest.mark.parametrize(
    "sent", ["", "short", "x" * 65, "with space", 'quo"te-quote', "año-año-año", "a\tbcdefgh"]
)
def test_an_odd_id_is_not_taken(client: TestClient, sent: str) -> None:
    got = client.get("/version", headers={ID.encode(): sent.encode()}).headers[ID]
    assert got != sent
    assert re.fullmatch(OURS, got)


def test_two_ids_are_none(client: TestClient) -> None:
    got = client.get("/version", headers=[(ID, "first-of-two"), (ID, "second-of-two")])
    assert re.fullmatch(OURS, got.headers[ID])


def test_each_request_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({client.get("/version").headers[ID] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/plans/latest", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/prices?from=x", 422),
        ("POST", "/api/v1/plans", 403),
        ("GET", "/broken", 500),
    ],
)
def test_a_problem_names_its_request(client: TestClient, method: str, path: str, status: int) -> None:
    """Whoever refuses: a use case, the framework, the guard before the routes, the page of bugs."""
    with capture_logs():
        answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["request_id"] == answer.headers[ID]
    assert len(answer.headers.get_list(ID)) == 1


def test_every_line_of_a_request_has_its_id(client: TestClient) -> None:
    with capture_logs([merge_contextvars]) as lines:
        client.get("/threaded/7?token=hidden", headers={ID: "threaded-one"})
        client.get("/broken", headers={ID: "broken-one"})
        client.get("/version")
        log.warning("nobody's")
    assert [(one["event"], one.get("request_id")) for one in lines][:4] == [
        ("in a thread", "threaded-one"),
        ("request", "threaded-one"),
        ("on the loop", "broken-one"),
        ("request", "broken-one"),
    ]
    assert lines[4]["event"] == "request failed"
    assert lines[4]["request_id"] == "broken-one"
    assert "request_id" not in lines[-1], "what is logged outside of a request"
    assert "hidden" not in str(lines)


def test_a_line_says_route_status_time_and_kind_of_caller(client: TestClient) -> None:
    with capture_logs([merge_contextvars]) as lines:
        client.get("/api/v1/plans/secret-name")
        client.head("/api/v1/plans/secret-name")
        client.get("/not/there")
        client.get("/api/v1/plans/secret-name", headers={"Authorization": "Bearer wrong"})
        client.get("/not/secret-name", headers={"Authorization": "Bearer wrong"})
    told = [(one["method"], one["route"], one["status"], one.get("who")) for one in lines]
    assert told == [
        ("GET", "/api/v1/plans/{plan_id}", 404, "local"),
        ("HEAD", "/api/v1/plans/{plan_id}", 404, "local"),
        ("GET", "other", 404, None),
        ("GET", "/api/v1/plans/{plan_id}", 401, None),
        ("GET", "other", 404, None),
    ]
    assert all(one["log_level"] == "info" and 0 <= one["ms"] < 60_000 for one in lines)
    counted = client.get("/metrics").text
    assert 'choco_http_requests_total{route="/api/v1/plans/{plan_id}",status="401"} 1.0' in counted
    assert "secret-name" not in counted, "made-up addresses would be figures without end"


def test_a_caller_is_not_that_of_the_request_before(app: FastAPI) -> None:
    """On one connection the task of a request may make that of the next one."""

    async def both() -> None:
        for path in ("/api/v1/me", "/version"):
            head = {"type": "http", "method": "GET", "path": path, "query_string": b""}
            whence = {"headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 5), "http_version": "1.1"}
            await app({**head, **whence, "scheme": "http", "server": ("127.0.0.1", 80)}, receive, send)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None:
        pass

    with capture_logs([merge_contextvars]) as lines:
        asyncio.run(both())
    assert [(one["route"], one.get("who")) for one in lines] == [("/api/v1/me", "local"), ("/version", None)]


def test_lines_of_a_run_have_its_id(world: World) -> None:
    def work(_: World) -> None:
        log.warning("at work")
        raise DataMissing("nothing there")

    def idle(_: World) -> None:
        log.warning("idle")

    jobs = (Job("dig", work, Every(60), 60.0), Job("rest", idle, Every(60), 60.0))
    with capture_logs([merge_contextvars]) as lines:
        assert Scheduler(world, jobs, lambda _: nullcontext(True)).turn() == ["dig", "rest"]
        log.warning("nobody's")
    told = [(one["event"], one.get("job"), one.get("outcome")) for one in lines]
    assert told == [
        ("at work", "dig", None),
        ("job failed", "dig", None),
        ("job ended", "dig", "failed"),
        ("idle", "rest", None),
        ("job ended", "rest", "ok"),
        ("nobody's", None, None),
    ]
    first, second = {one["run_id"] for one in lines[:3]}, {one["run_id"] for one in lines[3:5]}
    assert len(first) == len(second) == 1
    assert first != second


FAILING = """
import logging, sys, threading, warnings
from chocolate_factory.core.logging import configure
configure("json", "info")
logging.getLogger("uvicorn.error").warning("Said by %s\\nin two lines", "another")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("lib").exception("asked https://host/?token=abcdef&x=1")
warnings.warn("old ways")
for work in (lambda: 1 / 0, sys.exit):
    thread = threading.Thread(target=work, name="digger")
    thread.start()
    thread.join()
class Lost:
    def __del__(self):
        raise ValueError("lost")
Lost()
raise SystemError("the end")
"""


def test_whatever_a_process_says_of_itself_is_json() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=False)
    lines = parsed(done.stderr)
    assert done.returncode == 1
    assert [one["level"] for one in lines] == ["warning", "error", "warning", "error", "error", "critical"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "Said by another\nin two lines",
        "level": "warning",
        "logger": "uvicorn.error",
        "timestamp": "",
    }
    assert "abcdef" not in done.stderr
    kinds = ["ZeroDivisionError", "ZeroDivisionError", "ValueError", "SystemError"]
    assert [one["exception"].splitlines()[-1].split(":")[0] for one in lines if "exception" in one] == kinds
    assert lines[3]["thread"] == "digger"


ASKED = """
from chocolate_factory.core.logging import configure, note_request
for form, level in (("console", "info"), ("console", "debug"), ("json", "info"), ("json", "warning")):
    configure(form, level)
    note_request(route=f"{form}-{level}")
configure("json", "info")
raise KeyboardInterrupt
"""


def test_a_person_is_told_of_requests_on_demand_and_of_ctrl_c_as_no_failure() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=False)
    person, machine, end = done.stderr.splitlines()
    assert "debug" in person
    assert "console-debug" in person
    assert (json.loads(machine)["route"], json.loads(machine)["level"]) == ("json-info", "info")
    assert (json.loads(end)["event"], json.loads(end)["level"]) == ("interrupted", "info")
    assert done.returncode == -signal.SIGINT


def parsed(text: str) -> list[dict[str, Any]]:
    """Lines of a log, each of which must be a JSON object with time, level and what it is about."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"timestamp", "level", "event"} <= one.keys() for one in lines)
    return lines


def test_a_wrong_setting_of_a_server_is_json(choco: Run) -> None:
    """A person who types a command is told in words, whatever the form of the log."""
    wrong = {**JSON_LOG, "CHOCO_PORT": "many"}
    (line,) = parsed(choco("serve", env=wrong, expect=6).stderr)
    assert (line["event"], line["level"]) == ("Wrong configuration", "error")
    assert "CHOCO_PORT" in line["reason"]
    assert choco("jobs", env=wrong, expect=6).stderr.startswith("Wrong configuration: Setting CHOCO_PORT")


def test_all_that_a_real_server_says_is_json(tmp_path: Path) -> None:
    """Behind the outer door, which makes the id whatever a reader sends, and hands it back."""
    port, err = free_port(), tmp_path / "err"
    (tmp_path / "factory.toml").write_text(tiny())
    told = {
        **JSON_LOG,
        "CHOCO_PORT": str(port),
        "CHOCO_STATE": str(tmp_path / "state"),
        "CHOCO_FACTORY": str(tmp_path / "factory.toml"),
        "CHOCO_OFFLINE": "1",
        "CHOCO_NOT_A_SETTING": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "8",
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_PLAN__TIME_LIMIT_S": "1",
        "CHOCO_FORECAST__MODEL": "naive-week",
    }
    command = [str(Path(sys.executable).with_name("choco")), "serve"]
    with err.open("w") as said, subprocess.Popen(command, env={**os.environ, **told}, stderr=said) as process:
        direct = asked(f"http://127.0.0.1:{port}/health", process)
        with door_before(f"127.0.0.1:{port}", tmp_path) as door:
            through = asked(f"http://127.0.0.1:{door.port}/api/v1/plans/none", process)
        ended(err, process)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    lines = parsed(err.read_text())
    events = {one["event"] for one in lines}
    assert {"unknown setting", "serving", "request", "job ended"} <= events
    requests = {one["request_id"]: one for one in lines if one["event"] == "request"}
    assert all({"method", "route", "status", "ms", "level"} <= one.keys() for one in requests.values())
    assert requests[through]["who"] == "anyone"
    assert requests[direct]["route"] == "/health", "nobody stands between"
    assert direct == "sent-by-reader"
    assert through != "sent-by-reader"
    assert requests[through]["status"] == 404
    assert len({one["run_id"] for one in lines if one["event"] == "job ended"}) >= 1


def ended(err: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a job of the server has ended: one that runs when the server stops says nothing more."""
    end = time.monotonic() + 240
    while '"job ended"' not in err.read_text():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


def asked(url: str, process: subprocess.Popen[bytes]) -> str:
    """Ask with an id until there is an answer; the id that came back."""
    request = urllib.request.Request(url, headers={ID: "sent-by-reader"})
    end = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return str(answer.headers[ID])
        except urllib.error.HTTPError as refused:
            return str(refused.headers[ID])
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
