"""Where a value comes from: all that was ever known of a slot, or why nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.cli.output import parse_moment
from chocolate_factory.core.errors import NotFound, Unreachable, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Origin, Point, Series, from_points
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.read_prices import PriceQuery, read_prices
from chocolate_factory.services.show_value import show_value
from chocolate_factory.services.sync_series import SyncRequest, sync
from tests.services.papers import NOW, Paper, at, day_of, stock, truth, world

TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)
NOON = at("2026-03-10T11:00")
QUARTER = timedelta(minutes=15)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return world(tmp_path, Paper("omie", ("spot",)), Paper("ree", ("pvpc",)))


def write(ports: Ports, value: float, known: datetime, source: str = "omie", start: datetime = NOON) -> None:
    point = Point(start, 15, value, known, Origin.PUBLISHED, source)
    ports.store.write(from_points("spot", [point]))


def points_of(ports: Ports, query: PriceQuery) -> list[dict[str, Any]]:
    points = read_prices(ports, query)["points"]
    assert isinstance(points, list)
    return points


def test_a_value_that_was_never_corrected(ports: Ports) -> None:
    stock(ports, "spot", TODAY, TOMORROW)
    told = show_value(ports, "spot", NOON)
    value = truth("spot", [epoch(NOON)])[0]
    row = {
        "value": value,
        "minutes": 15,
        "origin": "published",
        "source": "file",
        "available_at": at("2026-03-09T12:00"),
        "change": None,
    }
    assert told == {
        "series": "spot",
        "unit": "EUR/MWh",
        "kind": "price",
        "start": NOON,
        "end": NOON + QUARTER,
        "due": at("2026-03-09T12:00"),
        "sample": False,
        **row,
        "revisions": [row],
    }


def test_revisions_come_in_the_order_they_were_known(ports: Ports) -> None:
    for value, hours, source in ((60.0, 2, "ree"), (50.0, 0, "omie"), (55.5, 4, "omie")):
        write(ports, value, NOON + timedelta(hours=hours), source)
    told = show_value(ports, "spot", NOON)
    assert [(row["value"], row["change"], row["source"]) for row in told["revisions"]] == [
        (50.0, None, "omie"),
        (60.0, 10.0, "ree"),
        (55.5, -4.5, "omie"),
    ]
    assert (told["value"], told["change"], told["available_at"]) == (55.5, -4.5, NOON + timedelta(hours=4))


def test_a_corrected_slot_shows_what_was_known_before(ports: Ports) -> None:
    request = SyncRequest(TODAY - timedelta(days=2), TOMORROW, ("spot",))
    sync(request, ports.store, ports.sources, NOW)

    class Corrected(Paper):
        def fetch(self, key: str, window: Window, now: datetime) -> Series:
            series = super().fetch(key, window, now)
            return replace(series, value=series.value + np.where(series.start == epoch(NOON), 7.0, 0.0))

    later = NOW + timedelta(hours=7)
    report = sync(request, ports.store, {"omie": Corrected("omie", ("spot",))}, later)
    assert report.changed == 1
    then, now = ports, replace(ports, clock=lambda: later)
    first, second = show_value(now, "spot", NOON)["revisions"]
    assert show_value(then, "spot", NOON)["revisions"] == [first]
    assert (first["available_at"], second["available_at"]) == (at("2026-03-09T12:00"), later)
    assert second["change"] == 7.0
    query = PriceQuery("spot", NOON, NOON + QUARTER, provenance=True)
    (point,) = points_of(now, query)
    assert point["revisions"] == [first, second]
    assert point["unit"] == "EUR/MWh"
    (before,) = points_of(then, query)
    assert before["revisions"] == [first]
    assert before["price_eur_mwh"] == first["value"]


def test_provenance_keeps_slots_apart(ports: Ports) -> None:
    stock(ports, "spot", TODAY, TOMORROW)
    write(ports, 99.0, NOON, start=NOON + QUARTER)
    points = points_of(ports, PriceQuery("spot", NOON, NOON + 4 * QUARTER, provenance=True))
    assert [len(point["revisions"]) for point in points] == [1, 2, 1, 1]
    assert all(point["revisions"][-1]["value"] == point["price_eur_mwh"] for point in points)
    assert "revisions" not in points_of(ports, PriceQuery("spot", NOON))[0]
    nothing = PriceQuery("spot", at("2026-01-01T00:00"), at("2026-01-02T00:00"), provenance=True)
    assert points_of(ports, nothing) == []


@pytest.mark.parametrize("seconds", [0, 1, 450, 899])
def test_a_moment_inside_a_slot_shows_that_slot(ports: Ports, seconds: int) -> None:
    stock(ports, "spot", TODAY, TOMORROW)
    assert show_value(ports, "spot", NOON + timedelta(seconds=seconds))["start"] == NOON


def test_the_end_of_a_slot_is_the_next_one(ports: Ports) -> None:
    stock(ports, "spot", TODAY, TOMORROW)
    assert show_value(ports, "spot", NOON + QUARTER)["start"] == NOON + QUARTER


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 10, 26), 25), (date(2026, 3, 29), 23), (date(2026, 3, 8), 24)]
)
def test_one_value_a_day_covers_its_whole_local_day(tmp_path: Path, day: date, hours: int) -> None:
    ports = world(tmp_path, now=NOW + timedelta(days=30))
    stock(ports, "generation_wind", day, day)
    window = day_of(day, "generation_wind")
    for moment in (window.start, window.start + timedelta(hours=12), window.end - timedelta(seconds=1)):
        told = show_value(ports, "generation_wind", moment)
        assert (told["start"], told["end"], told["minutes"]) == (window.start, window.end, 60 * hours)
    with pytest.raises(NotFound):
        show_value(ports, "generation_wind", window.end)


def test_the_repeated_hour_of_october_is_two_hours(tmp_path: Path) -> None:
    ports = world(tmp_path)
    stock(ports, "pvpc", date(2025, 10, 26), date(2025, 10, 26))
    first = show_value(ports, "pvpc", datetime.fromisoformat("2025-10-26T02:30+02:00"))
    second = show_value(ports, "pvpc", datetime.fromisoformat("2025-10-26T02:30+01:00"))
    assert (first["start"], second["start"]) == (at("2025-10-26T00:00"), at("2025-10-26T01:00"))
    assert first["value"] != second["value"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-10T18:15", "2026-03-10T17:15"),
        ("2026-03-10 18:15", "2026-03-10T17:15"),
        ("2026-03-10T18:15Z", "2026-03-10T18:15"),
        ("2026-07-10T18:15", "2026-07-10T16:15"),
        ("2026-03-10", "2026-03-09T23:00"),
        ("2025-10-26T02:30", "2025-10-26T00:30"),
        ("2025-10-26T02:30+01:00", "2025-10-26T01:30"),
        ("2026-03-29T02:30", "2026-03-29T01:30"),
    ],
)
def test_a_moment_without_offset_is_wall_time(text: str, moment: str) -> None:
    assert epoch(parse_moment(text, MARKET_ZONE)) == epoch(at(moment))


@pytest.mark.parametrize(
    "text", ["", "noon", "10/03/2026", "2026-02-30T10:00", "0001-01-01", "9999-12-31T23:00"]
)
def test_what_is_no_moment_is_said_so(text: str) -> None:
    with pytest.raises(UsageError):
        parse_moment(text, MARKET_ZONE)


def test_an_unknown_series_is_said_so(ports: Ports) -> None:
    with pytest.raises(UsageError, match="no series 'wine'") as told:
        show_value(ports, "wine", NOON)
    assert "pvpc" in told.value.hint


def why(ports: Ports, key: str, moment: datetime) -> str:
    with pytest.raises(NotFound) as told:
        show_value(ports, key, moment)
    return told.value.message.partition(" UTC: ")[2]


def test_what_is_not_due_yet(ports: Ports) -> None:
    assert why(ports, "spot", at("2026-03-12T10:00")) == "it is due 2026-03-11 12:00 UTC."
    assert why(ports, "temperature", at("2026-03-10T19:30")) == "it is due 2026-03-10 21:00 UTC."


def test_what_was_before_the_series_began(ports: Ports) -> None:
    assert why(ports, "pvpc", at("2021-05-31T21:59")) == "it is before the series began."
    assert why(ports, "spot", at("2013-06-01T00:00")) == "it is before the series began."


def test_what_was_not_known_yet(ports: Ports) -> None:
    write(ports, 50.0, NOW + timedelta(hours=2))
    assert why(ports, "spot", NOON) == "what is stored of it was not known yet."


def test_what_nobody_publishes_by_a_rule(ports: Ports) -> None:
    assert why(ports, "gas", NOON) == "nothing was loaded or forecast for it."
    assert why(ports, "temperature_forecast", NOON) == "nothing was loaded or forecast for it."


def test_what_was_not_asked_for_and_what_was_in_vain(ports: Ports) -> None:
    day = date(2026, 2, 10)
    omie = ports.sources["omie"]
    assert isinstance(omie, Paper)
    omie.gaps.add(day)
    stock(ports, "spot", day - timedelta(days=2), TOMORROW, day_of(day))
    hole = day_of(day).start + timedelta(minutes=20)
    assert why(ports, "spot", hole) == "not asked for yet."
    heal(ports, HealRequest(series=("spot",)))
    assert why(ports, "spot", hole) == "omie: has nothing."
    omie.gaps.clear()
    omie.error = Unreachable("no connection", source="omie")
    other = day - timedelta(days=5)
    sync(SyncRequest(other, other, ("spot",)), ports.store, ports.sources, NOW)
    assert why(ports, "spot", day_of(other).start) == "omie: no connection."


def test_what_no_source_can_tell(ports: Ports) -> None:
    assert why(ports, "demand", NOON) == "no source is set up."
    near = replace(ports, sources={"omie": Paper("omie", ("spot",), since=NOW)})
    assert why(near, "spot", NOON) == "out of reach of omie."


def test_an_hour_and_its_quarters_show_the_finer_one(ports: Ports) -> None:
    stock(ports, "spot", date(2025, 9, 30), date(2025, 9, 30))
    start = at("2025-09-30T10:00")
    assert show_value(ports, "spot", start + 3 * QUARTER)["end"] == start + 4 * QUARTER
    write(ports, 12.0, NOW, start=start + QUARTER)
    told = show_value(ports, "spot", start + QUARTER)
    assert (told["start"], told["end"], told["value"]) == (start + QUARTER, start + 2 * QUARTER, 12.0)


def test_every_series_of_the_catalogue_has_an_answer(ports: Ports) -> None:
    for key in CATALOG:
        assert why(ports, key, NOON)
    assert published("spot", [], [], "x").key == "spot"
