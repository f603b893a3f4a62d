"""`choco plan --risk` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The tiny plant in the sample world, on a model that learns fast."""
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "60",
        "CHOCO_FORECAST__MODEL": "naive-kind",
        "CHOCO_PLAN__TIME_LIMIT_S": "5",
        "CHOCO_PLAN__PATHS": "30",
    }


def test_a_plan_tells_its_range_and_weighs_risk_when_asked(choco: Run, env: dict[str, str]) -> None:
    made = choco("plan", "--days", "2", "--risk", "0.5", "--json", env=env)
    risk = json.loads(made.stdout)["risk"]
    assert (risk["weight"], risk["paths"]) == (0.5, 30)
    assert risk["p10_eur"] < risk["p90_eur"] <= risk["cvar_eur"]
    told = choco("plan", "--stored", env=env).stdout
    assert f"Over 30 price paths {risk['p10_eur']:.2f} to {risk['p90_eur']:.2f} EUR" in " ".join(told.split())
    assert "Risk weighs 0.5" in told
    told = choco("plan", "--days", "2", "--paths", "20", env=env).stdout
    assert "Over 20 price paths" in told
    assert "Risk weighs" not in told


def test_weights_out_of_range_are_refused(choco: Run, env: dict[str, str]) -> None:
    assert "0 to 1" in choco("plan", "--risk", "2", env=env, expect=2).stderr
    assert "10 to 365" in choco("plan", "--paths", "5", env=env, expect=2).stderr
    assert "CHOCO_PLAN__RISK" in choco("plan", env={**env, "CHOCO_PLAN__RISK": "7"}, expect=6).stderr
