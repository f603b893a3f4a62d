"""Hours of a day, several days, or a day beside another: what prices can be asked for, read from words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time, timedelta

from chocolate_factory.domain.claims import full_hour, month_number
from chocolate_factory.services.assistant.hearing import BEFORE, Heard

PARTS = {
    **{"manana": (6, 14), "tarde": (14, 22), "noche": (22, 6), "madrugada": (0, 6), "anoche": (22, 6)},
    **{"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 22), "night": (22, 6)},
    **{"tonight": (22, 6), "overnight": (22, 6)},
}
"""Hours of a day's parts: in Spanish those of the shifts; the answer says them."""

YESTERDAY, TODAY = frozenset({"ayer", "yesterday", "last", "anoche"}), frozenset({"esta", "this", "tonight"})
CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))? ?(?P<half>[ap](?=\.?m))?")
NOON = re.compile(r"noon|midday|mediodia")
UNTIL = re.compile(r"antes|hasta|before|until|till")
THIS = r"(?:de |del |en |in |of |on |for |the |la |el |esta |este |this |next |proximo |durante |during )*"
LAST = rf".*\b{BEFORE}\b.*"
CLOCKED, DAYS = (
    frozenset({"part", "range"}),
    frozenset({"weekend", "week", "ahead", "year", "month", "dates"}),
)
GOES_UP = (
    r"\b(?:sube[ns]?|subir[ae]n?|subio|subidas?|bajar[ae]n?|bajadas?|va a (?:subir|bajar)|rises?|rising"
    r"|falls?|falling|go(?:es|ing)? (?:up|down)|cheaper|dearer)\b|(?<!mas )\bbaja[ns]?\b"
    r"|\bmore expensive\b|\b(?:es|esta|estara|sera|fue|era|va a (?:ser|estar)) mas (?:barat|car)[oa]\b"
)
"""Questions on whether a day is dearer than another one."""

WHEN = r"\b(?:cuando|horas?|when|hours?|time|ventana|window|que dia|which day|what day)\b"
Hours = tuple[time, time]
Days = tuple[date, date]


def spanned(said: Heard) -> Heard:
    """The same with its hours or its days as fields; as it is where they are not plain."""
    clocked = [piece for piece in said.pieces if piece[0] in CLOCKED]
    spans = [days for days in days_told(said) if days is not None]
    named = [piece for piece in said.pieces if piece[0] not in CLOCKED]
    others = len(named) + len(said.months) + bool(said.asked.days)
    if len(clocked) == 1 and not others and said.asked.at is None:
        return with_hours(said, *clocked[0])
    if not clocked and others == 1 and spans and said.asked.day is None and said.asked.at is None:
        first, last = spans[0]
        asked = replace(said.asked, month=None, days=None, day=first, last=last)
        return replace(said, asked=asked, loose=said.loose - DAYS)
    return said


def with_hours(said: Heard, kind: str, words: str) -> Heard:
    """The same with the hours that words name, and their day where they name one."""
    hours = part_hours(words) if kind == "part" else range_hours(words)
    day = day_of_part(words, said.today) if kind == "part" else None
    if hours is None or (day and said.asked.day not in {None, day}):
        return said
    asked = replace(said.asked, since=hours[0], until=hours[1], day=day or said.asked.day)
    return replace(said, asked=asked, loose=said.loose - CLOCKED)


def part_hours(words: str) -> Hours | None:
    """The hours of a part of the day; None of one that is none, such as "nights"."""
    found = PARTS.get(words.rsplit(maxsplit=1)[-1])
    return found and (time(found[0]), time(found[1]))


def day_of_part(words: str, today: date) -> date | None:
    """The day that the words of a part of one name; None where they name none."""
    first, *more = words.split()
    if first in YESTERDAY:
        return today - timedelta(days=1)
    if first in TODAY:
        return today
    return today + timedelta(days=1) if first == "tomorrow" or (first == "manana" and more) else None


def range_hours(words: str) -> Hours | None:
    """The hours from one time to another, or before or after one; None where a time is none."""
    part = re.search(r"(?:manana|madrugada|tarde|noche|morning|afternoon|evening|night)$", words)
    behind = part.group() if part else ""
    clocks = [(int(hit["hour"]), int(hit["minute"] or 0), hit["half"] or "") for hit in CLOCK.finditer(words)]
    if NOON.search(words):
        clocks.append((12, 0, ""))
    if (
        re.search(r"\b(?:el|the) \d", words)
        or not 1 <= len(clocks) <= 2
        or any(hour > 24 or minute > 59 for hour, minute, _ in clocks)
    ):
        return None
    last = clocks[-1]
    lead = [(h, m, half or last[2]) if h <= last[0] else (h, m, half) for h, m, half in clocks]
    times = [
        time(full_hour(h, half, behind if h <= last[0] else "") % 24, minute) for h, minute, half in lead
    ]
    if len(times) == 2:
        return times[0], times[1]
    return (time(), times[0]) if UNTIL.search(words) else (times[0], time())


def days_told(said: Heard) -> list[Days | None]:
    """The first and last day of each span that is named, None of one that is not plain."""
    asked, today = said.asked, said.today
    found = [days_of_piece(kind, words, said) for kind, words in said.pieces if kind in DAYS]
    for month in said.months:
        end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        found.append((month, min(end, today) if month <= today else end))
    if asked.days:
        found.append((today - timedelta(days=asked.days), today - timedelta(days=1)))
    return found


