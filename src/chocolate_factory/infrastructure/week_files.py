"""Finished weeks of back-tests of plans as files, so that a stopped test goes on."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.infrastructure.origin_files import code_version

CODE = (
    "core/errors.py", "domain", "infrastructure/planners", "services/read_production.py",
    "services/replan_week.py", "services/standing_record.py", "services/week_record.py",
)  # fmt: skip
"""Parts of the program that a week's plans depend on: whatever one of them imports is among them."""

LIBRARIES = ("numpy", "highspy", "holidays", "tzdata")


@dataclass(frozen=True)
class WeekFiles:
    """Files `<name>.json` under a folder. See `KeptWeeks`.

    Written under another name and renamed, so that a file is whole or not there; one that cannot be read is
    not there either. With `again` nothing is read.
    """

    folder: Path
    again: bool = False

    def get(self, name: str, digest: str) -> list[dict[str, Any]] | None:
        """What is kept under this name of these inputs."""
        if self.again:
            return None
        try:
            kept = json.loads(self._path(name).read_text(encoding="utf-8"))
            rows: list[dict[str, Any]] = kept["rows"]
            return rows if kept["digest"] == digest else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, name: str, digest: str, rows: list[dict[str, Any]]) -> None:
        """Keep it. Raises Misconfigured where the folder cannot be written to."""
        path = self._path(name)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps({"digest": digest, "rows": rows}), encoding="utf-8")
            unfinished.replace(path)
        except OSError as error:
            raise Misconfigured(f"CHOCO_STATE: cannot write to {path.parent} ({error.strerror}).") from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def plans_version() -> str:
    """Version of the program, and a digest of the code and libraries that a week's plans depend on."""
    return code_version(CODE, LIBRARIES)
