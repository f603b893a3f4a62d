"""Records as points: InfluxDB takes short strings only, so a body is packed and cut into parts.

Part n of a record has the time n ns after 1970 and the fields `at` (microseconds since 1970), `parts` and
`body`: JSON, compressed by zlib, in base64, cut. The first part says how many parts there are; what a longer
body left behind after them counts no more. The check sum of zlib tells a body from parts of two.
A record of no parts is forgotten.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.domain.ports import Record
from chocolate_factory.infrastructure.stores.influx_wire import Found, string, tag, tag_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PART = 60_000
"""Characters of a part; InfluxDB 1.x takes strings up to 64 KB."""
FIRST_PART = "time = 0"
THERE = '"parts" > 0'
ALL_FIELDS = '"id", "at", "parts", "body"'


def record_lines(record: Record) -> list[str]:
    """The points of a record in line protocol.

    Raises `TypeError` or `ValueError` for a body that is not JSON, or a moment without a zone.
    """
    if record.at.tzinfo is None:
        raise ValueError(f"{record.kind} {record.id}: naive moment")
    text = json.dumps(dict(record.body), allow_nan=False, separators=(",", ":"))
    body = base64.b64encode(zlib.compress(text.encode())).decode()
    pieces = [body[n : n + PART] for n in range(0, len(body), PART)]
    head = f"record,kind={tag(record.kind)},id={tag(record.id)}"
    fields = f"at={(record.at - EPOCH) // TICK}i,parts={len(pieces)}i"
    return [f"{head} {fields},body={string(piece)} {n}" for n, piece in enumerate(pieces)]


def gone_lines(kind: str, name: str, parts: int) -> list[str]:
    """The points that empty a record of so many parts, in line protocol; the first one last.

    Whoever reads meanwhile finds a record in pieces, and reads again.
    """
    head = f"record,kind={tag(kind)},id={tag(name)}"
    return [f"{head} at=0i,parts=0i,body={string('')} {n}" for n in reversed(range(parts))]


def newest(listed: Iterable[Found]) -> list[str]:
    """Ids from rows of `id` and `at`, newest first, at the same moment from the highest id."""
    rows = [
        (int(at), tag_text(str(name)))
        for found in listed
        for name, at in zip(found.column("id"), found.column("at"), strict=True)
    ]
    return [name for _, name in sorted(rows, reverse=True)]


def assembled(kind: str, found: Iterable[Found]) -> list[Record] | None:
    """Records from rows of `ALL_FIELDS`; None when parts of one are missing or do not fit together."""
    bodies: dict[str, dict[int, tuple[int, int, str]]] = {}
    for part in found:
        columns = (part.column(name) for name in ("id", "time", "at", "parts", "body"))
        for name, time, at, parts, body in zip(*columns, strict=True):
            if None in (at, parts, body):
                return None
            bodies.setdefault(tag_text(str(name)), {})[int(time)] = (int(at), int(parts), str(body))
    try:
        return [_record(kind, name, pieces) for name, pieces in bodies.items() if pieces[0][1] > 0]
    except (KeyError, binascii.Error, zlib.error, json.JSONDecodeError):
        return None


def _record(kind: str, name: str, pieces: dict[int, tuple[int, int, str]]) -> Record:
    at, parts, _ = pieces[0]
    packed = "".join(pieces[n][2] for n in range(parts))
    body: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
    return Record(kind, name, EPOCH + at * TICK, body)
