"""Prompts for clients of the Model Context Protocol: the questions that are asked most, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcp import MCPError
from mcp import types as protocol

LONGEST = 120
LANGUAGES = ("es", "en")


@dataclass(frozen=True)
class Prompt:
    """A question by its name; `about` is what it may be about besides, in braces in the texts.

    `es` and `en` name tools, so that an answer rests on what they tell.
    """

    name: str
    title: str
    es: str
    en: str
    about: str = ""


PROMPTS: Mapping[str, Prompt] = {
    one.name: one
    for one in (
        Prompt(
            "morning_briefing",
            "Morning briefing / Parte de la mañana",
            "Haz el parte de la mañana con advice_now, day_prices, plan_summary, plan_runs de hoy, "
            "alerts y data_health: qué se produce hoy, las horas baratas y caras, qué hay que mirar. "
            "Copia las cifras tal como están, con su unidad, y di lo que falte.",
            "Write the morning briefing of the plant with advice_now, day_prices, plan_summary, plan_runs of "
            "today, alerts and data_health: what is made today, cheap and dear hours, what to look at. "
            "Copy figures as they are, with their unit, and say what is missing.",
        ),
        Prompt(
            "why_there",
            "Why is a batch there? / ¿Por qué va ahí un lote?",
            "Explica con why_batch y plan_runs por qué {batch} va a la hora que va. Usa solo lo que digan.",
            "Explain with why_batch and plan_runs why {batch} runs when it does. Use only what they tell.",
            "batch",
        ),
        Prompt(
            "explain_saving",
            "Explain the saving / Explica el ahorro",
            "Explica con savings y plan_summary cuánto se ahorra y frente a qué. Separa lo liquidado de lo "
            "provisional y no sumes nada.",
            "Explain with savings and plan_summary how much is saved, and against what. Keep settled and "
            "provisional apart and add nothing up.",
        ),
    )
}
NEXT = {"es": "el próximo lote", "en": "the next batch"}


def listed() -> list[protocol.Prompt]:
    """The prompts in the words of the protocol."""
    language = protocol.PromptArgument(
        name="language", description="es or en; without it es.", required=False
    )
    batch = protocol.PromptArgument(
        name="batch", description="Name of a batch; without it the next one.", required=False
    )
    return [
        protocol.Prompt(name=one.name, title=one.title, arguments=[language, *([batch] if one.about else [])])
        for one in PROMPTS.values()
    ]


def written(name: str, given: Mapping[str, str]) -> protocol.GetPromptResult:
    """A prompt as the message of a user; raises MCPError for what there is not."""
    one = PROMPTS.get(name)
    if one is None:
        raise MCPError(protocol.INVALID_PARAMS, f"There is no prompt {name[:40]!r}.")
    language = given.get("language") or LANGUAGES[0]
    if language not in LANGUAGES or set(given) - {"language", one.about}:
        raise MCPError(protocol.INVALID_PARAMS, f"{name} takes language (es, en) {one.about}.".strip())
    batch = given.get("batch") or NEXT[language]
    if len(batch) > LONGEST or not batch.isprintable():
        raise MCPError(protocol.INVALID_PARAMS, f"A batch has a name of at most {LONGEST} characters.")
    text = (one.es if language == "es" else one.en).replace("{batch}", batch)
    content = protocol.TextContent(type="text", text=text)
    return protocol.GetPromptResult(messages=[protocol.PromptMessage(role="user", content=content)])
