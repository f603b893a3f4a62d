"""A month of virtual time: the job table against the stand-in providers with faults every day, a clock change
and three downtimes. Some minutes.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chocolate_factory.domain.jobs import Outcome
from chocolate_factory.domain.notices import Event, Notice, NoticeRules
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, local_date
from chocolate_factory.infrastructure.advisers import ADVISERS
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.infrastructure.workers import serial
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_jobs import last_run
from chocolate_factory.services.record_alerts import KIND as ALERT
from chocolate_factory.services.send_alerts import Telling
from chocolate_factory.tasks.jobs import Upkeep, job_table
from chocolate_factory.tasks.runner import Scheduler
from tests.conftest import Upstream
from tests.contracts.source_world import make
from tests.services.test_compare_models import Memory
from tests.worlds import empty_ports, tiny

pytestmark = pytest.mark.soak

BEGIN = datetime.fromisoformat("2026-03-08T09:00:00+01:00")
END = datetime.fromisoformat("2026-04-08T09:00:00+02:00")
STEP = timedelta(minutes=30)
DOWN = [
    ("2026-03-12T12:30+01:00", "2026-03-12T21:30+01:00"),
    ("2026-03-20T23:00+01:00", "2026-03-22T05:00+01:00"),
    ("2026-03-28T22:00+01:00", "2026-03-29T09:00+02:00"),
]
"""Over an auction and the regulated price; over a night and a day; over the clock change."""
FAULTS = (
    *("http_500", "http_503", "http_403_html", "ok_html", "ok_error_json", "empty_body", "truncated_json"),
    *(
        "bad_gzip",
        "connection_reset",
        "partial_day",
        "duplicate_hour",
        "stale_day",
        "scaled_1000",
        "flat",
        "nulls",
    ),
)
PROVIDERS = ("omie", "ree", "esios", "open-meteo", "aemet", "openweathermap")
LATE = timedelta(minutes=80)
"""How long after a start or a publication a plan may be missing at most."""


class Month:
    """The running product on a clock that is turned by hand, together with that of the providers."""

    def __init__(self, folder: Path, upstream: Upstream) -> None:
        self.upstream = upstream
        self.now = BEGIN
        self.told: list[Notice] = []
        self.without_plan: list[datetime] = []
        plain = empty_ports(folder, tiny())
        few = {name: plain.forecasters[name] for name in ("naive-kind", "naive-week")}
        self.ports: Ports = replace(
            plain,
            clock=lambda: self.now.astimezone(UTC),
            sources=make(upstream),
            sample=False,
            forecasters=few,
            plan_seconds=2,
        )
        self.world = World(self.ports, lambda: plain)
        upkeep = Upkeep(
            history_days=20,
            reread_days=3,
            every_minutes=60,
            bench_of=lambda **_: Bench(serial, Memory(), "1"),
            learn=ADVISERS["forest"],
            back_up=lambda _: None,
            telling=Telling([self], NoticeRules(per_hour=100), "en"),
        )
        self.scheduler = Scheduler(self.world, job_table(upkeep), FileLocks(folder / "locks"))

    name = "memo"

    def send(self, notice: Notice) -> None:
        self.told.append(notice)

    def live(self, rng: random.Random) -> None:
        """Let the month go by."""
        down = [tuple(map(datetime.fromisoformat, span)) for span in DOWN]
        trouble = BEGIN + timedelta(hours=rng.uniform(2, 24))
        while self.now < END:
            self.upstream.control("clock", {"now": self.now.isoformat()})
            if self.now >= trouble:
                fault = {
                    "provider": rng.choice(PROVIDERS),
                    "kind": rng.choice(FAULTS),
                    "count": rng.randint(1, 4),
                }
                self.upstream.control("faults", fault)
                trouble += timedelta(hours=rng.uniform(6, 30))
            if not any(begin <= self.now < end for begin, end in down):
                self.scheduler.turn()
                self.look(down)
            self.now += STEP

    def look(self, down: list[tuple[datetime, ...]]) -> None:
        """Note an hour without a plan in force; the first hour after a start is no fault."""
        since = max([BEGIN, *(end for _, end in down if end <= self.now)])
        if self.now - since < LATE:
            return
        newest = self.ports.store.find("plan", limit=1)
        body = newest[0].body["answer"] if newest else None
        inside = body is not None and (
            datetime.fromisoformat(body["window"]["start"]) <= self.now + STEP  # type: ignore[index]
            and self.now < datetime.fromisoformat(body["window"]["end"])  # type: ignore[index]
        )
        if not inside:
            self.without_plan.append(self.now)


def test_a_month_goes_by_unattended(tmp_path: Path, upstream: Upstream) -> None:
    month = Month(tmp_path, upstream)
    month.live(random.Random(20260308))
    store = month.ports.store

    span = Window(BEGIN.astimezone(UTC), END.astimezone(UTC))
    for key in ("spot", "pvpc"):
        assert store.holes(key, span, END) == [], f"a publication of {key} was missed"
    assert month.without_plan == []

    events = Counter((notice.key, notice.event) for notice in month.told)
    assert [key for key, count in events.items() if count > 1] == [], "told more than once"
    opened = {record.id for record in store.find(ALERT, limit=10_000)}
    told_of = {notice.key.split("#")[0] for notice in month.told}
    assert told_of <= opened
    for record in store.find(ALERT, limit=10_000):
        if record.body["severity"] == "info":
            continue
        kinds = [notice.event for notice in month.told if notice.key.startswith(f"{record.id}#")]
        assert kinds.count(Event.OPENED) == 1, record.id
        assert kinds.count(Event.CLOSED) == (record.body["closed_at"] is not None), record.id

    days = (local_date(END, "Europe/Madrid") - local_date(BEGIN, "Europe/Madrid")).days
    for name in ("heal", "train", "settle", "score", "compare", "advice"):
        state = last_run(store, name)
        assert state is not None
        assert state.runs >= days - 2, name
        assert END - state.started < timedelta(hours=26), name
    assert {name for name in ("prices", "plan") if last_run(store, name).outcome is not Outcome.OK} == set()  # type: ignore[union-attr]
    print(
        f"{len(month.told)} messages, {len(opened)} incidents, {len(store.find('plan', limit=10_000))} plans"
    )
