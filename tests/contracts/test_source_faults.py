"""The fault matrix: every fault of a provider, and of the clock, times every source, with counts at the end.

After each fault nothing wrong is stored, the fault is seen, and syncs without the fault recover by
themselves. Each trial begins with a store in steady state and one source, so that no other covers for it; at
the end all sources of PVPC stand in for each other on a day that was corrected.
Cost: about 20 s on one core, and a minute in the slow tier.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window
from chocolate_factory.infrastructure.sources import SOURCES
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.check_data import check_data
from chocolate_factory.services.source_states import read_states
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from tests.conftest import Upstream
from tests.contracts.source_world import (
    HASTY,
    OFFERED,
    PATHS,
    SCENES,
    Prepared,
    alone,
    madrid,
    make,
    names_source,
)


@dataclass(frozen=True)
class Fault:
    """A fault of the stand-in; `count` 0: until it is cleared; `hasty`: with short time-outs."""

    name: str
    kind: str
    params: dict[str, object] = field(default_factory=dict)
    count: int = 0
    hasty: bool = False


CONNECTION = [
    Fault("slow", "slow", {"delay_s": 0.4}, hasty=True),
    Fault("dripping", "slow", {"delay_s": 0.9, "drip": True}, hasty=True),
    Fault("hanging", "hang", {"max_s": 0.4}, hasty=True),
    Fault("reset", "connection_reset"),
    Fault("reset half-way", "connection_reset", {"after_bytes": 40}),
]
ANSWER = [
    *(Fault(kind.replace("_", " "), kind) for kind in ("http_401", "http_404", "http_429")),
    Fault("429 asking to wait 1 s", "http_429", {"retry_after": 1}),
    Fault("429 asking to wait 1 h", "http_429", {"retry_after": 3600}),
    *(Fault(kind.replace("_", " "), kind) for kind in ("http_500", "http_403_html", "ok_html")),
    *(Fault(kind.replace("_", " "), kind) for kind in ("ok_error_json", "empty_body", "truncated_json")),
    *(Fault(kind.replace("_", " "), kind) for kind in ("wrong_charset", "bad_gzip")),
    Fault("oversize", "oversize", {"max_mb": 9}),
]
DATA = ["partial_day", "duplicate_hour", "stale_day", "scaled_1000", "flat", "nulls", "zeros"]
FAULTS = [
    *CONNECTION,
    *ANSWER,
    *(Fault(kind.replace("_", " "), kind) for kind in DATA),
    *(Fault(f"{kind.replace('_', ' ')} once", kind, count=1) for kind in DATA),
]
SECOND_STEP = {"path": "/opendata/sh/"}
SECOND = {"connection_reset", "http_500", "ok_html", "ok_error_json", "empty_body", "truncated_json"}
ONE_ANSWER = {name for name in SOURCES if SOURCES[name].provider in {"aemet", "openweathermap"}}
"""Sources that are asked once a sync, so that a fault until it is cleared and one that comes once are one."""
TRIALS = [
    (name, fault) for name in SOURCES for fault in FAULTS if not (fault.count == 1 and name in ONE_ANSWER)
]
TRIALS += [
    (
        name,
        Fault(f"{fault.name}, second step", fault.kind, fault.params | SECOND_STEP, fault.count, fault.hasty),
    )
    for name in SOURCES
    if SOURCES[name].provider == "aemet"
    for fault in FAULTS
    if fault.kind in SECOND
]

NEXT_SYNC, NEXT_HOUR = (15,), (15, 70)
"""Minutes of the syncs after a trial: of one that failed, and of one that is asked once an hour."""

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(source, fault) -> why nobody could tell it from good data. They are counted apart."""


@dataclass
class Tally:
    """What the trials of one source came to."""

    trials: int = 0
    wrong: int = 0
    seen: int = 0
    harmless: int = 0
    unseen: int = 0
    recovered: int = 0
    excepted: int = 0


