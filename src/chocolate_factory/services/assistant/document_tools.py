"""The tool that looks through documents: passages as they stand, with their figures as facts of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from chocolate_factory.domain.claims import Written, find_moments, find_numbers, plain
from chocolate_factory.domain.facts import DECIMALS, DOCUMENT, NAME, SENTENCE, Fact
from chocolate_factory.domain.passages import Passage
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.told import Told
from chocolate_factory.domain.units import OF_FACTS
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.document_words import DEFINES
from chocolate_factory.services.assistant.documents import Found, defined, index_now, search
from chocolate_factory.services.assistant.understand import language_of

TOOL = "search_documents"
MOST, BESIDE = 5, 2
"""Passages that are told, and those that are named beside the one that is shown."""

MOST_FIGURES = 12
"""Figures of a passage that are facts of their own; all others stand in its text."""

CONVINCING, CONVINCING_BY_WORDS, CLEAR = 0.5, 0.6, 0.8
"""From which on a passage is shown as an answer: by meaning and words, by words alone, and behind others."""

EMPHASIS = re.compile(r"(?<![\w*])(\*\*?)(?![\s*])([^*\n`]+?)(?<!\s)\1(?![\w*])")
"""Marks for bold and slanted words, which readers of plain text only stumble over."""

BASE_UNITS = {OF_FACTS[unit][0]: unit for unit in ("EUR/MWh", "EUR", "kWh", "kW", "min")}


def search_documents(ports: Ports, asked: Asked, told: Told) -> None:
    """The passages that fit `asked.query` best: their text, their figures and where each stands."""
    if not asked.query:
        told.lack("Falta qué buscar.", "There is nothing to look for.")
        return
    found = search(ports, asked.query, MOST)
    if not found:
        told.lack("Los documentos no dicen nada de eso.", "The documents say nothing of that.")
        return
    for one in found:
        told.say("{source}.", "{source}.", source=tell(told, one.passage))
    if ports.encoder is None:
        told.say(
            "Se ha buscado solo por palabras: no está instalado el paquete que busca por significado.",
            "Looked for by words alone: the package that looks for meaning is not installed.",
        )


def quoted(ports: Ports, question: str) -> Told | None:
    """The passage that answers a question, word for word, and where more stands; None if none convinces."""
    index = index_now(ports)
    entry, fitting = defined(index, question), search(ports, question, 1 + BESIDE, index)
    if entry is None and re.search(DEFINES, plain(question)):
        return None
    found = [one for one in fitting if entry is None or one.passage.id != entry.id]
    if found and not convinces(found[0]):
        found.sort(key=lambda one: not convinces(one, CLEAR))
    if entry is None and (not found or not convinces(found[0])):
        return None
    told = Told(TOOL, ports.clock(), ports.factory.site.timezone, ports.sample)
    best, others = (entry, found[:BESIDE]) if entry else (found[0].passage, found[1:])
    source = tell(told, best)
    told.say("De los documentos, {source}:", "From the documents, {source}:", source=source)
    told.say("{text}", "{text}", text=told.facts[best.id])
    if others:
        more = "; ".join(named(told, one.passage).written("en") for one in others)
        told.say("Más en: {more}.", "More in: {more}.", more=more)
    return told


def convinces(found: Found, enough: float = CONVINCING) -> bool:
    """Whether a passage fits well enough to be shown by itself."""
    if found.nearness is None:
        return found.share >= CONVINCING_BY_WORDS
    return found.nearness + found.share / 2 >= enough


def named(told: Told, passage: Passage) -> Fact:
    """Where a passage stands, as a fact."""
    source = f"{passage.title} [{passage.id}]"
    return kept(told, told.fact(f"{passage.id}.source", source, NAME, ("pasaje", "passage")))


def tell(told: Told, passage: Passage) -> Fact:
    """The facts of a passage: its text, its figures and days; returns where it stands."""
    label = (passage.title, passage.title)
    kept(told, told.fact(passage.id, EMPHASIS.sub(r"\2", passage.text), SENTENCE, label))
    for number, (value, unit) in enumerate(figures_of(passage.text), 1):
        kept(told, told.fact(f"{passage.id}.figure{number}", value, unit, label))
    return named(told, passage)


def kept(told: Told, fact: Fact) -> Fact:
    """The same fact, said to come from a document."""
    made = replace(fact, origin=DOCUMENT)
    told.facts[fact.id.removeprefix(f"{told.tool}.")] = made
    return made


def figures_of(text: str) -> Iterator[tuple[float | date, str]]:
    """Values with the unit that facts have them in, as far as one can be written in it without loss."""
    moments, rest = find_moments(text)
    found: dict[tuple[float | date, str], None] = {}
    for moment in moments:
        day = day_written(moment.day)
        if day is not None:
            found[day, ""] = None
    for number in find_numbers(rest, language_of(text, otherwise="en")):
        unit = BASE_UNITS.get(number.measure, number.measure)
        value = number.value * number.factor
        if unit == "min" and value % 60 == 0:
            value, unit = value / 60, "h"
        if unit in DECIMALS and unit and round(value, DECIMALS[unit]) == value:
            found[value, unit] = None
    yield from list(found)[:MOST_FIGURES]


def day_written(told: Written | None) -> date | None:
    """A day that is written with its year; None for another, and for one that no calendar has."""
    if told is None or told[0] is None:
        return None
    try:
        return date(told[0], told[1], told[2])
    except ValueError:
        return None
