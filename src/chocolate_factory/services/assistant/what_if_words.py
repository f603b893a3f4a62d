"""Changes of a plan in words: "si la luz sube un 10 %" is `price=+10%`; over text without accents.

A question is read whole or not at all: every word of what is supposed must be one that the change it names
has, so that a negation, a day or a second change that nobody understands is never left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chocolate_factory.domain import factory
from chocolate_factory.domain.claims import plain
from chocolate_factory.domain.facts import WEEKDAYS, Language
from chocolate_factory.services.assistant.what_if_numbers import in_digits
from chocolate_factory.services.assistant.what_if_stems import (
    AGAIN,
    AWAY,
    DAYS,
    FILLERS,
    MORE,
    UNSURE,
    VOCABULARIES,
    signed,
    simplified,
)

STRONG = re.compile(
    r"\b(?:(?P<es>si|supon\w*(?: que)?|imagina\w*(?: que)?)|(?:if|suppose(?: that)?|imagine(?: that)?))\b"
)
WEAK = re.compile(r"\b(?:(?P<es>(?:con|sin)\b(?! embargo))|with(?:out)?\b)")
TOLD_TO = re.compile(
    r"\b(?:dime|di|decir\w*|sabes|saber|avis\w+|comprueba|mira|tell (?:me|us)|know|notify (?:me|us)|check|see"
    r"|alert (?:me|us)|warn (?:me|us)|whether|say)\W*$"
)
"""What makes of "if" a question on how things stand, or an order."""

MAIN = (
    r"(?:cuant[oa]s?|que (?:pasa|ocurr|cost|ahorr|pagar|efecto|plan)\w*|como|cual|cuando|donde|entonces|then"
    r"|how|what|when|which|would|will|do|does|did|is|are|can|could|should|must|me|nos|se (?:retras|ahorr))\b"
)
"""How the rest of a question begins, which asks and supposes nothing."""

DAY_AHEAD = rf"(?:el |los |on |the )?(?:{DAYS})\b"
CUT = re.compile(
    rf"[;:.?!¿¡](?=\s|$)|(?<=\s)[¿¡]|,(?!\d)| (?:y|e|and|pero|but) (?!{DAY_AHEAD})"
    r"| (?=(?:how (?:much|many)|what (?:happens|would)|cuant[oa]s? |que (?:pasa|ocurr)))"
)
NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<amount>\d+(?:\.\d+)?)(?P<unit>%|kwh|kwp|kw|)")
DIRECTIONS = {"+": "up", "-": "down"}
HOURS = re.compile(r"\d\d:\d\d-\d\d:\d\d")
TARIFF = re.compile(r"([236])[.,]([01]) ?td\b")
THINGS = re.compile(r"@machines?|@product|bateria|batter|panel|placa|solar|turno|shift|\d(?:%|k)")
HAVE = re.compile(r"\b(?:tuv\w+|ten\w+|hub\w+|hay|had|have|has|there|fue\w+|were|con|with)\b")
ARTICLES = {"el", "la", "un", "una", "uno", "the", "a", "an", "one", "otro", "otra", "another"}


@dataclass(frozen=True)
class Clause:
    """One part of what is supposed: its words, names as `@machine`, `@machines`, `@product`, and whose."""

    text: str
    language: Language
    machine: str = ""
    product: str = ""

    @property
    def words(self) -> list[str]:
        """Its words and numbers in turn."""
        return self.text.split()

    @property
    def numbers(self) -> list[re.Match[str]]:
        """The numbers among them, hours of a shift and tariffs left out."""
        return [hit for hit in map(NUMBER.fullmatch, self.words) if hit]

    def before(self, word: str) -> str:
        """The word before the first place of another, "" for none."""
        place = self.words.index(word)
        return self.words[place - 1] if place else ""

    def has(self, pattern: str) -> bool:
        """Whether a word of it fits a pattern."""
        return any(re.fullmatch(pattern, word) for word in self.words)


def changes_of(low: str, machines: Sequence[str], products: Sequence[str]) -> tuple[str, ...]:
    """The changes that a text asks for, as `domain/what_if_edits` takes them.

    None where any part of what is supposed is not understood, or where two are of one thing.
    """
    parts = supposed(low, machines, products)
    found = [change_of(part) for part in parts or []]
    keys = {change.partition("=")[0] for change in found}
    return tuple(found) if found and all(found) and len(keys) == len(found) else ()


def asks_for_change(low: str, machines: Sequence[str], products: Sequence[str]) -> bool:
    """Whether a text supposes a change or an amount, be it understood whole or not."""
    parts = supposed(low, machines, products) or []
    return any(re.search(r"\d(?:%|k)", part.text) or change_of(part) for part in parts)


def supposed(low: str, machines: Sequence[str], products: Sequence[str]) -> list[Clause] | None:
    """The parts of a text that suppose something; None where it supposes nothing.

    A part that would be lost, such as a figure before "if", is among them and nothing reads it.
    """
    mark = STRONG.search(low) or WEAK.search(low)
    if mark is None or TOLD_TO.search(low[: mark.start()]):
        return None
    language: Language = "es" if mark["es"] else "en"
    text = named(named(re.sub("[@#]", " ", low), machines, "@machine"), products, "@product")
    text = in_digits(text, language)
    mark = STRONG.search(text) or WEAK.search(text)
    if mark is None:
        return None
    lost = re.search(r"\d(?:%|k)", text[: mark.start()]) or is_beside(text[: mark.start()])
    found = [lost_clause(language)] if lost else []
    begin = mark.start() if mark.group() in {"sin", "without"} else mark.end()
    main = False
    for piece in CUT.split(STRONG.sub(",", text[begin:])):
        part = re.sub(r"^(?:y|and|con|with|que|que es) ", "", piece.strip(" \"'«»()"))
        asking = bool(re.match(MAIN, part))
        rest = main and not asking and not THINGS.search(part)
        if (asking or rest) and is_beside(part):
            found.append(lost_clause(language))
        elif part and not asking and not rest:
            found.append(clause_of(part, language, machines, products))
        main = main or asking
    return found


def lost_clause(language: Language) -> Clause:
    """A part that nothing reads."""
    return Clause("?", language)


def is_beside(text: str) -> bool:
    """Whether "with" or "without" supposes something where the rest of a question asks."""
    hit = WEAK.search(text)
    return hit is not None and (hit.group() in {"sin", "without"} or bool(THINGS.search(text, hit.end())))


def named(text: str, names: Sequence[str], mark: str) -> str:
    """A text with names as marks with the name's place behind: `@machine#0`, `@machines#0` for more of it."""
    for name in sorted(names, key=len, reverse=True):
        place, word = list(names).index(name), rf"\b{re.escape(plain(name))}"
        many = "s" if mark == "@machine" else ""
        text = re.sub(rf"{word}\b", f"{mark}#{place}", text)
        text = re.sub(rf"{word}e?s\b", f"{mark}{many}#{place}", text)
    return text


