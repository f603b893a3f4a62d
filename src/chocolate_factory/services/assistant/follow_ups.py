"""Questions that only make sense after another one: "¿y mañana?", "and for 3 hours?", "why?"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from chocolate_factory.domain.claims import WORDS, plain
from chocolate_factory.domain.facts import Language
from chocolate_factory.services.assistant import phrases
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.document_words import HOW_TO
from chocolate_factory.services.assistant.hearing import Heard, Names, heard
from chocolate_factory.services.assistant.intents import DEAR, WHAT_IF
from chocolate_factory.services.assistant.memory import Exchange
from chocolate_factory.services.assistant.spans import spanned
from chocolate_factory.services.assistant.understand import COMMON, NOTHING, Understood, language_of
from chocolate_factory.services.assistant.vocabulary import TAKES, dropped_by
from chocolate_factory.services.assistant.what_if_words import asked_again
from chocolate_factory.services.assistant.wording import meant

GOES_ON = re.compile(
    r"^\W*(?:y|e|and|or|o|pero|but|so|entonces|then|what about|how about|que tal|que hay de|lo mismo|same"
    r"|igual|tambien|also|mejor|rather|instead|vale|ok|okay)\b"
)
WHY = re.compile(
    r"\W*(?:(?:y|and|pero|but|so|ok) )?(?:por que|why|how come|why is that|why so|y eso)(?: no)?\W*"
)
AGAIN = re.compile(
    r"\W*(?:otra vez|de nuevo|repite(?:lo)?|again|once more|repeat(?: that)?|say that again)\W*"
)
NOW = re.compile(r"\b(?:ahora|ya|now|right now|actual)\b")
ONE_END = re.compile(
    r"\W*(?:(?:y|and|pero|but) )?(?:a que hora|cuando|(?:at )?what time|when) (?:does it |do they |se )?"
    r"(?:(?P<first>empieza[ns]?|starts?|begins?)|acaba[ns]?|termina[ns]?|ends?|finish(?:es)?)\W*"
)
"""When the batches of an answer begin or end."""

COST = re.compile(
    r"\W*(?:(?:y|and|pero|but) )?(?:cuanto cuestan?|how much do (?:they|those) cost|what do they cost)\W*"
)
RANKED = re.compile(
    r"\b(?:mas (?:barat|car)\w*|mejor(?:es)?|peor(?:es)?|cheapest|dearest|most expensive|best|worst)\b"
)
EMPTY = """what about how que tal hay y e and or o pero but so entonces then same lo mismo igual tambien
    also for para por in en on at to with con sin de del da the a an un una el la los las al this that
    este esta ese esa next proximo proxima last past ultimo ultima ultimos ultimas pasado pasada
    previous anterior mes month dia day days dias week weeks semana semanas hora horas hour hours h como
    is es if please favor gracias thanks ok okay vale mejor rather instead only solo just entre between
    maquina machine producto product batch lote ahora ya now right actual mas barata barato baratas
    caras cara caro cheapest dearest most expensive best worst mejores peor peores one ones it too less
    more menos percent ciento tomorrow today yesterday hoy manana ayer anteayer after before night noche
    tarde tonight evening morning afternoon pm am misma mismo"""
FILLERS = frozenset(EMPTY.split())
"""Words that name nothing: a question of these and of days, hours and names goes on with the one before."""

PRICES = ("current_price", "day_prices")
NEAR: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(PRICES, ("day_prices", "price_at", "windows")),
    "price_at": ("price_at", "day_prices", "windows"),
    "windows": ("windows", "price_at"),
    "price_forecast": ("price_forecast", "price_at", "windows"),
    "compare_prices": ("compare_prices", "day_prices", "price_at"),
    **{name: (name,) for name in ("tariff_periods", "period_prices", "plan_load", "batch_costs", "shifts")},
    "machine_windows": ("machine_windows", "plan_runs"),
    "advice_now": ("plan_runs", "why_batch"),
    "plan_summary": ("plan_runs", "why_batch"),
    "plan_runs": ("plan_runs",),
    "why_batch": ("why_batch", "plan_runs"),
    "orders": ("orders",),
    "savings": ("savings",),
    "bill": ("bill",),
    "factory_facts": ("factory_facts",),
    "weather": ("weather", "climate"),
    "climate": ("climate", "weather"),
    "holes": ("holes",),
    "model_scores": ("model_scores",),
}
"""Which tools may answer what follows on one, the nearest first."""


def language_after(text: str, last: Exchange | None) -> Language | None:
    """The language of the question before where the words of this one do not tell; None where they do."""
    if last is None or re.search(r"[¿¡ñáéíóú]", text.casefold()):
        return None
    words = re.findall(r"[a-z]+", plain(text))
    counts = [sum(word in COMMON[one].split() for word in words) for one in ("es", "en")]
    return last.understood.language if counts[0] == counts[1] else language_of(text)


def follow_up(text: str, found: Understood, last: Exchange | None, names: Names, today: date) -> Understood:
    """The question with what it leaves unsaid taken from the one before; as `found` if it stands alone.

    What the new question names replaces what the one before named. Refusals stay refusals.
    """
    if last is None or found.kind not in {"answer", "unknown"} or not last.understood.tool:
        return found
    text = meant(text)
    low, before = plain(text), last.understood
    if WHY.fullmatch(low):
        return reasons(found, last)
    if AGAIN.fullmatch(low):
        return replace(before, language=found.language)
    end = ONE_END.fullmatch(low)
    if before.tool in {"plan_runs", "plan_summary"} and end and not before.asked.which:
        asked = replace(before.asked, which="first" if end["first"] else "last")
        return replace(before, language=found.language, tool="plan_runs", asked=asked)
    if before.tool == "plan_runs" and COST.fullmatch(low):
        return replace(before, language=found.language)
    if before.tool == WHAT_IF:
        changes = asked_again(low, language_of(text), before.asked.changes)
        return replace(before, language=found.language, asked=Asked(changes=changes)) if changes else found
    said = heard(text, names, today, past=before.asked.day is not None and before.asked.day < today)
    if any("since" in TAKES.get(tool, ()) for tool in (before.tool, *NEAR.get(before.tool, ()))):
        said = spanned(said)
    if (GOES_ON.match(low) or found.kind == "unknown") and leaves_nothing(said.rest):
        made = continued(low, said.asked, before)
        if made is not None or found.kind == "unknown":
            return taken(made or before, said, found, before)
    if not GOES_ON.match(low):
        return found
    # How the thing asked before stands is in no document.
    return replace(with_day(found, before, low), query=found.query if re.search(HOW_TO, low) else "")


def taken(made: Understood, said: Heard, found: Understood, before: Understood) -> Understood:
    """What goes on with a question before, or what of it its tool cannot take."""
    dropped = dropped_by(made.tool, said) if made.tool in TAKES else []
    if said.asked.machine and "number" in dropped:
        dropped.remove("number")
    if dropped:
        why = phrases.unread(found.language, dropped, ())
        return replace(before, language=found.language, kind="unknown", query="", said=why)
    return replace(made, language=found.language) if made is not before else replace(found, query="")


def reasons(found: Understood, last: Exchange) -> Understood:
    """What "why?" asks for: the batch that the answer before was about; else nobody here knows."""
    if last.batch and last.understood.tool in {"why_batch", "plan_runs", "plan_summary", "advice_now"}:
        return Understood(found.language, "answer", "why_batch", Asked(batch=last.batch))
    return Understood(found.language, "unknown")


def continued(low: str, told: Asked, before: Understood) -> Understood | None:
    """The tool and what it is asked after a question before; None where nothing is named that it takes."""
    named = {name for name in Asked.__dataclass_fields__ if getattr(told, name) not in {None, "", ()}}
    if NOW.search(low) and not named:
        tool = "current_price" if before.tool in {*PRICES, "price_at", "windows"} else before.tool
        return Understood(
            before.language, "answer", tool, replace(before.asked, day=None, at=None, month=None)
        )
    near = NEAR.get(before.tool, ()) if before.asked.than_since is None else ()
    if RANKED.search(low) and "windows" in near and named <= TAKES["windows"]:
        rank = "dearest" if re.search(DEAR, low) else "cheapest"
        asked = replace(before.asked, hours=before.asked.hours or 1.0, rank=rank if before.asked.rank else "")
        return Understood(before.language, "answer", "windows", merged(asked, told, "windows"))
    nearest = next((name for name in near if named and named <= TAKES[name]), None)
    if nearest is None:
        return None
    return Understood(before.language, "answer", nearest, merged(before.asked, told, nearest))


def merged(before: Asked, told: Asked, tool: str) -> Asked:
    """What a tool is asked: what is named now, else what was before; a new name drops the names of before."""
    if told.machine or told.product or told.batch:
        before = replace(before, machine="", product="", batch="")
    if told.day or told.month or told.days:
        before = replace(before, day=None, month=None, days=None, last=None)
    if told.last or told.at:
        before = replace(before, since=None, until=None)
    if told.since or told.last:
        before = replace(before, at=None, than=None)
    values = {name: getattr(told, name) or getattr(before, name) for name in TAKES[tool]}
    if values.get("than") == values.get("day"):
        values["than"] = None
    return replace(NOTHING, **values)


def with_day(found: Understood, before: Understood, low: str) -> Understood:
    """A whole question that goes on with the day of the one before, unless it names its own or says "now"."""
    day = before.asked.day
    if day is None or NOW.search(low) or found.asked.day or found.asked.month:
        return found
    if found.tool == "current_price":
        return replace(found, tool="day_prices", asked=replace(found.asked, day=day))
    takes = "day" in TAKES.get(found.tool, ())
    return replace(found, asked=replace(found.asked, day=day)) if takes else found


def leaves_nothing(rest: str) -> bool:
    """Whether what is left of a text says nothing but words that name nothing."""
    numbers = {word for words in WORDS.values() for known_as in words for word in plain(known_as).split("|")}
    return all(word in FILLERS or word in numbers for word in re.findall(r"[a-z]+", rest))
