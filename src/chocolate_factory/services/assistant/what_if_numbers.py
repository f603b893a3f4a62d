"""Numbers of a what-if question in plain digits: "treinta y cinco por ciento" is 35%, "1.200 kW" 1200kw."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from chocolate_factory.domain.claims import NUMBER, number_of
from chocolate_factory.domain.facts import LANGUAGES, Language
from chocolate_factory.domain.number_words import SCALES, SMALL, VALUES, Spelled, find_spelled

UNIT = re.compile(
    r" ?(?:(?P<share>%|por ?cien(?:to)?|per ?cent)|(?P<kwh>kwh|kilovatios?[- ]hora|kilowatt[- ]hours?)"
    r"|(?P<kwp>kwp)|(?P<kw>kw|kilovatios?|kilowatts?))(?!\w)"
)
HOUR = r"(?P<h{0}>\d{{1,2}})(?::(?P<m{0}>[0-5]\d))?(?: ?h(?:oras)?\b)?(?: ?(?P<half{0}>[ap])\.?m\b\.?)?"
SPAN = re.compile(
    rf"(?<![\w.,:#])(?:las )?{HOUR.format('')} ?(?:a|-|to|until|till|hasta) ?(?:las )?{HOUR.format('2')}"
    r"(?![\w:%]|[.,]\d| ?[%k])"
)
NONE = "?"
"""What stands for a number that can be read in two ways."""

Part = tuple[int, int, str]


def in_digits(low: str, language: Language) -> str:
    """A text in lower case without accents with its numbers as 10%, 50kwh, 1.5 or 06:00-14:00.

    A number that the language writes otherwise, or words that make none, become "?", which nothing reads.
    """
    low = SPAN.sub(span_of, low.replace("’", "'"))
    taken: list[Part] = []
    for first, last, text in (*digits(low, language), *words(low, language)):
        if all(last <= start or first >= end for start, end, _ in taken):
            taken.append((first, last, text))
    for first, last, text in sorted(taken, reverse=True):
        low = low[:first] + text + low[last:]
    return low


def span_of(hit: re.Match[str]) -> str:
    """Hours of a day as 06:00-14:00; as it stands where they are none, or where only one says am or pm."""
    told = hit.groupdict()
    halves = [told["half"], told["half2"]]
    minutes = []
    for hour, minute, half in ((told["h"], told["m"], halves[0]), (told["h2"], told["m2"], halves[1])):
        value = int(hour) % 12 + 12 * (half == "p") if half and int(hour) <= 12 else int(hour)
        minutes.append(60 * value + int(minute or 0))
    first, last = minutes[0], minutes[1] or 24 * 60
    if not first < last <= 24 * 60 or halves.count(None) == 1:
        return hit.group()
    return f"{first // 60:02d}:{first % 60:02d}-{last // 60:02d}:{last % 60:02d}"


def digits(low: str, language: Language) -> Iterator[Part]:
    """Numbers in digits; those of times, tariffs and marks of names stay as they are."""
    for hit in NUMBER.finditer(low):
        first, last = hit.span()
        if re.match(r":\d|-\d\d:| ?td\b", low[last:]) or re.search(r"#$|\d:$|:\d\d-$", low[:first]):
            continue
        value, _ = number_of(hit.group(), language)
        other = "[.]" if language == "en" else ","
        strange = re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}{other}\d{{3}}", hit.group())
        sign = "+" if hit.group().startswith("+") else ""
        yield with_unit(low, first, last, NONE if strange else f"{sign}{shown(value)}")


def words(low: str, language: Language) -> Iterator[Part]:
    """Numbers in words of either language; "un" and "one" without a unit are articles."""
    for spoken in LANGUAGES:
        for run in find_spelled(low, spoken):
            first, told = run.first, run.text.split()
            if told[0] in {"un", "una", "uno"} and len(told) > 1 and told[1] not in SCALES[spoken]:
                first += len(told[0]) + 1
            number = next(find_spelled(low[first : run.last], spoken), run)
            article = 0 < number.value <= SMALL and not UNIT.match(low, run.last)
            if article or (spoken != language and number.text == "once"):
                continue
            text = shown(number.value) if is_number(number, spoken) else NONE
            yield with_unit(low, first, run.last, text)


def with_unit(low: str, first: int, last: int, text: str) -> Part:
    """The place of a number with its unit, and what it becomes."""
    unit = UNIT.match(low, last)
    if unit is None:
        return first, last, text
    return first, unit.end(), text + ("%" if unit.lastgroup == "share" else str(unit.lastgroup))


def shown(value: float) -> str:
    """A number in plain digits."""
    if not math.isfinite(value) or abs(value) >= 1e9:
        return NONE
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text if float(text) == value else NONE


def is_number(run: Spelled, language: Language) -> bool:
    """Whether words make one number: "treinta y cinco" does, "veinte y treinta" does not."""
    told = re.findall(r"\w+", run.text)
    above, room = math.inf, 1000
    before = math.nan
    for place, word in enumerate(told):
        if word in {"y", "and"}:
            after = VALUES[language].get(told[place + 1], 0)
            tens = language == "es" and before in range(20, 100, 10) and after in range(1, 10)
            if not tens and not (language == "en" and before in {100, 1000, 10**6}):
                return False
            continue
        value = VALUES[language].get(word)
        if value is None and not (word == "a" and place == 0):
            return False
        if value is None:
            continue
        if value >= 1000:
            if value >= above:
                return False
            above, room = value, 1000
        elif value == 100 and word in SCALES[language]:
            if before >= 10:
                return False
            room = 100
        elif value >= room:
            return False
        else:
            room = 100 if value >= 100 else 10 if value in range(20, 100, 10) else 0
        before = value
    return True
