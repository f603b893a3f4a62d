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
    BY_PERIOD,
    CHEAP,
    DEAR,
    DUE,
    ELSEWHERE,
    ENERGY,
    FIRST_OR_LAST,
    FORBIDDEN,
    HOW_OR_WHERE,
    NO_TOOL,
    NOT_NOW,
    ON_TIME,
    ORDER,
    PAID,
    RULES,
    RUNNING,
    SECRETS,
    SOME_TIME,
    SURELY,
    UNIT_PRICE,
    WAIT_UNTIL,
    WAITING,
    WHAT_COST,
    WHAT_IF,
    WHICH_DAY,
    WISH,
)
from chocolate_factory.services.assistant.not_kept import said_at_once
from chocolate_factory.services.assistant.spans import (
    CLOCKED,
    DAYS,
    ahead_of,
    asks_which_is_dearer,
    day_of_part,
    days_told,
    sides_of,
    spanned,
)
from chocolate_factory.services.assistant.vocabulary import (
    AHEAD,
    ALL_PERIODS,
    TAKES,
    VOCABULARIES,
    dropped_by,
    unread,
)
from chocolate_factory.services.assistant.what_if_words import asks_for_change, changes_of
from chocolate_factory.services.assistant.wording import meant

Kind = Literal["answer", "answered", "missing", "unknown", "elsewhere", "change", "refused"]
NOT_THERE = frozenset({"noday", "nohour", "past"})
"""What a question may name that there is not: a day of no calendar, an hour of no clock, runs of the past."""

COMMON: dict[Language, str] = {
    "es": """que cual cuando cuanto cuanta cuantos cuantas como por para el la los las un una es esta hay hoy
    manana ayer de del en precio hora horas ahora plan lote lotes maquina ahorro mejor datos se y o me
    produzco espero hola gracias luz
    fabrica factura alertas huecos dime puedo tarifa tiempo hace va van fue al""",
    "en": """what which when how much many is are the a an of in on at for to do does did will now today
    tomorrow yesterday price hour hours plan batch batches machine saving best data and or run wait why tell
    me should can there was were it bill alerts holes weather forecast tariff due orders by cost cheapest any
    warnings who we our you this hello hi thanks thank""",
}
"""Words that tell the language of a question."""
NOTHING = Asked()


