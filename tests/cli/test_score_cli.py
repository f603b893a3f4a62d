"""`choco score` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "110",
        "CHOCO_FORECAST__MODEL": "naive-kind",
    }


@pytest.mark.soak
def test_the_rule_then_what_was_learnt(choco: Run, env: dict[str, str]) -> None:
    """Replays 70 days twice and grows trees: about 20 s."""
    body = json.loads(choco("score", "--json", env=env).stdout)
    assert body["sample"] is True
    assert (body["score_by"], body["skill"]) == ("rule", None)
    assert len(body["hours"]) == 24 * 7 + 3
    learn = choco("score", "--learn", "--every", "1", "--from", "2025-12-25", "--jobs", "2", env=env)
    assert "SAMPLE DATA" in learn.stderr
    assert "plain rule" in learn.stdout and "trees" in learn.stdout
    body = json.loads(choco("score", "--json", env=env).stdout)
    assert body["learnt_days"] >= 60
    assert body["skill"]["days"] > 0


def test_wrong_words(choco: Run, env: dict[str, str]) -> None:
    assert "--learn only" in choco("score", "--model", "lear", env=env, expect=2).stderr
    assert "not a forecaster" in choco("score", "--learn", "--model", "oracle", env=env, expect=2).stderr
    short = choco("score", "--learn", "--from", "2026-03-01", "--json", env=env, expect=3)
    assert "60 at least" in short.stderr


def test_a_fixed_contract(choco: Run, env: dict[str, str]) -> None:
    Path(env["CHOCO_FACTORY"]).write_text(tiny("fixed"), encoding="utf-8")
    assert "by tariff" in choco("score", env=env).stdout
    assert "nothing to learn" in choco("score", "--learn", env=env, expect=2).stderr
