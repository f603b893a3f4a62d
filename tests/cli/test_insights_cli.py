"""`choco windows`, `choco alerts`, `choco report`: for people, as JSON, in a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from chocolate_factory.infrastructure.stores import STORES, StorePlace
from chocolate_factory.services.record_alerts import keep
from chocolate_factory.services.watch_alerts import watch_alerts
from tests.conftest import Run
from tests.services.ledgers import press, run, settle, tell_plan


def test_what_the_data_say(choco: Run, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    ports = press(tmp_path / "elsewhere")
    ports = replace(ports, store=STORES["sqlite"](StorePlace(state)))
    runs = [run(f"brick-2026-03-{day}-1", f"2026-03-{day}T06:00") for day in ("09", "10", "11", "12", "13")]
    tell_plan(ports, ("2026-03-06T22:00", "2026-03-14T00:00"), runs)
    saved = settle(ports)["weeks"][0]["saving_eur"]
    keep(ports, watch_alerts(ports))
    factory = tmp_path / "factory.toml"
    factory.write_text(ports.factory_text, encoding="utf-8")
    env = {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": "2026-03-14T12:00:00+01:00", "CHOCO_STATE": str(state)}

    told = choco("windows", "--hours", "2", "--days", "2", env=env)
    assert "Windows of 2 h" in told.stdout and "2026-03-15" in told.stdout
    body = json.loads(choco("windows", "--json", env=env).stdout)
    assert (body["hours"], body["longest_step"]["process"], len(body["days"])) == (1.0, "press", 7)

    told = choco("alerts", "--lang", "es", "--history", "5", env=env)
    assert "critical  No hay ningún plan en vigor desde sáb 14/03 00:00." in told.stdout
    assert "Recorded" in told.stdout

    told = choco("report", env=env)
    assert "Week 2026-W11: cost and saving" in told.stdout and f"{saved:.2f} EUR" in told.stdout
    body = json.loads(choco("report", "--week", "2026-W11", "--json", env=env).stdout)
    assert body["settled"]["saving_eur"] == saved
    assert "Wrote" in choco("report", "--lang", "es", "--out", "w.html", env=env).stderr
    page = (tmp_path / "w.html").read_text(encoding="utf-8")
    assert "Semana 2026-W11" in page and f"{saved:.2f} EUR".replace(".", ",") in page
    assert "not known" in choco("report", "--out", "w.txt", env=env, expect=2).stderr
