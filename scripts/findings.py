"""What audit.py and scan_image.py share: what is found, accepted until when, asked of a scanner, locked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from programs import ROOT

ACCEPTED = ROOT / ".forgejo" / "accepted.toml"
LONGEST = timedelta(days=190)
"""How far away the end of an acceptance may be: then somebody looks again."""
CLEAN, FOUND, UNKNOWN = 0, 1, 2
"""Exit codes: nothing; something that is not accepted; it could not be looked up, which is not nothing."""
SECONDS = 900
"""How long a scanner may take."""
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.*?))? \\$", re.MULTILINE)
"""A package in a lock that uv wrote, with hashes on the next lines."""


class Unusable(Exception):
    """The list of what is accepted is not what it must be."""


class NotLookedUp(Exception):
    """No answer that says anything about everything that was asked for."""


@dataclass(frozen=True, order=True)
class Finding:
    """`what` is its name in the list of accepted ones; `where` the package or file; `text` for people."""

    what: str
    where: str
    text: str


def accepted(path: Path, today: date) -> dict[str, str]:
    """What is accepted today, and why; raises `Unusable` for an entry without a reason or a sensible end.

    An entry whose day has come counts no more: the finding is told again.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: {error}") from None
    found = {}
    for row in rows:
        what, reason, until = (row.get(name) for name in ("what", "reason", "until"))
        if not (isinstance(what, str) and what and isinstance(reason, str) and len(reason) >= 10):
            raise Unusable(f"{path}: every entry needs `what` and a `reason` that says why: {row}")
        if type(until) is not date or until > today + LONGEST:
            raise Unusable(f"{path}: {what} needs `until`, a day within {LONGEST.days} days")
        if until >= today:
            found[what] = reason
    return found


def today() -> date:
    """The day, UTC."""
    return datetime.now(UTC).date()


def tell(findings: Iterable[Finding], allowed: dict[str, str]) -> int:
    """Print every finding, accepted ones with their reason; `FOUND` if one is not accepted, else `CLEAN`."""
    left = 0
    for found in sorted(set(findings)):
        reason = allowed.get(found.what)
        left += reason is None
        mark = "FOUND   " if reason is None else "accepted"
        print(f"{mark} {found.what}  {found.where}  {found.text}" + (f"  [{reason}]" if reason else ""))
    return FOUND if left else CLEAN


def beside(name: str) -> str:
    """The program `name` of the environment that this runs in, else whatever the path has."""
    own = Path(sys.executable).with_name(name)
    return str(own) if own.exists() else name


def answer(command: list[str], folder: Path | None = None, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """The JSON object that a scanner prints; raises `NotLookedUp` with its last words where it prints none.

    `codes`: exit codes of an answer, for some scanners tell by them that they found something.
    """
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotLookedUp(f"no answer within {SECONDS} s") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotLookedUp(f"{command[0]}: {error}") from None
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = None
    if done.returncode not in codes or not isinstance(told, dict):
        lines = done.stderr.strip().splitlines() or ["no answer, or one of another form"]
        raise NotLookedUp(lines[-1][:400])
    return told


def normal(name: str) -> str:
    """A Python package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
