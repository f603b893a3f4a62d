"""kill -9 of the server and of what it starts, fifty times over a week of virtual time. About five minutes.

The server runs its jobs and learns in processes of its own; it is killed at random moments and, more often,
in the middle of jobs, backups and messages. It is back within ten seconds by the clock on the wall, from the
start of its process to the answer that it is ready.
"""

from __future__ import annotations

import random
import sqlite3
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chocolate_factory.domain.jobs import Outcome
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.backup_files import made
from chocolate_factory.services.keep_jobs import last_run
from chocolate_factory.services.record_alerts import KIND as ALERT
from tests.conftest import Upstream
from tests.soak.killed_plant import Delivery, Ear, Plant, Witness, every
from tests.worlds import STORE

pytestmark = pytest.mark.soak

BEGIN = datetime.fromisoformat("2026-03-24T09:00:00+01:00")
END = datetime.fromisoformat("2026-03-31T15:00:00+02:00")
"""A week and a clock change, with the auction of its last day."""
FASTEST, CALM = 3600.0, 60.0
KILLS, BACK_S, LIFE_S, MOST_S = 50, 10.0, 3.5, 6.0
MADRID = ZoneInfo("Europe/Madrid")
SHORT = ("prices", "plan", "alerts", "drivers", "score", "settle", "heal")
WEATHER = ("weather_forecast", "weather_observed")
ALL_JOBS = (*SHORT, *WEATHER, "first_values", "train", "forecast", "compare", "backup", "advice")
WAYS = ("told",) * 12 + ("learning",) * 8 + ("job",) * 18 + ("moment",) * 12
BACKUP, DAY = timedelta(hours=2, minutes=15), timedelta(days=1)
SOON = timedelta(minutes=30)


