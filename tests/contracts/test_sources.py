"""Every source of the registry against the stand-in providers: whole days, clock changes, every fault."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE, PRICE_SERIES
from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.slots import Window, day_slots, day_window, days_between, epoch, local_midnight
from chocolate_factory.domain.validation import inspect
from chocolate_factory.infrastructure.http import Limits
from chocolate_factory.infrastructure.sources import SOURCES, build_sources
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from tests.conftest import Upstream

LIMITS = Limits(connect_s=1, read_s=0.15, total_s=0.5, wait_s=0.001, per_second=1e6, burst=10_000)
PATIENT = replace(LIMITS, read_s=10, total_s=30)
PLACE = (38.0952, -3.6365)
PATHS = {"omie": "omie", "ree": "ree", "esios": "esios", "open_meteo": "open-meteo"}
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
NIGHT = datetime(2026, 3, 10, 20, tzinfo=UTC)
TOMORROW = date(2026, 3, 11)
FIRST = date(2026, 3, 6)
PAIRS = [(name, key) for name, entry in SOURCES.items() for key in entry.build(None, PLACE).series]  # type: ignore[arg-type]
PRICE_PAIRS = [(name, key) for name, key in PAIRS if key in PRICE_SERIES]


def make(upstream: Upstream, limits: Limits = LIMITS) -> dict[str, Source]:
    addresses = {name: f"{upstream.url}/{path}" for name, path in PATHS.items()}
    return build_sources(addresses, PLACE, limits, lambda _: None)


@pytest.fixture
def sources(upstream: Upstream) -> dict[str, Source]:
    """Sources that give up quickly and wait for nothing; slow machines get time for plain answers."""
    return make(upstream, PATIENT)


def asked(upstream: Upstream) -> int:
    return len(upstream.control("requests")["requests"])


@pytest.mark.parametrize(("name", "key"), PRICE_PAIRS)
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


@pytest.mark.parametrize(("name", "key"), PRICE_PAIRS)
def test_a_day_that_is_late_is_left_out(
    upstream: Upstream, sources: dict[str, Source], name: str, key: str
) -> None:
    upstream.at("2026-03-10T12:00:00+01:00")
    assert len(sources[name].fetch(key, day_window(TOMORROW, MARKET_ZONE), NIGHT)) == 0


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_a_source_is_what_it_says(sources: dict[str, Source], name: str, key: str) -> None:
    source = sources[name]
    assert source.name == name
    assert source.max_days >= 1
    assert key in CATALOG


@pytest.mark.parametrize("key", PRICE_SERIES)
def test_sources_agree(sources: dict[str, Source], key: str) -> None:
    day = date(2026, 2, 3)
    told = [s.fetch(key, day_window(day, MARKET_ZONE), NIGHT) for s in sources.values() if key in s.series]
    assert len(told) == 2
    assert np.allclose(told[0].value, told[1].value, atol=0.0051)


def test_a_longer_range_is_clipped_to_what_is_out(sources: dict[str, Source]) -> None:
    source = sources["ree"]
    first = TOMORROW - timedelta(days=source.max_days - 1)
    window = Window(
        local_midnight(first, MARKET_ZONE), local_midnight(TOMORROW + timedelta(days=1), MARKET_ZONE)
    )
    assert len(source.fetch("pvpc", window, NIGHT)) == 24 * source.max_days
    assert len(source.fetch("pvpc", window, NOON)) == 24 * (source.max_days - 1)


@pytest.mark.parametrize("key", SOURCES["open_meteo"].build(None, PLACE).series)  # type: ignore[arg-type]
def test_weather_is_forecast_for_sixteen_days(sources: dict[str, Source], key: str) -> None:
    now = NIGHT + timedelta(minutes=10)
    series = sources["open_meteo"].fetch(key, Window(NOON, now + timedelta(days=17)), now)
    assert series.start[0] == epoch(NIGHT)
    assert len(series) == 16 * 24 - 20
    assert np.all(series.available_at == epoch(now))


def days(last: date = TOMORROW) -> SyncRequest:
    return SyncRequest(FIRST, last)


def everything(store: Store) -> dict[str, Series]:
    window = Window(
        local_midnight(FIRST - timedelta(days=3), MARKET_ZONE), local_midnight(date(2026, 4, 1), MARKET_ZONE)
    )
    return {key: store.read(key, window) for key in CATALOG}


@pytest.fixture(scope="module")
def prepared(upstream_server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two stores: as it was at noon, before anything of tomorrow was out, and the truth at night."""
    folder = tmp_path_factory.mktemp("prepared")
    upstream_server.at("2026-03-10T12:00:00+01:00")
    patient = make(upstream_server, PATIENT)
    report = sync(days(), SqliteStore(folder / "noon"), patient, NOON)
    assert report.failures == []
    upstream_server.at("2026-03-10T21:00:00+01:00")
    shutil.copy(folder / "noon", folder / "night")
    report = sync(days(), SqliteStore(folder / "night"), patient, NIGHT)
    assert (report.failures, report.missing) == ([], 0)
    return folder / "noon", folder / "night"


