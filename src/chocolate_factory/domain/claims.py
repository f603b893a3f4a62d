"""What a text claims: numbers with their units, days and times, as Spanish and English write them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, time

from chocolate_factory.domain.facts import LANGUAGES, MONTHS, Language
from chocolate_factory.domain.number_words import ONES, SMALL, find_spelled
from chocolate_factory.domain.units import COUNT, MONEY, OTHER, PRICE, measure_after, measure_before

WORDS: dict[Language, tuple[str, ...]] = {language: tuple(ONES[language].split()) for language in LANGUAGES}
"""Number words from zero on, in turn; those of one value are joined by "|"."""

SCALED = re.compile(
    r" ?(?:(?P<k>mil|thousand|k)|(?P<m>millón|millon|millones|millions?|M)|(?P<b>billions?))(?: de)?(?!\w)"
)
SCALES = {"k": 3, "m": 6, "b": 9}
MONTH = "|".join(name[:3] + f"(?:{name[3:]})?" for names in MONTHS.values() for name in names)
DAY = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: de | of | )(?P<m>{MONTH})\b\.?"
    r"(?:(?: de | del |,? )(?P<y>\d{4}))?"
    rf"|\b(?P<m2>{MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>\d{{4}}))?",
    re.IGNORECASE,
)
ISO = re.compile(
    r"\b(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::\d{2}(?:\.\d+)?)?( ?[+-]\d{2}:?\d{2}|Z\b)?)?(?!\d)"
)
DOTTED = re.compile(r"\b(\d{1,2})([-.])(\d{1,2})\2(\d{4})\b")
SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b(?![/\d])")
ZONE = (
    r"CES?T|UTC|GMT|WES?T|EES?T|BST|EST|EDT|PST|PDT|Z|hora de (?:verano|invierno)"
    r"|hora de (?:Londres|Lisboa|Canarias|Greenwich)|hora canaria"
    r"|(?:summer|winter|standard|daylight|Canary|London|Lisbon|Eastern|Pacific) time|en Canarias"
)
PART = r" (?:de|por) la (?:mañana|madrugada|tarde|noche)| in the (?:morning|afternoon|evening)| at night"
CLOCK = re.compile(
    r"\b(?P<h>[01]?\d|2[0-3]|24(?=[:h]00))[:h](?P<m>[0-5]\d)\b(?! ?(?:EUR|€|kW|%|MW|°))"
    rf"(?: ?(?P<half>[ap])\.? ?m\b\.?)?(?: ?h\b)?(?:,? ?\(?(?P<zone>{ZONE})\b\)?)?(?P<part>{PART})?"
    r"|\b(?P<h2>1[0-2]|[1-9]) ?(?P<half2>[ap])\.? ?m\b\.?"
    r"|\b(?:a|desde|hasta|de|y|sobre) las? (?P<h3>[01]?\d|2[0-4])\b(?! ?(?:EUR|€|%|kW|[:.,]\d))"
    rf"(?: ?h(?:oras)?\b)?(?P<part3>{PART})?"
    r"|\b(?:at|until|till|by|from|around) (?P<h4>[01]?\d|2[0-4])(?= o.clock)(?: o.clock)"
    rf"|\b(?P<h5>1[0-2]|[1-9])(?P<part5>{PART})",
    re.IGNORECASE,
)
HOURS = ("h", "h2", "h3", "h4", "h5")
NOON = re.compile(r"\b(?:noon|midday|mediod[ií]a|(midnight|medianoche))\b", re.IGNORECASE)
NUMBER = re.compile(r"(?:(?<=[^\W\d_])-|(?<![\w.,])[-+]?)\d+(?:[.,' ’]\d{3}(?!\d))*(?:[.,]\d+)?(?![\w]*\d)")
MINUS = re.compile(
    r"(?:(?<!al )(?<!lo )(?<!o )\bmenos|\bminus|\bnegativ[oae] de|\bnegative)[ \x00]$", re.IGNORECASE
)
BELOW = re.compile(r" (?:bajo cero|below zero|negativ[oae]s?|en negativo)\b", re.IGNORECASE)
RANGE = re.compile(r" ?(?:y|e|and|a|to|hasta|-|–) ?")
OPENING = {"entre", "between", "de", "from", "desde"}
SHARES = re.compile(
    r"[½¼¾⅓⅔]|\b(?:half|halves|halved?|double[sd]?|doubling|twice|thrice|triple[sd]?|quadrupl\w+|a third of"
    r"|thirds|a quarter|quarters|fifths?|\w+fold|dozens?|a couple of|a pair of"
    r"|mitad|media hora|medio lote|y medi[ao]|doble|duplic\w+|triplic\w+|cu[aá]drupl\w+|un tercio|tercios"
    r"|(?:tercera|cuarta|quinta|décima) parte|un cuarto|cuartos|un quinto|docenas?|decenas?|un par de)\b",
    re.IGNORECASE,
)
"""Shares and multiples in words: nothing that a fact says."""

PERIOD = re.compile(
    r"\bP ?(\d)\b|\b(?:per[ií]odo|period) (?:n\.º |number )?(\d|uno|dos|tres|cuatro|cinco|seis"
    r"|one|two|three|four|five|six)\b",
    re.IGNORECASE,
)
PLACES = re.compile(
    r"\b(?:francia|france|alemania|germany|portugal|italia|italy|marruecos|morocco|reino unido|uk|china|usa"
    r"|estados unidos|united states|paris|parís|londres|london|berl[ií]n|lisboa|lisbon|roma|tokio|tokyo"
    r"|b[eé]lgica|belgium|suiza|switzerland|austria|polonia|poland|pa[ií]ses bajos|netherlands"
    r"|canarias|baleares)\b",
    re.IGNORECASE,
)
"""Places with prices of their own, of which the system knows none."""

WEEKDAY = re.compile(
    r"\b(?:(lunes|mondays?)|(martes|tuesdays?)|(mi[eé]rcoles|wednesdays?)|(jueves|thursdays?)"
    r"|(viernes|fridays?)|(s[aá]bados?|saturdays?)|(domingos?|sundays?))\b",
    re.IGNORECASE,
)
RELATIVE = re.compile(
    r"\b(?:(?P<day0>hoy|today)|(?P<day1>(?<!esta )(?<!la )mañana|tomorrow)|(?P<day_1>ayer|yesterday))\b",
    re.IGNORECASE,
)
LANGUAGE_WORDS = "|".join(word for language in LANGUAGES for word in "|".join(WORDS[language]).split("|"))
ORDINAL = r"(?:first|second|third|[a-z-]*(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|teen|tie)th)"
WORDED = re.compile(
    rf"\b(?:a|desde|hasta|sobre) las? (?:{LANGUAGE_WORDS})\b(?! (?:máquinas|unidades|líneas))"
    rf"|\b(?:{LANGUAGE_WORDS})(?: o.clock\b| [ap]\.?m\b|{PART})"
    rf"|\b(?:half|quarter) (?:past|to)\b|\b(?:{LANGUAGE_WORDS})(?: de | of )(?:{MONTH})\b"
    rf"|\b(?:at|until|till|from|around) (?:{LANGUAGE_WORDS})(?= *(?:[.,;:!?]|$|and\b|to\b))"
    rf"|\b{ORDINAL} (?:of )?(?:{MONTH})\b|\b(?:{MONTH}) (?:the )?{ORDINAL}\b|\bprimero de (?:{MONTH})\b",
    re.IGNORECASE,
)
"""Days and times in words, which facts never are."""

Span = tuple[int, int]
Written = tuple[int | None, int, int]
"""A day as written: year or None, month, day."""


@dataclass(frozen=True)
class Number:
    """A number as written, with its decimals and its unit's measure ("" without) and factor."""

    text: str
    value: float
    places: int
    measure: str
    factor: float


