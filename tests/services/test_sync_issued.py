"""History of forecasts as issued: what is asked once, what stays, and that a failure leaves all else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable
from chocolate_factory.domain.issues import borrowed, by_days_ahead, days_in, spans_of
from chocolate_factory.domain.ports import Ports, Source
from chocolate_factory.domain.series import Origin, Series, concat, empty
from chocolate_factory.domain.slots import Window, day_window, epoch
from chocolate_factory.services.check_data import check_data, summary
from chocolate_factory.services.check_setup import check_setup
from chocolate_factory.services.source_states import read_states
from chocolate_factory.services.sync_issued import read_issued
from chocolate_factory.services.sync_report import SyncReport
from chocolate_factory.services.sync_series import SyncRequest, sync
from tests.services.papers import Paper, world

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
FIRST, LAST, TOLD = date(2026, 2, 1), date(2026, 3, 11), date(2026, 3, 7)
WIND, HEAT = "burgos_wind_speed_forecast", "madrid_temperature_forecast"
KEYS = (WIND, HEAT)
ZONE = "Europe/Madrid"
HOUR = timedelta(hours=1)


def row(key: str, start: np.ndarray, value: np.ndarray, known: np.ndarray, name: str) -> Series:
    count = len(start)
    texts = np.full(count, str(Origin.FORECAST)), np.full(count, name)
    return Series(key, start, np.full(count, 60, np.int64), value, known, *texts)


def forecast(key: str, start: np.ndarray, days: int) -> np.ndarray:
    """A plausible value for each hour; every forecast of it differs a little."""
    hours = start / 3600
    wave = 15 + 3 * np.sin(hours / 13.7) + np.cos(hours / 3.1 + len(key))
    return np.asarray(wave + (0.2 + 0.1 * np.sin(hours)) * days)


@dataclass
class Archive:
    """Forecasts of one to seven days before each hour, up to two days ago."""

    name: str = "open_meteo_runs"
    series: tuple[str, ...] = KEYS
    max_days: int = 28
    error: SourceError | None = None
    odd: set[date] = field(default_factory=set)
    nothing: bool = False
    leads: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    told_as: dict[int, int] = field(default_factory=dict)
    asked: list[tuple[str, Window]] = field(default_factory=list)

    def reaches(self, key: str, now: datetime) -> Window:
        """From 2024 on."""
        return Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """All leads of the window's hours."""
        self.asked.append((key, window))
        if self.error:
            raise self.error
        if self.nothing:
            return empty(key)
        start = window.starts(60)
        parts = []
        for lead in self.leads:
            value = forecast(key, start, self.told_as.get(lead, lead))
            for day in self.odd:
                wrong = day_window(day, ZONE)
                value[(start >= epoch(wrong.start)) & (start < epoch(wrong.end))] = 333.0
            parts.append(row(key, start, value, start - 86400 * lead + 43200, self.name))
        return concat(parts)


