"""Tell of alerts: each incident once per channel when it opens, grows more severe, and is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from chocolate_factory.core.errors import SourceError
from chocolate_factory.domain.alerts import AlertKind, Severity
from chocolate_factory.domain.notices import (
    OLD,
    Event,
    Incident,
    Notice,
    NoticeRules,
    due_notices,
    key_of,
    within_bounds,
)
from chocolate_factory.domain.ports import Alerts, Ports, Record, Store
from chocolate_factory.services.alert_words import alert_text
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.record_alerts import KIND

TOLD = "notices"
REMEMBER = timedelta(days=40)
LOOK_BACK = 400
WORDS = {
    "es": {Event.OPENED: "", Event.RAISED: "Más grave: ", Event.CLOSED: "Resuelto: "},
    "en": {Event.OPENED: "", Event.RAISED: "More severe: ", Event.CLOSED: "Over: "},
}
MORE = {"es": "Y {count} más de este tipo ({kind}).", "en": "And {count} more of this kind ({kind})."}
TEST = {
    "es": "Mensaje de prueba: los avisos de {site} llegan aquí.",
    "en": "Test message: alerts of {site} arrive here.",
}
log = structlog.get_logger()


@dataclass(frozen=True)
class Telling:
    """How alerts are told: channels, rules, language (es or en)."""

    channels: Sequence[Alerts]
    rules: NoticeRules
    language: str


def send_alerts(ports: Ports, telling: Telling) -> dict[str, int]:
    """Send what is due on every channel; returns messages sent by channel.

    A channel that fails is tried again at the next look and holds up no other; what was sent is kept at once.
    Raises the `SourceError` of the first channel that failed, after all were tried.
    """
    sent: dict[str, int] = {}
    failure: SourceError | None = None
    for channel in telling.channels:
        try:
            sent[channel.name] = send_on(channel, ports, telling)
        except SourceError as error:
            log.warning("alerts not sent", channel=channel.name, reason=error.message)
            failure = failure or error
    if failure is not None:
        raise failure
    return sent


def send_on(channel: Alerts, ports: Ports, telling: Telling) -> int:
    """Send what is due on one channel, and remember each as soon as it is sent."""
    now, zone, rules = ports.clock().astimezone(UTC), ports.factory.site.timezone, telling.rules
    told = told_on(ports.store, channel.name)
    wanted = due_notices(incidents(ports.store, now), told, rules, now, zone)
    allowed, left = within_bounds(wanted, told, rules, now)
    for key, event, incident in allowed:
        words = WORDS[telling.language][event] + alert_text(incident.row, telling.language, zone)
        channel.send(
            Notice(key, event, str(incident.kind), incident.severity, now, words, dict(incident.row))
        )
        told[key] = now
        remember(ports.store, channel.name, told, now)
    for kind, count in left.items():
        words = MORE[telling.language].format(count=count, kind=kind)
        channel.send(Notice(f"more:{kind}", Event.OPENED, kind, Severity.WARNING, now, words, {}))
    if left:
        told.update(dict.fromkeys(summed_up(wanted, told, left), now))
        remember(ports.store, channel.name, told, now)
    return len(allowed) + len(left)


def summed_up(
    wanted: Sequence[tuple[str, Event, Incident]], told: Mapping[str, datetime], left: Mapping[str, int]
) -> Iterator[str]:
    """Keys of what was told only as a number: neither that it opened nor that it is over is told again."""
    for key, event, incident in wanted:
        if str(incident.kind) in left and event is not Event.CLOSED and key not in told:
            yield key
            yield key_of(incident.record, Event.CLOSED)


def send_test(ports: Ports, telling: Telling) -> dict[str, str]:
    """A test message on every channel; "" or why it failed, by channel."""
    now = ports.clock().astimezone(UTC)
    words = TEST[telling.language].format(site=ports.factory.site.name)
    found = {}
    for channel in telling.channels:
        try:
            channel.send(Notice("test", Event.OPENED, "test", Severity.INFO, now, words, {}))
            found[channel.name] = ""
        except SourceError as error:
            found[channel.name] = error.message
    return found


def incidents(store: Store, now: datetime) -> list[Incident]:
    """What is open, and what closed lately."""
    found = []
    for record in store.find(KIND, limit=LOOK_BACK):
        body: Mapping[str, Any] = record.body
        closed = moment_of(body["closed_at"]) if body["closed_at"] else None
        if closed is None or now - closed <= OLD:
            opened = moment_of(str(body["opened_at"]))
            kind, severity = AlertKind(body["kind"]), Severity(body["severity"])
            found.append(Incident(record.id, kind, severity, opened, closed, body))
    return found


def told_on(store: Store, channel: str) -> dict[str, datetime]:
    """What was told on a channel, and when."""
    records: list[Any] = [record.body["told"] for record in store.find(TOLD, id=channel, limit=1)]
    return {key: datetime.fromisoformat(at) for key, at in records[0].items()} if records else {}


def remember(store: Store, channel: str, told: Mapping[str, datetime], now: datetime) -> None:
    """Keep what was told; what is long past is let go."""
    rows = {key: at.isoformat() for key, at in told.items() if now - at < REMEMBER}
    store.save(Record(TOLD, channel, now, {"told": rows}))
