"""The built front end: read once, kept packed, read again when a file changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from starlette.exceptions import HTTPException

from chocolate_factory.api.conditional import Finished, Kept, finish

FOREVER = "public, max-age=31536000, immutable"
"""Names of assets hold a hash of their content."""
BEST = 9
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


BROTLI = ".br"
"""Ending of what the build packed better than gzip does."""


class Pages:
    """The files of a folder and of `assets` in it; nothing beside them is ever read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[Path, tuple[tuple[int, int], Finished]] = {}

    def index(self) -> Kept | None:
        """The page; None while it is not built."""
        path = self._folder / "index.html"
        return self._answer(path, "no-cache") if path.is_file() else None

    def asset(self, name: str) -> Kept:
        """A file of `assets` by its name; 404 for what is not in that folder."""
        folder = self._folder / "assets"
        found = (
            [path for path in folder.iterdir() if path.name == name and path.suffix != BROTLI]
            if folder.is_dir()
            else []
        )
        if not found or not found[0].is_file():
            raise HTTPException(404)
        return self._answer(found[0], FOREVER)

    def _answer(self, path: Path, cache: str) -> Kept:
        state = path.stat()
        seen = (state.st_mtime_ns, state.st_size)
        known = self._kept.get(path)
        if known is None or known[0] != seen:
            known = seen, packed_with(path)
            self._kept[path] = known
        kind = KINDS.get(path.suffix, "application/octet-stream")
        return Kept(known[1], headers={"cache-control": cache}, kind=kind)


def packed_with(path: Path) -> Finished:
    """A file with its packed forms."""
    better = path.with_name(path.name + BROTLI)
    found = finish(path.read_bytes(), level=BEST)
    return replace(found, brotli=better.read_bytes()) if better.is_file() else found
