"""Claude against a stand-in of its service: tools, streaming, grounding, and each way to fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from chocolate_factory.core.errors import Misconfigured, Refused, Unreachable
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import Caller, Role
from chocolate_factory.domain.talk import Request, Turn
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace, Pace
from chocolate_factory.infrastructure.assistants.prices import DEAREST, PRICES, cost_eur, price_of
from chocolate_factory.services.ask_question import Event, Question, ask_question
from chocolate_factory.services.assistant.desk import AskRules, Desk
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.conftest import ROOT, Upstream
from tests.worlds import sample_world

MODEL = "claude-haiku-4-5"
USAGE = {"input_tokens": 1000, "output_tokens": 100}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    world = sample_world(tmp_path_factory.mktemp("claude"))
    assert run_job("sync", lambda w: sync_prices(w, 60), world)
    assert run_job("plan", plan_when_needed, world)
    return world.ports()


@pytest.fixture
def scripted(upstream: Upstream) -> Iterator[Upstream]:
    upstream.control("anthropic", method="DELETE")
    yield upstream
    upstream.control("anthropic", method="DELETE")


def desk(upstream: Upstream, key: str = "a-key", rules: AskRules | None = None) -> Desk:
    place = ClaudePlace(f"{upstream.url}/anthropic", key, MODEL)
    return Desk(rules or AskRules(), lambda: Claude(place))


def script(upstream: Upstream, *answers: dict[str, Any]) -> None:
    for answer in answers:
        upstream.control("anthropic", answer)


def uses(name: str, **given: Any) -> dict[str, Any]:
    return {"content": [{"type": "tool_use", "name": name, "input": given}], "usage": USAGE}


def ask(ports: Ports, at: Desk, text: str = "¿Cuánto cuesta la luz ahora?", who: str = "t") -> list[Event]:
    return list(ask_question(ports, ports.store, at, Question(text, who)))


def text_of(events: list[Event]) -> str:
    return "".join(event.data["text"] for event in events if event.kind == "text")


def test_tools_are_called_and_the_answer_stands_on_them(ports: Ports, scripted: Upstream) -> None:
    plain = text_of(list(ask_question(ports, ports.store, Desk(), Question("precio ahora", "t"))))
    price = plain.split("se paga ")[1].split(" EUR")[0]
    told = f"Ahora son {price} EUR/kWh. Es el periodo P2."
    script(scripted, uses("current_price"), {"text": told, "usage": USAGE})
    events = ask(ports, desk(scripted))
    assert text_of(events).strip() == told
    assert [event.data["name"] for event in events if event.kind == "tool"] == ["current_price"]
    done = events[-1].data
    assert (done["answered_by"], done["outcome"], done["notice"]) == (MODEL, "answered", "")
    assert done["cost_eur"] == pytest.approx(2 * (1000 * 1.0 + 100 * 5.0) / 1e6)
    first, second = (one["body"] for one in scripted.control("anthropic")["requests"][-2:])
    assert first["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert first["stream"] is True
    assert "<data>" in second["messages"][2]["content"][0]["content"]
    assert len([e for e in events if e.kind == "text"]) == 2, "sentences come one by one"


def test_what_no_fact_carries_is_withheld(ports: Ports, scripted: Upstream) -> None:
    invented = {"text": "Todo va bien. Ahora son 0,7777 EUR/kWh. Y mañana 0,1 EUR/kWh.", "usage": USAGE}
    script(scripted, uses("current_price"), invented)
    events = ask(ports, desk(scripted))
    assert "0,7777" not in text_of(events)
    assert "0,1 EUR" not in text_of(events)
    assert "no está en los datos" in text_of(events)
    assert "Ahora se paga" in text_of(events)
    done = events[-1].data
    assert (done["outcome"], done["cost_eur"] > 0) == ("withheld", True)


def test_a_tool_that_fails_is_told_to_the_model(ports: Ports, scripted: Upstream) -> None:
    script(scripted, uses("current_price", path="/etc/passwd"), uses("rm"), {"text": "No lo sé."})
    events = ask(ports, desk(scripted))
    assert text_of(events).strip() == "No lo sé."
    bodies = scripted.control("anthropic")["requests"][-2:]
    results = [body["body"]["messages"][-1]["content"][0] for body in bodies]
    assert [one["is_error"] for one in results] == [True, True]


@pytest.mark.parametrize(
    ("key", "answers", "notice"),
    [
        ("invalid-key", [], "no acepta la clave"),
        ("k", [{"error": {"status": 401, "message": "API key expired"}}], "no acepta la clave"),
        ("k", [{"error": {"status": 429, "retry_after": 0}}] * 3, "demasiadas peticiones"),
        ("k", [{"error": {"status": 529, "retry_after": 0}}] * 3, "no responde"),
        ("k", [{"error": {"status": 400, "message": "no"}}], "no ha aceptado"),
        ("k", [{"text": "Hola, " * 20, "cut_after": 6}], "no responde"),
        ("k", [{"text": "Hola, " * 20, "cut_after": 6, "stream_error": True}], "no responde"),
    ],
    ids=["wrong key", "expired", "429", "529", "400", "cut", "error in stream"],
)
def test_a_failing_model_is_said_and_rules_answer(
    ports: Ports, scripted: Upstream, key: str, answers: list[dict[str, Any]], notice: str
) -> None:
    script(scripted, *answers)
    events = ask(ports, desk(scripted, key))
    assert notice in events[-1].data["notice"]
    assert events[-1].data["answered_by"] == "rules"
    assert "Ahora se paga" in text_of(events)


def test_a_passing_overload_is_tried_again(ports: Ports, scripted: Upstream) -> None:
    script(scripted, {"error": {"status": 529, "retry_after": 0}}, {"text": "No lo sé."})
    events = ask(ports, desk(scripted))
    assert (text_of(events).strip(), events[-1].data["notice"]) == ("No lo sé.", "")


def test_waiting_ends_with_the_seconds_of_the_request(scripted: Upstream) -> None:
    """A pause that is asked for is kept; one that would take too long, or the third fault, is the end."""
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    claude = Claude(ClaudePlace(f"{scripted.url}/anthropic", "k", MODEL), Pace(lambda: now[0], sleep))
    request = Request("", (Turn("user", "hola"),), (), 100, 30.0)
    script(
        scripted, {"error": {"status": 429, "retry_after": 7}}, {"error": {"status": 529}}, {"text": "Sí."}
    )
    assert "".join(part for part in claude.reply(request) if isinstance(part, str)) == "Sí."
    assert slept[0] == 7
    assert 1.0 <= slept[1] <= 1.25
    script(scripted, {"error": {"status": 429, "retry_after": 31}})
    with pytest.raises(Refused):
        list(claude.reply(request))
    script(scripted, *[{"error": {"status": 503, "retry_after": 1}}] * 3)
    with pytest.raises(Unreachable):
        list(claude.reply(request))
    assert len(slept) == 4
    script(scripted, {"error": {"status": 401}})
    with pytest.raises(Misconfigured):
        list(claude.reply(request))
    assert len(slept) == 4, "what does not pass is not asked again"


def test_earlier_exchanges_are_turns_and_no_facts(ports: Ports, scripted: Upstream) -> None:
    """A price of the answer before is no fact of this one, and the private network is told to no model."""
    place = desk(scripted)
    plain = list(ask_question(ports, ports.store, place, Question("precio ahora", "m", plain=True)))
    told, own = text_of(plain), plain[-1].data["conversation"]
    first = told.splitlines()[0]
    nodes = Question("¿Quién está conectado?", "m", conversation=own)
    list(ask_question(ports, ports.store, place, nodes))
    assert not scripted.control("anthropic")["requests"], "asked by rules alone"
    script(scripted, {"text": first, "usage": USAGE})
    again = list(ask_question(ports, ports.store, place, Question("¿Cuánto era?", "m", conversation=own)))
    assert again[-1].data["outcome"] == "withheld"
    assert "EUR/kWh" not in text_of(again)
    (request,) = scripted.control("anthropic")["requests"]
    turns = [(turn["role"], turn["content"][0]["text"]) for turn in request["body"]["messages"]]
    assert turns[:2] == [("user", "precio ahora"), ("assistant", told.strip())]
    assert [role for role, _ in turns] == ["user", "assistant", "user"]
    assert "conectado" not in str(request)


def test_steps_and_budget_bound_an_answer(ports: Ports, scripted: Upstream) -> None:
    script(scripted, *[uses("current_price")] * 3)
    events = ask(ports, desk(scripted, rules=AskRules(steps=2)), who="steps")
    assert events[-1].data["outcome"] == "stopped"
    assert "Ahora se paga" in text_of(events)
    scripted.control("anthropic", method="DELETE")
    poor = AskRules(budget_eur=0.001)
    assert "presupuesto" in ask(ports, desk(scripted, rules=poor), who="steps")[-1].data["notice"]
    assert not scripted.control("anthropic")["requests"]


def test_nothing_secret_is_in_the_context(ports: Ports, scripted: Upstream) -> None:
    script(scripted, uses("factory_facts"), {"text": "No lo sé."})
    ask(ports, desk(scripted, "the-very-secret-key"))
    seen = str(scripted.control("anthropic")["requests"])
    assert "the-very-secret-key" not in seen
    assert str(ports.registry) not in seen


def test_a_reader_that_leaves_is_still_on_record(ports: Ports, scripted: Upstream) -> None:
    script(scripted, uses("current_price"), {"text": "No lo sé."})
    events = ask_question(ports, ports.store, desk(scripted), Question("precio", "gone"))
    next(events)
    events.close()  # type: ignore[attr-defined]
    kept = next(r.body for r in ports.store.find("question") if r.body["who"] == "gone")
    assert float(str(kept["cost_eur"])) == pytest.approx((1000 * 1.0 + 100 * 5.0) / 1e6)


def test_a_reply_that_nobody_waits_for_counts_at_most(ports: Ports, scripted: Upstream) -> None:
    """The provider bills what it was asked and has said; nobody knows how much that is, but it is bounded."""
    script(scripted, {"text": "No lo sé. Nada.", "usage": USAGE})
    events = ask_question(ports, ports.store, desk(scripted), Question("precio", "left"))
    assert next(events).kind == "text"
    events.close()  # type: ignore[attr-defined]
    script(scripted, {"text": "No lo sé. " * 9, "cut_after": 9, "usage": USAGE})
    cut = ask(ports, desk(scripted), "precio", "left")[-1].data
    most = (1000 * 1.0 + AskRules().max_tokens * 5.0) / 1e6
    assert cut["cost_eur"] == pytest.approx(most)
    kept = [r.body["cost_eur"] for r in ports.store.find("question") if r.body["who"] == "left"]
    assert kept == [pytest.approx(most)] * 2


def test_a_try_that_breaks_off_counts_beside_the_one_that_answers(ports: Ports, scripted: Upstream) -> None:
    broken = {"text": "No lo sé.", "usage": USAGE, "cut_after": 1, "stream_error": True}
    script(scripted, broken, {"text": "No lo sé.", "usage": USAGE})
    done = ask(ports, desk(scripted), "precio", "twice")[-1].data
    assert (done["outcome"], done["notice"]) == ("answered", "")
    most, known = (1000 * 1.0 + AskRules().max_tokens * 5.0) / 1e6, (1000 * 1.0 + 100 * 5.0) / 1e6
    assert done["cost_eur"] == pytest.approx(most + known)


def test_a_model_does_for_a_caller_what_the_caller_may(ports: Ports, scripted: Upstream) -> None:
    """What a role may not do is neither offered to the model nor done where it asks for it all the same."""
    script(scripted, uses("what_if", changes=["price=+10%"]), {"text": "No lo sé."})
    asked = Question("precio ahora", "v", caller=Caller("v", Role.VIEWER, "token"))
    events = list(ask_question(ports, ports.store, desk(scripted), asked))
    assert not [event for event in events if event.kind == "tool"]
    first, second = (one["body"] for one in scripted.control("anthropic")["requests"])
    names = {tool["name"] for tool in first["tools"]}
    assert "what_if" not in names
    assert "current_price" in names
    result = second["messages"][-1]["content"][0]
    assert (result["is_error"], "takes the role operator" in result["content"]) == (True, True)


def test_prices_are_of_the_model_and_never_too_low() -> None:
    assert price_of("claude-haiku-4-5-20251001").input_usd == 1.0
    assert price_of("claude-unheard-of") == DEAREST
    assert cost_eur(MODEL, (0, 0, 1_000_000, 0)) == pytest.approx(1.25)
    assert cost_eur(MODEL, (0, 0, 0, 1_000_000)) == pytest.approx(0.1)
    assert all(price.output_usd > price.input_usd for price in PRICES)


def test_the_packages_are_not_imported_before_they_are_needed() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = (
                [alias.name for alias in getattr(node, "names", [])] if isinstance(node, ast.Import) else []
            )
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            heavy = {name.split(".")[0] for name in names} & {"anthropic", "mcp", "httpx2"}
            assert not heavy or path.name.startswith("mcp_"), path
