"""The audit trail: who changed what, and who was refused. No bodies, no queries, no secrets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.roles import Caller

Row = dict[str, Any]
KIND = "audit"
KEPT = timedelta(days=400)
MOST = 100_000
LONGEST_PATH = 200


@dataclass(frozen=True)
class Change:
    """What was done or refused: the act or the command, and the path it was asked by or what it was about."""

    action: str
    path: str
    outcome: Literal["done", "refused"]


@dataclass(frozen=True)
class AuditQuery:
    """Which page: at most `limit` rows older than the row with the id `before`."""

    limit: int = 100
    before: str | None = None


def record_audit(store: Store, caller: Caller, change: Change, now: datetime) -> None:
    """Keep one line of the trail; the first one of a day drops those that are older than 400 days."""
    newest = store.find(KIND, limit=1)
    if newest and newest[0].at.date() != now.date():
        store.forget(KIND, now - KEPT)
    body: Row = {
        "who": caller.name,
        "role": caller.role,
        "how": caller.how,
        "action": change.action,
        "path": change.path[:LONGEST_PATH],
        "outcome": change.outcome,
    }
    store.save(Record(KIND, f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}", now, body))


def read_audit(store: Store, query: AuditQuery, now: datetime) -> Row:
    """Lines of the last 400 days, newest first: `{"entries": [{id, at, who, …}], "next": id or None}`.

    `next` is what to ask for as `before` to go on. Raises UsageError for a `before` that is no line.
    """
    needed = query.limit + 1 if query.before is None else MOST
    kept = [record for record in store.find(KIND, limit=needed) if record.at > now - KEPT]
    first = 0
    if query.before is not None:
        ids = [record.id for record in kept]
        if query.before not in ids:
            raise UsageError(f"The trail has no line {query.before[:80]!r}.", "Begin without `before`.")
        first = ids.index(query.before) + 1
    page = kept[first : first + query.limit]
    more = first + query.limit < len(kept)
    return {
        "entries": [{"id": record.id, "at": record.at, **record.body} for record in page],
        "next": page[-1].id if page and more else None,
    }
