"""Which alerts are told to whom, once each: severity, quiet hours, a bound on how many, recoveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chocolate_factory.domain.alerts import RANK, AlertKind, Severity

OLD = timedelta(hours=24)
"""What closed so long ago is not told any more."""


class Event(StrEnum):
    """What is told of an incident."""

    OPENED = "opened"
    RAISED = "raised"
    CLOSED = "closed"


@dataclass(frozen=True)
class Incident:
    """An alert from when it opened until it closed, UTC; `row` is what its words are made of."""

    record: str
    kind: AlertKind
    severity: Severity
    opened_at: datetime
    closed_at: datetime | None
    row: Mapping[str, object]


@dataclass(frozen=True)
class Notice:
    """One message: what it tells of, and how pressing it is. `text` is plain, in the site's language.

    `key` is of this message alone, and the same when it has to be sent again.
    """

    key: str
    event: Event
    kind: str
    severity: Severity
    at: datetime
    text: str
    row: Mapping[str, object]


@dataclass(frozen=True)
class NoticeRules:
    """What is told: from which severity, when not, how many of a kind an hour.

    From `quiet_from` to `quiet_to`, site time, only what is critical is told; the rest waits; what is over
    by then is not told at all. Beyond `per_hour` of a kind the rest of them is not told one by one.
    """

    least: Severity = Severity.WARNING
    quiet_from: time | None = None
    quiet_to: time | None = None
    per_hour: int = 4


Told = Mapping[str, datetime]
"""Key of a notice -> when it was told, or given up."""


@dataclass(frozen=True)
class Tellings:
    """What a channel was told, and what was on its way to it when nothing more was heard of it.

    What was on its way may have arrived: it is told again, under the same key, and its end is told too.
    """

    told: Told
    on_the_way: frozenset[str] = frozenset()

    def may_know(self, key: str) -> bool:
        """Whether the receiver may know it already."""
        return key in self.told or key in self.on_the_way


def is_quiet(rules: NoticeRules, at: datetime, zone: str) -> bool:
    """Whether a moment lies in the quiet hours, which may go over midnight."""
    if rules.quiet_from is None or rules.quiet_to is None:
        return False
    clock = at.astimezone(ZoneInfo(zone)).time()
    if rules.quiet_from <= rules.quiet_to:
        return rules.quiet_from <= clock < rules.quiet_to
    return clock >= rules.quiet_from or clock < rules.quiet_to


def events_of(incident: Incident, tellings: Tellings) -> list[tuple[str, Event]]:
    """(key, event) of what has not been told of an incident and should be, in order.

    An incident that rose is told again once for each severity; that it is over, only when it was told of.
    """
    opened = key_of(incident.record, Event.OPENED, incident.severity)
    levels = [key_of(incident.record, Event.OPENED, severity) for severity in Severity]
    known = [key for key in levels if tellings.may_know(key)]
    if incident.closed_at is not None:
        closed = key_of(incident.record, Event.CLOSED)
        return [(closed, Event.CLOSED)] if known and closed not in tellings.told else []
    if opened in tellings.told:
        return []
    return [(opened, Event.RAISED if set(known) - {opened} else Event.OPENED)]


def key_of(record: str, event: Event, severity: Severity | None = None) -> str:
    """By what is remembered that it was told."""
    return f"{record}#{event}" + (f"#{severity}" if severity else "")


def due_notices(
    incidents: Iterable[Incident], tellings: Tellings, rules: NoticeRules, now: datetime, zone: str
) -> list[tuple[str, Event, Incident]]:
    """What is to be told now, oldest first."""
    quiet = is_quiet(rules, now, zone)
    wanted = []
    for incident in sorted(incidents, key=lambda one: one.opened_at):
        if RANK[incident.severity] < RANK[rules.least]:
            continue
        if incident.closed_at is not None and now - incident.closed_at > OLD:
            continue
        if quiet and incident.severity is not Severity.CRITICAL:
            continue
        wanted += [(key, event, incident) for key, event in events_of(incident, tellings)]
    return wanted


def within_bounds(
    wanted: Sequence[tuple[str, Event, Incident]], told: Told, rules: NoticeRules, now: datetime
) -> tuple[list[tuple[str, Event, Incident]], dict[str, int]]:
    """Those that the bound per kind and hour allows, and how many of each kind are left untold.

    Recoveries are not bounded: they end what was told.
    """
    hour = now - timedelta(hours=1)
    recent: dict[str, int] = {}
    for key, at in told.items():
        if at > hour and f"#{Event.OPENED}" in key:
            kind = key.split(":", 1)[0]
            recent[kind] = recent.get(kind, 0) + 1
    allowed: list[tuple[str, Event, Incident]] = []
    left: dict[str, int] = {}
    for item in wanted:
        kind = str(item[2].kind)
        if item[1] is not Event.CLOSED and recent.get(kind, 0) >= rules.per_hour:
            left[kind] = left.get(kind, 0) + 1
            continue
        if item[1] is not Event.CLOSED:
            recent[kind] = recent.get(kind, 0) + 1
        allowed.append(item)
    return allowed, left