class Week:
    """The kills of a week, and what they hit."""

    def __init__(self, plant: Plant, ear: Ear, rng: random.Random) -> None:
        self.plant, self.ear, self.rng = plant, ear, rng
        self.witness = Witness(plant)
        self.ways = rng.sample(WAYS, len(WAYS))
        self.struck: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.nights: Counter[str] = Counter()

    def live(self) -> None:
        """Kill and start again until the week is over."""
        self.plant.start()
        for turn in range(KILLS):
            self.witness.look()
            self.plant.down = timedelta(minutes=self.rng.uniform(2, 90))
            way = "backup" if self.is_backup_near() else self.ways.pop()
            getattr(self, f"until_{way}")(turn)
            self.struck[way] += 1
            self.note_under_way()
            self.plant.upstream.control("faults", method="DELETE")
            self.pace(KILLS - turn - 1)
            self.plant.start()

    def pace(self, left: int) -> None:
        """Let the clock run so that the kills that are left fill what is left of the week."""
        lives = [LIFE_S, *self.plant.lives_s]
        span = (END - self.plant.begin).total_seconds() / max(left, 1) - 60 * 46
        self.plant.rate = min(FASTEST, max(CALM, span * len(lives) / sum(lives)))

    def note_under_way(self) -> None:
        """Which job the kill has cut."""
        states = {name: last_run(self.plant.store, name) for name in ALL_JOBS}
        running = [name for name, state in states.items() if state and state.outcome is Outcome.RUNNING]
        self.under_way.update(running or ["nothing"])

    def is_backup_near(self) -> bool:
        """Whether a backup comes within a life and none was waited for that night."""
        local, near = self.plant.now().astimezone(MADRID), timedelta(seconds=self.plant.rate * MOST_S * 0.7)
        ahead = (BACKUP - timedelta(hours=local.hour, minutes=local.minute)) % DAY
        night = (local + ahead).date().isoformat()
        if self.nights[night] or ahead > near:
            return False
        self.nights[night] += 1
        return True

    def until_moment(self, _: int) -> None:
        """Any moment."""
        time.sleep(self.rng.uniform(0.0, 2 * LIFE_S))
        self.witness.look()
        self.plant.kill()

    def until_job(self, _: int) -> None:
        """Somewhere in a job."""
        name = self.rng.choice((*SHORT, *WEATHER))
        self.struck["learner"] += self.plant.kill_children()
        self.plant.ask(name)
        before = last_run(self.plant.store, name)
        for _turn in every(0.003, MOST_S):
            state = last_run(self.plant.store, name)
            if state and state.outcome is Outcome.RUNNING and state != before:
                break
        time.sleep(self.rng.uniform(0.0, 0.12))
        self.plant.kill()

    def until_told(self, turn: int) -> None:
        """After a message has reached its receiver and before the server noted that."""
        self.ear.answered_first = bool(turn % 2)
        done: list[Delivery] = []

        def strike(told: Delivery) -> None:
            self.plant.kill()
            told.cut = True
            done.append(told)

        fault = {"provider": "*", "kind": "http_500", "count": 0}
        self.plant.upstream.control("faults", fault)
        self.ear.strike = strike
        for number, _turn in enumerate(every(0.05, MOST_S)):
            if done:
                return
            if not number % 15 and self.ear.strike:
                self.struck["learner"] += self.plant.kill_children()
                for name in ("drivers", *WEATHER, "alerts"):
                    self.ask_unless_dead(name)
        waiting, self.ear.strike = self.ear.strike, None
        if waiting:
            self.plant.kill()
            return
        for _turn in every(0.05, 60):
            if done:
                return
        raise AssertionError("a strike that had begun did not end")

    def ask_unless_dead(self, name: str) -> None:
        """A strike may come in between."""
        try:
            self.plant.ask(name)
        except OSError:
            # Not poll(): while the strike waits for the same process in its thread, that tells nothing.
            assert self.plant.process
            self.plant.process.wait(60)

    def until_learning(self, turn: int) -> None:
        """While a process of its own learns: that process, the server alone, or both."""
        self.plant.ask(self.rng.choice(("train", "compare", "advice")))
        for _turn in every(0.01, MOST_S):
            if self.plant.children():
                break
        time.sleep(self.rng.uniform(0.0, 3.0))
        if turn % 3 == 0:
            self.struck["learner"] += self.plant.kill_children()
            time.sleep(self.rng.uniform(0.1, 0.5))
            assert self.plant.process and self.plant.process.poll() is None, "it died with its learner"
        self.plant.kill(alone=turn % 3 == 1)

    def until_backup(self, turn: int) -> None:
        """While the archive is written, or when it is there and the job is not over."""
        folder = self.plant.state / "backups"
        before = set(folder.glob("*.tar.gz"))
        for number, _turn in enumerate(every(0.001, MOST_S)):
            if not number % 400:
                self.plant.ask("alerts")
            if turn % 2 and any(folder.glob(".making-*")):
                time.sleep(self.rng.uniform(0.0, 0.04))
                break
            if not turn % 2 and set(folder.glob("*.tar.gz")) - before:
                break
        self.plant.kill()

    def returns(self) -> list[float]:
        """After each kill: seconds until it was ready again."""
        return self.plant.starts_s[1 : KILLS + 1]

    def rest(self) -> None:
        """Let the week come to its end and, on a calmer clock, everything that is due be done."""
        for _turn in every(0.2, 120):
            if self.plant.now() >= END:
                break
        self.plant.stop()
        self.plant.rate = CALM
        self.plant.start()
        for row in self.plant.get("/api/v1/jobs")["jobs"]:
            if row["outcome"] != "ok":
                self.plant.ask(row["name"])
        for _turn in every(0.2, 480):
            rows = self.plant.get("/api/v1/jobs")["jobs"]
            if not any(self.is_due(row) for row in rows):
                break
        self.witness.look()
        self.plant.stop()

    def is_due(self, row: dict[str, Any]) -> bool:
        """Whether a job goes on or has its time behind it."""
        return row["next_at"] is None or datetime.fromisoformat(row["next_at"]) <= self.plant.now()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kills")


@pytest.fixture
def week(folder: Path, upstream: Upstream) -> Iterator[Week]:
    ear = Ear()
    plant = Plant(folder, upstream, ear, BEGIN, FASTEST)
    try:
        yield Week(plant, ear, random.Random(20260324))
    finally:
        if plant.process and plant.process.poll() is None:
            plant.kill()
        ear.server.shutdown()
        ear.server.server_close()
        upstream.control("clock", {"now": BEGIN.isoformat(), "realtime_factor": 0})


def test_fifty_kills_lose_and_double_nothing(week: Week) -> None:
    week.live()
    week.rest()
    print(told(week))
    plant, witness = week.plant, week.witness
    back = week.returns()
    assert len(back) == KILLS
    assert max(back) <= BACK_S, f"not back in time: {sorted(back)[-3:]}"
    assert sum(week.under_way.values()) - week.under_way["nothing"] >= KILLS // 2, "hardly anything was cut"
    assert witness.lost == []
    assert plant.orphans == [], "what it had started outlived it"
    assert plant.bugs() == []
    check_store(week)
    check_effects(week)
    check_messages(week)
    check_files(plant)


