"""The documents of the project: those packed into an installed package, or docs and README of a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

README = "README.md"
PACKED = Path(__file__).resolve().parents[1] / "docs"
CHECKOUT = Path(__file__).resolve().parents[3] / "docs"


@dataclass(frozen=True)
class Document:
    """A document: its name, a path below docs or `README.md`, and its title."""

    name: str
    title: str
    path: Path


@cache
def list_documents() -> tuple[Document, ...]:
    """The documents in Markdown there are, by name; none where none came with the program."""
    folder = PACKED if PACKED.is_dir() else CHECKOUT
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.md")}
    if paths and folder == CHECKOUT:
        paths.setdefault(README, CHECKOUT.parent / README)
    return tuple(
        Document(name, title_of(path), path)
        for name, path in sorted(paths.items())
        if path.is_file() and not path.is_symlink()
    )


def title_of(path: Path) -> str:
    """The first heading of a document, or else its name."""
    with path.open(encoding="utf-8") as file:
        heads = (line[2:].strip() for line in file if line.startswith("# "))
        return next(heads, path.stem)
