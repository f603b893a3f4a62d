"""The sync with small sources of its own: order, fallback, re-reading, interruption, report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable, UsageError
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL, PRICE_SERIES
from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.domain.publication import by_day, ever, published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.sync_series import SyncRequest, sync

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
TODAY = date(2026, 3, 10)
TOMORROW = TODAY + timedelta(days=1)
REQUEST = SyncRequest(TODAY - timedelta(days=5), TOMORROW, PRICE_SERIES)
MODEL = SampleSource(3)

Change = Callable[[date, np.ndarray], np.ndarray | None]


@dataclass
class Paper:
    """A source that tells the sample's prices as its own; `change` edits a day, None leaves it out."""

    name: str
    series: tuple[str, ...]
    max_days: int = 1
    change: Change = lambda _, value: value
    error: SourceError | None = None
    asked: list[tuple[str, date, date]] = field(default_factory=list)

    def reaches(self, key: str, now: datetime) -> Window:
        """All history."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The window's due days."""
        days = days_of(window, MARKET_ZONE)
        self.asked.append((key, days[0], days[-1]))
        if self.error:
            raise self.error
        truth = MODEL.fetch(key, window, now)
        starts: list[int] = []
        values: list[float] = []
        for day, rows in by_day(truth.start):
            edited = self.change(day, truth.value[rows].copy())
            if edited is not None:
                starts += truth.start[rows].tolist()[: len(edited)]
                values += edited.tolist()
        return published(key, starts, values, self.name)


def papers(**changes: object) -> dict[str, Source]:
    """The three price sources in their usual shapes."""
    return {
        "omie": Paper("omie", ("spot",)),
        "ree": Paper("ree", PRICE_SERIES, 31),
        "esios_archive": Paper("esios_archive", ("pvpc",)),
    }


def paper(sources: dict[str, Source], name: str) -> Paper:
    found = sources[name]
    assert isinstance(found, Paper)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def stored(store: Store, key: str, day: date) -> Series:
    return store.read(key, day_window(day, MARKET_ZONE))


def test_each_series_comes_from_its_preferred_source(store: Store) -> None:
    sources = papers()
    report = sync(REQUEST, store, sources, NOW)
    assert (report.failures, report.missing) == ([], 0)
    assert set(stored(store, "spot", TODAY).source) == {"omie"}
    assert set(stored(store, "pvpc", TODAY).source) == {"esios_archive"}
    assert report.series[0].by_source == {"omie": 7 * 96}
    assert report.changed == 7 * (96 + 24)


def test_many_missing_days_come_in_ranges(store: Store) -> None:
    sources = papers()
    sync(replace(REQUEST, from_day=date(2025, 9, 1), series=("pvpc",)), store, sources, NOW)
    assert len(paper(sources, "ree").asked) == 7
    assert all((last - first).days <= 30 for _, first, last in paper(sources, "ree").asked)


def test_a_second_run_asks_nothing_and_changes_nothing(store: Store) -> None:
    sources = papers()
    sync(REQUEST, store, sources, NOW)
    for source in sources.values():
        paper(sources, source.name).asked.clear()
    again = sync(REQUEST, store, sources, NOW + timedelta(hours=1))
    assert again.changed == 0
    assert [paper(sources, name).asked for name in sources] == [[], [], []]