@dataclass(frozen=True)
class Moment:
    """A day and a time as written; None for the part that is not told.

    `zone` is what is said of the time zone, e.g. CET, an offset, "hora de invierno"; empty where nothing is.
    `weekday` is 0 for a Monday where one stands beside it, and `ahead` the days from today to it where that
    is how it is told.
    """

    text: str
    day: Written | None
    at: time | None
    zone: str = ""
    weekday: int | None = None
    ahead: int | None = None


def plain(text: str) -> str:
    """Lower case without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def blank(text: str, first: int, last: int) -> str:
    """The text with a part that was read replaced by as many marks."""
    return text[:first] + "\x00" * (last - first) + text[last:]


def month_number(name: str) -> int:
    """1 to 12 of a month's name or its first three letters."""
    short = name[:3].casefold()
    return next(
        n for names in MONTHS.values() for n, known in enumerate(names, 1) if known[:3].casefold() == short
    )


def find_days(text: str) -> list[tuple[Span, Moment]]:
    """Each day in a text with its place; an ISO moment has its time and offset."""
    found: list[tuple[Span, Moment]] = []
    for hit in ISO.finditer(text):
        year, month, day, hour, minute, offset = hit.groups()
        at = time(int(hour), int(minute)) if hour else None
        zone = (offset or "").strip()
        found.append((hit.span(), Moment(hit.group(), (int(year), int(month), int(day)), at, zone)))
    found += [
        (hit.span(), Moment(hit.group(), (int(hit[4]), int(hit[3]), int(hit[1])), None))
        for hit in DOTTED.finditer(text)
    ]
    for hit in SLASHED.finditer(text):
        told = (int(hit[3]) if hit[3] else None, int(hit[2]), int(hit[1]))
        found.append((hit.span(), Moment(hit.group(), told, None)))
    for hit in DAY.finditer(text):
        named = hit.groupdict()
        year, month, day = (named[key] or named[f"{key}2"] for key in "ymd")
        told = (int(year) if year else None, month_number(month), int(day))
        found.append((hit.span(), Moment(hit.group(), told, None)))
    return sorted(found, key=lambda row: row[0])


