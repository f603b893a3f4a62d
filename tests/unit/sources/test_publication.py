"""When a value could be known: first values, corrections seen live and found in history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.preference import order
from chocolate_factory.domain.publication import Reading, published, revise, source_name
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, epoch
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

DAY = date(2026, 3, 10)
DUE = {key: CATALOG[key].due(DAY) for key in ("spot", "pvpc")}
SEEN = CATALOG["pvpc"].correction_seen(DAY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def told(key: str, values: list[float], source: str = "ree") -> Series:
    grid = day_window(DAY, MARKET_ZONE).starts(CATALOG[key].minutes(DAY))
    return published(key, grid.tolist(), values, source)


def write(store: Store, series: Series, reading: Reading) -> int:
    known = store.revisions(series.key, day_window(DAY, MARKET_ZONE))
    return store.write(revise(series, known, reading))


def as_of(store: Store, key: str, at: datetime) -> list[float]:
    return store.read(key, day_window(DAY, MARKET_ZONE), at).value.tolist()


HOURS = [100.0 + h for h in range(24)]
BETTER = [v + 5 for v in HOURS]


def test_a_first_value_is_known_since_it_was_due(store: Store) -> None:
    assert write(store, told("pvpc", HOURS), Reading(SEEN - timedelta(days=1))) == 24
    assert as_of(store, "pvpc", DUE["pvpc"] - timedelta(seconds=1)) == []
    assert as_of(store, "pvpc", DUE["pvpc"]) == HOURS


def test_a_correction_seen_live_is_known_from_then_on(store: Store) -> None:
    write(store, told("pvpc", HOURS), Reading(DUE["pvpc"]))
    now = SEEN - timedelta(hours=3)
    assert write(store, told("pvpc", BETTER), Reading(now)) == 24
    assert as_of(store, "pvpc", now - timedelta(seconds=1)) == HOURS
    assert as_of(store, "pvpc", now) == BETTER
    assert set(store.read("pvpc", day_window(DAY, MARKET_ZONE)).source) == {"ree"}


def test_a_correction_found_in_history_is_labelled(store: Store) -> None:
    write(store, told("pvpc", HOURS), Reading(DUE["pvpc"]))
    write(store, told("pvpc", BETTER), Reading(SEEN + timedelta(days=40)))
    assert as_of(store, "pvpc", SEEN - timedelta(seconds=1)) == HOURS
    assert as_of(store, "pvpc", SEEN) == BETTER
    sources = set(store.read("pvpc", day_window(DAY, MARKET_ZONE)).source)
    assert sources == {"ree, correction time assumed"}
    assert {source_name(text) for text in sources} == {"ree"}


def test_what_an_earlier_look_did_not_show_was_not_known_then(store: Store) -> None:
    write(store, told("pvpc", HOURS), Reading(DUE["pvpc"]))
    now = SEEN + timedelta(hours=20)
    looked = Reading(now, checked_at=SEEN + timedelta(hours=14), checked_from=DAY - timedelta(days=1))
    write(store, told("pvpc", BETTER), looked)
    assert as_of(store, "pvpc", now - timedelta(seconds=1)) == HOURS
    assert as_of(store, "pvpc", now) == BETTER


def test_a_second_correction_keeps_the_first(store: Store) -> None:
    write(store, told("pvpc", HOURS), Reading(DUE["pvpc"]))
    write(store, told("pvpc", BETTER), Reading(SEEN + timedelta(days=2)))
    now = SEEN + timedelta(days=3)
    write(store, told("pvpc", [v + 1 for v in BETTER]), Reading(now))
    assert as_of(store, "pvpc", SEEN) == BETTER
    assert as_of(store, "pvpc", now) == [v + 1 for v in BETTER]


def test_rounding_is_no_correction(store: Store) -> None:
    write(store, told("pvpc", HOURS), Reading(DUE["pvpc"]))
    close = [v + 0.005 * (-1) ** n for n, v in enumerate(HOURS)]
    assert write(store, told("pvpc", close), Reading(SEEN)) == 0


def test_values_read_after_their_correction_say_so(store: Store) -> None:
    late = Reading(SEEN + timedelta(days=9), may_be_corrected=True)
    write(store, told("pvpc", HOURS), late)
    assert set(store.read("pvpc", day_window(DAY, MARKET_ZONE)).source) == {"ree, read after corrections"}


def test_a_first_published_value_moves_the_later_one_to_its_time(store: Store) -> None:
    now = SEEN + timedelta(days=90)
    write(store, told("pvpc", [*HOURS[:12], *BETTER[12:]]), Reading(now, may_be_corrected=True))
    first = told("pvpc", HOURS, "esios_archive")
    assert write(store, first, Reading(now, first_published=True)) == 24
    assert as_of(store, "pvpc", DUE["pvpc"]) == HOURS
    assert as_of(store, "pvpc", SEEN) == [*HOURS[:12], *BETTER[12:]]
    latest = store.read("pvpc", day_window(DAY, MARKET_ZONE))
    assert str(latest.source[20]) == "ree, correction time assumed"
    assert write(store, first, Reading(now, first_published=True)) == 0


QUARTERS = [50.0 + q / 4 for q in range(96)]
MEANS = [float(np.mean(QUARTERS[q // 4 * 4 : q // 4 * 4 + 4])) for q in range(96)]


def test_real_quarters_replace_repeated_hourly_means(store: Store) -> None:
    write(store, told("spot", MEANS, "ree"), Reading(DUE["spot"]))
    later = Reading(DUE["spot"] + timedelta(hours=8))
    assert write(store, told("spot", QUARTERS, "omie"), later) == 96
    assert as_of(store, "spot", DUE["spot"]) == QUARTERS
    assert len(store.revisions("spot", day_window(DAY, MARKET_ZONE))) == 96


def test_repeated_hourly_means_correct_no_quarters(store: Store) -> None:
    write(store, told("spot", QUARTERS, "omie"), Reading(DUE["spot"]))
    assert write(store, told("spot", [m + 1 for m in MEANS], "ree"), Reading(SEEN)) == 0


@given(
    values=st.lists(st.lists(st.integers(-2000, 30000), min_size=24, max_size=24), min_size=1, max_size=5),
    gaps=st.lists(st.integers(1, 60), min_size=5, max_size=5),
    first=st.lists(st.booleans(), min_size=5, max_size=5),
)
@settings(max_examples=25, deadline=None)
def test_telling_a_thing_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[int]], gaps: list[int], first: list[bool]
) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("store") / "s.sqlite")
    now = DUE["pvpc"]
    for prices, gap, is_first in zip(values, gaps, first, strict=False):
        series = told("pvpc", [price / 100 for price in prices])
        reading = Reading(now, first_published=is_first)
        write(store, series, reading)
        assert write(store, series, reading) == 0
        if not is_first:
            assert np.allclose(as_of(store, "pvpc", now), series.value, atol=0.0051)
        now += timedelta(hours=gap)
    revisions = store.revisions("pvpc", day_window(DAY, MARKET_ZONE))
    assert np.all(revisions.available_at >= epoch(DUE["pvpc"]))
    assert np.all(revisions.available_at <= epoch(max(now, SEEN)))


def test_order_of_sources() -> None:
    assert order("spot", 3, ["ree", "omie"]) == ["omie", "ree"]
    assert order("spot", 400, ["omie", "ree"]) == ["ree", "omie"]
    assert order("pvpc", 3, ["ree", "esios_archive"]) == ["esios_archive", "ree"]
    assert order("pvpc", 400, ["ree", "esios_archive"], first_published=True) == ["esios_archive", "ree"]
    assert order("pvpc", 400, ["sample"]) == ["sample"]


def test_published_sorts_and_keeps_duplicates() -> None:
    start = epoch(datetime(2026, 3, 10, 5, tzinfo=UTC))
    series = published("pvpc", [start + 3600, start, start], [3.0, 1.0, 2.0], "x")
    assert series.value.tolist() == [1.0, 2.0, 3.0]
    assert set(series.available_at) == {epoch(DUE["pvpc"])}
    assert len(published("spot", [], [], "x")) == 0
