#!/usr/bin/env python3
"""The encrypted file of a node's secrets: SOPS with age keys, unfolded into one file per secret.

    secrets_file.py edit                   open it in an editor, decrypted in memory only
    secrets_file.py encrypt PLAIN.yaml     make it from a plain file, which should then be removed
    secrets_file.py decrypt FOLDER         write one file per secret, as docker/*.yml mount them
    secrets_file.py rotate                 a new data key, for the recipients that .sops.yaml names now

Exit codes: 0 done, 2 refused: nothing was written.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from programs import ROOT

FILE = ROOT / "docker" / "secrets.enc.yaml"
KNOWN = (
    "choco_access__proxy_secret",
    "choco_aemet__token",
    "choco_anthropic__api_key",
    "choco_esios__token",
    "choco_influx__token",
    "choco_openweathermap__token",
    "choco_telegram__token",
    "choco_webhook__secret",
    "influx_password",
    "tailscale_authkey",
)
"""Secrets of an installation; one that the file does not have becomes an empty file, which means none."""


class NotDone(Exception):
    """SOPS refused, or the file is not what it should be."""


def sops(*args: str) -> str:
    """Output of sops; `NotDone` with its last words when it fails."""
    beside = Path(sys.executable).with_name("sops")
    program = shutil.which("sops") or (str(beside) if beside.exists() else None)
    if not program:
        raise NotDone("sops is not installed: see docs/secrets.md")
    done = subprocess.run([program, *args], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise NotDone(" ".join(done.stderr.split())[-400:] or f"sops ended with {done.returncode}")
    return done.stdout


def rules() -> list[str]:
    """Options that name the rules in force; SOPS_CONFIG wins."""
    named = os.environ.get("SOPS_CONFIG")
    return ["--config", named] if named else []


def decrypted(file: Path) -> dict[str, str]:
    """Name -> secret. A value that was changed without the key is refused by its checksum."""
    told = json.loads(sops("decrypt", "--output-type", "json", str(file.resolve())))
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise NotDone(f"{file} must hold names with one text each")
    if unknown := sorted(set(told) - set(KNOWN)):
        raise NotDone(f"{file}: unknown names {', '.join(unknown)}; known are {', '.join(KNOWN)}")
    return told


def unfold(file: Path, folder: Path) -> int:
    """Write every known secret into `folder`; how many are not empty.

    Only their owner gets into the folder. Files are readable for all, because each is mounted by itself into
    a container that runs as another user.
    """
    told = decrypted(file)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in KNOWN:
        fresh = folder / f".{name}.new"
        fresh.write_text(told.get(name, ""), encoding="utf-8")
        fresh.chmod(0o444)
        fresh.replace(folder / name)
    return sum(1 for name in KNOWN if told.get(name))


def encrypt(plain: Path, file: Path) -> None:
    """Make the encrypted file from a plain one; an existing one is not replaced."""
    if file.exists():
        raise NotDone(f"{file} exists: use `edit`")
    text = sops(*rules(), "encrypt", "--filename-override", str(file.resolve()), str(plain.resolve()))
    file.write_text(text, encoding="utf-8")


def rotate(file: Path) -> None:
    """A new data key, and recipients as the rules name them: who was removed reads nothing newer.

    In this order, so that someone who is leaving can do it too.
    """
    sops(*rules(), "rotate", "--in-place", str(file.resolve()))
    sops(*rules(), "updatekeys", "--yes", str(file.resolve()))


def edit(file: Path) -> None:
    """Hand over to sops, which opens the editor."""
    program = shutil.which("sops") or str(Path(sys.executable).with_name("sops"))
    if not Path(program).exists():
        raise NotDone("sops is not installed: see docs/secrets.md")
    os.execv(program, [program, *rules(), "edit", str(file.resolve())])  # noqa: S606


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("act", choices=("edit", "encrypt", "decrypt", "rotate"))
    parser.add_argument("path", nargs="?", type=Path, help="plain file, or folder to write into")
    parser.add_argument("--file", type=Path, default=FILE, help="the encrypted file")
    given = parser.parse_args(argv)
    if given.act == "encrypt" and not given.path:
        parser.error("name the plain file")
    try:
        if given.act == "edit":
            edit(given.file)
        elif given.act == "encrypt":
            encrypt(given.path, given.file)
            print(f"{given.file} is written; now remove {given.path}")
        elif given.act == "rotate":
            rotate(given.file)
            print(f"{given.file} has a new data key; commit it")
        else:
            folder = given.path or ROOT / "var" / "secrets"
            print(f"{unfold(given.file, folder)} of {len(KNOWN)} secrets in {folder}")
    except (NotDone, OSError) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
