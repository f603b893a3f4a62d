"""The command as a user types it: exit codes, one clear sentence, JSON on stdout and nothing else there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from chocolate_factory import __version__
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin, Point
from chocolate_factory.domain.siar_file import HEADER
from tests.conftest import ROOT, Run, Upstream
from tests.services.papers import at, day_of, from_points, span, stock
from tests.services.papers import world as paper_world
from tests.worlds import tiny

NOW = "2026-03-10T21:00:00+01:00"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": NOW,
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "60",
        "CHOCO_FORECAST__MODEL": "naive-kind",
        "CHOCO_PLAN__TIME_LIMIT_S": "5",
        "CHOCO_INFLUX__URL": "http://127.0.0.1:9",
    }


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["plan", "--days", "0"], 2, "--days 0"),
        (["plan", "--days", "many"], 2, "--days"),
        (["holes", "--from", "10/03/2026"], 2, "YYYY-MM-DD"),
        (["holes", "--from", "2026-03-10", "--to", "2026-03-01"], 2, "before"),
        (["sync", "--only", "wine"], 2, "spot"),
        (["sync"], 4, "CHOCO_OFFLINE"),
        (["holes", "--only", "wine"], 2, "spot"),
        (["heal", "--only", "wine"], 2, "spot"),
        (["heal", "--from", "2026-03-10", "--to", "2026-03-01"], 2, "before"),
        (["heal"], 4, "CHOCO_OFFLINE"),
        (["show", "wine", "2026-03-10T18:15"], 2, "wine"),
        (["show", "spot", "noon"], 2, "2026-03-10T18:15"),
        (["show", "spot", "0001-01-01"], 2, "out of range"),
        (["show", "gas", "2026-03-10T18:15"], 3, "nothing was loaded"),
        (["import", "weather", "x.csv"], 2, "siar, prices, gas or co2"),
        (["import", "prices", "missing.csv"], 2, "missing.csv"),
        (["import", "siar", "missing.csv"], 2, "missing.csv"),
        (["store", "copy", "--to", "parquet"], 2, "sqlite, influx"),
        (["store", "copy"], 2, "--to"),
        (["store", "copy", "--to", "influx"], 6, "InfluxDB"),
        (["store", "copy", "--to", "sqlite"], 6, "InfluxDB"),
        (["forecast", "--model", "oracle"], 2, "naive-kind"),
        (["forecast", "--series", "gas"], 2, "pvpc"),
        (["paint"], 2, "paint"),
    ],
)
def test_wrong_use_is_one_sentence(
    choco: Run, env: dict[str, str], args: list[str], code: int, words: str
) -> None:
    result = choco(*args, env=env, expect=code)
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CHOCO_NOW", "2026-03-10 21:00", "CHOCO_NOW"),
        ("CHOCO_NOW", "yesterday", "CHOCO_NOW"),
        ("CHOCO_OMIE__BASE_URL", "ftp://x", "CHOCO_OMIE__BASE_URL"),
        ("CHOCO_PLAN__TIME_LIMIT_S", "-1", "CHOCO_PLAN__TIME_LIMIT_S"),
        ("CHOCO_FORECAST__MODEL", "oracle", "CHOCO_FORECAST__MODEL"),
        ("CHOCO_FACTORY", "/nowhere/factory.toml", "/nowhere/factory.toml"),
        ("CHOCO_STATE", "/proc/state", "CHOCO_STATE"),
        ("CHOCO_NOW_FILE", "/nowhere", "both set"),
    ],
)
def test_wrong_setting_is_named(choco: Run, env: dict[str, str], name: str, value: str, words: str) -> None:
    result = choco("holes", env={**env, name: value}, expect=6)
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_factory_file_is_named_by_key(choco: Run, env: dict[str, str]) -> None:
    path = Path(env["CHOCO_FACTORY"])
    path.write_text(tiny().replace("count = 2", 'count = "two"'), encoding="utf-8")
    result = choco("plan", env=env, expect=6)
    assert "count" in result.stderr
    assert "machine" in result.stderr


def test_setting_from_a_secret_file(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "now"
    secret.write_text(NOW + "\n", encoding="utf-8")
    del env["CHOCO_NOW"]
    result = choco("plan", "--days", "1", "--json", env={**env, "CHOCO_NOW_FILE": str(secret)}, cold=True)
    assert json.loads(result.stdout)["issued_at"] == "2026-03-10T21:00:00+01:00"


def test_plan_offline_is_marked_sample(choco: Run, env: dict[str, str]) -> None:
    answer = json.loads(choco("plan", "--days", "2", "--json", env=env).stdout)
    assert answer["sample"] is True
    assert answer["violations"] == []
    told = choco("plan", "--days", "2", env=env)
    assert "SAMPLE" in told.stderr
    assert "saves" in told.stdout
    assert "Assumed" in told.stderr


def test_results_do_not_depend_on_zone_or_locale(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    seen = []
    for zone, language in (("UTC", "C"), ("Pacific/Kiritimati", "es_ES.UTF-8")):
        state = {"CHOCO_STATE": str(tmp_path / zone.replace("/", "-")), "TZ": zone, "LC_ALL": language}
        result = choco("plan", "--days", "2", "--json", env={**env, **state}, cold=True)
        answer = json.loads(result.stdout)
        answer.pop("solve_seconds")
        seen.append(answer)
    assert seen[0] == seen[1]


def test_infeasible_plan_exits_5_and_stores_nothing(choco: Run, env: dict[str, str]) -> None:
    Path(env["CHOCO_FACTORY"]).write_text(tiny().replace("kg = 100", "kg = 5000"), encoding="utf-8")
    result = choco("plan", "--days", "2", "--json", env=env, expect=5)
    problem = json.loads(result.stdout)
    assert problem["conflicts"][0]["product"] == "loaf"
    assert problem["conflicts"][0]["rules"]
    assert "loaf" in result.stderr
    assert json.loads(choco("settle", "--json", env=env).stdout)["plans"] == []


def test_forecast_json(choco: Run, env: dict[str, str]) -> None:
    body = json.loads(choco("forecast", "--json", env=env).stdout)
    assert body.keys() >= {"series", "issued_at", "model", "resolution_min", "points"}
    assert {point["origin"] for point in body["points"]} == {"sample", "forecast"}
    assert all(point["p10"] <= point["p50"] <= point["p90"] for point in body["points"])
    assert "P10" in choco("forecast", env=env).stdout


def test_doctor_says_what_to_do(choco: Run, env: dict[str, str]) -> None:
    result = choco("doctor", "--json", env={**env, "CHOCO_TYPO": "1"}, expect=None)
    rows = json.loads(result.stdout)
    assert any("CHOCO_TYPO" in row["text"] for row in rows)
    assert all(row["fix"] for row in rows if row["state"] != "ok")


def test_holes_and_help(choco: Run, env: dict[str, str]) -> None:
    choco("plan", "--days", "1", env=env)
    assert "No holes" in choco("holes", env=env).stdout
    assert json.loads(choco("holes", "--json", env=env).stdout) == []
    assert "Usage" in choco("--help", cold=True).stdout
    assert choco("--version").stdout == f"choco {__version__}\n"


def test_import_then_plan_on_real_files(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("datetime_utc,price_eur_mwh\n2026-03-09T23:00:00Z,12.5\n2026-03-10T00:00:00Z,cheap\n")
    result = choco("import", "prices", str(bad), env=env, expect=2)
    assert "bad.csv" in result.stderr
    assert "3" in result.stderr
    good = tmp_path / "good.csv"
    rows = [
        f"2026-03-0{8 if h == 23 else 9}T{h:02d}:{m:02d}:00Z,{40 + h}"
        for h in (23, *range(23))
        for m in (0, 15, 30, 45)
    ]
    good.write_text("datetime_utc,price_eur_mwh\n" + "\n".join(rows) + "\n")
    first = json.loads(choco("import", "prices", str(good), "--json", env=env).stdout)
    again = json.loads(choco("import", "prices", str(good), "--json", env=env).stdout)
    assert (first["changed"], again["changed"]) == (96, 0)


BAD = date(2026, 3, 7)


@pytest.fixture
def stocked(tmp_path: Path) -> Ports:
    """Prices in the command's store, a day of them missing and a slot corrected twice."""
    ports = paper_world(tmp_path / "state")
    stock(ports, "spot", date(2026, 3, 4), date(2026, 3, 11), day_of(BAD))
    for value, known in ((61.25, "2026-03-10T14:00"), (58.75, "2026-03-10T16:00")):
        point = Point(at("2026-03-10T11:00"), 15, value, at(known), Origin.PUBLISHED, "omie")
        ports.store.write(from_points("spot", [point]))
    return ports


