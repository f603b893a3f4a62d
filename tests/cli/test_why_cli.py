"""`choco why` and `choco plan --what-if` as a user types them, without a process for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chocolate_factory.cli import run
from tests.worlds import tiny

Typed = Callable[..., str]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """typed("why", …, expect=0): what the command prints, errors after the rest."""
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    for name, value in {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "60",
        "CHOCO_FORECAST__MODEL": "naive-kind",
        "COLUMNS": "150",
    }.items():
        monkeypatch.setenv(name, value)

    def type_(*words: str, expect: int = 0) -> str:
        code = run(list(words))
        told = capsys.readouterr()
        assert code == expect, told.err
        return told.out if expect == 0 and "--json" in words else told.out + told.err

    return type_


def test_why_and_what_if(typed: Typed) -> None:
    assert "No plan" in typed("why", "loaf-2026-03-11-1", expect=3)
    plan = json.loads(typed("plan", "--days", "2", "--json"))
    batch = plan["runs"][0]["batch"]
    shown = typed("why", batch)
    assert "SAMPLE DATA" in shown
    assert "an hour later" in shown and "that staff and climate allow" in shown
    held = json.loads(typed("why", batch, "--at", "18:00", "--json"))
    assert (held["forced"] is None) != (held["forbidden"] is None)
    assert held["asked_start"].endswith("18:00:00+01:00")
    assert "all batches free to move" in typed("why", batch, "--at", "2026-03-11T10:00")
    assert "Forbidden by staff" in typed("why", batch, "--at", "03:00")
    table = typed("plan", "--what-if", "price=+10%", "machine:oven=+1")
    assert "What if price=+10%, machine:oven=+1?" in table and "Nothing was stored." in table
    assert f"The plan says {plan['cost_eur']:.2f} EUR" in table
    fewer = typed("plan", "--what-if", "demand=-50%")
    assert "batches fewer: the costs are not those of the same work." in fewer
    assert "true difference" not in fewer
    body = json.loads(typed("plan", "--what-if", "price=-10%", "--json", "--time-limit", "1"))
    assert body["difference"]["cost_eur"] < 0
    assert "machine oven" in typed("why", "--values", "--time-limit", "1")


def test_wrong_words(typed: Typed) -> None:
    assert "one batch, or for --values" in typed("why", expect=2)
    assert "--step goes with --at" in typed("why", "b", "--step", "mix", expect=2)
    assert "not an option" in typed("plan", "price=+10%", expect=2)
    assert "out of range" in typed("why", "b", "--time-limit", "0", expect=2)
