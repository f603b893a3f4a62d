"""From providers to a checked plan, at a real moment of the stand-in providers.

About 17 s, and 30 s for the year of the slow tier.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.domain.catalog import ESSENTIAL
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots, day_window
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.conftest import Run, Upstream
from tests.e2e.shows import environment, read

NOW = "2026-03-10T21:00:00+01:00"
YEAR, AUTUMN, LAST = date(2025, 3, 1), date(2025, 9, 20), date(2026, 3, 11)
"""From the second on there are quarter-hours and a day of 25 hours too."""


@pytest.fixture
def env(upstream: Upstream, tmp_path: Path) -> dict[str, str]:
    return environment(upstream, tmp_path / "state", NOW)


@pytest.mark.parametrize("first", [AUTUMN, pytest.param(YEAR, marks=pytest.mark.soak)])
def test_sync_forecast_plan(choco: Run, env: dict[str, str], upstream: Upstream, first: date) -> None:
    report = read(choco, env, "sync", "--from", first.isoformat())
    needed = {row["series"]: row["missing"] for row in report["series"] if row["series"] in ESSENTIAL}
    assert needed == dict.fromkeys(ESSENTIAL, 0)
    assert report["failures"] == []
    every_slot_is_stored(env, first)
    prices = ("--only", "spot", "--only", "pvpc")
    assert read(choco, env, "holes", "--from", first.isoformat(), *prices) == []
    before = len(upstream.control("requests"))
    assert read(choco, env, "sync", "--from", first.isoformat())["changed"] == 0
    assert len(upstream.control("requests")) - before <= 12
    answer = read(choco, env, "plan", "--time-limit", "2")
    check_plan(answer)
    stock = {(row["product"], row["due"][:10]): row["batches"] for row in answer["assumed_stock"]}
    assert stock.pop(("standard", "2026-03-10")) == 5
    assert stock.keys() <= {("premium", "2026-03-14")}, "damp mornings may keep some premium from being made"
    made = {
        product: len({r["batch"] for r in answer["runs"] if r["product"] == product})
        for product in ("standard", "premium")
    }
    spared = sum(stock.values()) + sum(row["batches"] for row in answer["left_for_later"])
    assert made == {"standard": 25, "premium": 13 - spared}
    settled = read(
        choco,
        {**env, "CHOCO_NOW": "2026-03-10T21:30:00+01:00"},
        "settle",
        "--from",
        "2026-03-10",
        "--hindsight",
        "0",
    )
    assert settled["plans"][0]["plan"] == answer["id"]


def every_slot_is_stored(env: dict[str, str], first: date) -> None:
    """23, 24 or 25 hours of PVPC a day, and 96 (92, 100) quarters of spot since 2025-10-01."""
    store = SqliteStore(Path(env["CHOCO_STATE"]) / "store.sqlite")
    ever = Window(day_window(first, MARKET_ZONE).start, day_window(LAST, MARKET_ZONE).end)
    spot, pvpc = (store.read(key, ever).start for key in ("spot", "pvpc"))
    for day in (first + timedelta(days=n) for n in range((LAST - first).days + 1)):
        window = day_window(day, MARKET_ZONE)
        begin, end = window.start.timestamp(), window.end.timestamp()
        minutes = 15 if day >= date(2025, 10, 1) else 60
        for starts, length in ((spot, minutes), (pvpc, 60)):
            assert np.sum((starts >= begin) & (starts < end)) == day_slots(day, MARKET_ZONE, length), day


def check_plan(answer: dict[str, Any]) -> None:
    """What every plan of the reference plant must show."""
    assert answer["violations"] == []
    assert 0 <= answer["mip_gap"] < 0.25
    assert answer["saving"]["eur"] > 0
    assert answer["price_origin"]["published"] == 3 * 4 + 24 * 4
    assert answer["price_origin"]["forecast"] == 6 * 24 * 4
    starts = [datetime.fromisoformat(point["start"]) for point in answer["load_kw"]]
    assert np.all(np.diff([start.timestamp() for start in starts]) == 900)
    assert len(starts) == 171 * 4
