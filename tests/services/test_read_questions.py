"""Questions are read whole: what a tool cannot take, or a word that nobody reads, is never left out."""

from __future__ import annotations

import re

import pytest

from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.ask_question import Question, ask_question
from chocolate_factory.services.assistant.desk import Desk
from chocolate_factory.services.assistant.hearing import Names
from chocolate_factory.services.assistant.in_turn import understood_in_turn
from chocolate_factory.services.assistant.memory import Exchange
from chocolate_factory.services.assistant.understand import Understood
from chocolate_factory.services.assistant.vocabulary import TAKES, VOCABULARIES
from chocolate_factory.services.assistant.wording import meant
from tests.services.read_questions import ROWS, TODAY
from tests.worlds import sample_ports

NAMES = Names(("mixer", "conche"), ("standard",), "Linares plant")


def read_all(questions: str) -> tuple[Understood, ...]:
    """How the last of some questions is read; more than one where it is two."""
    last: Exchange | None = None
    found: tuple[Understood, ...] = ()
    for question in questions.split(" > "):
        found = understood_in_turn(question, last, NAMES, TODAY)
        last = Exchange(question, "", found[-1], "")
    return found


def read(questions: str) -> Understood:
    """How the last of some questions is read where it is one."""
    (found,) = read_all(questions)
    return found


def written(found: Understood) -> str:
    """The tool and what it is asked, with days of March 2026 as their number and times to the minute."""
    told = [f"{name}={value}" for name, value in vars(found.asked).items() if value]
    text = re.sub(r"\b(day|last|than|than_last)=2026-03-0?", r"\1=", " ".join([found.tool, *told]))
    return re.sub(r"(=\d\d:\d\d):00", r"\1", text)


@pytest.mark.parametrize(("question", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_question_is_read_whole(question: str, expected: str) -> None:
    if " + " in expected:
        assert " + ".join(written(one) for one in read_all(question)) == expected
        return
    found, (head, _, rest) = read(question), expected.partition(" ")
    if head == "document":
        assert (found.kind, bool(found.query)) == ("unknown", True)
    elif head == "documents":
        assert (found.kind, bool(found.query), written(found)) == ("answer", True, rest)
    elif head == "unknown":
        assert (found.kind, found.query) == ("unknown", "")
        assert rest in found.said
        assert not any(char.isdigit() for char in found.said)
    elif head in {"missing", "answered"}:
        assert (found.kind, found.query) == (head, "")
        assert rest in found.said
    elif head in {"change", "refused", "elsewhere"}:
        assert found.kind == head
    else:
        assert (found.kind, written(found)) == ("answer", expected)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("es mas cara esta noche que mañana por la noche", "10 22-6", "11 22-6"),
        ("is tomorrow afternoon cheaper than tonight", "11 12-18", "10 22-6"),
        ("mañana es mas barato por la mañana o por la tarde?", "11 6-14", "11 14-22"),
        ("es mas barato el viernes por la mañana o esta noche", "13 6-14", "10 22-6"),
    ],
)
def test_two_parts_of_days_are_compared(question: str, one: str, other: str) -> None:
    found = read(question)
    asked = found.asked
    sides = ((asked.day, asked.since, asked.until), (asked.than, asked.than_since, asked.than_until))
    told = [f"{day.day} {a.hour}-{b.hour}" for day, a, b in sides if day and a and b]
    assert (found.kind, found.tool, told) == ("answer", "compare_prices", [one, other])


def test_the_table_has_both_languages_and_no_question_twice() -> None:
    assert len({question for question, _ in ROWS}) == len(ROWS) >= 140
    assert sum(read_all(question)[0].language == "en" for question, _ in ROWS) >= 40


def test_every_tool_with_words_says_what_it_takes() -> None:
    assert set(VOCABULARIES) == set(TAKES)


def test_the_language_of_the_answer_may_be_asked_for() -> None:
    assert read("responde en inglés: precio de hoy").language == "en"
    assert read("what are the prices today, in Spanish").language == "es"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("preico de la factrua", "precio de la factura"),
        ("cheapest hour on wendesday", "cheapest hour on wednesday"),
        ("el cuarto provision", "el cuarto provision"),
        ("la temperature", "la temperature"),
        ("las tres horas más baratas", "las tres horas más baratas"),
        ("las dos máquinas", "las dos máquinas"),
        ("a la una y cuarto", "a las 01:15"),
        ("a las 12 y media de la noche", "a las 00:30"),
        ("a las 40 y media", "a las 40 y media"),
    ],
)
def test_only_slips_are_mended(written: str, read_as: str) -> None:
    assert meant(written) == read_as


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    return sample_ports(tmp_path_factory.mktemp("read"))


@pytest.mark.parametrize("text", ["precio en centimos", "price excluding tax today", "precio en Navidad"])
def test_what_is_not_read_whole_is_answered_by_no_tool(ports: Ports, text: str) -> None:
    events = list(ask_question(ports, ports.store, Desk(), Question(text, "test")))
    assert events[-1].data["outcome"] == "unknown"
    assert [event for event in events if event.kind == "tool"] == []
