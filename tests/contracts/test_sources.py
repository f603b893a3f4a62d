"""Every source of the registry against the stand-in providers: whole days, who agrees, whole syncs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.catalog import CATALOG, PRICE_SERIES
from chocolate_factory.domain.ports import Source
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind
from chocolate_factory.domain.slots import Window, day_slots, day_window, days_between, epoch, local_midnight
from chocolate_factory.domain.validation import inspect
from chocolate_factory.infrastructure.sources import SOURCES
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.source_states import read_states
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from tests.conftest import Upstream
from tests.contracts.source_world import HASTY, OFFERED, PATHS, asked, make, names_source

NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
NIGHT = datetime(2026, 3, 10, 20, tzinfo=UTC)
TOMORROW = date(2026, 3, 11)
FIRST = date(2026, 3, 6)
PAIRS = [(name, key) for name, keys in OFFERED.items() for key in keys]
PRICES = [(name, key) for name, key in PAIRS if CATALOG[key].kind is Kind.PRICE]
DATA = ("partial_day", "duplicate_hour", "stale_day", "scaled_1000", "flat", "nulls", "zeros")


@pytest.fixture
def sources(upstream: Upstream) -> dict[str, Source]:
    """Sources that wait for nothing; slow machines get time for plain answers."""
    return make(upstream)


@pytest.fixture
def free(sources: dict[str, Source]) -> dict[str, Source]:
    """The sources that need no key."""
    return {name: source for name, source in sources.items() if not SOURCES[name].needs_token}


@pytest.mark.parametrize(("name", "key"), PRICES)
@pytest.mark.parametrize(
    "day", [date(2025, 3, 30), date(2025, 9, 30), date(2025, 10, 1), date(2025, 10, 26), date(2026, 3, 10)]
)
def test_a_published_day_is_whole(sources: dict[str, Source], name: str, key: str, day: date) -> None:
    series = sources[name].fetch(key, day_window(day, MARKET_ZONE), NIGHT)
    info = CATALOG[key]
    good, refused = inspect(series, [day], empty(key))
    assert refused == []
    assert len(good) == len(series) == day_slots(day, MARKET_ZONE, info.minutes(day))
    assert np.all(series.available_at == epoch(info.due(day)))
    assert set(series.source) == {name}
    assert set(series.origin) == {"published"}


@pytest.mark.parametrize(("name", "key"), PRICES)
def test_a_day_that_is_late_is_left_out(
    upstream: Upstream, sources: dict[str, Source], name: str, key: str
) -> None:
    upstream.at("2026-03-10T12:00:00+01:00")
    assert len(sources[name].fetch(key, day_window(TOMORROW, MARKET_ZONE), NIGHT)) == 0


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_what_it_says(sources: dict[str, Source], name: str) -> None:
    source = sources[name]
    assert source.name == name
    assert source.max_days >= 1
    for key in source.series:
        assert CATALOG[key].kind is not Kind.IMPORTED
        reach = source.reaches(key, NIGHT)
        assert reach.start < NIGHT + timedelta(hours=1)
        assert reach.end > NIGHT - timedelta(days=3)


def test_every_series_of_the_catalogue_has_a_source() -> None:
    offered = {key for keys in OFFERED.values() for key in keys}
    assert offered == {key for key, info in CATALOG.items() if info.kind is not Kind.IMPORTED}


@pytest.mark.parametrize(("key", "count"), [("spot", 3), ("pvpc", 3)])
def test_sources_of_prices_agree(sources: dict[str, Source], key: str, count: int) -> None:
    day = date(2026, 2, 3)
    told = [s.fetch(key, day_window(day, MARKET_ZONE), NIGHT) for s in sources.values() if key in s.series]
    assert len(told) == count
    for other in told[1:]:
        assert np.array_equal(other.start, told[0].start)
        assert np.allclose(other.value, told[0].value, atol=0.0051)


@pytest.mark.parametrize(
    ("key", "names", "apart"),
    [
        ("temperature", ("aemet", "openweathermap"), 0.06),
        ("wind_speed", ("aemet", "openweathermap"), 0.06),
        ("pressure", ("aemet", "openweathermap"), 0.6),
        ("temperature_forecast", ("aemet_forecast", "open_meteo"), 0.6),
        ("wind_speed_forecast", ("aemet_forecast", "open_meteo"), 0.2),
        ("temperature_forecast", ("open_meteo", "openweathermap_forecast"), 5),
    ],
)
def test_sources_of_weather_agree_on_the_same_hour(
    upstream: Upstream, sources: dict[str, Source], key: str, names: tuple[str, str], apart: float
) -> None:
    """Both are of one weather; a station tells the end of an hour, so an hour later is compared with now."""
    told = [sources[name].fetch(key, sources[name].reaches(key, NIGHT), NIGHT) for name in names]
    shift = 3600 if names[0] == "aemet" else 0
    common, one, two = np.intersect1d(told[0].start + shift, told[1].start, return_indices=True)
    assert len(common)
    assert np.max(np.abs(told[0].value[one] - told[1].value[two])) <= apart


def test_a_longer_range_is_clipped_to_what_is_out(sources: dict[str, Source]) -> None:
    source = sources["ree"]
    first = TOMORROW - timedelta(days=source.max_days - 1)
    window = Window(
        local_midnight(first, MARKET_ZONE), local_midnight(TOMORROW + timedelta(days=1), MARKET_ZONE)
    )
    assert len(source.fetch("pvpc", window, NIGHT)) == 24 * source.max_days
    assert len(source.fetch("pvpc", window, NOON)) == 24 * (source.max_days - 1)


def days(*series: str) -> SyncRequest:
    return SyncRequest(FIRST, TOMORROW, series or tuple(CATALOG))


def truth_of(sources: dict[str, Source], tmp_path: Path) -> dict[str, Series]:
    """The prices after a clean sync."""
    store = SqliteStore(tmp_path / "truth")
    report = sync(days(*PRICE_SERIES), store, sources, NIGHT)
    assert (report.failures, report.missing) == ([], 0)
    window = Window(NIGHT - timedelta(days=10), NIGHT + timedelta(days=3))
    return {key: store.read(key, window) for key in PRICE_SERIES}


def test_everything_is_synced_once(upstream: Upstream, tmp_path: Path, sources: dict[str, Source]) -> None:
    store = SqliteStore(tmp_path / "all")
    report = sync(days(), store, sources, NIGHT)
    assert report.failures == []
    assert report.changed > 5_000
    upstream.control("requests", method="DELETE")
    again = sync(days(), store, sources, NIGHT)
    assert (again.changed, again.failures) == (0, [])
    assert asked(upstream) <= 4
    sync(replace(days(), force=True), store, sources, NIGHT)
    forced = sync(replace(days(), force=True), store, sources, NIGHT)
    assert (forced.changed, forced.failures) == (0, [])


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("name", ["omie", "ree", "esios_archive"])
def test_a_provider_that_stays_wrong_harms_no_fresh_store(
    upstream: Upstream, tmp_path: Path, free: dict[str, Source], name: str, kind: str
) -> None:
    """Two sources of each price, so that one tells what is wrong with the other."""
    truth = truth_of(free, tmp_path)
    store = SqliteStore(tmp_path / "fresh")
    provider = PATHS[SOURCES[name].provider]
    upstream.control("faults", {"provider": provider, "kind": kind, "count": 0})
    report = sync(days(*PRICE_SERIES), store, free, NIGHT)
    assert report.missing == 0
    assert names_source(report, name)
    for key, rows in truth.items():
        stored = store.read(key, Window(NIGHT - timedelta(days=10), NIGHT + timedelta(days=3)))
        assert np.array_equal(stored.value, rows.value)


@pytest.fixture
def outage(upstream: Upstream) -> Iterator[Upstream]:
    upstream.control("faults", {"provider": "*", "kind": "http_500", "count": 0})
    yield upstream
    upstream.control("faults", method="DELETE")


def test_when_all_is_down_the_sync_ends_and_says_so(outage: Upstream, tmp_path: Path) -> None:
    store, hasty = SqliteStore(tmp_path / "fresh"), make(outage, HASTY)
    report = sync(SyncRequest(date(2025, 3, 1), TOMORROW), store, hasty, NIGHT)
    assert report.changed == 0
    assert {failure.source for failure in report.failures} == set(SOURCES)
    assert asked(outage) <= 3 * HASTY.tries * len(SOURCES), "three questions a source are enough"
    states = read_states(store)
    assert all(states[name].failing and states[name].since == NIGHT for name in SOURCES)
    outage.control("faults", method="DELETE")
    healed = sync(days(), store, make(outage), NIGHT + timedelta(minutes=15))
    assert healed.failures == []
    answered = {name for name, state in read_states(store).items() if not state.failing}
    assert answered >= {name for row in healed.series for text in row.by_source for name in text.split("+")}
    assert healed.changed > 5_000


def test_a_first_year_takes_few_requests_and_a_second_run_none(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "year")
    request = SyncRequest(date(2025, 2, 3), TOMORROW, PRICE_SERIES)
    steps: list[tuple[int, int]] = []
    report = sync(request, store, sources, NIGHT, lambda done, total, _: steps.append((done, total)))
    assert (report.failures, report.missing) == ([], 0)
    assert asked(upstream) <= 60
    assert steps[-1] == (2 * 402, 2 * 402)
    assert steps == sorted(steps)
    upstream.control("requests", method="DELETE")
    again = sync(request, store, sources, NIGHT)
    assert (again.changed, asked(upstream)) == (0, 0)
    forced = sync(replace(request, from_day=date(2026, 3, 1), force=True), store, sources, NIGHT)
    assert (forced.changed, forced.failures) == (0, [])


@pytest.mark.soak
def test_a_first_year_of_everything_takes_few_requests(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    report: SyncReport = sync(
        SyncRequest(date(2025, 3, 12), TOMORROW), SqliteStore(tmp_path / "year"), sources, NIGHT
    )
    assert report.failures == []
    assert asked(upstream) <= 200


def test_days_without_an_omie_file_come_from_ree(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "gap")
    request = SyncRequest(date(2025, 12, 18), date(2025, 12, 20), ("spot",))
    report = sync(request, store, {name: sources[name] for name in ("omie", "ree")}, NIGHT)
    assert report.missing == 0
    assert report.series[0].absent == {"omie": [date(2025, 12, 19)]}
    series = store.read("spot", day_window(date(2025, 12, 19), MARKET_ZONE))
    assert set(series.source) == {"ree"}
    assert np.all(np.ptp(series.value.reshape(-1, 4), axis=1) == 0)
    assert set(store.read("spot", day_window(date(2025, 12, 20), MARKET_ZONE)).source) == {"omie"}


PVPC_DAY = date(2025, 9, 10)


@pytest.mark.parametrize("keys", [False, True], ids=["free", "keyed"])
def test_a_correction_of_pvpc_is_seen_live(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source], free: dict[str, Source], keys: bool
) -> None:
    store = SqliteStore(tmp_path / "live")
    request = SyncRequest(date(2025, 9, 6), date(2025, 9, 10), ("pvpc",))
    changed = []
    for day, hour in ((9, 19), (12, 9), (12, 15)):
        now = datetime(2025, 9, day, hour, tzinfo=UTC)
        upstream.at(now.isoformat())
        changed.append(sync(request, store, sources if keys else free, now).series[0].corrected)
    assert changed[0] == 0
    assert changed[2] > 10
    noon_after = CATALOG["pvpc"].correction_seen(PVPC_DAY)
    first = store.read("pvpc", day_window(PVPC_DAY, MARKET_ZONE), noon_after - timedelta(seconds=1))
    final = store.read("pvpc", day_window(PVPC_DAY, MARKET_ZONE))
    assert set(first.source) == {"esios" if keys else "esios_archive"}
    assert np.max(np.abs(first.value - final.value)) > 50
    assert np.all(final.available_at[final.value != first.value] == epoch(noon_after))


def test_history_can_be_told_as_first_published(
    upstream: Upstream, tmp_path: Path, free: dict[str, Source]
) -> None:
    bulk, patient = SqliteStore(tmp_path / "bulk"), SqliteStore(tmp_path / "patient")
    request = SyncRequest(date(2025, 8, 1), date(2025, 9, 15), ("pvpc",))
    window = day_window(PVPC_DAY, MARKET_ZONE)
    sync(request, bulk, free, NIGHT)
    assert set(bulk.read("pvpc", window).source) == {"ree, read after corrections"}
    report = sync(replace(request, first_published=True), patient, free, NIGHT)
    assert report.series[0].corrected > 20
    due = CATALOG["pvpc"].due(PVPC_DAY)
    assert np.allclose(bulk.read("pvpc", window).value, patient.read("pvpc", window).value)
    assert not np.allclose(patient.read("pvpc", window, due).value, patient.read("pvpc", window).value)
    sync(replace(request, first_published=True, force=True), bulk, free, NIGHT)
    assert np.array_equal(bulk.read("pvpc", window, due).value, patient.read("pvpc", window, due).value)
    assert np.allclose(bulk.read("pvpc", window).value, patient.read("pvpc", window).value)


def test_clock_change_days_are_synced_whole(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "clock")
    for first, last in ((date(2025, 3, 29), date(2025, 3, 31)), (date(2025, 10, 25), date(2025, 10, 27))):
        report = sync(SyncRequest(first, last, PRICE_SERIES), store, sources, NIGHT)
        assert (report.failures, report.missing) == ([], 0)
        for day in days_between(first, last):
            for key in PRICE_SERIES:
                rows = store.read(key, day_window(day, MARKET_ZONE))
                assert len(rows) == day_slots(day, MARKET_ZONE, CATALOG[key].minutes(day))