def days_of_piece(kind: str, words: str, said: Heard) -> Days | None:
    """The days of a weekend, a week, a year, or of some days of a month."""
    today, before = said.today, bool(re.fullmatch(LAST, words))
    monday = today - timedelta(days=today.weekday())
    if kind == "ahead":
        return monday + timedelta(days=7), monday + timedelta(days=13)
    if kind == "weekend" and (
        before or re.fullmatch(rf"{THIS}(?:fin de semana|finde|weekend)(?: que viene)?", words)
    ):
        back = before or (said.past and today.weekday() < 5)
        saturday = monday + timedelta(days=5 - 7 * back)
        return saturday, saturday + timedelta(days=1)
    if kind == "week" and (
        before or re.fullmatch(r"(?:.*\b(?:esta|this) |(?:de|en) la |of the )(?:semana|week)", words)
    ):
        first = monday - timedelta(days=7 * before)
        return first, first + timedelta(days=6)
    if kind == "month" and words in {"del mes", "of the month"}:
        return today.replace(day=1), today
    if kind == "year":
        return days_of_year(words, today, before)
    return days_of_month(words, today) if kind == "dates" else None


def days_of_year(words: str, today: date, before: bool) -> Days | None:
    """The days of a year, of the present one those until today; None where no year is named."""
    written = re.search(r"20\d\d", words)
    this = before or re.search(r"\b(?:este|this)\b", words)
    if not written and not this:
        return None
    year = int(written.group()) if written else today.year - before
    last = date(year, 12, 31)
    return date(year, 1, 1), min(last, today) if year <= today.year else last


def days_of_month(words: str, today: date) -> Days | None:
    """The days of "between 10 and 12 February", of the latest that has begun; None of no such days."""
    first, last = (int(number) for number in re.findall(r"\d{1,2}", words)[:2])
    number = month_number(words.rsplit(maxsplit=1)[-1])
    year = today.year if number <= today.month else today.year - 1
    try:
        return date(year, number, first), date(year, number, last)
    except ValueError:
        return None


def sides_of(said: Heard, low: str) -> Heard | None:
    """The same with both sides of a comparison of prices as fields; None where two are not plainly compared.

    Two times of a day, two days, two spans of days; or a day of which is asked whether prices go up, which is
    compared with today, or with the day before.
    """
    asks = bool(re.search(GOES_UP, low)) and not re.search(WHEN, low)
    if not (asks or "compared" in said.loose):
        return None
    if {kind for kind, _ in said.pieces} & CLOCKED:
        return parts_of(said)
    named = days_told(said)
    loose = said.loose - {"compared", "two_days", "two_times", "two_months"} - DAYS
    if len(said.times) == 2 and len(said.days) < 2 and not named:
        asked = replace(said.asked, at=said.times[0], than_at=said.times[1])
        return replace(said, asked=asked, loose=loose)
    if said.times or None in named or said.asked.hours:
        return None
    sides = [*((day, day) for day in said.days), *(days for days in named if days)]
    if len(sides) == 1 and said.days and asks and "compared" not in said.loose:
        day = said.days[0]
        other = said.today if day > said.today else day - timedelta(days=1)
        sides.append((other, other))
    if len(sides) != 2 or sides[0] == sides[1]:
        return None
    (day, last), (than, than_last) = sides
    asked = replace(said.asked, day=day, last=None if last == day else last, than=than, month=None, days=None)
    asked = replace(asked, than_last=None if than_last == than else than_last)
    return replace(said, asked=asked, loose=loose)


def parts_of(said: Heard) -> Heard | None:
    """The same with two parts of days as both sides, such as "tonight" and "tomorrow morning"; else None.

    A part that names no day is of the only day that is named beside it.
    """
    kinds, words = [kind for kind, _ in said.pieces], [words for _, words in said.pieces]
    if kinds != ["part", "part"] or said.times or said.months or said.asked.hours or said.asked.days:
        return None
    days, hours = [day_of_part(one, said.today) for one in words], [part_hours(one) for one in words]
    if len(said.days) != int(None in days) or None in hours:
        return None
    (day, than), (here, there) = (one or said.days[0] for one in days), hours
    if here is None or there is None or (day, here) == (than, there):
        return None
    asked = replace(said.asked, day=day, since=here[0], until=here[1], than=than)
    asked = replace(asked, than_since=there[0], than_until=there[1])
    return replace(said, asked=asked, loose=said.loose - {"compared", "two_days"} - CLOCKED)


def asks_which_is_dearer(said: Heard, low: str) -> bool:
    """Whether a time, hours or days are asked to be dearer than something that is not named."""
    asks = bool(re.search(GOES_UP, low)) and not re.search(WHEN, low)
    return asks and bool(said.asked.since or said.asked.last or said.asked.at)


def ahead_of(said: Heard) -> Heard:
    """The same for what only knows of today and after: parts of days and weeks, of those what is to come."""
    known = {"part", "range", "weekend", "week", "ahead"}
    if {kind for kind, _ in said.pieces} - known or said.asked.month or said.asked.days:
        return said
    found = spanned(said)
    day, last = found.asked.day, found.asked.last
    if day and last and day < said.today <= last:
        return replace(found, asked=replace(found.asked, day=said.today))
    return found
