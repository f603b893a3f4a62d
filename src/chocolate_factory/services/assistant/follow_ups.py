"""Questions that only make sense after another one: "¿y mañana?", "and for 3 hours?", "why?"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from chocolate_factory.domain.claims import MONTH, WORDS, find_moments, plain
from chocolate_factory.domain.facts import WEEKDAYS, Language
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.intents import WHAT_IF
from chocolate_factory.services.assistant.memory import Exchange
from chocolate_factory.services.assistant.understand import (
    COMMON,
    LENGTH,
    NOTHING,
    RELATIVE,
    Names,
    Understood,
    asked_of,
    batch_of,
    language_of,
)
from chocolate_factory.services.assistant.what_if_words import asked_again

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
    tarde tonight evening morning afternoon pm am"""
FILLERS = frozenset(EMPTY.split())
"""Words that name nothing: a question of these and of days, hours and names goes on with the one before."""

PRICES = ("current_price", "day_prices")
NEAR: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(PRICES, ("day_prices", "price_at", "windows")),
    "price_at": ("price_at", "windows"),
    "windows": ("windows", "price_at"),
    "price_forecast": ("price_forecast", "price_at", "windows"),
    "tariff_periods": ("tariff_periods",),
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

TAKES: dict[str, frozenset[str]] = {
    "day_prices": frozenset({"day"}),
    "price_at": frozenset({"day", "at"}),
    "windows": frozenset({"day", "hours"}),
    "price_forecast": frozenset({"day", "series"}),
    "tariff_periods": frozenset({"day"}),
    "plan_runs": frozenset({"day", "machine", "product", "batch"}),
    "why_batch": frozenset({"batch"}),
    "orders": frozenset({"day", "product"}),
    "savings": frozenset({"month", "days"}),
    "bill": frozenset({"month"}),
    "factory_facts": frozenset({"machine", "product"}),
    "weather": frozenset({"day"}),
    "climate": frozenset({"month"}),
    "holes": frozenset({"days"}),
    "model_scores": frozenset({"series", "days"}),
}
"""What of a question each of them takes."""


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
    low, before = plain(text), last.understood
    if WHY.fullmatch(low):
        return reasons(found, last)
    if AGAIN.fullmatch(low):
        return replace(before, language=found.language)
    if before.tool == WHAT_IF:
        changes = asked_again(low, language_of(text), before.asked.changes)
        return replace(before, language=found.language, asked=Asked(changes=changes)) if changes else found
    told = asked_of(text, names, today)
    if GOES_ON.match(low) or found.kind == "unknown":
        made = continued(low, told, before)
        if made is not None and leaves_nothing(bare(text, names), names):
            return replace(made, language=found.language)
    return with_day(found, before, low) if GOES_ON.match(low) else found


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
    near = NEAR.get(before.tool, ())
    if RANKED.search(low) and "windows" in near and named <= TAKES["windows"]:
        asked = replace(before.asked, hours=before.asked.hours or 1.0)
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
        before = replace(before, day=None, month=None, days=None)
    values = {name: getattr(told, name) or getattr(before, name) for name in TAKES[tool]}
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


def bare(text: str, names: Names) -> str:
    """A text in lower case without its days, times, lengths and batches."""
    _, rest = batch_of(text, names)
    _, rest = find_moments(rest)
    return LENGTH.sub(" ", plain(rest))


def leaves_nothing(low: str, names: Names) -> bool:
    """Whether a text says nothing but names of the plant, days, months and words that name nothing."""
    for name in sorted((*names.machines, *names.products), key=len, reverse=True):
        low = re.sub(rf"\b{re.escape(plain(name))}(?:e?s)?\b", " ", low)
    for pattern, _ in RELATIVE:
        low = re.sub(pattern, " ", low)
    known = {plain(day) for days in WEEKDAYS.values() for day in days}
    numbers = {word for words in WORDS.values() for known_as in words for word in plain(known_as).split("|")}
    for word in re.findall(r"[a-z]+", low):
        fits = word in FILLERS or word in numbers or word in known or word.removesuffix("s") in known
        if not fits and word not in {"pvpc", "spot"} and not re.fullmatch(plain(MONTH), word):
            return False
    return True
