"""Whether a text says only what its facts say: every number, day, time, period and name is looked up.

A number is grounded where a fact of the same measure, rounded to the decimals written, is that number, and
the rounding does not hide more than a twentieth of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chocolate_factory.domain.claims import (
    OF_FACTS,
    PERIOD,
    SHARES,
    Moment,
    Number,
    blank,
    day_of,
    find_moments,
    find_numbers,
    plain,
)
from chocolate_factory.domain.facts import LANGUAGES, NAME, SENTENCE, Fact, Language

COARSE = 0.05
"""Largest share of a value that its rounding may hide."""

FACTS_OF_PERCENT = "%"
"""Shares are told without a sign as "less" or "more"; the sign of anything else counts."""


@dataclass(frozen=True)
class Ground:
    """What an answer may say: facts, and the names of the plant that must come from one of them."""

    facts: tuple[Fact, ...]
    names: tuple[str, ...]
    zone: str


def ungrounded(text: str, ground: Ground, language: Language) -> list[str]:
    """The parts of a text that no fact stands for, in no special order; empty for a grounded one."""
    rest = without_names(text, ground.facts)
    wrong = unknown_names(rest, ground)
    moments, rest = find_moments(rest)
    wrong += [moment.text for moment in moments if not is_told(moment, ground, language)]
    wrong += [hit.group() for hit in SHARES.finditer(rest)]
    for hit in PERIOD.finditer(rest):
        wrong.append(hit.group())
        rest = blank(rest, *hit.span())
    numbers = find_numbers(rest, language)
    wrong += [number.text for number in numbers if not is_known(number, ground.facts, language)]
    return wrong


def without_names(text: str, facts: Sequence[Fact]) -> str:
    """The text with the names and sentences of facts blanked, longest first, also where case differs."""
    known = {fact.written(language) for fact in facts for language in LANGUAGES if is_text(fact)}
    known |= {str(fact.value) for fact in facts if is_text(fact)}
    for name in sorted((name for name in known if name), key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?![\w])", text, re.IGNORECASE):
            text = blank(text, *hit.span())
    return text


def is_text(fact: Fact) -> bool:
    """Whether a fact is a name or a sentence."""
    return fact.unit in {NAME, SENTENCE} and fact.value is not None


def unknown_names(text: str, ground: Ground) -> list[str]:
    """Names of the plant in a text whose facts are blanked already."""
    return [
        name for name in ground.names if re.search(rf"(?<!\w){re.escape(plain(name))}(?!\w)", plain(text))
    ]


def is_told(claim: Moment, ground: Ground, language: Language) -> bool:
    """Whether a fact stands for a day, a time, or both together."""
    moments, days = moments_of(ground.facts, ground.zone), days_of(ground.facts, ground.zone)
    if claim.day is not None and claim.at is None:
        return bool(day_of(claim.day, days)) or in_sentences(claim, ground.facts, language)
    for moment in moments:
        local = moment.astimezone(ZoneInfo(ground.zone))
        if claim.at != local.time().replace(second=0, microsecond=0):
            continue
        if claim.zone and claim.zone != local.tzname():
            continue
        if claim.day is None or day_of(claim.day, {local.date()}):
            return True
    return in_sentences(claim, ground.facts, language)


def in_sentences(claim: Moment, facts: Iterable[Fact], language: Language) -> bool:
    """Whether a sentence that is a fact itself tells of the same day and time."""
    for fact in facts:
        if fact.unit == SENTENCE:
            told, _ = find_moments(fact.written(language))
            if any(one.at == claim.at and claim.day in {None, one.day} for one in told if claim.at):
                return True
            if claim.at is None and any(one.day == claim.day for one in told):
                return True
    return False


def moments_of(facts: Iterable[Fact], zone: str) -> list[datetime]:
    """Moments that facts tell, and when each was known."""
    return [fact.value for fact in facts if isinstance(fact.value, datetime)]


def days_of(facts: Iterable[Fact], zone: str) -> set[date]:
    """Local days that facts tell, those of moments too."""
    found = set()
    for fact in facts:
        if isinstance(fact.value, datetime):
            found.add(fact.value.astimezone(ZoneInfo(zone)).date())
        elif isinstance(fact.value, date):
            found.add(fact.value)
    return found


def is_known(number: Number, facts: Iterable[Fact], language: Language) -> bool:
    """Whether a fact stands for a number."""
    return any(stands_for(fact, number, language) for fact in facts)


def stands_for(fact: Fact, number: Number, language: Language) -> bool:
    """Whether a fact, rounded as written, is the number."""
    if fact.unit == SENTENCE:
        told = find_numbers(find_moments(fact.written(language))[1], language)
        return any((one.value, one.measure) == (number.value, number.measure) for one in told)
    if isinstance(fact.value, bool | str | date) or fact.value is None:
        return is_month_or_year(fact, number)
    measure, factor = OF_FACTS.get(fact.unit, (fact.unit, 1.0))
    value = float(fact.value)
    if number.measure == "":
        return close(number, value, fact)
    if number.measure == "time" and fact.unit == "":
        # A count of days has no unit of its own: "the last 30 days".
        return number.factor == 1440 and number.value == value
    if number.measure != measure:
        return False
    return close(number, value * factor / number.factor, fact)


def is_month_or_year(fact: Fact, number: Number) -> bool:
    """Whether a number is the year of a day or moment that is told."""
    return isinstance(fact.value, date) and not number.measure and number.value == fact.value.year


def close(number: Number, value: float, fact: Fact) -> bool:
    """Whether a value in the unit that is written, rounded to the decimals written, is the number."""
    if math.isnan(number.value) or not math.isfinite(value):
        return False
    given = number.value
    if fact.unit == FACTS_OF_PERCENT and given >= 0:
        value = abs(value)
    error = abs(given - value)
    fine = error <= 0.5 * 10**-number.places + 1e-9 * max(1.0, abs(value))
    return fine and error <= COARSE * abs(value) + 1e-9
