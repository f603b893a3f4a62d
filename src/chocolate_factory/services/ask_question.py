"""Answer a question from what tools tell, in Spanish or English: `choco ask`, `POST /api/v1/chat`."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import structlog

from chocolate_factory.core.errors import (
    Changed,
    ChocolateError,
    Misconfigured,
    NotAllowed,
    Refused,
    SourceError,
    StoreFailed,
    TooMany,
)
from chocolate_factory.domain.facts import NAME, Fact, Language
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.ports import Assistant, Ports, Store
from chocolate_factory.domain.roles import CLI, Caller
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant import phrases
from chocolate_factory.services.assistant.converse import Dialogue, converse
from chocolate_factory.services.assistant.desk import (
    AskRules,
    Desk,
    Receipt,
    check_question,
    keep_receipt,
    left_today,
)
from chocolate_factory.services.assistant.document_tools import quoted
from chocolate_factory.services.assistant.hearing import Names
from chocolate_factory.services.assistant.in_turn import understood_in_turn
from chocolate_factory.services.assistant.memory import LONGEST_ANSWER, Exchange, Remembered
from chocolate_factory.services.assistant.price_tools import today_of
from chocolate_factory.services.assistant.tools import PRIVATE, call_tool
from chocolate_factory.services.assistant.understand import Understood

Row = dict[str, Any]
CONTEXT = "context"
RULES_NAME = "rules"
"""Who answers without a language model."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Question:
    """What is asked, by whom; `language` is that of the answer, by default that of the question.

    `plain` asks for the answer by rules even where a language model is set up. `conversation` is the id that
    an answer before came with: what was asked in it helps to understand. `caller` is what `who` may see.
    """

    text: str
    who: str
    language: Language | None = None
    plain: bool = False
    conversation: str = ""
    caller: Caller = CLI


@dataclass(frozen=True)
class Event:
    """A part of an answer as it comes: `tool`, `text`, `facts` and at the end `done`, with what they say."""

    kind: Literal["tool", "text", "facts", "done"]
    data: Row


