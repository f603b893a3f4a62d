"""The scheduler: cadences over clock changes, catch-up, retries, one process at a time, state that lasts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.core.errors import NotFound, Unreachable
from chocolate_factory.domain.jobs import Cadence, Daily, Every, JobState, Outcome, jitter
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.slots import Window, local_date
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_jobs import keep_run, last_run, last_runs, read_jobs
from chocolate_factory.tasks.keep_fresh import prices_due, sync_prices
from chocolate_factory.tasks.runner import MOST_JITTER, Job, Scheduler
from tests.worlds import NOW, empty_ports, sample_ports, tiny

MADRID = "Europe/Madrid"
LOCAL = ("127.0.0.1", 50_000)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
moments = st.datetimes(datetime(2021, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


class Run:
    """A scheduler over one store whose clock is set by hand, with what ran and when."""

    def __init__(self, folder: Path, cadence: Cadence, at: datetime = NOW) -> None:
        self.now = at
        self.error: Exception | None = None
        self.ran: list[datetime] = []
        self.early = False
        ports = replace(empty_ports(folder, tiny()), clock=lambda: self.now)
        self.world = World(ports, lambda: ports, offline=True)
        self.locks = FileLocks(folder / "locks")
        self.job = Job("work", self.work, cadence, 60.0, lambda *_: self.early)
        self.scheduler = Scheduler(self.world, (self.job,), self.locks)

    def work(self, _: World) -> None:
        self.ran.append(self.now)
        if self.error:
            raise self.error

    def until(self, end: datetime, step: timedelta = MINUTE) -> None:
        """Let time go by, looking at every step."""
        while self.now < end:
            self.scheduler.turn()
            self.now += step

    @property
    def state(self) -> JobState:
        found = last_run(self.world.real.store, "work")
        assert found
        return found


@given(at=moments, hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_daily_time_comes_once_every_local_day(at: datetime, hour: int, minute: int) -> None:
    cadence = Daily(hour, minute)
    first = cadence.next_after(at, MADRID)
    second = cadence.next_after(first, MADRID)
    assert at < first <= at + timedelta(hours=25)
    assert local_date(second, MADRID) - local_date(first, MADRID) == DAY


@given(at=moments)
def test_a_weekly_time_comes_on_its_day(at: datetime) -> None:
    first = Daily(5, 30, weekday=0).next_after(at, MADRID)
    assert local_date(first, MADRID).weekday() == 0
    assert timedelta(0) < first - at <= timedelta(days=7, hours=1)


@pytest.mark.parametrize("clock_change", ["2026-03-29", "2026-10-25"])
def test_a_month_with_a_clock_change_runs_every_day_once(tmp_path: Path, clock_change: str) -> None:
    change = datetime.fromisoformat(clock_change).replace(tzinfo=UTC)
    run = Run(tmp_path, Daily(2, 30), change - 3 * DAY)
    run.until(change + 3 * DAY, 10 * MINUTE)
    days = [local_date(at, MADRID) for at in run.ran[1:]]
    assert days == [local_date(change, MADRID) + offset * DAY for offset in range(-3, 3)]
    assert run.state.runs == len(run.ran)


def test_what_was_missed_runs_once_and_then_by_the_clock(tmp_path: Path) -> None:
    run = Run(tmp_path, Every(15))
    run.until(NOW + HOUR)
    assert 3 <= len(run.ran) <= 4
    run.ran.clear()
    run.now += 7 * HOUR
    run.until(run.now + 10 * MINUTE)
    assert len(run.ran) == 1


def test_a_failure_is_tried_again_sooner_each_time_later(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    run.error = Unreachable("no connection", source="omie")
    run.until(NOW + 6 * HOUR)
    waits = [after - before for before, after in zip(run.ran, run.ran[1:], strict=False)]
    for wait, least in zip(waits, (5 * MINUTE, 15 * MINUTE, HOUR, HOUR), strict=False):
        assert least <= wait <= least + MOST_JITTER + 2 * MINUTE
    assert (run.state.outcome, run.state.failures) == (Outcome.FAILED, len(run.ran))
    assert (run.state.kind, run.state.reason) == ("Unreachable", "omie: no connection")
    run.error = None
    run.until(run.now + HOUR + 2 * MINUTE)
    assert (run.state.outcome, run.state.failures) == (Outcome.OK, 0)
    assert (run.state.kind, run.state.reason) == ("", "")


def test_a_new_process_with_nothing_to_plan_on_does_not_wait_after_a_failure(tmp_path: Path) -> None:
    """The sample world of the process before was in its memory."""
    ports = empty_ports(tmp_path, tiny())
    ports = replace(ports, sources={name: Away() for name in ports.sources})
    job = Job("prices", lambda world: sync_prices(world, 20), Every(15), 60.0, prices_due)
    locks = FileLocks(tmp_path / "locks")
    for number in (1, 2):
        world = World(ports, lambda number=number: sample_ports(tmp_path / f"sample{number}", "indexed"))
        scheduler = Scheduler(world, (job,), locks)
        assert scheduler.turn() == ["prices"]
        assert world.ports().sample
        assert scheduler.turn() == [], "with something to plan on it waits"
    state = last_run(ports.store, "prices")
    assert state
    assert (state.outcome, state.failures) == (Outcome.FAILED, 2)
    keep_run(ports.store, "prices", replace(state, outcome=Outcome.INTERRUPTED))
    world = World(ports, lambda: sample_ports(tmp_path / "sample3", "indexed"))
    assert Scheduler(world, (job,), locks).turn() == [], "what ended the process waits"


class Away(SampleSource):
    """A provider that nobody reaches."""

    def fetch(self, key: str, window: Window, now: datetime) -> NoReturn:
        raise Unreachable("no connection", source="omie")


def test_a_reason_to_run_sooner_is_followed(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    run.until(NOW + MINUTE)
    run.early = True
    run.until(NOW + 5 * MINUTE)
    assert len(run.ran) == 5


def test_a_dead_process_left_it_under_way(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    keep_run(run.world.real.store, "work", JobState(NOW - HOUR, Outcome.RUNNING, NOW - HOUR, runs=7))
    assert run.scheduler.turn() == ["work"]
    assert (run.state.outcome, run.state.runs) == (Outcome.OK, 8)


def test_a_run_of_the_future_does_not_block(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    keep_run(run.world.real.store, "work", JobState(NOW + 9 * DAY, Outcome.OK, NOW + 10 * DAY))
    assert run.scheduler.turn() == ["work"]


def test_the_state_outlives_the_scheduler(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    assert run.scheduler.turn() == ["work"]
    assert Scheduler(run.world, (run.job,), run.locks).turn() == []


def test_a_bug_is_one_of_that_job_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, Every(15))
    run.error = RuntimeError("boom")
    other: list[str] = []
    jobs = (run.job, Job("other", lambda _: other.append("ran"), Every(15), 60.0))
    assert Scheduler(run.world, jobs, run.locks).turn() == ["work", "other"]
    assert run.state.reason == "The job work failed inside."
    assert "boom" not in run.state.reason
    assert other == ["ran"]


def test_a_job_that_cannot_tell_whether_it_is_wanted_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    """As a record of another version could make it."""
    run = Run(tmp_path, Every(15))
    run.scheduler.turn()
    run.now += MINUTE

    def broken(*_: object) -> bool:
        raise KeyError("prices_until")

    other: list[str] = []
    jobs = (replace(run.job, sooner=broken), Job("other", lambda _: other.append("ran"), Every(15), 60.0))
    assert Scheduler(run.world, jobs, run.locks).turn() == ["other"]
    assert run.world.troubles["work"].message == "The job work failed inside."


def test_a_fault_inside_ends_no_job_for_good_and_health_tells_of_jobs_that_are_held_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, Every(15))
    done, let = threading.Event(), threading.Event()
    failed = threading.Event()
    looks = iter([True, True])

    def torn(store: Store) -> object:
        if next(looks, False):
            failed.set()
            raise KeyError("outcome")
        return last_runs(store)

    def held(_: World) -> None:
        done.set()
        let.wait(60)

    monkeypatch.setattr("chocolate_factory.tasks.runner.last_runs", torn)
    monkeypatch.setattr("chocolate_factory.tasks.runner.LOOK_S", 0.01)
    scheduler = Scheduler(run.world, (replace(run.job, run=held, timeout_s=0.0),), run.locks)
    with TestClient(create_app(run.world), client=LOCAL) as client:
        assert client.get("/health").json()["jobs"] == "off"
        scheduler.start()
        assert failed.wait(60)
        assert done.wait(60), "the thread goes on after a fault of its own"
        told = client.get("/health").json()
        assert (told["jobs"], told["status"]) == ("overdue", "degraded")
        scheduler.stop()
        let.set()
        scheduler._thread.join(60)
        assert client.get("/health").json()["jobs"] == "ended"


def test_too_long_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, Every(15))
    state = Scheduler(run.world, (), run.locks).run(replace(run.job, timeout_s=-1.0))
    assert state
    assert state.outcome is Outcome.OVERDUE


def test_what_somebody_asks_for_runs_first_and_only_known_jobs(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    run.scheduler.turn()
    run.world.ask("work")
    assert run.world.wake.is_set()
    assert run.scheduler.turn() == ["work"]
    assert run.scheduler.turn() == []
    with pytest.raises(NotFound, match="No job is called 'nothing'"):
        run.world.ask("nothing")


def test_a_look_that_finds_nothing_due_reads_all_states_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, Daily(4))
    jobs = [replace(run.job, name=name) for name in ("one", "two", "three")]
    scheduler = Scheduler(run.world, jobs, run.locks)
    assert scheduler.turn() == ["one", "two", "three"]
    reads: list[str] = []
    plain = SqliteStore.find

    def counted(store: SqliteStore, kind: str, **how: Any) -> list[Record]:
        reads.append(kind)
        return plain(store, kind, **how)

    monkeypatch.setattr(SqliteStore, "find", counted)
    assert scheduler.turn() == []
    assert reads == ["job"]


def test_what_is_asked_for_waits_for_the_one_under_way_and_not_for_all_that_is_due(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    jobs = (
        Job("short", lambda _: None, Daily(4), 60.0),
        Job("long", lambda world: world.ask("short"), Daily(4), 60.0),
        Job("late", lambda _: None, Daily(4), 60.0),
    )
    assert Scheduler(run.world, jobs, run.locks).turn() == ["short", "long", "short", "late"]


HOLD = """
import sys, time
from pathlib import Path
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.infrastructure.sources.sample import SampleSource
with FileLocks(Path(sys.argv[1]))("work") as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_another_process_holds_a_job_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    run = Run(tmp_path, Every(15))
    command = [sys.executable, "-c", HOLD, str(tmp_path / "locks")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        assert run.scheduler.turn() == []
        assert run.ran == []
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert run.scheduler.turn() == ["work"]


@given(at=moments, name=st.text(min_size=1, max_size=9))
def test_the_spread_is_always_the_same_and_small(at: datetime, name: str) -> None:
    found = jitter(name, "here", at, MOST_JITTER)
    assert timedelta(0) <= found < MOST_JITTER
    assert found == jitter(name, "here", at, MOST_JITTER)


def test_the_list_tells_of_jobs_that_never_ran(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4, 5))
    (row,) = read_jobs(run.world.real, [run.job.info])
    assert (row["cadence"], row["outcome"], row["next_at"]) == ("daily at 04:05", None, None)
    run.scheduler.turn()
    (row,) = read_jobs(run.world.real, [run.job.info])
    assert (row["outcome"], row["runs"]) == ("ok", 1)
    assert row["next_at"].startswith("2026-03-11T04:05")


