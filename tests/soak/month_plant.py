"""A stretch of the month in a process of its own: the product's jobs on a clock that is turned by hand,
together with that of the providers, and what goes wrong there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from chocolate_factory.cli.jobs import make_backup
from chocolate_factory.core.config import Settings, load_settings
from chocolate_factory.core.logging import configure
from chocolate_factory.domain.ports import Source
from chocolate_factory.infrastructure.alerts import AlertPlaces, build_channels
from chocolate_factory.infrastructure.forecasters.naive import naive_kind, naive_week
from chocolate_factory.infrastructure.http import Limits
from chocolate_factory.infrastructure.sources import SOURCES, build_sources
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_jobs import last_runs
from chocolate_factory.tasks.jobs import Upkeep, job_table
from chocolate_factory.tasks.runner import Scheduler
from chocolate_factory.wiring import accesses, build, build_adviser, build_bench, build_telling, job_locks
from tests.conftest import Upstream
from tests.contracts.source_world import PATHS, SITE
from tests.services.model_samples import Profiler

STEP = timedelta(minutes=91)
"""Over the month every minute of the hour has its turn."""

AT_ONCE = Limits(
    connect_s=3, read_s=3, total_s=4, max_bytes=2**20, wait_s=0.001, per_second=1e6, burst=10_000
)
CLOSED = "http://127.0.0.1:1"
REFUSED, LATE = "connection_refused", "late_publication"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at a provider: `count` times from a moment on, or all the time until an end.

    The stand-in's kinds of faults and two more: REFUSED, nobody listens; LATE, all that is published stays as
    it was at the beginning.
    """

    provider: str
    kind: str
    begin: datetime
    end: datetime | None = None
    count: int = 1
    params: Mapping[str, float] = field(default_factory=dict)

    def holds(self, now: datetime) -> bool:
        """Whether a lasting one goes on."""
        return self.end is not None and self.begin <= now < self.end


@dataclass(frozen=True)
class Stretch:
    """From when until when a process lives, and what goes wrong outside; that goes on from `since`."""

    environment: Mapping[str, str]
    upstream: str
    folder: str
    since: datetime
    begin: datetime
    end: datetime
    troubles: tuple[Trouble, ...]


@dataclass
class Seen:
    """What a stretch tells: its turns, runs of each job before, after the first turn and at the end.

    `hits` are the faults that a provider has really answered with: (when, provider, kind). `waits` are the
    seconds for which the client was told to wait and did.
    """

    turns: list[datetime] = field(default_factory=list)
    runs_before: dict[str, int] = field(default_factory=dict)
    runs_first: dict[str, int] = field(default_factory=dict)
    runs_after: dict[str, int] = field(default_factory=dict)
    hits: list[tuple[datetime, str, str]] = field(default_factory=list)
    waits: Counter[float] = field(default_factory=Counter)


class Outside:
    """The providers: their clock and their troubles."""

    def __init__(self, stretch: Stretch) -> None:
        self.upstream = Upstream(stretch.upstream)
        self.troubles = stretch.troubles
        self.done = stretch.since

    def go(self, now: datetime) -> None:
        """Let the time until now go by there."""
        for one in self.troubles:
            if one.kind in {REFUSED, LATE}:
                continue
            if self.done < one.begin <= now:
                self.send(one)
            if one.end is not None and self.done < one.end <= now:
                self.lift(one)
        self.done = now
        held = [one.begin for one in self.troubles if one.kind == LATE and one.holds(now)]
        self.upstream.control("clock", {"now": min([now, *held]).isoformat()})

    def send(self, one: Trouble) -> None:
        count = 0 if one.end else one.count
        told = {"provider": one.provider, "kind": one.kind, "count": count, "params": dict(one.params)}
        self.upstream.control("faults", told)

    def lift(self, one: Trouble) -> None:
        """End a lasting one; the others stay."""
        active = self.upstream.control("faults")["active"]
        self.upstream.control("faults", method="DELETE")
        left = [
            row
            for row in active
            if row["count"] is not None or (row["provider"], row["kind"]) != (one.provider, one.kind)
        ]
        if left:
            self.upstream.control("faults", [{**row, "count": row["count"] or 0} for row in left])

    def refused(self, now: datetime) -> set[str]:
        """Providers of which nobody listens."""
        return {one.provider for one in self.troubles if one.kind == REFUSED and one.holds(now)}

    def hits(self, now: datetime) -> list[tuple[datetime, str, str]]:
        """The faults answered with since this was last asked."""
        rows = self.upstream.control("requests")["requests"]
        self.upstream.control("requests", method="DELETE")
        return [(now, row["provider"], row["fault"]) for row in rows if row["fault"]]