TALLIES: dict[str, Tally] = {name: Tally() for name in SOURCES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for stores."""
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def prepared(upstream_server: Upstream, folder: Path) -> Prepared:
    return Prepared(upstream_server, folder)


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print the counts when all trials are over."""
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{'source':24}" + "".join(f"{name:>11}" for name in Tally.__annotations__))
        for name, tally in {**TALLIES, "all": total()}.items():
            print(f"{name:24}" + "".join(f"{count:11}" for count in vars(tally).values()))
        for (name, fault), reason in EXCEPTIONS.items():
            print(f"exception: {name}, {fault}: {reason}")


def total() -> Tally:
    return Tally(*(sum(vars(t)[name] for t in TALLIES.values()) for name in Tally.__annotations__))


class Trial:
    """One source, a store in steady state and the truth of its scene."""

    def __init__(self, upstream: Upstream, prepared: Prepared, name: str, fault: str, folder: Path) -> None:
        self.upstream, self.name, self.fault = upstream, name, fault
        self.scene, self.truth = SCENES[name], prepared.truth(name)
        for left in folder.glob("store*"):
            left.unlink()
        shutil.copy(prepared.base(self.scene), folder / "store")
        self.store: Store = SqliteStore(folder / "store")
        self.clean = alone(upstream, name)
        upstream.at(self.scene.moment)

    def sync(self, now: datetime, sources: dict[str, Source] | None = None) -> SyncReport:
        return sync(self.scene.request(OFFERED[self.name]), self.store, sources or self.clean, now)

    def seen(self, report: SyncReport) -> bool:
        """Whether the report and the data check show the fault, the latter with its time."""
        failed = [failure for failure in report.failures if failure.source == self.name]
        if failed:
            state = read_states(self.store)[self.name]
            assert state.failing
            assert state.since == state.at == report.at
        if names_source(report, self.name):
            return True
        world = SimpleNamespace(
            clock=lambda: self.scene.now, store=self.store, sources=self.clean, unkeyed={}, sample=False
        )
        rows = check_data(world, OFFERED[self.name])  # type: ignore[arg-type]
        return any(row["holes"] or row["state"] != "ok" for row in rows)

    def judge(self, report: SyncReport) -> datetime:
        """Count what the trial came to, when the provider is well again; returns when all was recovered."""
        tally = TALLIES[self.name]
        tally.trials += 1
        wrong = self.truth.wrong(self.store)
        if (self.name, self.fault) in EXCEPTIONS:
            tally.excepted += 1
            return self.scene.now
        tally.wrong += len(wrong)
        harmless = not wrong and not self.truth.lacking(self.store, self.scene.now)
        seen = self.seen(report)
        tally.seen += seen
        tally.harmless += harmless and not seen
        tally.unseen += not (seen or harmless)
        minutes = self.recover(NEXT_SYNC if report.failures else NEXT_HOUR)
        tally.recovered += minutes is not None
        assert wrong == []
        assert self.truth.wrong(self.store) == []
        assert seen or harmless, "the fault is not seen"
        assert minutes is not None, self.truth.lacking(self.store, self.scene.now)
        return self.scene.now + timedelta(minutes=minutes)

    def recover(self, within: tuple[int, ...]) -> int | None:
        """Minutes until a sync has all that is due; None when none has."""
        for minutes in within:
            now = self.scene.now + timedelta(minutes=minutes)
            self.upstream.at(now.isoformat())
            report = self.sync(now)
            if not self.truth.lacking(self.store, now):
                assert report.failures == []
                assert not read_states(self.store)[self.name].failing
                return minutes
        return None


def in_its_tier(name: str, fault: Fault) -> Any:
    """Faults that stay are tried in the suite, each at every second source; all others in the slow tier."""
    second = (FAULTS.index(fault) if fault in FAULTS else 0) + list(SOURCES).index(name)
    marks = [pytest.mark.soak] if fault.count == 1 or second % 2 else []
    return pytest.param(name, fault, marks=marks, id=f"{name}-{fault.name}".replace(" ", "-"))


@pytest.mark.parametrize(("name", "fault"), [in_its_tier(*trial) for trial in TRIALS])
def test_a_fault(upstream: Upstream, prepared: Prepared, folder: Path, name: str, fault: Fault) -> None:
    trial = Trial(upstream, prepared, name, fault.name, folder)
    provider = PATHS[SOURCES[name].provider]
    told = {"provider": provider, "kind": fault.kind, "count": fault.count, "params": fault.params}
    upstream.control("faults", told)
    report = trial.sync(trial.scene.now, alone(upstream, name, HASTY) if fault.hasty else None)
    upstream.control("faults", method="DELETE")
    recovered = trial.judge(report)
    if fault.kind in DATA:
        assert trial.sync(recovered).changed == 0


@pytest.mark.parametrize("hours", [-24, 24], ids=["a-day-behind", "a-day-ahead"])
@pytest.mark.parametrize("name", SOURCES)
def test_our_clock_is_wrong(
    upstream: Upstream, prepared: Prepared, folder: Path, name: str, hours: int
) -> None:
    trial = Trial(upstream, prepared, name, f"our clock {hours:+} h", folder)
    trial.judge(trial.sync(trial.scene.now + timedelta(hours=hours)))


@pytest.mark.parametrize("name", SOURCES)
def test_our_clock_goes_back(upstream: Upstream, prepared: Prepared, folder: Path, name: str) -> None:
    trial = Trial(upstream, prepared, name, "our clock goes back", folder)
    later = trial.scene.now + timedelta(hours=3)
    trial.sync(later)
    trial.judge(trial.sync(trial.scene.now))


@pytest.mark.parametrize("name", SOURCES)
def test_a_publication_is_late(upstream: Upstream, prepared: Prepared, folder: Path, name: str) -> None:
    trial = Trial(upstream, prepared, name, "late publication", folder)
    upstream.at(trial.scene.before[-1])
    trial.judge(trial.sync(trial.scene.now))


PVPC_SOURCES = {
    "esios": ("esios", "/indicators/"),
    "esios_archive": ("esios", "/archives/"),
    "ree": ("ree", ""),
}
"""Source of PVPC -> its provider, and what its paths begin with."""
TOLD_PVPC = [
    ("history", ("2025-06-01T12:00:00+02:00",)),
    ("live", ("2024-12-31T21:00:00+01:00", "2025-01-03T13:00:00+01:00")),
]
DOWN = [fault for fault in (*CONNECTION, *ANSWER) if not fault.hasty]


def down_in_its_tier() -> Iterator[Any]:
    """An expired key on days that are long past is tried in the suite."""
    for when, moments in TOLD_PVPC:
        for names in (["esios"], ["ree"], ["esios_archive"], ["esios", "ree"]):
            for fault in DOWN:
                fast = (when, names, fault.kind) == ("history", ["esios"], "http_401")
                marks = [] if fast else [pytest.mark.soak]
                yield pytest.param(
                    moments,
                    names,
                    fault,
                    marks=marks,
                    id=f"{when}-{'+'.join(names)}-{fault.name}".replace(" ", "-"),
                )


@pytest.mark.parametrize(("moments", "down", "fault"), list(down_in_its_tier()))
def test_a_corrected_day_with_sources_down(
    upstream: Upstream, tmp_path: Path, moments: tuple[str, ...], down: list[str], fault: Fault
) -> None:
    """All sources of PVPC are set up: one that is left tells the correction, or one that is back later."""
    store, sources = SqliteStore(tmp_path / "store"), make(upstream)
    day = day_window(date(2025, 1, 1), MARKET_ZONE)
    request = SyncRequest(date(2024, 12, 29), date(2025, 1, 1), ("pvpc",))
    failing: set[str] = set()
    for moment in moments:
        upstream.at(moment)
        for provider, path in (PVPC_SOURCES[name] for name in down):
            told = {"provider": provider, "kind": fault.kind, "count": 0}
            upstream.control("faults", told | {"params": fault.params | {"path": path}})
        failing |= {failure.source for failure in sync(request, store, sources, madrid(moment)).failures}
    now = madrid(moments[-1]) + timedelta(days=40)
    upstream.at(now.isoformat())
    if len(down) > 1:
        recent = SyncRequest(now.date() - timedelta(days=3), now.date(), ("pvpc",))
        sync(recent, store, sources, now)
    true = sources["ree"].fetch("pvpc", day, now)
    assert failing <= set(down)
    assert failing or "esios" not in down
    assert np.allclose(store.read("pvpc", day).value, true.value, atol=0.0051)


@pytest.mark.parametrize("tier", ["suite", pytest.param("slow", marks=pytest.mark.soak)])
def test_the_matrix_is_clean(tier: str) -> None:
    """Of all trials of a tier: no wrong value, none unseen, all recovered; run last."""
    counted = total()
    assert counted.wrong == 0
    assert counted.unseen == 0
    assert counted.recovered + counted.excepted == counted.trials
    assert counted.excepted == len(EXCEPTIONS)
