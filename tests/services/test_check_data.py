"""How fresh data are, and what the doctor makes of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from chocolate_factory.core.config import Aemet, Settings
from chocolate_factory.core.errors import Refused, Unreachable
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.services.check_data import IMPORT, SYNC, check_data, summary
from chocolate_factory.services.check_setup import check_setup, key_findings, place_findings, reach
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.source_states import note_states
from chocolate_factory.wiring import accesses, build, job_locks, keys_end, secret, variables
from tests.services.papers import NOW, Paper, at, stock, truth, world

TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)
FIRST = date(2026, 2, 1)
HOUR = timedelta(hours=1)
OMIE, REE = Paper("omie", ("spot",)), Paper("ree", ("spot", "pvpc"))
SLOT = Window(at("2026-02-20T10:00"), at("2026-02-20T10:15"))


def row(ports: Ports, key: str) -> dict[str, Any]:
    return check_data(ports, [key])[0]


def issue(ports: Ports, key: str, known: datetime) -> None:
    """Store a forecast of 48 hours, known since a moment."""
    first = epoch(known) // 3600 * 3600
    starts = [first + 3600 * hour for hour in range(48)]
    series = published("temperature", starts, truth("temperature", starts), "open_meteo", Origin.FORECAST)
    ports.store.write(replace(series, key=key, available_at=series.start * 0 + epoch(known)))


def test_whole_is_ok(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TOMORROW)
    assert row(ports, "spot") == {
        "series": "spot",
        "state": "ok",
        "until": at("2026-03-11T23:00"),
        "updated_at": at("2026-03-10T12:00"),
        "age_minutes": 8 * 60,
        "holes": 0,
        "note": "",
        "remedy": "",
    }


def test_a_price_is_late_with_any_slot_missing(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TOMORROW, SLOT)
    found = row(ports, "spot")
    assert (found["state"], found["holes"], found["remedy"]) == ("late", 1, SYNC)
    assert found["note"] == "1 slots missing, the first due since 2026-02-19 12:00 UTC"


def test_a_young_site_misses_nothing_before_its_first_value(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", TODAY - timedelta(days=7), TOMORROW)
    assert (row(ports, "spot")["state"], row(ports, "spot")["holes"]) == ("ok", 0)


def test_a_price_of_tomorrow_is_late_once_it_is_due(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TODAY)
    assert row(ports, "spot")["state"] == "late"
    before = replace(ports, clock=lambda: at("2026-03-10T11:59"))
    assert row(before, "spot")["state"] == "ok"


def test_single_hours_of_weather_may_stay_unknown(tmp_path: Path) -> None:
    ports = world(tmp_path, Paper("aemet", ("temperature",)))
    gap = Window(at("2026-03-08T10:00"), at("2026-03-08T13:00"))
    stock(ports, "temperature", FIRST, TODAY, gap)
    found = row(ports, "temperature")
    assert (found["state"], found["holes"]) == ("ok", 3)
    assert "3 slots missing" in found["note"]
    later = replace(ports, clock=lambda: NOW + 1.49 * HOUR)
    found = row(later, "temperature")
    assert (found["state"], found["holes"]) == ("ok", 4), "half an hour is granted"
    later = replace(ports, clock=lambda: NOW + 1.5 * HOUR)
    assert row(later, "temperature")["state"] == "late"


@dataclass
class Reaching(Paper):
    """A source with a reach of its own: from so long before now to so long before now."""

    back: timedelta = timedelta(days=9000)
    until: timedelta = timedelta(days=2)

    def reaches(self, key: str, now: datetime) -> Window:
        """The span. See `Source`."""
        return Window(now - self.back, now - self.until)


def test_what_no_source_reaches_yet_is_not_late(tmp_path: Path) -> None:
    archive = Reaching("open_meteo_archive", ("temperature",))
    ports = world(tmp_path, archive)
    stock(ports, "temperature", FIRST, TODAY, Window(at("2026-03-07T20:00"), NOW))
    found = row(ports, "temperature")
    assert (found["state"], found["holes"]) == ("ok", 3 * 24 - 1)
    (hole,) = find_holes(ports)
    assert (hole["missing"], hole["source"]) == (3 * 24 - 1, "open_meteo_archive")
    two_days = Window(at("2026-03-08T20:00"), NOW)
    assert [h["reason"] for h in find_holes(ports, window=two_days)] == ["out of reach of open_meteo_archive"]
    later = replace(ports, clock=lambda: NOW + HOUR)
    assert row(later, "temperature")["state"] == "late", "the archive was there a day ago already"
    station = Reaching("aemet", ("temperature",), back=timedelta(days=1), until=timedelta(0))
    live = replace(ports, sources={"aemet": station, "open_meteo_archive": archive})
    assert row(live, "temperature")["state"] == "late", "a station tells of the last hour"


def test_a_forecast_that_did_not_change_is_not_old(tmp_path: Path) -> None:
    key = "temperature_forecast"
    ports = world(tmp_path, Paper("open_meteo", (key,)))
    issue(ports, key, NOW - 20 * HOUR)
    assert row(ports, key)["state"] == "late"
    ports.store.save(Record("sync", key, NOW + HOUR, {}))
    assert row(ports, key)["state"] == "late", "a moment to come says nothing"
    ports.store.save(Record("sync", key, NOW - HOUR, {}))
    found = row(ports, key)
    assert (found["state"], found["age_minutes"], found["updated_at"]) == ("ok", 60, NOW - HOUR)
    issue(ports, key, NOW)
    assert row(ports, key)["age_minutes"] == 0


def test_a_price_may_come_half_an_hour_late(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TODAY)
    due = CATALOG["spot"].due(TOMORROW)
    for minutes, state in ((0, "ok"), (29, "ok"), (30, "late")):
        moment = due + timedelta(minutes=minutes)
        found = row(replace(ports, clock=lambda moment=moment: moment), "spot")
        assert (found["state"], found["holes"]) == (state, 96)


def test_what_was_heard_long_ago_or_of_others_is_not_told(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TODAY)
    note_states(ports.store, {"omie": "2026-02-03 refused", "gone": "no connection"}, NOW - 24 * HOUR)
    assert [failing["source"] for failing in summary(ports)["failing"]] == ["omie"]
    later = replace(ports, clock=lambda: NOW + timedelta(seconds=1))
    assert summary(later)["failing"] == []
    assert row(later, "spot")["state"] == "late"
    assert find_holes(later)[0]["reason"] == "not asked for yet"


def test_a_failing_source_is_told_with_what_is_late(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TODAY)
    note_states(ports.store, {"omie": "no connection"}, NOW - HOUR)
    found = row(ports, "spot")
    assert found["state"] == "failing"
    assert "96 slots missing" in found["note"]
    assert "omie failing since 2026-03-10 19:00 UTC: no connection" in found["note"]
    assert "choco doctor" in found["remedy"]
    assert "omie" in found["remedy"]
    note_states(ports.store, {"omie": ""}, NOW)
    assert row(ports, "spot")["state"] == "late"


def test_a_failing_source_does_no_harm_while_nothing_is_late(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TOMORROW)
    note_states(ports.store, {"omie": "no connection"}, NOW)
    assert row(ports, "spot")["state"] == "ok"


def test_nothing_stored_is_missing_or_failing(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE, REE)
    assert (row(ports, "spot")["state"], row(ports, "spot")["remedy"]) == ("missing", SYNC)
    note_states(ports.store, {"omie": "no connection"}, NOW)
    assert row(ports, "spot")["state"] == "missing", "the other source was not heard of"
    note_states(ports.store, {"ree": "status 503"}, NOW)
    found = row(ports, "spot")
    assert found["state"] == "failing"
    assert "no connection" in found["note"]
    assert "status 503" in found["note"]
    assert found["until"] is None
    assert found["age_minutes"] is None


def test_what_nobody_would_fetch_is_off(tmp_path: Path) -> None:
    unkeyed = {"climate_rain": "CHOCO_AEMET__TOKEN"}
    ports = replace(world(tmp_path, OMIE), unkeyed=unkeyed)
    keyed, plain, loaded = (row(ports, key) for key in ("climate_rain", "generation_wind", "siar_j17_rain"))
    assert {keyed["state"], plain["state"], loaded["state"]} == {"off"}
    assert keyed["remedy"] == "Set CHOCO_AEMET__TOKEN to have it."
    assert plain["remedy"] == ""
    assert loaded["remedy"] == IMPORT


def test_what_was_loaded_stays_ok(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "pvpc", FIRST, FIRST + timedelta(days=5))
    found = row(ports, "pvpc")
    assert (found["state"], found["note"]) == ("ok", "no source; as last loaded")


@pytest.mark.parametrize(
    ("key", "limit"),
    [("temperature_forecast", 9), ("wind_speed_forecast", 9), ("bilbao_temperature_forecast", 18)],
)
def test_an_old_forecast_is_late(tmp_path: Path, key: str, limit: int) -> None:
    ports = world(tmp_path, Paper("open_meteo", (key,)))
    issue(ports, key, NOW - limit * HOUR)
    found = row(ports, key)
    assert (found["state"], found["age_minutes"], found["holes"]) == ("ok", 60 * limit, 0)
    later = replace(ports, clock=lambda: NOW + timedelta(seconds=1))
    found = row(later, key)
    assert (found["state"], found["note"]) == ("late", f"forecast older than {limit} h")
    note_states(ports.store, {"open_meteo": "no connection"}, NOW)
    assert row(later, key)["state"] == "failing"


def test_what_is_known_later_than_now_is_not_fresher(tmp_path: Path) -> None:
    ports = world(tmp_path, Paper("open_meteo", ("temperature_forecast",)))
    issue(ports, "temperature_forecast", NOW)
    before = replace(ports, clock=lambda: NOW - timedelta(days=1))
    found = row(before, "temperature_forecast")
    assert found["updated_at"] is None
    assert found["state"] == "late"


def test_the_whole_catalogue_has_a_state(tmp_path: Path) -> None:
    rows = check_data(world(tmp_path, OMIE))
    assert [found["series"] for found in rows] == list(CATALOG)
    assert {found["state"] for found in rows} == {"missing", "off"}


def test_the_summary_counts_and_names(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    stock(ports, "spot", FIRST, TOMORROW)
    told = summary(ports)
    assert (told["status"], told["trouble"], told["failing"]) == ("ok", [], [])
    assert told["series"] == {"ok": 1, "off": len(CATALOG) - 1, "late": 0, "failing": 0, "missing": 0}
    later = replace(ports, clock=lambda: NOW + timedelta(days=1))
    note_states(ports.store, {"omie": "no connection"}, NOW + HOUR)
    told = summary(later)
    assert told["status"] == "degraded"
    assert told["series"]["failing"] == 1
    assert [found["series"] for found in told["trouble"]] == ["spot"]
    assert told["failing"] == [
        {"source": "omie", "since": NOW + HOUR, "asked_at": NOW + HOUR, "reason": "no connection"}
    ]


def findings(ports: Ports, *, offline: bool = True) -> dict[str, tuple[str, str, str]]:
    return {
        found.topic: (found.state, found.text, found.fix) for found in check_setup(ports, offline=offline)
    }


def test_the_doctor_knows_what_a_plan_needs(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE, Paper("ree_system", ("demand",)))
    stock(ports, "spot", FIRST, TOMORROW)
    found = findings(ports)
    assert found.keys() >= {"factory", *ESSENTIAL, "demand", "other series", "plan"}
    assert found["spot"] == ("ok", "up to 2026-03-11 23:00 UTC", "")
    assert found["pvpc"][:2] == ("ok", "no source is set up")
    assert found["demand"] == ("warning", "nothing stored", SYNC), "no plan needs it"
    assert found["other series"][1].startswith("0 of ")
    assert found["sources"][0] == "warning"
    assert found["plan"][0] == "warning"


def test_the_doctor_says_what_is_the_same_of_many_series_once(tmp_path: Path) -> None:
    climate = [key for key, info in CATALOG.items() if info.kind is Kind.CLIMATE]
    ports = replace(world(tmp_path, OMIE), unkeyed=dict.fromkeys(climate, "CHOCO_AEMET__TOKEN"))
    rows = [found for found in check_setup(ports, offline=True) if "CHOCO_AEMET__TOKEN" in found.fix]
    assert [found.topic for found in rows] == [f"{len(climate)} series"]
    assert all(key in rows[0].text for key in climate[:3])
    assert f"and {len(climate) - 3} more" in rows[0].text


def test_the_doctor_calls_a_needed_series_that_is_missing_an_error(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    assert findings(ports)["spot"] == ("error", "nothing stored", SYNC)


def test_the_doctor_asks_every_source_of_its_reach(tmp_path: Path) -> None:
    near = Paper("aemet", ("temperature",), since=NOW - HOUR)
    down = Paper("ree", ("pvpc",), error=Refused("key not accepted", "Check the key.", source="ree"))
    ports = world(tmp_path, OMIE, near, down)
    found = findings(ports, offline=False)
    assert found["omie"] == ("ok", "reachable", "")
    assert found["aemet"] == ("ok", "reachable", "")
    assert found["ree"] == ("error", "ree: key not accepted", "Check the key.")
    assert near.asked[0][1] == TODAY
    assert "sources" not in found


def test_the_doctor_asks_for_what_is_due_and_in_reach(tmp_path: Path) -> None:
    climate = Paper("aemet_climate", ("climate_rain",))
    archive = Reaching("open_meteo_archive", ("temperature",))
    ahead = Reaching("open_meteo", ("temperature_forecast",), back=timedelta(0), until=timedelta(days=-16))
    for source in (OMIE, climate, archive, ahead):
        source.asked.clear()
        assert reach(world(tmp_path, source), source).state == "ok"
    (price,), (rain,), (hour,), (forecast,) = (s.asked for s in (OMIE, climate, archive, ahead))
    assert price[1:] == (TOMORROW, TOMORROW)
    assert rain[1:] == (date(2026, 3, 6), date(2026, 3, 6)), "the newest day that is due"
    assert hour[1:] == (date(2026, 3, 8), date(2026, 3, 8)), "the newest hour in reach"
    assert forecast[1] == TODAY


@pytest.mark.parametrize(
    ("place", "given", "left"),
    [
        ((38.095, -3.636), {}, []),
        ((38.5, -3.2), {}, []),
        ((40.4, -3.7), {}, ["STATION", "MUNICIPALITY"]),
        ((40.4, -3.7), {"station": "3195"}, ["MUNICIPALITY"]),
        ((40.4, -3.7), {"station": "3195", "municipality": "28079"}, []),
        ((40.4, -3.7), {"token": None}, []),
    ],
)
def test_a_place_left_at_its_default_is_told(
    tmp_path: Path, place: tuple[float, float], given: dict[str, Any], left: list[str]
) -> None:
    aemet = Aemet(**{"base_url": "http://127.0.0.1:1", "token": "made-up", **given})
    ports = replace(world(tmp_path), elsewhere=aemet.elsewhere(*place))
    names = [f"CHOCO_AEMET__{name}" for name in left]
    assert [(f.topic, f.state) for f in place_findings(ports)] == [(name, "warning") for name in names]
    assert all(found.topic in found.fix for found in place_findings(ports))
    assert {row.topic for row in check_setup(ports, offline=True)} >= set(names)


def test_reaching_out_stores_nothing(tmp_path: Path) -> None:
    ports = world(tmp_path, OMIE)
    assert reach(ports, OMIE).state == "ok"
    assert ports.store.keys() == []
    gone = Paper("omie", ("spot",), error=Unreachable("no connection", source="omie"))
    assert reach(ports, gone).fix


@pytest.mark.parametrize(
    ("days", "assumed", "state", "words"),
    [
        (60, False, "ok", "the key ends 2026-05-09"),
        (15, True, "ok", "the key ends about 2026-03-25"),
        (14, True, "warning", "the key ends about 2026-03-24"),
        (-2, True, "warning", "the key ended about 2026-03-08"),
        (-2, False, "error", "the key ended 2026-03-08"),
    ],
)
def test_keys_that_end_are_told_before(
    tmp_path: Path, days: int, assumed: bool, state: str, words: str
) -> None:
    ends = {"CHOCO_AEMET__TOKEN": (NOW + timedelta(days=days), assumed)}
    (found,) = key_findings(replace(world(tmp_path), keys_end=ends))
    assert (found.topic, found.state, found.text) == ("CHOCO_AEMET__TOKEN", state, words)
    assert ("CHOCO_AEMET__TOKEN" in found.fix) == (state != "ok")


def made_up_token(issued: datetime) -> str:
    """Three parts as AEMET's keys have them, with a moment of issue."""
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"iat": epoch(issued)}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)


