"""Alerts to read: what holds now, and what was recorded of the time before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, local_iso
from chocolate_factory.services.alert_words import ALERT_WORDS, alert_text
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.record_alerts import KIND, alert_json, open_now
from chocolate_factory.services.watch_alerts import NO_TROUBLES, watch_alerts

Row = dict[str, Any]
MOST_RECORDS = 5_000


@dataclass(frozen=True)
class AlertsQuery:
    """How many of the newest records beside what holds now, and the language of the texts."""

    history: int = 50
    language: str = "en"


def read_alerts(
    ports: Ports, query: AlertsQuery, troubles: Mapping[str, ChocolateError] = NO_TROUBLES
) -> Row:
    """What holds at `ports.clock()`, most pressing first, and the newest records; writes nothing.

    `opened_at` is when the alert was first recorded, null before that. Raises UsageError for a language there
    is not.
    """
    if query.language not in ALERT_WORDS:
        raise UsageError(f"language {query.language!r}: not known.", f"Use one of {', '.join(ALERT_WORDS)}.")
    zone, now = ports.factory.site.timezone, ports.clock()
    known = open_now(ports.store)
    alerts = []
    for alert in watch_alerts(ports, troubles):
        opened = known[alert.id]["opened_at"] if alert.id in known else None
        row = {"id": alert.id, **alert_json(alert), "opened_at": opened, "closed_at": None}
        alerts.append(told(row, query.language, zone))
    records = ports.store.find(KIND, limit=query.history) if query.history else []
    bodies: list[Any] = [record.body for record in records if record.at <= now]
    return {
        "sample": ports.sample,
        "as_of": local_iso(now, zone),
        "alerts": alerts,
        "history": [told(of_record(body), query.language, zone) for body in bodies],
    }


def of_record(body: Mapping[str, Any]) -> Row:
    """A record's body under the names of an alert."""
    return {"id": body["alert"], **{key: value for key, value in body.items() if key != "alert"}}


def told(row: Row, language: str, zone: str) -> Row:
    """A row with its moments at the site and its text."""
    moments = {
        key: local_iso(moment_of(row[key]), zone) if row[key] else None
        for key in ("since", "until", "opened_at", "closed_at")
    }
    return {**row, **moments, "text": alert_text(row, language, zone)}


def alerts_during(ports: Ports, window: Window) -> list[Row]:
    """Recorded alerts that were open at some time of a window, oldest first, as known now."""
    now = ports.clock().astimezone(UTC)
    bodies: Iterable[Any] = (record.body for record in ports.store.find(KIND, limit=MOST_RECORDS))
    rows = [of_record(body) for body in bodies]
    return sorted((row for row in rows if was_open(row, window, now)), key=lambda row: str(row["opened_at"]))


def was_open(row: Row, window: Window, now: datetime) -> bool:
    """Whether a record's alert was open in a window, by what is known at `now`."""
    opened = moment_of(row["opened_at"])
    closed = moment_of(row["closed_at"]) if row["closed_at"] else now
    return opened <= now and opened < window.end and closed > window.start
