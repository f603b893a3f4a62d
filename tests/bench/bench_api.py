"""What the page's read costs over loopback, beside a bare route of the same web stack."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from chocolate_factory.core.logging import configure
from chocolate_factory.domain.ports import Ports
from chocolate_factory.main import create_app, server_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import NOW, empty_ports, fill

ROOT = Path(__file__).resolve().parents[2]
DAYS = 366
ONE, MANY, SECONDS = 60, 8, 3.0
DASHBOARD, BARE = "/api/v1/dashboard", "/bare"


def year_ports(folder: Path) -> Ports:
    """The project's own plant with a year of sample data and a plan of a week."""
    ports = replace(empty_ports(folder, (ROOT / "factory.toml").read_text()), plan_seconds=2)
    if ports.store.span("spot") is None:
        fill(ports, DAYS)
        make_plan(ports, PlanRequest(7, allow_late=True))
    return ports


def serve(folder: Path, clock: str, fileno: int) -> None:
    """Serve the year and a bare route until killed; `clock` is "fixed", or "fast": an hour a second."""
    configure("json", "info")
    ports, begun = year_ports(folder), time.monotonic()
    if clock == "fast":
        ports = replace(ports, clock=lambda: NOW + timedelta(hours=1) * (time.monotonic() - begun))
    app = create_app(World(ports, lambda: ports, offline=True))
    bare = FastAPI()
    bare.add_api_route(BARE, lambda: {"ok": True}, methods=["GET"])
    app.router.routes[0:0] = bare.router.routes
    server_of(app, "127.0.0.1", 0).run(sockets=[socket.socket(fileno=fileno)])


@contextlib.contextmanager
def serving(folder: Path, clock: str) -> Iterator[int]:
    """The port of a server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", __name__, str(folder), clock, str(listener.fileno())]
        child = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        child.terminate()
        child.wait(20)


async def read(port: int, path: str, count: int, until: float, *, extra: str = "") -> list[tuple[float, int]]:
    """(milliseconds, body bytes) of requests one after another on a connection, at most `count`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{extra}\r\n".encode()
    found = []
    while len(found) < count and time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(asked)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        told = head.split(b"content-length:")
        size = int(told[1].split(b"\r\n")[0]) if len(told) > 1 else 0
        await reader.readexactly(size)
        found.append((1000 * (time.perf_counter() - start), size))
    writer.close()
    return found


async def alone(port: int, path: str, extra: str = "") -> tuple[float, int]:
    """Median of one reader's requests, and the bytes of the last body."""
    found = await read(port, path, ONE, time.perf_counter() + 20, extra=extra)
    return statistics.median(ms for ms, _ in found[2:]), found[-1][1]


async def together(port: int, path: str) -> float:
    """Requests a second of several readers at once."""
    start = time.perf_counter()
    each = await asyncio.gather(*(read(port, path, 10**9, start + SECONDS) for _ in range(MANY)))
    return sum(len(found) for found in each) / (time.perf_counter() - start)


async def tag_of(port: int) -> str:
    """The header that names the dashboard as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"HEAD {DASHBOARD} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    [tag] = [line[6:] for line in head.split("\r\n") if line.lower().startswith("etag: ")]
    return f"If-None-Match: {tag}\r\n"


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        year_ports(folder)
        with serving(folder, "fast") as port:
            anew, _ = asyncio.run(alone(port, DASHBOARD))
        with serving(folder, "fixed") as port:
            bare, _ = asyncio.run(alone(port, BARE))
            kept, size = asyncio.run(alone(port, DASHBOARD))
            known, _ = asyncio.run(alone(port, DASHBOARD, asyncio.run(tag_of(port))))
            rate, bare_rate = (asyncio.run(together(port, path)) for path in (DASHBOARD, BARE))
    return [
        ("bare route, one reader, median", bare, "ms"),
        ("dashboard made anew, a year of data, median (bar 50)", anew, "ms"),
        ("dashboard made anew, as a multiple of the bare route", anew / bare, "x"),
        ("dashboard kept, median", kept, "ms"),
        ("dashboard kept, as a multiple of the bare route", kept / bare, "x"),
        ("dashboard that the reader has (304), median", known, "ms"),
        (f"bare route, {MANY} readers", bare_rate, "requests/s"),
        (f"dashboard, {MANY} readers (bar 200)", rate, "requests/s"),
        ("dashboard, as a share of the bare route's rate", rate / bare_rate, ""),
        ("dashboard on the wire, gzip (plan and prices: bar 40)", size / 1000, "kB"),
    ]


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