@dataclass
class Ahead:
    """A forecast of the next 16 days."""

    name: str = "open_meteo"
    series: tuple[str, ...] = KEYS
    max_days: int = 16
    asked: int = 0

    def reaches(self, key: str, now: datetime) -> Window:
        """16 days from the hour that goes on."""
        start = now.replace(minute=0)
        return Window(start, start + timedelta(days=16))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The hours to come."""
        self.asked += 1
        start = self.reaches(key, now).starts(60)
        return row(key, start, forecast(key, start, 1), np.full(len(start), epoch(now)), self.name)


def build(folder: Path, *sources: Source) -> Ports:
    return world(folder, *sources, now=NOW)  # type: ignore[arg-type]


def run(ports: Ports, now: datetime = NOW, first: date = FIRST, **also: bool) -> SyncReport:
    request = SyncRequest(first, LAST, KEYS, **also)  # type: ignore[arg-type]
    return sync(request, ports.store, ports.sources, now)


def hours_of(first: date, last: date) -> int:
    return Window(day_window(first, ZONE).start, day_window(last, ZONE).end).slot_count(60)


def test_history_is_filled_once(tmp_path: Path) -> None:
    archive = Archive()
    ports = build(tmp_path, archive)
    report = run(ports)
    hours = hours_of(FIRST, TOLD)
    assert report.failures == []
    assert report.changed == 2 * 7 * hours
    assert report.series[0].by_source == {"open_meteo_runs": 7 * hours}
    assert read_issued(ports.store, archive.name, WIND) == (days_in([(FIRST, TOLD)]), None)
    archive.asked.clear()
    assert run(ports, NOW + timedelta(days=30)).changed == 0
    assert archive.asked == []


def test_a_gate_sees_what_was_forecast_then(tmp_path: Path) -> None:
    ports = build(tmp_path, Archive())
    run(ports)
    gate = datetime(2026, 2, 15, 12, 30, tzinfo=UTC)
    window = Window(gate + timedelta(hours=11), gate + timedelta(days=7))
    seen = ports.store.read(HEAT, window, gate)
    assert np.all(seen.available_at <= epoch(gate))
    leads = np.ceil((seen.start - epoch(gate) + 43200) / 86400).astype(int)
    for lead in range(1, 8):
        there = leads == lead
        assert np.allclose(seen.value[there], forecast(HEAT, seen.start[there], lead))
    assert int(seen.start.max()) == epoch(gate) // 3600 * 3600 + 156 * 3600


def test_long_history_comes_in_chunks_the_newest_first(tmp_path: Path) -> None:
    archive = Archive()
    run(build(tmp_path, archive), first=date(2025, 12, 1))
    starts = [window.start for key, window in archive.asked if key == WIND]
    assert len(starts) == 4
    assert starts == sorted(starts, reverse=True)
    assert all(window.end - window.start <= timedelta(days=28, hours=1) for _, window in archive.asked)


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("no connection", source="open_meteo_runs"),
        Changed("answered 404", source="open_meteo_runs"),
        Refused("answered 429", source="open_meteo_runs"),
    ],
)
def test_a_failure_leaves_all_else_and_is_told(tmp_path: Path, error: SourceError) -> None:
    archive, ahead = Archive(error=error), Ahead()
    ports = build(tmp_path, archive, ahead)
    report = run(ports)
    assert report.changed == 2 * 384
    assert len(archive.asked) == 1
    assert [failure.source for failure in report.failures] == ["open_meteo_runs"]
    assert read_states(ports.store)["open_meteo_runs"].failing
    rows = check_data(ports, KEYS)
    assert [row["state"] for row in rows] == ["ok", "ok"]
    assert [row["source"] for row in summary(ports)["failing"]] == ["open_meteo_runs"]
    found = {f.topic: (f.state, f.text) for f in check_setup(ports, offline=False)}
    assert found["open_meteo_runs"][0] == "warning"
    assert found["forecasts as issued"] == ("warning", "nothing read yet")
    archive.asked.clear()
    assert run(ports, NOW + 30 * timedelta(minutes=1)).failures == []
    assert archive.asked == [], "left alone for an hour"
    archive.error = None
    assert run(ports, NOW + HOUR).failures == []
    assert run(ports, NOW + HOUR).changed == 0
    found = {f.topic: (f.state, f.text) for f in check_setup(ports, offline=False)}
    assert found["open_meteo_runs"] == ("ok", "reachable")
    assert found["forecasts as issued"] == ("ok", "35 days read, from 2026-02-01 on")


def test_a_sync_that_breaks_off_is_continued(tmp_path: Path) -> None:
    archive = Archive()
    ports = build(tmp_path, archive)
    whole = archive.fetch

    def once(key: str, window: Window, now: datetime) -> Series:
        archive.error = Refused("answered 429", source=archive.name) if len(archive.asked) >= 2 else None
        return whole(key, window, now)

    archive.fetch = once  # type: ignore[method-assign]
    assert len(run(ports).failures) == 1
    done, failed_at = read_issued(ports.store, archive.name, WIND)
    assert (len(done), failed_at) == (7, NOW)
    archive.fetch = whole  # type: ignore[method-assign]
    archive.error = None
    archive.asked.clear()
    assert run(ports, NOW + HOUR).failures == []
    assert len(archive.asked) == 2
    assert ports.store.span(WIND) == Window(day_window(FIRST, ZONE).start, day_window(TOLD, ZONE).end)


def test_days_that_were_kept_by_issue_are_not_asked_for(tmp_path: Path) -> None:
    archive, ahead = Archive(), Ahead()
    ports = build(tmp_path, archive, ahead)
    start = Window(datetime(2026, 2, 20, tzinfo=UTC), NOW).starts(60)
    known = np.full(len(start), epoch(datetime(2026, 2, 19, 12, tzinfo=UTC)))
    for key in KEYS:
        ports.store.write(row(key, start, forecast(key, start, 1), known, "open_meteo"))
    run(ports)
    assert max(window.end for _, window in archive.asked) == day_window(date(2026, 2, 25), ZONE).end
    archive.asked.clear()
    run(ports)
    assert archive.asked == []


def test_a_wrong_day_is_refused_in_all_series(tmp_path: Path) -> None:
    archive = Archive(odd={date(2026, 2, 20)})
    ports = build(tmp_path, archive)
    report = run(ports)
    assert [refusal.day for _, refusal in report.series[0].refused] == [date(2026, 2, 20)]
    for key in KEYS:
        assert len(ports.store.read(key, day_window(date(2026, 2, 20), ZONE))) == 0
        assert len(ports.store.read(key, day_window(date(2026, 2, 21), ZONE))) == 24
    archive.odd, archive.asked = set(), []
    run(ports, NOW + HOUR)
    assert {window for _, window in archive.asked} == {day_window(date(2026, 2, 20), ZONE)}


def test_a_newer_forecast_under_an_older_name_is_refused(tmp_path: Path) -> None:
    """Else the forecast of five days before would be read as one of six and seven: a leak."""
    ports = build(tmp_path, Archive(told_as={6: 5, 7: 5}))
    report = run(ports)
    assert report.changed == 0
    assert "is the forecast of" in report.failures[0].reason


def test_what_is_told_of_nothing_is_asked_once_but_again_when_forced(tmp_path: Path) -> None:
    archive = Archive(nothing=True)
    ports = build(tmp_path, archive)
    assert run(ports).changed == 0
    archive.asked.clear()
    run(ports)
    assert archive.asked == []
    archive.nothing = False
    assert run(ports, force=True).changed == 2 * 7 * hours_of(FIRST, TOLD)
    assert run(ports, force=True).changed == 0


def test_an_archive_is_no_source_of_the_present(tmp_path: Path) -> None:
    archive = Archive()
    ports = build(tmp_path, archive)
    run(ports)
    assert all(window.end <= day_window(TOLD, ZONE).end for _, window in archive.asked)
    assert ports.store.find("sync", id=WIND) == []


def test_other_series_do_not_start_it(tmp_path: Path) -> None:
    archive = Archive()
    ports = build(tmp_path, archive, Paper("omie", ("spot",)))  # type: ignore[arg-type]
    sync(SyncRequest(LAST, LAST, ("spot",)), ports.store, ports.sources, NOW)
    assert archive.asked == []


def test_forecasts_are_told_apart_by_days_ahead() -> None:
    rows = Archive().fetch(WIND, Window(NOW, NOW + timedelta(days=3)), NOW)
    leads = by_days_ahead(rows)
    assert list(leads) == list(range(7))
    assert all(len(part) == 72 and len(set(part.start)) == 72 for part in leads.values())
    assert not borrowed(leads[2], leads[3])
    assert borrowed(leads[2], leads[2])
    assert not borrowed(leads[2].take(slice(0, 40)), leads[2]), "too few to tell"
    assert not borrowed(empty(WIND), leads[2])


def test_days_and_spans() -> None:
    days = {date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 5)}
    assert spans_of(days) == [(date(2026, 3, 1), date(2026, 3, 2)), (date(2026, 3, 5), date(2026, 3, 5))]
    assert days_in(spans_of(days)) == days
    assert spans_of([]) == []
