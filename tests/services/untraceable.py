"""Figures of a shown text that stand in no fact of the answer, found without the product's own check.

It reads what the API tells: the text as shown, and the facts of the event `facts` as JSON. It is stricter
than the product: number words above one are never traced, and digits are 0 to 9 only.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from chocolate_factory.domain.facts import MONTHS

Row = dict[str, Any]
SCALES = {
    "EUR/kWh": (("EUR/kWh €/kWh", 1.0), ("EUR/MWh €/MWh", 1000.0), ("céntimos/kWh cents/kWh", 100.0)),
    "EUR/MWh": (("EUR/MWh €/MWh", 1.0), ("EUR/kWh €/kWh", 0.001)),
    "EUR": (("EUR € euros", 1.0), ("céntimos cents", 100.0)),
    "kWh": (("kWh", 1.0), ("MWh", 0.001)),
    "kW": (("kW", 1.0),),
    "h": (("h horas hours hora hour", 1.0), ("min minutos minutes", 60.0)),
    "min": (("min minutos minutes", 1.0), ("h horas hours", 1 / 60)),
    "%": (("%", 1.0),),
    "°C": (("°C ºC", 1.0),),
    "kg": (("kg", 1.0),),
}
KNOWN = {unit for rows in SCALES.values() for units, _ in rows for unit in units.split()}
NUMBER = re.compile(r"[-−–]?\d+(?:[.,]\d+)*")
CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
MONTH = "|".join(name for names in MONTHS.values() for name in names)
DAYS = (
    re.compile(r"\b(?P<y>\d{4})-(?P<n>\d{2})-(?P<d>\d{2})"),
    re.compile(rf"\b(?P<d>\d{{1,2}}) (?:de )?(?P<m>{MONTH})(?: (?:de )?(?P<y>\d{{4}}))?", re.IGNORECASE),
    re.compile(r"\b(?P<d>\d{1,2})/(?P<n>\d{1,2})(?:/(?P<y>\d{4}))?"),
)
WORDS = re.compile(
    r"\b(?:dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|quince|veint\w+|treinta|cuarenta|cincuenta"
    r"|sesenta|setenta|ochenta|noventa|cien|mil|mitad|doble|two|three|four|five|six|seven|eight|nine|ten|twelve"
    r"|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|twice|double)\b",
    re.IGNORECASE,
)


def untraceable(text: str, facts: list[Row], language: str) -> list[str]:
    """What a reader would take for a figure, a day or a time and no fact says."""
    rest, wrong = unicodedata.normalize("NFC", text), []
    odd = {one for one in rest if unicodedata.numeric(one, None) is not None and one not in "0123456789"} | {
        one for one in rest if unicodedata.category(one) == "Cf"
    }
    told = [
        fact["text"][language].partition(": ")[2] for fact in facts if fact["unit"] in {"name", "sentence"}
    ]
    told += [str(fact["value"]) for fact in facts if fact["unit"] in {"name", "sentence"}]
    for name in sorted(filter(None, told), key=len, reverse=True):
        rest = rest.replace(name, "\x00")
    rest, days = days_of(rest)
    wrong += [text for text, day in days if not any(is_day(day, fact) for fact in facts)]
    for hit in CLOCK.finditer(rest):
        if not any(clock_of(fact) == f"{int(hit[1]) % 24:02d}:{hit[2]}" for fact in facts):
            wrong.append(hit.group())
    rest = CLOCK.sub("\x00", rest)
    for hit in NUMBER.finditer(rest):
        unit = re.match(r" ?([^\s.,;:()]+)", rest[hit.end() :])
        token = unit[1] if unit and unit[1] in KNOWN else ""
        if not any(is_number(hit.group(), token, fact, language) for fact in facts):
            wrong.append(f"{hit.group()} {token}".strip())
    return [*odd, *wrong, *(hit.group() for hit in WORDS.finditer(rest))]


def days_of(text: str) -> tuple[str, list[tuple[str, tuple[int | None, int, int]]]]:
    """The text without its days, and each as written with year, month and day."""
    found = []
    for pattern in DAYS:
        for hit in pattern.finditer(text):
            told = hit.groupdict()
            month = int(told["n"]) if told.get("n") else month_of(told["m"])
            found.append((hit.group(), (int(told["y"]) if told["y"] else None, month, int(told["d"]))))
        text = pattern.sub("\x00", text)
    return text, found


def month_of(name: str) -> int:
    """1 to 12."""
    return next(names.index(one) + 1 for names in MONTHS.values() for one in names if one == name)


def is_day(day: tuple[int | None, int, int], fact: Row) -> bool:
    """Whether a fact is, or is at, a day."""
    if fact["unit"] or not isinstance(fact["value"], str):
        return False
    known = date.fromisoformat(fact["value"][:10])
    return day[1:] == (known.month, known.day) and day[0] in {None, known.year}


def clock_of(fact: Row) -> str:
    """The wall time of a fact that is a moment, or ""."""
    if fact["unit"] or not isinstance(fact["value"], str) or len(fact["value"]) <= 10:
        return ""
    return f"{datetime.fromisoformat(fact['value']):%H:%M}"


def is_number(raw: str, token: str, fact: Row, language: str) -> bool:
    """Whether a fact, in the unit that stands behind a number, rounds to it."""
    value = fact["value"]
    if isinstance(value, str) or value is None:
        return False
    text = raw.replace("−", "-").replace("–", "-")
    thousands, point = (".", ",") if language == "es" else (",", ".")
    if re.fullmatch(rf"-?[1-9]\d{{0,2}}(?:\{thousands}\d{{3}})+(?:\{point}\d+)?", text):
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        return False
    places = len(text.partition(".")[2])
    scales = SCALES.get(fact["unit"], (("", 1.0),))
    fitting = [factor for units, factor in scales if not token or token in units.split()]
    return any(abs(float(text) - value * factor) <= 0.5 * 10**-places + 1e-9 for factor in fitting)
