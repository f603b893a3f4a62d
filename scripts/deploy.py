#!/usr/bin/env python3
"""Put a version in force; when it is not healthy or fails the smoke test, the last good one comes back.

    deploy.py registry.example.ts.net/chocolate-factory:1.2.0 --pull
    deploy.py chocolate-factory:local --build

Before the change the state is backed up by the version that runs; where that one cannot, the app is stopped
and the files of the state are copied as they are. Exit codes: 0 the new version is in force,
2 nothing was changed, 3 the new version failed and the last good one runs again, 4 nothing good runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from programs import COMMIT, DIGITS, ROOT, Refused, docker, git, last_lines, revision_of, say
from secrets_file import NotDone, unfold
from stack import (
    DONE,
    DOWN,
    ROLLED_BACK,
    UNCHANGED,
    Good,
    Image,
    Stack,
    add_options,
    alone,
    now,
    put_in_force,
    read_good,
    resolve,
    stack_of,
    succeed,
    write_good,
)

BEFORE = "/data/before-deploy"
PATIENT = 90
"""Seconds that a version known to be good has at least: too little patience would put its state aside."""

# The folder by hand: the older version cannot open the store in it. A database gives way by --replace.
RESTORE = """mv "$CHOCO_STATE" "$CHOCO_STATE.failed-$1"
if [ -d "$2" ]; then cp -a "$2" "$CHOCO_STATE"; else choco restore --replace "$2"; fi"""
COPY = """[ -e "$CHOCO_STATE" ] || exit 0
mkdir -p "${1%/*}"; cp -a "$CHOCO_STATE" "$1" || { rm -rf "$1"; exit 1; }
echo "$1" """


def back_up(stack: Stack, image: Image) -> str:
    """Where in the container an archive of the state is, by the running version, or else a copy of its files.

    In a folder of their own, where the nightly backup does not tidy up.
    """
    done = stack.run_inside("choco", "backup", BEFORE, "--json")
    words = last_lines(done.stderr if done.returncode else done.stdout, 3) or "no word"
    if done.returncode == 0:
        try:
            return str(json.loads(done.stdout)["path"])
        except (ValueError, KeyError, TypeError):
            words = f"it does not tell where its backup is: {words}"
    say(f"the version that runs cannot back up: {words}")
    return copy_state(stack, image)


def copy_state(stack: Stack, image: Image) -> str:
    """A copy of the state's files, made by the new image while the app is stopped; its path.

    Empty where there is none yet. Where it cannot be copied, the app is started again and `Refused` raised.
    """
    target = f"{BEFORE}/state-{now().replace(':', '')}"
    say("the app is stopped, and the files of the state are copied as they are")
    done = stack.compose("stop", stack.service)
    if done.returncode == 0:
        done = run_once(stack, image, COPY, target)
    if done.returncode:
        stack.compose("start", stack.service)
        raise Refused(
            f"no backup before the change: {last_lines(done.stderr, 3) or 'no word'}\n"
            "--no-backup goes on without one"
        )
    return last_lines(done.stdout, 1)


def run_once(stack: Stack, image: Image, script: str, *args: str) -> subprocess.CompletedProcess[str]:
    """A shell script on the app's folders, while the app is stopped."""
    command = ("run", "--rm", "--no-deps", "-T", stack.service, "sh", "-euc", script, "deploy", *args)
    return stack.compose(*command, image=image.kept)


def last_good(stack: Stack, folder: Path) -> Good:
    """What is recorded, or on a node that was started by hand the version that is there."""
    good = read_good(folder)
    if good.current is None and (present := stack.present()):
        docker("tag", present.id, present.kept)
        good = Good(present)
    return good


def return_to(stack: Stack, image: Image, archive: str, given: argparse.Namespace) -> int:
    """Put the last good version in force again, first on the state as it is, then on the backup.

    A newer version may have changed the store so that the older one does not open it. Only then is the backup
    restored: what was written since would be left aside.
    """
    say(f"back to {image.reference}")
    stack = replace(stack, seconds=max(stack.seconds, PATIENT))
    outcome = put_in_force(stack, image, given.published, given.ready)
    if outcome == "unhealthy" and archive:
        say(f"restore {archive}; the present state is put aside beside it")
        stack.compose("stop", stack.service, image=image.kept)
        done = run_once(stack, image, RESTORE, now().replace(":", ""), archive)
        say(done.stdout.strip() or last_lines(done.stderr, 5))
        if done.returncode == 0:
            outcome = put_in_force(stack, image, given.published, given.ready)
    return ROLLED_BACK if outcome == "good" else DOWN


def files_of(image: Image) -> None:
    """Check out the files of the commit that a version was built of; where that cannot be, the others stay.

    What is checked out is no sign of it: rollback.py takes a version without its files.
    """
    try:
        commit = revision_of(image.kept)
        if not COMMIT.fullmatch(commit):
            raise Refused(f"{image.reference} does not name the commit that it was built of")
        git("checkout", "--quiet", "--detach", commit)
    except Refused as refused:
        say(f"the files stay as they are: {refused}")
    else:
        say(f"files of {commit[:DIGITS]} again")


def deploy(given: argparse.Namespace) -> int:
    """Exit code of a deploy."""
    stack = stack_of(given)
    if given.secrets:
        try:
            unfold(given.secrets, given.secrets_folder)
        except (NotDone, OSError) as error:
            raise Refused(f"secrets: {error}") from None
        os.environ["CHOCO_SECRETS"] = str(given.secrets_folder.resolve())
    good = last_good(stack, given.folder)
    if given.build:
        docker("build", "-q", *given.build_arg, "-f", "docker/Dockerfile", "-t", given.image, str(ROOT))
    image = resolve(given.image, pull=given.pull)
    archive = back_up(stack, image) if stack.present() and not given.no_backup else ""
    say(f"backup {archive or 'none'}")
    if put_in_force(stack, image, given.published, given.ready) == "good":
        write_good(given.folder, succeed(good, image))
        say(f"in force: {image.reference}")
        return DONE
    if good.current is None:
        say("no last good version on this node: look at the lines above")
        return DOWN
    if given.files:
        files_of(good.current)
    code = return_to(stack, good.current, archive, given)
    if code == ROLLED_BACK:
        write_good(given.folder, good)
        say(f"{image.reference} is NOT in force; {good.current.reference} runs again")
    else:
        say(
            f"NOTHING GOOD RUNS. Last good: {good.current.reference} {good.current.id}; "
            f"backup: {archive or 'none'}"
        )
    return code


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("image", help="reference of the version")
    parser.add_argument("--pull", action="store_true", help="get it from its registry first")
    parser.add_argument("--build", action="store_true", help="build it from this checkout first")
    parser.add_argument("--build-arg", action="append", default=[], help="passed to the build as it is")
    parser.add_argument("--no-backup", action="store_true", help="do not back up the state first")
    parser.add_argument("--secrets", type=Path, help="encrypted file, unfolded for the containers first")
    parser.add_argument("--secrets-folder", type=Path, default=ROOT / "var" / "secrets")
    parser.add_argument(
        "--files", action="store_true", help="going back, check out the commit of the last good version too"
    )
    add_options(parser)
    given = parser.parse_args(argv)
    given.build_arg = [part for value in given.build_arg for part in ("--build-arg", value)]
    try:
        with alone(given.folder):
            return deploy(given)
    except Refused as refused:
        print(f"nothing was changed: {refused}", file=sys.stderr)
        return UNCHANGED


if __name__ == "__main__":
    sys.exit(main())