def settings(folder: Path) -> Settings:
    factory = folder / "factory.toml"
    factory.write_text(world(folder / "x").factory_text, encoding="utf-8")
    return Settings(factory=factory, state=folder / "state", now=NOW)


def test_series_without_their_key_name_the_setting(tmp_path: Path) -> None:
    ports = build(settings(tmp_path))
    assert ports.unkeyed["climate_rain"] == "CHOCO_AEMET__TOKEN"
    assert "spot" not in ports.unkeyed
    assert not any(key in source.series for key in ports.unkeyed for source in ports.sources.values())
    assert ports.keys_end == {}


def test_a_key_brings_its_series_and_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = made_up_token(NOW)
    monkeypatch.setenv("CHOCO_AEMET__TOKEN", token)
    given = settings(tmp_path)
    ports = build(given)
    assert "climate_rain" not in ports.unkeyed
    assert "aemet_climate" in ports.sources
    ends, assumed = ports.keys_end["CHOCO_AEMET__TOKEN"]
    assert ends > NOW
    assert assumed
    assert accesses(given)["aemet"].token == token
    assert token not in repr(accesses(given))
    assert keys_end({}) == {}
    assert variables({"rain": "openweathermap"}) == {"rain": "CHOCO_OPENWEATHERMAP__TOKEN"}


def test_an_empty_secret_is_none() -> None:
    assert secret(None) is None
    assert secret(SecretStr("")) is None
    assert secret(SecretStr("x")) == "x"


def test_what_is_written_alone_is_so_for_every_process(tmp_path: Path) -> None:
    given = settings(tmp_path)
    with build(given).alone("log"), job_locks(given)("log") as free:
        assert not free
