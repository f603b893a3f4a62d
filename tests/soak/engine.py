"""A container engine of the tests' own: data, socket and bridge are its own, and it leaves nothing behind.

Base images cannot be pulled here. They are made from Debian packages and stand in under the names that the
project's files ask for, with the certificates that this machine trusts; nothing of the project knows of that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGES = "python3-minimal,python3-venv,ca-certificates"
TRUST = ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
CLIENT = "/usr/bin/docker"
"""Debian's client, which can build."""
BRIDGE = "10.83.200.1/24"
EMPTY_RULES = b"*nat\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
"""What a machine without any has; an engine makes chains of its own and leaves them."""


@dataclass(frozen=True)
class Engine:
    """A running engine; `env` is what its clients need."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHOCO_")}
        return {
            **kept,
            "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "DOCKER_BUILDKIT": "1",
            "DOCKER_CONFIG": str(self.folder / "config"),
            "PATH": f"/usr/bin:{kept['PATH']}",
        }

    def docker(self, *args: str, stdin: bytes | None = None, seconds: int = 400) -> str:
        """Output of the client; raises with what it said when it fails."""
        done = subprocess.run(
            [CLIENT, *args], env=self.env, input=stdin, capture_output=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, (
            f"docker {' '.join(args)}\n{done.stdout.decode()}\n{done.stderr.decode()[-8000:]}"
        )
        return done.stdout.decode()

    def build(self, name: str, dockerfile: str, base: str) -> None:
        """A small image of a Dockerfile without files beside it."""
        self.docker(
            "build", "-q", "--network", "host", "--build-arg", f"BASE={base}", "-t", name, "-",
            stdin=dockerfile.encode(),
        )  # fmt: skip


def make_base(target: Path, folder: Path) -> None:
    """A root file system of Debian 12 with Python as a tar file; made in memory, where there is room."""
    room = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 3 * 2**30 else str(folder)
    subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}"),
            "--dpkgopt=force-unsafe-io",
            '--dpkgopt=path-exclude="/usr/share/doc/*"',
            f"--customize-hook=copy-in {CERTIFICATES} /etc/ssl/certs",
            *("bookworm", str(target), "http://deb.debian.org/debian"),
        ],
        check=True,
        env={**os.environ, "TMPDIR": room},
        timeout=400,
    )


@contextmanager
def running_engine(folder: Path) -> Iterator[Engine]:
    """dockerd with everything of its own under `folder`, ended and cleaned up at the end."""
    bridge = f"choco{os.getpid() % 10**6}"
    folder.mkdir(parents=True, exist_ok=True)
    rules = subprocess.run(["iptables-save"], capture_output=True, check=True).stdout
    subprocess.run(["ip", "link", "add", "name", bridge, "type", "bridge"], check=True)
    subprocess.run(["ip", "address", "add", BRIDGE, "dev", bridge], check=True)
    engine = Engine(folder)
    command = [
        *(
            "dockerd",
            f"--data-root={folder}/data",
            f"--exec-root={folder}/run",
            f"--host={engine.env['DOCKER_HOST']}",
        ),
        *(f"--pidfile={folder}/pid", f"--bridge={bridge}", "--log-level=warn"),
        *("--default-ulimit", "nofile=16384:16384", "--default-ulimit", "nproc=16384:16384"),
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_until_up(engine, process)
            yield engine
        finally:
            remove_containers(engine)
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
            clean_up(bridge, folder)
            if b":DOCKER " not in rules:
                for state in (EMPTY_RULES, rules):
                    subprocess.run(["iptables-restore"], input=state, capture_output=True, check=False)


def wait_until_up(engine: Engine, process: subprocess.Popen[bytes]) -> None:
    """Until the engine answers."""
    end = time.monotonic() + 60
    while subprocess.run([CLIENT, "info"], env=engine.env, capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"no engine: {(engine.folder / 'log').read_text()[-4000:]}")
        time.sleep(0.3)


def remove_containers(engine: Engine) -> None:
    """Every container and network of this engine, so that no process or bridge outlives it."""
    listed = subprocess.run(
        [CLIENT, "ps", "-aq"], env=engine.env, capture_output=True, text=True, check=False
    )
    if listed.stdout.split():
        subprocess.run(
            [CLIENT, "rm", "-f", *listed.stdout.split()], env=engine.env, capture_output=True, check=False
        )
    subprocess.run([CLIENT, "network", "prune", "-f"], env=engine.env, capture_output=True, check=False)


def clean_up(bridge: str, folder: Path) -> None:
    """The bridge and the folder; what is still mounted in it is let go first."""
    subprocess.run(["ip", "link", "delete", bridge], capture_output=True, check=False)
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(str(folder))), reverse=True):
        subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
