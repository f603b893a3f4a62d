#!/usr/bin/env python3
"""Look into a built image: its user, rights of files, secrets in all layers, packages beside the list.

    scan_image.py chocolate-factory:local --sbom sbom.json [--out image.json]
    scan_image.py --archive image.tar --sbom sbom.json      one that `docker save` wrote

`--sbom` is the list of parts; `--out` writes it again with what the base image brought. Where trivy or grype
is installed it is asked for known vulnerabilities that have a remedy; where not, that is said; it counts with
--known.
Exit codes: 0 nothing that .forgejo/accepted.toml does not accept, 1 something, 2 not looked into.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from findings import (
    ACCEPTED,
    CLEAN,
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
from image_file import Contents, NoImage, Read, is_file, read_image
from programs import ROOT, Failed, docker
from sbom import Unreadable, checked

OF_PACKAGES = ("usr/", "venv/", "lib/", "bin/", "sbin/", "etc/ssl/certs/")
"""What packages bring, which their checksums vouch for: no place of secrets of this project."""
OWN = ("venv/", "product/")
LARGEST = 2**20
SECRET_FILE = re.compile(
    r"(^|/)(\.env(\..+)?|\.npmrc|\.pypirc|\.netrc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12)"
    r"|\.docker/config\.json|keys\.txt|\.git/config)$"
)
SECRET_NAME = re.compile(
    r"\b\w*(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY)\w*=(?!/run/secrets/)[^\s\"']+", re.IGNORECASE
)
IN_ADDRESS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
DIST = re.compile(r"(?:^|/)([^/]+)-([^/-]+)\.dist-info/METADATA$")


@dataclass
class Seen:
    """What is gathered while going through the layers: texts for the secret scanner, packages by place."""

    folder: Path
    debian: str = ""
    python: dict[str, tuple[str, str]] = field(default_factory=dict)
    secret_files: list[str] = field(default_factory=list)
    count: int = 0

    def look(self, path: str, info: tarfile.TarInfo, read: Read) -> None:
        """One file of one layer."""
        if found := DIST.search(path):
            self.python[path] = (found[1], found[2])
        elif path == "var/lib/dpkg/status":
            self.debian = read().decode(errors="replace")
        elif not path.startswith(OF_PACKAGES):
            if SECRET_FILE.search(path):
                self.secret_files.append(path)
            if info.size <= LARGEST and not path.endswith(".pyc"):
                self.count += 1
                target = self.folder / f"{self.count}" / path
                target.parent.mkdir(parents=True)
                target.write_bytes(read())


def of_config(config: dict[str, Any]) -> Iterator[Finding]:
    """Faults of the configuration and of how the image was built."""
    told = config.get("config", {})
    if str(told.get("User") or "0").split(":")[0] in {"0", "root"}:
        yield Finding("root", "configuration", "runs as root")
    lines = [*(told.get("Env") or ()), *(row.get("created_by", "") for row in config.get("history", ()))]
    for line in lines:
        for rule, text in ((SECRET_NAME, "a secret in it"), (IN_ADDRESS, "an address with a password")):
            if found := rule.search(line):
                yield Finding("secret in configuration", found[0].split("=")[0].split(":")[0], text)


def of_rights(contents: Contents) -> Iterator[Finding]:
    """Files that give their owner's rights away, or that everybody may change."""
    for path, info in contents.files.items():
        if is_file(info) and info.mode & 0o6000:
            yield Finding(f"setuid {path}", path, f"mode {info.mode & 0o7777:o}")
        sticky = info.isdir() and info.mode & 0o1000
        if (is_file(info) or info.isdir()) and info.mode & 0o002 and not sticky:
            yield Finding(f"writable {path}", path, f"mode {info.mode & 0o7777:o}: everybody may change it")


def of_secrets(seen: Seen) -> Iterator[Finding]:
    """Files named like secrets, and what the secret scanner finds in the others; raises `NotLookedUp`."""
    for path in seen.secret_files:
        yield Finding(
            f"secret {path}", path, "named like a secret; a layer keeps it even where a later one removes it"
        )
    report = seen.folder / "report.json"
    command = [
        beside("gitleaks"),
        "dir",
        "--no-banner",
        "--redact",
        "--exit-code",
        "0",
        "--report-path",
        str(report),
    ]
    try:
        subprocess.run([*command, str(seen.folder)], capture_output=True, check=True, timeout=300)
        rows = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise NotLookedUp(f"secrets: gitleaks gave no answer ({type(error).__name__})") from None
    for row in rows:
        path = Path(row["File"]).relative_to(seen.folder).as_posix().partition("/")[2]
        yield Finding(f"secret {path}", f"{path}:{row['StartLine']}", row["RuleID"])


