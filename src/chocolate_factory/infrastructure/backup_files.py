"""Backups as files: one archive of the whole state, with a checksum of every file in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from chocolate_factory.core.errors import StoreFailed, UsageError
from chocolate_factory.infrastructure.file_locks import FileLocks

STORE, MANIFEST, PREFIX = "store.sqlite", "manifest.json", "chocolate-factory-"
STAMP = "%Y%m%dT%H%M%S%fZ"
LOCKS, MAKING = "locks", ".making-"
LEFT_OUT = ("sample", "vectors", "backtests", LOCKS, "backups")
"""Folders of the state that are made anew by themselves, and the backups."""
ENDINGS_LEFT_OUT = (".lock", ".tmp", "-wal", "-shm")
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
                    _add(archive, name, path.read_bytes(), sums)
                _add(archive, MANIFEST, json.dumps({**facts, "files": sums}, indent=1).encode(), {})
            with part.open("rb") as written:
                os.fsync(written.fileno())
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


def other_files(state: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of what a state folder holds besides the store."""
    for path in state.rglob("*"):
        name = path.relative_to(state)
        plain = not path.is_symlink() and path.is_file() and not path.name.endswith(ENDINGS_LEFT_OUT)
        if plain and name.parts[0] not in LEFT_OUT and str(name) != STORE:
            yield name.as_posix(), path


def _add(archive: tarfile.TarFile, name: str, data: bytes, sums: dict[str, str]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def unpack(path: Path, folder: Path) -> Backup:
    """Write the files of an archive into an empty folder, each checked.

    Raises UsageError for a folder that is not empty or a file that is no backup, StoreFailed for a damaged
    archive; then nothing of it counts.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty.", "Restore into an empty folder.")
    try:
        with tarfile.open(path, "r:gz") as archive:
            told = json.loads(_member(archive, MANIFEST))
            for name, checksum in told["files"].items():
                data = _member(archive, name)
                if hashlib.sha256(data).hexdigest() != checksum:
                    raise StoreFailed(f"{name} in {path} is damaged.", "Restore an older backup.")
                _write(folder, name, data)
        made_at = datetime.fromisoformat(told["made_at"])
    except (KeyError, ValueError, tarfile.ReadError) as error:
        raise UsageError(f"{path} is not a backup of this program.", NOT_ONE) from error
    except (EOFError, tarfile.TarError) as error:
        raise StoreFailed(f"{path} is cut off or damaged.", "Restore an older backup.") from error
    except OSError as error:
        raise StoreFailed(f"{path} cannot be restored: {error.strerror or error}.") from error
    return Backup(path, made_at, str(told["version"]), len(told["files"]), path.stat().st_size)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _write(folder: Path, name: str, data: bytes) -> None:
    """A file below the folder; a name that leads out of it is not one of ours."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise ValueError(name)
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o600)


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
