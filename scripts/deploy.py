#!/usr/bin/env python3
"""Put a version in force; when it is not healthy or fails the smoke test, the last good one comes back.

    deploy.py registry.example.ts.net/chocolate-factory:1.2.0 --pull
    deploy.py chocolate-factory:local --build

Before the change the state is backed up by the version that runs. Exit codes: 0 the new version is in force,
2 nothing was changed, 3 the new version failed and the last good one runs again, 4 nothing good runs.
"""

from __future__ import annotations

import argparse
import json
import os
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

# By hand, because the older version cannot open the store that it is to put aside.
RESTORE = 'mv "$CHOCO_STATE" "$CHOCO_STATE.failed-$1"; choco restore "$2"'


def back_up(stack: Stack) -> str:
    """An archive of the state by the running version; its path inside the container.

    In a folder of its own, where the nightly backup does not tidy up.
    """
    done = stack.run_inside("choco", "backup", BEFORE, "--json")
    if done.returncode:
        raise Refused(f"the backup before the change failed: {last_lines(done.stderr, 3)}")
    try:
        return str(json.loads(done.stdout)["path"])
    except (ValueError, KeyError, TypeError):
        words = last_lines(done.stdout, 3) or "nothing"
        raise Refused(f"the backup before the change does not tell where it is: {words}") from None


def last_good(stack: Stack, folder: Path) -> Good:
    """What is recorded, or on a node that was started by hand the version that runs."""
    good = read_good(folder)
    if good.current is None and (running := stack.running()):
        docker("tag", running.id, running.kept)
        good = Good(running)
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
        done = stack.compose(
            *("run", "--rm", "--no-deps", "-T", stack.service, "sh", "-euc", RESTORE),
            *("restore", now().replace(":", ""), archive),
            image=image.kept,
        )
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
    archive = back_up(stack) if stack.running() and not given.no_backup else ""
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
