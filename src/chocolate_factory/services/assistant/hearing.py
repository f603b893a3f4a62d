"""What a question names, and what of it nothing reads: days, times, spans, lengths, names of the plant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from ipaddress import ip_address
from typing import TypeVar

from chocolate_factory.domain.claims import MONTH, PART, WORDS, blank, find_moments, month_number, plain
from chocolate_factory.domain.facts import WEEKDAYS
from chocolate_factory.services.assistant.asked import FIRST_DAY, MOST_DAYS, MOST_HOURS, Asked
from chocolate_factory.services.assistant.intents import ADDRESS
from chocolate_factory.services.assistant.plant_words import NAMED, name_pattern

T = TypeVar("T")
RELATIVE = (
    (r"pasado manana|(?:the )?day after tomorrow", 2),
    (r"anteayer|antes de ayer|(?:the )?day before yesterday", -2),
    (r"(?<!por la )(?<!de la )(?<!esta )\bmanana\b|\btomorrow\b", 1),
    (r"\bhoy\b|\btoday\b", 0),
    (r"\bayer\b|\byesterday\b", -1),
)
BEFORE = r"(?:pasad[oa]|last|ultim[oa]|anterior|previous)"
PAST = (
    r"\b(?:fue|fueron|era|hubo|hizo|habia|estuvo|tuvo|costo|subio|bajo|pago|produjo|gasto|consumio|salio|valio"
    r"|hicimos|pagamos|gastamos|produjimos|ha habido|\w+aron|\w+ieron|(?!acaban?\b)\w+aban?|was|were|did"
    r"|paid|produced|happened|ran|spent|saved)\b"
)
"""Verbs of what has been: a weekday beside one is the last such day."""

BESIDE_DAY = rf"(?:(?:next|this|este|proximo|{BEFORE}) )?({{}})s?(?: (?:que viene|proximo|{BEFORE}))?"
LENGTH = re.compile(
    r"\b(?P<only_half>media hora|half an hour)\b"
    r"|\b(?:(?P<digits>\d{1,2}(?:[.,]\d{1,2})?)[ -]?|(?P<word>[a-z]+)[ -])(?:h|horas?|hours?)\b"
    r"(?P<half> y media\b| and a half\b)?"
)
BATCH = r"{}-\d{{4}}-\d{{2}}-\d{{2}}-\d+"
OTHER_BATCH = r"\b(?:batch|lote) ([a-z]\w*-(?:[\w-]*-)?\d+)\b"
"""A batch of a plan, and one that is only called like one."""

AROUND = (
    r"(?:\b(?:de |del |en |in |of |on |for |the |la |el |las |los |esta |este |this |next |last |past "
    r"|proxim[oa]s? |ultim[oa]s? )*)"
)
SPANS: tuple[tuple[str, str], ...] = (
    ("part", r"\b(?:por|de|en|a) la (?:manana|tarde|noche|madrugada)\b|\b(?:esta|ayer|manana) (?:manana|tarde"
     r"|noche)\b|\b(?:in|during) the (?:morning|afternoon|evening|night)\b|\b(?:this|tomorrow|yesterday) "
     r"(?:morning|afternoon|evening)\b|\btonight\b|\b(?:de|at|last|tomorrow) (?:noche|night)\b|\banoche\b"
     r"|\b(?:morning|afternoon|evening|night|noche)s?\b|\bovernight\b|\bmidday\b|\bmediodia\b"),
    ("weekend", rf"{AROUND}(?:\bfin(?:es)? de semana\b|\bfindes?\b|\bweekends?\b)(?: {BEFORE}| que viene)?"),
    ("ahead", r"\b(?:la )?(?:semana que viene|proxima semana)\b|\bnext week\b"),
    ("week", rf"{AROUND}\b(?:semanas?|weeks?)\b(?: {BEFORE})?"),
    ("year", rf"{AROUND}\b(?:anos?|years?)\b(?: {BEFORE}| que viene| ago)?"
     r"|\b(?:en|in|de|del|of|during|durante) 20\d\d\b(?!-)"),
    ("month", r"\b(?:del|al|de un|por|per|a|of the|the) (?:mes|month)\b"),
)  # fmt: skip
"""What spans less or more than a day, by kind."""

OCLOCK = r"(?:las? |el |the )?\d{1,2}(?:[:.h]\d\d)?(?: ?(?:h|am|pm))?"
OF_MONTH = rf"del(?= \d{{1,2}} al \d{{1,2}} (?:de )?(?:{MONTH})\b)"
FROM_TO = re.compile(
    rf"\b(?:entre|between|desde|de|from|{OF_MONTH}) {OCLOCK} (?:y|and|a|al|to|hasta|until|-) {OCLOCK}\b"
    rf"(?:(?P<days> (?:de |of )?(?:{MONTH})\b)|{PART})?",
    re.IGNORECASE,
)
BOUND = re.compile(
    rf"\b(?:antes del?|despues del?|después del?|a partir del?|desde|hasta|before|after|until|till|from)"
    rf" (?:(?:el )?(?:noon|midday|mediod[ií]a)\b|{OCLOCK}\b(?:{PART})?)"
    r"(?=\W*$|\W+(?:de )?(?:today|tomorrow|yesterday|on|hoy|mañana|ayer|el)\b)",
    re.IGNORECASE,
)
COMPARED = (
    r"\b(?:barat[oa]s?|car[oa]s?|alt[oa]|baj[oa]|mas|menos|cheaper|dearer|expensive|higher|lower|more|less)"
    r" (?:\w+ ){0,2}?(?P<mark>que|than)\b"
    r"|\b(?P<mark2>comparad?[oa]?|compared?|comparison|frente a|versus|vs)\b"
)
INSTEAD = r"\binstead of\b|\ben (?:vez|lugar) de\b"
WHICH = {"first": r"\b(?:primer|first) (?:lote|batch)\b", "last": r"\b(?:ultimo|last) (?:lote|batch)\b"}
QUANTITY = {
    "rain": r"\b(?:lluvias?|llover|llueve|llovera|rain(?:s|y|ing)?)\b",
    "wind_speed": r"\b(?:vientos?|ventoso|wind(?:y|s)?)\b",
    "humidity": r"\b(?:humedad|humedo|humidity|humid)\b",
}
UP_TO_A_DAY = (
    r"\b(?:by|until|till?|before|after|since|hasta|antes del?|despues del?|desde|a partir del?) "
    rf"(?:el |this |next )?(?:{'|'.join(plain(day) for days in WEEKDAYS.values() for day in days)}"
    r"|hoy|manana|ayer(?<!antes de ayer)|today|tomorrow|yesterday(?<!before yesterday))\b"
)
"""Time that a day only bounds."""

NO_HOUR = r"\b(?:a|desde|hasta|de) las (?:2[5-9]|[3-9]\d)(?::\d\d)?\b|\b(?:2[5-9]|[3-9]\d):\d\d\b"
YES_OR_NO = r"\bsi o no\b|\byes or no\b"
AGO = (
    r"\bhace {n} (dias?|semanas?)\b|\b{n} (days?|weeks?) ago\b"
    r"|\b(?:dentro de|en|in) {n} (dias?|semanas?|days?|weeks?)\b"
).replace("{n}", r"(\d{1,2}|[a-z]{2,6})")
LAST_DAYS = (
    r"\b(?:(?:los|las|the) )?(?:ultim[oa]s|last|past) (\d{1,2}|[a-z]{3,7}) (dias?|days?|semanas?|weeks?)\b"
)
NUMBERS = {name: n for names in WORDS.values() for n, known in enumerate(names) for name in known.split("|")}
NUMBERS |= {plain(name): n for name, n in NUMBERS.items()} | {"una": 1, "un": 1, "a": 1}


@dataclass(frozen=True)
class Names:
    """What things are called at the site."""

    machines: tuple[str, ...]
    products: tuple[str, ...]
    site: str


@dataclass(frozen=True)
class Heard:
    """What a question names on a day, kinds of what it names that no tool takes, and the rest of its text.

    `pieces` are the words of spans by kind, `days`, `months` and `times` all that are named, `past` whether a
    verb is of what has been.
    """

    asked: Asked
    today: date
    loose: frozenset[str] = frozenset()
    rest: str = ""
    pieces: tuple[tuple[str, str], ...] = ()
    days: tuple[date, ...] = ()
    past: bool = False
    months: tuple[date, ...] = ()
    times: tuple[time, ...] = ()


@dataclass
class Reading:
    """A question while it is read: `text` is what is left of it, without accents, what was read as marks."""

    text: str
    today: date
    loose: set[str] = field(default_factory=set)
    pieces: list[tuple[str, str]] = field(default_factory=list)

    def take(self, pattern: str | re.Pattern[str]) -> list[re.Match[str]]:
        """All places that fit, which are read with it."""
        hits = list(re.finditer(pattern, self.text))
        for hit in hits:
            self.text = blank(self.text, *hit.span())
        return hits

    def only(self, found: Sequence[T], kind: str) -> T | None:
        """The one that is found; of several the first, and that there are two or more of a kind is kept."""
        if len(set(found)) > 1:
            self.loose.add(f"two_{kind}" if len(set(found)) == 2 else "several")
        return found[0] if found else None


def heard(text: str, names: Names, today: date, past: bool = False) -> Heard:
    """Read a question piece by piece, the surest first; `past` says that it is on what has been."""
    batch, rest = batch_of(text, names)
    pieces, rest = ranges_of(rest)
    moments, rest = find_moments(rest)
    told = [moment.day for moment in moments if moment.day is not None]
    times = [moment.at for moment in moments if moment.at is not None]
    dates = [day_from(day, today) for day in told]
    reading = Reading(plain(rest), today, {kind for kind, _ in pieces}, pieces)
    reading.loose |= {"noday"} if None in dates else set()
    take_marks(reading)
    past = past or bool(re.search(PAST, reading.text))
    address, days = address_of(reading), days_of(reading)
    known, months = days_named(reading, dates, past), months_of(reading)
    take_spans(reading)
    known += relative_days(reading)
    asked = replace(
        things_of(reading, names),
        day=reading.only(known, "days"),
        at=reading.only(times, "times"),
        month=reading.only(months, "months"),
        days=days,
        batch=batch,
        address=address,
    )
    if re.search(r"\d", re.sub(r"\bp\d0\b|\bco2\b", "", reading.text)):
        reading.loose.add("number")
    reading.take(rf"\b(?:{'|'.join(map(re.escape, plain(names.site).split()))})\b")
    loose, spans = frozenset(reading.loose), tuple(reading.pieces)
    every = tuple(dict.fromkeys(known)), past, tuple(dict.fromkeys(months)), tuple(dict.fromkeys(times))
    return Heard(asked, today, loose, reading.text, spans, *every)


def take_marks(reading: Reading) -> None:
    """Keep what bounds, compares or cannot be: hours of no clock, "instead of", "until Friday"."""
    for kind, pattern in (("nohour", NO_HOUR), ("several", INSTEAD)):
        reading.loose |= {kind} if reading.take(pattern) else set()
    reading.take(YES_OR_NO)
    take_comparison(reading)
    reading.loose |= {"bound"} if re.search(UP_TO_A_DAY, reading.text) else set()


def things_of(reading: Reading, names: Names) -> Asked:
    """What is named beside days and times: a length, things of the plant, a period."""
    return Asked(
        hours=length_of(reading),
        machine=name_of(reading, names.machines),
        product=name_of(reading, names.products),
        series="pvpc" if reading.take(r"\bpvpc\b") else "",
        which=first_taken(reading, WHICH),
        quantity=first_taken(reading, QUANTITY),
        period=period_of(reading),
    )


def ranges_of(text: str) -> tuple[list[tuple[str, str]], str]:
    """The hours or days of a month from one to another that a text names, and the text without them."""
    pieces = []
    for pattern in (FROM_TO, BOUND):
        for hit in list(pattern.finditer(text)):
            pieces.append(("dates" if hit.groupdict().get("days") else "range", plain(hit.group())))
            text = text[: hit.start()] + "\x00" * len(hit.group()) + text[hit.end() :]
    return pieces, text


def first_taken(reading: Reading, patterns: dict[str, str]) -> str:
    """The name of the first pattern that a text has, "" for none."""
    return next((name for name, pattern in patterns.items() if reading.take(pattern)), "")


def days_named(reading: Reading, dates: list[date | None], past: bool) -> list[date]:
    """The days that are written, told by how far they are, or as weekdays, which must fit the others."""
    known = [day for day in dates if day is not None] + days_around(reading)
    named = weekdays_of(reading, past)
    if known and {day.weekday() for day in named} - {day.weekday() for day in known}:
        reading.loose.add("noday")
    return known or named


def take_comparison(reading: Reading) -> None:
    """Read the words that compare, and keep that something is compared; what is compared stays to be read."""
    for hit in list(re.finditer(COMPARED, reading.text)):
        reading.loose.add("compared")
        reading.text = blank(reading.text, *hit.span("mark" if hit["mark"] else "mark2"))


def batch_of(text: str, names: Names) -> tuple[str, str]:
    """A batch that is named, and the text without it."""
    for product in names.products:
        hit = re.search(BATCH.format(re.escape(product)), text, re.IGNORECASE)
        if hit:
            return hit.group(), blank(text, *hit.span())
    called = re.search(OTHER_BATCH, text, re.IGNORECASE)
    return (called[1], blank(text, *called.span(1))) if called else ("", text)


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


def days_around(reading: Reading) -> list[date]:
    """Days that are told by how far they are, such as "hace 3 días" or "in two weeks"."""
    found = []
    for hit in re.finditer(AGO, reading.text):
        number, unit = (part for part in hit.groups() if part)
        count = int(number) if number.isdigit() else NUMBERS.get(number, 0)
        if count:
            reading.text = blank(reading.text, *hit.span())
            ahead = hit.group().startswith(("dentro", "en", "in"))
            found.append(
                reading.today + timedelta(days=count * (7 if unit[0] in "sw" else 1) * (1 if ahead else -1))
            )
    return found


def weekdays_of(reading: Reading, past: bool) -> list[date]:
    """Weekdays, each the next one, today included; the last one beside a verb or a word of what has been."""
    found = []
    for known in WEEKDAYS.values():
        for number, name in enumerate(known):
            for hit in reading.take(rf"\b{BESIDE_DAY.format(plain(name))}\b"):
                ahead = (number - reading.today.weekday()) % 7
                back = past or re.search(BEFORE, hit.group())
                found.append(reading.today + timedelta(days=ahead - 7 if back else ahead))
    return found


def relative_days(reading: Reading) -> list[date]:
    """Days such as "tomorrow"."""
    return [reading.today + timedelta(days=days) for pattern, days in RELATIVE for _ in reading.take(pattern)]


def take_spans(reading: Reading) -> None:
    """Keep the kinds of spans that a question names."""
    for kind, pattern in SPANS:
        for hit in reading.take(pattern):
            reading.loose.add(kind)
            reading.pieces.append((kind, hit.group().strip()))


def length_of(reading: Reading) -> float | None:
    """A length in hours; None without one, or for one that no window can have."""
    found = []
    for hit in LENGTH.finditer(reading.text):
        digits = hit["digits"]
        value = float(digits.replace(",", ".")) if digits else float(NUMBERS.get(hit["word"] or "", 0))
        value += 0.5 if hit["only_half"] or (hit["half"] and value) else 0.0
        before = reading.text[max(0, hit.start() - 10) : hit.start()]
        if (
            0.25 <= value <= MOST_HOURS
            and not value % 0.25
            and not re.search(r"\b(?:(?:a|de|desde|y) las?|at) $", before)
        ):
            reading.text = blank(reading.text, *hit.span())
            found.append(value)
    if len(set(found)) > 1:
        reading.loose.add("several")
    return next(iter(found), None)


def days_of(reading: Reading) -> int | None:
    """The number of last days, or of weeks in days, that is named; None without one."""
    hit = re.search(LAST_DAYS, reading.text)
    count = 0 if hit is None else int(hit[1]) if hit[1].isdigit() else NUMBERS.get(hit[1], 0)
    days = count * (7 if hit and hit[2][0] in "sw" else 1)
    if hit is None or not 1 <= days <= MOST_DAYS:
        return None
    reading.text = blank(reading.text, *hit.span())
    return days


def months_of(reading: Reading) -> list[date]:
    """The months that are named, the latest that have begun where no year is told."""
    first = reading.today.replace(day=1)
    found: list[date] = []
    if reading.take(rf"mes {BEFORE}|{BEFORE} (?:mes|month)"):
        found.append((first - timedelta(days=1)).replace(day=1))
    if reading.take(r"este mes|this month|mes actual|current month|mes en curso"):
        found.append(first)
    written = reading.take(r"\b(20\d\d)-(0[1-9]|1[0-2])\b(?!-)")
    found += [date(int(hit[1]), int(hit[2]), 1) for hit in written]
    for hit in reading.take(rf"\b({plain(MONTH)})\b(?:'s)?(?: (?:de |del |of )?(20\d\d))?"):
        number, today = month_number(hit[1]), reading.today
        year = int(hit[2]) if hit[2] else today.year if number <= today.month else today.year - 1
        found.append(date(year, number, 1))
    return found


def period_of(reading: Reading) -> str:
    """The tariff period that is named, "" for none; that there are several is kept."""
    found = [f"P{hit[1]}" for hit in reading.take(r"\bp ?([1-6])\b")]
    found += [name for name, pattern in NAMED.items() if reading.take(pattern)]
    return reading.only(found, "periods") or ""


def address_of(reading: Reading) -> str:
    """The first IP address of a text, "" for none."""
    for hit in re.finditer(ADDRESS, reading.text):
        try:
            found = ip_address(hit.group().rstrip(".:") if "." in hit.group() else hit.group())
        except ValueError:
            continue
        reading.text = blank(reading.text, *hit.span())
        return str(found)
    return ""


def name_of(reading: Reading, names: Sequence[str]) -> str:
    """The longest name that a text holds, "" for none; that there are several is kept."""
    found = [name for name in sorted(names, key=len, reverse=True) if reading.take(name_pattern(name))]
    if len(found) > 1:
        reading.loose.add("several")
    return found[0] if found else ""
