"""The archive of forecasts as issued through real sockets, beside the other providers, into a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.ports import Source
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.sources import build_sources
from chocolate_factory.infrastructure.sources.site import Access
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.sync_series import SyncRequest, sync
from tests.conftest import Upstream
from tests.contracts.source_world import PATHS, PATIENT, SITE
from tests.runs_server import RunsServer, runs_server

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
LIVE, PAST = "open_meteo", "open_meteo_runs"


@pytest.fixture
def runs() -> Iterator[RunsServer]:
    """The archive's server."""
    with runs_server() as server:
        yield server


@pytest.fixture
def sources(upstream: Upstream, runs: RunsServer) -> dict[str, Source]:
    """Open-Meteo's forecast of the stand-in, and the archive of forecasts."""
    accesses = {name: Access(f"{upstream.url}/{path}", "-") for name, path in PATHS.items()}
    every = build_sources(accesses | {PAST: Access(runs.url)}, SITE, PATIENT, lambda _: None)
    return {name: every[name] for name in (LIVE, PAST)}


def test_it_is_what_it_says(sources: dict[str, Source]) -> None:
    source = sources[PAST]
    assert source.name == PAST
    assert set(source.series) < set(sources[LIVE].series)
    reach = source.reaches(source.series[0], NOW)
    assert NOW - timedelta(days=3) < reach.end < NOW


def test_history_and_present_make_one_series(
    tmp_path: Path, sources: dict[str, Source], runs: RunsServer
) -> None:
    store, keys = SqliteStore(tmp_path / "store"), sources[PAST].series
    request = SyncRequest(date(2026, 2, 1), date(2026, 3, 11), keys)
    report = sync(request, store, sources, NOW)
    assert report.failures == []
    assert len(runs.asked) == 2 * 3
    assert all(set(row.by_source) == {LIVE, PAST} for row in report.series)
    gate = datetime(2026, 2, 15, 12, 30, tzinfo=UTC)
    for key in keys:
        past = store.read(key, Window(gate, gate + timedelta(days=6)), gate)
        assert len(past) == 6 * 24
        assert set(past.source) == {PAST}
        assert np.all(past.available_at <= epoch(gate))
        ahead = store.read(key, Window(NOW, NOW + timedelta(days=7)), NOW)
        assert set(ahead.source) == {LIVE}
    assert sync(request, store, sources, NOW).changed == 0
    assert len(runs.asked) == 6


def test_days_before_the_archive_began_are_left_out(
    tmp_path: Path, sources: dict[str, Source], runs: RunsServer
) -> None:
    store, key = SqliteStore(tmp_path / "store"), "madrid_temperature_forecast"
    request = SyncRequest(date(2023, 12, 1), date(2024, 1, 31), (key,))
    report = sync(request, store, {PAST: sources[PAST]}, NOW)
    assert report.failures == []
    assert [query["start_date"] for query in runs.asked] == ["2024-01-28", "2024-01-01"]
    span = store.span(key)
    assert span is not None
    assert span.start == datetime(2024, 1, 11, tzinfo=UTC)


def test_a_provider_without_it_harms_nothing(
    tmp_path: Path, sources: dict[str, Source], runs: RunsServer
) -> None:
    runs.status = 404
    store, keys = SqliteStore(tmp_path / "store"), sources[PAST].series
    report = sync(SyncRequest(date(2026, 2, 1), date(2026, 3, 11), keys), store, sources, NOW)
    assert [(failure.source, failure.reason) for failure in report.failures] == [(PAST, "answered 404")]
    assert all(row.by_source == {LIVE: row.changed} and row.changed > 300 for row in report.series)
    assert len(runs.asked) == 1
