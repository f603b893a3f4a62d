#!/usr/bin/env python3
"""Look up the locked packages of Python and of the page for known vulnerabilities.

    audit.py                   requirements.lock at PyPI, dashboard/package-lock.json at the npm registry
    audit.py --osv-url URL     Python's at an OSV server instead

Of Python's packages those that the lock installs on this platform are looked up, of the page's all.

Exit codes: 0 all were looked up and nothing is known that .forgejo/accepted.toml does not accept,
1 something is known, 2 not everything could be looked up: that is never told as clean.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from findings import (
    ACCEPTED,
    CLEAN,
    FOUND,
    PIN,
    UNKNOWN,
    Finding,
    NotLookedUp,
    Unusable,
    accepted,
    answer,
    beside,
    normal,
    tell,
    today,
)
from packaging.markers import Marker
from programs import ROOT

FINDS = (0, 1)
"""Exit codes of pip-audit and npm when they give an answer: nothing, something."""


def audit_python(lock: Path, shipped: set[str], osv_url: str | None) -> tuple[int, list[Finding]]:
    """(packages looked up, what is known) of a lock with hashes, on this platform."""
    command = [beside("pip-audit"), "--strict", "--disable-pip", "--require-hashes", "-r", str(lock)]
    command += ["--format", "json", "--desc", "off", "--progress-spinner", "off"]
    command += ["--vulnerability-service", "osv", "--osv-url", osv_url] if osv_url else []
    rows = answer(command, lock.parent, FINDS).get("dependencies")
    if not isinstance(rows, list) or not rows:
        raise NotLookedUp(f"no package of {lock.name} was looked up")
    told = {(normal(row["name"]), row["version"]) for row in rows if "vulns" in row}
    locked = locked_here(lock)
    skipped = {row["name"] for row in rows if "vulns" not in row}
    if left_out := sorted(skipped | {name for name, _ in locked - told}):
        raise NotLookedUp(f"nothing was told about {', '.join(left_out)}")
    if strange := sorted(f"{name} {version}" for name, version in told - locked):
        raise NotLookedUp(f"told about what is not locked: {', '.join(strange)}")
    found = []
    for row in rows:
        use = "in the image" if normal(row["name"]) in shipped else "tools only"
        where = f"{row['name']} {row['version']} ({use})"
        found += [
            Finding(known["id"], where, remedy(known.get("fix_versions", []))) for known in row["vulns"]
        ]
    return len(rows), found


def locked_here(lock: Path) -> set[tuple[str, str]]:
    """Name and version of what a lock installs here; pip-audit asks of nothing else."""
    pins = PIN.finditer(lock.read_text(encoding="utf-8"))
    return {
        (normal(pin["name"]), pin["version"])
        for pin in pins
        if pin["marker"] is None or Marker(pin["marker"]).evaluate()
    }


def remedy(versions: list[str]) -> str:
    """What to do about it."""
    return f"fixed in {', '.join(versions)}" if versions else "no fixed version yet"


def audit_page(folder: Path, registry: str | None) -> tuple[int, list[Finding]]:
    """(packages looked up, what is known) of a folder with package-lock.json."""
    # Off line, npm says that it found nothing; these keep a setting of the machine from making it so.
    command = ["npm", "audit", "--json", "--package-lock-only", "--offline=false", "--fetch-retries=1"]
    command += ["--fetch-retry-mintimeout=1000", *(["--registry", registry] if registry else [])]
    told = answer(command, folder, FINDS)
    if "error" in told or "auditReportVersion" not in told:
        raise NotLookedUp(str(told.get("message") or told.get("error") or "an answer of another form")[:400])
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    shipped = {
        key.rpartition("node_modules/")[2]
        for key, row in locked.items()
        if not (row.get("dev") or row.get("devOptional"))
    }
    found = []
    for name, row in told["vulnerabilities"].items():
        for known in row["via"]:
            if isinstance(known, dict):
                number = str(known["url"]).rsplit("/", 1)[-1] or str(known["source"])
                where = f"{name} {known['range']} ({'in the page' if name in shipped else 'tools only'})"
                found.append(Finding(number, where, f"{known['severity']}: {known['title']}"))
    return len(locked) - 1, found


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--image-lock", type=Path, default=ROOT / "requirements-image.lock")
    parser.add_argument("--page", type=Path, default=ROOT / "dashboard", help="folder of package-lock.json")
    parser.add_argument("--osv-url", help="an OSV server's query address, instead of PyPI")
    parser.add_argument("--registry", help="npm registry, instead of the one that npm is set to")
    parser.add_argument("--accepted", type=Path, default=ACCEPTED)
    given = parser.parse_args(argv)
    try:
        allowed = accepted(given.accepted, today())
    except Unusable as error:
        print(error, file=sys.stderr)
        return UNKNOWN
    pins = PIN.finditer(given.image_lock.read_text(encoding="utf-8"))
    shipped = {normal(pin["name"]) for pin in pins}
    looks: dict[str, Callable[[], tuple[int, list[Finding]]]] = {
        "Python for this platform": lambda: audit_python(given.lock, shipped, given.osv_url),
        "page": lambda: audit_page(given.page, given.registry),
    }
    codes = []
    for name, look in looks.items():
        try:
            count, found = look()
        except NotLookedUp as error:
            print(f"NOT LOOKED UP  {name}: {error}")
            codes.append(UNKNOWN)
        else:
            print(f"looked up      {name}: {count} packages, {len(found)} known vulnerabilities")
            codes.append(tell(found, allowed))
    return FOUND if FOUND in codes else UNKNOWN if UNKNOWN in codes else CLEAN


if __name__ == "__main__":
    sys.exit(main())
