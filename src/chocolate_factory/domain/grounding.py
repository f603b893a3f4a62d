"""Whether a text says only what its facts say: every number, day, time, period and name is looked up.

A number is grounded where a fact of the same measure, rounded to the decimals written, is that number, and
the rounding does not hide more than a twentieth of it, or is that of the fact as people are told it. Facts of
a document stand only for a text that names their passage or quotes it: how things stand is told by others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from chocolate_factory.domain.characters import folded, odd_parts
from chocolate_factory.domain.claims import (
    NUMBER,
    PERIOD,
    PLACES,
    SHARES,
    WEEKDAY,
    WORDED,
    Moment,
    Number,
    blank,
    day_names,
    day_of,
    find_moments,
    find_numbers,
    plain,
)
from chocolate_factory.domain.facts import DECIMALS, DOCUMENT, LANGUAGES, NAME, SENTENCE, Fact, Language
from chocolate_factory.domain.units import MONEY, OF_FACTS, PRICE

COARSE = 0.05
"""Largest share of a value that its rounding may hide."""

FACTS_OF_PERCENT = "%"
"""Shares are told without a sign as "less" or "more"; the sign of anything else counts."""

CITED = re.compile(r"\[([^\[\]\n]+)\]")
"""Ids of passages in brackets, more than one with commas or semicolons."""

BEGINS = r"(?:^|[.!?:][\"')]* |(?:^| )(?:[-*]|\d+[.)]) )"
"""Where a sentence of a passage begins: after another, or as an item of a list."""

NEAR_DAYS = 180
"""A day that a sentence tells without its year is one of so many before or after today."""

BATCH = re.compile(r"[\w.-]*-\d{4}-\d{2}-\d{2}-\d+")
DIGITS = re.compile(r"[^\s\x00]*\d[^\s\x00]*")


@dataclass(frozen=True)
class Ground:
    """What an answer may say: facts, and the names of the plant that must come from one of them."""

    facts: tuple[Fact, ...]
    names: tuple[str, ...]
    zone: str


def ungrounded(text: str, ground: Ground, language: Language) -> list[str]:
    """The parts of a text that no fact stands for, in no special order; empty for a grounded one."""
    wrong = ["\\0"] if "\x00" in text else []
    ground = replace(ground, facts=tuple(standing(text, ground.facts)))
    rest = without_sources(folded(text), without_names(folded(text), ground.facts), ground.facts)
    wrong += odd_parts(rest) + unknown_names(rest, ground)
    rest, batches = taken(BATCH, rest)
    moments, rest = find_moments(rest)
    wrong += [moment.text for moment in moments if not is_told(moment, ground, language)]
    wrong += wrong_weekdays(rest, ground, language)
    rest, worded = taken(WORDED, rest)
    wrong += batches + worded + [hit.group() for hit in SHARES.finditer(rest)]
    wrong += [hit.group() for hit in PERIOD.finditer(rest) if not is_label(f"P{hit[1] or hit[2]}", ground)]
    rest, _ = taken(PERIOD, rest)
    numbers = find_numbers(rest, language)
    wrong += [number.text for number in numbers if not is_known(number, ground.facts, language)]
    place = PLACES.search(rest)
    if place and (numbers or moments):
        wrong.append(place.group())
    left, _ = taken(NUMBER, rest)
    return wrong + [hit.group() for hit in DIGITS.finditer(left) if not is_label(hit.group(), ground)]


def standing(text: str, facts: Sequence[Fact]) -> Iterator[Fact]:
    """The facts that count for a text; those of a passage where it names or quotes it."""
    named = {one for hit in CITED.finditer(text) for one in cited(hit)}
    papers = [fact for fact in facts if fact.origin == DOCUMENT and fact.unit == SENTENCE]
    named |= {fact.id for fact in papers if is_quoted(text, str(fact.value))}
    return (fact for fact in facts if fact.origin != DOCUMENT or named & called(fact))


def cited(hit: re.Match[str]) -> list[str]:
    """The ids in brackets."""
    return [one.strip() for one in re.split(r"[,;]", hit[1])]


def called(fact: Fact) -> set[str]:
    """What the passage of a fact is called: its id, and that of its text as a fact."""
    head, _, section = fact.id.partition("#")
    whole = f"{head}#{section.partition('.')[0]}"
    return {whole, whole.partition(".")[2]}


def is_quoted(text: str, passage: str) -> bool:
    """Whether a text is one or more whole sentences of a passage, but for white space."""
    said, whole = (" ".join(one.split()) for one in (text, passage))
    ends = r"(?= |$)" if said.endswith((".", "!", "?")) else r"(?=[.!?](?: |$)|$)"
    return bool(said) and re.search(BEGINS + re.escape(said) + ends, whole) is not None


def without_sources(text: str, rest: str, facts: Sequence[Fact]) -> str:
    """What is left of a text, with brackets blanked that hold nothing but ids of passages of facts."""
    known = {one for fact in facts if fact.origin == DOCUMENT for one in called(fact)}
    for hit in CITED.finditer(text):
        if known.issuperset(cited(hit)):
            rest = blank(rest, *hit.span())
    return rest


def taken(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    """The text without what a pattern finds, and what that is."""
    found = []
    for hit in pattern.finditer(text):
        found.append(hit.group())
        text = blank(text, *hit.span())
    return text, found


def without_names(text: str, facts: Sequence[Fact]) -> str:
    """The text with the names and sentences of facts blanked, longest first, also where case differs."""
    named = [fact for fact in facts if is_text(fact) and not holds_price(fact)]
    known = {fact.written(language) for fact in named for language in LANGUAGES}
    known |= {str(fact.value) for fact in named}
    for name in sorted({folded(name) for name in known if name}, key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?![\w])", text, re.IGNORECASE):
            text = blank(text, *hit.span())
    return text


def is_text(fact: Fact) -> bool:
    """Whether a fact is a name or a sentence."""
    return fact.unit in {NAME, SENTENCE} and fact.value is not None


def holds_price(fact: Fact) -> bool:
    """Whether a name holds an amount of money or a price, which a name cannot stand for."""
    return fact.unit == NAME and any(
        number.measure in {PRICE, MONEY} for number in find_numbers(folded(str(fact.value)), "en")
    )


def is_label(token: str, ground: Ground) -> bool:
    """Whether letters and digits as they stand are part of what a fact is called: "P10"."""
    word = re.escape(token.strip(".,;:!?()\"'"))
    return any(
        re.search(rf"(?<!\w){word}(?!\w)", f"{fact.es} {fact.en}", re.IGNORECASE) for fact in ground.facts
    )


def unknown_names(text: str, ground: Ground) -> list[str]:
    """Names of the plant in a text whose facts are blanked already."""
    low = plain(text)
    return [name for name in ground.names if re.search(rf"(?<!\w){re.escape(plain(name))}(?!\w)", low)]


def is_told(claim: Moment, ground: Ground, language: Language) -> bool:
    """Whether a fact stands for a day, a time, or both together."""
    if in_sentences(claim, ground, language):
        return True
    if claim.day is not None and claim.at is None:
        days = day_of(claim.day, days_of(ground.facts, ground.zone))
        return any(claim.weekday in {None, day.weekday()} for day in days)
    return any(is_moment(claim, moment, ground) for moment in moments_of(ground.facts))


def is_moment(claim: Moment, moment: datetime, ground: Ground) -> bool:
    """Whether a moment, at the site or in the zone that is told, is what a text says."""
    site = moment.astimezone(ZoneInfo(ground.zone))
    away = zone_of(claim.zone)
    if claim.zone and away is None and not is_zone(claim.zone, site):
        return False
    local = moment.astimezone(away) if away else site
    if claim.at != local.time().replace(second=0, microsecond=0):
        return False
    if claim.weekday not in {None, local.weekday()}:
        return False
    if claim.ahead is not None and local.date() != today(ground) + timedelta(days=claim.ahead):
        return False
    return claim.day is None or bool(day_of(claim.day, {local.date()}))


def zone_of(told: str) -> tzinfo | None:
    """UTC or the offset that a text tells; None for another zone."""
    if told.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", told)
    if offset is None:
        return None
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return timezone(-span if offset[1] == "-" else span) if span < timedelta(days=1) else None


def is_zone(told: str, site: datetime) -> bool:
    """Whether a local moment is in a zone that is told by its name, or in summer or winter time."""
    season = {
        **{"hora de verano": True, "summer time": True, "daylight time": True},
        **{"hora de invierno": False, "winter time": False, "standard time": False},
    }
    low = told.casefold()
    return season[low] is bool(site.dst()) if low in season else told.upper() == site.tzname()


def today(ground: Ground) -> date:
    """The local day at which the facts were known."""
    known = max((fact.as_of for fact in ground.facts), default=datetime.min.replace(tzinfo=UTC))
    return known.astimezone(ZoneInfo(ground.zone)).date()


def wrong_weekdays(text: str, ground: Ground, language: Language) -> list[str]:
    """Weekdays in a text that no day or moment of a fact is."""
    if not WEEKDAY.search(text):
        return []
    known = {day.weekday() for day in days_of(ground.facts, ground.zone)}
    for fact in ground.facts:
        if is_text(fact):
            known |= day_names(fact.written(language))
    return [hit.group() for hit in WEEKDAY.finditer(text) if not day_names(hit.group()) <= known]


def in_sentences(claim: Moment, ground: Ground, language: Language) -> bool:
    """Whether a sentence that is a fact itself tells of the same day and time."""
    for fact in ground.facts:
        if fact.unit == SENTENCE:
            told, _ = find_moments(folded(fact.written(language)))
            if any(is_same(claim, one, ground) for one in told):
                return True
    return False


def is_same(claim: Moment, told: Moment, ground: Ground) -> bool:
    """Whether a day or time as written is one that a sentence has, with its zone and the days beside it."""
    if claim.at is not None and (claim.at, claim.zone.casefold()) != (told.at, told.zone.casefold()):
        return False
    if claim.day is not None and claim.day != told.day:
        return False
    if claim.weekday is None and claim.ahead is None:
        return True
    now = today(ground)
    near = {now + timedelta(days=days) for days in range(-NEAR_DAYS, NEAR_DAYS + 1)}
    days = day_of(told.day, near) if told.day is not None else set()
    if claim.weekday not in {None, told.weekday, *(day.weekday() for day in days)}:
        return False
    return claim.ahead in {None, told.ahead} or now + timedelta(days=claim.ahead or 0) in days


def moments_of(facts: Iterable[Fact]) -> list[datetime]:
    """Moments that facts tell."""
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
        told = find_numbers(find_moments(folded(fact.written(language)))[1], language)
        return any(is_equal(one, number) for one in told)
    if isinstance(fact.value, bool | str | date) or fact.value is None:
        return is_month_or_year(fact, number)
    measure, factor = OF_FACTS.get(fact.unit, (fact.unit, 1.0))
    value = float(fact.value)
    if number.measure == "":
        return close(number, value, fact)
    if number.measure == "time" and fact.unit == "":
        # A count of days has no unit of its own: "the last 30 days".
        return number.factor == 1440 and number.value == value and "day" in fact.en
    if number.measure != measure:
        return False
    return close(number, value * factor / number.factor, fact)


def is_equal(told: Number, number: Number) -> bool:
    """Whether a number is one that a sentence has: in any unit of the same measure, or without a unit."""
    if not number.measure:
        return told.value == number.value
    amounts = told.value * told.factor, number.value * number.factor
    return told.measure == number.measure and math.isclose(*amounts, rel_tol=1e-9)


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
    as_told = abs(value) == abs(float(str(fact.value))) and number.places >= DECIMALS.get(fact.unit, math.inf)
    return fine and (as_told or error <= COARSE * abs(value) + 1e-9)
