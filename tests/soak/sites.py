"""A compose project of the tests on their engine: its files, what it is asked, and data to start with."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, epoch, local_date
from tests.conftest import ROOT
from tests.soak.engine import Engine, free_net

APP = "chocolate-factory:local"
QUICK = {"CHOCO_OFFLINE": "1", "CHOCO_PLAN__TIME_LIMIT_S": "2"}
"""No provider is asked, plans are solved for two seconds."""


ASK = """
import sys, urllib.error as e, urllib.request as u
r = u.Request(sys.argv[1], headers=dict(h.split(": ", 1) for h in sys.argv[2:]))
try: a = u.build_opener(u.ProxyHandler({})).open(r, timeout=20)
except e.HTTPError as error: a = error
print(a.status, a.read().decode())
"""


def answer_of(told: str) -> tuple[int, str]:
    """(status, body) of what ASK printed."""
    status, _, body = told.strip().partition(" ")
    return int(status), body


def from_host(url: str, *headers: str) -> tuple[int, str]:
    """(status, body) of a request of this machine, by a process that may go to a container's address."""
    command = [sys.executable, "-c", ASK, url, *headers]
    return answer_of(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


@dataclass(frozen=True)
class Site:
    """A compose project: its files, folder, published port, third part of its addresses, and environment."""

    engine: Engine
    files: tuple[str, ...]
    folder: Path
    port: int
    net: int = field(default_factory=free_net)

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.engine.env,
            "COMPOSE_PROJECT_NAME": f"choco{self.port}",
            "CHOCO_IMAGE": APP,
            "CHOCO_COMPOSE": str(Path(sys.executable).with_name("docker-compose")),
            "CHOCO_DATA": str(self.folder / "node"),
            "CHOCO_SECRETS": str(self.folder / "secrets"),
            "CHOCO_NET": f"10.83.{self.net}",
            "CHOCO_PUBLISHED_PORT": str(self.port),
        }

    def compose(self, *args: str, stdin: str | None = None, code: int = 0) -> str:
        files = [part for name in self.files for part in ("-f", name)]
        done = subprocess.run(
            [self.env["CHOCO_COMPOSE"], "--progress", "quiet", *files, *args],
            cwd=ROOT, env=self.env, input=stdin, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{args}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def program(self, name: str, *args: str, code: int = 0) -> str:
        """A program of scripts/ on this project; like people, it is not told which version runs."""
        env = {name: value for name, value in self.env.items() if name != "CHOCO_IMAGE"}
        files = [part for file in self.files for part in ("-f", file)]
        done = subprocess.run(
            [
                *(sys.executable, str(ROOT / "scripts" / name), *files),
                *("--folder", str(self.folder / "deploy"), "--published", f"http://127.0.0.1:{self.port}"),
                *("--ready", "90", "--healthy", "60", *args),
            ],
            cwd=self.folder, env=env, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        print(f"--- {name} {' '.join(args)} -> {done.returncode}\n{done.stdout}{done.stderr}")
        assert done.returncode == code, f"{name}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def inspect(self, service: str) -> dict[str, Any]:
        number = self.compose("ps", "-aq", service).split()[0]
        found: dict[str, Any] = json.loads(self.engine.docker("inspect", number))[0]
        return found

    def asked(self, service: str, url: str, *headers: str) -> tuple[int, str]:
        """(status, body) of a request that a service's container makes, with headers `Name: value`."""
        told = self.compose("exec", "-T", service, "python3", "-c", ASK, url, *headers)
        return answer_of(told)

    def killed(self, service: str) -> None:
        """End a service's container as the kernel does when memory runs out; it starts again by itself."""
        before = self.inspect(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        end = time.monotonic() + 90
        while True:
            now = self.inspect(service)
            again = now["RestartCount"] > before["RestartCount"] and now["State"]["Pid"]
            if again and now["State"]["Health"]["Status"] == "healthy":
                return
            assert time.monotonic() < end, now["State"]
            time.sleep(0.3)


def quick(folder: Path, **settings: str) -> str:
    """A compose file with settings for tests, and more of them, for a machine of two cores."""
    path = folder / "quick.yml"
    app = {"environment": {**QUICK, **settings}, "deploy": {"resources": {"limits": {"cpus": "2"}}}}
    path.write_text(json.dumps({"services": {"app": app}}))
    return str(path)


def prices(now: datetime | None = None) -> str:
    """Five weeks of made-up spot prices for `choco import prices`, up to the last day that is published.

    In the evening that is tomorrow: a test that begins before midnight and asks after it finds prices.
    """
    now = now or datetime.now(UTC)
    today = local_date(now, MARKET_ZONE)
    tomorrow = today + timedelta(days=1)
    last = tomorrow if CATALOG["spot"].due(tomorrow) <= now else today
    end = epoch(day_window(last, MARKET_ZONE).end)
    lines = ["datetime_utc,price_eur_mwh"]
    for start in range(end - 35 * 86400, end, 900):
        price = 60 + 30 * math.sin(start / 86400 * 2 * math.pi) + start // 3600 % 7
        lines.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(start))},{price:.2f}")
    return "\n".join(lines) + "\n"
