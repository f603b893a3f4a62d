"""What a question asks for, by rules: language, days, hours and names in it, the tool that answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from chocolate_factory.domain.claims import MONTH, blank, plain
from chocolate_factory.domain.facts import WEEKDAYS, Language
from chocolate_factory.services.assistant import phrases
from chocolate_factory.services.assistant.asked import LONGEST_QUERY, Asked
from chocolate_factory.services.assistant.document_words import ABOUT, HOW_TO, LIVE, NO_PLACES, PROGRAMS
from chocolate_factory.services.assistant.hearing import Heard, Names, heard
from chocolate_factory.services.assistant.intents import (
    ANSWER_IN,
    ASKING,
    AT_A_TIME,
    ELSEWHERE,
    FORBIDDEN,
    HOW_OR_WHERE,
    NO_TOOL,
    ORDER,
    PAID,
    RULES,
    SECRETS,
    SURELY,
    UNIT_PRICE,
    WHAT_IF,
    WISH,
)
from chocolate_factory.services.assistant.spans import DAYS, beside, spanned
from chocolate_factory.services.assistant.vocabulary import VOCABULARIES, dropped_by, not_taken, unread
from chocolate_factory.services.assistant.what_if_words import asks_for_change, changes_of
from chocolate_factory.services.assistant.wording import meant

Kind = Literal["answer", "unknown", "elsewhere", "change", "refused"]
COMMON: dict[Language, str] = {
    "es": """que cual cuando cuanto cuanta cuantos cuantas como por para el la los las un una es esta hay hoy
    manana ayer de del en precio hora horas ahora plan lote lotes maquina ahorro mejor datos se y o me
    produzco espero luz fabrica factura alertas huecos dime puedo tarifa tiempo hace va van fue al""",
    "en": """what which when how much many is are the a an of in on at for to do does did will now today
    tomorrow yesterday price hour hours plan batch batches machine saving best data and or run wait why tell
    me should can there was were it bill alerts holes weather forecast tariff due orders by cost cheapest any
    warnings who we our you this""",
}
"""Words that tell the language of a question."""
NOTHING = Asked()


@dataclass(frozen=True)
class Understood:
    """A question as it was understood: what kind it is, which tool answers it, and what that is asked.

    `query` is what documents are looked through for before anything else; "" where none can answer. An
    unknown one has a tool where that only cannot take all that is asked, and `said` tells what.
    """

    language: Language
    kind: Kind
    tool: str = ""
    asked: Asked = NOTHING
    query: str = ""
    said: str = ""


def understand(text: str, names: Names, today: date, language: Language | None = None) -> Understood:
    """Read a question; `language` is that of the answer where it is given, else that of the question."""
    text = meant(text)
    text, told = language_told(text)
    spoken = language or told or language_of(text)
    low = plain(text)
    kind = refusal_of(text, low, names)
    if kind is not None:
        return Understood(spoken, kind)
    said = heard(text, names, today)
    found = ruled(low, said, names, spoken)
    return replace(found, query=text[:LONGEST_QUERY]) if is_for_documents(low, said.asked, found) else found


def is_for_documents(low: str, asked: Asked, found: Understood) -> bool:
    """Whether a question is one that documents are asked for first: never one on how things stand."""
    live = asked.day or asked.at or asked.month or asked.batch or asked.changes or re.search(LIVE, low)
    if live or found.tool == WHAT_IF:
        return False
    if re.search(HOW_TO, low):
        return True
    return found.kind == "unknown" and not found.said and bool(re.search(ABOUT, low))


def ruled(low: str, said: Heard, names: Names, spoken: Language) -> Understood:
    """The tool of the first rule that fits."""
    for rule in RULES:
        if re.search(rule.yes, low) and not (rule.no and re.search(rule.no, low)):
            if rule.tool == NO_TOOL:
                return Understood(spoken, "unknown")
            if rule.tool == WHAT_IF:
                changes = changes_of(low, names.machines, names.products)
                sure = re.search(SURELY, low) or asks_for_change(low, names.machines, names.products)
                if not changes and not sure:
                    continue
                return Understood(spoken, "answer", WHAT_IF, Asked(changes=changes))
            return fitted(rule.tool, said, spoken, low)
    if said.asked.batch:
        return fitted("why_batch", said, spoken, low)
    if said.asked.day and (said.asked.machine or said.asked.product):
        return fitted("plan_runs", said, spoken, low)
    return Understood(spoken, "unknown")


def fitted(tool: str, said: Heard, language: Language, low: str) -> Understood:
    """The tool and what it is asked, where words decide between near ones; unknown where it drops a part."""
    asked = said.asked
    if tool == "day_prices":
        paid = re.search(PAID, low) and not re.search(UNIT_PRICE, low)
        if asked.month and paid:
            tool = "bill"
        elif asked.at is not None:
            tool = AT_A_TIME
        elif not paid or not {kind for kind, _ in said.pieces} & DAYS:
            said = beside(spanned(said), low)
        if tool == "day_prices" and said.asked.day is None and said.asked.since is None:
            return whole(Understood(language, "answer", "current_price", asked), said, "day_prices")
    if tool == "windows":
        said = spanned(said)
    asked = said.asked
    if (
        tool == "windows"
        and asked.hours is None
        and re.search(r"barat|cheap|car[ao]s?\b|dear|expensive", low)
    ):
        asked = replace(asked, hours=1.0)
    if tool == "plan_summary" and not_taken(tool, asked) and not not_taken("plan_runs", asked):
        tool = "plan_runs"
    return whole(Understood(language, "answer", tool, asked), replace(said, asked=asked))


def whole(found: Understood, said: Heard, words_of: str = "") -> Understood:
    """What was understood where its tool takes all that was said; else unknown, and what it does not take.

    `words_of` is the tool whose words the question may have, where that is another one.
    """
    if found.tool not in VOCABULARIES:
        return found
    dropped = dropped_by(found.tool, said)
    words = unread(words_of or found.tool, said.rest)
    if not dropped and not words:
        return found
    return replace(found, kind="unknown", said=phrases.unread(found.language, dropped, words))


def language_of(text: str, otherwise: Language = "es") -> Language:
    """The language that more of the words are of; `otherwise` where that does not tell."""
    words = re.findall(r"[a-z]+", plain(text))
    spanish, english = (sum(word in COMMON[one].split() for word in words) for one in ("es", "en"))
    if re.search(r"[¿¡ñáéíóú]", text.casefold()):
        spanish += 2
    if english == spanish:
        return otherwise
    return "en" if english > spanish else "es"


def language_told(text: str) -> tuple[str, Language | None]:
    """A question without the language that it wants its answer in, and that language."""
    for language, pattern in ANSWER_IN.items():
        hit = re.search(pattern, text, re.IGNORECASE)
        if hit:
            return blank(text, *hit.span()).replace("\x00", " ").strip(" :,") or text, language
    return text, None


def refusal_of(text: str, low: str, names: Names) -> Kind | None:
    """Why a question is not answered at all; None for one that may be."""
    if re.search(FORBIDDEN, low) or (re.search(SECRETS, low) and not re.search(HOW_OR_WHERE, low)):
        return "refused"
    if re.search(WISH, low) or (re.search(ORDER, low) and not re.search(ASKING, low)):
        return "change"
    if re.search(ELSEWHERE, low):
        return "elsewhere"
    known = {plain(word) for name in (*names.machines, *names.products, names.site) for word in name.split()}
    known |= {plain(day) for days in WEEKDAYS.values() for day in days} | PROGRAMS | NO_PLACES
    for hit in re.finditer(r"\b(?:in|en) ([A-ZÁÉÍÓÚ][a-záéíóúñ]{3,})", text):
        word = plain(hit.group(1))
        if word not in known and not re.fullmatch(plain(MONTH), word):
            return "elsewhere"
    return None
