"""`choco plan --fleet`, --list and --fresh in the offline sample world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny

NOW = "2026-03-10T21:00:00+01:00"
BROKEN = "[site]\nname = 3\n"
IMPOSSIBLE = """
[[demand]]
product = "loaf"
kg = 1500
every = "once"
due = "2026-03-11T08:00"
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An offline world with a little sample history and a tiny plant of its own."""
    (tmp_path / "main.toml").write_text(tiny())
    return {
        "CHOCO_OFFLINE": "1",
        "CHOCO_NOW": NOW,
        "CHOCO_FACTORY": str(tmp_path / "main.toml"),
        "CHOCO_SYNC__HISTORY_DAYS": "40",
        "CHOCO_FORECAST__MODEL": "naive-kind",
        "COLUMNS": "150",
    }


def fleet(folder: Path, **files: str) -> str:
    """A folder of factory files."""
    (folder / "fleet").mkdir()
    for name, text in files.items():
        (folder / "fleet" / f"{name}.toml").write_text(text)
    return str(folder / "fleet")


def test_each_plant_is_planned_by_itself(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    small = tiny("fixed").replace("kg = 100", "kg = 50")
    folder = fleet(tmp_path, south=tiny(), north=small)
    done = json.loads(
        choco("plan", "--fleet", folder, "--days", "2", "--jobs", "2", "--json", env=env).stdout
    )
    assert [row["plant"] for row in done["plants"]] == ["north", "south"]
    assert (done["planned"], done["failed"]) == (2, 0)
    assert all(row["error"] is None and row["cost_eur"] > 0 for row in done["plants"])
    assert done["total"]["cost_eur"] == pytest.approx(sum(row["cost_eur"] for row in done["plants"]))
    own = {**env, "CHOCO_FACTORY": str(tmp_path / "fleet" / "south.toml")}
    alone = json.loads(choco("plan", "--days", "2", "--json", env=own).stdout)
    assert alone["cost_eur"] == pytest.approx(done["plants"][1]["cost_eur"], rel=0.006)
    listed = json.loads(choco("plan", "--list", "--json", env=env).stdout)
    assert [row["id"] for row in listed] == [alone["id"]], "the fleet's plans are not the main site's"
    again = json.loads(
        choco("plan", "--fleet", folder, "--days", "2", "--jobs", "1", "--json", env=env).stdout
    )
    assert [row["plan"] for row in again["plants"]] == [row["plan"] for row in done["plants"]], "they stand"


@pytest.mark.soak
def test_a_failure_is_a_row_and_the_exit_code(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    folder = fleet(tmp_path, good=tiny("fixed"), late=tiny("fixed") + IMPOSSIBLE, wrong=BROKEN)
    done = choco("plan", "--fleet", folder, "--days", "2", "--json", env=env, expect=6)
    rows = {row["plant"]: row for row in json.loads(done.stdout)["plants"]}
    assert rows["good"]["error"] is None
    assert (rows["late"]["error"]["exit_code"], rows["wrong"]["error"]["exit_code"]) == (5, 6)
    assert rows["late"]["cost_eur"] is None
    alone = ("plan", "--fleet", folder, "--days", "2", "--jobs", "1")
    assert "[contract]" in choco(*alone, env=env, expect=6).stdout
    (tmp_path / "fleet" / "wrong.toml").unlink()
    shown = choco(*alone, env=env, expect=5)
    assert "1 of 2" in shown.stdout
    assert rows["late"]["error"]["title"] in " ".join(shown.stdout.split())


def test_what_goes_with_a_fleet_and_what_does_not(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    assert "no such folder" in choco("plan", "--fleet", "nowhere", env=env, expect=2).stderr
    empty = fleet(tmp_path)
    assert "no factory file" in choco("plan", "--fleet", empty, env=env, expect=2).stderr
    assert "--fleet" in choco("plan", "--jobs", "2", env=env, expect=2).stderr
    assert "exports nothing" in choco("plan", "--fleet", empty, "--stored", env=env, expect=2).stderr


def test_plans_are_listed_with_their_reasons(choco: Run, env: dict[str, str]) -> None:
    assert "No plan is stored yet." in choco("plan", "--list", env=env).stdout
    first = json.loads(choco("plan", "--days", "2", "--json", env=env).stdout)
    assert (first["because"], first["kept"], first["changes"]) == ("asked for", None, None)
    later = {**env, "CHOCO_NOW": "2026-03-10T21:40:00+01:00"}
    shown = choco("plan", "--days", "2", env=later).stdout
    assert f"Keeps {first['id']}" in shown
    assert "0 move, 0 are new, 0 are dropped" in shown
    table = choco("plan", "--list", env=later).stdout
    assert first["id"] in table
    assert "kept, " in table
    rows = json.loads(choco("plan", "--list", "--json", env=later).stdout)
    assert [row["kept"] and row["kept"]["plan"] for row in rows] == [first["id"], None]
    fresh = json.loads(choco("plan", "--days", "2", "--fresh", "--json", env=later).stdout)
    assert fresh["frozen"] == []
    assert fresh["kept"]["threshold_eur"] == 0
