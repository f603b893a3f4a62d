"""What a text claims: numbers with their units, days and times, as Spanish and English write them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time

from chocolate_factory.domain.facts import MONTHS, Language

PRICE, MONEY, ENERGY, POWER, TIME = "price", "money", "energy", "power", "time"
UNITS: dict[str, tuple[str, float]] = {
    r"(?:EUR|€|euros?) ?(?:/|por |per |a |al )+ ?(?:kWh|kilovatio[- ]hora|kilowatt[- ]hour)": (PRICE, 1000),
    r"(?:EUR|€|euros?) ?(?:/|por |per |a |al )+ ?(?:MWh|megavatio[- ]hora|megawatt[- ]hour)": (PRICE, 1),
    r"(?:c€|ct|cts|cents?|cént(?:imos?)?\.?|c)(?: de euro)? ?(?:/|por |per |a )+ ?kWh": (PRICE, 10),
    r"EUR|€|euros?": (MONEY, 1),
    r"cents?|céntimos?|c€": (MONEY, 0.01),
    r"GWh": (ENERGY, 1e6),
    r"MWh": (ENERGY, 1000),
    r"kWh|kilovatios?[- ]hora|kilowatt[- ]hours?": (ENERGY, 1),
    r"MW": (POWER, 1000),
    r"kW|kilovatios?|kilowatts?": (POWER, 1),
    r"%|por ciento|per ?cent|percent": ("%", 1),
    r"°C|ºC|grados(?: Celsius)?|degrees(?: Celsius)?": ("°C", 1),
    r"m/s": ("m/s", 1),
    r"km/h": ("m/s", 1 / 3.6),
    r"hPa|mbar": ("hPa", 1),
    r"mm": ("mm", 1),
    r"kg|kilos?|kilogramos?|kilograms?": ("kg", 1),
    r"toneladas?|tonnes?|t": ("kg", 1000),
    r"h|horas?|hours?|hrs?": (TIME, 60),
    r"min|minutos?|minutes?": (TIME, 1),
    r"días?|days?": (TIME, 1440),
}
"""How a unit is written -> what it measures and how many of the base unit it is."""

OF_FACTS = {
    **{"EUR/kWh": (PRICE, 1000.0), "EUR/MWh": (PRICE, 1.0), "EUR": (MONEY, 1.0), "kWh": (ENERGY, 1.0)},
    **{"kW": (POWER, 1.0), "h": (TIME, 60.0), "min": (TIME, 1.0)},
}
"""Units of facts, the same way; another one measures itself."""

WORDS: dict[Language, tuple[str, ...]] = {
    "es": (
        *("cero", "un|uno|una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
        *("once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho"),
        *("diecinueve", "veinte"),
    ),
    "en": (
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
        *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        "twenty",
    ),
}
TENS: dict[Language, dict[str, int]] = {
    "es": {
        **{"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80},
        **{"noventa": 90, "cien": 100, "doscientos": 200, "quinientos": 500, "mil": 1000},
    },
    "en": {
        **{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
        **{"a hundred": 100, "one hundred": 100, "a thousand": 1000},
    },
}
COUNTED = r"lotes?|batch(?:es)?|máquinas?|machines?|pedidos?|orders?|units|huecos?|holes?|alertas?|alerts?"
MONTH = "|".join(name[:3] + f"(?:{name[3:]})?" for names in MONTHS.values() for name in names)
DAY = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: de | of | )(?P<m>{MONTH})\b\.?"
    r"(?:(?: de | del |,? )(?P<y>\d{4}))?"
    rf"|\b(?P<m2>{MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>\d{{4}}))?",
    re.IGNORECASE,
)
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?(?:[+-]\d{2}:?\d{2}|Z)?)?")
SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b(?![/\d])")
CLOCK = re.compile(
    r"\b(?P<h>[01]?\d|2[0-4])[:h](?P<m>[0-5]\d)\b(?! ?(?:EUR|€|kW|%|MW|°))"
    r"(?: ?(?P<half>[ap])\.? ?m\b\.?)?(?: ?(?P<zone>CES?T))?(?P<part> de la (?:tarde|noche))?"
    r"|\b(?P<h2>1[0-2]|[1-9]) ?(?P<half2>[ap])\.? ?m\b\.?"
    r"|\b(?:a|desde|hasta|de|y|sobre) las? (?P<h3>[01]?\d|2[0-4])\b(?! ?(?:EUR|€|%|kW|[:.,]\d))"
    r"(?: ?h(?:oras)?\b)?(?P<part3> de la (?:tarde|noche))?"
    r"|\b(?:at|until|till|by|from|around) (?P<h4>[01]?\d|2[0-4])(?= o.clock)(?: o.clock)",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(?<![\w.,])[-−–+]?\d+(?:[.,\u00a0\u202f' ]\d{3}(?!\d))*(?:[.,]\d+)?(?![\w]*\d)")
SHARES = re.compile(
    r"[½¼¾⅓⅔]|\b(?:half of|double|doubles?d|twice|thrice|triple|a third of|mitad|doble|un tercio)\b",
    re.IGNORECASE,
)
"""Shares and multiples in words: nothing that a fact says."""

PERIOD = re.compile(r"\bP([1-6])\b")


@dataclass(frozen=True)
class Number:
    """A number as written, with its decimals and unit pattern's measure ("" without) and factor."""

    text: str
    value: float
    places: int
    measure: str
    factor: float