def find_times(text: str) -> list[tuple[Span, Moment]]:
    """Each time in a text with its place; 24:00 is midnight."""
    found = []
    for hit in CLOCK.finditer(text):
        told = hit.groupdict()
        hour = int(next(told[key] for key in HOURS if told[key]))
        part = (told["part"] or told["part3"] or told["part5"] or "").casefold()
        hour = full_hour(hour, (told["half"] or told["half2"] or "").lower(), part)
        zone = told["zone"] or ""
        found.append((hit.span(), Moment(hit.group(), None, time(hour % 24, int(told["m"] or 0)), zone)))
    found += [
        (hit.span(), Moment(hit.group(), None, time(0 if hit[1] else 12))) for hit in NOON.finditer(text)
    ]
    return sorted(found, key=lambda row: row[0])


def full_hour(hour: int, half: str, part: str) -> int:
    """The hour of 24 that an hour is with "a" or "p" for am or pm, or with a part of the day behind it."""
    if part.endswith(("noche", "night")):
        half = "p" if 6 <= hour < 12 else "a"
    elif part.endswith(("tarde", "afternoon", "evening")):
        half = "p"
    return hour % 12 + (12 if half == "p" else 0) if half and hour <= 12 else hour


def find_moments(text: str) -> tuple[list[Moment], str]:
    """Days and times of a text, those that stand together as one, and the text without them."""
    days = find_days(text)
    rest = text
    for span, _ in days:
        rest = blank(rest, *span)
    times = find_times(rest)
    found, taken = [], set()
    for (first, last), day in days:
        near = next(
            (row for row in times if 0 <= row[0][0] - last <= 12 and joined(text[last : row[0][0]])), None
        )
        if day.at is None and near is not None:
            taken.add(near[0])
            both = Moment(text[first : near[0][1]], day.day, near[1].at, near[1].zone)
        else:
            both = day
        found.append(replace(both, weekday=weekday_beside(text, (first, last))))
    for span, at in times:
        if span not in taken:
            weekday, ahead = beside_time(text, span)
            found.append(replace(at, weekday=weekday, ahead=ahead))
        rest = blank(rest, *span)
    return found, rest


def joined(between: str) -> bool:
    """Whether what stands between a day and a time joins them."""
    return re.fullmatch(r"[\s,(]*(?:a|a las|las|at|de|from|desde las|de las|h)?[\s,]*", between) is not None


def weekday_beside(text: str, span: Span) -> int | None:
    """The weekday that is told right before or after a day."""
    for hit in WEEKDAY.finditer(text):
        before, after = text[hit.end() : span[0]], text[span[1] : hit.start()]
        if hit.end() <= span[0] and re.fullmatch(r",? ?\(?(?:el |día |the )*", before):
            return weekday_of(hit)
        if hit.start() >= span[1] and re.fullmatch(r",? ?\(?(?:a |un )?", after):
            return weekday_of(hit)
    return None


def weekday_of(hit: re.Match[str]) -> int:
    """0 for a Monday to 6 for a Sunday."""
    return (hit.lastindex or 1) - 1


