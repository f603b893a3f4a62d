"""A container engine of the tests' own: data, socket and bridge are its own, and it leaves nothing behind.

Base images cannot be pulled here. They are made from Debian packages and stand in under the names that the
project's files ask for, with the certificates that this machine trusts; nothing of the project knows of that.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGES = "python3-minimal,python3-venv,ca-certificates"
TRUST = ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
CLIENT = "/usr/bin/docker"
"""Debian's client, which can build."""
PLACES = (Path("/dev/shm"), Path("/var/tmp"))
NAME = "choco-engine-"
"""Start of the name of an engine's folder; the number of its process follows, as in its bridge's name."""
ROOM_BYTES = 7 * 2**30
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


def folder_of_engine() -> Path:
    """The folder of this process, in memory where there is room: writing layers to disk takes longer."""
    memory, disk = PLACES
    place = memory if shutil.disk_usage(memory).free > ROOM_BYTES else disk
    return place / f"{NAME}{os.getpid()}"


def bridge_of(folder: Path) -> str:
    """The name of the bridge of an engine, by its folder."""
    return "choco" + folder.name.removeprefix(NAME)


def free_net() -> int:
    """A third part of 10.83.x.0/24 of which no device of this machine has an address."""
    told = subprocess.run(["ip", "-4", "-o", "address"], capture_output=True, text=True, check=True).stdout
    taken = {int(part) for part in re.findall(r"\b10\.83\.(\d+)\.", told)}
    return random.SystemRandom().choice([part for part in range(20, 250) if part not in taken])


def end_left(places: tuple[Path, ...] = PLACES) -> None:
    """End what killed runs left: containers, networks, mounts, folders of engines whose process is gone.

    Only an engine knows which bridges are its own: it is started once more, and ended as it should have been.
    """
    for folder in [found for place in places for found in place.glob(f"{NAME}[0-9]*")]:
        owner = int(folder.name.removeprefix(NAME))
        if owner == os.getpid() or not command_of(owner):
            end_daemon(folder)
            # One with broken files does not start: what can be removed without it is removed all the same.
            with suppress(AssertionError), running_engine(folder):
                pass


def command_of(number: int) -> list[str]:
    """The command line of a process; empty where none runs, also while nobody asked how it ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_text(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def end_daemon(folder: Path) -> None:
    """End what runs an engine, and what would make the next one take it for running."""
    for file in (folder / "pid", folder / "run" / "containerd" / "containerd.pid"):
        number = int(file.read_text() or 0) if file.exists() else 0
        while any(f"{folder}/" in word for word in command_of(number)):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            time.sleep(0.1)
        file.unlink(missing_ok=True)


@contextmanager
def running_engine(folder: Path) -> Iterator[Engine]:
    """dockerd with everything of its own under `folder`, ended and cleaned up at the end."""
    bridge, rules = bridge_of(folder), folder / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    if not rules.exists():
        rules.write_bytes(subprocess.run(["iptables-save"], capture_output=True, check=True).stdout)
    subprocess.run(["ip", "link", "delete", bridge], capture_output=True, check=False)
    subprocess.run(["ip", "link", "add", "name", bridge, "type", "bridge"], check=True)
    subprocess.run(["ip", "address", "add", f"10.83.{free_net()}.1/24", "dev", bridge], check=True)
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
            before = rules.read_bytes()
            clean_up(bridge, folder)
            if b":DOCKER " not in before:
                for state in (EMPTY_RULES, before):
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
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
