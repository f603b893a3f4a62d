"""What the tests of the sources share: all of them on the stand-in providers, and stores in steady state."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.http import Key, Limits, Polite
from chocolate_factory.infrastructure.sources import SOURCES, TOKEN_NAMES, build_sources
from chocolate_factory.infrastructure.sources.site import Access, Site
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from tests.conftest import Upstream

SITE = Site(38.0952, -3.6365)
PATHS = {
    "omie": "omie",
    "ree": "ree",
    "esios": "esios",
    "open_meteo": "open-meteo",
    "open_meteo_archive": "open-meteo",
    "aemet": "aemet",
    "openweathermap": "openweathermap",
}
PATIENT = Limits(connect_s=2, read_s=10, total_s=30, wait_s=0.001, per_second=1e6, burst=10_000)
HASTY = replace(PATIENT, read_s=0.15, total_s=0.3, tries=2)
LATER = (0, 15, 70, 180, 1440)
"""Minutes after a scene's moment at which clean syncs tell what is true."""


def make(upstream: Upstream, limits: Limits = PATIENT) -> dict[str, Source]:
    """All sources, with made-up keys; they wait for nothing."""
    accesses = {name: Access(f"{upstream.url}/{path}", f"token-{name}") for name, path in PATHS.items()}
    return build_sources(accesses, SITE, limits, lambda _: None)


def alone(upstream: Upstream, name: str, limits: Limits = PATIENT) -> dict[str, Source]:
    """Only one source."""
    provider = SOURCES[name].provider
    place = TOKEN_NAMES.get(provider)
    key = Key(place[0], "token", place[1]) if place else None
    client = Polite(provider, f"{upstream.url}/{PATHS[provider]}", limits, key=key, sleep=lambda _: None)
    return {name: SOURCES[name].build(client, SITE)}


OFFERED: dict[str, tuple[str, ...]] = {
    name: source.series
    for name, source in build_sources(
        {name: Access("http://127.0.0.1:1", "-") for name in PATHS}, SITE
    ).items()
}
assert list(OFFERED) == list(SOURCES)


def asked(upstream: Upstream) -> int:
    """Requests since they were last forgotten."""
    return len(upstream.control("requests")["requests"])


def madrid(text: str) -> datetime:
    """A moment of the winter or summer in the tests, with its offset -> UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True)
class Scene:
    """Days to have, the moments at which they were synced before, and the moment of the trial."""

    first: date
    last: date
    before: tuple[str, ...]
    moment: str

    @property
    def now(self) -> datetime:
        """The moment of the trial."""
        return madrid(self.moment)

    @property
    def span(self) -> Window:
        """All slots that may be stored."""
        return Window(self.now - timedelta(days=20), self.now + timedelta(days=25))

    def request(self, series: Iterable[str]) -> SyncRequest:
        """What is synced."""
        return SyncRequest(self.first, self.last, tuple(series))


BEFORE = (
    "2026-03-08T20:00:00+01:00",
    "2026-03-09T08:15:00+01:00",
    "2026-03-09T21:00:00+01:00",
    "2026-03-10T09:15:00+01:00",
)
MARCH = Scene(date(2026, 3, 5), date(2026, 3, 11), BEFORE, "2026-03-10T21:30:00+01:00")
DAILY = replace(MARCH, before=BEFORE[:3])
JUNE = Scene(date(2025, 6, 5), date(2025, 6, 11), ("2025-06-09T21:00:00+02:00",), "2025-06-10T21:30:00+02:00")
SCENES = dict.fromkeys(OFFERED, MARCH) | {"aemet_climate": DAILY, "ree_system": JUNE}
"""Source -> a scene in which something new is due of each of its series."""


class Prepared:
    """Stores in steady state and what clean syncs make of them, by scene and source."""

    def __init__(self, upstream: Upstream, folder: Path) -> None:
        self._upstream, self._folder = upstream, folder
        self._truths: dict[str, Truth] = {}

    def base(self, scene: Scene) -> Path:
        """The store as it was before the scene's moment, filled by all sources together."""
        path = self._folder / f"base {scene.before[-1]}"
        if not path.exists():
            earlier = replace(scene, before=scene.before[:-1]) if len(scene.before) > 1 else None
            if earlier:
                shutil.copy(self.base(earlier), path)
            self._upstream.at(scene.before[-1])
            store, now = SqliteStore(path), madrid(scene.before[-1])
            report = sync(scene.request(CATALOG), store, make(self._upstream), now)
            assert report.failures == []
            with closing(sqlite3.connect(path)) as file:
                file.execute("pragma wal_checkpoint(truncate)")
        return path

    def truth(self, name: str) -> Truth:
        """What one source alone makes of the scene when nothing fails."""
        if name not in self._truths:
            scene, path = SCENES[name], self._folder / f"truth {name}"
            shutil.copy(self.base(scene), path)
            store, clean = SqliteStore(path), make(self._upstream)[name]
            told = {key: [pairs(store.revisions(key, scene.span))] for key in OFFERED[name]}
            latest: dict[str, Series] = {}
            eve = madrid(scene.before[-1])
            self._upstream.at(eve.isoformat())
            for key in [key for key in OFFERED[name] if CATALOG[key].kind is Kind.FORECAST]:
                told[key].append(pairs(clean.fetch(key, clean.reaches(key, eve), eve)))
            for now in (scene.now + timedelta(minutes=minutes) for minutes in LATER):
                self._upstream.at(now.isoformat())
                report = sync(scene.request(OFFERED[name]), store, {name: clean}, now)
                assert report.failures == []
                if now == scene.now:
                    latest = {key: store.read(key, scene.span) for key in OFFERED[name]}
            for key, parts in told.items():
                parts.append(pairs(store.revisions(key, scene.span)))
            self._truths[name] = Truth(scene, {k: np.concatenate(parts) for k, parts in told.items()}, latest)
        return self._truths[name]


@dataclass(frozen=True)
class Truth:
    """By series, pairs of slot and value that are told when nothing fails, and what a clean sync leaves."""

    scene: Scene
    told: Mapping[str, np.ndarray]
    latest: Mapping[str, Series]

    def wrong(self, store: Store) -> list[str]:
        """Stored values that nobody told when nothing failed."""
        found = []
        for key, told in self.told.items():
            rows = store.revisions(key, self.scene.span)
            strange = ~np.isin(pairs(rows), told)
            found += [f"{key} {point}" for point in rows.take(strange)]
        return found

    def lacking(self, store: Store, now: datetime) -> list[str]:
        """Series without what a clean sync leaves: values, or hours to come of a newly fetched forecast."""
        found = []
        for key, due in self.latest.items():
            have = store.read(key, self.scene.span)
            if CATALOG[key].kind is Kind.FORECAST:
                fetched = any(self.scene.now <= note.at <= now for note in store.find("sync", id=key))
                coming = due.start[due.start >= epoch(now)]
                lacks = not fetched or not np.all(np.isin(coming, have.start))
            else:
                lacks = not np.all(np.isin(pairs(due), pairs(have)))
            if lacks:
                found.append(key)
        return found


def pairs(rows: Series) -> np.ndarray:
    """Slot and value as one number, to be compared as sets."""
    return rows.start + 1j * rows.value


def names_source(report: SyncReport, name: str) -> bool:
    """Whether a report names a source as one that failed or had nothing."""
    return any(failure.source == name for failure in report.failures) or any(
        name in row.absent for row in report.series
    )
