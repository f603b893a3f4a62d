"""`choco bill` as a user types it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.tariff.invoice import month_window
from tests.conftest import Run
from tests.services.bills import readings
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    return {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": "2026-04-10T21:00:00+02:00", "CHOCO_OFFLINE": "1"}


@pytest.fixture
def year(tmp_path: Path) -> str:
    starts = Window(month_window(date(2025, 4, 1)).start, month_window(date(2026, 3, 1)).end).starts(60)
    return str(readings(tmp_path / "year.csv", starts, {"kwh": np.full(len(starts), 17.0)}))


def test_a_bill_for_people_and_for_programs(choco: Run, env: dict[str, str], year: str) -> None:
    body = json.loads(choco("bill", "--month", "2025-12", "--kwh-profile", year, "--json", env=env).stdout)
    assert (body["month"], body["status"], body["energy_kwh"]) == ("2025-12", "whole", 17 * 744)
    assert body["as_of"] == "2026-04-10T21:00:00+02:00"
    told = choco("bill", "--month", "2025-12", "--kwh-profile", year, env=env)
    assert f"{body['total_eur']:.2f} EUR" in told.stdout
    for line in body["lines"]:
        assert f"{line['eur']:.2f}" in told.stdout
    assert "744 of" not in told.stdout
    assert "31 of 31 days" in told.stdout
    assert "Left out: contract.equipment_rental_eur_day" in told.stderr
    so_far = choco("bill", "--month", "2026-04", "--kwh-profile", year, env=env, expect=3)
    assert "nothing of 2026-04" in so_far.stderr


def test_the_best_power(choco: Run, env: dict[str, str], year: str) -> None:
    options = ["bill", "--optimise-power", "--kwh-profile", year]
    body = json.loads(choco(*options, "--json", env=env).stdout)
    assert body["best"]["power_kw"] == [17.0] * 6
    told = choco(*options, env=env)
    assert f"Saves {body['saving_eur']:.2f} EUR a year" in told.stdout
    assert "2025-04 to 2026-03" in told.stdout
    assert "0.05 kW" in choco(*options, "--step-kw", "0.05", env=env, expect=2).stderr


def test_wrong_commands(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    both = choco("bill", "--month", "2025-12", "--optimise-power", env=env, expect=2)
    assert "One of --month" in both.stderr
    assert "is not a month" in choco("bill", "--month", "12/2025", env=env, expect=2).stderr
    none = choco("bill", "--month", "2025-12", "--kwh-profile", str(tmp_path / "no.csv"), env=env, expect=2)
    assert "cannot be read" in none.stderr
    planned = choco("bill", "--month", "2025-12", "--json", env=env, expect=3)
    assert json.loads(planned.stdout)["type"] == "urn:chocolate-factory:DataMissing"
