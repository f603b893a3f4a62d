"""What goes wrong with an answer, through the route: said in both languages, and the next question works."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.api.routers.chat import Asking, answering
from chocolate_factory.core.errors import StoreFailed
from chocolate_factory.domain.ports import Assistant
from chocolate_factory.domain.talk import Reply, Request, Usage
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace
from chocolate_factory.main import create_app
from chocolate_factory.services.ask_question import Question
from chocolate_factory.services.assistant.desk import AskRules, Desk
from chocolate_factory.services.assistant.phrases import NOTICES
from chocolate_factory.services.choose_world import World
from chocolate_factory.tasks.keep_fresh import sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.api.test_chat import MARK, URL, events
from tests.conftest import Upstream
from tests.dashboard.site import Serving
from tests.worlds import sample_world

MODEL = "claude-haiku-4-5"
GOOD = {"text": "No lo sé."}
LOOK = {"content": [{"type": "tool_use", "name": "current_price", "input": {}}]}
SPENT = {"usage": {"input_tokens": 10_000_000, "output_tokens": 1}}
ASKED = {"es": "¿Cuánto cuesta la luz ahora?", "en": "What is the price now?"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = sample_world(tmp_path_factory.mktemp("faults"))
    assert run_job("sync", lambda w: sync_prices(w, 20), made)
    return made


@pytest.fixture
def scripted(upstream: Upstream) -> Iterator[Upstream]:
    upstream.control("anthropic", method="DELETE")
    yield upstream
    upstream.control("anthropic", method="DELETE")


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world)) as made:
        yield made


@cache
def claude(url: str, key: str) -> Claude:
    return Claude(ClaudePlace(f"{url}/anthropic", key, MODEL))


def set_up(client: TestClient, upstream: Upstream, key: str = "k", **rules: Any) -> None:
    """Questions go to a model under a key from now on."""
    bounds = AskRules(**{"per_minute": 600, "budget_eur": 1000.0, "seconds": 20.0, **rules})
    client.app.state.asking = Asking(Desk(bounds, lambda: claude(upstream.url, key)))  # type: ignore[attr-defined]


def ask(client: TestClient, text: str, **more: Any) -> tuple[str, dict[str, Any], list[str]]:
    """Text, end and tools of an answer."""
    answer = client.post(URL, json={"question": text, **more}, headers=MARK)
    assert answer.status_code == 200, answer.text
    told = events(answer.text)
    text = "".join(data["text"] for kind, data in told if kind == "text")
    return text, told[-1][1], [data["name"] for kind, data in told if kind == "tool"]


def error(status: int, times: int = 3, **more: Any) -> list[dict[str, Any]]:
    return [{"error": {"status": status, **more}}] * times


Scripts = list[dict[str, Any]]
CUT_TEXT = {"text": "No lo sé. " + "Y además, " * 20}
FAULTS: dict[str, tuple[str, Scripts, tuple[str, str], str]] = {
    "wrong key": ("invalid-key", [], ("no acepta la clave", "does not take the key"), "answered"),
    "expired key": ("k", error(401, 1, message="expired"), ("no acepta la", "not take the key"), "answered"),
    "429": ("k", error(429, retry_after=0), ("demasiadas peticiones", "too many requests"), "answered"),
    "429 for long": ("k", error(429, 1, retry_after=40), ("demasiadas peticiones", "too many"), "answered"),
    "529": ("k", error(529, retry_after=0), ("no responde", "does not answer"), "answered"),
    "500": ("k", error(500, retry_after=0), ("no responde", "does not answer"), "answered"),
    "400": ("k", error(400, 1), ("no ha aceptado", "did not take the request"), "answered"),
    "cut stream": ("k", [{**CUT_TEXT, "cut_after": 8}], ("no responde", "does not answer"), "answered"),
    "error event": (
        "k", [{**CUT_TEXT, "cut_after": 8, "stream_error": True}], ("no responde", "not answer"), "answered",
    ),
    "refusal": ("k", [{"content": [], "stop_reason": "refusal"}], ("no quiere", "declines"), "answered"),
    "too long": ("k", [{**CUT_TEXT, "stop_reason": "max_tokens"}], ("más larga", "longer than"), "answered"),
    "too long at once": (
        "k", [LOOK, {"text": "Y además, ", "stop_reason": "max_tokens"}], ("más larga", "lon"), "stopped",
    ),
    "budget spent": ("k", [{**LOOK, **SPENT}], ("no acabó", "did not end"), "stopped"),
    "steps": ("k", [LOOK] * 6, ("no acabó", "did not end"), "stopped"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_and_the_next_question_works(
    world: World, client: TestClient, scripted: Upstream, name: str
) -> None:
    key, scripts, notices, outcome = FAULTS[name]
    for language, notice in zip(("es", "en"), notices, strict=True):
        world.real.store.forget("question", world.real.clock().replace(year=2100))
        set_up(client, scripted, key, **({"budget_eur": 5.0} if name == "budget spent" else {}))
        scripted.control("anthropic", method="DELETE")
        for script in scripts:
            scripted.control("anthropic", script)
        text, done, _ = ask(client, ASKED[language], language=language)
        assert (done["outcome"], notice in done["notice"]) == (outcome, True), done
        assert done["notice"] == NOTICES[done["reason"]][language]
        if name == "429 for long":
            assert len(scripted.control("anthropic")["requests"]) == 1, (
                "a pause that is too long is not waited for"
            )
        if name != "too long":
            assert ("Ahora se paga" if language == "es" else "EUR/kWh") in text
        assert "además" not in text, "what was cut is not shown"
        assert not any(words in text for words in ("no está en los datos", "not in the data")), "nor blamed"
        scripted.control("anthropic", method="DELETE")
        scripted.control("anthropic", GOOD)
        set_up(client, scripted)
        text, done, _ = ask(client, "precio de hoy")
        assert (text.strip(), done["notice"], done["answered_by"]) == ("No lo sé.", "", MODEL)
        assert done["reason"] == ""


def failing(*_: object, **__: object) -> Any:
    raise StoreFailed("The store cannot be read: disk I/O error.")


def test_a_store_that_fails_is_said_and_is_no_end(
    world: World, client: TestClient, scripted: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = type(world.ports().store)
    plain = {"plain": True}
    set_up(client, scripted)
    with monkeypatch.context() as broken:
        broken.setattr(store, "read", failing)
        text, done, _ = ask(client, ASKED["es"], **plain)
        assert (done["outcome"], "no se pueden leer" in text) == ("failed", True)
        text, done, _ = ask(client, ASKED["en"], **plain)
        assert (done["outcome"], "cannot be read" in text) == ("failed", True)
        for script in (LOOK, {"text": "No puedo leer los datos."}):
            scripted.control("anthropic", script)
        text, done, tools = ask(client, ASKED["es"])
        assert (done["outcome"], tools, done["answered_by"]) == ("failed", [], MODEL)
        assert "no se puede leer" in done["notice"]
    with monkeypatch.context() as full:
        full.setattr(store, "save", failing)
        text, done, _ = ask(client, ASKED["es"], **plain)
        assert (done["outcome"], "Ahora se paga" in text) == ("answered", True)
    assert ask(client, ASKED["es"], **plain)[1]["outcome"] == "answered"


class Slow(Assistant):
    """Says that it does not know until it is told to end; knows whether it was left."""

    name = "slow"

    def __init__(self) -> None:
        self.begun, self.end, self.left = threading.Event(), threading.Event(), threading.Event()

    def reply(self, request: Request) -> Iterator[str | Reply]:
        self.begun.set()
        try:
            for _ in range(1500):
                yield "No lo sé. "
                if self.end.wait(0.02):
                    break
            yield Reply("No lo sé.", (), Usage(1, 1, 0, 0, 0.0), "end_turn")
        except GeneratorExit:
            self.left.set()
            raise


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def test_only_so_many_answers_at_once(world: World) -> None:
    slow = Slow()
    app = create_app(world, desk=Desk(AskRules(at_once=1), lambda: slow))
    with TestClient(app) as client:
        found: list[Any] = []
        first = threading.Thread(target=lambda: found.append(ask(client, "precio de hoy")))
        first.start()
        assert slow.begun.wait(30)
        refused = client.post(URL, json={"question": "precio de hoy"}, headers=MARK)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert "CHOCO_ASK__AT_ONCE" in refused.json()["hint"]
        slow.end.set()
        first.join(30)
        assert found[0][1]["answered_by"] == "slow"
        assert ask(client, "precio de hoy")[1]["answered_by"] == "slow"
        assert client.post(URL, json={"question": " "}, headers=MARK).status_code == 400
        assert ask(client, "precio de hoy")[1]["answered_by"] == "slow", "a refused question takes no place"


def test_who_reads_the_end_may_ask_again_at_once(world: World) -> None:
    asking = Asking(Desk(AskRules(at_once=1)))
    question = Question("¿Qué precio hay hoy?", "local:local", "es")
    for event in answering(world, asking, question):
        if event.kind == "done":
            with asking.place(question.who):
                kept = [record.body for record in world.real.store.find("question")]
    assert [row["outcome"] for row in kept if row["question"] == question.text] == ["answered"]


def test_a_reader_that_leaves_gives_the_place_back(world: World) -> None:
    slow = Slow()
    app = create_app(world, desk=Desk(AskRules(at_once=1), lambda: slow))
    body = b'{"question": "precio de hoy, reader gone"}'
    head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"X-Requested-With: choco\r\nContent-Length: {len(body)}\r\n\r\n"
    with Serving(app) as serving:
        address = serving.url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as reader:
            reader.sendall(head.encode() + body)
            assert b"200 OK" in reader.recv(4096)
        assert slow.left.wait(30), "the model is not asked on for nobody"
        asking = app.state.asking
        assert until(lambda: asking._under_way.total() == 0)
    kept = [record.body for record in world.real.store.find("question")]
    assert any("reader gone" in str(row["question"]) for row in kept)