def test_holes_are_looked_for_anew_only_after_a_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after a series; what another process closed meanwhile shows at the end."""
    looked: list[str] = []
    real = SqliteStore.holes
    monkeypatch.setattr(SqliteStore, "holes", lambda self, key, *a: looked.append(key) or real(self, key, *a))

    def other(day: date, value: np.ndarray) -> None:
        """The fallback has nothing, but another process has the day just then."""
        window = day_window(day, MARKET_ZONE)
        store.write(MODEL.fetch("spot", window, NOW))

    sources = papers()
    paper(sources, "omie").change = lambda day, value: None if day == TODAY else value
    paper(sources, "ree").change = other
    report = sync(replace(REQUEST, series=("spot",)), store, sources, NOW)
    assert (report.missing, len(stored(store, "spot", TODAY))) == (0, 96)
    assert len(looked) == 3, "at first, after what omie had, at the end"
    looked.clear()
    sync(REQUEST, store, sources, NOW + timedelta(hours=1))
    assert looked.count("spot") == 2


@pytest.mark.parametrize("error", [Unreachable("x", source="omie"), Refused("x", source="omie")])
def test_a_dead_source_is_asked_once_and_the_next_one_speaks(store: Store, error: SourceError) -> None:
    sources = papers()
    paper(sources, "omie").error = error
    report = sync(REQUEST, store, sources, NOW)
    assert len(paper(sources, "omie").asked) == 1
    assert report.missing == 0
    assert set(stored(store, "spot", TODAY).source) == {"ree"}
    failure = report.failures[0]
    assert (failure.source, failure.series, failure.reason) == ("omie", "spot", "x")
    assert failure.error == type(error).__name__


def test_a_source_that_cannot_be_read_is_left_alone_after_three(store: Store) -> None:
    sources = papers()
    paper(sources, "omie").error = Changed("odd", source="omie")
    report = sync(REQUEST, store, sources, NOW)
    assert len(paper(sources, "omie").asked) == 3
    assert report.missing == 0


def test_a_bad_day_is_refused_and_the_rest_kept(store: Store) -> None:
    sources = papers()

    def scaled(day: date, value: np.ndarray) -> np.ndarray:
        return value * 1000 if day == TODAY else value

    sources = {"ree": Paper("ree", PRICE_SERIES, 31, scaled)}
    report = sync(replace(REQUEST, series=("spot",)), store, sources, NOW)
    assert report.missing == 96
    assert report.series[0].missing_since == day_window(TODAY, MARKET_ZONE).start
    assert [(name, refusal.day) for name, refusal in report.series[0].refused] == [("ree", TODAY)]
    assert "1 day refused" in report.series[0].note
    assert "refused" in report.failures[0].reason


def test_what_nobody_has_stays_a_hole(store: Store) -> None:
    sources = {"omie": Paper("omie", ("spot",), 1, lambda day, value: None if day == TODAY else value)}
    report = sync(replace(REQUEST, series=("spot",)), store, sources, NOW)
    assert report.missing == 96
    assert report.series[0].absent == {"omie": [TODAY]}
    assert report.failures == []
    assert "1 day not at omie" in report.series[0].note


def test_yesterday_served_as_today_is_refused_even_on_an_empty_store(store: Store) -> None:
    def behind(day: date, value: np.ndarray) -> np.ndarray:
        eve = day_window(day - timedelta(days=1), MARKET_ZONE)
        return MODEL.fetch("spot", eve, NOW).value

    sources = papers()
    paper(sources, "omie").change = behind
    report = sync(replace(REQUEST, series=("spot",)), store, sources, NOW)
    assert report.missing == 0
    assert set(report.series[0].by_source) == {"ree"}
    assert len(report.series[0].refused) >= 7


def test_recent_days_are_compared_again_after_some_hours(store: Store) -> None:
    sources = papers()
    sync(REQUEST, store, sources, NOW)

    def corrected(day: date, value: np.ndarray) -> np.ndarray:
        return value + 3 if day == TODAY else value

    paper(sources, "omie").change = corrected
    assert sync(REQUEST, store, sources, NOW + timedelta(hours=5)).changed == 0
    later = NOW + timedelta(hours=7)
    report = sync(REQUEST, store, sources, later)
    assert (report.changed, report.series[0].corrected) == (96, 96)
    window = day_window(TODAY, MARKET_ZONE)
    before = store.read("spot", window, later - timedelta(seconds=1))
    assert np.allclose(stored(store, "spot", TODAY).value, before.value + 3)
    assert sync(REQUEST, store, sources, later).changed == 0


def test_after_a_long_pause_all_days_since_are_compared(store: Store) -> None:
    sources = papers()
    sync(REQUEST, store, sources, NOW)
    paper(sources, "ree").asked.clear()
    away = NOW + timedelta(days=10)
    sync(replace(REQUEST, to_day=TOMORROW + timedelta(days=10)), store, sources, away)
    compared = [(first, last) for key, first, last in paper(sources, "ree").asked if key == "pvpc"]
    assert compared[-1] == (TODAY - timedelta(days=3), TOMORROW + timedelta(days=10))


def test_a_correction_missed_while_away_is_found(store: Store) -> None:
    sources = papers()
    paper(sources, "ree").change = lambda day, value: value + 7 if day == TODAY else value
    late = NOW + timedelta(days=20)
    report = sync(replace(REQUEST, series=("pvpc",)), store, sources, late)
    assert report.series[0].corrected == 24
    latest = stored(store, "pvpc", TODAY)
    assert set(latest.source) == {"ree, correction time assumed"}
    assert set(latest.available_at) == {epoch(CATALOG["pvpc"].correction_seen(TODAY))}


def test_quarters_replace_hourly_means_once_they_can_be_had(store: Store) -> None:
    sources = papers()
    paper(sources, "ree").change = lambda _, value: np.repeat(value.reshape(-1, 4).mean(axis=1), 4)
    paper(sources, "omie").error = Unreachable("down", source="omie")
    spot = replace(REQUEST, series=("spot",))
    sync(spot, store, sources, NOW)
    assert set(stored(store, "spot", TOMORROW).source) == {"ree"}
    paper(sources, "omie").error = None
    report = sync(spot, store, sources, NOW + timedelta(minutes=15))
    assert report.changed > 0
    assert set(stored(store, "spot", TOMORROW).source) == {"omie"}
    due = CATALOG["spot"].due(TOMORROW)
    assert np.all(stored(store, "spot", TOMORROW).available_at == epoch(due))
    assert sync(spot, store, sources, NOW + timedelta(hours=7)).changed == 0


def test_an_interrupted_sync_is_continued(store: Store) -> None:
    sources = papers()

    def stop(day: date, value: np.ndarray) -> np.ndarray:
        if day == TODAY:
            raise KeyboardInterrupt
        return value

    paper(sources, "omie").change = stop
    with pytest.raises(KeyboardInterrupt):
        sync(REQUEST, store, sources, NOW)
    assert len(stored(store, "spot", TODAY - timedelta(days=1))) == 96
    sources = papers()
    report = sync(REQUEST, store, sources, NOW)
    assert report.missing == 0
    asked = {first for key, first, _ in paper(sources, "omie").asked if key == "spot"}
    assert TODAY - timedelta(days=5) not in asked


def test_progress_rises_to_its_end(store: Store) -> None:
    seen: list[tuple[int, int, str]] = []
    sync(replace(REQUEST, series=tuple(CATALOG)), store, papers(), NOW, lambda *step: seen.append(step))
    assert [step[0] for step in seen] == sorted(step[0] for step in seen)
    assert seen[-1][:2] == (14, 14)
    assert "omie" in seen[0][2]


def test_the_report_is_json(store: Store) -> None:
    sources = papers()
    paper(sources, "omie").error = Unreachable("no answer in time", source="omie")
    report = sync(REQUEST, store, sources, NOW)
    told = json.loads(json.dumps(report.to_json()))
    assert told["changed"] == report.changed
    assert told["missing"] == 0
    assert [row["series"] for row in told["series"]] == ["spot", "pvpc"]
    assert told["failures"][0]["reason"] == "no answer in time"


def test_wrong_requests_are_said_so(store: Store) -> None:
    with pytest.raises(UsageError, match="no series 'wine'"):
        sync(replace(REQUEST, series=("wine",)), store, papers(), NOW)
    with pytest.raises(UsageError, match="before the first"):
        sync(replace(REQUEST, to_day=date(2020, 1, 1)), store, papers(), NOW)


def test_nothing_is_asked_from_before_a_series_began(store: Store) -> None:
    sources = papers()
    request = SyncRequest(date(2021, 5, 1), date(2021, 6, 3), ("pvpc",))
    sync(request, store, sources, NOW)
    firsts = [first for name in sources for _, first, _ in paper(sources, name).asked]
    assert min(firsts) == date(2021, 6, 1)


WEATHER = ("temperature_forecast", "humidity_forecast")


@dataclass
class Sky:
    """A source of the sample's weather."""

    name: str = "open_meteo"
    series: tuple[str, ...] = WEATHER
    max_days: int = 16
    factor: float = 1.0
    asked: int = 0

    def reaches(self, key: str, now: datetime) -> Window:
        """Sixteen days from now."""
        return Window(now, now + timedelta(days=16))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The window's hours from now on."""
        self.asked += 1
        series = MODEL.fetch(key, window, now)
        return replace(series, value=series.value * self.factor)