@dataclass(frozen=True)
class Understood:
    """A question as it was understood: what kind it is, which tool answers it, and what that is asked.

    An `answered` or `missing` one is answered by what is `said`, without a tool.
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
    at_once = said_at_once(low, spoken)
    if at_once is not None and not is_elsewhere_told(low, names):
        return Understood(spoken, at_once[0], said=at_once[1])
    said = heard(text, names, today)
    found = ruled(low, said, names, spoken)
    return replace(found, query=text[:LONGEST_QUERY]) if is_for_documents(low, said.asked, found) else found


def is_elsewhere_told(low: str, names: Names) -> bool:
    """Whether documents or a comparison may tell of what nobody keeps here."""
    return bool(re.search(HOW_TO, low) and not re.search(SECRETS, low)) or bool(
        re.search(SURELY, low) and changes_of(low, names.machines, names.products)
    )


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
                if not changes and changes_of(re.sub(SOME_TIME, " ", low), names.machines, names.products):
                    return Understood(spoken, "unknown", WHAT_IF, said=phrases.WHOLE_PLAN[spoken])
                return Understood(spoken, "answer", WHAT_IF, Asked(changes=changes))
            return fitted(rule.tool, said, spoken, low)
    if said.asked.batch:
        return fitted("why_batch", said, spoken, low)
    if said.asked.day and (said.asked.machine or said.asked.product):
        return fitted("plan_runs", said, spoken, low)
    return Understood(spoken, "unknown")


def fitted(tool: str, said: Heard, language: Language, low: str) -> Understood:
    """The tool and what it is asked, where words decide between near ones; unknown where it drops a part."""
    if said.asked.period and tool in ALL_PERIODS:
        said = replace(said, asked=replace(said.asked, period=""))
    if tool == "batch_costs" and said.asked.batch:
        tool = "plan_runs"
    if tool == "day_prices":
        tool, said = of_prices(said, low)
    if re.search(WHICH_DAY, low) and not (said.asked.last or said.asked.than):
        said = replace(said, loose=said.loose | {"bound"})
    if tool == "day_prices" and said.asked.day is None and said.asked.since is None:
        return whole(Understood(language, "answer", "current_price", said.asked), said, "day_prices")
    if tool == "advice_now":
        said = waited(said, low)
    if tool == "orders" and {kind for kind, _ in said.pieces} & CLOCKED and not re.search(DUE, low):
        tool = "plan_runs"
    if tool == "windows" and said.asked.machine:
        tool = "machine_windows"
    if tool == "plan_summary" and dropped_by(tool, said) and not re.search(ON_TIME, low):
        things = said.asked.machine or said.asked.product or said.asked.batch
        tool = "plan_load" if re.search(ENERGY, low) and not things else "plan_runs"
    if tool == "plan_summary" and re.search(ON_TIME, low):
        said = replace(said, loose=said.loose - {"week"})
    if tool == "plan_load" and said.asked.machine:
        tool = "plan_runs" if dropped_by("factory_facts", said) or re.search(ENERGY, low) else "factory_facts"
    if tool == "shifts" and not said.asked.day and [kind for kind, _ in said.pieces] == ["part"]:
        said = replace(said, asked=replace(said.asked, day=day_of_part(said.pieces[0][1], said.today)))
    if tool in AHEAD:
        said = ahead_of(said)
    elif tool == "savings":
        said = spanned(said) if {kind for kind, _ in said.pieces} == {"week"} else said
    elif TAKES.get(tool, frozenset()) & {"since", "last"} and tool != "compare_prices":
        said = spanned(said)
    return whole(Understood(language, "answer", tool, detailed(tool, said.asked, low)), said)


def detailed(tool: str, asked: Asked, low: str) -> Asked:
    """What a tool is asked, with what its words say beside days and names."""
    ranks = re.search(r"barat|cheap|car[ao]s?\b|dear|expensive", low)
    if tool == "windows" and asked.hours is None and ranks:
        asked = replace(asked, hours=1.0)
    if tool == "windows" and re.search(DEAR, low) and not re.search(CHEAP, low):
        return replace(asked, rank="dearest")
    if tool == "plan_runs" and (asked.day or asked.machine) and not (asked.which or asked.batch):
        end = next((name for name, pattern in FIRST_OR_LAST.items() if re.search(pattern, low)), "")
        return replace(asked, which=end)
    return asked


def waited(said: Heard, low: str) -> Heard:
    """What advice is asked: to wait for a day, what runs on a machine; of another question that it cannot."""
    if said.asked.machine and (not re.search(RUNNING, low) or re.search(NOT_NOW, low)):
        said = replace(said, loose=said.loose | {"machine"})
    later = [day for day in said.days if day > said.today]
    if len(later) != 1 or set(said.days) - {said.today, *later} or not re.search(WAITING, low):
        return said
    bound = {"bound"} if re.search(WAIT_UNTIL, low) else set()
    return replace(
        said, asked=replace(said.asked, day=None, than=later[0]), loose=said.loose - {"two_days"} - bound
    )


def of_prices(said: Heard, low: str) -> tuple[str, Heard]:
    """Which tool on prices a question is for, with its hours, days and what it compares as fields."""
    asked, spans = said.asked, {kind for kind, _ in said.pieces} & DAYS
    if asked.machine and asked.hours:
        return "machine_windows", said
    if asked.machine and not re.search(UNIT_PRICE, low):
        return "plan_runs", said
    if re.search(f"{PAID}|{WHAT_COST}", low) and not re.search(UNIT_PRICE, low):
        if asked.month:
            return "bill", said
        if said.asked.day and said.asked.day < said.today and len(said.days) == 1 and not said.times:
            return "savings", said
        if spans == {"week"} and (days := days_told(said)[0]) and days[1] < said.today:
            return "savings", said
        if spans:
            return "day_prices", said
    both = sides_of(said, low)
    if both:
        return "compare_prices", both
    said = spanned(said)
    if asks_which_is_dearer(said, low):
        said = replace(said, loose=said.loose | {"compared"})
    if asked.at is not None:
        return AT_A_TIME, said
    if "two_periods" in said.loose:  # all are told, those two among them
        said = replace(said, asked=replace(said.asked, period=""), loose=said.loose - {"two_periods"})
    return "period_prices" if asked.period or re.search(BY_PERIOD, low) else "day_prices", said


def whole(found: Understood, said: Heard, words_of: str = "") -> Understood:
    """What was understood where its tool takes all that was said; else unknown, and what it does not take.

    `words_of` is the tool whose words the question may have, where that is another one.
    """
    if found.tool not in VOCABULARIES:
        return found
    said = replace(said, asked=found.asked)
    dropped = dropped_by(found.tool, said)
    words = unread(words_of or found.tool, said.rest)
    if not dropped and not words:
        return found
    kind: Kind = "missing" if not words and set(dropped) <= NOT_THERE else "unknown"
    return replace(found, kind=kind, said=phrases.unread(found.language, dropped, words))


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
