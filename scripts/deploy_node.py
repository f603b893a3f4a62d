#!/usr/bin/env python3
"""Put a commit in force on this node, as its pipeline asks: files of the checkout and image together.

    deploy_node.py COMMIT                 the image that was built of it
    deploy_node.py COMMIT --version 1.2.0 the one that was released under that name

This is what a pipeline may ask of a node, and nothing else: all other choices are in var/node.toml of this
checkout, which docs/git-flow.md explains. A commit that is not on the node's branch, or an image that was not
built of it, is refused. When the new version fails, the last good one comes back with the files of its
commit. Exit codes as those of deploy.py: 0 in force, 2 nothing was changed, 3 the last good version runs
again, 4 nothing good runs. With any other deploy.py broke off; then and with 2 the files are as before.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from programs import COMMIT, DIGITS, ROOT, Refused, docker, git, require_built_of, say
from stack import DONE, DOWN, ROLLED_BACK, UNCHANGED, alone

VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?")


@dataclass(frozen=True)
class Node:
    """What this node's owner has chosen."""

    branch: str
    repository: str
    options: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


def read_node(path: Path) -> Node:
    """var/node.toml; raises `Refused`."""
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        node = Node(**told)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise Refused(f"{path}: {error} (docs/git-flow.md)") from None
    texts = [node.branch, node.repository, *node.options, *node.environment.values()]
    if not all(isinstance(text, str) and text for text in texts):
        raise Refused(f"{path}: every value is a text")
    return node


def fetch(commit: str, branch: str) -> str:
    """Get the branch; the commit that is checked out now. Raises `Refused` for a commit off the branch."""
    if changed := git("status", "--porcelain", "--untracked-files=no"):
        raise Refused(f"this checkout has changes of its own:\n{changed}")
    git("fetch", "--quiet", "origin", f"+refs/heads/{branch}:refs/remotes/origin/{branch}")
    try:
        git("merge-base", "--is-ancestor", commit, f"refs/remotes/origin/{branch}")
    except Refused:
        raise Refused(f"{commit[:DIGITS]} is not on {branch}, which this node follows") from None
    return git("rev-parse", "HEAD")


def put_in_force(commit: str, version: str, node: Node) -> int:
    """Exit code of the deploy."""
    os.environ.update(node.environment)
    former = fetch(commit, node.branch)
    reference = f"{node.repository}:{version or commit[:DIGITS]}"
    docker("pull", "--quiet", reference)
    require_built_of(reference, commit)
    say(f"files of {commit[:DIGITS]}, before {former[:DIGITS]}")
    git("checkout", "--quiet", "--detach", commit)
    command = [sys.executable, str(ROOT / "scripts" / "deploy.py"), reference, *node.options, "--files"]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code not in {DONE, ROLLED_BACK, DOWN}:
        say(f"deploy.py ended with {code}: files of {former[:DIGITS]} again")
        git("checkout", "--quiet", "--detach", former)
    return code


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("commit", help="all forty digits")
    parser.add_argument("--version", default="", help="name of the released image")
    given = parser.parse_args(argv)
    try:
        if not COMMIT.fullmatch(given.commit):
            raise Refused("a commit has forty digits")
        if given.version and not VERSION.fullmatch(given.version):
            raise Refused(f"{given.version} is no version")
        with alone(ROOT / "var" / "node-deploy"):
            return put_in_force(given.commit, given.version, read_node(ROOT / "var" / "node.toml"))
    except Refused as refused:
        print(f"nothing was changed: {refused}", file=sys.stderr)
        return UNCHANGED


if __name__ == "__main__":
    sys.exit(main())