@dataclass
class Course:
    """How an answer goes: what was told and said so far, and what is to be said of it at the end.

    `reason` is why rules answered, or why the answer is not whole, as a word; `notice` says what went wrong.
    """

    language: Language
    conversation: Remembered
    told: list[Told] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answered_by: str = RULES_NAME
    outcome: str = "answered"
    reason: str = ""
    notice: str = ""
    cost_eur: float = 0.0

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts of this answer, by id: of two of one id the later."""
        return tuple({fact.id: fact for told in self.told for fact in told.facts.values()}.values())

    def say(self, text: str) -> Event:
        """A part of the text; parts are put together as they come."""
        self.said.append(text)
        return Event("text", {"text": text})

    def warn(self, notice: str) -> None:
        """Say at the end why the answer is not what it might have been."""
        self.reason = notice
        self.notice = phrases.NOTICES[notice][self.language]


def ask_question(ports: Ports, kept: Store, desk: Desk, question: Question) -> Generator[Event, None, None]:
    """The events of an answer; `kept` is where the record of it goes.

    Raises UsageError for a question that is empty or too long, before the first event.
    """
    begun = time.monotonic()
    question = replace(question, text=check_question(question.text, desk.rules))
    past = desk.conversations.recall(question.who, question.conversation, desk.rules.remembering)
    understood = understood_in_turn(
        question.text, past.last, names_of(ports), today_of(ports), question.language
    )
    course = Course(understood[0].language, past)
    # No language model is told of the private network.
    private = any(one.tool in PRIVATE for one in understood)
    course.reason = "plain" if question.plain else "private" if private else ""
    try:
        if course.reason or not (yield from by_model(ports, kept, desk, question, course)):
            yield from each_in_turn(ports, understood, question.caller, course)
        said = "".join(course.said)[:LONGEST_ANSWER]
        exchange = Exchange(question.text, said, understood[-1], batch_of(course))
        desk.conversations.keep(question.who, past.id, exchange, desk.rules.remembering)
        yield from closing(ports, course)
    finally:
        tools = tuple(told.tool for told in course.told if told.tool != CONTEXT)
        spent, took = course.cost_eur, round(time.monotonic() - begun, 3)
        by, outcome = course.answered_by, course.outcome
        receipt = Receipt(question.who, question.text, tools, by, outcome, spent, took)
        try:
            keep_receipt(kept, ports, receipt)
        except StoreFailed as error:
            log.warning("record of a question not kept", who=question.who, reason=error.message)


def batch_of(course: Course) -> str:
    """The first batch that an answer told of, "" for none."""
    batches = (f for f in course.facts if f.unit == NAME and f.name.rpartition("_")[2] == "batch")
    return next((str(fact.value) for fact in batches), "")


def by_model(
    ports: Ports, kept: Store, desk: Desk, question: Question, course: Course
) -> Generator[Event, None, bool]:
    """The answer of the language model, and whether there was one; else `course.reason` says why not."""
    try:
        assistant = desk.assistant()
        if assistant is None:
            course.reason = desk.without
            return False
        left = left_today(kept, ports, question.who, desk.rules)
        found = yield from told_by(ports, (assistant, left), desk.rules, question, course)
    except (SourceError, Misconfigured, TooMany) as error:
        log.warning("no answer of the language model", reason=error.message)
        course.warn(notice_of(error))
        found = False
    if not found and course.said:
        yield course.say("\n\n")
    return found


def told_by(
    ports: Ports, means: tuple[Assistant, float], rules: AskRules, question: Question, course: Course
) -> Generator[Event, None, bool]:
    """The events of a dialogue with `means`: the model, and what it may cost; whether that is the answer."""
    names = names_of(ports)
    dialogue = Dialogue(
        means[0],
        rules,
        means[1],
        course.told,
        lambda sentence: ungrounded(sentence, ground_of(ports, names, course.facts), course.language),
        question.caller,
        course.conversation.past,
    )
    try:
        for part in converse(ports, dialogue, question.text, course.language):
            yield course.say(part) if isinstance(part, str) else tool_event(part)
    finally:
        course.cost_eur += dialogue.cost_eur + dialogue.under_way_eur
    return (yield from judged(dialogue, course))


def judged(dialogue: Dialogue, course: Course) -> Generator[Event, None, bool]:
    """Facts in place of an answer that may not be shown or did not end; whether the model has answered."""
    ended, told = dialogue.ended, any(one.tool != CONTEXT for one in course.told)
    if ended in phrases.NOTICES or dialogue.unread:
        course.warn(ended if ended in phrases.NOTICES else "failed")
    short = ended == "stopped" or (ended == "cut" and not course.said)
    if ended == "declined" or (short and not told) or (ended == "answered" and not course.said):
        return False
    course.answered_by = dialogue.assistant.name
    if ended == "withheld" or short:
        course.outcome = "withheld" if ended == "withheld" else "stopped"
        yield course.say(instead(course))
    elif dialogue.unread and not told:
        course.outcome = "failed"
    elif dialogue.unread or any(one.missing for one in course.told):
        course.outcome = "missing"
    return True


def instead(course: Course) -> str:
    """What is shown in place of an answer that may not be: why, and the sentences of the tools themselves."""
    told = [one for one in course.told if one.tool != CONTEXT]
    lines = [sentence for one in told for sentence in one.spoken(course.language)]
    why = phrases.UNENDED if course.outcome == "stopped" else phrases.WITHHELD
    head = f"{why[course.language]} {phrases.THE_DATA[course.language]}" if lines else why[course.language]
    return "\n".join([head, *lines])


def notice_of(error: ChocolateError) -> str:
    """Which notice an error of the model asks for."""
    kinds = {
        StoreFailed: "failed",
        Misconfigured: "key",
        TooMany: "budget",
        Refused: "quota",
        Changed: "taken",
    }
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


def each_in_turn(
    ports: Ports, understood: tuple[Understood, ...], caller: Caller, course: Course
) -> Iterator[Event]:
    """The answers of rules to each; the outcome is the first that is not "answered"."""
    outcomes = []
    for number, one in enumerate(understood):
        if number:
            yield course.say("\n\n")
        course.outcome = "answered"
        yield from by_rules(ports, one, caller, course)
        outcomes.append(course.outcome)
    course.outcome = next((outcome for outcome in outcomes if outcome != "answered"), "answered")


def by_rules(ports: Ports, understood: Understood, caller: Caller, course: Course) -> Iterator[Event]:
    """The answer of rules: one tool's sentences, each checked; or plainly that there is none."""
    told = quoted(ports, understood.query) if understood.query else None
    if told is not None:
        course.told.append(told)
        yield tool_event(told)
        yield course.say("\n".join(sentences_of(ports, told, course)))
        return
    course.outcome = understood.kind if understood.kind != "answer" else "answered"
    if understood.kind != "answer":
        yield course.say(understood.said or phrases.OF_KIND[understood.kind][course.language])
        return
    try:
        told = call_tool(ports, understood.tool, understood.asked, caller)
    except NotAllowed:
        course.outcome = "refused"
        yield course.say(phrases.NOT_ALLOWED[course.language])
        return
    except ChocolateError as error:
        log.warning("tool failed", tool=understood.tool, reason=error.message)
        course.outcome = "failed"
        yield course.say(phrases.FAILED[course.language])
        return
    before = sum(one.tool == told.tool for one in course.told)
    told = told.numbered(before + 1) if before else told
    course.told.append(told)
    yield tool_event(told)
    yield course.say("\n".join(sentences_of(ports, told, course)))


def sentences_of(ports: Ports, told: Told, course: Course) -> list[str]:
    """The sentences of a tool that its facts carry; `course.outcome` says whether something is missing."""
    ground = ground_of(ports, names_of(ports), course.facts)
    spoken = told.spoken(course.language)
    sentences = [one for one in spoken if not ungrounded(one, ground, course.language)]
    if len(sentences) < len(spoken):
        course.outcome = "withheld"
        return [*sentences, phrases.WITHHELD[course.language]]
    if told.missing:
        course.outcome = "missing"
    return sentences


def tool_event(told: Told) -> Event:
    """That a tool was called."""
    return Event("tool", {"name": told.tool, "facts": len(told.facts), "missing": told.missing})


def closing(ports: Ports, course: Course) -> Iterator[Event]:
    """The facts behind the answer, and the end."""
    yield Event("facts", {"facts": [fact.to_json() for fact in course.facts]})
    yield Event(
        "done",
        {
            "language": course.language,
            "answered_by": course.answered_by,
            "outcome": course.outcome,
            "reason": course.reason,
            "notice": course.notice,
            "cost_eur": course.cost_eur,
            "sample": ports.sample,
            "as_of": ports.clock(),
            "conversation": course.conversation.id,
            "remembered": len(course.conversation.past),
        },
    )


__all__ = ["AskRules", "Course", "Desk", "Event", "Question", "ask_question"]
