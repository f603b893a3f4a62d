"""Outages and single bad values: what one source or day does wrong holds up no other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import Refused, SourceError, Unreachable
from chocolate_factory.domain.catalog import CATALOG, CLIMATE, SITE_OBSERVED
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.attempts import read_ledger
from chocolate_factory.services.sync_series import SyncRequest, sync
from tests.services.papers import Paper

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
FIRST, TODAY = date(2026, 2, 20), date(2026, 3, 10)
QUARTER = timedelta(minutes=15)
DAYS = set(days_of(Window(NOW - timedelta(days=40), NOW), "Europe/Madrid"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


@dataclass
class Sky:
    """An archive or station of several quantities that follow smooth curves; `bad` days get one odd value."""

    name: str
    series: tuple[str, ...]
    max_days: int = 366
    back: timedelta = timedelta(days=4000)
    until: timedelta = timedelta(0)
    bad: set[date] = field(default_factory=set)
    error: SourceError | None = None
    asked: list[str] = field(default_factory=list)

    def reaches(self, key: str, now: datetime) -> Window:
        """Some time back."""
        return Window(now - self.back, now + self.until)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Due slots of the window within reach."""
        self.asked.append(key)
        if self.error:
            raise self.error
        info = CATALOG[key]
        reach = self.reaches(key, now)
        starts = info.expected(window, now)
        starts = starts[(starts >= epoch(reach.start)) & (starts < epoch(reach.end))]
        hours = starts / 3600
        share = 0.5 + 0.3 * np.sin(hours / 3.9) + 0.1 * np.sin(hours / 29.0 + len(key))
        low, high = {"pressure": (930, 980), "humidity": (20, 90)}.get(key, (2, 20))
        values = np.round(low + share * (high - low), 2)
        for day in self.bad:
            values[starts == epoch(day_window(day, info.zone).start)] = 5000.0
        return published(key, starts.tolist(), values.tolist(), self.name, Origin.MEASURED)


def request(series: tuple[str, ...]) -> SyncRequest:
    return SyncRequest(FIRST, TODAY, series)


def test_an_outage_is_no_attempt_of_any_series(store: Store) -> None:
    archive = Sky(
        "open_meteo_archive", SITE_OBSERVED, error=Unreachable("answered 503", source="x", answered=True)
    )
    sync(request(SITE_OBSERVED), store, {"open_meteo_archive": archive}, NOW)
    assert all(read_ledger(store, key).days == {} for key in SITE_OBSERVED)
    archive.error = None
    report = sync(request(SITE_OBSERVED), store, {"open_meteo_archive": archive}, NOW + QUARTER)
    assert report.missing == 0


def test_one_bad_value_costs_one_day_not_the_whole_answer(store: Store) -> None:
    archive = Sky("open_meteo_archive", SITE_OBSERVED, bad={date(2026, 3, 1)})
    report = sync(request(SITE_OBSERVED), store, {"open_meteo_archive": archive}, NOW)
    assert {row.missing for row in report.series} == {24}
    assert [refusal.day for _, refusal in report.series[0].refused] == [date(2026, 3, 1)]
    archive.bad.clear()
    assert sync(request(SITE_OBSERVED), store, {"open_meteo_archive": archive}, NOW + QUARTER).missing == 0


def test_mostly_bad_answers_are_refused_whole(store: Store) -> None:
    archive = Sky("open_meteo_archive", SITE_OBSERVED, bad=DAYS - {TODAY})
    assert sync(request(SITE_OBSERVED), store, {"open_meteo_archive": archive}, NOW).changed == 0


def test_a_failing_source_does_not_make_the_others_be_asked_for_ever(store: Store) -> None:
    esios = Paper("esios", ("demand",), error=Refused("answered 403", source="esios"))
    ree = Paper(
        "ree_system", ("demand",), gaps=set(days_of(Window(NOW - timedelta(days=40), NOW), "Europe/Madrid"))
    )
    sources = {"esios": esios, "ree_system": ree}
    sync(request(("demand",)), store, sources, NOW)
    first = len(ree.asked)
    for quarter in range(1, 4):
        sync(replace(request(("demand",)), reread_hours=1e6), store, sources, NOW + quarter * QUARTER)
    late = [entry for entry in ree.asked[first:] if entry[1] < TODAY - timedelta(days=1)]
    assert late == [], "days that ree had nothing of wait, whatever esios does"
    assert len(esios.asked) == 4
    esios.error = None
    assert sync(request(("demand",)), store, sources, NOW + 4 * QUARTER).missing == 0


def test_a_new_source_is_asked_for_days_that_wait(store: Store) -> None:
    alone = {"ree_system": Paper("ree_system", ("demand",), gaps=DAYS)}
    for hour in (0, 1, 4, 13):
        sync(request(("demand",)), store, alone, NOW + timedelta(hours=hour))
    both = {**alone, "esios": Paper("esios", ("demand",))}
    now = NOW + timedelta(hours=13, minutes=15)
    assert sync(request(("demand",)), store, both, now).missing == 0


def test_a_server_error_on_one_series_leaves_the_others_of_the_source(store: Store) -> None:
    @dataclass
    class Half(Paper):
        """A source whose demand is a server's error."""

        def fetch(self, key: str, window: Window, now: datetime) -> Series:
            if key == "demand":
                raise Unreachable("answered 500", source=self.name, answered=True)
            return super().fetch(key, window, now)

    series = ("demand", "demand_forecast", "wind_forecast")
    report = sync(request(series), store, {"esios": Half("esios", series)}, NOW)
    assert {row.series: row.missing for row in report.series if row.series != "demand"} == {
        "demand_forecast": 0,
        "wind_forecast": 0,
    }
    assert [failure.series for failure in report.failures] == ["demand"]


def test_a_reading_of_the_hour_before_is_not_this_hours(store: Store) -> None:
    @dataclass
    class Reader(Sky):
        """One reading, some minutes old, of the hour that contains it."""

        age: timedelta = timedelta(minutes=5)

        def fetch(self, key: str, window: Window, now: datetime) -> Series:
            self.asked.append(key)
            at = epoch(now - self.age) // 3600 * 3600
            value = {"pressure": 950.0, "humidity": 60.0}.get(key, 11.0) + len(self.asked) / 10
            told = published(key, [at], [value], self.name, Origin.MEASURED)
            return replace(told, available_at=np.array([epoch(now)]))

    reader = Reader("openweathermap", ("temperature",), back=timedelta(hours=2), until=timedelta(hours=1))
    for minutes in (0, 2, 17, 32, 62, 77):
        now = NOW + timedelta(minutes=minutes)
        sync(request(("temperature",)), store, {"openweathermap": reader}, now)
    known = store.read("temperature", Window(NOW - timedelta(hours=2), NOW + timedelta(hours=3)))
    assert [(at - epoch(NOW)) // 3600 for at in known.start.tolist()] == [-1, 0, 1]


def test_climate_days_are_judged_one_by_one(store: Store) -> None:
    station = Sky("aemet_climate", ("climate_rain", "climate_wind_speed"), 180, bad={date(2026, 2, 25)})
    series = tuple(key for key in CLIMATE if key in station.series)
    report = sync(request(series), store, {"aemet_climate": station}, NOW)
    assert {row.missing for row in report.series} == {1}