class Product:
    """The product as `choco serve` makes it of its settings and of what is on disk, but for its clock.

    Its providers are asked without pauses, its jobs run in this process, and what learns is a small model.
    """

    def __init__(self, settings: Settings, begin: datetime) -> None:
        self.now = begin
        self.waits: Counter[float] = Counter()
        made = build(settings)
        self.alive = self.sources(settings)
        self.dead = self.sources(settings, CLOSED)
        models = {"boosting": Profiler("boosting"), "naive-kind": naive_kind, "naive-week": naive_week}
        self.world = World(
            replace(made, clock=lambda: self.now.astimezone(UTC), sources=self.alive, forecasters=models),
            self.no_sample,
        )
        self.scheduler = Scheduler(self.world, job_table(self.upkeep(settings)), job_locks(settings))

    def no_sample(self) -> Any:
        raise AssertionError("the made-up world was entered")

    def sources(self, settings: Settings, address: str = "") -> dict[str, Source]:
        """All sources, or all at an address where nobody listens."""
        reached = accesses(settings)
        if address:
            reached = {name: replace(access, base_url=address) for name, access in reached.items()}
        return build_sources(reached, SITE, AT_ONCE, self.sleep)

    def sleep(self, seconds: float) -> None:
        if seconds >= 1:
            self.waits[seconds] += 1

    def upkeep(self, settings: Settings) -> Upkeep:
        """The doers of `choco serve`; messages are not held back to one a second."""
        given = settings.webhook
        places = AlertPlaces(webhook_url=given.url, webhook_secret=given.secret.get_secret_value())  # type: ignore[union-attr]
        return Upkeep(
            history_days=settings.sync.history_days,
            reread_days=settings.sync.reread_days,
            every_minutes=settings.sync.every_minutes,
            bench_of=partial(build_bench, settings, jobs=1, dask=None, again=False),
            learn=build_adviser(),
            back_up=partial(make_backup, settings),
            telling=replace(build_telling(settings), channels=build_channels(places, AT_ONCE)),
        )

    def refuse(self, providers: set[str]) -> None:
        """Nobody listens at these providers."""
        mixed = {
            name: self.dead[name] if PATHS[SOURCES[name].provider] in providers else source
            for name, source in self.alive.items()
        }
        self.world.real = replace(self.world.real, sources=mixed)

    def runs(self) -> dict[str, int]:
        return {name: state.runs for name, state in last_runs(self.world.real.store).items()}


def live(stretch: Stretch) -> Seen:
    """Let a stretch go by, from what the one before left on disk."""
    folder = Path(stretch.folder)
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("CHOCO_")]:
        del os.environ[name]
    os.environ.update(stretch.environment)
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configure("json", "info")
    seen, outside = Seen(), Outside(stretch)
    product = Product(load_settings(), stretch.begin)
    product.scheduler.recover()
    seen.runs_before = product.runs()
    while product.now < stretch.end:
        outside.go(product.now)
        product.refuse(outside.refused(product.now))
        product.scheduler.turn()
        seen.turns.append(product.now)
        seen.hits += outside.hits(product.now)
        seen.runs_first = seen.runs_first or product.runs()
        product.now += STEP
    seen.runs_after, seen.waits = product.runs(), product.waits
    return seen