@pytest.mark.usefixtures("stocked")
def test_show_tells_where_a_value_comes_from(choco: Run, env: dict[str, str]) -> None:
    told = choco("show", "spot", "2026-03-10T12:07", env=env).stdout
    assert "58.75 EUR/MWh, published by omie, known Tue 10 Mar 2026 17:00" in told
    assert "61.25" in told
    assert "-2.5" in told
    body = json.loads(choco("show", "spot", "2026-03-10T12:07", "--json", env=env).stdout)
    assert body["start"] == "2026-03-10T12:00:00+01:00"
    assert body["due"] == "2026-03-09T13:00:00+01:00"
    assert [row["value"] for row in body["revisions"]][1:] == [61.25, 58.75]
    assert [row["change"] for row in body["revisions"]][2] == -2.5


@pytest.mark.usefixtures("stocked")
def test_what_is_missing_is_listed_and_shown_as_missing(choco: Run, env: dict[str, str]) -> None:
    told = choco("holes", "--from", "2026-03-04", "--only", "spot", env=env).stdout
    assert "critical" in told
    assert "96" in told
    (row,) = json.loads(choco("holes", "--from", "2026-03-04", "--only", "spot", "--json", env=env).stdout)
    assert (row["start"], row["missing"]) == ("2026-03-07T00:00:00+01:00", 96)
    assert (row["severity"], row["reason"], row["again"]) == ("critical", "not asked for yet", None)
    assert row["source"] == "omie"
    result = choco("show", "spot", "2026-03-07T12:00", "--json", env=env, expect=3)
    problem = json.loads(result.stdout)
    assert problem["status"] == 404
    assert "not asked for yet" in problem["detail"]


