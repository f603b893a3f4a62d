"""`choco train` and `choco models` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.worlds import tiny

NOW = "2026-03-10T21:00:00+01:00"
NAIVE = ("--models", "naive-kind,naive-week", "--series", "spot")
SPOT = ("--series", "spot")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny(), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(factory),
        "CHOCO_NOW": NOW,
        "CHOCO_OFFLINE": "1",
        "CHOCO_SYNC__HISTORY_DAYS": "20",
    }


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["train", "--series", "gas"], 2, "--series gas"),
        (["train", "--models", "oracle"], 2, "oracle"),
        (["models", "erase"], 2, "list, promote, rollback"),
        (["models", "promote", "naive-kind"], 2, "needs --series"),
        (["models", "promote", *SPOT], 2, "A model is named"),
        (["models", "rollback", "naive-kind", *SPOT], 2, "A model is named"),
        (["models", "rollback", *SPOT], 2, "no earlier choice"),
        (["models", "promote", "naive-kind", *SPOT], 3, "no sound version of naive-kind"),
        (["models", "promote", "oracle", *SPOT], 2, "not a forecaster"),
    ],
)
def test_wrong_use_is_one_sentence(
    choco: Run, env: dict[str, str], args: list[str], code: int, words: str
) -> None:
    result = choco(*args, env=env, expect=code)
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_train_list_promote_and_back(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    body = json.loads(choco("train", *NAIVE, "--no-compare", "--json", env=env).stdout)
    assert body["sample"] is True
    assert [(one["model"], one["version"], one["failure"]) for one in body["trained"]] == [
        ("naive-kind", 1, None),
        ("naive-week", 1, None),
    ]
    assert body["compared"] == []
    text = choco("train", *NAIVE, "--no-compare", env=env).stdout
    assert "naive-week" in text
    told = json.loads(choco("models", "promote", "naive-week", *SPOT, "--json", env=env).stdout)
    (row,) = told["series"]
    assert row["serving"] == {"model": "naive-week", "version": 2}
    assert row["champion"]["chosen_by"] == "by hand"
    assert json.loads(choco("forecast", "--json", env=env).stdout)["model"].startswith("naive-week")
    shown = choco("models", *SPOT, env=env).stdout
    assert "naive-week serves, version 2" in shown
    (tmp_path / "state" / "sample" / "models" / "spot" / "naive-week" / "000002.npz").unlink()
    told = json.loads(choco("models", *SPOT, "--json", env=env).stdout)
    assert told["series"][0]["serving"]["version"] == 1
    assert "changed or missing on disk" in choco("models", *SPOT, env=env).stderr
    assert "changed or missing on disk" in choco("doctor", "--json", env=env, expect=None).stdout
    told = json.loads(choco("models", "rollback", *SPOT, "--json", env=env).stdout)
    assert told["series"][0]["champion"]["model"] == "boosting"


def test_a_name_in_the_settings_is_remarked_on(choco: Run, env: dict[str, str]) -> None:
    pinned = {**env, "CHOCO_FORECAST__MODEL": "naive-kind"}
    result = choco("models", *SPOT, env=pinned)
    assert "CHOCO_FORECAST__MODEL names naive-kind" in result.stderr
    assert "naive-kind serves, learnt afresh" in result.stdout
    wrong = choco("models", env={**env, "CHOCO_FORECAST__MODEL": "oracle"}, expect=6)
    assert "known: auto" in wrong.stderr