def test_a_run_that_a_dead_process_left_is_noted_and_a_living_ones_is_not(tmp_path: Path) -> None:
    run = Run(tmp_path, Daily(4))
    left = JobState(NOW - HOUR, Outcome.RUNNING, NOW - HOUR, runs=7)
    keep_run(run.world.real.store, "work", left)
    with run.locks("work"):
        Scheduler(run.world, (run.job,), FileLocks(tmp_path / "locks")).recover()
    assert run.state == left
    run.scheduler.recover()
    assert run.state == replace(left, outcome=Outcome.INTERRUPTED, next_at=NOW, failures=1)
    assert run.scheduler.turn() == ["work"]
    assert (run.state.outcome, run.state.runs, run.state.failures) == (Outcome.OK, 8, 0)


class Crash(BaseException):
    """The process ends here."""


def test_a_job_that_ends_the_process_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    """It is tried at once, then rarer and rarer, after all others; each start is a process of its own."""
    run = Run(tmp_path, Every(15))
    ran: list[tuple[str, datetime]] = []

    def crash(_: World) -> None:
        ran.append(("deadly", run.now))
        raise Crash

    def other(_: World) -> None:
        ran.append(("other", run.now))

    jobs = (Job("deadly", crash, Every(15), 60.0), Job("other", other, Every(15), 60.0))
    end = NOW + 6 * HOUR
    while run.now < end:
        scheduler = Scheduler(run.world, jobs, run.locks)
        scheduler.recover()
        try:
            while run.now < end:
                scheduler.turn()
                run.now += MINUTE
        except Crash:
            run.now += MINUTE
    assert [name for name, _ in ran].count("other") >= 6 * 60 / 17 - 1
    tries = [at for name, at in ran if name == "deadly"]
    assert tries[1] - tries[0] <= MINUTE
    assert tries[-1] - tries[-2] >= HOUR
    assert len(tries) <= 9
