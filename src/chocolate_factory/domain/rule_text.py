"""How rules are worded: sentences in two languages, numbers, days and times as each of them writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from chocolate_factory.domain import facts
from chocolate_factory.domain.factory import WEEKDAYS, Attendance

ATTENDED_EN = {
    Attendance.THROUGHOUT: "staff throughout",
    Attendance.ENDS: "staff in its first and its last quarter-hour",
    Attendance.NONE: "no staff needed",
}
ATTENDED_ES = {
    Attendance.THROUGHOUT: "con personal todo el tiempo",
    Attendance.ENDS: "con personal en su primer y su último cuarto de hora",
    Attendance.NONE: "sin personal",
}


@dataclass(frozen=True)
class Sentence:
    """One sentence in English and Spanish; `rules` are the kinds of rule of the checker that it tells of."""

    en: str
    es: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleSection:
    """Sentences of one subject under a title; `key` names the subject in answers for machines."""

    key: str
    title_en: str
    title_es: str
    sentences: tuple[Sentence, ...]


def en(value: float) -> str:
    """A number with a decimal point, as many decimals as it has, up to nine."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def es(value: float) -> str:
    """The same with a decimal comma."""
    return en(value).replace(".", ",")


def list_en(values: Iterable[float]) -> str:
    """Numbers in a row."""
    return ", ".join(en(value) for value in values)


def list_es(values: Iterable[float]) -> str:
    """Numbers in a row, parted so that decimal commas stay readable."""
    return "; ".join(es(value) for value in values)


def clock(at: time | None) -> str:
    """A local wall time, None standing for 24:00."""
    return "24:00" if at is None else f"{at:%H:%M}"


def local(moment: datetime, zone: str) -> str:
    """A moment as the site's clocks show it, with its offset."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")


def days_en(days: frozenset[str]) -> str:
    """Days of the week, three or more in a row as a span."""
    return _days(days, facts.WEEKDAYS["en"], ("{} to {}", " and "))


def days_es(days: frozenset[str]) -> str:
    """The same in Spanish, single days with their article."""
    return _days(days, facts.WEEKDAYS["es"], ("de {} a {}", " y "), "el ")


def _days(days: frozenset[str], names: tuple[str, ...], words: tuple[str, str], article: str = "") -> str:
    spans: list[list[int]] = []
    for number in sorted(WEEKDAYS.index(day) for day in days):
        if spans and spans[-1][-1] == number - 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    parts: list[str] = []
    for span in spans:
        told = [names[number] for number in span]
        parts += [words[0].format(told[0], told[-1])] if len(told) > 2 else [article + name for name in told]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + words[1] + parts[-1]


def many(count: int, one: str, more: str) -> str:
    """`1 unit`, `3 units`"""
    return f"{count} {one if count == 1 else more}"
