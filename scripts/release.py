#!/usr/bin/env python3
"""Releases: notes out of CHANGELOG.md, and the release itself on Forgejo or Gitea.

    release.py notes v1.2.0                        print the notes; refuse a tag that does not fit
    release.py publish v1.2.0 --asset sbom.json    make the release of a pushed tag, or bring it up to date

A tag fits when it is `v` and the version of pyproject.toml, and the changelog has a dated section of it with
something in it. `publish` takes FORGE_URL, REPOSITORY (owner/name) and FORGE_TOKEN from the environment.
Exit codes: 0 done, 2 refused: nothing was published.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from programs import ROOT, Refused

TAG = re.compile(r"v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)")
HEAD = re.compile(r"^## \[?(?P<version>[^\]\s]+)\]?(?: - (?P<day>\d{4}-\d{2}-\d{2}))?\s*$")
BOUNDARY = "----chocolate-factory-release"


def notes(tag: str, changelog: str, version: str) -> str:
    """The section of a tag, without its heading; raises `Refused`."""
    named = TAG.fullmatch(tag)
    if not named:
        raise Refused(f"{tag} is no tag of a version, like v1.2.0")
    if named[1] != version:
        raise Refused(f"{tag} is not the version of pyproject.toml, {version}")
    section: list[str] | None = None
    for line in changelog.splitlines():
        if head := HEAD.match(line):
            if section is not None:
                break
            if head["version"] == version:
                if not head["day"]:
                    raise Refused(
                        f"the section of {version} in CHANGELOG.md has no day: `## {version} - YYYY-MM-DD`"
                    )
                section = []
        elif section is not None:
            section.append(line)
    if section is None:
        raise Refused(f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD`")
    text = "\n".join(section).strip()
    if not re.search(r"^- ", text, re.MULTILINE):
        raise Refused(f"the section of {version} in CHANGELOG.md says nothing")
    return text + "\n"


def ask(method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    """What the forge answers, None for 404; raises `Refused` with its words, never with the token."""
    base, repository, token = (
        os.environ.get(name, "") for name in ("FORGE_URL", "REPOSITORY", "FORGE_TOKEN")
    )
    if not (urlsplit(base).scheme in {"http", "https"} and repository.count("/") == 1 and token):
        raise Refused("FORGE_URL, REPOSITORY (owner/name) and FORGE_TOKEN must be set")
    address = f"{base.rstrip('/')}/api/v1/repos/{quote(repository)}/releases{path}"
    headers = {"Authorization": f"token {token}", "Content-Type": kind, "Accept": "application/json"}
    request = urllib.request.Request(address, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        if error.code == 404 and method == "GET":
            return None
        raise Refused(
            f"{method} {address} answers {error.code}: {error.read()[:200].decode(errors='replace')}"
        ) from None
    except (OSError, ValueError) as error:
        raise Refused(f"{method} {address}: {error}") from None


def publish(tag: str, text: str, assets: list[Path]) -> str:
    """Make the release or bring it up to date; its address."""
    prerelease = "-" in tag
    told = json.dumps(
        {"tag_name": tag, "name": tag, "body": text, "draft": False, "prerelease": prerelease}
    ).encode()
    there = ask("GET", f"/tags/{quote(tag)}")
    made = ask("PATCH", f"/{there['id']}", told) if there else ask("POST", "", told)
    old = {row["name"]: row["id"] for row in made.get("assets") or ()}
    for path in assets:
        if path.name in old:
            ask("DELETE", f"/{made['id']}/assets/{old[path.name]}")
        field = f'Content-Disposition: form-data; name="attachment"; filename="{path.name}"'
        body = (
            f"--{BOUNDARY}\r\n{field}\r\n\r\n".encode()
            + path.read_bytes()
            + f"\r\n--{BOUNDARY}--\r\n".encode()
        )
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        ask("POST", f"/{made['id']}/assets?name={quote(path.name)}", body, kind)
    return str(made.get("html_url", ""))


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("act", choices=("notes", "publish"))
    parser.add_argument("tag")
    parser.add_argument("--asset", type=Path, action="append", default=[], help="file to attach, repeatable")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of pyproject.toml and CHANGELOG.md")
    given = parser.parse_args(argv)
    try:
        project = tomllib.loads((given.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        text = notes(given.tag, (given.root / "CHANGELOG.md").read_text(encoding="utf-8"), project["version"])
        print(text if given.act == "notes" else publish(given.tag, text, given.asset), end="")
    except (Refused, OSError) as refused:
        print(f"no release: {refused}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
