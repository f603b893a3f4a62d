"""What deploy.py and rollback.py do with a docker that notes, and their smoke test on a real app. About 9 s.

tests/soak/test_containers.py has the same on a real engine.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from chocolate_factory.domain.roles import AccessRules, Role
from chocolate_factory.main import create_app, server_of
from chocolate_factory.services.keep_tokens import list_tokens
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.api.planned import planned_world
from tests.conftest import ROOT
from tests.e2e.door import door_before
from tests.worlds import NOW, sample_ports, tiny

SCRIPTS = ROOT / "scripts"
BIN = Path(sys.executable).parent
sys.path.insert(0, str(SCRIPTS))
import deploy  # noqa: E402
import smoke  # noqa: E402
import stack  # noqa: E402

FakeDocker = Callable[[str], Path]
ORDERS = {"stop", "start", "run", "up"}
"""Words of compose that change what runs."""


def image(number: int) -> stack.Image:
    return stack.Image(f"choco:{number}", f"sha256:{str(number) * 64}", "2026-03-10T00:00:00Z")


@pytest.fixture
def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """A `docker` that does what a shell line says and notes how it was called."""

    def make(line: str) -> Path:
        program, notes = tmp_path / "bin" / "docker", tmp_path / "calls"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$@" >> {notes}\n{line}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        monkeypatch.setenv("CHOCO_COMPOSE", "docker compose")
        return notes

    return make


def test_good_versions_are_kept_and_others_forgotten(tmp_path: Path, fake_docker: FakeDocker) -> None:
    good = stack.Good()
    for number in (1, 2, 3, 4, 2):
        good = stack.succeed(good, image(number))
    assert [row.reference for row in (good.current, *good.before) if row] == ["choco:2", "choco:4", "choco:3"]
    gone = image(1).kept
    notes = fake_docker(f'case "$*" in *ls*) echo {gone}; echo {image(2).kept};; esac')
    stack.write_good(tmp_path / "deploy", good)
    assert stack.read_good(tmp_path / "deploy") == good
    assert [line for line in notes.read_text().splitlines() if " rm " in line] == [f"image rm {gone}"]
    fake_docker("exit 1")
    stack.write_good(tmp_path / "deploy", stack.Good(image(1)))
    assert stack.read_good(tmp_path / "deploy") == stack.Good(image(1)), "only tidying failed"


def run(name: str, *args: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / name), *args], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_deploy_that_cannot_begin_changes_nothing(tmp_path: Path, fake_docker: FakeDocker) -> None:
    folder = tmp_path / "deploy"
    notes = fake_docker('case "$*" in *ps*) ;; *) echo "no such image" >&2; exit 1;; esac')
    code, told = run("deploy.py", "choco:x", "--folder", str(folder))
    assert (code, "no such image" in told) == (2, True)
    assert " up " not in notes.read_text()
    code, told = run("rollback.py", "--folder", str(folder))
    assert (code, "no version before" in told) == (2, True)
    (folder / "good.json").write_text("{half")
    assert run("deploy.py", "choco:x", "--folder", str(folder))[0] == 2
    (folder / "good.json").unlink()
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, told = run("deploy.py", "choco:x", "--folder", str(folder))
    assert (code, "another deploy" in told) == (2, True)


BROKEN = (
    ('echo "disk full" >&2; exit 4', "cannot back up: disk full"),
    ("echo done", "does not tell where its backup is: done"),
    ("echo '{}'", "does not tell where its backup is"),
    ("echo '[]'", "does not tell where its backup is"),
)
"""What `choco backup` of a broken version does, and how that is told."""


@pytest.mark.parametrize(("answer", "words"), BROKEN)
@pytest.mark.parametrize("room", [True, False])
def test_a_version_that_cannot_back_up_does_not_stand_in_the_way(
    tmp_path: Path, fake_docker: FakeDocker, answer: str, words: str, room: bool
) -> None:
    """Its state is copied as it is, while it is stopped; where that cannot be either, it is started again."""
    said = "for word; do :; done; echo $word"
    notes = fake_docker(
        f'case "$*" in *" ps "*) echo c1;; *backup*) {answer};; *" run "*) {said if room else "exit 1"};;'
        f' inspect*) echo {image(1).id} choco:1;; "image inspect"*) echo {image(2).id};; esac'
    )
    code, told = run("deploy.py", "choco:2", "--folder", str(tmp_path / "deploy"), "--published", "")
    assert (code, words in told, "Traceback" in told) == (0 if room else 2, True, False), told
    done = [word for line in notes.read_text().splitlines() for word in line.split() if word in ORDERS]
    assert done == (["stop", "run", "up", "up"] if room else ["stop", "run", "start"])
    assert ("backup /data/before-deploy/state-" in told) is room
    assert ("--no-backup goes on without one" in told) is not room


def test_a_door_that_is_not_open_yet_does_not_cost_the_state(tmp_path: Path, fake_docker: FakeDocker) -> None:
    """nginx is unhealthy while a bad version is tried: no reason to put the state aside on the way back."""
    once = f"test -e {tmp_path}/once || {{ touch {tmp_path}/once; exit 1; }}"
    notes = fake_docker(
        f'case "$*" in *" ps "*) echo c1;; *backup*) echo "{{\\"path\\": \\"/data/b.tar.gz\\"}}";;'
        f' *" up "*" app") test "$CHOCO_IMAGE" = {image(1).kept};; *" up "*) {once};;'
        f' inspect*) echo {image(1).id} choco:1;; "image inspect"*) echo {image(2).id};; esac'
    )
    stack.write_good(tmp_path / "deploy", stack.Good(image(1)))
    code, told = run("deploy.py", "choco:2", "--folder", str(tmp_path / "deploy"), "--published", "")
    assert (code, "backup /data/b.tar.gz" in told, "choco:1 runs again" in told) == (3, True, True), told
    assert " run " not in notes.read_text(), "nothing was restored"
    assert (tmp_path / "once").exists()


def test_what_cannot_be_told_is_not_taken_for_an_empty_node(tmp_path: Path, fake_docker: FakeDocker) -> None:
    """Otherwise a version would be changed without a backup."""
    notes = fake_docker(
        'case "$*" in *" ps "*) echo "no such service: app" >&2; exit 1;;'
        f' "image inspect"*) echo {image(2).id};; esac'
    )
    code, told = run("deploy.py", "choco:2", "--folder", str(tmp_path / "deploy"), "--published", "")
    assert (code, "what runs here cannot be told: no such service" in told) == (2, True), told
    assert " up " not in notes.read_text()


def test_a_copied_state_comes_back_as_an_archive_does(tmp_path: Path) -> None:
    """The two scripts that run in the container, on a folder like the container's."""
    state, copied = tmp_path / "state", tmp_path / "before-deploy" / "state-1"
    (state / "models").mkdir(parents=True)
    (state / "store.sqlite").write_text("as it was")
    env = {"PATH": os.environ["PATH"], "CHOCO_STATE": str(state)}
    subprocess.run(["sh", "-euc", deploy.COPY, "deploy", str(copied)], env=env, check=True)
    (state / "store.sqlite").write_text("changed")
    restore = ["sh", "-euc", deploy.RESTORE, "deploy", "2", str(copied)]
    subprocess.run(restore, env=env, check=True)
    assert (state / "store.sqlite").read_text() == "as it was"
    assert (state / "models").is_dir()
    assert (tmp_path / "state.failed-2" / "store.sqlite").read_text() == "changed"
    (tmp_path / "choco").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "choco").chmod(0o755)
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    restore[-2:] = ["3", "/data/backup.tar.gz"]
    asked = subprocess.run(restore, env=env, capture_output=True, text=True, check=True).stdout
    assert asked == "restore --replace /data/backup.tar.gz\n", "a database that is not empty gives way"
    assert not state.exists()
    state.mkdir()
    copying = ["sh", "-euc", deploy.COPY, "deploy", "/proc/x/state"]
    assert subprocess.run(copying, env=env, check=False).returncode
    env["CHOCO_STATE"] = str(tmp_path / "not-yet")
    none = subprocess.run(copying, env=env, capture_output=True, check=False)
    assert (none.returncode, none.stdout) == (0, b""), "a node whose first version never ran has no state"


