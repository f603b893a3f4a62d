"""What a question asks for, by rules: language, days, hours and names in it, the tool that answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Literal

from chocolate_factory.domain.claims import MONTH, WORDS, blank, find_moments, month_number, plain
from chocolate_factory.domain.facts import WEEKDAYS, Language
from chocolate_factory.services.assistant.asked import FIRST_DAY, LONGEST_QUERY, MOST_DAYS, MOST_HOURS, Asked
from chocolate_factory.services.assistant.document_words import ABOUT, HOW_TO, LIVE, PROGRAMS
from chocolate_factory.services.assistant.intents import (
    ADDRESS,
    AT_A_TIME,
    ELSEWHERE,
    NO_TOOL,
    REFUSED,
    RULES,
    SURELY,
    WHAT_IF,
)
from chocolate_factory.services.assistant.what_if_words import asks_for_change, changes_of

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
RELATIVE = (
    (r"pasado manana|day after tomorrow", 2),
    (r"anteayer|day before yesterday", -2),
    (r"(?<!por la )(?<!de la )(?<!esta )\bmanana\b|\btomorrow\b", 1),
    (r"\bhoy\b|\btoday\b|\btonight\b|esta (?:manana|tarde|noche)|this (?:morning|afternoon|evening)", 0),
    (r"\bayer\b|\byesterday\b", -1),
)
BEFORE = r"(?:pasad[oa]|last|ultim[oa]|anterior|previous)"
LENGTH = re.compile(r"\b(\d{1,2}(?:[.,]\d{1,2})?|[a-z]+)[ -]?(?:h|horas?|hours?)\b")
NOTHING = Asked()
BATCH = r"{}-\d{{4}}-\d{{2}}-\d{{2}}-\d+"


@dataclass(frozen=True)
class Names:
    """What things are called at the site."""

    machines: tuple[str, ...]
    products: tuple[str, ...]
    site: str


@dataclass(frozen=True)
class Understood:
    """A question as it was understood: what kind it is, which tool answers it, and what that is asked.

    `query` is what documents are looked through for before anything else; "" where none can answer.
    """

    language: Language
    kind: Kind
    tool: str = ""
    asked: Asked = NOTHING
    query: str = ""


def understand(text: str, names: Names, today: date, language: Language | None = None) -> Understood:
    """Read a question; `language` is that of the answer where it is given, else that of the question."""
    spoken = language or language_of(text)
    low = plain(text)
    kind = refusal_of(text, low, names)
    if kind is not None:
        return Understood(spoken, kind)
    asked = asked_of(text, names, today)
    found = ruled(low, asked, names, spoken)
    return replace(found, query=text[:LONGEST_QUERY]) if is_for_documents(low, asked, found) else found


def is_for_documents(low: str, asked: Asked, found: Understood) -> bool:
    """Whether a question is one that documents are asked for first: never one on how things stand."""
    live = asked.day or asked.at or asked.month or asked.batch or asked.changes or re.search(LIVE, low)
    if live or found.tool == WHAT_IF:
        return False
    return bool(re.search(HOW_TO if found.kind == "answer" else ABOUT, low))


def ruled(low: str, asked: Asked, names: Names, spoken: Language) -> Understood:
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
                asked = Asked(changes=changes)
            return fitted(rule.tool, asked, spoken, low)
    if asked.batch:
        return fitted("why_batch", asked, spoken, low)
    return Understood(spoken, "unknown")


def language_of(text: str, otherwise: Language = "es") -> Language:
    """The language that more of the words are of; `otherwise` where that does not tell."""
    words = re.findall(r"[a-z]+", plain(text))
    spanish, english = (sum(word in COMMON[one].split() for word in words) for one in ("es", "en"))
    if re.search(r"[¿¡ñáéíóú]", text.casefold()):
        spanish += 2
    if english == spanish:
        return otherwise
    return "en" if english > spanish else "es"


def refusal_of(text: str, low: str, names: Names) -> Kind | None:
    """Why a question is not answered at all; None for one that may be."""
    for kind, pattern in REFUSED:
        if re.search(pattern, low):
            return kind
    if re.search(ELSEWHERE, low):
        return "elsewhere"
    known = {plain(word) for name in (*names.machines, *names.products, names.site) for word in name.split()}
    known |= {plain(day) for days in WEEKDAYS.values() for day in days} | {
        "espana",
        "spain",
        "eur",
        "linares",
        *PROGRAMS,
    }
    for hit in re.finditer(r"\b(?:in|en) ([A-ZÁÉÍÓÚ][a-záéíóúñ]{3,})", text):
        word = plain(hit.group(1))
        if word not in known and not re.fullmatch(plain(MONTH), word):
            return "elsewhere"
    return None


def fitted(tool: str, asked: Asked, language: Language, low: str) -> Understood:
    """The tool and what it is asked, where words decide between near ones."""
    if tool == "day_prices":
        if asked.at is not None:
            tool = AT_A_TIME
        elif asked.day is None:
            tool = "current_price"
    if (
        tool == "windows"
        and asked.hours is None
        and re.search(r"barat|cheap|car[ao]s?\b|dear|expensive", low)
    ):
        asked = replace(asked, hours=1.0)
    return Understood(language, "answer", tool, asked)


def asked_of(text: str, names: Names, today: date) -> Asked:
    """Days, times, lengths, months and names in a question."""
    batch, rest = batch_of(text, names)
    moments, _ = find_moments(rest)
    low = plain(rest)
    at = next((moment.at for moment in moments if moment.at is not None), None)
    told = next((moment.day for moment in moments if moment.day is not None), None)
    day = day_from(told, today) if told else relative_day(low, today)
    return Asked(
        day=day,
        at=at,
        hours=length_of(low),
        month=month_of(low, today),
        days=days_of(low),
        batch=batch,
        machine=name_in(low, names.machines),
        product=name_in(low, names.products),
        series="pvpc" if re.search(r"\bpvpc\b", low) else "",
        address=address_in(low),
    )


def address_in(low: str) -> str:
    """The first IP address of a text, "" for none."""
    for hit in re.finditer(ADDRESS, low):
        try:
            return str(ip_address(hit.group().rstrip(".:") if "." in hit.group() else hit.group()))
        except ValueError:
            continue
    return ""


def batch_of(text: str, names: Names) -> tuple[str, str]:
    """A batch that is named, and the text without it."""
    for product in names.products:
        hit = re.search(BATCH.format(re.escape(product)), text, re.IGNORECASE)
        if hit:
            return hit.group(), blank(text, *hit.span())
    return "", text


def day_from(told: tuple[int | None, int, int], today: date) -> date | None:
    """A day as written; without a year the one nearest to today. None for one that no calendar has."""
    year, month, day = told
    found = []
    for candidate in (year,) if year else (today.year - 1, today.year, today.year + 1):
        try:
            found.append(date(candidate, month, day))
        except ValueError:
            continue
    near = min(found, key=lambda one: abs(one - today), default=None)
    return near if near and near >= FIRST_DAY else None


def relative_day(low: str, today: date) -> date | None:
    """The day that words like "tomorrow" or a weekday name; a weekday is the next one, today included."""
    for pattern, days in RELATIVE:
        if re.search(pattern, low):
            return today + timedelta(days=days)
    for days_of_week in WEEKDAYS.values():
        for number, name in enumerate(days_of_week):
            hit = re.search(rf"\b{plain(name)}\b", low)
            if hit:
                ahead = (number - today.weekday()) % 7
                around = low[max(0, hit.start() - 9) : hit.end() + 9]
                return today + timedelta(days=ahead - 7 if re.search(BEFORE, around) else ahead)
    return None


def length_of(low: str) -> float | None:
    """A length in hours; None without one, or for one that no window can have."""
    words = {
        name: n for names in WORDS.values() for n, known in enumerate(names) for name in known.split("|")
    }
    for hit in LENGTH.finditer(low):
        raw = hit.group(1).replace(",", ".")
        value = float(raw) if raw[0].isdigit() else float(words.get(raw, 0))
        before = low[max(0, hit.start() - 7) : hit.start()]
        if 0.25 <= value <= MOST_HOURS and not value % 0.25 and not re.search(r"\b(?:las?|at) $", before):
            return value
    return None


def days_of(low: str) -> int | None:
    """The number of last days, or of weeks in days, that is named; None without one."""
    hit = re.search(r"\b(?:ultim[oa]s|last|past) (\d{1,2}) (dias?|days?|semanas?|weeks?)\b", low)
    if hit is None:
        return None
    days = int(hit.group(1)) * (7 if hit.group(2)[0] in "sw" else 1)
    return days if 1 <= days <= MOST_DAYS else None


def month_of(low: str, today: date) -> date | None:
    """A month that is named, the latest that has begun where no year is told; None without one."""
    first = today.replace(day=1)
    if re.search(rf"mes {BEFORE}|{BEFORE} (?:mes|month)", low):
        return (first - timedelta(days=1)).replace(day=1)
    if re.search(r"este mes|this month|mes actual|current month", low):
        return first
    iso = re.search(r"\b(20\d\d)-(0[1-9]|1[0-2])\b(?!-)", low)
    if iso:
        return date(int(iso.group(1)), int(iso.group(2)), 1)
    hit = re.search(rf"\b({plain(MONTH)})\b(?: (?:de |del )?(20\d\d))?", low)
    if hit is None:
        return None
    number = month_number(hit.group(1))
    if hit.group(2):
        return date(int(hit.group(2)), number, 1)
    return date(today.year if number <= today.month else today.year - 1, number, 1)


def name_in(low: str, names: Sequence[str]) -> str:
    """The longest name that a text holds, "" for none."""
    found = [name for name in names if re.search(rf"\b{re.escape(plain(name))}(?:s|es)?\b", low)]
    return max(found, key=len, default="")
