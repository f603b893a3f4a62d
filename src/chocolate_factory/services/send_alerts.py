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
    Tellings,
    due_notices,
    key_of,
    within_bounds,
)
from chocolate_factory.domain.ports import Alerts, Ports, Record, Store
from chocolate_factory.services.alert_words import alert_text
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.record_alerts import KIND

TOLD, TESTED = "notices", "alert_test"
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
    """Send what is due on one channel, and remember each before it is sent and as soon as it is."""
    now, zone, rules = ports.clock().astimezone(UTC), ports.factory.site.timezone, telling.rules
    known, found = tellings_on(ports.store, channel.name), incidents(ports.store, now)
    told = dict(known.told)
    on_the_way = {key for key in known.on_the_way if any(key.startswith(f"{one.record}#") for one in found)}
    wanted = due_notices(found, known, rules, now, zone)
    allowed, left = within_bounds(wanted, told, rules, now)
    for key, event, incident in allowed:
        words = WORDS[telling.language][event] + alert_text(incident.row, telling.language, zone)
        notice = Notice(key, event, str(incident.kind), incident.severity, now, words, dict(incident.row))
        remember(ports.store, channel.name, Tellings(told, frozenset({*on_the_way, key})), now)
        channel.send(notice)
        told[key] = now
        on_the_way.discard(key)
        remember(ports.store, channel.name, Tellings(told, frozenset(on_the_way)), now)
    for kind, count in left.items():
        words = MORE[telling.language].format(count=count, kind=kind)
        keys = list(summed_up(wanted, told, kind))
        channel.send(Notice(f"more:{keys[0]}", Event.OPENED, kind, Severity.WARNING, now, words, {}))
        told.update(dict.fromkeys(keys, now))
        remember(ports.store, channel.name, Tellings(told, frozenset(on_the_way)), now)
    return len(allowed) + len(left)


def summed_up(
    wanted: Sequence[tuple[str, Event, Incident]], told: Mapping[str, datetime], kind: str
) -> Iterator[str]:
    """Keys of what of a kind is told only as a number: neither that it opened nor its end is told again."""
    for key, event, incident in wanted:
        if str(incident.kind) == kind and event is not Event.CLOSED and key not in told:
            yield key
            yield key_of(incident.record, Event.CLOSED)


def send_test(ports: Ports, telling: Telling) -> dict[str, str]:
    """A test message on every channel, and a note of it; "" or why it failed, by channel."""
    now = ports.clock().astimezone(UTC)
    words = TEST[telling.language].format(site=ports.factory.site.name)
    found = {}
    for channel in telling.channels:
        try:
            channel.send(
                Notice(f"test:{now.isoformat()}", Event.OPENED, "test", Severity.INFO, now, words, {})
            )
            found[channel.name] = ""
        except SourceError as error:
            found[channel.name] = error.message
        ports.store.save(Record(TESTED, channel.name, now, {"failure": found[channel.name]}))
    return found


def failure_of_test(store: Store, channel: str) -> str | None:
    """Why the last test of a channel failed, "" where it went well, None where there was none."""
    last = next(iter(store.find(TESTED, id=channel, limit=1)), None)
    return str(last.body["failure"]) if last else None


def was_told(store: Store, channel: str) -> bool:
    """Whether a channel took a message lately."""
    return bool(tellings_on(store, channel).told)


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


def tellings_on(store: Store, channel: str) -> Tellings:
    """What was told on a channel, and what was on its way when a process ended or its answer never came."""
    body: Any = next((record.body for record in store.find(TOLD, id=channel, limit=1)), {"told": {}})
    told = {key: datetime.fromisoformat(at) for key, at in body["told"].items()}
    return Tellings(told, frozenset(body.get("on_the_way", ())))


def remember(store: Store, channel: str, tellings: Tellings, now: datetime) -> None:
    """Keep what was told and what is on its way; what is long past is let go."""
    rows = {key: at.isoformat() for key, at in tellings.told.items() if now - at < REMEMBER}
    store.save(Record(TOLD, channel, now, {"told": rows, "on_the_way": sorted(tellings.on_the_way)}))
