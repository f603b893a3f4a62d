"""The health of all data: the same states as elsewhere, contents, and nothing stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import Unreachable
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.domain.slots import Window
from chocolate_factory.services import read_health as module
from chocolate_factory.services.check_data import check_data
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.read_health import due_next, label_of, read_health, state_rows
from chocolate_factory.services.source_states import note_states
from tests.services.papers import NOW, Paper, at, day_of, stock, world

TODAY, TOMORROW, FIRST = date(2026, 3, 10), date(2026, 3, 11), date(2026, 2, 1)
SPOT_FIRST = date(2026, 2, 9)
"""Thirty days before a moment of tomorrow morning: now some of the days looked at are missing, then none."""
HOUR = timedelta(hours=1)


def filled(folder: Path, *sources: Paper) -> Ports:
    ports = world(folder, *sources)
    stock(ports, "spot", SPOT_FIRST, TOMORROW)
    stock(ports, "temperature", FIRST, TODAY)
    stock(ports, "generation_wind", FIRST, TODAY)
    issue(ports, NOW - 3 * HOUR)
    return ports


def issue(ports: Ports, known: datetime) -> None:
    first = known.replace(minute=0)
    rows = [Point(first + n * HOUR, 60, n % 7.0, known, Origin.FORECAST, "open_meteo") for n in range(72)]
    rows[-9:] = [replace(row, available_at=known + HOUR) for row in rows[-9:]]
    ports.store.write(from_points("temperature_forecast", rows))


def later(ports: Ports, now: datetime) -> Ports:
    return replace(ports, clock=lambda: now)


def row(ports: Ports, key: str) -> dict[str, Any]:
    return next(row for row in read_health(ports)["series"] if row["series"] == key)


OFFERED = ("spot", "temperature", "generation_wind", "temperature_forecast", "pvpc")


def test_every_series_with_its_contents(tmp_path: Path) -> None:
    ports = filled(tmp_path, Paper("all", OFFERED))
    told = read_health(ports)
    assert [row["series"] for row in told["series"]] == list(CATALOG)
    assert told["status"] == "degraded", "pvpc is missing"
    assert told["states"]["missing"] == 1
    assert sum(told["states"].values()) == len(CATALOG)
    spot = row(ports, "spot")
    assert spot["rows"] == 96 * 31
    assert (spot["first"], spot["newest"]) == (at("2026-02-08T23:00"), at("2026-03-11T22:45"))
    assert (spot["source"], spot["origin"], spot["kind"]) == ("file", "published", "price")
    assert spot["due_next"] == at("2026-03-11T12:00"), "tomorrow at 13:00 local"
    forecast = row(ports, "temperature_forecast")
    assert (forecast["source"], forecast["origin"]) == ("open_meteo", "forecast")
    assert forecast["due_next"] == NOW + 6 * HOUR
    absent = row(ports, "gas")
    assert (absent["rows"], absent["first"], absent["source"], absent["due_next"]) == (0, None, None, None)


def test_revisions_count_as_rows(tmp_path: Path) -> None:
    ports = filled(tmp_path, Paper("all", OFFERED))
    before = row(ports, "temperature_forecast")["rows"]
    rows = [Point(NOW + n * HOUR, 60, 40.0, NOW, Origin.FORECAST, "aemet") for n in range(5)]
    ports.store.write(from_points("temperature_forecast", rows))
    after = row(ports, "temperature_forecast")
    assert (after["rows"], after["source"]) == (before + 5, "aemet")


def same(ports: Ports) -> None:
    """What was kept from earlier looks tells the same as looking anew."""
    rows = {row["series"]: row for row in state_rows(ports)}
    assert [rows[key] for key in OFFERED] == check_data(ports, OFFERED)


CHANGES: dict[str, Callable[[Ports], object]] = {
    "a new issue": lambda ports: issue(ports, NOW + 2 * HOUR),
    "fetched again": lambda ports: ports.store.save(
        Record("sync", "temperature_forecast", NOW + 3 * HOUR, {})
    ),
    "an older value": lambda ports: stock(ports, "spot", date(2026, 1, 10), date(2026, 1, 12)),
    "another series": lambda ports: stock(ports, "pvpc", FIRST, TOMORROW),
    "a source fails": lambda ports: note_states(ports.store, {"all": "no connection"}, NOW),
    "the next prices": lambda ports: stock(
        later(ports, at("2026-03-11T15:00")), "spot", date(2026, 3, 12), date(2026, 3, 12)
    ),
}


def test_nothing_is_stale(tmp_path: Path) -> None:
    """At every moment, before and after every change, in any order of moments."""
    ports = filled(tmp_path, Paper("all", OFFERED))
    moments = [NOW + timedelta(minutes=m) for m in (0, 29, 31, 200, 959, 0, 61, 961, 991, 2900, -60)]
    for change in (lambda _: None, *CHANGES.values()):
        change(ports)
        for now in moments:
            same(later(ports, now))


def test_what_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = filled(tmp_path, Paper("all", OFFERED))
    read_health(ports)
    looked: list[str] = []
    look_up = module.look_up
    monkeypatch.setattr(module, "look_up", lambda s, key, *rest: looked.append(key) or look_up(s, key, *rest))
    read_health(ports)
    stored = set(ports.store.keys())
    assert stored.isdisjoint(looked)
    stock(ports, "pvpc", FIRST, TOMORROW)
    looked.clear()
    read_health(ports)
    assert stored.isdisjoint(looked)
    assert "pvpc" in looked


def test_the_last_healing_is_told(tmp_path: Path) -> None:
    gap = Window(at("2026-03-01T10:00"), at("2026-03-01T12:00"))
    source = Paper("all", ("spot", "temperature"))
    ports = world(tmp_path, source)
    stock(ports, "temperature", FIRST, TODAY, gap)
    stock(ports, "spot", FIRST, TOMORROW, day_of(date(2026, 3, 2)))
    assert read_health(ports)["healing"] is None
    assert row(ports, "temperature")["holes"] == 2
    heal(ports, HealRequest(series=("temperature",)))
    told = row(ports, "temperature")
    assert (told["holes"], told["state"]) == (0, "ok")
    assert told["healing"] == {"at": NOW, "found": 2, "closed": 2}
    assert row(ports, "spot")["healing"] is None
    source.error = Unreachable("down", source="all")
    next_day = later(ports, NOW + timedelta(hours=2))
    heal(next_day, HealRequest())
    told = read_health(next_day)
    assert told["healing"] == {"at": NOW + 2 * HOUR, "found": 98, "closed": 0}
    assert row(next_day, "temperature")["healing"]["closed"] == 0, "two hours that passed since are missing"
    assert row(next_day, "spot")["healing"] == {"at": NOW + 2 * HOUR, "found": 96, "closed": 0}
    assert read_health(ports)["healing"] is None, "what was done later is not known yet"


@pytest.mark.parametrize(
    ("key", "now", "due"),
    [
        ("spot", "2026-03-10T11:59", "2026-03-10T12:00"),
        ("spot", "2026-03-10T12:00", "2026-03-11T12:00"),
        ("spot", "2026-03-28T12:30", "2026-03-29T11:00"),
        ("pvpc", "2026-03-10T20:00", "2026-03-11T19:20"),
        ("generation_wind", "2026-03-10T06:59", "2026-03-10T07:00"),
        ("temperature", "2026-03-10T20:00", "2026-03-10T21:00"),
        ("temperature", "2026-03-10T20:59", "2026-03-10T21:00"),
        ("gas", "2026-03-10T20:00", None),
    ],
)
def test_when_more_is_due(key: str, now: str, due: str | None) -> None:
    assert due_next(CATALOG[key], at(now), None) == (at(due) if due else None)


def test_every_series_has_a_label_of_its_own() -> None:
    labels = [(info.kind, *label_of(info).values()) for info in CATALOG.values()]
    assert len(set(labels)) == len(labels)
    assert label_of(CATALOG["siar_j17_humidity_max_at"]) == {
        "quantity": "humidity_max_at",
        "place": "siar_j17",
    }
    assert label_of(CATALOG["madrid_temperature_forecast"]) == {"quantity": "temperature", "place": "madrid"}
    assert label_of(CATALOG["rain"]) == {"quantity": "rain", "place": "site"}
    assert label_of(CATALOG["wind_forecast"]) == {"quantity": "wind_forecast", "place": None}
