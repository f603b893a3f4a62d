"""The state of all that is stored: how fresh, from whom, how much, what is missing, what was healed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, PLACES, PLACES_RENEWED, RENEWED
from chocolate_factory.domain.ports import Ports, Store
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import Hourly, Kind, Rule, SeriesInfo
from chocolate_factory.domain.slots import Window, epoch, local_date, moment
from chocolate_factory.services.check_data import STATES, Glance, around, health_row, offering_of
from chocolate_factory.services.heal_holes import LAST
from chocolate_factory.services.heal_holes import RECORD as HEALING
from chocolate_factory.services.source_states import SourceState, failing_of, read_states
from chocolate_factory.services.sync_round import RECORD as SYNCED

Row = dict[str, Any]
NEVER_CHANGED = ""
STATE_FIELDS = ("series", "state", "until", "updated_at", "age_minutes", "holes", "note", "remedy")
MOST = 1000
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Stored:
    """What the store holds of a series: its span, how many rows, and the start of its last slot."""

    span: Window
    rows: int
    newest: datetime


@dataclass(eq=False)
class Seen:
    """What was read of a series under a stamp, which holds until the stamp is another one.

    `near` are all revisions of the days around the hour `near_at`. No due slot was missing from
    `whole_from` on, nor will one be before `whole_until`, when the next one is due.
    """

    stamp: str
    stored: Stored
    near: Series
    near_at: datetime
    whole_from: datetime | None = None
    whole_until: datetime | None = None

    def is_whole(self, now: datetime) -> bool:
        """Whether nothing that is due at a moment is missing."""
        if self.whole_from is None or self.whole_until is None:
            return False
        return self.whole_from <= now < self.whole_until


_seen: WeakKeyDictionary[Store, dict[str, Seen]] = WeakKeyDictionary()


def read_health(ports: Ports) -> Row:
    """All series of the catalogue, the sources that fail, and the last healing; see `api/schemas/data.py`."""
    now, states = ports.clock(), read_states(ports.store)
    healed = last_healing(ports.store, now)
    seen = look_around(ports.store, now)
    fetched = {record.id: record.at for record in ports.store.find(SYNCED, limit=MOST) if record.at <= now}
    rows = []
    for info in CATALOG.values():
        row = series_row(ports, info, states, (seen.get(info.key), fetched.get(info.key)))
        rows.append({**row, "healing": healed["series"].get(info.key) if healed else None})
    failing = failing_of(states, ports.sources, now)
    return {
        "now": now,
        "sample": ports.sample,
        "timezone": ports.factory.site.timezone,
        "status": "ok" if all(row["state"] in {"ok", "off"} for row in rows) else "degraded",
        "states": {state: sum(row["state"] == state for row in rows) for state in STATES},
        "series": rows,
        "failing": [
            {"source": state.name, "since": state.since, "asked_at": state.at, "reason": state.reason}
            for state in failing
        ],
        "healing": {key: healed[key] for key in ("at", "found", "closed")} if healed else None,
    }


def state_rows(ports: Ports) -> list[Row]:
    """The rows of `check_data` for the whole catalogue, without reading again what did not change."""
    return [{name: row[name] for name in STATE_FIELDS} for row in read_health(ports)["series"]]


def look_around(store: Store, now: datetime) -> dict[str, Seen]:
    """What is stored of every series; only what changed since the last look is read again."""
    # Taken before anything is read: what is written meanwhile is read again at the next look.
    stamps, stored = store.stamps(), set(store.keys())
    known = _seen.setdefault(store, {})
    found: dict[str, Seen] = {}
    for key in (key for key in CATALOG if key in stored):
        stamp = stamps.get(f"series/{key}", NEVER_CHANGED)
        old = known.get(key)
        seen = old if old is not None and old.stamp == stamp else look_up(store, key, stamp, now)
        if seen is not None:
            if not timedelta(0) <= now - seen.near_at < HOUR:
                at, rows = near(store, key, seen.stored.span, now)
                # In this order: another thread that sees the new hour sees its rows.
                seen.near, seen.near_at = rows, at
            found[key] = known[key] = seen
    return found


def look_up(store: Store, key: str, stamp: str, now: datetime) -> Seen | None:
    """What is stored of a series, None for nothing."""
    span = store.span(key)
    if span is None:
        return None
    last = store.read(key, Window(max(span.start, span.end - DAY - HOUR), span.end))
    at, rows = near(store, key, span, now)
    return Seen(stamp, Stored(span, store.count(key), moment(last.start[-1])), rows, at)


def near(store: Store, key: str, span: Window, now: datetime) -> tuple[datetime, Series]:
    """The whole hour of now, and all revisions of the slots that are around any moment of it."""
    hour = moment(epoch(now) // 3600 * 3600)
    first, last = around(span, hour), around(span, hour + HOUR)
    return hour, store.revisions(key, Window(first.start, last.end))


def series_row(
    ports: Ports,
    info: SeriesInfo,
    states: Mapping[str, SourceState],
    told: tuple[Seen | None, datetime | None],
) -> Row:
    """State, freshness and contents of one series, from what was seen of it and when it was last fetched."""
    now, (seen, fetched) = ports.clock(), told
    glance = Glance(None, empty(info.key))
    if seen is not None:
        span = seen.stored.span
        recent = seen.near.known_at(now).latest_revision().within(around(span, now))
        glance = Glance(span, recent, fetched if info.kind is Kind.FORECAST else None, seen.is_whole(now))
    row = health_row(ports, info, states, glance)
    offered = bool(offering_of(ports, info.key, now))
    due = due_next(info, now, row["updated_at"]) if offered else None
    if seen is not None and offered and info.rule is not None and row["holes"] == 0:
        seen.whole_from, seen.whole_until = now, due
    newest = int(np.argmax(glance.recent.available_at)) if len(glance.recent) else None
    return {
        **row,
        "label": label_of(info),
        "kind": str(info.kind),
        "unit": info.unit,
        "first": seen.stored.span.start if seen else None,
        "newest": seen.stored.newest if seen else None,
        "rows": seen.stored.rows if seen else 0,
        "source": None if newest is None else str(glance.recent.source[newest]),
        "origin": None if newest is None else str(glance.recent.origin[newest]),
        "due_next": due,
    }


def last_healing(store: Store, now: datetime) -> Row | None:
    """When holes were last looked for, what was closed, and the same of each series that had any."""
    record = next(iter(store.find(HEALING, id=LAST, limit=1)), None)
    if record is None or record.at > now:
        return None
    body: Any = record.body
    series = {
        key: {"at": datetime.fromisoformat(row["at"]), "found": row["found"], "closed": row["closed"]}
        for key, row in body["series"].items()
    }
    return {"at": record.at, "found": body["found"], "closed": body["closed"], "series": series}


def label_of(info: SeriesInfo) -> Row:
    """The words a series is named by: its quantity, and the place it is of (None: the country)."""
    head, _, rest = info.key.partition("_")
    if head == "siar":
        station, _, quantity = rest.partition("_")
        return {"quantity": quantity, "place": f"siar_{station}"}
    if head == "climate":
        return {"quantity": rest, "place": "station"}
    quantity = info.key.removesuffix("_forecast") if info.kind is Kind.FORECAST else info.key
    if head in PLACES:
        return {"quantity": quantity.removeprefix(f"{head}_"), "place": head}
    at_site = info.kind in {Kind.FORECAST, Kind.OBSERVED}
    return {"quantity": quantity, "place": "site" if at_site else None}


def due_next(info: SeriesInfo, now: datetime, updated_at: datetime | None) -> datetime | None:
    """When the next values should be there; of a forecast when it should have been fetched again."""
    if isinstance(info.rule, Hourly):
        delay = int(info.rule.delay.total_seconds())
        return moment(((epoch(now) - delay) // 3600 + 1) * 3600 + delay)
    if isinstance(info.rule, Rule):
        day = local_date(now, info.zone) + timedelta(days=info.rule.days_before - 1)
        while info.due(day) <= now:
            day += timedelta(days=1)
        return info.due(day)
    if info.kind is not Kind.FORECAST or updated_at is None:
        return None
    return updated_at + (PLACES_RENEWED if info.key.split("_")[0] in PLACES else RENEWED)
