"""Backups as files: one archive of the whole state, with a checksum of every file in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from chocolate_factory.core.errors import ChocolateError, StoreFailed, UsageError
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

STORE, MANIFEST, PREFIX = "store.sqlite", "manifest.json", "chocolate-factory-"
STAMP = "%Y%m%dT%H%M%S%fZ"
LOCKS, MAKING, RESTORING, BEFORE = "locks", ".making-", ".restoring-", "before-"
KEPT = (STORE, "models", "fleet")
"""What an archive holds of a state. Other files may be in its folder too, secrets among them: never these."""
OF_A_STORE = ("-wal", "-shm")
"""Endings of the files that belong to an SQLite file."""
HELD = (*KEPT, *(STORE + ending for ending in OF_A_STORE))
NOT_KEPT = ("sample", "vectors", "backtests", LOCKS, "backups")
"""What the program also makes in a state, and names that begin as `PASSING`."""
PASSING = (MAKING, RESTORING, BEFORE, PREFIX)
NOT_ONE = "Name an archive that `choco backup` made."


@dataclass(frozen=True)
class Backup:
    """An archive: when it was made, by which version, and its bytes."""

    path: Path
    made_at: datetime
    version: str
    files: int
    bytes: int


def pack(state: Path, snapshot: Callable[[Path], None], folder: Path, facts: Mapping[str, str]) -> Backup:
    """Write an archive of a state folder into a folder, whole or not at all.

    `snapshot` writes the store, as it is at one moment, to a path; `facts` has `made_at` (ISO 8601) and
    `version`. Raises StoreFailed when it cannot be written.
    """
    made_at = datetime.fromisoformat(facts["made_at"]).astimezone(UTC)
    target = folder / f"{PREFIX}{made_at:{STAMP}}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLocks(state / LOCKS).wait("making"), working_folder(folder) as work:
            copy, part = work / STORE, work / "archive"
            snapshot(copy)
            sums: dict[str, str] = {}
            with tarfile.open(part, "w:gz", compresslevel=6) as archive:
                for name, path in [(STORE, copy), *sorted(other_files(state))]:
                    still = path if path == copy else at_one_moment(path, work / "copy")
                    with still.open("rb") as file:
                        sums[name] = _add(archive, name, file)
                _add(archive, MANIFEST, io.BytesIO(json.dumps({**facts, "files": sums}, indent=1).encode()))
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.chmod(0o600)
            part.replace(target)
    except OSError as error:
        raise StoreFailed(f"The backup {target} cannot be written: {error.strerror}.") from error
    return Backup(target, made_at, facts["version"], len(sums), target.stat().st_size)


def sweep(state: Path, folder: Path) -> None:
    """Remove what killed processes left half made; waits for a backup that is being made."""
    with FileLocks(state / LOCKS).wait("making"):
        remove_half_made(folder)


def remove_half_made(folder: Path) -> None:
    """Only one backup of a state is made at a time: the caller holds the lock."""
    for left in folder.glob(f"{MAKING}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder for what is not finished, without those of killed processes; the caller holds the lock."""
    remove_half_made(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=MAKING) as work:
        yield Path(work)


def held(state: Path) -> list[Path]:
    """What a state folder holds of what an archive holds, with the files that belong to its store."""
    return [
        path
        for path in (state / name for name in HELD)
        if path.is_file() or (path.is_dir() and any(path.iterdir()))
    ]


def unknown(state: Path, folder: Path) -> list[str]:
    """Names in a state folder that the program did not make; `folder`, of backups, may be in it."""
    names = {path.name for path in state.iterdir() if not path.name.startswith(PASSING)}
    names -= {*HELD, *NOT_KEPT}
    return sorted(name for name in names if not folder.resolve().is_relative_to((state / name).resolve()))


def other_files(state: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of what an archive holds besides the store."""
    for path in (file for name in KEPT for file in (state / name).rglob("*")):
        name = path.relative_to(state)
        passing = any(part.startswith((".", PREFIX)) for part in name.parts) or path.name.endswith(OF_A_STORE)
        if path.is_file() and not path.is_symlink() and not passing:
            yield name.as_posix(), path


def at_one_moment(path: Path, copy: Path) -> Path:
    """A copy of a plant's store, which others may be writing to; any other file, and a broken one, itself."""
    if path.name == STORE:
        copy.unlink(missing_ok=True)
        with suppress(ChocolateError, sqlite3.DatabaseError):
            SqliteStore(path).snapshot(copy)
            return copy
    return path


class _Summed:
    """A file whose checksum is that of what was read of it, piece by piece."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Some bytes more."""
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def checksum(self) -> str:
        """SHA-256 as hexadecimal digits."""
        return self._digest.hexdigest()


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> str:
    """Add a file under a name; returns the checksum of what was added."""
    entry, summed = tarfile.TarInfo(name), _Summed(file)
    entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
    file.seek(0)
    archive.addfile(entry, summed)
    return summed.checksum()


def unpack(path: Path, folder: Path) -> Backup:
    """Write the files of an archive into an empty folder, each checked.

    Only what an archive is to hold: older ones hold more. Raises UsageError for a folder that is not empty or
    a file that is no backup, StoreFailed for a damaged archive; then nothing of it counts.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty.", "Restore into an empty folder.")
    try:
        with tarfile.open(path, "r:gz") as archive:
            told = json.loads(_member(archive, MANIFEST).read())
            files = told["files"]
            sums = {name: files[name] for name in files if name.split("/")[0] in KEPT}
            for name, checksum in sums.items():
                if _write(folder, name, _member(archive, name)) != checksum:
                    raise StoreFailed(f"{name} in {path} is damaged.", "Restore an older backup.")
        made_at = datetime.fromisoformat(told["made_at"])
    except (KeyError, TypeError, ValueError, tarfile.ReadError) as error:
        raise UsageError(f"{path} is not a backup of this program.", NOT_ONE) from error
    except (EOFError, tarfile.TarError, zlib.error) as error:
        raise StoreFailed(f"{path} is cut off or damaged.", "Restore an older backup.") from error
    except OSError as error:
        raise StoreFailed(f"{path} cannot be restored: {error.strerror or error}.") from error
    return Backup(path, made_at, str(told["version"]), len(sums), path.stat().st_size)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file


def _write(folder: Path, name: str, file: IO[bytes]) -> str:
    """A file below the folder, and its checksum; a name that leads out of it is not one of ours."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise ValueError(name)
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    summed = _Summed(file)
    with target.open("wb") as written:
        shutil.copyfileobj(summed, written)
    target.chmod(0o600)
    return summed.checksum()


def made(folder: Path) -> dict[datetime, Path]:
    """The archives in a folder by when they were made; other files are left alone."""
    found = {}
    for path in folder.glob(f"{PREFIX}*.tar.gz"):
        stamp = path.name.removeprefix(PREFIX).removesuffix(".tar.gz")
        try:
            found[datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)] = path
        except ValueError:
            continue
    return dict(sorted(found.items()))
