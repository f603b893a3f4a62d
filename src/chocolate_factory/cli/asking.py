"""The command that answers questions: ask."""

from __future__ import annotations

import getpass
from typing import Annotated, Literal, cast

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.services.ask_question import Event, Question, ask_question
from chocolate_factory.wiring import build_desk

Text = Annotated[str, typer.Argument(metavar="QUESTION", help="In Spanish or English, in quotes.")]
Language = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or es.")]
Plain = Annotated[bool, typer.Option("--plain", help="Answer by rules, without a language model.")]
Sources = Annotated[bool, typer.Option("--sources", help="Also print the facts behind the answer.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("ask")(ask_command)


def ask_command(
    question: Text,
    lang: Language = None,
    plain: Plain = False,
    sources: Sources = False,
    as_json: output.JsonOption = False,
) -> None:
    """Answer a question on prices, plan, savings, data, plant; every figure comes from what is stored."""
    if lang not in {None, "es", "en"}:
        raise UsageError(f"--lang {lang}: not a language of the product.", "Use es or en.")
    ports = ready_ports()
    desk = build_desk(load_settings())
    asked = Question(question, f"cli:{getpass.getuser()}", cast('Literal["es", "en"] | None', lang), plain)
    events = []
    if not as_json:
        output.warn_sample(ports)
    for event in ask_question(ports, ports.store, desk, asked):
        events.append(event)
        if event.kind == "text" and not as_json:
            output.console.print(event.data["text"], markup=False, end="")
    if as_json:
        output.emit(as_body(question, events), ports.factory.site.timezone)
        return
    output.console.print()
    show_end(events, sources=sources)


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
    output.notes.print(f"({done['answered_by']}{cost}; {tools or 'no tool'})", markup=False)
    if sources:
        for fact in next(event.data["facts"] for event in events if event.kind == "facts"):
            output.console.print(f"{fact['id']}  {fact['text'][done['language']]}", markup=False)
