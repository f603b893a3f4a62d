"""The whole state into an archive, and out of one: its files and its store together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from chocolate_factory import __version__
from chocolate_factory.core.config import Settings
from chocolate_factory.core.errors import ChocolateError, StoreFailed, UsageError
from chocolate_factory.domain.ports import Store
from chocolate_factory.infrastructure.backup_files import (
    BEFORE,
    RESTORING,
    STORE,
    Backup,
    held,
    pack,
    unknown,
    unpack,
)
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.copy_store import copy_serving, copy_store
from chocolate_factory.wiring import backup_folder, made_folder, open_store

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Restored:
    """A backup that was restored; the folder of what was there, and in it the archive of its database."""

    backup: Backup
    aside: Path | None
    undo: Path | None


def back_up(settings: Settings, store: Store, now: datetime, folder: Path | None = None) -> Backup:
    """An archive of the whole state; an SQLite store as of one moment, a database as `copy_serving` says."""

    def snapshot(path: Path) -> None:
        if isinstance(store, SqliteStore):
            store.snapshot(path)
        else:
            copy_serving(store, SqliteStore(path))

    facts, folder = {"made_at": now.isoformat(), "version": __version__}, folder or backup_folder(settings)
    if others := unknown(made_folder(settings.state), folder):
        log.warning("not backed up, not of this program", folder=str(settings.state), names=others)
    return pack(settings.state, snapshot, folder, facts)


def stored_anything(settings: Settings) -> bool:
    """Whether the state folder holds something that a backup holds."""
    return any(held(settings.state))


def restore(settings: Settings, archive: Path, now: datetime, *, replace: bool = False) -> Restored:
    """Write an archive into the state and its store, whose schema is brought up to date.

    Nothing is touched before the archive is known good. With `replace` what is there gives way: files go into
    a folder in the state, and of a database an archive is made there first. What no archive holds stays, and
    so does the state's folder itself, which may be a mount. When something fails, all comes back as it was.
    """
    state, server = made_folder(settings.state), database(settings)
    filled = server is not None and bool(server.keys() or server.kinds())
    if not replace and (filled or stored_anything(settings)):
        what = f"The database {settings.influx.database!r}" if filled else state
        raise UsageError(f"{what} is not empty.", "Add --replace to put what is there aside.")
    for left in state.glob(f"{RESTORING}*"):
        shutil.rmtree(left, ignore_errors=True)
    with writing(state), TemporaryDirectory(dir=state, prefix=RESTORING) as work, ExitStack() as failed:
        new = Path(work) / "state"
        found = unpack(archive, new)
        restored = SqliteStore(new / STORE)
        aside = failed.enter_context(room(state / f"{BEFORE}{now:%Y%m%dT%H%M%S}"))
        undo = back_up(settings, server, now, aside).path if server and filled else None
        if server:
            failed.enter_context(contents(server, restored, undo))
            (new / STORE).unlink()
        swap(state, new, aside)
    return Restored(found, aside if aside.exists() else None, undo)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the file system says into StoreFailed."""
    try:
        yield
    except OSError as error:
        raise StoreFailed(f"{folder} cannot be written: {error.strerror}.") from error


@contextmanager
def room(folder: Path) -> Iterator[Path]:
    """A new folder; when nothing is in it at the end, it goes."""
    with writing(folder):
        folder.mkdir()
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def swap(state: Path, new: Path, aside: Path) -> None:
    """Put the files of an unpacked archive in place of those of a state, which go aside; all or nothing."""
    pairs = [(path, aside) for path in held(state)] + [(path, state) for path in held(new)]
    with writing(state), ExitStack() as failed:
        for path, folder in pairs:
            path.replace(folder / path.name)
            failed.callback((folder / path.name).replace, path)
        failed.pop_all()


def database(settings: Settings) -> InfluxStore | None:
    """The database that holds the store, where it is not a file of the state."""
    store = None if settings.store == "sqlite" else open_store(settings, settings.store, settings.state)
    return store if isinstance(store, InfluxStore) else None


@contextmanager
def contents(server: InfluxStore, wanted: Store, undo: Path | None) -> Iterator[None]:
    """Put other contents into a database; when the block fails, those of the archive `undo` come back."""
    try:
        with ExitStack() as failed:
            if undo:
                server.clear()
            failed.callback(bring_back, server, undo)
            copy_store(wanted, server)
            yield
            failed.pop_all()
    except ChocolateError as error:
        error.hint += f" What was there is in {undo}." if undo else ""
        raise


def bring_back(server: InfluxStore, undo: Path | None) -> None:
    """Give a database the contents of an archive again; none where it was empty, if it can be emptied."""
    if undo is None:
        with suppress(ChocolateError):
            server.clear()
        return
    server.clear()
    with TemporaryDirectory(dir=undo.parent, prefix=RESTORING) as work:
        unpack(undo, Path(work) / "state")
        copy_store(SqliteStore(Path(work) / "state" / STORE), server)