@pytest.fixture
def noon(prepared: tuple[Path, Path], tmp_path: Path) -> Store:
    shutil.copy(prepared[0], tmp_path / "store")
    return SqliteStore(tmp_path / "store")


@pytest.fixture
def truth(prepared: tuple[Path, Path]) -> dict[str, Series]:
    return everything(SqliteStore(prepared[1]))


def holds_only_truth(store: Store, truth: dict[str, Series]) -> bool:
    """Whether every stored price is the true one; forecasts of weather may be the older ones."""
    for key, series in everything(store).items():
        if key in PRICE_SERIES:
            rows = np.searchsorted(truth[key].start, series.start)
            assert np.all(truth[key].start[rows] == series.start), key
            assert np.all(truth[key].value[rows] == series.value), key
        else:
            assert np.all((series.value > -10) & (series.value <= 100)), key
            assert len(series) == 0 or np.ptp(series.value) > 1, key
    return True


RETRIED = ("http_408", "http_429", "http_500", "http_503", "slow", "hang", "connection_reset")
ONCE = (
    *("http_400", "http_401", "http_404", "http_403_html", "ok_html", "ok_error_json", "empty_body"),
    *("truncated_json", "wrong_charset", "bad_gzip", "oversize"),
)
DATA = ("partial_day", "duplicate_hour", "stale_day", "scaled_1000", "flat", "nulls", "zeros")
PARAMS = {
    "slow": {"delay_s": 0.5},
    "hang": {"max_s": 0.5},
    "oversize": {"max_mb": 9},
    "http_429": {"retry_after": 1},
    "http_503": {"retry_after": 4000},
}
DRIP = ("slow", {"delay_s": 4, "drip": True})
CASES = [(kind, PARAMS.get(kind, {})) for kind in (*RETRIED, *ONCE, *DATA)] + [DRIP]


def inject(upstream: Upstream, name: str, kind: str, params: object, count: int | None = None) -> None:
    provider = PATHS[SOURCES[name].provider]
    count = count if count is not None else 3 if kind in RETRIED or kind.startswith("http_4") else 1
    upstream.control("faults", {"provider": provider, "kind": kind, "count": count, "params": params})


def seen(report: SyncReport, name: str) -> bool:
    """Whether the report names the source as one that failed or had nothing."""
    return any(failure.source == name for failure in report.failures) or any(
        name in row.absent for row in report.series
    )


def unseen(name: str, kind: str) -> bool:
    """What cannot be told from a good answer: a forecast of weather that is a day old, issued anew."""
    return name == "open_meteo" and kind == "stale_day"


@pytest.mark.parametrize(
    ("kind", "params"), CASES, ids=[f"{k}{'-drip' if p == DRIP[1] else ''}" for k, p in CASES]
)
@pytest.mark.parametrize("name", SOURCES)
def test_a_fault_stores_nothing_wrong_is_seen_and_heals(
    upstream: Upstream, noon: Store, truth: dict[str, Series], name: str, kind: str, params: object
) -> None:
    alone = {name: make(upstream)[name]}
    patient = {name: make(upstream, PATIENT)[name]}
    request = replace(days(), series=alone[name].series)
    inject(upstream, name, kind, params)
    report = sync(request, noon, alone if kind in RETRIED else patient, NIGHT)
    assert seen(report, name) or unseen(name, kind)
    assert holds_only_truth(noon, truth)
    upstream.control("faults", method="DELETE")
    healed = sync(request, noon, patient, NIGHT)
    assert (healed.failures, healed.missing) == ([], 0)
    assert holds_only_truth(noon, truth)
    assert sync(request, noon, patient, NIGHT).changed == 0


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("name", ["omie", "ree", "esios_archive"])
def test_a_provider_that_stays_wrong_harms_no_fresh_store(
    upstream: Upstream,
    tmp_path: Path,
    sources: dict[str, Source],
    truth: dict[str, Series],
    name: str,
    kind: str,
) -> None:
    store = SqliteStore(tmp_path / "fresh")
    inject(upstream, name, kind, {}, 0)
    report = sync(replace(days(), series=PRICE_SERIES), store, sources, NIGHT)
    assert report.missing == 0
    assert holds_only_truth(store, truth)
    assert seen(report, name)


