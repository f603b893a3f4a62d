"""The outer door: a real nginx with the project's configuration, before an app that tells what reached it."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, need

NGINX = ROOT / "docker" / "nginx"
SECRET = "a-secret-of-the-hop-in-tests"
Place = str | tuple[str, int]


@dataclass(frozen=True)
class Listening:
    """A running nginx: port of the open listener, socket of the one behind Tailscale Serve."""

    port: int
    serve: Path

    def send(self, raw: bytes, *, serve: bool = False) -> socket.socket:
        """The connection that bytes were sent on; the caller closes it."""
        door = socket.socket(socket.AF_UNIX if serve else socket.AF_INET, socket.SOCK_STREAM)
        door.settimeout(10)
        door.connect(str(self.serve) if serve else ("127.0.0.1", self.port))
        door.sendall(raw)
        return door

    def ask(self, raw: bytes, *, serve: bool = False) -> tuple[int, bytes]:
        """(status, whole answer) of bytes as they are sent; 0 when the connection is closed without one."""
        with self.send(raw, serve=serve) as door:
            answer = b""
            while chunk := door.recv(65536):
                answer += chunk
        first = answer.split(b"\r\n", 1)[0].split()
        return (int(first[1]) if len(first) > 1 and first[1].isdigit() else 0), answer


def free_port() -> int:
    """A port of loopback that is free now, and that the system hands to nobody who asks for any."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def door_before(app: str, folder: Path, serve_from: str = "unix:") -> Iterator[Listening]:
    """nginx with the project's configuration in front of an app at host:port; Serve comes from an address."""
    need(shutil.which("nginx") is not None, "nginx")
    port, run = free_port(), folder / "run"
    (folder / "secret").write_text(SECRET + "\n")
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/bin",
        "CHOCO_APP": app,
        "CHOCO_OPEN_LISTEN": f"127.0.0.1:{port}",
        "CHOCO_SERVE_LISTEN": f"unix:{run}/serve.sock",
        "CHOCO_SERVE_FROM": serve_from,
        "CHOCO_PROXY_SECRET_FILE": str(folder / "secret"),
        "CHOCO_NGINX_LOG": str(folder / "error.log"),
    }
    subprocess.run(["sh", str(NGINX / "render.sh"), str(NGINX), str(run)], env=environment, check=True)
    command = ["nginx", "-c", str(run / "nginx.conf"), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    with subprocess.Popen(command, env=environment) as process:
        try:
            wait_for([("127.0.0.1", port), str(run / "serve.sock")], process, folder / "error.log")
            yield Listening(port, run / "serve.sock")
        finally:
            process.terminate()
            process.wait(60)


def wait_for(places: list[Place], process: subprocess.Popen[bytes], log: Path) -> None:
    """Until nginx takes connections at each place."""
    end = time.monotonic() + 60
    while not all(map(is_open, places)):
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"nginx did not start: {log.read_text() if log.exists() else ''}")
        time.sleep(0.02)


def is_open(place: Place) -> bool:
    """Whether somebody listens at a path or an address."""
    with socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET) as asked:
        return asked.connect_ex(place) == 0
