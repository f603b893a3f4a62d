"""The SQLite file itself: opening it, its schema step by step, and what its failures mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chocolate_factory.core.errors import Misconfigured, StoreFailed

APPLICATION_ID = 0x43484F43
BUSY_SECONDS = 30.0
OLDEST_LIBRARY = (3, 37, 0)

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
        """CREATE TABLE revision (
            series INTEGER NOT NULL, start INTEGER NOT NULL, available_at INTEGER NOT NULL,
            minutes INTEGER NOT NULL, value REAL NOT NULL, origin INTEGER NOT NULL, source INTEGER NOT NULL,
            PRIMARY KEY (series, start, available_at)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE record (
            kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (kind, id)
        ) STRICT""",
        "CREATE INDEX record_newest ON record (kind, at, id)",
    ),
    ("CREATE TABLE stamp (name TEXT PRIMARY KEY, token INTEGER NOT NULL) STRICT, WITHOUT ROWID",),
)
"""Step n takes a file from schema version n to n + 1; a released step is never changed."""

# 16384 pages are 64 MB: in practice the write-ahead log is folded back only by the last connection to
# close, which holds the file alone. Two connections that fold at the same time can damage the file in
# SQLite before 3.51.3 (https://sqlite.org/wal.html, "The WAL-Reset Bug").
PRAGMAS = ("PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 16384")

_LOCKED = ("is kept locked by another process", "Try again; if it stays so, look for a process that hangs.")
_SHUT = ("cannot be opened or written", "Check that file and folder exist and that this user may write both.")
_FULL = ("cannot grow: the disk is full", "Free some space and run it again; nothing of this was stored.")
_BROKEN = (
    "is damaged or not an SQLite file",
    "Restore the last backup as docs/decisions/0001-store.md says.",
)
_DISK = ("met a read or write error of the disk", "Check the disk and its mount; nothing of this was stored.")

MEANING: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_CANTOPEN: _SHUT,
    sqlite3.SQLITE_READONLY: _SHUT,
    sqlite3.SQLITE_PERM: _SHUT,
    sqlite3.SQLITE_AUTH: _SHUT,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}
"""SQLite result codes that are a state of the machine; every other code is a bug and stays what it is."""


@contextmanager
def failures_of(place: str) -> Iterator[None]:
    """Turn what SQLite and the file system say about a file into `StoreFailed` with a remedy."""
    try:
        yield
    except sqlite3.DatabaseError as failure:
        code = getattr(failure, "sqlite_errorcode", 0)
        meaning = MEANING.get(code) or MEANING.get(code & 0xFF)
        if meaning is None:
            raise
        raise StoreFailed(f"the store {place} {meaning[0]} ({failure})", meaning[1]) from failure
    except OSError as failure:
        raise StoreFailed(f"the store {place} cannot be used: {failure}") from failure


@contextmanager
def connected(path: Path, mode: str, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode, closed at the end with what was not committed undone.

    `mode` is "rw", or "rwc" to make the file when it is missing.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        yield connection


@contextmanager
def transaction(path: Path, begin: str, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """One transaction on a connection of its own; it commits at the end, or leaves nothing behind.

    `begin` is "DEFERRED" for reading and "IMMEDIATE" for writing. When this returns after a write, the
    change is on the disk.
    """
    with failures_of(str(path)), connected(path, "rw", busy_seconds) as connection:
        connection.execute(f"BEGIN {begin}")
        yield connection
        connection.execute("COMMIT")


def prepare(path: Path, busy_seconds: float) -> None:
    """Make the file, or bring its schema to this version; several processes may do so at once.

    Raises `Misconfigured` for a file of a newer version, of another program, on a file system without
    shared memory, or an SQLite library that is too old, and `StoreFailed` when the file cannot be used.
    """
    if sqlite3.sqlite_version_info < OLDEST_LIBRARY:
        oldest = ".".join(str(part) for part in OLDEST_LIBRARY)
        raise Misconfigured(
            f"SQLite {sqlite3.sqlite_version} is too old", f"Install SQLite {oldest} or newer."
        )
    with failures_of(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with connected(path, "rwc", busy_seconds) as connection:
            connection.execute("BEGIN")
            version = _version(connection, path)
            connection.execute("COMMIT")
            if version < len(STEPS):
                _write_ahead(connection, path, busy_seconds)
                _migrate(connection, path)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Schema version of the file, 0 for a new one; refuses what is not a store this program can use."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner != APPLICATION_ID and (owner or version or tables):
        raise Misconfigured(
            f"{path} is an SQLite file of another program", "Name another file for the store."
        )
    if version > len(STEPS):
        raise Misconfigured(
            f"the store {path} has schema version {version}, this program knows {len(STEPS)}",
            "Install the newer program that wrote it, or name another file for the store.",
        )
    return version


def _write_ahead(connection: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
    """Switch the file to a write-ahead log, which stays on in the file."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as failure:
            # SQLite gives up at once here, whatever its time-out, while another process makes the same file.
            if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if mode != "wal":
        raise Misconfigured(
            f"the file system of {path} cannot hold the store", "Put it on a local disk, not a network share."
        )


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Take the missing steps in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for step in STEPS[_version(connection, path) :]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    connection.execute("COMMIT")
