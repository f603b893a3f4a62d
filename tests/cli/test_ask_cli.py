"""`choco ask`: text and sources for people, one document for programs, errors with their exit code."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.conftest import ROOT, Run

ENV = {
    "CHOCO_OFFLINE": "1",
    "CHOCO_SYNC__HISTORY_DAYS": "8",
    "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
    "CHOCO_FACTORY": str(ROOT / "factory.toml"),
}


def test_asks_tells_and_refuses(choco: Run, tmp_path: Path) -> None:
    env = {**ENV, "CHOCO_STATE": str(tmp_path / "state")}
    body = json.loads(choco("ask", "¿Cuánto cuesta la luz ahora?", "--json", env=env).stdout)
    assert (body["tools"], body["answered_by"], body["sample"]) == (["current_price"], "rules", True)
    price = next(fact for fact in body["facts"] if fact["name"] == "now_price")
    assert price["text"]["es"].removeprefix("precio pagado: ") in body["text"]
    shown = choco("ask", "What is the price now?", "--sources", "--lang", "es", env=env)
    assert "Ahora se paga" in shown.stdout
    assert "current_price.now_price" in shown.stdout
    assert "SAMPLE" in shown.stderr
    assert "(rules; current_price)" in shown.stderr
    choco("ask", "hoy", "--lang", "fr", env=env, expect=2)
    choco("ask", " ", env=env, expect=2)
    long = json.loads(choco("ask", "x" * 501, "--json", env=env, expect=2).stdout)
    assert "500 are allowed" in long["detail"]
    with sqlite3.connect(tmp_path / "state" / "sample" / "store.sqlite") as store:
        assert "current_price" in "".join(store.iterdump())
