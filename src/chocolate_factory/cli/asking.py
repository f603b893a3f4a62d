"""The command that answers questions: ask."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from typing import Annotated, Literal, cast

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.ask_question import Desk, Event, Question, ask_question
from chocolate_factory.wiring import build_desk

Text = Annotated[
    str | None,
    typer.Argument(metavar="[QUESTION]", help="In Spanish or English, in quotes; none: a conversation."),
]
Plain = Annotated[bool, typer.Option("--plain", help="Answer by rules, without a language model.")]
Sources = Annotated[bool, typer.Option("--sources", help="Also print the facts behind the answer.")]
PROMPT = "? "
REASONS = {
    "no_key": ", as CHOCO_ANTHROPIC__API_KEY is not set",
    "offline": ", as nobody else is asked offline",
}
"""Why rules answered, where no notice says it and nobody asked for them."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("ask")(ask_command)


def ask_command(
    question: Text = None,
    lang: Annotated[output.Tongue | None, output.LANG] = None,
    plain: Plain = False,
    sources: Sources = False,
    as_json: output.JsonOption = False,
) -> None:
    """Answer a question on prices, plan, savings, data, plant; every figure comes from what is stored."""
    if question is None and not sys.stdin.isatty():
        raise UsageError("There is no question.", "Give one in quotes; a conversation takes a terminal.")
    ports = ready_ports()
    desk = build_desk(load_settings())
    who, language = f"cli:{getpass.getuser()}", cast('Literal["es", "en"] | None', lang and lang.value)
    asked = Question(question or "", who, language, plain)
    if not as_json:
        output.warn_sample(ports)
    if question is None:
        converse(ports, desk, asked, (sources, as_json))
    else:
        answer(ports, desk, asked, (sources, as_json))


def converse(ports: Ports, desk: Desk, asked: Question, shown: tuple[bool, bool]) -> None:
    """Answer line by line until the input ends; Ctrl+C stops the answer under way."""
    output.notes.print("Ctrl+C stops an answer, Ctrl+D ends.")
    while True:
        try:
            line = input(PROMPT)
            if line.strip():
                done = answer(ports, desk, replace(asked, text=line), shown)
                asked = replace(asked, conversation=str(done["conversation"]))
        except EOFError:
            output.console.print()
            return
        except KeyboardInterrupt:
            output.console.print()
        except ChocolateError as error:
            output.notes.print(f"{error.message} {error.hint}", markup=False)


def answer(ports: Ports, desk: Desk, asked: Question, shown: tuple[bool, bool]) -> dict[str, object]:
    """Print an answer as it comes; `shown` says whether with its sources, and whether as JSON."""
    sources, as_json = shown
    events = []
    for event in ask_question(ports, ports.store, desk, asked):
        events.append(event)
        if event.kind == "text" and not as_json:
            output.console.print(event.data["text"], markup=False, end="")
    if as_json:
        output.emit(as_body(asked.text, events), ports.factory.site.timezone)
    else:
        output.console.print()
        show_end(events, sources=sources)
    return events[-1].data


def as_body(question: str, events: list[Event]) -> dict[str, object]:
    """The whole answer as one document."""
    facts = next(event.data["facts"] for event in events if event.kind == "facts")
    return {
        "question": question,
        "text": "".join(event.data["text"] for event in events if event.kind == "text"),
        "tools": [event.data["name"] for event in events if event.kind == "tool"],
        "facts": facts,
        **events[-1].data,
    }


def show_end(events: list[Event], *, sources: bool) -> None:
    """What the answer stands on, and what it cost."""
    done = events[-1].data
    if done["notice"]:
        output.notes.print(done["notice"], markup=False)
    tools = ", ".join(event.data["name"] for event in events if event.kind == "tool")
    cost = f", {done['cost_eur']:.4f} EUR" if done["cost_eur"] else ""
    why = REASONS.get(str(done["reason"]), "")
    output.notes.print(f"({done['answered_by']}{why}{cost}; {tools or 'no tool'})", markup=False)
    if sources:
        for fact in next(event.data["facts"] for event in events if event.kind == "facts"):
            output.console.print(f"{fact['id']}  {fact['text'][done['language']]}", markup=False)
