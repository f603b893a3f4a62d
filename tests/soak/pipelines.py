"""Workflows as they run: a repository of its own with this checkout's files, and `act` as runner."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.e2e.door import free_port

BIN = Path(sys.executable).parent
LABELS = ("ubuntu-latest", "development", "production")
WHO = ("-c", "user.name=pipeline", "-c", "user.email=pipeline@example.org")
LATER = time.time() + 86400 * 365
REGISTRY = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass
class Repository:
    """A git repository with the files of this checkout as they are now; `env` goes to every step."""

    folder: Path
    branch: str
    env: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def git(self, *args: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder or self.folder), *WHO, *args], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        """Commit everything; the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")

    def act(self, event: str, workflow: str, *args: str) -> tuple[int, str]:
        """Exit code and words of a workflow, as an event starts it."""
        given = [part for name, value in self.env.items() for part in ("--env", f"{name}={value}")]
        named = [part for name, value in self.variables.items() for part in ("--var", f"{name}={value}")]
        runners = [part for label in LABELS for part in ("-P", f"{label}=-self-hosted")]
        command = [str(BIN / "act"), event, "-W", f".forgejo/workflows/{workflow}.yml", *runners]
        command += ["--action-offline-mode", "--use-gitignore=false", *given, *named, *args]
        own = {name: value for name, value in os.environ.items() if not name.startswith("CHOCO_")}
        env = {**own, "XDG_CACHE_HOME": f"{self.folder}.cache", "HOME": f"{self.folder}.home"}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=400, check=False
        )
        told = done.stdout + done.stderr
        print(f"--- act {event} {workflow} {' '.join(args)} -> {done.returncode}\n{told[-12000:]}")
        return done.returncode, told


def make_repository(folder: Path, branch: str) -> Repository:
    """The files of this checkout in a repository of its own, with this environment as its `.venv`.

    Nothing is installed and the page is not built: both are there already.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    set_up(folder)
    made = Repository(folder, branch, {"PATH": f"{BIN}:{os.environ['PATH']}"})
    made.git("init", "-q", "-b", branch)
    made.commit("everything")
    return made


def set_up(folder: Path) -> None:
    """Give a repository what set-up makes, without a way to change what this checkout has.

    `act` copies files without their times, but links as links: what these lead to is never out of date.
    Programs and packages are reached one by one through links and scripts, and nothing can be installed.
    """
    beside = folder.with_name(f"{folder.name}.set-up")
    built = Path("src/chocolate_factory/dashboard/static")
    for name in ("static", "node_modules", "venv/bin"):
        (beside / name).mkdir(parents=True)
    for program in BIN.iterdir():
        refuses = program.name.startswith(("uv", "pip3", "pip.")) or program.name == "pip"
        line = "echo nothing is installed here >&2; exit 1" if refuses else f'exec {program} "$@"'
        (beside / "venv" / "bin" / program.name).write_text(f"#!/bin/sh\n{line}\n")
        (beside / "venv" / "bin" / program.name).chmod(0o755)
    for package in (ROOT / "dashboard" / "node_modules").iterdir():
        if package.name != ".ready":
            (beside / "node_modules" / package.name).symlink_to(package)
    for name in ("static/index.html", "venv/.ready", "node_modules/.ready"):
        (beside / name).touch()
        os.utime(beside / name, (LATER, LATER))
    links = {".venv": "venv", "dashboard/node_modules": "node_modules", str(built): "static"}
    for name, target in links.items():
        (folder / name).symlink_to(beside / target)


@contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Debian's registry on loopback; its address."""
    port = free_port()
    folder.mkdir()
    (folder / "config.yml").write_text(REGISTRY.format(folder=folder / "images", port=port))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
    try:
        for turn in itertools.count():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert turn < 200, "the registry did not start"
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
