"""Jobs that run unattended: when each is due, and what is known of its last run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from chocolate_factory.domain.slots import local_date, local_moment

RETRY = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Waits after the first, second and every further failure in a row, where the cadence is longer."""


@dataclass(frozen=True)
class Every:
    """So many minutes after the last start."""

    minutes: int

    def next_after(self, at: datetime, zone: str) -> datetime:
        """The moment at which it is due again after a start."""
        return at + timedelta(minutes=self.minutes)

    @property
    def said(self) -> str:
        """In words."""
        return f"every {self.minutes} min"


@dataclass(frozen=True)
class Daily:
    """At a wall time of the site, every day or on one day of the week (Monday is 0)."""

    hour: int
    minute: int = 0
    weekday: int | None = None

    def next_after(self, at: datetime, zone: str) -> datetime:
        """The first such wall time after a start; one that the clock change leaves out comes with its gap."""
        day = local_date(at, zone)
        while True:
            found = local_moment(day, time(self.hour, self.minute), zone)
            if found > at and self.weekday in {None, day.weekday()}:
                return found
            day += timedelta(days=1)

    @property
    def said(self) -> str:
        """In words."""
        days = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
        when = "daily" if self.weekday is None else days[self.weekday]
        return f"{when} at {self.hour:02}:{self.minute:02}"


Cadence = Every | Daily


@dataclass(frozen=True)
class JobInfo:
    """A job as it is told: its name, when it runs, and the seconds after which it is overdue."""

    name: str
    cadence: Cadence
    timeout_s: float


class Outcome(StrEnum):
    """How the last run ended. `interrupted`: the process ended first; `overdue`: it took too long."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class JobState:
    """The last run of a job. `failures` are those in a row, `next_at` is when it is due again.

    `kind` is the class of the error behind `reason`, as a word for programs.
    """

    started: datetime
    outcome: Outcome
    next_at: datetime
    ended: datetime | None = None
    seconds: float | None = None
    kind: str = ""
    reason: str = ""
    hint: str = ""
    runs: int = 1
    failures: int = 0


def begun(last: JobState | None, at: datetime) -> JobState:
    """The state while a run goes on; were it interrupted, the next one is due at once."""
    runs, failures = (last.runs, last.failures) if last else (0, 0)
    return JobState(at, Outcome.RUNNING, at, runs=runs + 1, failures=failures)


def interrupted(state: JobState, at: datetime) -> JobState:
    """The state of a run whose process ended first, as it is found at a moment.

    It is due at once; the second time in a row and later after `RETRY`: it may be what ended the process.
    """
    failures = state.failures + 1
    wait = RETRY[min(failures - 1, len(RETRY)) - 1] if failures > 1 else timedelta(0)
    return replace(state, outcome=Outcome.INTERRUPTED, next_at=at + wait, failures=failures)


def is_cut_often(last: JobState | None) -> bool:
    """Whether runs were interrupted several times in a row."""
    return last is not None and last.outcome is Outcome.INTERRUPTED and last.failures > 1


def ended(cadence: Cadence, state: JobState, end: JobState, zone: str) -> JobState:
    """The state after a run, which `end` tells of, and when the next one is due.

    What failed is tried again after `RETRY`, at the latest when it is due by the cadence.
    """
    regular = cadence.next_after(state.started, zone)
    if end.outcome is Outcome.OK:
        return replace(end, runs=state.runs, failures=0, next_at=regular)
    failures = state.failures + 1
    again = (end.ended or state.started) + RETRY[min(failures, len(RETRY)) - 1]
    return replace(end, runs=state.runs, failures=failures, next_at=min(regular, again))


def is_due(last: JobState | None, now: datetime) -> bool:
    """Whether a job is due: it never ran, its time has come, or its last run lies in the future."""
    return last is None or now >= last.next_at or last.started > now


def jitter(name: str, place: str, at: datetime, most: timedelta) -> timedelta:
    """A share of `most` that is always the same for a job, a site and a day: sites do not ask all at once."""
    told = f"{place}/{name}/{at.astimezone(UTC).date()}".encode()
    return most * (int.from_bytes(hashlib.sha256(told).digest()[:4], "big") / 2**32)


def state_json(state: JobState) -> dict[str, object]:
    """For a record."""
    return {
        "started": state.started.isoformat(),
        "ended": state.ended.isoformat() if state.ended else None,
        "outcome": str(state.outcome),
        "next_at": state.next_at.isoformat(),
        "seconds": state.seconds,
        "kind": state.kind,
        "reason": state.reason,
        "hint": state.hint,
        "runs": state.runs,
        "failures": state.failures,
    }


def state_of(body: Mapping[str, object]) -> JobState:
    """From a record."""
    at = {key: datetime.fromisoformat(str(body[key])) for key in ("started", "next_at")}
    ended_at, seconds = body["ended"], body["seconds"]
    return JobState(
        started=at["started"],
        outcome=Outcome(str(body["outcome"])),
        next_at=at["next_at"],
        ended=datetime.fromisoformat(str(ended_at)) if ended_at else None,
        seconds=float(str(seconds)) if seconds is not None else None,
        kind=str(body.get("kind", "")),
        reason=str(body["reason"]),
        hint=str(body["hint"]),
        runs=int(str(body["runs"])),
        failures=int(str(body["failures"])),
    )