def clause_of(text: str, language: Language, machines: Sequence[str], products: Sequence[str]) -> Clause:
    """A part with the names that it holds; a second machine or product stays as a word that nothing reads."""
    held = {"@machine": "", "@product": ""}
    for kind, names in (("@machine", machines), ("@product", products)):
        hit = re.search(rf"{kind}(s?)#(\d+)", text)
        if hit and names:
            held[kind] = names[int(hit[2])]
            text = text.replace(hit.group(), f"{kind}{hit[1]}", 1)
    text = " ".join(word.strip(",;:?!\"'«»()").removesuffix(".") for word in simplified(text).split())
    return Clause(text, language, held["@machine"], held["@product"])


def change_of(clause: Clause) -> str:
    """The change of a clause, "" for none or where a word of it is not one of that change."""
    for kind, read in READERS.items():
        subject, others = VOCABULARIES[kind]
        if re.search(subject, clause.text) and all(
            re.fullmatch(rf"{FILLERS}|{others}", word)
            or (word == "a" and clause.language == "en")
            or NUMBER.fullmatch(word)
            for word in clause.words
        ):
            return read(clause)
    return ""


def asked_again(low: str, language: Language, before: Sequence[str]) -> tuple[str, ...]:
    """The one change of the question before with another share, such as "¿y un 20 %?"; none for another."""
    clause = clause_of(in_digits(low, language).strip("¿? "), language, (), ())
    known = all(re.fullmatch(rf"{AGAIN}|{NUMBER.pattern}", word) for word in clause.words)
    if not known or len(before) != 1 or not before[0].endswith("%"):
        return ()
    key, _, value = before[0].partition("=")
    said = clause if signed(clause.text) else replace(clause, text=f"{clause.text} @{DIRECTIONS[value[0]]}")
    share = share_of(said) if clause.numbers else ""
    return (f"{key}={share}",) if share else ()


