"""What questions cost on a year of real prices: each tool alone, and answers through the stand-in of Claude.

Own time is that of the whole less that of the SDK alone with the same requests. A sentence is shown when it
is whole and checked, so that what comes in pieces, as from a real model, is waited for: that is told apart.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from chocolate_factory.core.logging import configure
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.roles import CLI
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace
from chocolate_factory.main import create_app, server_of
from chocolate_factory.services.ask_question import AskRules, Desk, Question, ask_question
from chocolate_factory.services.assistant.tools import PRIVATE, TOOLS, call_tool
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.sync_series import SyncRequest, sync
from tests.bench.bench_api import ROOT
from tests.conftest import SHARED
from tests.worlds import NOW, empty_ports

DAYS, REPEATS, ROUNDS = 366, 5, 20
TODAY = date(2026, 3, 10)
QUIET = subprocess.DEVNULL
MODEL, KEY = "claude-haiku-4-5", "a-key"
FILES = {"spot": "omie_dayahead", "pvpc": "pvpc_2_0td_hourly"}
GIVEN: dict[str, Any] = {
    **{"day": "2026-03-10", "at": "14:30", "hours": 3, "month": "2026-02", "days": 30},
    **{"machine": "conche", "product": "", "batch": "", "series": "spot"},
}
THREE = ("why_batch", "alerts", "day_prices")
"""The two slowest among them."""

SENTENCE, PIECE_MS = "Eso es todo lo que se sabe.", 30
"""Twelve characters, some three tokens of a small model, come together."""

ANSWER = {"text": f"{SENTENCE} No hay nada más."}
CALLS = {"content": [{"type": "tool_use", "name": name, "input": {}} for name in THREE]}
Row = tuple[str, float, str]
Body = dict[str, Any]


def year_ports(folder: Path) -> Ports:
    """The project's own plant with a year of real prices, sample data for what else there is, and a plan."""
    text = (ROOT / "factory.toml").read_text()
    ports = replace(empty_ports(folder, text), plan_seconds=2, sample=False)
    if ports.store.span("spot") is None:
        others = tuple(key for key in CATALOG if key not in FILES)
        request = SyncRequest(TODAY - timedelta(days=DAYS), TODAY + timedelta(days=1), others)
        sync(request, ports.store, ports.sources, ports.clock())
        for key, name in FILES.items():
            starts, values = real_prices(name)
            ports.store.write(published(key, starts, values, "file"))
        make_plan(ports, PlanRequest(7, allow_late=True))
    return ports


