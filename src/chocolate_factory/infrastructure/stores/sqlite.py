"""The embedded store: series and records in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Series, TextArray, empty
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import IntArray, Window, epoch, moment
from chocolate_factory.infrastructure.stores.knowledge import last_told
from chocolate_factory.infrastructure.stores.missing import missing_runs
from chocolate_factory.infrastructure.stores.sqlite_file import (
    BUSY_SECONDS,
    connected,
    failures_of,
    prepare,
    transaction,
)

ALWAYS = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)

ROW = np.dtype("i8, i8, f8, i8, i8, i8")
"""Start, minutes, value, available_at, and the codes of origin and source."""

LENGTH = np.dtype("i8, i8, i8")
"""Start, minutes, available_at."""

WRITE = """
    INSERT INTO revision (series, start, available_at, minutes, value, origin, source)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (
        SELECT 1 FROM (
            SELECT minutes, value FROM revision
            WHERE series = ?1 AND start = ?2 AND available_at <= ?3 ORDER BY available_at DESC LIMIT 1
        ) WHERE minutes = ?4 AND value = ?5
    )
    ON CONFLICT DO UPDATE SET
        minutes = excluded.minutes, value = excluded.value, origin = excluded.origin, source = excluded.source
"""
LOAD = """
    INSERT INTO revision (series, start, available_at, minutes, value, origin, source)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET
        minutes = excluded.minutes, value = excluded.value, origin = excluded.origin, source = excluded.source
    WHERE (minutes, value, origin, source)
        != (excluded.minutes, excluded.value, excluded.origin, excluded.source)
"""
KEYS = """
    SELECT text FROM word WHERE EXISTS (SELECT 1 FROM revision WHERE series = word.id) ORDER BY text
"""
# With a lone max() the other columns come from the row that holds it: https://sqlite.org/lang_select.html
# "Bare columns in an aggregate query".
READ = """
    SELECT start, minutes, value, max(available_at), origin, source FROM revision
    WHERE series = (SELECT id FROM word WHERE text = :key) AND start >= :first AND start < :end
        AND available_at <= :as_of
    GROUP BY start ORDER BY start
"""
REVISIONS = """
    SELECT start, minutes, value, available_at, origin, source FROM revision
    WHERE series = (SELECT id FROM word WHERE text = :key) AND start >= :first AND start < :end
    ORDER BY start, available_at
"""
LENGTHS = """
    SELECT start, minutes, max(available_at) FROM revision
    WHERE series = (SELECT id FROM word WHERE text = :key) AND start >= :first AND start < :end
    GROUP BY start
"""
FIRST = """
    SELECT start FROM revision WHERE series = (SELECT id FROM word WHERE text = :key)
    ORDER BY start LIMIT 1
"""
END = """
    SELECT start + 60 * minutes FROM revision WHERE series = (SELECT id FROM word WHERE text = :key)
    ORDER BY start DESC, available_at DESC LIMIT 1
