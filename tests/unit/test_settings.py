"""Where settings come from: the environment, `.env` and secret files; and what a wrong one says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chocolate_factory.cli import run
from chocolate_factory.cli.settings import unknown_variables
from chocolate_factory.core.config import PREFIX, load_settings
from chocolate_factory.core.errors import Misconfigured


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and no setting; what is read into the environment goes away again."""
    monkeypatch.setattr(os, "environ", {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_secret_file_may_be_named_in_the_env_file(here: Path) -> None:
    (here / "key").write_text("told in a file\n")
    (here / ".env").write_text(f"CHOCO_ESIOS__TOKEN_FILE={here / 'key'}\nCHOCO_PORT=8123\n")
    settings = load_settings()
    assert settings.esios.token is not None
    assert (settings.esios.token.get_secret_value(), settings.port) == ("told in a file", 8123)
    assert load_settings() == settings


def test_the_environment_wins_over_a_file_named_in_the_env_file(here: Path) -> None:
    (here / ".env").write_text("CHOCO_ESIOS__TOKEN_FILE=/nowhere\nCHOCO_PORT=8123\n")
    os.environ |= {"CHOCO_ESIOS__TOKEN": "told here", "CHOCO_PORT": "8124"}
    settings = load_settings()
    assert settings.esios.token is not None
    assert (settings.esios.token.get_secret_value(), settings.port) == ("told here", 8124)


def test_a_typing_mistake_in_the_env_file_is_told(here: Path) -> None:
    (here / ".env").write_text("CHOCO_PLAN__RISKK=1\nCHOCO_NET=10.9\nPLANT_FILE=x\nCHOCO_PLAN__RISK=0.5\n")
    assert unknown_variables(load_settings()) == ["CHOCO_PLAN__RISKK"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CHOCO_PLAN", "foo", "Setting CHOCO_PLAN is a group"),
        ("CHOCO_ANTHROPIC", "key-not-to-be-read", "Setting CHOCO_ANTHROPIC is a group"),
        ("CHOCO_ESIOS__TOKEN_FILE", "bytes", "bytes is not text"),
        ("CHOCO_ESIOS__TOKEN_FILE", "nowhere", "cannot read nowhere"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_without_its_value(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    (here / "bytes").write_bytes(b"\xff\xfe")
    os.environ[name] = value
    assert run(["doctor"]) == Misconfigured.exit_code
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 2
    assert "not-to-be-read" not in told


def test_an_env_file_that_is_no_text_is_named(here: Path) -> None:
    (here / ".env").write_bytes(b"CHOCO_PORT=\xff")
    with pytest.raises(Misconfigured, match=r"\.env cannot be read"):
        load_settings()


def test_nothing_unplanned_shows_the_values_of_settings(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure before the log is set up by the settings is told without what the functions held."""
    os.environ["CHOCO_ESIOS__TOKEN"] = "not-to-be-read"

    def broken() -> None:
        held = dict(os.environ)
        raise RuntimeError(f"{len(held)} settings")

    monkeypatch.setattr("chocolate_factory.cli.load_settings", broken)
    assert run(["doctor"]) == 1
    told = capsys.readouterr().err
    assert "This is a bug" in told
    assert "not-to-be-read" not in told