@pytest.mark.usefixtures("stocked")
def test_holes_are_read_on_a_narrow_terminal(choco: Run, env: dict[str, str]) -> None:
    narrow = {**env, "COLUMNS": "80"}
    told = choco("holes", "--from", "2026-03-04", "--only", "spot", env=narrow, cold=True).stdout
    assert "asked" in told
    assert "…" not in told


@pytest.mark.usefixtures("stocked")
def test_heal_closes_what_a_provider_has(choco: Run, env: dict[str, str], upstream: Upstream) -> None:
    online = {**env, **upstream.settings(), "CHOCO_OFFLINE": "0"}
    told = choco("heal", "--only", "spot", env=online).stdout
    assert "96 slots were missing, 96 closed and verified." in told
    again = json.loads(choco("heal", "--only", "spot", "--json", env=online).stdout)
    assert (again["found"], again["closed"], again["left"], again["failures"]) == (0, 0, [], [])
    shown = json.loads(choco("show", "spot", "2026-03-07T12:00", "--json", env=env).stdout)
    assert (shown["source"], shown["origin"]) == ("omie", "published")
    assert shown["available_at"] == "2026-03-06T13:00:00+01:00"


@pytest.mark.usefixtures("stocked")
def test_heal_names_what_it_could_not_have(choco: Run, env: dict[str, str]) -> None:
    down = {
        f"CHOCO_{name}__BASE_URL": "http://127.0.0.1:9" for name in ("OMIE", "REE", "ESIOS", "OPEN_METEO")
    }
    env = {**env, **down, "CHOCO_OFFLINE": "0"}
    assert "choco heal" in choco("heal", "--only", "spot", env=env, expect=4).stderr
    result = choco("heal", "--only", "spot", "--json", env=env, expect=4)
    body = json.loads(result.stdout)
    assert (body["found"], body["closed"]) == (96, 0)
    assert {row["source"] for row in body["failures"]} == {"omie", "ree"}
    assert body["left"][0]["reason"].startswith("omie: ")
    assert "omie (spot)" in result.stderr
    assert "Traceback" not in result.stderr