"""
COUNT = "SELECT count(*) FROM revision WHERE series = (SELECT id FROM word WHERE text = :key)"
KINDS = "SELECT DISTINCT kind FROM record ORDER BY kind"
SAVE = """
    INSERT INTO record (kind, id, at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body
    WHERE (at, body) != (excluded.at, excluded.body)
"""
# A random number, not a count: a backup that is put back must not meet its old stamps again.
STAMP = "INSERT INTO stamp (name, token) VALUES (?, random()) ON CONFLICT DO UPDATE SET token = random()"
STAMPS = "SELECT name, token FROM stamp"
NEWEST = """
    SELECT id, at, body FROM record WHERE kind = :kind AND at <= :until ORDER BY at DESC, id DESC LIMIT :limit
"""
FORGET = "DELETE FROM record WHERE kind = ? AND at < ?"
BY_ID = "SELECT id, at, body FROM record WHERE kind = :kind AND id = :id AND at <= :until LIMIT :limit"
FIRST_ID = "SELECT min(id) FROM record WHERE kind = ?"
FROM_ID = "SELECT id, at, body FROM record WHERE kind = ? AND id >= ? ORDER BY id LIMIT ?"
GROUP = 20
"""Records read at once where all are wanted."""


class SqliteStore:
    """A `Store` in one file that several threads and processes may use at once.

    Every call opens its own connection and closes it (0.15 ms), so nothing is shared between threads,
    kept over a fork or lost with a thread. A write waits up to `busy_seconds` for its turn, is all or
    nothing, and is on the disk when the call returns: it survives `kill -9` and a loss of power. Readers
    never wait for a writer. All calls raise `StoreFailed` when the file cannot be used.
    """

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open the store, or make it with its folder; raises `Misconfigured` for a file it must not touch."""
        self.path = path
        self.busy_seconds = busy_seconds
        prepare(path, busy_seconds)

    def write(self, series: Series) -> int:
        """Store new knowledge in one transaction; returns the rows that were inserted or replaced.

        Rows are taken by slot and time of knowledge. Each is compared with what is known of its slot as of
        its own `available_at`: the same value and length change nothing, whatever their origin and source;
        the same `available_at` told differently is replaced (in one call the last one counts); anything
        else is inserted. Writing the same series again at once changes nothing.

        Older knowledge may come after newer: it is inserted before it, and what was known later stays as it
        is, equal or not; nothing that is stored is ever dropped. What changes nothing leaves no trace: when
        5 is known at noon, 5 is told again at three and 6 as of two is loaded after that, then 6 counts
        from two on until three o'clock's 5 is written again. Loading the oldest knowledge first avoids it.
        """
        return self._put(WRITE, series)

    def read(self, key: str, window: Window, as_of: datetime | None = None) -> Series:
        """Slots that start in the window, one row each: the newest knowledge, or the newest by `as_of`.

        A key that was never written gives an empty series.
        """
        return self._select(READ, key, window, ALWAYS if as_of is None else epoch(as_of))

    def revisions(self, key: str, window: Window) -> Series:
        """All knowledge of the slots that start in the window, by slot and time of knowledge."""
        return self._select(REVISIONS, key, window, ALWAYS)

    def holes(self, key: str, window: Window, now: datetime) -> list[Hole]:
        """Due slots of the window that are not stored, as `missing_runs` joins them.

        A slot is stored once any knowledge of it is, even knowledge later than `now`, and the newest has the
        length of the slots of its day. Raises `UsageError` for a key that is not in the catalogue.
        """
        with self._transaction("DEFERRED") as connection:
            rows = np.fromiter(connection.execute(LENGTHS, _slots(key, window)), LENGTH)
        return missing_runs(key, rows["f0"], rows["f1"], window, now)

    def span(self, key: str) -> Window | None:
        """From the first to the end of the last stored slot; None for a series without rows."""
        with self._transaction("DEFERRED") as connection:
            first, end = (connection.execute(sql, {"key": key}).fetchone() for sql in (FIRST, END))
        return Window(moment(first[0]), moment(end[0])) if first else None

    def count(self, key: str) -> int:
        """How many rows are stored of a series, every revision of every slot; 0 for none."""
        with self._transaction("DEFERRED") as connection:
            return int(connection.execute(COUNT, {"key": key}).fetchone()[0])

    def load(self, series: Series) -> int:
        """Store rows exactly as they are in one transaction, for copies; see `Store.load`."""
        return self._put(LOAD, series)

    def keys(self) -> list[str]:
        """Keys of the series that have rows, sorted."""
        with self._transaction("DEFERRED") as connection:
            return [str(key) for (key,) in connection.execute(KEYS)]

    def snapshot(self, path: Path) -> None:
        """Write the store as it is at one moment to a new file, while others read and write it."""
        with (
            failures_of(str(path)),
            connected(self.path, "rw", self.busy_seconds) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)

    def kinds(self) -> list[str]:
        """Kinds of the records there are, sorted."""
        with self._transaction("DEFERRED") as connection:
            return [str(kind) for (kind,) in connection.execute(KINDS)]

    def save(self, record: Record) -> None:
        """Store a record with its moment to the microsecond; the same kind and id replaces it.

        Raises `TypeError` or `ValueError` for a body that is not JSON, or a moment without a zone.
        """
        if record.at.tzinfo is None:
            raise ValueError(f"{record.kind} {record.id}: naive moment")
        body = json.dumps(dict(record.body), allow_nan=False, separators=(",", ":"))
        with self._transaction("IMMEDIATE") as connection:
            row = (record.kind, record.id, (record.at - EPOCH) // TICK, body)
            if connection.execute(SAVE, row).rowcount:
                connection.execute(STAMP, (f"record/{record.kind}",))

    def find(
        self,
        kind: str,
        *,
        id: str | None = None,  # noqa: A002
        limit: int = 100,
        until: datetime | None = None,
    ) -> list[Record]:
        """Records of a kind, newest first, at the same moment by id from the highest; at most `limit`."""
        if limit < 0:
            raise UsageError(f"a limit of {limit} records means nothing", "Ask for 0 or more.")
        with self._transaction("DEFERRED") as connection:
            sql = NEWEST if id is None else BY_ID
            latest = ALWAYS if until is None else (until - EPOCH) // TICK
            asked = {"kind": kind, "id": id, "limit": limit, "until": latest}
            rows = connection.execute(sql, asked).fetchall()
        return [_record(kind, row) for row in rows]

    def each(self, kind: str) -> Iterator[Record]:
        """The records of a kind one by one, by id, in a transaction for each few; see `Store.each`."""
        with self._transaction("DEFERRED") as connection:
            (first,) = connection.execute(FIRST_ID, (kind,)).fetchone()
        while first is not None:
            with self._transaction("DEFERRED") as connection:
                rows = connection.execute(FROM_ID, (kind, first, GROUP + 1)).fetchall()
            yield from (_record(kind, row) for row in rows[:GROUP])
            first = rows[GROUP][0] if len(rows) > GROUP else None

    def forget(self, kind: str, before: datetime) -> int:
        """Drop the records of a kind whose moment is earlier; returns how many there were."""
        with self._transaction("IMMEDIATE") as connection:
            gone = connection.execute(FORGET, (kind, (before - EPOCH) // TICK)).rowcount
            if gone:
                connection.execute(STAMP, (f"record/{kind}",))
            return gone

    def stamps(self) -> dict[str, str]:
        """What changed, by name; written in the transaction of the change itself. See `Store.stamps`."""
        with self._transaction("DEFERRED") as connection:
            return {name: str(token) for name, token in connection.execute(STAMPS)}

    def backup(self, to: Path) -> None:
        """Write a consistent copy to a new file while others read and write.

        The copy gets its name once it is complete. Raises `UsageError` when the file is there already and
        `StoreFailed` when it cannot be written.
        """
        if to.exists():
            raise UsageError(f"{to} is there already and a backup replaces nothing", "Name a new file.")
        with failures_of(f"{self.path}, in its backup to {to},"):
            with tempfile.NamedTemporaryFile(dir=to.parent, prefix=f"{to.name}.", delete=False) as made:
                part = Path(made.name)
            try:
                with (
                    connected(self.path, "rw", self.busy_seconds) as source,
                    connected(part, "rw", self.busy_seconds) as target,
                ):
                    source.backup(target)
                part.replace(to)
            finally:
                part.unlink(missing_ok=True)

    def _transaction(self, begin: str) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self.path, begin, self.busy_seconds)

    def _put(self, sql: str, series: Series) -> int:
        if len(series) == 0:
            return 0
        rows = last_told(series)
        with self._transaction("IMMEDIATE") as connection:
            code = _intern(connection, series.key)
            columns = (
                rows.start,
                rows.available_at,
                rows.minutes,
                rows.value,
                _codes(connection, rows.origin),
                _codes(connection, rows.source),
            )
            told = zip(*(column.tolist() for column in columns), strict=True)
            changed = connection.executemany(sql, ((code, *row) for row in told)).rowcount
            if changed:
                connection.execute(STAMP, (f"series/{series.key}",))
            return changed

    def _select(self, sql: str, key: str, window: Window, as_of: int) -> Series:
        with self._transaction("DEFERRED") as connection:
            rows = np.fromiter(connection.execute(sql, {**_slots(key, window), "as_of": as_of}), ROW)
            if len(rows) == 0:
                return empty(key)
            start, minutes, value, available_at = (rows[f"f{n}"].copy() for n in range(4))
            origin, source = _texts(connection, rows["f4"]), _texts(connection, rows["f5"])
        return Series(key, start, minutes, value, available_at, origin, source)


def _record(kind: str, row: tuple[str, int, str]) -> Record:
    name, ticks, body = row
    return Record(kind, name, EPOCH + ticks * TICK, json.loads(body))


def _slots(key: str, window: Window) -> dict[str, str | int]:
    return {"key": key, "first": epoch(window.start), "end": epoch(window.end)}


def _intern(connection: sqlite3.Connection, text: str) -> int:
    """The small integer that stands for a text."""
    connection.execute("INSERT INTO word (text) VALUES (?) ON CONFLICT DO NOTHING", (text,))
    return int(connection.execute("SELECT id FROM word WHERE text = ?", (text,)).fetchone()[0])


def _codes(connection: sqlite3.Connection, texts: TextArray) -> IntArray:
    """Texts -> their small integers, same shape."""
    names, position = np.unique(texts, return_inverse=True)
    return np.array([_intern(connection, str(name)) for name in names], np.int64)[position]


def _texts(connection: sqlite3.Connection, codes: IntArray) -> TextArray:
    """Small integers -> their texts, same shape."""
    known, position = np.unique(codes, return_inverse=True)
    return np.array([_text(connection, int(code)) for code in known])[position]


def _text(connection: sqlite3.Connection, code: int) -> str:
    return str(connection.execute("SELECT text FROM word WHERE id = ?", (code,)).fetchone()[0])
