"""`choco ask`: text and sources for people, one document for programs, errors with their exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from chocolate_factory.cli.asking import show_end
from chocolate_factory.services.ask_question import Desk, Question, ask_question
from tests.conftest import ROOT, Run
from tests.worlds import sample_ports

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
    assert "(rules, as nobody else is asked offline; current_price)" in shown.stderr
    assert body["reason"] == "offline"
    choco("ask", "hoy", "--lang", "fr", env=env, expect=2)
    choco("ask", " ", env=env, expect=2)
    long = json.loads(choco("ask", "x" * 501, "--json", env=env, expect=2).stdout)
    assert "500 are allowed" in long["detail"]
    with sqlite3.connect(tmp_path / "state" / "sample" / "store.sqlite") as store:
        assert "current_price" in "".join(store.iterdump())
    assert "takes a terminal" in choco("ask", env=env, expect=2).stderr
    talk = Terminal(["ask", "--plain"], env)
    assert "Ctrl+D ends" in talk.until("? ")
    assert "negativas" in talk.say("¿Cuántas horas negativas hubo ayer?")
    assert "mañana" not in talk.say("¿y hoy?"), "the day before is not told again"
    assert talk.tools == ["day_prices", "day_prices"]
    talk.listens()
    talk.write("\x03")
    talk.until("? ")
    assert "500 are allowed" in talk.say("x" * 501)
    assert talk.say("why?").count("(rules; no tool)") == 1
    talk.write("\x04")
    assert talk.ended() == 0


def test_says_that_no_key_is_set(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ports, text = sample_ports(tmp_path), "What is the price now?"
    show_end(list(ask_question(ports, ports.store, Desk(), Question(text, "test"))), sources=False)
    said = "(rules, as CHOCO_ANTHROPIC__API_KEY is not set; current_price)\n"
    assert capsys.readouterr().err == said
    show_end(
        list(ask_question(ports, ports.store, Desk(), Question(text, "test", plain=True))), sources=False
    )
    assert capsys.readouterr().err == "(rules; current_price)\n"


class Terminal:
    """The command at a terminal of its own, and what it printed."""

    def __init__(self, args: list[str], env: dict[str, str]) -> None:
        command = str(Path(sys.executable).with_name("choco"))
        merged = {**os.environ, **env, "TERM": "dumb", "COLUMNS": "200"}
        self._process, self._own = pty.fork()
        if self._process == 0:
            # A test run that was started in the background ignores it, and so would what it starts.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(command, [command, *args], merged)
        self.tools: list[str] = []

    def ended(self) -> int:
        """The exit code, once the command has ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])

    def write(self, text: str) -> None:
        os.write(self._own, text.encode())

    def until(self, mark: str) -> str:
        """What is printed up to a mark at its end; fails after two minutes."""
        seen, end = "", time.monotonic() + 120
        while not seen.endswith(mark):
            assert time.monotonic() < end, seen
            if select.select([self._own], [], [], 0.2)[0]:
                seen += os.read(self._own, 4096).decode(errors="replace")
        return seen

    def listens(self) -> None:
        """Wait until the command sleeps, its prompt being there: it does not hear what comes before."""
        status, end = Path(f"/proc/{self._process}/stat"), time.monotonic() + 120
        while status.read_text().rsplit(")", 1)[1].split()[0] != "S":
            assert time.monotonic() < end
            time.sleep(0.01)

    def say(self, line: str) -> str:
        """The answer to a line."""
        self.write(line + "\n")
        answer = self.until("\n? ")
        self.tools += re.findall(r"\(rules; (\w+)\)", answer)
        return answer
