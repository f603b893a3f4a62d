"""POST /api/v1/chat: events in order, every figure a fact, refusals that are problems, bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from chocolate_factory.core.config import Settings
from chocolate_factory.domain.roles import AccessRules, Caller, Role
from chocolate_factory.main import create_app
from chocolate_factory.services.ask_question import Question, ask_question
from chocolate_factory.services.assistant.desk import AskRules, Desk
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import TokenWish, add_token
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from chocolate_factory.wiring import build_desk
from tests.worlds import sample_world

MARK = {"X-Requested-With": "choco"}
URL = "/api/v1/chat"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = sample_world(tmp_path_factory.mktemp("chat"))
    assert run_job("sync", lambda w: sync_prices(w, 60), made)
    assert run_job("plan", plan_when_needed, made)
    return made


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world), raise_server_exceptions=False) as made:
        yield made


def events(text: str) -> list[tuple[str, Any]]:
    parts = [part.split("\n") for part in text.strip().split("\n\n")]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in parts]


def test_events_come_in_order_and_carry_their_facts(client: TestClient) -> None:
    answer = client.post(URL, json={"question": "¿Cuánto cuesta la luz ahora?"}, headers=MARK)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert [kind for kind, _ in told] == ["tool", "text", "facts", "done"]
    facts = {fact["id"]: fact for fact in told[2][1]["facts"]}
    now = facts["current_price.now_price"]
    dashboard = client.get("/api/v1/dashboard").json()
    assert now["value"] == dashboard["advice"]["price_now_eur_kwh"]
    assert now["unit"] == "EUR/kWh"
    assert now["text"]["es"].split(": ")[1] in told[1][1]["text"]
    assert told[3][1] | {"as_of": "", "conversation": ""} == {
        **{"language": "es", "answered_by": "rules", "outcome": "answered", "notice": ""},
        "reason": "no_key",
        **{"cost_eur": 0.0, "sample": True, "as_of": "", "conversation": "", "remembered": 0},
    }


def test_english_is_answered_in_english_unless_told(client: TestClient) -> None:
    asked = {"question": "Should I run now or wait?"}
    english = events(client.post(URL, json=asked, headers=MARK).text)
    spanish = events(client.post(URL, json={**asked, "language": "es"}, headers=MARK).text)
    assert english[1][1]["text"].startswith("The plan says")
    assert spanish[1][1]["text"].startswith("Consejo del plan")


@pytest.mark.parametrize(
    ("asked", "desk", "reason"),
    [
        ({"question": "¿Cuánto cuesta la luz ahora?"}, build_desk(Settings()), "no_key"),
        ({"question": "¿Cuánto cuesta la luz ahora?"}, build_desk(Settings(offline=True)), "offline"),
        ({"question": "¿Cuánto cuesta la luz ahora?", "plain": True}, Desk(), "plain"),
        ({"question": "¿Quién está conectado?"}, Desk(), "private"),
    ],
)
def test_why_rules_answered_is_told(world: World, asked: dict[str, Any], desk: Desk, reason: str) -> None:
    with TestClient(create_app(world, desk=desk)) as client:
        done = events(client.post(URL, json=asked, headers=MARK).text)[-1][1]
    assert (done["answered_by"], done["reason"], done["notice"]) == ("rules", reason, "")


def test_what_is_wrong_with_a_question_is_a_problem(client: TestClient) -> None:
    assert client.post(URL, json={"question": "  "}, headers=MARK).status_code == 400
    long = client.post(URL, json={"question": "a" * 600}, headers=MARK)
    assert (long.status_code, "500 are allowed" in long.json()["detail"]) == (400, True)
    assert client.post(URL, json={"question": "hoy", "who": "x"}, headers=MARK).status_code == 422
    assert client.post(URL, json={"question": "hoy"}).status_code == 403


def test_only_operators_ask_and_not_too_often(world: World) -> None:
    rules, desk = AccessRules(local_admin=False, anyone=Role.VIEWER), Desk(AskRules(per_minute=2))
    secret, _ = add_token(world.real.store, TokenWish("line", Role.OPERATOR), world.real.clock())
    proof = {**MARK, "Authorization": f"Bearer {secret}"}
    with TestClient(create_app(world, rules=rules, desk=desk)) as client:
        body = {"question": "Any alerts?"}
        assert client.post(URL, json=body, headers=MARK).status_code == 403
        assert [client.post(URL, json=body, headers=proof).status_code for _ in range(3)] == [200, 200, 429]
    kept = [r.body for r in world.real.store.find("question") if r.body["who"] == "token:line"]
    assert [(one["question"], one["tools"]) for one in kept] == [("Any alerts?", ["alerts"])] * 2


def test_a_conversation_goes_on_for_its_caller_only(client: TestClient, world: World) -> None:
    first = events(client.post(URL, json={"question": "¿Qué precio hay hoy?"}, headers=MARK).text)
    own = first[-1][1]["conversation"]
    more = {"question": "¿y ayer?", "conversation": own}
    told = events(client.post(URL, json=more, headers=MARK).text)
    assert (told[0][1]["name"], told[-1][1]["remembered"]) == ("day_prices", 1)
    assert told[-1][1]["conversation"] == own
    secret, _ = add_token(world.real.store, TokenWish("other", Role.OPERATOR), world.real.clock())
    other = {**MARK, "Authorization": f"Bearer {secret}"}
    told = events(client.post(URL, json=more, headers=other).text)
    assert (told[-1][1]["outcome"], told[-1][1]["remembered"]) == ("unknown", 0)
    assert told[-1][1]["conversation"] != own
    for wrong in ("x" * 65, "a b", "../etc"):
        body = {"question": "hoy", "conversation": wrong}
        assert client.post(URL, json=body, headers=MARK).status_code == 422


def test_the_events_are_what_the_document_says(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    parts = document["components"]["schemas"]
    schema = document["paths"]["/api/v1/chat"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    assert schema == {"schema": {"$ref": "#/components/schemas/ChatEvent"}}
    told = {one["$ref"].rpartition("/")[2] for one in parts["ChatEvent"]["oneOf"]}
    by_name = {parts[name]["properties"]["event"]["const"]: parts[name] for name in told}
    for kind, data in events(client.post(URL, json={"question": "precio"}, headers=MARK).text):
        content = by_name.pop(kind)["properties"]["data"]["contentSchema"]
        whole = {**content, "components": document["components"]}
        assert jsonschema_rs.is_valid(whole, data), kind
    assert not by_name


def test_a_tool_takes_its_role(world: World) -> None:
    """A viewer cannot ask at this door; where one could, what takes an operator would be refused."""
    viewer = Caller("someone", Role.VIEWER, "token")
    for text in ("¿Quién está conectado?", "¿Y si la luz sube un 10 %?"):
        question = Question(text, "token:someone", caller=viewer)
        told = list(ask_question(world.ports(), world.real.store, Desk(), question))
        assert [event.kind for event in told] == ["text", "facts", "done"]
        assert (told[-1].data["outcome"], told[1].data["facts"]) == ("refused", [])
        assert "papel" in told[0].data["text"]
