"""The server store: series and records in a database of InfluxDB.

A revision is a point of the measurement `slot` with one tag, the key of its series. Its time is the start
of the slot plus as many nanoseconds as seconds passed from `LEAD` before the start to the moment of
knowledge. So series, start and `available_at` are the identity of the point, the same knowledge written
twice is one point, and the order of time is that of slots and, within each, of knowledge.

A record is one point or more of the measurement `record`, with kind and id as tags and the number of the
part as time; see `influx_records`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import StoreFailed, UsageError
from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import IntArray, Window, epoch, moment
from chocolate_factory.infrastructure.stores.influx_records import (
    ALL_FIELDS,
    EPOCH,
    FIRST_PART,
    THERE,
    TICK,
    assembled,
    gone_lines,
    newest,
    record_lines,
)
from chocolate_factory.infrastructure.stores.influx_wire import (
    InfluxWire,
    is_tag,
    string,
    tag,
    tag_text,
)
from chocolate_factory.infrastructure.stores.knowledge import last_told, news, unlike
from chocolate_factory.infrastructure.stores.missing import missing_runs

NANO = 1_000_000_000
LEAD = 366 * 86_400
"""Seconds that a value may be known before its slot; after it, `NANO` minus these: 30 years."""
FIRST, END = -9_223_372_036, 9_223_372_036
"""Epoch seconds that InfluxDB can hold, 1677 to 2262."""
GROUP = 20
"""Records asked for at once."""
TRIES, PAUSE = 10, 0.05
"""How often a record is read again that comes in pieces of two, and seconds between."""


class InfluxStore:
    """A `Store` in InfluxDB 1.x, 2.7 or 3 that several threads and processes may use at once.

    Values must be known between 366 days before and 30 years after the start of their slot. A write of many
    rows is sent in pieces: it is not all or nothing, but writing it again completes it. When two processes
    write different knowledge of one slot at the same moment, neither sees the other's: all of it is kept,
    perhaps with a revision that repeats the value before it. All calls raise `StoreFailed` when the server
    cannot be used and `Misconfigured` when it refuses.
    """

    def __init__(
        self,
        url: str,
        database: str,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        """Asks nothing of the server yet; the database is made when it is first missed."""
        self._wire = InfluxWire(url, database, token, user, password)
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def write(self, series: Series) -> int:
        """Store new knowledge; returns the rows that were inserted or replaced; see `Store.write`.

        Raises `UsageError` for a moment of knowledge that is too far from its slot; nothing is stored then.
        """
        if len(series) == 0:
            return 0
        told = last_told(series)
        point_times(told)
        with self._turn:
            return self._put(news(told, self._known(told)))

    def load(self, series: Series) -> int:
        """Store rows exactly as they are, for copies; raises as `write` does."""
        if len(series) == 0:
            return 0
        rows = last_told(series)
        point_times(rows)
        with self._turn:
            return self._put(unlike(rows, self._known(rows)))

    def read(self, key: str, window: Window, as_of: datetime | None = None) -> Series:
        """Slots that start in the window, one row each: the newest knowledge, or the newest by `as_of`.

        A key that was never written gives an empty series.
        """
        rows = self.revisions(key, window)
        return (rows if as_of is None else rows.known_at(as_of)).latest_revision()

    def revisions(self, key: str, window: Window) -> Series:
        """All knowledge of the slots that start in the window, by slot and time of knowledge."""
        return self._between(key, epoch(window.start), epoch(window.end))

    def holes(self, key: str, window: Window, now: datetime) -> list[Hole]:
        """Due slots of the window that are not stored, as `missing_runs` joins them.

        A slot is stored once any knowledge of it is, even knowledge later than `now`, and the newest has the
        length of the slots of its day. Raises `UsageError` for a key that is not in the catalogue.
        """
        inside = _starts_in(epoch(window.start), epoch(window.end))
        found = self._wire.select('"minutes"', "slot", is_tag("key", key), inside)
        rows = np.array([row for part in found for row in part.rows], np.int64).reshape(-1, 2)
        start, minutes = rows[:, 0] // NANO, rows[:, 1]
        newest_of = np.append(start[1:] != start[:-1], True)[: len(rows)]
        return missing_runs(key, start[newest_of], minutes[newest_of], window, now)

    def span(self, key: str) -> Window | None:
        """From the first to the end of the last stored slot; None for a series without rows."""
        ends = []
        for pick in ("first", "last"):
            found = self._wire.select(f'{pick}("minutes")', "slot", is_tag("key", key))
            if not found:
                return None
            (row,) = found[0].rows
            ends.append((int(row[0]) // NANO, 60 * int(row[1])))
        return Window(moment(ends[0][0]), moment(sum(ends[1])))

    def count(self, key: str) -> int:
        """How many rows are stored of a series, every revision of every slot; 0 for none."""
        found = self._wire.select('count("minutes")', "slot", is_tag("key", key))
        return int(found[0].rows[0][1]) if found else 0

    def keys(self) -> list[str]:
        """Keys of the series that have rows, sorted."""
        found = self._wire.select('first("minutes")', "slot", by="key")
        return sorted(tag_text(part.tags["key"]) for part in found)

    def kinds(self) -> list[str]:
        """Kinds of the records there are, sorted."""
        found = self._wire.select('first("at")', "record", FIRST_PART, THERE, by="kind")
        return sorted(tag_text(part.tags["kind"]) for part in found)

    def save(self, record: Record) -> None:
        """Store a record with its moment to the microsecond; the same kind and id replaces it.

        Raises `TypeError` or `ValueError` for a body that is not JSON, or a moment without a zone.
        """
        self._wire.write_together(record_lines(record))
        self._stamp(f"record/{record.kind}")

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
        if id is not None:
            return [one for one in self._records(kind, [id]) if until is None or one.at <= until][:limit]
        then = [] if until is None else [f'"at" <= {(until - EPOCH) // TICK}']
        listed = self._wire.select('"id", "at"', "record", is_tag("kind", kind), FIRST_PART, THERE, *then)
        chosen = newest(listed)[:limit]
        groups = (chosen[n : n + GROUP] for n in range(0, len(chosen), GROUP))
        found = [record for group in groups for record in self._records(kind, group)]
        return sorted(found, key=lambda record: (record.at, record.id), reverse=True)

    def each(self, kind: str) -> Iterator[Record]:
        """The records of a kind one by one, by id; all ids are listed first. See `Store.each`."""
        listed = self._wire.select('"id", "at"', "record", is_tag("kind", kind), FIRST_PART, THERE)
        names = sorted(newest(listed))
        for n in range(0, len(names), GROUP):
            yield from sorted(self._records(kind, names[n : n + GROUP]), key=lambda record: record.id)

    def clear(self) -> None:
        """Delete everything, so that a backup can take its place.

        Raises `Misconfigured` where the server does not delete; then nothing but stamps may be missing.
        """
        for measurement in ("stamp", "slot", "record"):
            self._wire.delete(measurement)

    def forget(self, kind: str, before: datetime) -> int:
        """Drop the contents of the records of a kind whose moment is earlier; returns how many there were.

        Of each, empty points stay behind: version 3 cannot delete.
        """
        earlier = f'"at" < {(before - EPOCH) // TICK}'
        listed = self._wire.select(
            '"id", "parts"', "record", is_tag("kind", kind), FIRST_PART, THERE, earlier
        )
        old = [(name, parts) for found in listed for _, name, parts in found.rows]
        self._wire.write(line for name, parts in old for line in gone_lines(kind, tag_text(name), parts))
        if old:
            self._stamp(f"record/{kind}")
        return len(old)

    def stamps(self) -> dict[str, str]:
        """What changed, by name; see `Store.stamps`. A record saved again as it was counts as a change."""
        found = self._wire.select('last("token")', "stamp", by="name")
        return {tag_text(part.tags["name"]): str(part.rows[0][1]) for part in found}

    def _records(self, kind: str, ids: list[str]) -> list[Record]:
        """The records with these ids that there are, in any order."""
        chosen = " OR ".join(is_tag("id", name) for name in ids)
        for turn in range(TRIES):
            time.sleep(PAUSE if turn else 0)
            # A record that is written while it is read may come in part, or with parts of two bodies.
            found = self._wire.select(ALL_FIELDS, "record", is_tag("kind", kind), f"({chosen})")
            records = assembled(kind, found)
            if records is not None:
                return records
        raise StoreFailed(
            f"a record of kind {kind!r} in InfluxDB at {self._wire.place} is damaged",
            "Restore the last backup of the database.",
        )

    def _known(self, rows: Series) -> Series:
        """All revisions of the slots of some rows, which are sorted."""
        return self._between(rows.key, int(rows.start[0]), int(rows.start[-1]) + 1)

    def _between(self, key: str, first: int, end: int) -> Series:
        """All revisions of the slots that start in [first, end), epoch seconds."""
        found = self._wire.select(
            '"minutes", "value", "origin", "source"', "slot", is_tag("key", key), _starts_in(first, end)
        )
        # While a point is written, a reader may see it without some of its fields: it is not there yet.
        rows = [row for part in found for row in part.rows if None not in row]
        if not rows:
            return empty(key)
        at, minutes, value, origin, source = zip(*rows, strict=True)
        times = np.array(at, np.int64)
        start = times // NANO
        return Series(
            key,
            start,
            np.array(minutes, np.int64),
            np.array(value, np.float64),
            start + times % NANO - LEAD,
            np.array(origin, np.str_),
            np.array(source, np.str_),
        )

    def _put(self, rows: Series) -> int:
        if len(rows):
            self._wire.write(_lines(rows))
            self._stamp(f"series/{rows.key}")
        return len(rows)

    def _stamp(self, name: str) -> None:
        """After the change, in a request of its own: who sees the stamp sees what it stands for."""
        self._wire.write_together([f"stamp,name={tag(name)} token={string(secrets.token_hex(8))} 0"])


def point_times(rows: Series) -> IntArray:
    """Time of the point of each row, nanoseconds since 1970, shape (n,).

    Raises `UsageError` when a moment of knowledge is too far from its slot, or the slot from our time.
    """
    offset = rows.available_at - rows.start + LEAD
    wrong = (offset < 0) | (offset >= NANO) | (rows.start < FIRST) | (rows.start >= END)
    if np.any(wrong):
        row = int(np.argmax(wrong))
        slot, known = (moment(column[row]).isoformat() for column in (rows.start, rows.available_at))
        raise UsageError(
            f"{rows.key}: InfluxDB cannot hold a value of {slot} that was known {known}",
            "It may be known from 366 days before to 30 years after its slot; SQLite has no such limit.",
        )
    return rows.start * NANO + offset


def _lines(rows: Series) -> Iterator[str]:
    """Points in line protocol."""
    head = f"slot,key={tag(rows.key)} value="
    texts = {
        text: string(text) for text in {*np.unique(rows.origin).tolist(), *np.unique(rows.source).tolist()}
    }
    columns = (point_times(rows), rows.minutes, rows.value, rows.origin, rows.source)
    for at, minutes, value, origin, source in zip(*(column.tolist() for column in columns), strict=True):
        yield f"{head}{value!r},minutes={minutes}i,origin={texts[origin]},source={texts[source]} {at}"


def _starts_in(first: int, end: int) -> str:
    """The condition that a slot starts in [first, end), epoch seconds."""
    lowest, highest = (min(max(second, FIRST), END) * NANO for second in (first, end))
    return f"time >= {lowest} AND time < {highest}"
