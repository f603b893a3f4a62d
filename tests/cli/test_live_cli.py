"""`choco backtest --live` as a user types it."""

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
        "CHOCO_SYNC__HISTORY_DAYS": "60",
    }


def test_the_live_record(choco: Run, env: dict[str, str]) -> None:
    empty = choco("backtest", "--live", env=env)
    assert "No stored forecast has met its prices" in empty.stderr
    then = {**env, "CHOCO_NOW": "2026-03-05T21:00:00+01:00"}
    choco("forecast", "--model", "naive-kind", env=then)
    body = json.loads(choco("backtest", "--live", "--json", env=env).stdout)
    assert body["sample"] is True
    (record,) = body["records"]
    assert (record["series"], record["model"]) == ("spot", "naive-kind")
    assert [one["lead"] for one in record["leads"]] == [2, 3, 4, 5, 6]
    told = choco("backtest", "--live", "--series", "spot", env=env)
    assert "spot by naive-kind" in told.stdout
    assert "D+6" in told.stdout
    assert "too little" in told.stderr
    assert "SAMPLE DATA" in told.stderr
    assert "No stored forecast" in choco("backtest", "--live", "--series", "pvpc", env=env).stderr


def test_it_goes_with_few_options(choco: Run, env: dict[str, str]) -> None:
    for option in (["--models", "boosting"], ["--gate", "13:30"], ["--every", "2"], ["--again"]):
        assert "--live" in choco("backtest", "--live", *option, env=env, expect=2).stderr
