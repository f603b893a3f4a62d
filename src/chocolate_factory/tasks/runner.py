"""Run the jobs when they are due: one at a time here, each in one process only, one boundary for bugs."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.jobs import (
    Cadence,
    JobInfo,
    JobState,
    Outcome,
    begun,
    ended,
    interrupted,
    is_cut_often,
    is_due,
    jitter,
)
from chocolate_factory.services.choose_world import SchedulerState, World, can_plan
from chocolate_factory.services.keep_jobs import keep_run, last_run, last_runs

log = structlog.get_logger()
Work = Callable[[World], None]
Locks = Callable[[str], AbstractContextManager[bool]]
"""A lock by name, held until its block ends; gives whether it could be had."""

Sooner = Callable[[World, datetime], bool]
"""Whether a job should run before its time, given when it last started."""

LOOK_S = 5.0
SOONER_EVERY = timedelta(seconds=20)
MOST_JITTER = timedelta(seconds=45)


class Overdue(ChocolateError):
    """A job was ended because it took too long."""

    title = "Job overdue"
    default_hint = "It is tried again; if it stays so, the log tells what it waits for."


@dataclass(frozen=True)
class Job:
    """What runs, when, and after how many seconds it is overdue.

    `apart` runs it in a process of its own, which is ended when overdue and gives its memory back.
    """

    name: str
    run: Work
    cadence: Cadence
    timeout_s: float
    sooner: Sooner | None = None
    apart: bool = False

    @property
    def info(self) -> JobInfo:
        """As it is told."""
        return JobInfo(self.name, self.cadence, self.timeout_s)


def attempt(name: str, work: Work, world: World) -> ChocolateError | None:
    """Run a job once; its failure is noted on the page and in the log, and returned, never raised."""
    error: ChocolateError | None = None
    try:
        with world.working(name):
            work(world)
    except ChocolateError as found:
        error = found
        log.warning("job failed", job=name, reason=error.message, hint=error.hint)
    except Exception:
        error = _inside(name)
        log.exception("job failed inside", job=name)
    world.note(name, error)
    return error


def _inside(name: str) -> ChocolateError:
    return ChocolateError(f"The job {name} failed inside.", "The log has the details.")


def run_job(name: str, work: Work, world: World) -> bool:
    """Run a job once and say whether it went well."""
    return attempt(name, work, world) is None


class Scheduler:
    """Runs due jobs in the order of the table, their state in the store, until it is stopped.

    `locks` keep other processes from running the same job; `apart` runs one in a process of its own; `after`
    is called after each. A job that was missed while nothing ran is run once; one that a dead process left
    under way is run again, after a while where that happens again and again.
    """

    def __init__(
        self,
        world: World,
        jobs: Sequence[Job],
        locks: Locks,
        apart: Callable[[JobInfo, World], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        self._world = world
        self._jobs = jobs
        self._locks = locks
        self._apart = apart
        self._after = after
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._looked: dict[str, datetime] = {}
        self._under_way: tuple[Job, float] | None = None
        world.scheduler = self.state
        world.jobs = tuple(job.info for job in jobs)

    def start(self) -> None:
        """Begin at once, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; a job under way is not waited for."""
        self._stopping.set()
        self._world.wake.set()

    def state(self) -> SchedulerState:
        """Whether jobs are run here: one that takes too long holds up the others, and so does no thread."""
        if self._thread.ident is None:
            return "off"
        if not self._thread.is_alive():
            return "ended"
        under_way = self._under_way
        if under_way is not None and time.monotonic() - under_way[1] > under_way[0].timeout_s:
            return "overdue"
        return "running"

    def recover(self) -> None:
        """Note the runs that a dead process left under way, and when they are due again."""
        store = self._world.real.store
        for job in self._jobs:
            with self._locks(job.name) as mine:
                state = last_run(store, job.name) if mine else None
                if state is not None and state.outcome is Outcome.RUNNING:
                    keep_run(store, job.name, interrupted(state, self._now()))
                    log.warning("job was interrupted", job=job.name, begun=state.started.isoformat())

    def turn(self) -> list[str]:
        """Run what is due now, in order, and what is asked for meanwhile before it; returns the names.

        The order is that of the table, but last comes what was interrupted several times in a row: what ends
        the process keeps no other job from its turn.
        """
        store, ran = self._world.real.store, []
        known = last_runs(store)
        for job in sorted(self._jobs, key=lambda job: is_cut_often(known.get(job.name))):
            for one in (*self._asked(), job):
                if self._stopping.is_set() or not self._wanted(one, known.get(one.name)):
                    continue
                if self.run(one) is not None:
                    ran.append(one.name)
                    known = last_runs(store)
        return ran

    def run(self, job: Job) -> JobState | None:
        """Run a job now and keep how it went; None when another process runs it."""
        store = self._world.real.store
        with self._locks(job.name) as mine:
            if not mine:
                return None
            with bound_contextvars(job=job.name, run_id=secrets.token_hex(8)):
                state = begun(last_run(store, job.name), self._now())
                keep_run(store, job.name, state)
                began = time.monotonic()
                self._under_way = (job, began)
                error = attempt(job.name, self._work(job), self._world)
                self._under_way = None
                done = self._end(job, state, error, time.monotonic() - began)
                keep_run(store, job.name, done)
                log.info("job ended", outcome=str(done.outcome), seconds=done.seconds)
            if self._after is not None:
                self._after()
            return done

    def _end(self, job: Job, state: JobState, error: ChocolateError | None, seconds: float) -> JobState:
        """The state after a run, with its next time spread a little."""
        site = self._world.real.factory.site
        late = isinstance(error, Overdue) or seconds > job.timeout_s
        end = replace(
            state,
            ended=self._now(),
            seconds=round(seconds, 3),
            outcome=Outcome.OVERDUE if late else Outcome.FAILED if error else Outcome.OK,
            kind=type(error).__name__ if error else "",
            reason=error.message if error else "",
            hint=error.hint if error else "",
        )
        done = ended(job.cadence, state, end, site.timezone)
        return replace(done, next_at=done.next_at + jitter(job.name, site.name, done.next_at, MOST_JITTER))

    def _work(self, job: Job) -> Work:
        apart = self._apart
        if apart is None or not job.apart or self._world.ports().sample:
            return job.run
        return lambda world: apart(job.info, world)

    def _asked(self) -> list[Job]:
        """Jobs that somebody asked for and that wait."""
        return [job for job in self._jobs if job.name in self._world.asked]

    def _wanted(self, job: Job, last: JobState | None) -> bool:
        name, now = job.name, self._now()
        if name in self._world.asked:
            self._world.asked.discard(name)
            return True
        if is_due(last, now):
            return True
        if last is None or job.sooner is None or (last.failures and self._can_wait(last)):
            return False
        looked, self._looked[name] = self._looked.get(name), now
        if looked is not None and looked <= now < looked + SOONER_EVERY:
            self._looked[name] = looked
            return False
        try:
            return job.sooner(self._world, last.started)
        except ChocolateError:
            raise
        except Exception:
            # It runs at its time; the others are not kept from theirs.
            log.exception("cannot tell whether to run sooner", job=name)
            self._world.note(name, _inside(name))
            return False

    def _can_wait(self, last: JobState) -> bool:
        """Whether a job that failed is left until its time: not where this process has nothing to plan on.

        What the one before planned on instead was in its memory only. What ended the process is left anyway.
        """
        return last.outcome is Outcome.INTERRUPTED or can_plan(self._world.ports())

    def _now(self) -> datetime:
        return self._world.real.clock()

    def _run(self) -> None:
        recovered = False
        while not self._stopping.is_set():
            try:
                if not recovered:
                    self.recover()
                    recovered = True
                ran = self.turn()
            except ChocolateError as error:
                # The store could not tell or keep the state of a job.
                log.error("jobs cannot be run", reason=error.message, hint=error.hint)
                self._world.note("jobs", error)
                ran = []
            except Exception:
                log.exception("jobs failed inside")
                self._world.note("jobs", _inside("jobs"))
                ran = []
            else:
                self._world.note("jobs", None)
            if not ran:
                self._world.wake.wait(LOOK_S)
                self._world.wake.clear()
