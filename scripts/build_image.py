#!/usr/bin/env python3
"""Build the image of this commit and label it with version and commit; or push the one that was built so.

    build_image.py registry.example.ts.net/chocolate-factory          build
    build_image.py … --push                                           push what is there, and build nothing
    build_image.py … --push --ref refs/tags/v1.2.0                    also under the name 1.2.0

It is always named by the first twelve digits of the commit. What was looked into between the two is what is
pushed. From the environment: BUILD_OPTIONS for `docker build`, REGISTRY_USER and REGISTRY_PASSWORD for a
registry that asks; the login is gone with the program.
Exit codes: 0 done, 1 build or push failed, 2 refused: the checkout, or the image that is to be pushed, is not
what the commit says.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from programs import DIGITS, ROOT, Failed, Refused, docker, git, require_built_of

NAME = re.compile(r"[a-z0-9][\w.:/-]*[a-z0-9]")


def commit_of(folder: Path) -> str:
    """The commit of a checkout; raises `Refused` when files differ from it, for the label would lie."""
    if changed := git("status", "--porcelain", "--untracked-files=no", folder=folder):
        raise Refused(f"these differ from the commit:\n{changed}")
    return git("rev-parse", "HEAD", folder=folder)


def is_release(ref: str, version: str) -> bool:
    """Whether a reference is the tag of a version; raises `Refused` for the tag of another version."""
    if not ref.startswith("refs/tags/v"):
        return False
    if ref != f"refs/tags/v{version}":
        raise Refused(f"{ref} is not the tag of {version}, which pyproject.toml names")
    return True


def push(names: list[str], commit: str) -> None:
    """Push the image that the first name has, with a login of its own that is gone afterwards.

    Raises `Refused` for one that was built of another commit.
    """
    require_built_of(names[0], commit)
    for name in names[1:]:
        docker("tag", names[0], name)
    user, password = os.environ.get("REGISTRY_USER", ""), os.environ.get("REGISTRY_PASSWORD", "")
    with TemporaryDirectory(prefix="login-") as config:
        if user:
            registry = names[0].partition("/")[0]
            docker("login", "--username", user, "--password-stdin", registry, stdin=password, config=config)
        for name in names:
            docker("push", "--quiet", name, config=config)
            print(f"pushed {name}")


def build(names: list[str], version: str, commit: str) -> None:
    """Build under every name."""
    labels = ("--build-arg", f"VERSION={version}", "--build-arg", f"REVISION={commit}")
    options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    named = [part for name in names for part in ("-t", name)]
    docker("build", "--quiet", *options, "-f", "docker/Dockerfile", *labels, *named, str(ROOT))
    told = json.loads(docker("image", "inspect", names[0]))[0]
    print(f"built {names[0]} {told['Id'][7:19]} {told['Size'] / 1e6:.0f} MB")


def build_or_push(given: argparse.Namespace) -> None:
    """What is asked, under the names that belong to the commit."""
    if not NAME.fullmatch(given.repository):
        raise Refused(f"no name of an image: {given.repository}")
    commit = commit_of(ROOT)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    tags = [commit[:DIGITS], *([version] if is_release(given.ref, version) else [])]
    names = [f"{given.repository}:{tag}" for tag in tags]
    if given.push:
        push(names, commit)
    else:
        build(names, version, commit)


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("repository", help="registry and name, without a tag")
    parser.add_argument("--ref", default="", help="what is built, as git names it: a tag is a release")
    parser.add_argument("--push", action="store_true", help="push what was built, instead of building")
    given = parser.parse_args(argv)
    try:
        build_or_push(given)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    except Refused as refused:
        print(f"nothing was {'pushed' if given.push else 'built'}: {refused}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
