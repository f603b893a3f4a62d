"""Copy a whole store into another: every revision of every series, and every record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from chocolate_factory.core.errors import StoreFailed, UsageError
from chocolate_factory.domain.ports import Json, Record, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window

Progress = Callable[[int, int, str], None]
"""Called with (chunks done, chunks in all, what was compared); a chunk is a year of a series, or a kind."""

EMPTY_ONE = "Copy to an empty store, or go on with one that a copy of this store began to fill."
AGAIN = "Run the copy again; if it stays so, something else writes to one of the stores: stop it first."
ROUNDS = 3
"""How often what changed during a copy is copied again."""


@dataclass
class Copied:
    """What a copy did for one series or one kind of records.

    `rows` are the revisions or records of the source, `copied` those that the target did not have yet,
    `chunks` the parts compared and `skipped` those that were equal already.
    """

    name: str
    rows: int = 0
    copied: int = 0
    chunks: int = 0
    skipped: int = 0
    checksum: str = ""

    def to_json(self) -> Json:
        """JSON of this part."""
        return dict(vars(self))


@dataclass
class CopyReport:
    """What a copy did, all of it read back and compared with the source."""

    series: list[Copied] = field(default_factory=list)
    records: list[Copied] = field(default_factory=list)

    def to_json(self) -> Json:
        """JSON of the report."""
        return {
            "series": [part.to_json() for part in self.series],
            "records": [part.to_json() for part in self.records],
        }


def copy_store(
    source: Store, target: Store, progress: Progress | None = None, only: Collection[str] | None = None
) -> CopyReport:
    """Make the target hold exactly what the source holds, chunk by chunk.

    A chunk that is equal on both sides, by number of rows and checksum, is skipped: an interrupted copy is
    completed by running it again. Every other one is read back after it was stored. Raises `UsageError`
    when the target has something that the source does not have, before that chunk is touched, and
    `StoreFailed` when a chunk reads back different. With `only`, names as in `Store.stamps`, these are copied
    and other records of the target left alone. What changes in the source meanwhile may be in it or not.
    """
    stores, keys, kinds = (source, target), source.keys(), source.kinds()
    if only is None:
        _refuse_others(target, keys, kinds)
    else:
        keys = [key for key in keys if f"series/{key}" in only]
        kinds = [kind for kind in kinds if f"record/{kind}" in only]
    years = [year for key in keys for year in _years(stores, key)]
    report, total = CopyReport(), len(years) + len(kinds)
    parts: dict[str, Copied] = {}
    for done, (key, window) in enumerate(years):
        _tell(progress, done, total, f"{key} {window.start.year}")
        _copy_year(stores, key, window, parts.setdefault(key, Copied(key)))
    report.series.extend(parts.values())
    for done, kind in enumerate(kinds, len(years)):
        _tell(progress, done, total, f"records of kind {kind}")
        report.records.append(_copy_kind(stores, kind, exact=only is None))
    _tell(progress, total, total, "all compared")
    return report


def copy_serving(source: Store, target: Store) -> None:
    """Copy a store that others write to into an empty one; what changed meanwhile is copied again.

    All that was stored when the copy began is in it. Where nothing changed during a round, the copy is that
    of one moment; where something changes all the time, after `ROUNDS` it is left at that.
    """
    stamps = source.stamps()
    copy_store(source, target)
    for _ in range(ROUNDS):
        before, stamps = stamps, source.stamps()
        changed = {name for name, stamp in stamps.items() if before.get(name) != stamp}
        if not changed:
            return
        copy_store(source, target, only=changed)


def checksum(series: Series) -> str:
    """SHA-256 over the columns of a series, as hexadecimal digits; −0 counts as 0."""
    digest = hashlib.sha256()
    for numbers in (series.start, series.available_at, series.minutes):
        digest.update(np.ascontiguousarray(numbers, "<i8").tobytes())
    digest.update(np.ascontiguousarray(series.value + 0.0, "<f8").tobytes())
    digest.update(json.dumps([series.origin.tolist(), series.source.tolist()]).encode())
    return digest.hexdigest()


def _tell(progress: Progress | None, done: int, total: int, text: str) -> None:
    if progress is not None:
        progress(done, total, text)


def _refuse_others(target: Store, keys: Sequence[str], kinds: Sequence[str]) -> None:
    """Refuse a target with series or kinds of its own."""
    own = set(target.keys()) - set(keys) or set(target.kinds()) - set(kinds)
    if own:
        raise UsageError(f"the target store has {min(own)!r}, which the source does not have", EMPTY_ONE)


def _years(stores: tuple[Store, Store], key: str) -> list[tuple[str, Window]]:
    """Every calendar year, in UTC, of a series."""
    spans = [span for store in stores if (span := store.span(key))]
    first, end = min(span.start for span in spans), max(span.end for span in spans)
    return [
        (key, Window(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)))
        for year in range(first.year, (end - timedelta(microseconds=1)).year + 1)
    ]


def _copy_year(stores: tuple[Store, Store], key: str, window: Window, copied: Copied) -> None:
    """Compare a year of a series, and load it where it differs."""
    source, target = stores
    rows, there = source.revisions(key, window), target.revisions(key, window)
    wanted = checksum(rows)
    copied.rows += len(rows)
    copied.chunks += 1
    copied.checksum = hashlib.sha256((copied.checksum + wanted).encode()).hexdigest()
    if len(rows) == len(there) and checksum(there) == wanted:
        copied.skipped += 1
        return
    if len(there) and (extra := _identities(there) - _identities(rows)):
        raise _foreign(f"{key} {window.start.year}", len(extra))
    copied.copied += target.load(rows)
    there = target.revisions(key, window)
    if len(rows) != len(there) or checksum(there) != wanted:
        raise _different(f"{key} {window.start.year}")


def _copy_kind(stores: tuple[Store, Store], kind: str, *, exact: bool) -> Copied:
    """Compare the records of a kind, and save those that differ, each as it was when it was read."""
    source, target = stores
    there = _checksums(target, kind)
    if exact and there and (extra := there.keys() - {record.id for record in source.each(kind)}):
        raise _foreign(f"records of kind {kind}", len(extra))
    copied, wanted = Copied(kind, chunks=1), dict[str, str]()
    for record in source.each(kind):
        wanted[record.id] = _record_checksum(record)
        if there.get(record.id) != wanted[record.id]:
            target.save(record)
            copied.copied += 1
    copied.rows = len(wanted)
    copied.checksum = hashlib.sha256("".join(sorted(wanted.values())).encode()).hexdigest()
    if not copied.copied:
        copied.skipped = 1
    elif not wanted.items() <= _checksums(target, kind).items():
        raise _different(f"records of kind {kind}")
    return copied


def _identities(series: Series) -> set[tuple[int, int]]:
    return set(zip(series.start.tolist(), series.available_at.tolist(), strict=True))


def _checksums(store: Store, kind: str) -> dict[str, str]:
    return {record.id: _record_checksum(record) for record in store.each(kind)}


def _record_checksum(record: Record) -> str:
    text = json.dumps([record.id, record.at.astimezone(UTC).isoformat(), record.body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _foreign(chunk: str, many: int) -> UsageError:
    return UsageError(f"{chunk}: the target store has {many} rows that the source does not have", EMPTY_ONE)


def _different(chunk: str) -> StoreFailed:
    return StoreFailed(f"{chunk}: what the target store gives back is not what was copied", AGAIN)
