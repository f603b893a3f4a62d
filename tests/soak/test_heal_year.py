"""A year of all series from the stand-ins, holes punched at random, and what `choco heal` makes of them.

About a minute. The holes are real deletions in the store's file: single slots, days, a clock-change day and
a month.
"""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.catalog import CATALOG, SITE_OBSERVED
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import Window, day_window, epoch, local_midnight
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.conftest import ROOT, Run, Upstream

pytestmark = pytest.mark.soak

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
FIRST = date(2025, 3, 1)
YEAR = Window(local_midnight(FIRST, "Europe/Madrid"), NOW + timedelta(days=2))
PUNCHED = (
    *("spot", "pvpc", "surplus", "demand_forecast", "wind_forecast"),
    *("temperature", "humidity", "madrid_temperature"),
)
AUTUMN = date(2025, 10, 26)


def holes_of(store: SqliteStore) -> dict[str, list[Hole]]:
    return {key: store.holes(key, YEAR, NOW) for key, info in CATALOG.items() if info.rule}


def punch(path: Path, key: str, window: Window) -> int:
    """Delete the slots of a window from the store's file; returns how many."""
    where = "series = (SELECT id FROM word WHERE text = ?) AND start >= ? AND start < ?"
    span = (key, epoch(window.start), epoch(window.end))
    with closing(sqlite3.connect(path)) as file, file:
        found = file.execute(f"SELECT count(DISTINCT start) FROM revision WHERE {where}", span).fetchone()[0]
        file.execute(f"DELETE FROM revision WHERE {where}", span)
    return int(found)


def windows(rng: random.Random, key: str) -> list[Window]:
    """Ten single slots, three days, the long day of October, and a month."""
    minutes = CATALOG[key].minutes(date(2026, 1, 1))
    step = timedelta(minutes=minutes)
    begin = datetime(2025, 10, 2, tzinfo=UTC)
    singles = [begin + step * rng.randrange(int(timedelta(days=140) / step)) for _ in range(10)]
    days = [date(2025, 10, 2) + timedelta(days=rng.randrange(140)) for _ in range(3)]
    month = day_window(date(2025, 6, 1), "Europe/Madrid").start
    return [
        *(Window(at, at + step) for at in singles),
        *(day_window(day, "Europe/Madrid") for day in (*days, AUTUMN)),
        Window(month, month + timedelta(days=30)),
    ]


def slots(holes: list[Hole]) -> int:
    return sum(hole.missing for hole in holes)


def test_a_year_with_holes_is_healed_as_far_as_the_sources_can(
    choco: Run, upstream: Upstream, tmp_path: Path
) -> None:
    env = {
        **upstream.settings(),
        "CHOCO_FACTORY": str(ROOT / "factory.toml"),
        "CHOCO_NOW": NOW.isoformat(),
        "CHOCO_STATE": str(tmp_path / "year"),
    }
    choco("sync", "--from", FIRST.isoformat(), "--json", env=env)
    path = tmp_path / "year" / "store.sqlite"
    store = SqliteStore(path)
    before = holes_of(store)
    values = {key: store.read(key, YEAR) for key in PUNCHED}
    rng = random.Random(20260310)
    punched = {key: sum(punch(path, key, window) for window in windows(rng, key)) for key in PUNCHED}
    assert all(count > 700 for count in punched.values()), punched
    report = json.loads(choco("heal", "--json", env=env).stdout)
    total = sum(punched.values())
    print(f"\npunched {total} slots: found {report['found']}, closed {report['closed']}")
    reasons = {row["series"]: row["reason"] for row in report["left"]}
    for key, holes in holes_of(store).items():
        assert slots(holes) == slots(before[key]), key
        if holes:
            print(f"left {key}: {slots(holes)} slots; {reasons[key]}")
    assert report["closed"] == total
    assert all(row["reason"] for row in report["left"])
    for key, series in values.items():
        healed = store.read(key, YEAR)
        assert set(healed.origin) <= {"published", "measured"}
        assert same(series, healed), key
    assert json.loads(choco("heal", "--json", env=env).stdout)["closed"] == 0


def same(old: Series, new: Series) -> bool:
    """Whether a series is back as it was; hours of the site's weather may come from another source."""
    if len(old) != len(new) or np.any(old.start != new.start):
        return False
    alike = np.abs(old.value - new.value) < 0.006
    other = np.array([a != b for a, b in zip(old.source, new.source, strict=True)])
    return bool(np.all(alike | (other & (old.key in SITE_OBSERVED))))