TWICE = (
    (r"duplic\w+|dobl\w+|double\w*|twice", "+100%"),
    (r"tripl\w+", "+200%"),
    (r"mitad|hal[fv]\w*", "-50%"),
)


def share_of(clause: Clause) -> str:
    """A share such as +10%, "" without one or where its direction is not said or said twice over."""
    sign, numbers = signed(clause.text), clause.numbers
    shares = [share for pattern, share in TWICE if clause.has(pattern)]
    if not numbers:
        fits = len(shares) == 1 and (not sign or (shares[0], sign) == ("-50%", "-"))
        return shares[0] if fits else ""
    number = numbers[0]
    if len(numbers) != 1 or number["unit"] != "%" or shares or is_bound(clause) or is_exact(clause, number):
        return ""
    signs = {sign, number["sign"]} - {""}
    return f"{signs.pop()}{number['amount']}%" if len(signs) == 1 and UNSURE not in signs else ""


def is_bound(clause: Clause) -> bool:
    """Whether a number is only said to be passed or not reached, such as "más de un 10 %"."""
    return re.search(r"\b(?:mas|menos) del? (?:una? |el )?[+-]?\d", clause.text) is not None


def is_exact(clause: Clause, number: re.Match[str]) -> bool:
    """Whether a number is what something comes to, not by how much it changes."""
    to = "to|hasta|at|al|a" if clause.language == "es" else "to|at"
    text = re.escape(number.group())
    return re.search(rf"(?<!\S)(?:{to}) (?:una? |el |the |a )?{text}(?!\S)", clause.text) is not None


def price_change(clause: Clause) -> str:
    """The price of electricity by a share; nothing is -100%."""
    if clause.has("gratis|free"):
        return "" if clause.numbers or signed(clause.text) else "price=-100%"
    share = share_of(clause)
    return f"price={share}" if share else ""


def demand_change(clause: Clause) -> str:
    """Demand by a share, of all products or of one."""
    share = share_of(clause)
    return f"demand{':' * bool(clause.product)}{clause.product}={share}" if share else ""


def tariff_change(clause: Clause) -> str:
    """Another access tariff, where one is named."""
    found = TARIFF.findall(clause.text)
    return f"tariff={'.'.join(found[0])}TD" if len(found) == 1 and not clause.numbers else ""


def asset_change(clause: Clause) -> str:
    """A battery or solar panels, or none of them."""
    battery = re.search(r"bateria|batter", clause.text)
    table, key, units = ("battery", "capacity_kwh", {"kwh"}) if battery else ("pv", "kwp", {"kwp", "kw"})
    away, more, numbers = clause.has(f"{AWAY}|no"), clause.has(MORE), clause.numbers
    if away:
        unsure = numbers or more or clause.has("menos|less|fewer") or (clause.has("no") and clause.has(AWAY))
        return "" if unsure else f"{table}=none"
    if len(numbers) != 1 or numbers[0]["unit"] not in units or numbers[0]["sign"]:
        return ""
    return "" if clause.has("baterias|batteries") else f"{table}.{key}={'+' * more}{numbers[0]['amount']}"


