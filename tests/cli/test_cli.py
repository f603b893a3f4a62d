"""The command as a user types it: exit codes, one clear sentence, JSON on stdout and nothing else there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run
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
    }


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["plan", "--days", "0"], 2, "--days 0"),
        (["plan", "--days", "many"], 2, "--days"),
        (["holes", "--from", "10/03/2026"], 2, "YYYY-MM-DD"),
        (["holes", "--from", "2026-03-10", "--to", "2026-03-01"], 2, "before"),
        (["sync", "--only", "gas"], 2, "spot"),
        (["sync"], 4, "CHOCO_OFFLINE"),
        (["import", "weather", "x.csv"], 2, "import prices"),
        (["import", "prices", "missing.csv"], 2, "missing.csv"),
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
    result = choco("plan", "--days", "1", "--json", env={**env, "CHOCO_NOW_FILE": str(secret)})
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
        answer = json.loads(choco("plan", "--days", "2", "--json", env={**env, **state}).stdout)
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
    assert "Usage" in choco("--help").stdout


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


def test_reference_plant_is_the_default(choco: Run, env: dict[str, str]) -> None:
    result = choco("doctor", "--json", env={**env, "CHOCO_FACTORY": str(ROOT / "factory.toml")}, expect=None)
    assert "Linares" in result.stdout