def test_when_all_is_down_the_sync_ends_and_says_so(
    upstream: Upstream, tmp_path: Path, truth: dict[str, Series]
) -> None:
    store = SqliteStore(tmp_path / "fresh")
    upstream.control("faults", {"provider": "*", "kind": "http_500", "count": 0})
    report = sync(SyncRequest(date(2025, 3, 1), TOMORROW), store, make(upstream), NIGHT)
    assert report.changed == 0
    assert {failure.source for failure in report.failures} == set(SOURCES)
    assert asked(upstream) == 3 * len(SOURCES)
    upstream.control("faults", method="DELETE")


def test_a_first_year_takes_few_requests_and_a_second_run_none(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "year")
    request = SyncRequest(date(2025, 2, 3), TOMORROW)
    steps: list[tuple[int, int]] = []
    report = sync(request, store, sources, NIGHT, lambda done, total, _: steps.append((done, total)))
    assert (report.failures, report.missing) == ([], 0)
    assert asked(upstream) <= 60
    assert steps[-1] == (2 * 402 + 2, 2 * 402 + 2)
    assert steps == sorted(steps)
    upstream.control("requests", method="DELETE")
    again = sync(request, store, sources, NIGHT)
    assert (again.changed, asked(upstream)) == (0, 0)
    forced = sync(
        replace(request, from_day=date(2026, 3, 1), force=True, series=PRICE_SERIES), store, sources, NIGHT
    )
    assert (forced.changed, forced.failures) == (0, [])


def test_days_without_an_omie_file_come_from_ree(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "gap")
    request = SyncRequest(date(2025, 12, 18), date(2025, 12, 20), ("spot",))
    report = sync(request, store, sources, NIGHT)
    assert report.missing == 0
    assert report.series[0].absent == {"omie": [date(2025, 12, 19)]}
    series = store.read("spot", day_window(date(2025, 12, 19), MARKET_ZONE))
    assert set(series.source) == {"ree"}
    assert np.all(np.ptp(series.value.reshape(-1, 4), axis=1) == 0)
    assert set(store.read("spot", day_window(date(2025, 12, 20), MARKET_ZONE)).source) == {"omie"}


PVPC_DAY = date(2025, 9, 10)


def test_a_correction_of_pvpc_is_seen_live(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    store = SqliteStore(tmp_path / "live")
    request = SyncRequest(date(2025, 9, 6), date(2025, 9, 10), ("pvpc",))
    changed = []
    for day, hour in ((9, 19), (12, 9), (12, 15)):
        now = datetime(2025, 9, day, hour, tzinfo=UTC)
        upstream.at(now.isoformat())
        changed.append(sync(request, store, sources, now).series[0].corrected)
    assert changed[0] == 0
    assert changed[2] > 10
    noon_after = CATALOG["pvpc"].correction_seen(PVPC_DAY)
    first = store.read("pvpc", day_window(PVPC_DAY, MARKET_ZONE), noon_after - timedelta(seconds=1))
    final = store.read("pvpc", day_window(PVPC_DAY, MARKET_ZONE))
    assert set(first.source) == {"esios_archive"}
    assert np.max(np.abs(first.value - final.value)) > 50
    assert np.all(final.available_at[final.value != first.value] == epoch(noon_after))


def test_history_can_be_told_as_first_published(
    upstream: Upstream, tmp_path: Path, sources: dict[str, Source]
) -> None:
    bulk, patient = SqliteStore(tmp_path / "bulk"), SqliteStore(tmp_path / "patient")
    request = SyncRequest(date(2025, 8, 1), date(2025, 9, 15), ("pvpc",))
    window = day_window(PVPC_DAY, MARKET_ZONE)
    sync(request, bulk, sources, NIGHT)
    assert set(bulk.read("pvpc", window).source) == {"ree, read after corrections"}
    report = sync(replace(request, first_published=True), patient, sources, NIGHT)
    assert report.series[0].corrected > 20
    due = CATALOG["pvpc"].due(PVPC_DAY)
    assert np.allclose(bulk.read("pvpc", window).value, patient.read("pvpc", window).value)
    assert not np.allclose(patient.read("pvpc", window, due).value, patient.read("pvpc", window).value)
    sync(replace(request, first_published=True, force=True), bulk, sources, NIGHT)
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
