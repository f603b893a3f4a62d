"""Days told as first published: which were compared with the publisher's values of after the correction.

The store tells which days hold first values, a record which of them were compared, nothing differing or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.preference import ANY, PREFERENCES
from chocolate_factory.domain.publication import READ_LATE, by_day, source_name
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import days_between, days_of, epoch
from chocolate_factory.services.sync_round import chunks, span_of

RECORD = "first_values"
LONG = 10**6
YEAR = 366


def uncompared_days(store: Store, key: str, now: datetime) -> list[date]:
    """Stored days of any age whose values of after the correction moment nobody has told, ascending.

    Days from files, and those read only after their corrections, are none of them.
    """
    info, span = CATALOG[key], store.span(key)
    if span is None or not _has_first(key):
        return []
    compared = _read(store, key)
    open_days = [day for day in days_of(span, info.zone) if day not in compared]
    found: list[date] = []
    for run in chunks([day for day in open_days if info.correction_seen(day) <= now], YEAR):
        rows = store.revisions(key, span_of(run, info.zone))
        found += [day for day, part in by_day(rows.start, info.zone) if _is_first(day, rows.take(part))]
    return found


def note_compared(store: Store, key: str, days: Iterable[date], now: datetime) -> None:
    """Note days that were told again; those before their correction moment are left out."""
    past = {day for day in days if CATALOG[key].correction_seen(day) <= now}
    if past and _has_first(key):
        known = _read(store, key)
        _save(store, key, known, known | past, now)


def forget_compared(store: Store, key: str, days: Sequence[date], now: datetime) -> None:
    """Days that are not stored any more are compared again once they are."""
    if days and _has_first(key):
        known = _read(store, key)
        _save(store, key, known, known.difference(days), now)


def _has_first(key: str) -> bool:
    """Whether a source tells values as first published while others tell corrected ones."""
    return PREFERENCES.get(key, ANY).first_published is not None


def _is_first(day: date, rows: Series) -> bool:
    """Whether the revisions of a day are values as first published, of a source, and no later ones."""
    seen, sources = epoch(CATALOG[rows.key].correction_seen(day)), PREFERENCES[rows.key].few
    told = [source_name(text) in sources and not text.endswith(READ_LATE) for text in rows.source.tolist()]
    return any(told) and bool(np.all(rows.available_at < seen))


def _read(store: Store, key: str) -> set[date]:
    record = next(iter(store.find(RECORD, id=_id(key), limit=1)), None)
    runs = record.body["runs"] if record else None
    if not isinstance(runs, list):
        return set()
    ends = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in runs]
    return {day for first, last in ends for day in days_between(first, last)}


def _save(store: Store, key: str, known: set[date], days: set[date], now: datetime) -> None:
    """Keep days as runs of successive ones, if they are others than those `known`."""
    if days != known:
        runs = [[run[0].isoformat(), run[-1].isoformat()] for run in chunks(sorted(days), LONG)]
        store.save(Record(RECORD, _id(key), now, {"runs": runs}))


def _id(key: str) -> str:
    return f"{key}-compared"
