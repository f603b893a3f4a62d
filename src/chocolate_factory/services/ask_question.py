"""Answer a question from what tools tell, in Spanish or English: `choco ask`, `POST /api/v1/chat`."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from chocolate_factory.core.errors import ChocolateError, Misconfigured, Refused, SourceError, TooMany
from chocolate_factory.domain.facts import Fact, Language
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.ports import Assistant, Ports, Store
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant import phrases
from chocolate_factory.services.assistant.converse import Dialogue, converse
from chocolate_factory.services.assistant.desk import (
    AskRules,
    Desk,
    Receipt,
    check_budget,
    check_question,
    keep_receipt,
    spent_today,
)
from chocolate_factory.services.assistant.price_tools import today_of
from chocolate_factory.services.assistant.tools import call_tool
from chocolate_factory.services.assistant.understand import Names, Understood, understand

Row = dict[str, Any]
CONTEXT = "context"
RULES_NAME = "rules"
"""Who answers without a language model."""


@dataclass(frozen=True)
class Question:
    """What is asked, by whom; `language` is that of the answer, by default that of the question.

    `plain` asks for the answer by rules even where a language model is set up.
    """

    text: str
    who: str
    language: Language | None = None
    plain: bool = False


@dataclass(frozen=True)
class Event:
    """A part of an answer as it comes: `tool`, `text`, `facts` and at the end `done`, with what they say."""

    kind: Literal["tool", "text", "facts", "done"]
    data: Row


@dataclass
class Course:
    """How an answer goes: what was told so far, and what is to be said of it at the end."""

    language: Language
    told: list[Told] = field(default_factory=list)
    answered_by: str = RULES_NAME
    outcome: str = "answered"
    notice: str = ""
    cost_eur: float = 0.0

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts of this answer, by id: of two of one id the later."""
        return tuple({fact.id: fact for told in self.told for fact in told.facts.values()}.values())


def ask_question(ports: Ports, kept: Store, desk: Desk, question: Question) -> Iterator[Event]:
    """The events of an answer; `kept` is where the record of it goes.

    Raises UsageError for a question that is empty or too long, before the first event.
    """
    begun = time.monotonic()
    text = check_question(question.text, desk.rules)
    understood = understand(text, names_of(ports), today_of(ports), question.language)
    course = Course(understood.language)
    try:
        if question.plain or not (yield from by_model(ports, kept, desk, question, course)):
            yield from by_rules(ports, understood, names_of(ports), course)
        yield from closing(ports, course)
    finally:
        tools = tuple(told.tool for told in course.told if told.tool != CONTEXT)
        spent, took = course.cost_eur, round(time.monotonic() - begun, 3)
        receipt = Receipt(question.who, text, tools, course.answered_by, course.outcome, spent, took)
        keep_receipt(kept, ports, receipt)


def by_model(
    ports: Ports, kept: Store, desk: Desk, question: Question, course: Course
) -> Generator[Event, None, bool]:
    """The answer of the language model, and whether there was one; else `course.notice` says why not."""
    try:
        assistant = desk.assistant()
        if assistant is None:
            return False
        check_budget(kept, ports, question.who, desk.rules)
        left = desk.rules.budget_eur - spent_today(kept, ports, question.who)
        return (yield from told_by(ports, (assistant, left), desk.rules, question, course))
    except (SourceError, Misconfigured, TooMany) as error:
        course.notice = phrases.NOTICES[notice_of(error)][course.language]
        return False


def told_by(
    ports: Ports, means: tuple[Assistant, float], rules: AskRules, question: Question, course: Course
) -> Generator[Event, None, bool]:
    """The events of a dialogue with `means`: the model, and what it may cost; whether it said anything."""
    names = names_of(ports)
    dialogue = Dialogue(
        means[0],
        rules,
        means[1],
        course.told,
        lambda sentence: ungrounded(sentence, ground_of(ports, names, course.facts), course.language),
    )
    said = False
    try:
        text = check_question(question.text, rules)
        for part in converse(ports, dialogue, text, course.language):
            said = said or isinstance(part, str)
            yield text_event(part) if isinstance(part, str) else tool_event(part)
    finally:
        course.cost_eur += dialogue.cost_eur
    if dialogue.ended == "stopped":
        course.notice = phrases.NOTICES["stopped"][course.language]
    if dialogue.ended == "withheld" or (dialogue.ended == "stopped" and len(course.told) > 1):
        course.answered_by, course.outcome = means[0].name, dialogue.ended
        yield text_event(instead(course))
        return True
    if not said:
        return False
    course.answered_by = means[0].name
    course.outcome = "missing" if any(told.missing for told in course.told) else "answered"
    return True


def instead(course: Course) -> str:
    """What is shown in place of an answer that was withheld: the sentences of the tools themselves."""
    told = [one for one in course.told if one.tool != CONTEXT]
    lines = [sentence for one in told for sentence in one.spoken(course.language)]
    head = phrases.WITHHELD if lines else phrases.NOTHING_TOLD
    return "\n".join([head[course.language], *lines])


def notice_of(error: ChocolateError) -> str:
    """Which notice an error of the model asks for."""
    kinds = {Misconfigured: "key", TooMany: "budget", Refused: "quota"}
    return next((name for kind, name in kinds.items() if isinstance(error, kind)), "unreachable")


def names_of(ports: Ports) -> Names:
    """What machines, products and the site are called."""
    factory = ports.factory
    return Names(
        tuple(machine.name for machine in factory.machines),
        tuple(product.name for product in factory.products),
        factory.site.name,
    )


def ground_of(ports: Ports, names: Names, facts: tuple[Fact, ...]) -> Ground:
    """What an answer may say on some facts."""
    return Ground(facts, (*names.machines, *names.products), ports.factory.site.timezone)


def by_rules(ports: Ports, understood: Understood, names: Names, course: Course) -> Iterator[Event]:
    """The answer of rules: one tool's sentences, each checked; or plainly that there is none."""
    if understood.kind != "answer":
        course.outcome = understood.kind
        yield text_event(phrases.OF_KIND[understood.kind][course.language])
        return
    told = call_tool(ports, understood.tool, understood.asked)
    course.told.append(told)
    yield tool_event(told)
    ground = ground_of(ports, names, course.facts)
    sentences = [
        sentence
        for sentence in told.spoken(course.language)
        if not ungrounded(sentence, ground, course.language)
    ]
    if len(sentences) < len(told.sentences):
        course.outcome = "withheld"
        sentences.append(phrases.WITHHELD[course.language])
    elif told.missing:
        course.outcome = "missing"
    yield text_event("\n".join(sentences))


def tool_event(told: Told) -> Event:
    """That a tool was called."""
    return Event("tool", {"name": told.tool, "facts": len(told.facts), "missing": told.missing})


def text_event(text: str) -> Event:
    """A part of the text; parts are put together as they come."""
    return Event("text", {"text": text})


def closing(ports: Ports, course: Course) -> Iterator[Event]:
    """The facts behind the answer, and the end."""
    yield Event("facts", {"facts": [fact.to_json() for fact in course.facts]})
    yield Event(
        "done",
        {
            "language": course.language,
            "answered_by": course.answered_by,
            "outcome": course.outcome,
            "notice": course.notice,
            "cost_eur": course.cost_eur,
            "sample": ports.sample,
            "as_of": ports.clock(),
        },
    )


__all__ = ["AskRules", "Course", "Desk", "Event", "Question", "ask_question"]
