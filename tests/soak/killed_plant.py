"""A real server that is killed and started again, who hears its alerts, and who remembers what it said."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.conftest import Upstream
from tests.e2e.door import free_port
from tests.worlds import STORE, tiny

SECRET = "heard by nobody else"
LOOK = timedelta(days=3)


@dataclass
class Delivery:
    """A message as the webhook got it; `cut`: the server was killed before it could note the answer."""

    id: str
    body: dict[str, Any]
    signed: bool
    cut: bool = False


class Ear:
    """A webhook on loopback. `strike`, when set, is called with the next delivery."""

    def __init__(self) -> None:
        self.heard: list[Delivery] = []
        self.strike: Callable[[Delivery], None] | None = None
        self.answered_first = False
        ear = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                told = Delivery(self.headers["x-choco-delivery"] or "", json.loads(raw), signed(self, raw))
                ear.heard.append(told)
                strike, ear.strike = ear.strike, None
                if strike and not ear.answered_first:
                    strike(told)
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    self.wfile.flush()
                if strike and ear.answered_first:
                    strike(told)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


def signed(request: BaseHTTPRequestHandler, body: bytes) -> bool:
    """Whether the signature is that of docs/alerts.md."""
    told = dict(part.split("=", 1) for part in (request.headers["x-choco-signature"] or "=").split(","))
    made = hmac.new(SECRET.encode(), told.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, told.get("v1", ""))


@dataclass
class Plant:
    """`choco serve` over a state folder, from `begin` on a clock that runs `rate` times as fast.

    A killed one is started again `down` later by that clock, however long its machine takes to start it.
    """

    folder: Path
    upstream: Upstream
    ear: Ear
    begin: datetime
    rate: float
    down: timedelta = timedelta(0)
    starts_s: list[float] = field(default_factory=list)
    lives_s: list[float] = field(default_factory=list)
    orphans: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.state = self.folder / "state"
        (self.folder / "factory.toml").write_text(tiny(), encoding="utf-8")
        self.told_at, self.told = 0.0, self.begin
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def store(self) -> SqliteStore:
        return SqliteStore(self.state / STORE)

    def now(self) -> datetime:
        """The time that the running server has: it counts from a second or so after its start."""
        return self.told + timedelta(seconds=(time.monotonic() - self.told_at) * self.rate)

    def start(self, within_s: float = 240.0) -> None:
        """Start it; returns when it is ready."""
        now = self.begin.astimezone(UTC).isoformat()
        self.upstream.control("clock", {"now": now, "realtime_factor": 0})
        command = [str(Path(sys.executable).with_name("choco")), "serve"]
        with (self.folder / "log").open("ab") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(
                command, env=self.environment(now), stdout=log, stderr=log, start_new_session=True
            )
        while not self.is_ready():
            assert self.process.poll() is None, "the server ended by itself"
            assert time.monotonic() - began < within_s, "the server was not ready in time"
            time.sleep(0.02)
        self.starts_s.append(time.monotonic() - began)
        self.told_at = time.monotonic()
        self.told = datetime.fromisoformat(self.get("/health")["now"])
        self.upstream.control("clock", {"now": self.told.isoformat(), "realtime_factor": self.rate})

    def environment(self, now: str) -> dict[str, str]:
        own = {
            "STATE": self.state,
            "FACTORY": self.folder / "factory.toml",
            "NOW": now,
            "CLOCK_RATE": self.rate,
            "PORT": self.port,
            "SYNC__HISTORY_DAYS": 10,
            "SYNC__EVERY_MINUTES": 60,
            "FORECAST__MODEL": "naive-kind",
            "PLAN__TIME_LIMIT_S": 1,
            "PLAN__REPLAN_SECONDS": 1,
            "BACKUP__DAILY": 60,
            "ALERTS__LEAST": "info",
            "ALERTS__PER_HOUR": 100,
            "WEBHOOK__URL": self.ear.url,
            "WEBHOOK__SECRET": SECRET,
            "ACCESS__POSTS_PER_MINUTE": 6000,
            "LOG_FORMAT": "json",
        }
        plain = {name: value for name, value in os.environ.items() if not name.startswith("CHOCO_")}
        return plain | self.upstream.settings() | {f"CHOCO_{name}": str(value) for name, value in own.items()}

    def is_ready(self) -> bool:
        """Whether /ready says so."""
        try:
            return bool(self.get("/ready")["ready"])
        except OSError:
            return False

    def get(self, path: str, data: bytes | None = None) -> Any:
        """What a route answers."""
        url, own = f"http://127.0.0.1:{self.port}{path}", {"X-Requested-With": "a witness"}
        with urllib.request.urlopen(urllib.request.Request(url, data, own), timeout=60) as answer:
            return json.loads(answer.read())

    def ask(self, job: str) -> None:
        """Have a job run now."""
        self.get(f"/api/v1/jobs/{job}/run", b"")

    def children(self) -> list[int]:
        """Processes that the server has started and that run."""
        assert self.process
        found: list[int] = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(name) for name in path.read_text().split()]
        return [pid for pid in found if is_alive(pid)]

    def kill_children(self) -> int:
        """End what it has started and not itself; returns how many there were."""
        children = self.children()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(children)

    def kill(self, *, alone: bool = False) -> None:
        """End it without a word: with all that it started, or `alone`: then see what becomes of the rest."""
        assert self.process
        children, at = self.children(), self.now()
        if alone:
            self.process.send_signal(signal.SIGKILL)
        else:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.begin = at + self.down
        self.lives_s.append(time.monotonic() - self.told_at)
        end = time.monotonic() + 60
        while any(map(is_alive, children)) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in filter(is_alive, children):
            self.orphans.append(pid)
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it as a service manager does."""
        assert self.process
        self.process.terminate()
        self.process.wait(120)
        self.begin = self.now()

    def bugs(self) -> list[str]:
        """Lines of the log that tell of something that nobody foresaw."""
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not line.startswith("{") or '"level": "error"' in line]


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Witness:
    """Remembers what the server told, and says what is no longer there."""

    plant: Plant
    prices: dict[tuple[str, str], set[float]] = field(default_factory=dict)
    plans: set[str] = field(default_factory=set)
    alerts: set[tuple[str, str]] = field(default_factory=set)
    runs: dict[str, int] = field(default_factory=dict)
    archives: set[str] = field(default_factory=set)
    weeks: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Ask for all of it."""
        for series in ("spot", "pvpc"):
            self.see_prices(series)
        plans = self.plant.get("/api/v1/plans?limit=200")["plans"]
        self.plans |= self.kept("plan", self.plans, {row["id"] for row in plans})
        alerts = self.plant.get("/api/v1/insights/alerts?history=1000")["history"]
        self.alerts |= self.kept("alert", self.alerts, {(row["id"], row["opened_at"]) for row in alerts})
        weeks = self.plant.get("/api/v1/insights/savings")["weeks"]
        self.weeks |= self.kept("week", self.weeks, {row["id"] for row in weeks})
        for row in self.plant.get("/api/v1/jobs")["jobs"]:
            if row["runs"] < self.runs.get(row["name"], 0):
                self.lost.append(f"runs of {row['name']}")
            self.runs[row["name"]] = row["runs"]
        archives = {path.name for path in (self.plant.state / "backups").glob("*.tar.gz")}
        self.archives |= self.kept("backup", self.archives, archives)

    def see_prices(self, series: str) -> None:
        start = (self.plant.now() - LOOK).strftime("%Y-%m-%dT%H:00:00Z")
        points = self.plant.get(f"/api/v1/prices?series={series}&start={start}&tz=UTC")["points"]
        seen = {(series, row["start"]): row["price_eur_mwh"] for row in points}
        first = datetime.fromisoformat(start)
        old = {key for key in self.prices if key[0] == series and datetime.fromisoformat(key[1]) >= first}
        self.kept("price", old, set(seen))
        for key, value in seen.items():
            self.prices.setdefault(key, set()).add(value)

    def kept(self, what: str, before: set[Any], now: set[Any]) -> set[Any]:
        """What is there now; what was there before and is not is noted."""
        self.lost += [f"{what} {name}" for name in sorted(before - now)]
        return now


def every(seconds: float, within_s: float) -> Iterator[None]:
    """Turns of a loop that waits so long in between and gives up after a while."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        yield
        time.sleep(seconds)
