"""What the programs of this folder share: where the project is, git and docker, refusals, lines of progress.

Only the standard library: build_image.py and deploy_node.py run where nothing of the project is installed.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGITS = 12
"""Of a commit, in names of images and for people."""
REVISION = '{{index .Config.Labels "org.opencontainers.image.revision"}}'


class Refused(Exception):
    """Something cannot be done; nothing was changed by trying."""


class Failed(Refused):
    """docker says no."""


def git(*args: str, folder: Path = ROOT) -> str:
    """Output of git in a checkout; raises `Refused` with its words."""
    done = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(last_lines(done.stderr, 3) or f"git {args[0]} failed")
    return done.stdout.strip()


def docker(*args: str, stdin: str | None = None, config: str | None = None) -> str:
    """Output of docker, with the logins of the folder `config`; raises `Failed` with its last words."""
    env = {**os.environ, **({"DOCKER_CONFIG": config} if config else {})}
    done = subprocess.run(
        ["docker", *args], input=stdin, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"docker {args[0]}: {last_lines(done.stderr, 15) or 'no word'}")
    return done.stdout.strip()


def revision_of(image: str) -> str:
    """The commit that an image of the engine names as its own, empty for none; raises `Failed`."""
    return docker("image", "inspect", "--format", REVISION, image)


def require_built_of(image: str, commit: str) -> None:
    """Raises `Refused` for an image that was not built of this commit."""
    told = revision_of(image)
    if told != commit:
        raise Refused(
            f"{image} was built of {told[:DIGITS] or 'an unknown commit'}, not of {commit[:DIGITS]}"
        )


def last_lines(text: str, count: int) -> str:
    """The last lines of a program's words."""
    return "\n".join(text.strip().splitlines()[-count:])


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)
