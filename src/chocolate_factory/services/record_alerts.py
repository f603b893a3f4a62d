"""The history of alerts: each opens once and closes once, however often it is looked at and whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.domain.alerts import RANK, Alert, Severity
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.watch_alerts import watch_alerts

Row = dict[str, Any]
KIND, STATE, OPEN = "alert", "alert_state", "open"
CALM = timedelta(minutes=20)
"""How long something must be away before its alert closes: what comes and goes is one incident."""


@dataclass(frozen=True)
class AlertRound:
    """What one look changed: bodies of records that opened, grew more severe, closed; how many are open."""

    opened: tuple[Row, ...]
    raised: tuple[Row, ...]
    closed: tuple[Row, ...]
    open: int


def record_alerts(world: World) -> AlertRound:
    """Compare what holds now with what is open, and store what changed; safe to repeat and after a crash.

    Records of kind "alert" have `alert` (the alert's id), `opened_at`, `closed_at` (null while open), and
    kind, severity (the highest so far), subject, since, until and facts as of the last change. What is open
    is kept beside them: it is written before a record opens and after one closes, so that a round cut short
    is finished by the next one and not repeated.
    """
    ports = world.ports()
    return keep(ports, watch_alerts(ports, dict(world.troubles)))


def keep(ports: Ports, alerts: list[Alert]) -> AlertRound:
    """The round for alerts that hold at `ports.clock()`."""
    store, now = ports.store, ports.clock().astimezone(UTC)
    held = {alert.id: alert for alert in alerts}
    known = open_now(store)
    after = {**known}
    for name in held.keys() - known.keys():
        after[name] = {"record": f"{name}/{now:%Y%m%dT%H%M%SZ}", "opened_at": now.isoformat(), "away": None}
    for name, entry in known.items():
        away = None if name in held else entry["away"] or now.isoformat()
        after[name] = {**entry, "away": away}
    over = {name for name, entry in after.items() if is_over(body_of(store, entry), entry, now)}
    if after != known:
        note(store, after, now)
    opened, raised = write_held(store, held, after)
    closed = tuple(close(store, after[name], now) for name in sorted(over))
    if over:
        note(store, {name: entry for name, entry in after.items() if name not in over}, now)
    return AlertRound(opened, raised, tuple(one for one in closed if one), len(after) - len(over))


def open_now(store: Store) -> dict[str, Row]:
    """What is open by alert id: its record, when it opened, and since when it is away."""
    found: list[Any] = [record.body["open"] for record in store.find(STATE, id=OPEN, limit=1)]
    return dict(found[0]) if found else {}


def note(store: Store, entries: dict[str, Row], now: datetime) -> None:
    """Keep what is open."""
    store.save(Record(STATE, OPEN, now, {"open": entries}))


def body_of(store: Store, entry: Row) -> Row | None:
    """The body of an open alert's record, None where it was not written yet."""
    found: list[Any] = [record.body for record in store.find(KIND, id=entry["record"], limit=1)]
    return dict(found[0]) if found else None


def is_over(body: Row | None, entry: Row, now: datetime) -> bool:
    """Whether what is away is over: its own end has passed, or it has been away for CALM."""
    if entry["away"] is None:
        return False
    ended = body is None or (body["until"] is not None and moment_of(body["until"]) <= now)
    return ended or now - moment_of(entry["away"]) >= CALM


def write_held(
    store: Store, held: dict[str, Alert], entries: dict[str, Row]
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Records of what holds: those that are new, and those that grew more severe."""
    opened, raised = [], []
    for name, alert in held.items():
        entry = entries[name]
        old = body_of(store, entry)
        body = {
            "alert": name,
            **alert_json(alert),
            "opened_at": entry["opened_at"],
            "closed_at": None,
        }
        if old is None:
            opened.append(body)
        elif RANK[alert.severity] > RANK[Severity(old["severity"])]:
            raised.append(body)
        elif body["until"] != old["until"]:
            body["severity"] = old["severity"]
        else:
            continue
        store.save(Record(KIND, entry["record"], moment_of(entry["opened_at"]), body))
    return tuple(opened), tuple(raised)


def close(store: Store, entry: Row, now: datetime) -> Row | None:
    """The closed record; None where there is none, or it was closed already."""
    body = body_of(store, entry)
    if body is None or body["closed_at"] is not None:
        return None
    body["closed_at"] = now.isoformat()
    store.save(Record(KIND, entry["record"], moment_of(entry["opened_at"]), body))
    return body


def alert_json(alert: Alert) -> Row:
    """An alert as JSON, moments in UTC."""
    return {
        "kind": str(alert.kind),
        "severity": str(alert.severity),
        "subject": alert.subject,
        "since": alert.since.isoformat() if alert.since else None,
        "until": alert.until.isoformat() if alert.until else None,
        "facts": dict(alert.facts),
    }