def test_weather_is_fetched_when_the_stored_one_is_old(store: Store) -> None:
    sky = Sky()
    request = replace(REQUEST, series=WEATHER)
    assert sync(request, store, {"open_meteo": sky}, NOW).changed > 600
    for hours, asked in ((1, 2), (5.9, 2), (6.1, 4), (-5, 6)):
        sync(request, store, {"open_meteo": sky}, NOW + timedelta(hours=hours))
        assert sky.asked == asked
    sync(replace(request, force=True), store, {"open_meteo": sky}, NOW)
    assert sky.asked == 8


def test_weather_that_is_refused_is_told_and_asked_again(store: Store) -> None:
    sky = Sky(factor=1000.0)
    request = replace(REQUEST, series=WEATHER)
    report = sync(request, store, {"open_meteo": sky}, NOW)
    assert (report.changed, len(report.failures)) == (0, 1)
    sky.factor = 1.0
    assert sync(request, store, {"open_meteo": sky}, NOW).changed > 600


def test_the_sample_fills_a_store_of_its_own(store: Store) -> None:
    request = SyncRequest(date(2025, 12, 1), TOMORROW)
    sample: dict[str, Source] = {"sample": SampleSource()}
    report = sync(request, store, sample, NOW)
    assert (report.failures, report.missing) == ([], 0)
    assert {str(o) for key in ESSENTIAL for o in stored(store, key, TODAY).origin} == {"sample"}
    assert {str(s) for key in ESSENTIAL for s in stored(store, key, TODAY).source} == {"sample"}
    assert sync(request, store, sample, NOW).changed == 0