def beside_time(text: str, span: Span) -> tuple[int | None, int | None]:
    """The weekday, and how many days from today, that is told together with a time."""
    before, after = text[: span[0]], text[span[1] :]
    for pattern in (WEEKDAY, RELATIVE):
        for hit in pattern.finditer(text):
            left = hit.end() <= span[0] and joined(before[hit.end() :])
            right = hit.start() >= span[1] and re.fullmatch(
                r" (?:del? |on )?", after[: hit.start() - span[1]]
            )
            if left or right:
                if pattern is WEEKDAY:
                    return weekday_of(hit), None
                return None, {"day0": 0, "day1": 1, "day_1": -1}[str(hit.lastgroup)]
    return None, None


def find_numbers(text: str, language: Language) -> list[Number]:
    """Numbers of a text in a language, in digits and in words, with the unit that follows or goes before."""
    found = [
        (hit.span(), number_at(text, hit, language))
        for hit in NUMBER.finditer(text)
        if not is_mark(text, *hit.span())
    ]
    for here, (span, number) in enumerate(found[:-1]):
        behind, (next_span, following) = re.search(r"\w*\s*$", text[: span[0]]), found[here + 1]
        between = text[span[1] : next_span[0]]
        opened = behind is not None and behind.group().strip().casefold() in OPENING
        if number.measure or following.measure in {"", COUNT} or not RANGE.fullmatch(between):
            continue
        if opened or between.strip() == "-":
            found[here] = (span, replace(number, measure=following.measure, factor=following.factor))
    return [number for _, number in found] + spelled(text, language)


def number_at(text: str, hit: re.Match[str], language: Language) -> Number:
    """A number in digits with its scale, unit and sign."""
    value, places = number_of(hit.group(), language)
    rest = text[hit.end() :]
    scaled = SCALED.match(rest)
    if scaled and scaled.lastgroup:
        power = SCALES[scaled.lastgroup]
        value, places, rest = value * 10**power, places - power, rest[scaled.end() :]
    measure, factor, end = measure_after(rest)
    if not measure:
        measure, factor = measure_before(text[: hit.start()])
    below = measure in {PRICE, MONEY, "°C"} and BELOW.match(rest[end:])
    if value > 0 and (
        below or MINUS.search(text[: hit.start()]) or text[: hit.start()].endswith(("-€", "-$"))
    ):
        value = -value
    return Number(hit.group(), value, places, measure, factor)


def is_mark(text: str, first: int, last: int) -> bool:
    """Whether a number only counts the items of a list: one digit at the begin of a line, words behind it."""
    line = text.rfind("\n", 0, first) + 1
    before, behind = text[line:first].strip(), text[last : last + 3]
    return not before and last - first == 1 and re.fullmatch(r"[.)] [^\W\d]", behind) is not None


def number_of(raw: str, language: Language) -> tuple[float, int]:
    """Value and decimals of a number as a language writes it."""
    text = re.sub(r"[' ’]", "", raw.lstrip("+"))
    thousands, point = (".", ",") if language == "es" else (",", ".")
    grouped = re.fullmatch(rf"-?[1-9]\d{{0,2}}(\{thousands}\d{{3}})+(\{point}\d+)?", text)
    if grouped:
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        return float("nan"), 0
    return float(text), len(text.partition(".")[2])


def spelled(text: str, language: Language) -> list[Number]:
    """Numbers in words of the language above one, and of both languages before a unit or what is counted."""
    found = []
    for spoken in LANGUAGES:
        for run in find_spelled(text, spoken):
            measure, factor, _ = measure_after(text[run.last :])
            if SCALED.fullmatch(run.text) and re.search(r"\d ?$", text[: run.first]):
                continue
            alone = spoken == language and (run.words > 1 or not run.value <= SMALL)
            article = run.value == 1 and measure in {COUNT, OTHER}
            if alone or (measure and not article):
                found.append(Number(run.text, run.value, 0, measure, factor))
    return found


def day_of(told: Written, days: set[date]) -> set[date]:
    """The days, of some, that a day as written can be."""
    year, month, day = told
    return {one for one in days if one.month == month and one.day == day and year in {None, one.year}}


def day_names(text: str) -> set[int]:
    """The weekdays that a text names, 0 for a Monday."""
    return {weekday_of(hit) for hit in WEEKDAY.finditer(text)}