@dataclass(frozen=True)
class Moment:
    """A day and a time as written; None for the part that is not told. `zone` is CET, CEST or empty."""

    text: str
    day: tuple[int | None, int, int] | None
    at: time | None
    zone: str = ""


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


def find_days(text: str) -> list[tuple[int, int, tuple[int | None, int, int], time | None]]:
    """(first, last, (year or None, month, day), time that belongs to it) of each day in a text."""
    found: list[tuple[int, int, tuple[int | None, int, int], time | None]] = []
    for hit in ISO.finditer(text):
        year, month, day, hour, minute = hit.groups()
        at = time(int(hour), int(minute)) if hour and int(hour) < 24 else None
        found.append((*hit.span(), (int(year), int(month), int(day)), at))
    for hit in SLASHED.finditer(text):
        year = hit.group(3)
        found.append((*hit.span(), (int(year) if year else None, int(hit.group(2)), int(hit.group(1))), None))
    for hit in DAY.finditer(text):
        told = hit.groupdict()
        year, month, day = (told[key] or told[f"{key}2"] for key in "ymd")
        found.append((*hit.span(), (int(year) if year else None, month_number(month), int(day)), None))
    return sorted(found, key=lambda row: row[:2])


def find_times(text: str) -> list[tuple[int, int, time, str]]:
    """(first, last, wall time, zone or "") of each time in a text; 24:00 is midnight."""
    found = []
    for hit in CLOCK.finditer(text):
        told = hit.groupdict()
        hour = int(next(told[key] for key in ("h", "h2", "h3", "h4") if told[key]))
        half = (told["half"] or told["half2"] or "").lower()
        if told["part"] or told["part3"]:
            half = "p"
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        found.append((*hit.span(), time(hour % 24, int(told["m"] or 0)), told["zone"] or ""))
    return found


def find_moments(text: str) -> tuple[list[Moment], str]:
    """Days and times of a text, those that stand together as one, and the text without them."""
    days = find_days(text)
    rest = text
    for first, last, _, _ in days:
        rest = blank(rest, first, last)
    times = find_times(rest)
    found, taken = [], set()
    for first, last, day, own in days:
        near = next((row for row in times if 0 <= row[0] - last <= 12 and joined(text[last : row[0]])), None)
        if own is None and near is not None:
            taken.add(near)
            found.append(Moment(text[first : near[1]], day, near[2], near[3]))
        else:
            found.append(Moment(text[first:last], day, own))
    found += [Moment(text[row[0] : row[1]], None, row[2], row[3]) for row in times if row not in taken]
    for first, last, _, _ in times:
        rest = blank(rest, first, last)
    return found, rest


def joined(between: str) -> bool:
    """Whether what stands between a day and a time joins them."""
    return re.fullmatch(r"[\s,(]*(?:a|a las|las|at|de|from|desde las|de las|h)?[\s,]*", between) is not None


def find_numbers(text: str, language: Language) -> list[Number]:
    """Numbers in digits of a text in a language, with the unit that follows or goes before."""
    found = []
    for hit in NUMBER.finditer(text):
        raw = hit.group()
        if is_mark(text, hit.start(), hit.end()):
            continue
        value, places = number_of(raw, language)
        measure, factor = unit_after(text[hit.end() :])
        if not measure and re.search(r"(?:€|EUR) ?[-−]?$", text[: hit.start()]):
            measure, factor = MONEY, 1.0
        found.append(Number(raw, value, places, measure, factor))
    return found + spelled(text, language)


def is_mark(text: str, first: int, last: int) -> bool:
    """Whether a number only counts the items of a list at the begin of a line."""
    line = text.rfind("\n", 0, first) + 1
    return not text[line:first].strip() and text[last : last + 2] in {". ", ") "}


def number_of(raw: str, language: Language) -> tuple[float, int]:
    """Value and decimals of a number as a language writes it."""
    text = raw.replace("−", "-").replace("–", "-").lstrip("+")
    text = re.sub(r"[\u00a0\u202f' ]", "", text)
    thousands, point = (".", ",") if language == "es" else (",", ".")
    grouped = re.fullmatch(rf"-?[1-9]\d{{0,2}}(\{thousands}\d{{3}})+(\{point}\d+)?", text)
    if grouped:
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        return float("nan"), 0
    return float(text), len(text.partition(".")[2])


def unit_after(rest: str) -> tuple[str, float]:
    """What a unit that follows measures, and its factor; ("", 1) without one."""
    for pattern, known in UNITS.items():
        if re.match(rf"[ \u00a0]?(?:{pattern})(?![\w/])", rest, re.IGNORECASE if len(pattern) > 4 else 0):
            return known
    return "", 1.0


def spelled(text: str, language: Language) -> list[Number]:
    """Numbers in words that stand before a unit or something counted."""
    names = {word: n for n, words in enumerate(WORDS[language]) for word in words.split("|")}
    names |= TENS[language]
    found = []
    for hit in re.finditer(rf"\b({'|'.join(names)}) ", text, re.IGNORECASE):
        rest = text[hit.end() :]
        measure, factor = unit_after(rest)
        value = names[hit.group(1).casefold()]
        if measure or (value != 1 and re.match(rf"(?:{COUNTED})\b", rest, re.IGNORECASE)):
            found.append(Number(hit.group(1), float(value), 0, measure, factor))
    return found


def day_of(told: tuple[int | None, int, int], days: set[date]) -> set[date]:
    """The days, of some, that a day as written can be."""
    year, month, day = told
    return {one for one in days if one.month == month and one.day == day and year in {None, one.year}}
