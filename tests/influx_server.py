"""A real InfluxDB 1.x on loopback, where `influxd` is installed (Debian: `apt-get install influxdb`)."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

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


class InfluxServer:
    """A server with its files in a folder; `url` is where it listens."""

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        self.folder, self.auth = folder, auth
        self._numbers = itertools.count()
        self._port = "0"
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
        deadline = time.monotonic() + 30
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
        self._process.wait(10)


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One server for the whole session; every test takes a database of its own."""
    from tests.conftest import need

    need(executable() is not None, "InfluxDB (apt-get install influxdb)")
    server = InfluxServer(tmp_path_factory.mktemp("influx"))
    yield server
    server.stop()
