"""Stored records a page at a time, newest first, as they were known at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Record, Store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class PageQuery:
    """Which records: moments in [start, end), known at `as_of`, at most `limit`, after the cursor `next`."""

    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    limit: int = 20
    next: str | None = None


@dataclass(frozen=True)
class Page:
    """Records, newest first, and the cursor of those that follow; None where these were the last."""

    records: tuple[Record, ...]
    next: str | None


def page_records(
    store: Store, kind: str, query: PageQuery, now: datetime, keep: Callable[[Record], bool] | None = None
) -> Page:
    """One page of the records that `keep` keeps, known at `as_of` or `now`, whichever is earlier.

    A record that comes while pages are read is newer than all of them, so that none is told twice or left
    out. Raises UsageError for a cursor that no page gave.
    """
    latest = min(now, query.as_of or now)
    if query.end is not None:
        latest = min(latest, query.end - TICK)
    after = cursor_of(query.next) if query.next is not None else None
    if after is not None:
        latest = min(latest, after[0])
    size = query.limit + 1
    while True:
        found = store.find(kind, limit=size, until=latest)
        inside = [record for record in found if query.start is None or record.at >= query.start]
        left = [record for record in inside if after is None or (record.at, record.id) < after]
        kept = [record for record in left if keep is None or keep(record)]
        if len(kept) > query.limit:
            last = kept[query.limit - 1]
            return Page(tuple(kept[: query.limit]), f"{(last.at - EPOCH) // TICK}.{last.id}")
        if len(found) < size or len(inside) < len(found):
            return Page(tuple(kept), None)
        size *= 4


def cursor_of(text: str) -> tuple[datetime, str]:
    """Moment and id of the last record of a page."""
    ticks, dot, name = text.partition(".")
    if not (dot and ticks.isascii() and ticks.isdigit() and len(ticks) <= 17):
        raise UsageError(f"{text!r} continues no list.", "Give `next` as the page before gave it.")
    return EPOCH + int(ticks) * TICK, name
