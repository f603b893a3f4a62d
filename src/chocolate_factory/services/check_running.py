"""What a plant that runs by itself needs beside its data: a server, jobs, backups, room, the time, alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.jobs import JobInfo, JobState, Outcome
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.check_setup import Finding
from chocolate_factory.services.keep_jobs import last_runs
from chocolate_factory.services.send_alerts import failure_of_test, was_told

OLD_BACKUP = timedelta(days=2)
LATE_JOB = timedelta(hours=1)
CLOCK_OFF = timedelta(seconds=60)
NEARLY_FULL, FULL = 2e9, 0.3e9
"""Bytes that are free: the first holds some nights' backups, under the second a plan may not be kept."""


@dataclass(frozen=True)
class Surroundings:
    """What is around the state folder: whether a server uses it, its jobs, when its backups were made.

    `free_bytes` by folder. `clock_asked` says whether another machine was asked for the time, `clock_ahead`
    how far this one's is ahead of it, None where none was told; `replayed` is true for a clock that the
    settings fix. `channels` are those that need a test before they are believed; `half` says of a setting
    that counts for nothing what it lacks. `ask_assistant` raises a `ChocolateError` when the language model
    cannot be asked; None: no key is set.
    """

    serving: bool
    jobs: Sequence[JobInfo]
    backups: Sequence[datetime]
    free_bytes: Mapping[str, int]
    clock_asked: bool
    clock_ahead: timedelta | None
    replayed: bool
    channels: Sequence[str]
    half: Mapping[str, str]
    ask_assistant: Callable[[], None] | None


def check_running(ports: Ports, around: Surroundings) -> list[Finding]:
    """A line for each, and one for each job that does not go well."""
    return [
        *clock_findings(around),
        *room_findings(around),
        *server_findings(around),
        *job_findings(ports, around),
        *backup_findings(ports, around),
        *alert_findings(ports, around),
        assistant_finding(around),
        *half_findings(around),
    ]


def assistant_finding(around: Surroundings) -> Finding:
    """Whether the language model may be asked; questions do without, by rules."""
    if around.ask_assistant is None:
        return Finding("assistant", "ok", "no key: questions are answered by rules")
    try:
        around.ask_assistant()
    except ChocolateError as error:
        return Finding("assistant", "warning", error.message, error.hint)
    return Finding("assistant", "ok", "the key counts")


def half_findings(around: Surroundings) -> list[Finding]:
    """Settings that count for nothing."""
    return [
        Finding(name, "warning", text, f"Set both, or unset {name}.") for name, text in around.half.items()
    ]


def clock_findings(around: Surroundings) -> list[Finding]:
    """A clock that is wrong makes every deadline wrong; one that is fixed by a setting is no live one."""
    if around.replayed:
        text = "CHOCO_NOW is set: another time than now is replayed."
        return [Finding("clock", "warning", text, "Unset it where the plant is really run.")]
    if not around.clock_asked:
        return []
    if around.clock_ahead is None:
        text = "not compared: the provider that was asked told no time"
        return [Finding("clock", "warning", text, "`timedatectl` tells whether NTP keeps the clock right.")]
    seconds = round(around.clock_ahead.total_seconds())
    if abs(around.clock_ahead) <= CLOCK_OFF:
        return [Finding("clock", "ok", "agrees with a provider's")]
    text = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} a provider's"
    return [
        Finding("clock", "error", text, "Set the machine's clock by NTP, e.g. `timedatectl set-ntp true`.")
    ]


def room_findings(around: Surroundings) -> list[Finding]:
    """Folders whose disk is full or will be soon."""
    found = []
    fix = "Remove old backups and `state.failed-*` folders, or give the disk more room."
    for folder, free in around.free_bytes.items():
        state = "error" if free < FULL else "warning" if free < NEARLY_FULL else "ok"
        text = f"{free / 1e9:.1f} GB free where {folder} is"
        found.append(Finding("disk", state, text, "" if state == "ok" else fix))
    return found


def server_findings(around: Surroundings) -> list[Finding]:
    """Whether anything runs the jobs."""
    if around.serving:
        return [Finding("server", "ok", "one uses this state")]
    text = "None uses this state: nothing is fetched, planned or told by itself."
    return [Finding("server", "warning", text, "Start `choco serve`.")]


def job_findings(ports: Ports, around: Surroundings) -> list[Finding]:
    """Jobs that fail, and those that a running server should have run or ended."""
    known = last_runs(ports.store)
    found = [
        Finding(f"job {job.name}", "warning", text, fix)
        for job in around.jobs
        if job.name in known
        for text, fix in wrong_of(job, known[job.name], ports.clock(), around.serving)
    ]
    ran = sum(job.name in known for job in around.jobs)
    return found or [Finding("jobs", "ok", f"{ran} of {len(around.jobs)} have run, none fails")]


def wrong_of(job: JobInfo, state: JobState, now: datetime, serving: bool) -> list[tuple[str, str]]:
    """(what is wrong, remedy) of a job."""
    if state.outcome is Outcome.RUNNING:
        longest = timedelta(seconds=job.timeout_s) + LATE_JOB
        late = serving and now - state.started > longest
        return [(f"under way since {told(state.started)}", "Start the server again.")] if late else []
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        text = f"failed {times}, last at {told(state.started)}: {state.reason or state.outcome}"
        return [(text, state.hint or f"`choco jobs run {job.name}` tries it now; the log has the details.")]
    if serving and now - state.next_at > LATE_JOB:
        text = f"was due at {told(state.next_at)}, ran last at {told(state.started)}"
        return [(text, "`choco jobs` tells what is under way; if nothing is, start the server again.")]
    return []


def told(moment: datetime) -> str:
    """A moment in a sentence."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def backup_findings(ports: Ports, around: Surroundings) -> list[Finding]:
    """How old the newest backup is, where there is something that was worth one."""
    now, fix = ports.clock(), "Run `choco backup`; `choco jobs` tells how the nightly one went."
    if around.backups:
        newest = max(around.backups)
        state = "ok" if now - newest <= OLD_BACKUP else "warning"
        return [Finding("backup", state, f"the newest is of {told(newest)}", "" if state == "ok" else fix)]
    old = next(iter(ports.store.find("plan", limit=1, until=now - OLD_BACKUP)), None)
    if old is None:
        return [Finding("backup", "ok", "none yet; one is made every night while serving")]
    return [Finding("backup", "warning", f"There is none, though there is a plan of {told(old.at)}.", fix)]


def alert_findings(ports: Ports, around: Surroundings) -> list[Finding]:
    """Channels that nobody has seen working."""
    found = []
    for name in around.channels:
        topic, failure = f"alerts {name}", failure_of_test(ports.store, name)
        if failure:
            fix = "Correct it, then run `choco alerts --test`."
            found.append(Finding(topic, "warning", f"the last test failed: {failure}", fix))
        elif failure is None and not was_told(ports.store, name):
            text = "set up, and nothing has been told on it yet"
            found.append(Finding(topic, "warning", text, "Run `choco alerts --test`."))
        else:
            found.append(Finding(topic, "ok", "works"))
    return found or [Finding("alerts", "ok", "only the log tells of them; docs/alerts.md has more channels")]
