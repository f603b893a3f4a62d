"""Why the plan that stands no longer answers this moment."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.slots import Window, planning_window
from chocolate_factory.services.pose_problem import SERIES_OF, weights_now
from chocolate_factory.services.read_production import reported_since

Row = dict[str, Any]
FIRST = "first plan"
REPORTED = "production log"
ORDER = "factory file changed"
PUBLISHED = "prices published"
FORECAST = "new forecast"
WINDOW = "window moved on"
URGENT = {REPORTED, ORDER}
"""Reasons for which somebody waits for the plan."""
SEARCH = ("search", "first")
"""Kind and id of the record."""
LOOK_AHEAD = timedelta(days=3)
"""How far beyond the prices that a plan knew published ones are looked for."""


def reasons_to_plan(ports: Ports, days: int) -> list[str]:
    """All that speaks for a new plan of so many days, most pressing first; nothing: the plan stands."""
    body = newest_body(ports.store, ports.clock())
    if body is None:
        return [FIRST]
    answer = body["answer"]
    window = planning_window(ports.clock(), days, ports.factory.site.timezone)
    looks = {
        FIRST: only_a_quick_one(ports.store),
        REPORTED: reported_since(ports.store, datetime.fromisoformat(answer["issued_at"])),
        ORDER: body["factory"] != file_digest(ports.factory_text),
        PUBLISHED: published_since(ports, body["known_until"]),
        FORECAST: learnt_since(ports, body),
        WINDOW: datetime.fromisoformat(answer["window"]["end"]) < window.end,
    }
    return [reason for reason, found in looks.items() if found]


def only_a_quick_one(store: Store) -> bool:
    """Whether the first plan is the quick one still: a process ended before the full search had."""
    noted = next(iter(store.find(SEARCH[0], id=SEARCH[1], limit=1)), None)
    return noted is not None and noted.body["done"] is False


def note_search(store: Store, now: datetime, *, done: bool) -> None:
    """Keep whether the full search that follows the first quick plan was done."""
    store.save(Record(*SEARCH, now, {"done": done}))


def newest_body(store: Store, now: datetime) -> Row | None:
    """The newest stored plan issued by a moment: a replayed clock stands before some."""
    limit = 1
    while True:
        found: list[Any] = [record.body for record in store.find("plan", limit=limit)]
        for body in found:
            if datetime.fromisoformat(body["answer"]["issued_at"]) <= now:
                return dict(body)
        if len(found) < limit:
            return None
        limit *= 8


def file_digest(text: str) -> str:
    """By what a factory file is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def published_since(ports: Ports, known_until: str | None) -> bool:
    """Whether prices are known by now beyond those that a plan knew."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None or known_until is None:
        return False
    known = datetime.fromisoformat(known_until).astimezone(UTC)
    return len(ports.store.read(series, Window(known, known + LOOK_AHEAD), ports.clock())) > 0


def learnt_since(ports: Ports, body: Row) -> bool:
    """Whether other weights than a plan's serve now; never for one that needed none or tells of none."""
    if "weights" not in body or not body["answer"]["price_origin"]["forecast"]:
        return False
    return bool(body["weights"] != weights_now(ports))
