"""`choco log` and `choco stock` as a user types them, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.cli import run
from tests.worlds import tiny

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """say("log", expect=0) is what the command prints, stdout and stderr together.

    Logging is left as it is: set up here it would keep a captured stream that is closed after the test.
    """
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    for name, value in (("FACTORY", str(factory)), ("NOW", "2026-03-11T05:45:00+01:00"), ("OFFLINE", "1")):
        monkeypatch.setenv(f"CHOCO_{name}", value)
    monkeypatch.setattr("chocolate_factory.cli.configure", lambda *_: None)

    def said(*words: str, expect: int = 0) -> str:
        capsys.readouterr()
        code = run(list(words))
        told = capsys.readouterr()
        assert code == expect, told
        return told.out if "--json" in words else told.out + told.err

    return said


def test_a_morning_at_the_plant(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    plan: dict[str, Any] = json.loads(say("plan", "--days", "1", "--json"))
    first = min(plan["runs"], key=lambda run: datetime.fromisoformat(run["start"]))
    now = datetime.fromisoformat(first["start"]) + timedelta(minutes=10)
    monkeypatch.setenv("CHOCO_NOW", now.isoformat())
    assert first["batch"] in say("log")
    say("log", "undo", "r9", expect=3)
    say("log", "fail", expect=2)
    assert "no unit 7" in say("log", "start", first["batch"], "mix", "--unit", "7", expect=2)
    say("log", "start", first["batch"], "--at", first["start"], "--note", "[bold]Ana[/]")
    at = now.strftime("%Y-%m-%dT%H:%M")
    rows = json.loads(say("log", "fail", first["batch"], "--reason", "burnt", "--at", at, "--json"))
    assert [row["kind"] for row in rows] == ["failed"]
    assert "loaf 100 kg counted" in say("stock", "loaf", "100")
    assert "100" in say("stock")
    log = say("log")
    assert "No batch is under way." in log
    assert "burnt" in log
    assert "[bold]Ana[/]" in log, "a note is text"
    again = json.loads(say("plan", "--days", "1", "--json"))
    assert again["in_stock"] == [{"product": "loaf", "batches": 2}]
    assert "are dropped" in say("log", "diff")