@pytest.mark.parametrize("labelled", [True, False])
def test_the_files_of_the_last_good_version_come_back_with_it(
    tmp_path: Path, fake_docker: FakeDocker, labelled: bool
) -> None:
    """They are those of its own commit, not of the one that was checked out: rollback.py takes no files."""
    checkout, commits = tmp_path / "checkout", []
    (checkout / "scripts").mkdir(parents=True)
    for name in ("deploy.py", "programs.py", "secrets_file.py", "smoke.py", "stack.py"):
        shutil.copy(SCRIPTS / name, checkout / "scripts" / name)
    (checkout / ".gitignore").write_text("var/\n__pycache__/\n")

    def git(*args: str) -> str:
        command = ["git", "-C", str(checkout), "-c", "user.name=t", "-c", "user.email=t@example.org", *args]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    for text in ("good", "rolled back from", "bad"):
        (checkout / "file").write_text(text)
        git("add", "-A")
        git("commit", "-q", "-m", text)
        commits.append(git("rev-parse", "HEAD"))
    fake_docker(
        f'case "$*" in *{image(1).kept}) echo {commits[0] if labelled else ""};;'
        f' "image inspect"*) echo {image(3).id};; *" up "*) test "$CHOCO_IMAGE" = {image(1).kept};; esac'
    )
    stack.write_good(checkout / "var" / "deploy", stack.Good(image(1), (image(2),)))
    done = subprocess.run(
        [sys.executable, str(checkout / "scripts" / "deploy.py"), "choco:3", "--published", "", "--files"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "choco:1 runs again" in done.stdout) == (3, True), done
    assert git("rev-parse", "HEAD") == (commits[0] if labelled else commits[2])
    assert ("the files stay as they are: choco:1 does not name" in done.stdout) is not labelled


class Here(stack.Stack):
    """A node whose app runs beside the test instead of in a container."""

    def run_inside(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(args, input=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("anyone", [None, Role.VIEWER])
def test_a_node_that_shows_nothing_without_proof_passes_its_smoke_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], anyone: Role | None
) -> None:
    """With a token of its own, which counts as long as the test takes; nobody else reads meanwhile."""
    world = planned_world(tmp_path / "state")
    (tmp_path / "factory.toml").write_text(tiny())
    for name, value in {
        "PATH": f"{BIN}:/usr/sbin:/usr/bin:/bin",
        "CHOCO_STATE": str(tmp_path / "state"),
        "CHOCO_FACTORY": str(tmp_path / "factory.toml"),
        "CHOCO_NOW": NOW.isoformat(),
    }.items():
        monkeypatch.setenv(name, value)
    node = Here((), tmp_path, "app", 1)
    with (
        served(create_app(world, rules=AccessRules(False, anyone=anyone))) as app,
        door_before(app.removeprefix("http://"), tmp_path) as door,
    ):
        monkeypatch.setattr(stack, "APP", app)
        faulty = stack.faults(node, f"http://127.0.0.1:{door.port}", 0)
        told = capsys.readouterr().out
        assert not faulty, told
        assert (told.count("ok "), "FAIL" in told) == (13, False)
        tokens = list_tokens(world.real.store, NOW)
        assert [row["state"] for row in tokens] == ([] if anyone else ["revoked"])
        assert smoke.main(["--app", app, "--wait", "0"]) == (0 if anyone else 1), (
            "without it nothing is shown"
        )


@pytest.mark.parametrize(("days", "words"), [(3, "no runs, but assumed_stock"), (4, smoke.NOTHING_TO_MAKE)])
def test_a_real_plan_without_runs_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, words: str
) -> None:
    """On a Friday evening and a Saturday, for the day to come."""
    ports = replace(sample_ports(tmp_path), plan_seconds=1, clock=lambda: NOW + timedelta(days=days))
    answer = make_plan(ports, PlanRequest(1))
    assert answer["runs"] == []
    monkeypatch.setattr(smoke, "read", lambda *_: answer)
    assert words in smoke.plan("")


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of an application on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = server_of(app, "127.0.0.1", listening.getsockname()[1])
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
