"""Facts of an answer: a value with unit and time of knowledge, and how people are told it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from chocolate_factory.domain.slots import local_iso

Language = Literal["es", "en"]
Value = float | str | date | datetime | None
LANGUAGES: tuple[Language, ...] = ("es", "en")
NAME, SENTENCE = "name", "sentence"
"""Units of texts: what something is called, and words of the system that are told as they stand."""

DOCUMENT = "document"
"""Origin of what a document says; ids of such facts are the tool's name, the passage's id and what it is."""

DECIMALS = {
    **{"EUR/kWh": 4, "EUR/MWh": 2, "EUR": 2, "kWh": 1, "kW": 1, "%": 1, "°C": 1, "m/s": 1, "mm": 1},
    **{"hPa": 0, "h": 2, "min": 0, "kg": 0, "": 0},
}
"""Decimals that people are told of each unit; what has no unit is a count."""

MONTHS: dict[Language, tuple[str, ...]] = {
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
        *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
}
WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
SWAPPED = str.maketrans(",.", ".,")
UNKNOWN: dict[Language, str] = {"es": "sin dato", "en": "no data"}


@dataclass(frozen=True)
class Fact:
    """One value of an answer under an id that is its own there; None is a value that nobody knows.

    `unit` is one of `DECIMALS`, `NAME` or `SENTENCE` for texts, and empty for counts, days and moments. `es`
    and `en` say what it is, `words` the value where its text has a language; `zone` is the site's.
    """

    id: str
    value: Value
    unit: str
    as_of: datetime
    zone: str
    es: str
    en: str
    origin: str = ""
    words: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The last part of the id: what kind of value it is."""
        return self.id.rpartition(".")[2]

    def written(self, language: Language) -> str:
        """The value with its unit as people are told it."""
        if self.words is not None:
            return self.words[LANGUAGES.index(language)]
        if isinstance(self.value, datetime):
            return moment_text(self.value, self.zone, language, self.as_of)
        if isinstance(self.value, date):
            return day_text(self.value, language, self.as_of)
        if isinstance(self.value, str):
            return self.value
        if self.value is None:
            return UNKNOWN[language]
        return number_text(float(self.value), self.unit, language)

    def text(self, language: Language) -> str:
        """What it is and the value."""
        label = self.es if language == "es" else self.en
        return f"{label}: {self.written(language)}"

    def to_json(self) -> dict[str, Any]:
        """Plain values: a number as it is, moments with the site's offset, the text in both languages."""
        value: Any = self.value
        if isinstance(value, datetime):
            value = local_iso(value, self.zone)
        elif isinstance(value, date):
            value = value.isoformat()
        return {
            "id": self.id,
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "as_of": local_iso(self.as_of, self.zone),
            "origin": self.origin,
            "text": {language: self.text(language) for language in LANGUAGES},
        }


def number_text(value: float, unit: str, language: Language) -> str:
    """A number to the decimals of its unit, with the marks of a language, and the unit."""
    places = DECIMALS[unit]
    text = f"{value + 0.0:,.{places}f}"
    if unit == "h" or (unit == "kg" and places):
        text = text.rstrip("0").rstrip(".")
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    if language == "es":
        text = text.translate(SWAPPED)
    return f"{text} {unit}".strip()


def day_text(day: date, language: Language, now: datetime) -> str:
    """A day in words; with its year where that is not the year of `now`."""
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    year = "" if day.year == now.year else (f" de {day.year}" if language == "es" else f" {day.year}")
    joint = " de " if language == "es" else " "
    return f"{weekday} {day.day}{joint}{month}{year}"


def moment_text(at: datetime, zone: str, language: Language, now: datetime) -> str:
    """A moment in words, at the site; an hour that comes twice names its zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_text(local.date(), language, now)}{joint_text(language)}{clock_text(at, zone)}"


def joint_text(language: Language) -> str:
    """What stands between a day and a time."""
    return " a las " if language == "es" else " at "


def clock_text(at: datetime, zone: str) -> str:
    """A wall time at the site; of an hour that comes twice with the name of its zone."""
    local = at.astimezone(ZoneInfo(zone))
    other = local.replace(fold=1 - local.fold)
    twice = other.utcoffset() != local.utcoffset() and exists(local)
    return f"{local:%H:%M} {local.tzname()}" if twice else f"{local:%H:%M}"


def exists(local: datetime) -> bool:
    """Whether a wall time is one that clocks show; those that are jumped over are not."""
    zone = ZoneInfo("UTC")
    back = local.astimezone(zone).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)
