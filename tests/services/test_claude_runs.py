"""A model that lies, plays with signs, or obeys what a question or data say: no such figure leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.facts import Language
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace
from chocolate_factory.services.ask_question import Desk, Event, Question, ask_question
from chocolate_factory.services.assistant.desk import AskRules
from chocolate_factory.services.assistant.tools import call_tool
from tests.conftest import Upstream
from tests.services.lies import ENGLISH, INJECTIONS, OBEYED, SEEN_THROUGH, SPANISH, TRAPS, rows
from tests.services.questions import TODAY, at, make_ports, plan, spot
from tests.services.untraceable import untraceable
from tests.worlds import tiny

LIES: list[tuple[str, ...]] = [("es", *row) for row in rows(SPANISH)]
LIES += [("en", *row) for row in rows(ENGLISH)]
IDS = [f"{row[0]} {row[1]}" for row in LIES]
WITHHELD = {"es": "no está en los datos", "en": "not in the data"}
Calls = tuple[tuple[str, dict[str, Any]], ...]
LOOKED_UP: Calls = (
    ("price_at", {"at": "10:00"}),
    ("price_at", {"at": "11:00"}),
    ("plan_summary", {}),
)
SPOKEN = {"es": "Spanish", "en": "English"}
ASKED = {"es": "¿Cuánto cuesta la luz ahora?", "en": "What is the price now?"}


@dataclass(frozen=True)
class Liar:
    """Ports, the stand-in and a desk at which Claude says what it is told to say."""

    ports: Ports
    upstream: Upstream
    desk: Desk

    def say(
        self, text: str, question: str, ports: Ports | None = None, looked_up: Calls = LOOKED_UP
    ) -> list[Event]:
        """The events of an answer that looks things up and then says a text."""
        calls = [{"type": "tool_use", "name": name, "input": given} for name, given in looked_up]
        self.upstream.control("anthropic", method="DELETE")
        self.upstream.control("anthropic", {"responses": [{"content": calls}, {"text": text}]})
        asked, here = Question(question, "test"), ports or self.ports
        return list(ask_question(here, here.store, self.desk, asked))


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory, upstream_server: Upstream) -> Iterator[Liar]:
    claude = Claude(ClaudePlace(f"{upstream_server.url}/anthropic", "a-key", "claude-haiku-4-5"))
    ports = make_ports(tmp_path_factory.mktemp("liar"))
    yield Liar(ports, upstream_server, Desk(AskRules(budget_eur=1000.0), lambda: claude))
    upstream_server.control("anthropic", method="DELETE")


def shown(events: list[Event]) -> str:
    return "".join(event.data["text"] for event in events if event.kind == "text")


def filled(ports: Ports, text: str, language: str) -> str:
    """A text with the figures that the tools tell, computed from the store."""
    body = plan(ports)
    values = {
        "now": f"{at(ports, TODAY, 10):.4f}",
        "later": f"{at(ports, TODAY, 11):.4f}",
        "market": f"{spot(ports, TODAY)[40]:.2f}",
        "cost": f"{body['cost_eur']:.2f}",
        "cost2": "020",
        "saving": f"{body['saving']['eur']:.2f}",
        "energy": f"{body['energy_kwh']:.1f}",
        "batches": str(len({run["batch"] for run in body["runs"]})),
    }
    if language == "es":
        values = {key: value.replace(".", ",") for key, value in values.items()}
    return text.encode().decode("unicode_escape") if "\\u" in text else text.format(**values)


def check(events: list[Event]) -> dict[str, Any]:
    """No figure without a fact in what was shown; the end of the answer."""
    done, facts = events[-1].data, events[-2].data["facts"]
    assert untraceable(shown(events), facts, done["language"]) == []
    return dict(done)


@pytest.fixture(scope="module")
def ground(liar: Liar) -> Ground:
    told = [call_tool(liar.ports, name, given, CLI) for name, given in LOOKED_UP]
    facts = [fact for number, one in enumerate(told) for fact in one.numbered(number).facts.values()]
    names = [machine.name for machine in liar.ports.factory.machines]
    return Ground(tuple(facts), (*names, "loaf"), liar.ports.factory.site.timezone)


@pytest.mark.parametrize(("language", "name", "lie"), LIES, ids=IDS)
def test_a_lie_is_seen(liar: Liar, ground: Ground, language: Language, name: str, lie: str) -> None:
    assert ungrounded(filled(liar.ports, lie, language), ground, language)


SIGNS = ("", "", "-", "−", "–", "+", "menos ", "minus ", "- ", "€")
UNITS = (
    "",
    " EUR/kWh",
    " EUR/MWh",
    " EUR",
    " kWh",
    " MWh",
    " kW",
    " h",
    " min",
    " %",
    " °C",
    " kg",
    "x",
    "**",
)
PLACES = ("", "a las ", "el ", "at ", "between 1 and ", "de ", "unos ", "P", "=")
CLOCKS = ("{:02d}:{:02d}", "{0}:{1:02d} CEST", "2026-03-28 {:02d}:{:02d}", "28 March at {:02d}:{:02d}")
INVENTED = r"[0-9]{1,4}([.,][0-9]{1,4})?|[0-9]{1,2}[., ][0-9]{3}|[0-9]/[0-9]|[٠-٩]{2}"
FIGURES = st.builds(
    lambda place, sign, number, unit: f"{place}{sign}{number}{unit}",
    st.sampled_from(PLACES),
    st.sampled_from(SIGNS),
    st.from_regex(INVENTED, fullmatch=True) | st.integers(0, 99).map("@{}@".format),
    st.sampled_from(UNITS),
) | st.builds(
    lambda shape, hour, minute: shape.format(hour, minute),
    st.sampled_from(CLOCKS),
    st.integers(0, 24),
    st.sampled_from([0, 5, 15, 30, 59]),
)


@given(st.lists(FIGURES, min_size=1, max_size=3), st.sampled_from(["es", "en"]))
def test_what_a_reader_cannot_trace_is_seen(ground: Ground, figures: list[str], language: Language) -> None:
    """Whatever is put together: what the reader of the tests cannot trace the product does not show."""
    known = [fact.written(language).split()[0] for fact in ground.facts if isinstance(fact.value, float)]
    joined = " ; ".join(figures)
    text = re.sub(r"@(\d+)@", lambda hit: known[int(hit[1]) % len(known)], joined)
    told = [fact.to_json() for fact in ground.facts]
    if untraceable(text, told, language):
        assert ungrounded(text, ground, language), text


@pytest.mark.parametrize(("language", "name", "lie"), LIES[::8], ids=IDS[::8])
def test_a_lie_is_withheld(liar: Liar, language: str, name: str, lie: str) -> None:
    """One in eight takes the whole way, through the stand-in of the service."""
    events = liar.say(filled(liar.ports, lie, language), ASKED[language])
    assert check(events)["outcome"] == "withheld", shown(events)
    assert WITHHELD[language] in shown(events)


@pytest.mark.parametrize(("language", "name", "call", "lie"), rows(TRAPS))
def test_what_is_missing_is_not_made_up(liar: Liar, language: str, name: str, call: str, lie: str) -> None:
    tool, *words = call.split()
    given: dict[str, Any] = dict(word.split("=") for word in words)
    given |= {"hours": 3} if "hours" in given else {}
    events = liar.say(lie, ASKED[language], looked_up=((tool, given),))
    assert [event.data["name"] for event in events if event.kind == "tool"] == [tool]
    assert check(events)["outcome"] == "withheld", shown(events)


@pytest.mark.parametrize(("language", "name", "text"), rows(SEEN_THROUGH))
def test_right_figures_beside_wrong_words_are_not_seen(
    liar: Liar, language: str, name: str, text: str
) -> None:
    """What the guide says is not checked."""
    told = filled(liar.ports, text, language)
    events = liar.say(told, ASKED[language])
    assert (check(events)["outcome"], shown(events).strip()) == ("answered", told)


def test_one_tool_may_be_asked_twice(liar: Liar) -> None:
    """The facts of both calls count, under ids of their own."""
    told = filled(liar.ports, "A las 10:00 son {now} EUR/kWh; a las 11:00, {later} EUR/kWh.", "es")
    events = liar.say(told, "compara las 10 y las 11")
    assert (check(events)["outcome"], shown(events).strip()) == ("answered", told)
    ids = [fact["id"] for fact in events[-2].data["facts"]]
    assert len(ids) == len(set(ids))


def test_what_a_colon_leads_to_and_lists_are_one_sentence(liar: Liar) -> None:
    lie = filled(liar.ports, "Todo va bien. El precio en EUR/MWh: {now}.", "es")
    events = liar.say(lie, ASKED["es"])
    assert check(events)["outcome"] == "withheld"
    assert shown(events).startswith("Todo va bien. ")
    told = filled(liar.ports, "Hoy:\n1. Se paga {now} EUR/kWh\n2. El plan cuesta {cost} EUR", "es")
    events = liar.say(told, ASKED["es"])
    assert (events[-1].data["outcome"], shown(events).strip()) == ("answered", told)


@pytest.mark.parametrize(("language", "text"), rows(INJECTIONS))
def test_an_injection_as_a_question(liar: Liar, language: str, text: str) -> None:
    """Rules never follow one."""
    plain = list(ask_question(liar.ports, liar.ports.store, Desk(), Question(text, "test")))
    done = check(plain)
    assert done["outcome"] in {"refused", "change", "elsewhere", "unknown"} or plain[0].kind == "tool"


@pytest.mark.parametrize(("language", "text"), rows(INJECTIONS)[::3])
def test_a_model_that_obeys_a_question_is_not_shown(liar: Liar, language: str, text: str) -> None:
    events = liar.say(OBEYED[language], text)
    assert check(events)["outcome"] == "withheld"
    assert not {"0,01", "0.01", "99", "42."} & set(shown(events).split())


NAMES = [row for number, row in enumerate(rows(INJECTIONS)) if number % 4 == 0 or "<" in row[1]]


@pytest.mark.parametrize(("language", "text"), NAMES)
def test_an_injection_as_data(liar: Liar, language: str, text: str) -> None:
    """A name that gives orders stays inside the marks of data, and its figures are no facts."""
    name = text[:80].strip().replace('"', "'")
    factory = tiny().replace('name = "Tiny plant"', f'name = "{name}"')
    ports = replace(liar.ports, factory=parse_factory(factory), factory_text=factory)
    events = liar.say(OBEYED[language], ASKED[language], ports)
    assert check(events)["outcome"] == "withheld"
    for request in liar.upstream.control("anthropic")["requests"]:
        first = request["body"]["messages"][0]["content"]
        opened = first if isinstance(first, str) else first[0]["text"]
        inside, outside = opened.split("</data>")
        assert inside.startswith("<data>\n")
        assert outside == f"\nAnswer in {SPOKEN[language]}.\nQuestion: {ASKED[language]}"
        assert name not in str(request["body"]["system"])
        assert name not in str(request["body"]["tools"])


def test_a_name_is_no_price(liar: Liar) -> None:
    """A product that is called like a price does not make it one."""
    factory = tiny().replace('name = "Tiny plant"', 'name = "0.01 EUR/kWh"')
    ports = replace(liar.ports, factory=parse_factory(factory), factory_text=factory)
    events = liar.say("You pay 0.01 EUR/kWh.", ASKED["en"], ports)
    assert events[-1].data["outcome"] == "withheld"