def shift_change(clause: Clause) -> str:
    """A shift with its hours, or none on days that are named."""
    days = [
        day
        for place, day in enumerate(factory.WEEKDAYS)
        if clause.has("|".join(f"{plain(names[place])}s?" for names in WEEKDAYS.values()))
    ]
    if clause.has("semana|weekends?"):
        days = ["sat", "sun"] if not days else []
        if not days:
            return ""
    hours = [word for word in clause.words if HOURS.fullmatch(word)]
    no, closed = clause.has("no|not|don't|didn't|sin|without"), clause.has("cerr\\w+|cierr\\w+|closed?")
    if clause.numbers or len(hours) > 1 or (no and closed):
        return ""
    if no or closed:
        return f"shift:{','.join(days)}=none" if days and not hours else ""
    return f"shift{':' * bool(days)}{','.join(days)}={hours[0]}" if hours else ""


def machine_change(clause: Clause) -> str:
    """Units of a machine more, less or in all."""
    away, more = clause.has(AWAY), clause.has(f"{MORE}|compr\\w+|buy|bought")
    words, numbers = clause.words, clause.numbers
    many = "@machines" in words
    mark = words.index("@machines" if many else "@machine")
    one_of = re.search(r"\b(?:one|un[oa]?) (?:of|de) (?:\w+ )?@machines", clause.text)
    numbered = words[mark + 1 : mark + 2] == [one.group() for one in numbers] and not many and away
    single = bool(one_of) or (not many and (numbered or bool(ARTICLES & set(words))))
    if len(numbers) > 1 or (away and more) or (one_of and numbers):
        return ""
    units = "1" if single and (numbered or not numbers) else ""
    if numbers and not numbered:
        number = numbers[0]
        units = "" if number["unit"] or number["sign"] or "." in number["amount"] else number["amount"]
    if not units or is_bound(clause) or (more and not numbers and clause.has("the|el|la")):
        return ""
    if away or more:
        return f"machine:{clause.machine}={'-' if away else '+'}{units}"
    only = clause.has("only|solo|solamente")
    return f"machine:{clause.machine}={units}" if HAVE.search(clause.text) and (numbers or only) else ""


def power_change(clause: Clause) -> str:
    """Contracted power in kW or by a share, of all periods or of one."""
    periods = [word for word in clause.words if re.fullmatch(r"p[1-6]", word)]
    key = f"power:{periods[0].upper()}" if periods else "power"
    if len(periods) > 1 or len(clause.numbers) != 1:
        share = share_of(clause) if len(periods) < 2 and not clause.numbers else ""
        return f"{key}={share}" if share else ""
    number, sign = clause.numbers[0], signed(clause.text)
    if number["unit"] == "%":
        share = share_of(clause)
        return f"{key}={share}" if share else ""
    if number["unit"] != "kw" or number["sign"] or sign == UNSURE or is_bound(clause):
        return ""
    exact, compared = is_exact(clause, number), clause.has("mas|menos|more|less|extra")
    of_it = clause.before(number.group()) in {"de", "of"} and bool(sign)
    if compared if exact else of_it and not compared:
        return ""
    return f"{key}={'' if exact else sign}{number['amount']}"


READERS: dict[str, Callable[[Clause], str]] = {
    "tariff": tariff_change,
    "asset": asset_change,
    "shift": shift_change,
    "machine": machine_change,
    "power": power_change,
    "demand": demand_change,
    "price": price_change,
}
"""What reads each kind of change, the surest first."""
