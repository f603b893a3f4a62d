#!/usr/bin/env python3
"""Write what the image is made of, from the locks, as CycloneDX 1.6: packages, licences, what needs what.

    sbom.py --out sbom.json [--version 1.2.0] [--revision COMMIT]

Python's packages are those of requirements-image.lock for Linux and the Python that docker/Dockerfile names;
a licence is told where this environment has the package in that version. The page's are those of
dashboard/package-lock.json that its bundler may take. Debian's are not here: scan_image.py adds them from the
image. Exit codes: 0 written and valid, 2 not.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from findings import PIN, normal
from packaging.markers import Marker
from programs import ROOT

NAME = "chocolate-factory"
PLATFORM = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
"""What markers of the lock mean in the image, but for the version of Python."""
BASE = re.compile(r"^ARG PYTHON_IMAGE=python:((\d+\.\d+)\.\d+)-", re.MULTILINE)
SPACE = uuid.UUID("2f9f6d5c-62f4-5c0e-9d0f-7f0a6c1d1c11")

Component = dict[str, Any]


class Unreadable(Exception):
    """A lock is not what it should be, or what was made of it is not valid."""


def platform_of(dockerfile: Path) -> dict[str, str]:
    """What markers of the lock mean in the image; raises `Unreadable` where its Python cannot be told."""
    found = BASE.search(dockerfile.read_text(encoding="utf-8"))
    if not found:
        raise Unreadable(f"{dockerfile} has no ARG PYTHON_IMAGE that names a version")
    return {**PLATFORM, "python_full_version": found[1], "python_version": found[2]}


def python_parts(lock: Path) -> tuple[list[Component], dict[str, set[str]]]:
    """Components of a lock that uv wrote, and for each name the names that need it ("" for the product)."""
    parts: list[Component] = []
    wanted: dict[str, set[str]] = {}
    platform = platform_of(ROOT / "docker" / "Dockerfile")
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pin := PIN.match(line):
            here = pin["marker"] is None or Marker(pin["marker"]).evaluate(platform)
            name = pin["name"] if here else ""
            if here:
                parts.append(python_part(pin["name"], pin["version"]))
                wanted[name] = set()
        elif (need := re.match(r"    # via (\S+)|    #   ([^\s-]\S*)", line)) and parts and name:
            by = need[1] or need[2]
            wanted[name].add("" if by == NAME else by)
    if not parts:
        raise Unreadable(f"{lock} locks nothing")
    return parts, wanted


def python_part(name: str, version: str) -> Component:
    """A package of the lock."""
    purl = f"pkg:pypi/{normal(name)}@{version}"
    part: Component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence := python_licence(name, version):
        part["licenses"] = [licence]
    return part


def python_licence(name: str, version: str) -> dict[str, Any] | None:
    """What the installed package says of itself, if it is of that version; None where it says nothing."""
    try:
        told = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return None
    if told["version"] != version:
        return None
    if expression := told.get("license_expression"):
        return {"expression": expression}
    lines = told.get("classifier", [])
    classified = [line.rpartition(" :: ")[2] for line in lines if "License ::" in line]
    text = " / ".join(classified) or str(told.get("license", "")).strip()
    return {"license": {"name": text}} if text and len(text) <= 100 and "\n" not in text else None


def page_parts(folder: Path) -> tuple[list[Component], dict[str, set[str]]]:
    """Components of the page's lock that its bundler may take, and the references that need each."""
    rows = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    kept = {key: row for key, row in rows.items() if not (row.get("dev") or row.get("devOptional"))}
    parts, wanted = {}, {}
    for key, row in kept.items():
        if key:
            name = key.rpartition("node_modules/")[2]
            parts[key] = page_part(name, row)
            wanted[parts[key]["bom-ref"]] = set[str]()
    for key, row in kept.items():
        for name in {**row.get("dependencies", {}), **row.get("optionalDependencies", {})}:
            if found := nearest(parts, key, name):
                wanted[found].add(parts[key]["bom-ref"] if key else "")
    # What lies in two folders in the same version is one package.
    return list({part["bom-ref"]: part for part in parts.values()}.values()), wanted


def page_part(name: str, row: dict[str, Any]) -> Component:
    """A package of the page's lock, with the checksum of its archive."""
    purl = f"pkg:npm/{quote(name, safe='/')}@{row['version']}"
    part: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": row["version"],
        "purl": purl,
    }
    algorithm, _, digest = row.get("integrity", "").partition("-")
    if algorithm == "sha512":
        part["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
    if row.get("license"):
        part["licenses"] = [{"expression": row["license"]}]
    return part


def nearest(parts: dict[str, Component], asker: str, name: str) -> str:
    """The reference of the package that Node.js finds under `name` from where `asker` lies; "" for none."""
    folder = asker
    while True:
        if found := parts.get(f"{folder}/node_modules/{name}".lstrip("/")):
            return str(found["bom-ref"])
        if not folder:
            return ""
        folder = folder.rpartition("node_modules/")[0].rstrip("/")


def made_of(version: str, revision: str, lock: Path, page: Path) -> dict[str, Any]:
    """The whole document; the same locks give the same document, but for the moment."""
    python, needed_by_python = python_parts(lock)
    script, needed_by_script = page_parts(page)
    own = f"pkg:generic/{NAME}@{version}"
    ref_of = {part["name"]: part["bom-ref"] for part in python}
    needs: dict[str, set[str]] = {own: set(), **{part["bom-ref"]: set() for part in (*python, *script)}}
    for name, askers in needed_by_python.items():
        for asker in askers:
            # What asks only elsewhere, on Windows say, is not here.
            if not asker or asker in ref_of:
                needs[ref_of[asker] if asker else own].add(ref_of[name])
    for ref, askers in needed_by_script.items():
        for asker in askers:
            needs[asker or own].add(ref)
    about: Component = {"type": "application", "bom-ref": own, "name": NAME, "version": version}
    if revision:
        about["properties"] = [{"name": "revision", "value": revision}]
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    content = json.dumps([about, python, script], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, content)}",
        "version": 1,
        "metadata": {"timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": about},
        "components": sorted((*python, *script), key=lambda part: str(part["bom-ref"])),
        "dependencies": [{"ref": ref, "dependsOn": sorted(others)} for ref, others in sorted(needs.items())],
    }


def checked(document: dict[str, Any]) -> str:
    """The document as text; `Unreadable` when the schema does not allow it."""
    # Two seconds of grammars are made on import, which whoever only reads the locks need not wait for.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise Unreadable(f"not valid CycloneDX: {str(error.data)[:500]}")
    return text


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", help="of the product (default: that of pyproject.toml)")
    parser.add_argument("--revision", default="", help="commit")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements-image.lock")
    parser.add_argument("--page", type=Path, default=ROOT / "dashboard")
    given = parser.parse_args(argv)
    try:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        made = made_of(given.version or project["version"], given.revision, given.lock, given.page)
        given.out.write_text(checked(made), encoding="utf-8")
    except (Unreadable, OSError, KeyError, ValueError) as error:
        print(f"no list of parts: {error}", file=sys.stderr)
        return 2
    bare = sum("licenses" not in part for part in made["components"])
    print(f"{given.out}: {len(made['components'])} packages, {bare} without a licence that could be read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
