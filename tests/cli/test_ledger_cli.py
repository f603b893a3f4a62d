"""`choco settle --ledger`: weeks for people, JSON and a file."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

from chocolate_factory.infrastructure.stores import STORES, StorePlace
from tests.conftest import Run
from tests.services.ledgers import press, run, tell_plan


def test_the_ledger_as_table_json_and_file(choco: Run, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    ports = press(tmp_path / "elsewhere")
    ports = replace(ports, store=STORES["sqlite"](StorePlace(state)))
    runs = [run(f"brick-2026-03-{day}-1", f"2026-03-{day}T08:00") for day in (11, 12, 13)]
    runs += [run(f"brick-2026-03-{day}-1", f"2026-03-{day}T06:00") for day in ("09", "10")]
    tell_plan(ports, ("2026-03-06T22:00", "2026-03-17T00:00"), runs)
    factory = tmp_path / "factory.toml"
    factory.write_text(ports.factory_text, encoding="utf-8")
    env = {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": "2026-03-14T12:00:00+01:00", "CHOCO_STATE": str(state)}
    days = ("--from", "2026-03-09", "--to", "2026-03-13")
    told = choco("settle", "--ledger", *days, "--csv", "savings.csv", "--hindsight", "3", env=env)
    assert "closed: saved" in told.stdout and "in 1 week" in told.stdout
    assert "0 of 5 runs reported" in told.stderr
    assert "Wrote 16 days to savings.csv" in told.stderr
    body = json.loads(choco("settle", "--ledger", *days, "--json", "--revisions", env=env).stdout)
    closed = body["weeks"][0]
    assert (closed["status"], closed["revisions"]) == ("closed", [])
    with (tmp_path / "savings.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["week"] == closed["id"]]
    saved = sum(float(row["baseline_eur"]) - float(row["executed_eur"]) for row in rows)
    assert f"{saved:.2f}" == f"{closed['saving_eur']:.2f}"
    assert f"{closed['saving_eur']:.2f}" in told.stdout


def test_options_of_the_ledger_need_it(choco: Run) -> None:
    refused = choco("settle", "--csv", "savings.csv", expect=2)
    assert "--ledger" in refused.stderr