def told(week: Week) -> str:
    """What happened, for the log of the test."""
    back = week.returns()
    cut = [one for one in week.ear.heard if one.cut]
    again = sum(count - 1 for count in Counter(one.id for one in week.ear.heard).values())
    return (
        f"back in {min(back):.1f}/{median(back):.1f}/{max(back):.1f} s (least, median, most); "
        f"lives of {median(week.plant.lives_s):.1f} s; "
        f"ways {dict(week.struck)}; cut {dict(week.under_way)}; {len(week.ear.heard)} messages, "
        f"{len(cut)} cut off, {again} repeated; {len(week.witness.plans)} plans, "
        f"{len(week.witness.prices)} prices seen, {len(week.witness.alerts)} incidents"
    )


def check_store(week: Week) -> None:
    """Whole, with all that was ever seen in it, no publication missed and a plan in force."""
    store, now = week.plant.store, week.plant.now()
    with closing(sqlite3.connect(week.plant.state / STORE)) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
    span = Window(BEGIN.astimezone(UTC) - timedelta(days=9), now.astimezone(UTC))
    for key in ("spot", "pvpc"):
        until = Window(span.start, span.end + timedelta(days=2))
        assert store.holes(key, until, END) == [], f"a publication of {key} was missed"
        found = store.revisions(key, until)
        known = set(zip(found.start.tolist(), found.value.tolist(), strict=True))
        seen = {
            (int(datetime.fromisoformat(at).timestamp()), value)
            for (series, at), values in week.witness.prices.items()
            for value in values
            if series == key
        }
        assert seen - known == set(), f"values of {key} that were told are gone"
    assert week.witness.plans <= {record.id for record in store.find("plan", limit=10_000)}
    newest: Any = store.find("plan", limit=1)[0].body
    window = {name: datetime.fromisoformat(at) for name, at in newest["answer"]["window"].items()}
    assert window["start"] <= now + SOON < window["end"]


def check_effects(week: Week) -> None:
    """One plan a reason, one settlement a week, one backup a night, and every job has come to its turn."""
    store, now = week.plant.store, week.plant.now()
    reasons: Counter[str] = Counter()
    for record in store.find("plan", limit=10_000):
        body: dict[str, Any] = dict(record.body)
        end = body["answer"]["window"]["end"]
        reasons[f"{body['answer']['because']} {end} {body['known_until']} {body['weights']}"] += 1
    assert {reason: count for reason, count in reasons.items() if count > 1 + ("first plan" in reason)} == {}
    ledger = [record.body["window"] for record in store.find("ledger", limit=1000)]
    assert len({str(window) for window in ledger}) == len(ledger) >= 1, "a week was settled twice"
    archives = made(week.plant.state / "backups")
    nights = Counter(at.astimezone(MADRID).date() for at in archives)
    assert {night: count for night, count in nights.items() if count > 1} == {}, "two backups of a night"
    assert len(nights) >= 6
    for path in archives.values():
        with tarfile.open(path) as archive:
            assert "manifest.json" in archive.getnames()
    for name in ALL_JOBS:
        state = last_run(store, name)
        assert state is not None
        assert name in WEATHER or state.outcome is Outcome.OK, name
        assert now - state.started < timedelta(hours=36), name


def check_messages(week: Week) -> None:
    """Each incident was told once, or again under the same id where a kill fell upon its message.

    One that opened just before a kill and was over after it is not told at all.
    """
    heard = week.ear.heard
    assert all(one.signed and one.id for one in heard)
    times = Counter(one.id for one in heard)
    cut = Counter(one.id for one in heard if one.cut)
    doubled = {name: count for name, count in times.items() if count > 1 + cut[name]}
    assert doubled == {}, "told again without need"
    first = {one.id: one.body for one in reversed(heard)}
    events = Counter((body["id"].split("#")[0], body["event"]) for body in first.values())
    assert {key: count for key, count in events.items() if count > 1 and key[1] != "raised"} == {}
    records = week.plant.store.find(ALERT, limit=10_000)
    untold = [record for record in records if not events[record.id, "opened"]]
    assert [record.id for record in untold if record.body["closed_at"] is None] == [], "nobody knows of it"
    assert len(untold) <= len(records) // 5
    for record in records:
        over = record.body["closed_at"] is not None
        assert events[record.id, "closed"] == (over and record not in untold), record.id


def check_files(plant: Plant) -> None:
    """Nothing that a killed process had begun lies about."""
    names = {path.relative_to(plant.state).as_posix() for path in plant.state.rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("locks/")} <= {
        f"locks/{name}.lock" for name in (*ALL_JOBS, "serve", "making")
    }
    left = [name for name in names if Path(name).name.startswith(".") and Path(name).name != ".lock"]
    assert left == []
    assert [path.name for path in (plant.state / "backups").glob(".making-*")] == []
