"""The containers of this node as deploy.py and rollback.py see them: compose, images, what was last good."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from programs import ROOT, Refused, docker, last_lines, say

DONE, UNCHANGED, ROLLED_BACK, DOWN = 0, 2, 3, 4
"""Exit codes: done; nothing was changed; the last good version runs again; a person is needed."""
KEPT = "chocolate-factory-kept"
"""Images under this name are what this node runs or ran; nothing but these programs removes them."""
Outcome = Literal["good", "unhealthy", "faulty"]
"""Of a start: all well; it does not run; it runs and fails the smoke test."""
APP = "http://127.0.0.1:8000"
"""The app, as its own container reaches it."""
NOBODY = "import sys, urllib.request as u; u.urlopen(sys.argv[1] + '/api/v1/me', timeout=9)"
"""Fails where the app at that address knows nobody without proof."""
HANDED_OVER = 'read -r SMOKE_TOKEN; export SMOKE_TOKEN; exec python3 - "$@"'
"""Runs a program of stdin, whose first line is a token: on a command line others would see it."""


@dataclass(frozen=True)
class Image:
    """A version: how it was named, its id, when it came into force (UTC, ISO 8601)."""

    reference: str
    id: str
    at: str

    @property
    def kept(self) -> str:
        """The name that stays with this id, whatever happens to the reference."""
        return f"{KEPT}:{self.id.removeprefix('sha256:')[:16]}"


@dataclass(frozen=True)
class Good:
    """What is in force and what was before, newest first."""

    current: Image | None = None
    before: tuple[Image, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Stack:
    """One compose project on this machine; without files it is the one that `.env` names, or compose.yaml."""

    files: tuple[str, ...]
    folder: Path
    service: str
    seconds: int

    def compose(
        self, *args: str, image: str = "", stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a compose command; `image` is what CHOCO_IMAGE becomes.

        By itself compose looks for `.env` beside the first file, and files of docker/ would not see it.
        """
        settings = ROOT / ".env"
        files = ["--env-file", str(settings)] if settings.exists() else []
        files += [part for name in self.files for part in ("-f", name)]
        env = {**os.environ, **({"CHOCO_IMAGE": image} if image else {})}
        command = [*compose_command(), "--progress", "quiet", *files, *args]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=env, cwd=ROOT, check=False
        )

    def start(self, image: Image) -> str:
        """Put a version in force and wait until the app is healthy; empty, or what went wrong."""
        return self._up(image, self.service)

    def open_doors(self, image: Image) -> str:
        """Start what stands before the app too, and wait for it; empty, or what went wrong.

        nginx is still unhealthy for a moment when the app was away for long, which says nothing of the app.
        """
        end = time.monotonic() + self.seconds
        while (wrong := self._up(image, "--remove-orphans")) and time.monotonic() < end:
            time.sleep(1)
        return wrong

    def _up(self, image: Image, *args: str) -> str:
        wait = ("--wait", "--wait-timeout", str(self.seconds))
        done = self.compose("up", "-d", "--no-build", *wait, *args, image=image.kept)
        return "" if done.returncode == 0 else last_lines(done.stderr, 6) or "compose up failed"

    def run_inside(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command in the running app."""
        return self.compose("exec", "-T", self.service, *args, stdin=stdin)

    def present(self) -> Image | None:
        """The version of the app's container, whether it runs or has stopped; None without a container."""
        listed = self.compose("ps", "-aq", self.service)
        if listed.returncode:
            raise Refused(f"what runs here cannot be told: {last_lines(listed.stderr, 3) or 'no word'}")
        if not listed.stdout.split():
            return None
        found = docker(
            "inspect", "--format", "{{.Image}} {{.Config.Image}}", listed.stdout.split()[0]
        ).split()
        return Image(found[1], found[0], now())


def compose_command() -> list[str]:
    """`docker compose`, or what CHOCO_COMPOSE names, or the stand-alone program."""
    if named := os.environ.get("CHOCO_COMPOSE"):
        return shlex.split(named)
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode and shutil.which("docker-compose"):
        return ["docker-compose"]
    return ["docker", "compose"]


def now() -> str:
    """UTC, ISO 8601, in seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def resolve(reference: str, *, pull: bool) -> Image:
    """The image of a reference, pulled when asked; kept under a name of its own."""
    if pull:
        docker("pull", "-q", reference)
    image = Image(reference, docker("image", "inspect", "--format", "{{.Id}}", reference), now())
    docker("tag", image.id, image.kept)
    return image


def read_good(folder: Path) -> Good:
    """What the last deploy left; nothing on a new node."""
    path = folder / "good.json"
    if not path.exists():
        return Good()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        current = Image(**told["current"]) if told["current"] else None
        return Good(current, tuple(Image(**row) for row in told["before"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{path} cannot be read ({error}); move it away to start without a last good version"
        ) from None


def write_good(folder: Path, good: Good) -> None:
    """Replace the file at once; what it does not name any more is forgotten by the engine too, if it can."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "good.json"
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(good), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    wanted = {image.kept for image in (good.current, *good.before) if image}
    try:
        listed = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", KEPT).split()
    except Refused as refused:
        # A version is in force by now: only tidying fails, and nobody may be told that nothing was changed.
        say(f"older versions are not forgotten: {refused}")
        return
    for name in set(listed) - wanted:
        subprocess.run(["docker", "image", "rm", name], capture_output=True, check=False)


def succeed(good: Good, image: Image, keep: int = 2) -> Good:
    """`image` is in force; what was in force is the newest before it."""
    earlier = [row for row in (good.current, *good.before) if row and row.id != image.id]
    return Good(image, tuple(earlier[:keep]))


@contextmanager
def proof(stack: Stack) -> Iterator[str]:
    """A viewer's token for as long as a smoke test takes, where nobody reads without one; else empty."""
    if stack.run_inside("python3", "-c", NOBODY, APP).returncode == 0:
        yield ""
        return
    name = f"smoke-{uuid.uuid4().hex[:8]}"
    made = stack.run_inside("choco", "token", "add", name, "--role", "viewer", "--days", "1")
    try:
        say(f"token {name} for the smoke test" if made.returncode == 0 else last_lines(made.stderr, 3))
        yield made.stdout.strip()
    finally:
        if stack.run_inside("choco", "token", "revoke", name).returncode:
            say(f"token {name} could not be revoked; it ends in a day")


def faults(stack: Stack, published: str, seconds: float) -> bool:
    """Whether the smoke test fails, beside the app or from outside; prints its lines."""
    program = ROOT / "scripts" / "smoke.py"
    with proof(stack) as token:
        inside = stack.run_inside(
            *("sh", "-c", HANDED_OVER, "smoke", "--app", APP, "--wait", str(seconds)),
            stdin=f"{token}\n{program.read_text(encoding='utf-8')}",
        )
        say(inside.stdout.strip() or last_lines(inside.stderr, 5))
        if inside.returncode or not published:
            return bool(inside.returncode)
        command = [sys.executable, str(program), "--proxy", published, "--wait", "30"]
        env = {**os.environ, "SMOKE_TOKEN": token}
        outside = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        say(outside.stdout.strip() or last_lines(outside.stderr, 5))
        return bool(outside.returncode)


def put_in_force(stack: Stack, image: Image, published: str, ready: float) -> Outcome:
    """Start a version and test it. The last words of one that is not healthy are shown."""
    say(f"start {image.reference} ({image.id[7:19]})")
    if wrong := stack.start(image):
        say(f"not healthy: {wrong}")
        say(stack.compose("logs", "--no-color", "--tail", "25", stack.service).stdout.rstrip())
        return "unhealthy"
    if wrong := stack.open_doors(image):
        say(f"not open: {wrong}")
        return "faulty"
    return "faulty" if faults(stack, published, ready) else "good"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One deploy or rollback at a time on this node."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("another deploy or rollback is under way on this node") from None
        yield


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options that both programs share."""
    parser.add_argument(
        "-f",
        "--file",
        action="append",
        help="compose file, repeatable (default: COMPOSE_FILE of .env, else compose.yaml)",
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "deploy", help="where good.json is kept"
    )
    parser.add_argument("--service", default="app", help="the app's service")
    parser.add_argument(
        "--published", default="http://127.0.0.1:8000", help="address people use; '' for none"
    )
    parser.add_argument("--healthy", type=int, default=180, metavar="SECONDS", help="to become healthy")
    parser.add_argument(
        "--ready", type=float, default=600, metavar="SECONDS", help="to have prices and a plan"
    )


def stack_of(given: argparse.Namespace) -> Stack:
    """The stack that options name."""
    return Stack(tuple(given.file or ()), given.folder, given.service, given.healthy)