def real_prices(name: str) -> tuple[list[int], list[float]]:
    """Starts (epoch seconds) and prices (EUR/MWh) of the year that is published by now."""
    first, last = NOW - timedelta(days=DAYS), NOW + timedelta(hours=27)
    starts, values = [], []
    with gzip.open(SHARED / "data" / "prices" / f"{name}.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["datetime_utc"])
            if first <= at < last:
                starts.append(int(at.timestamp()))
                values.append(float(row["price_eur_mwh"]))
    return starts, values


def of_tools(ports: Ports) -> dict[str, tuple[float, float]]:
    """Milliseconds of each tool with all it takes: the first call, and the median of the next."""
    found = {}
    for name, tool in TOOLS.items():
        if name in {*PRIVATE, "what_if"}:
            # A network there is none of here, and a solver that takes the time it is given.
            continue
        given = {key: GIVEN[key] for key in tool.takes if GIVEN.get(key)}
        taken = [milliseconds(partial(call_tool, ports, name, given, CLI)) for _ in range(REPEATS)]
        found[name] = (taken[0], statistics.median(taken[1:]))
    return found


def milliseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


@contextlib.contextmanager
def standin(folder: Path) -> Iterator[str]:
    """The address of a stand-in of the providers."""
    port_file = folder / "port"
    command = [sys.executable, "serve.py", "--port", "0", "--port-file", str(port_file), "--quiet"]
    child = subprocess.Popen(command, cwd=SHARED / "upstream", stdout=QUIET, stderr=QUIET)
    while not (port_file.exists() and port_file.read_text().strip()):
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    finally:
        child.terminate()
        child.wait(10)


def control(url: str, body: object = None, name: str = "anthropic") -> Any:
    """Read what was seen, or queue scripts or faults."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_control/{name}", data, method="POST" if data else "GET")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def serve(folder: Path, url: str, fileno: int) -> None:
    """Serve the year with Claude at the stand-in, until killed."""
    configure("json", "info")
    ports = year_ports(folder)
    claude = Claude(ClaudePlace(f"{url}/anthropic", KEY, MODEL))
    desk = Desk(AskRules(budget_eur=1e6, per_minute=100_000), lambda: claude)
    app = create_app(World(ports, lambda: ports, offline=True), desk=desk)
    server_of(app, "127.0.0.1", 0).run(sockets=[socket.socket(fileno=fileno)])


@contextlib.contextmanager
def serving(folder: Path, url: str) -> Iterator[int]:
    """The port of a server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fileno = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-m", __name__, str(folder), url, str(fileno)]
        child = subprocess.Popen(command, cwd=ROOT, pass_fds=[fileno], stdout=QUIET, stderr=QUIET)
    try:
        yield port
    finally:
        child.terminate()
        child.wait(20)


def asked(port: int, tools: bool) -> tuple[float, float]:
    """Milliseconds to the first text and to the end of one answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"question": "¿Cuánto cuesta la luz ahora?"})
    start = time.perf_counter()
    line.request("POST", "/api/v1/chat", body, {"Content-Type": "application/json", "X-Requested-With": "x"})
    answer, first, seen = line.getresponse(), 0.0, b""
    while part := answer.readline():
        seen += part
        if part.startswith(b"event: text") and not first:
            first = 1000 * (time.perf_counter() - start)
    whole = 1000 * (time.perf_counter() - start)
    line.close()
    assert answer.status == 200, seen
    assert b'"answered_by": "claude' in seen, seen
    assert tools == (b"event: tool" in seen), seen
    return first, whole


def alone(client: Any, bodies: list[Body]) -> tuple[float, float, float]:
    """Milliseconds to the first text, the first whole sentence and the end of requests by the SDK alone."""
    start, first, sentence, text = time.perf_counter(), 0.0, 0.0, ""
    for body in bodies:
        with client.messages.stream(
            **{key: value for key, value in body.items() if key != "stream"}
        ) as stream:
            for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    text += event.delta.text
                    first = first or 1000 * (time.perf_counter() - start)
                    if SENTENCE in text:
                        sentence = sentence or 1000 * (time.perf_counter() - start)
    return first, sentence, 1000 * (time.perf_counter() - start)


def spent(port: int, url: str, scripts: list[Body], piece_ms: float = 0) -> dict[str, tuple[float, ...]]:
    """Median milliseconds of answers to scripts, as `asked` and `alone` tell them: ours, and the bare SDK's.

    The pieces of an answer come at once, or `piece_ms` after one another.
    """
    import anthropic

    client = anthropic.Anthropic(api_key=KEY, base_url=f"{url}/anthropic", max_retries=0)
    ours, bare = [], []
    slow = {"provider": "anthropic", "kind": "slow", "params": {"drip": True, "delay_s": piece_ms / 100}}
    for _ in range(ROUNDS):
        if piece_ms:
            control(url, {**slow, "count": 2 * len(scripts)}, "faults")
        control(url, {"responses": scripts})
        ours.append(asked(port, len(scripts) > 1))
        bodies = [one["body"] for one in control(url)["requests"][-len(scripts) :]]
        answers = same_calls(scripts, bodies)
        control(url, {"responses": answers})
        bare.append(alone(client, bodies))
    return {"ours": medians(ours[2:]), "bare": medians(bare[2:])}


def same_calls(scripts: list[Body], bodies: list[Body]) -> list[Body]:
    """The scripts again, with the ids of calls that the later requests answer."""
    if len(scripts) == 1:
        return scripts
    given = next(turn["content"] for turn in bodies[1]["messages"] if turn["role"] == "assistant")
    return [{"content": [block for block in given if block["type"] == "tool_use"]}, *scripts[1:]]


def medians(rounds: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The median of each figure."""
    return tuple(statistics.median(values) for values in zip(*rounds, strict=True))


def rows() -> list[Row]:
    """(name, value, unit) of each measurement."""
    if not SHARED.is_dir():
        return [("not measured: there is no shared folder", float("nan"), "ms")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ports = year_ports(folder)
        tools = of_tools(ports)
        rules = statistics.median(milliseconds(lambda: by_rules(ports)) for _ in range(REPEATS))
        with standin(folder) as url, serving(folder, url) as port:
            plain = spent(port, url, [ANSWER])
            paced = spent(port, url, [ANSWER], PIECE_MS)
            three = spent(port, url, [CALLS, ANSWER])
    told = [
        (f"tool {name}, warm", tools[name][1], "ms") for name in sorted(tools, key=lambda n: -tools[n][1])
    ]
    return [
        *told,
        ("an answer by rules", rules, "ms"),
        ("the SDK of Claude, imported by the first question of a process", imported(), "ms"),
        ("first text through Claude, own time (bar 50)", plain["ours"][0] - plain["bare"][0], "ms"),
        ("first text through Claude, whole", plain["ours"][0], "ms"),
        (f"the same in pieces {PIECE_MS} ms apart, own time", paced["ours"][0] - paced["bare"][1], "ms"),
        ("the same, with the wait for a whole sentence", paced["ours"][0] - paced["bare"][0], "ms"),
        ("an answer with three tool calls, own time (bar 300)", three["ours"][1] - three["bare"][2], "ms"),
        ("an answer with three tool calls, whole", three["ours"][1], "ms"),
    ]


def imported() -> float:
    """Milliseconds that a new process takes for the SDK, less those for nothing."""
    bare, whole = (
        milliseconds(partial(subprocess.run, [sys.executable, "-c", code], check=True))
        for code in ("", "import anthropic")
    )
    return whole - bare


def by_rules(ports: Ports) -> None:
    """One answer without a model."""
    list(ask_question(ports, ports.store, Desk(), Question("¿Cuánto cuesta la luz ahora?", "bench")))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