def of_packages(seen: Seen, contents: Contents, sbom: dict[str, Any]) -> Iterator[Finding]:
    """Where the packages of the product differ from the list of parts."""
    listed = {
        (normal(part["name"]), part["version"])
        for part in sbom["components"]
        if part.get("purl", "").startswith("pkg:pypi/")
    }
    about = sbom["metadata"]["component"]
    listed.add((normal(about["name"]), about["version"]))
    there = {
        (normal(name), version)
        for path, (name, version) in seen.python.items()
        if path.startswith(OWN) and path in contents.files
    }
    for name, version in sorted(there - listed):
        yield Finding(f"unlisted {name}", f"{name} {version}", "in the image, not in the list of parts")
    for name, version in sorted(listed - there):
        yield Finding(f"missing {name}", f"{name} {version}", "in the list of parts, not in the image")


def of_base(seen: Seen, contents: Contents) -> list[dict[str, Any]]:
    """What the base image brought: Debian's packages, and Python's outside the product."""
    parts: dict[str, dict[str, Any]] = {}
    for block in seen.debian.split("\n\n"):
        row = dict(line.split(": ", 1) for line in block.splitlines() if re.match(r"[A-Z][\w-]*: ", line))
        if row.get("Status", "").endswith(" installed"):
            name, version = row["Package"], row["Version"]
            purl = (
                f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}?arch={row['Architecture']}"
            )
            parts[purl] = {"name": name, "version": version}
    for path, (name, version) in seen.python.items():
        if path in contents.files and not path.startswith(OWN):
            parts[f"pkg:pypi/{normal(name)}@{version}"] = {"name": name, "version": version}
    return [
        {"type": "library", "bom-ref": f"{purl}#base", **row, "purl": purl}
        for purl, row in sorted(parts.items())
    ]


def of_known(archive: Path) -> list[Finding]:
    """Known vulnerabilities with a remedy, as trivy or grype tells them; raises `NotLookedUp`."""
    if program := shutil.which("trivy"):
        told = answer(
            [program, "image", "--quiet", "--format", "json", "--ignore-unfixed", "--input", str(archive)]
        )
        rows = [row for part in told.get("Results") or () for row in part.get("Vulnerabilities") or ()]
        return [
            Finding(
                r["VulnerabilityID"],
                f"{r['PkgName']} {r['InstalledVersion']}",
                f"fixed in {r['FixedVersion']}",
            )
            for r in rows
        ]
    if program := shutil.which("grype"):
        told = answer([program, "--quiet", "--only-fixed", "--output", "json", f"docker-archive:{archive}"])
        return [
            Finding(
                row["vulnerability"]["id"],
                f"{row['artifact']['name']} {row['artifact']['version']}",
                f"fixed in {', '.join(row['vulnerability'].get('fix', {}).get('versions', []))}",
            )
            for row in told["matches"]
        ]
    raise NotLookedUp("neither trivy nor grype is here")


def scan(archive: Path, given: argparse.Namespace) -> int:
    """Exit code for an image in a file; raises `NoImage`, `Unusable`, `Unreadable`."""
    allowed = accepted(given.accepted, today())
    sbom = json.loads(given.sbom.read_text(encoding="utf-8"))
    with TemporaryDirectory(prefix="scan-") as made:
        seen = Seen(Path(made))
        contents = read_image(archive, seen.look)
        found = [*of_config(contents.config), *of_rights(contents), *of_packages(seen, contents, sbom)]
        unknown = False
        try:
            found += of_secrets(seen)
        except NotLookedUp as error:
            print(f"NOT LOOKED UP  {error}")
            unknown = True
    try:
        found += of_known(archive)
    except NotLookedUp as error:
        print(f"NOT LOOKED UP  known vulnerabilities of the base image: {error}")
        unknown = unknown or given.known
    base = of_base(seen, contents)
    print(
        f"looked into    {contents.layers} layers, {len(contents.files)} files; {seen.count} texts for "
        f"secrets; {len(base)} packages of the base image"
    )
    if given.out:
        given.out.write_text(checked({**sbom, "components": [*sbom["components"], *base]}), encoding="utf-8")
    return tell(found, allowed) or (UNKNOWN if unknown else CLEAN)


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("image", nargs="?", help="reference of an image of the engine")
    parser.add_argument("--archive", type=Path, help="file that `docker save` wrote")
    parser.add_argument("--sbom", type=Path, default=ROOT / "sbom.json", help="what sbom.py wrote")
    parser.add_argument("--out", type=Path, help="list of parts with those of the base image")
    parser.add_argument("--known", action="store_true", help="fail where no scanner can be asked")
    parser.add_argument("--accepted", type=Path, default=ACCEPTED)
    given = parser.parse_args(argv)
    if bool(given.image) == bool(given.archive):
        parser.error("name an image or --archive")
    try:
        with TemporaryDirectory(prefix="scan-") as made:
            archive = given.archive or Path(made) / "image.tar"
            if given.image:
                docker("save", "-o", str(archive), given.image)
            return scan(archive, given)
    except (NoImage, Failed, Unusable, Unreadable, OSError, ValueError) as error:
        print(f"not looked into: {error}", file=sys.stderr)
        return UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
