"""Healing: what is missing is had from a source of that age and looked up in the store, or named with why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from chocolate_factory.core.errors import Refused, Unreachable, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.attempts import read_ledger
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.heal_holes import HealReport, HealRequest, heal
from tests.services.papers import NOW, Paper, at, day_of, span, stock, told_truth, world

TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)
FIRST = date(2026, 1, 20)
BAD = date(2026, 2, 10)
SPOT = HealRequest(series=("spot",))


def omie(**changes: object) -> Paper:
    return replace(Paper("omie", ("spot",), 1), **changes)  # type: ignore[arg-type]


def ree(**changes: object) -> Paper:
    return replace(Paper("ree", ("spot", "pvpc"), 31), **changes)  # type: ignore[arg-type]


def asked_days(source: Paper) -> set[date]:
    """Days of spot that a source was asked for."""
    return {
        first + timedelta(days=n)
        for key, first, last in source.asked
        if key == "spot"
        for n in range((last - first).days + 1)
    }


def left(report: HealReport) -> list[tuple[str, int, str]]:
    return [(row["series"], row["missing"], row["reason"]) for row in report.left]


def later(ports: Ports, **span: float) -> Ports:
    """The same ports some time later."""
    now = ports.clock() + timedelta(**span)
    return replace(ports, clock=lambda: now)


@pytest.mark.parametrize(
    ("gap", "missing"),
    [
        (Window(at("2026-02-10T10:15"), at("2026-02-10T10:30")), 1),
        (Window(at("2026-02-10T21:00"), at("2026-02-11T01:00")), 16),
        (day_of(BAD), 96),
        (span("spot", date(2026, 2, 1), date(2026, 2, 28)), 28 * 96),
    ],
    ids=["slot", "over midnight", "day", "month"],
)
def test_holes_of_any_length_are_closed(tmp_path: Path, gap: Window, missing: int) -> None:
    ports = world(tmp_path, omie(), ree())
    stock(ports, "spot", FIRST, TOMORROW, gap)
    report = heal(ports, SPOT)
    assert (report.found, report.closed, report.left, report.failures) == (missing, missing, [], [])
    assert report.by_series == {"spot": (missing, missing)}
    stored = ports.store.read("spot", gap)
    assert len(stored) == missing
    assert told_truth(stored)
    assert {str(origin) for origin in stored.origin} == {"published"}
    assert {str(name) for name in stored.source} == {"omie"}
    assert all(stored.available_at <= stored.start), "known since its publication, not since its healing"


@pytest.mark.parametrize(
    ("day", "slots"), [(date(2025, 10, 26), 100), (date(2025, 3, 30), 23), (date(2026, 3, 29), 92)]
)
def test_a_day_of_a_clock_change_is_closed_whole(tmp_path: Path, day: date, slots: int) -> None:
    now = NOW + timedelta(days=30)
    ports = world(tmp_path, omie(), now=now)
    stock(ports, "spot", day - timedelta(days=2), day + timedelta(days=2), day_of(day))
    report = heal(ports, replace(SPOT, to_day=day + timedelta(days=2)))
    assert (report.found, report.closed) == (slots, slots)
    assert len(ports.store.read("spot", day_of(day))) == slots


def test_it_asks_only_those_that_reach_that_age(tmp_path: Path) -> None:
    near, far = omie(since=at("2026-02-20T00:00")), ree()
    ports = world(tmp_path, near, far)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    report = heal(ports, SPOT)
    assert (report.closed, report.left) == (96, [])
    assert BAD not in asked_days(near)
    assert {str(name) for name in ports.store.read("spot", day_of(BAD)).source} == {"ree"}


def test_the_next_source_covers_for_one_that_has_nothing(tmp_path: Path) -> None:
    ports = world(tmp_path, omie(gaps={BAD}), ree())
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    assert heal(ports, SPOT).closed == 96
    assert {str(name) for name in ports.store.read("spot", day_of(BAD)).source} == {"ree"}


def test_what_is_out_of_reach_is_said_so(tmp_path: Path) -> None:
    near = omie(since=at("2026-02-20T00:00"))
    ports = world(tmp_path, near)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    report = heal(ports, SPOT)
    assert (report.found, report.closed) == (96, 0)
    assert left(report) == [("spot", 96, "out of reach of omie")]
    assert report.left[0]["source"] == ""
    assert BAD not in asked_days(near)


def test_what_is_partly_out_of_reach_tells_of_the_part_that_was_asked_for(tmp_path: Path) -> None:
    near = omie(since=day_of(BAD).start, gaps={BAD})
    ports = world(tmp_path, near)
    stock(ports, "spot", FIRST, TOMORROW, span("spot", BAD - timedelta(days=1), BAD))
    assert left(heal(ports, SPOT)) == [("spot", 192, "omie: has nothing")]


def test_what_nobody_has_is_said_so(tmp_path: Path) -> None:
    ports = world(tmp_path, omie(gaps={BAD}), ree(gaps={BAD}))
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    report = heal(ports, SPOT)
    assert left(report) == [("spot", 96, "omie: has nothing; ree: has nothing")]
    row = report.left[0]
    assert (row["severity"], row["source"]) == ("critical", "omie")
    assert row["again"] == NOW + timedelta(hours=1)
    assert row["due"] == at("2026-02-09T12:00")


def test_what_cannot_be_trusted_is_refused_and_said_so(tmp_path: Path) -> None:
    ports = world(tmp_path, omie(flat={BAD}))
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    report = heal(ports, SPOT)
    assert left(report) == [("spot", 96, "omie: refused, all 96 values are 55.5")]
    assert report.closed == 0
    assert len(ports.store.read("spot", day_of(BAD))) == 0
    assert report.failures[0].error == "Changed"


def test_what_is_told_in_part_is_stored_in_part(tmp_path: Path) -> None:
    source = Paper("esios", ("demand",), halves={BAD})
    ports = world(tmp_path, source)
    stock(ports, "demand", FIRST, TODAY, day_of(BAD, "demand"))
    report = heal(ports, HealRequest(series=("demand",)))
    assert (report.found, report.closed) == (24, 12)
    assert left(report) == [("demand", 12, "esios: has 12 of 24")]
    assert report.left[0]["severity"] == "moderate"


@pytest.mark.parametrize("error", [Unreachable("no connection", source="omie"), Refused("x", source="omie")])
def test_a_failure_of_a_source_is_no_attempt(tmp_path: Path, error: Unreachable | Refused) -> None:
    source = omie(error=error)
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    report = heal(ports, SPOT)
    reason = error.message.removeprefix("omie: ")
    assert [(f.source, f.reason) for f in report.failures] == [("omie", reason)]
    assert left(report) == [("spot", 96, f"omie: {reason}")]
    assert report.left[0]["again"] is None
    assert read_ledger(ports.store, "spot").days == {}
    source.error = None
    assert heal(ports, SPOT).closed == 96


def test_a_vain_attempt_is_not_made_again_at_once(tmp_path: Path) -> None:
    source = omie(gaps={BAD})
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    first = heal(ports, SPOT)
    source.asked.clear()
    again = heal(ports, SPOT)
    assert source.asked == []
    assert left(again) == left(first)
    assert heal(later(ports, minutes=59), SPOT).found == 96
    assert source.asked == []
    heal(later(ports, hours=1), SPOT)
    assert asked_days(source) == {BAD}
    assert read_ledger(ports.store, "spot").days[BAD].again == NOW + timedelta(hours=4)


def test_the_impatient_ask_at_once_and_a_closed_day_is_forgotten(tmp_path: Path) -> None:
    source = omie(gaps={BAD})
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    heal(ports, SPOT)
    source.gaps.clear()
    assert heal(ports, SPOT).closed == 0
    assert heal(ports, replace(SPOT, impatient=True)).closed == 96
    assert read_ledger(ports.store, "spot").days == {}
    assert heal(ports, SPOT).found == 0


def test_what_is_only_late_is_asked_for_every_time(tmp_path: Path) -> None:
    source = omie(gaps={TOMORROW})
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TODAY)
    heal(ports, SPOT)
    source.asked.clear()
    assert heal(ports, SPOT).left[0]["again"] == NOW
    assert asked_days(source) == {TOMORROW}


def test_a_whole_store_heals_without_a_hole_in_sight(tmp_path: Path) -> None:
    source = omie()
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TOMORROW)
    report = heal(ports, SPOT)
    assert (report.found, report.closed, report.by_series, source.asked) == (0, 0, {}, [])


def test_days_limit_what_is_healed(tmp_path: Path) -> None:
    ports = world(tmp_path, omie())
    other = BAD + timedelta(days=7)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD), day_of(other))
    report = heal(ports, HealRequest(from_day=other, to_day=other))
    assert (report.found, report.closed) == (96, 96)
    assert [row["start"] for row in find_holes(ports, 60, keys=("spot",))] == [
        at("2026-01-09T20:00"),
        day_of(BAD).start,
    ]


def test_nothing_from_before_what_is_stored_is_asked_for(tmp_path: Path) -> None:
    source = omie()
    ports = world(tmp_path, source)
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    heal(ports, SPOT)
    assert min(asked_days(source)) >= FIRST


def test_all_kinds_of_series_are_healed_by_default(tmp_path: Path) -> None:
    weather, climate = ("temperature", "humidity"), ("climate_rain",)
    archive = Paper("open_meteo_archive", weather)
    ports = world(
        tmp_path,
        omie(),
        Paper("ree_system", ("generation_wind",)),
        archive,
        Paper("aemet_climate", climate),
    )
    for key in ("spot", "generation_wind", *weather, *climate):
        stock(ports, key, FIRST, TOMORROW, day_of(BAD, key))
    report = heal(ports, HealRequest())
    assert report.left == []
    assert report.by_series == {
        "spot": (96, 96),
        "temperature": (24, 24),
        "humidity": (24, 24),
        "generation_wind": (1, 1),
        "climate_rain": (1, 1),
    }
    assert {(first, last) for _, first, last in archive.asked} == {(BAD, BAD)}, "one answer serves both"


def test_prices_never_had_are_found_and_other_series_are_not(tmp_path: Path) -> None:
    ports = world(tmp_path, omie(gaps={BAD}), Paper("esios", ("demand",)))
    report = heal(ports, HealRequest())
    assert set(report.by_series) == {"spot"}
    assert report.found - report.closed == 96


@pytest.mark.parametrize("key", ["gas", "temperature", "temperature_forecast", "wine"])
def test_what_cannot_be_healed_is_said_so(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match=f"{key} cannot be healed"):
        heal(world(tmp_path, omie()), HealRequest(series=(key,)))


def test_the_report_is_ready_for_json(tmp_path: Path) -> None:
    ports = world(tmp_path, omie(gaps={BAD}))
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    told = heal(ports, SPOT).to_json()
    assert (told["at"], told["found"], told["closed"]) == (NOW, 96, 0)
    assert told["series"] == [{"series": "spot", "found": 96, "closed": 0}]
    assert told["failures"] == []


def test_a_hole_that_nobody_was_asked_for_yet(tmp_path: Path) -> None:
    ports = world(tmp_path, omie())
    stock(ports, "spot", FIRST, TOMORROW, day_of(BAD))
    rows = find_holes(ports, keys=("spot",))
    assert [(row["reason"], row["again"], row["source"]) for row in rows] == [
        ("not asked for yet", None, "omie")
    ]
    assert find_holes(world(tmp_path), keys=("spot",))[0]["reason"] == "no source is set up"
