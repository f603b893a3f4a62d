"""What a kept result depends on is in its digest: all that its code imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chocolate_factory.infrastructure import origin_files, week_files
from chocolate_factory.infrastructure.origin_files import code_version
from tests.conftest import ROOT

SOURCE = ROOT / "src"


def files_of(part: str) -> list[Path]:
    """The modules of a part of the program."""
    place = SOURCE / "chocolate_factory" / part
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def imported(module: Path) -> Iterator[Path]:
    """Modules of the project that a module names in an import."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("chocolate_factory"):
            continue
        place = SOURCE.joinpath(*str(node.module).split("."))
        for path in (place.with_suffix(".py"), *(place / f"{alias.name}.py" for alias in node.names)):
            if path.exists():
                yield path


@pytest.mark.parametrize("kept", [origin_files, week_files], ids=["origins", "weeks"])
def test_nothing_that_is_imported_is_left_out(kept: object) -> None:
    known = {path for part in kept.CODE for path in files_of(part)}  # type: ignore[attr-defined]
    todo, seen = set(known), set[Path]()
    while todo:
        seen |= todo
        todo = {path for module in todo for path in imported(module)} - seen
    assert sorted(path.relative_to(SOURCE).as_posix() for path in seen - known) == []


def test_another_version_of_a_library_is_another_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version()
    monkeypatch.setattr(origin_files, "version", lambda name: "9" if name == "prophet" else "1")
    one = code_version()
    monkeypatch.setattr(origin_files, "version", lambda name: "8" if name == "prophet" else "1")
    assert len({before, one, code_version()}) == 3
