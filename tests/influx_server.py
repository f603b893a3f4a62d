"""A real InfluxDB: 1.x on loopback, where `influxd` is installed (Debian: `apt-get install influxdb`).

Or one that is there already, of any version: TEST_INFLUX_URL names it, TEST_INFLUX_TOKEN is for 2.x.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{folder}/meta"
  logging-enabled = false
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
"""
LISTENING = re.compile(r"Listening on HTTP.*addr=([\d.:]+)")


def executable() -> str | None:
    """Where `influxd` is, if it is."""
    return shutil.which("influxd")


def given_addresses() -> set[str]:
    """Where the server of TEST_INFLUX_URL is: tests may reach that one beside loopback."""
    host = urlsplit(os.environ.get("TEST_INFLUX_URL", "")).hostname
    if not host:
        return set()
    return {host, *(str(row[4][0]) for row in socket.getaddrinfo(host, None))}


class GivenServer:
    """A server that somebody else runs; what is made on it is taken away again."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        with urllib.request.urlopen(f"{self.url}/ping", timeout=30) as answer:
            version = str(answer.headers["X-Influxdb-Version"]).removeprefix("v")
        self.token = None if version.startswith("1.") else token
        self._made: list[str] = []
        self._organisation = self._ask("GET", "/api/v2/orgs")["orgs"][0]["id"] if self.token else ""

    def fresh(self) -> str:
        """The name of a database that nobody has used; on 2.x a bucket, which a store cannot make."""
        name = f"test {secrets.token_hex(6)}"
        if self.token:
            told: dict[str, object] = {"orgID": self._organisation, "name": name, "retentionRules": []}
            self._made.append(self._ask("POST", "/api/v2/buckets", told)["id"])
        else:
            self._made.append(name)
        return name

    def stop(self) -> None:
        """Take away what `fresh` made."""
        for made in self._made:
            if self.token:
                self._ask("DELETE", f"/api/v2/buckets/{made}")
            else:
                drop = f'DROP DATABASE "{made}"'
                self._ask("POST", f"/query?q={quote(drop)}")

    def _ask(self, method: str, path: str, told: object = None) -> Any:
        body = json.dumps(told).encode() if told else None
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


class InfluxServer:
    """A server with its files in a folder; `url` is where it listens."""

    token: str | None = None

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        from tests.e2e.door import free_port

        self.folder, self.auth = folder, auth
        self._numbers = itertools.count()
        self._port = str(free_port())
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it, at the same port as before."""
        program = executable()
        assert program
        log, conf = self.folder / "log", self.folder / "influxdb.conf"
        conf.write_text(
            CONFIGURATION.format(folder=self.folder, port=self._port, auth=str(self.auth).lower())
        )
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INFLUXDB_")}
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [program, "-config", str(conf)], stdout=sink, stderr=sink, env=clean
            )
        deadline = time.monotonic() + 120
        while not (found := LISTENING.search(log.read_text(errors="replace"))):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"influxd did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        self.url = f"http://{found[1]}"
        self._port = self.url.rpartition(":")[2]

    def fresh(self) -> str:
        """The name of a database that nobody has used."""
        return f"test {next(self._numbers)}"

    def stop(self) -> None:
        """Kill it: nothing here needs a clean end."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer | GivenServer]:
    """One server for the whole session; every test takes a database of its own."""
    from tests.conftest import need

    if url := os.environ.get("TEST_INFLUX_URL"):
        given = GivenServer(url, os.environ.get("TEST_INFLUX_TOKEN") or None)
        yield given
        given.stop()
        return
    need(executable() is not None, "InfluxDB (apt-get install influxdb)")
    server = InfluxServer(tmp_path_factory.mktemp("influx"))
    yield server
    server.stop()
