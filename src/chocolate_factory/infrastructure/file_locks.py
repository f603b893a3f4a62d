"""Locks between processes of one machine: a file a name, freed by the system when its process ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chocolate_factory.core.errors import StoreFailed

LOOK_S = 0.01


class FileLocks:
    """Locks by name in a folder. Raises `StoreFailed` where that cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def __call__(self, name: str, *, shared: bool = False, within_s: float = 0.0) -> Iterator[bool]:
        """Whether the lock could be had within some seconds; it is held until the block ends.

        A `shared` one keeps out who wants it alone, and nobody who shares it.
        """
        end = time.monotonic() + within_s
        with self._file(name) as file:
            had = _had(file, shared)
            while not had and time.monotonic() < end:
                time.sleep(LOOK_S)
                had = _had(file, shared)
            yield had

    @contextmanager
    def wait(self, name: str) -> Iterator[None]:
        """Wait until the lock can be had; it is held until the block ends."""
        with self._file(name) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _file(self, name: str) -> IO[str]:
        path = self._folder / f"{name}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return path.open("w")
        except OSError as error:
            raise StoreFailed(f"{path} cannot be written: {error.strerror}.") from error


def _had(file: IO[str], shared: bool) -> bool:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