def siar_line(day: date, mean: str) -> str:
    cells = ("11,8", "14:10", "1,2", "06:40", "70,5", "90", "06:10", "40", "15:00", "1,1", "180", "4,2")
    front = f"23;17;{day:%d/%m/%Y};{day.year};{day.timetuple().tm_yday}"
    return ";".join((front, mean, *cells, "13:20", "200", "8,3", "0", "0", "1,4"))


def siar_file(path: Path, *lines: str) -> Path:
    path.write_bytes("".join(f"{line}\r\n" for line in (";".join(HEADER), *lines)).encode("utf-16-le"))
    return path


def test_import_siar(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    days = [date(2020, 1, day) for day in (1, 2, 5)]
    lines = [siar_line(day, mean) for day, mean in zip(days, ("6,5", "", "99,0"), strict=True)]
    path = siar_file(tmp_path / "j17 [2020].csv", *lines)
    first = choco("import", "siar", str(path), env=env)
    assert "1 files, 3 rows read" in first.stdout
    assert "j17" in first.stdout
    assert "line 4: 2020-01-05 refused" in " ".join(first.stderr.split())
    again = json.loads(choco("import", "siar", str(path), "--json", env=env).stdout)
    assert (again["rows"], again["changed"]) == (3, 0)
    shown = choco("show", "siar_j17_temperature_mean", "2020-01-01T12:00Z", "--json", env=env)
    assert json.loads(shown.stdout)["value"] == 6.5
    choco("show", "siar_j17_temperature_mean", "2020-01-02T12:00Z", env=env, expect=3)


def test_import_of_a_broken_file_stores_nothing(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    path = siar_file(tmp_path / "bad.csv", siar_line(date(2020, 1, 1), "6,5"), "23;17;01/13/2020")
    result = choco("import", "siar", str(path), "--json", env=env, expect=2)
    assert "bad.csv line 3" in result.stderr
    assert json.loads(result.stdout)["status"] == 400
    assert paper_world(tmp_path / "state").store.keys() == []


def test_import_gas(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "gas.csv"
    path.write_text("delivery_date,price_eur_mwh\n2026-02-10,31.52\n2026-02-11,30.9\n", encoding="utf-8")
    assert "2 rows of gas changed, 2 read" in choco("import", "gas", str(path), env=env).stdout
    assert json.loads(choco("import", "gas", str(path), "--json", env=env).stdout)["changed"] == 0
    shown = json.loads(choco("show", "gas", "2026-02-10T12:00", "--json", env=env).stdout)
    assert (shown["value"], shown["unit"], shown["due"]) == (31.52, "EUR/MWh", None)


def test_a_failed_copy_leaves_the_store_as_it_is(
    choco: Run, env: dict[str, str], tmp_path: Path, stocked: Ports
) -> None:
    rows = len(stocked.store.read("spot", span("spot", date(2026, 3, 4), date(2026, 3, 11))))
    result = choco("store", "copy", "--to", "influx", "--json", env=env, expect=6)
    assert json.loads(result.stdout)["status"] == 503
    assert len(stocked.store.read("spot", span("spot", date(2026, 3, 4), date(2026, 3, 11)))) == rows


def test_a_key_alone_is_a_whole_setting(choco: Run, env: dict[str, str]) -> None:
    result = choco("holes", "--json", env={**env, "CHOCO_AEMET__TOKEN": "not-a-key"})
    assert "not-a-key" not in result.stdout + result.stderr


def test_reference_plant_is_the_default(choco: Run, env: dict[str, str]) -> None:
    result = choco("doctor", "--json", env={**env, "CHOCO_FACTORY": str(ROOT / "factory.toml")}, expect=None)
    assert "Linares" in result.stdout
