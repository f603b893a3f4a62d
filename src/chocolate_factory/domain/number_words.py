"""Numbers in words, as Spanish and English write them: "veintidós", "two hundred and five"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chocolate_factory.domain.facts import LANGUAGES, Language

ONES: dict[Language, str] = {
    "es": """cero un|uno|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince
    dieciséis|dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiún|veintiuna|veintiun
    veintidós|veintidos veintitrés|veintitres veinticuatro veinticinco veintiséis|veintiseis veintisiete
    veintiocho veintinueve""",
    "en": """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty""",
}
TENS: dict[Language, str] = {
    "es": "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "en": "thirty forty|fourty fifty sixty seventy eighty ninety",
}
HUNDREDS = "doscient trescient cuatrocient quinient seiscient setecient ochocient novecient"
SCALES: dict[Language, dict[str, int]] = {
    "es": {"mil": 1000, "miles": 1000, "millón": 10**6, "millon": 10**6, "millones": 10**6},
    "en": {
        **{"hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000},
        **{"million": 10**6, "millions": 10**6, "billion": 10**9},
    },
}
POINTS = {"coma", "punto", "point", "con"}
SMALL = 1
"""Up to here a word alone is a figure only before a unit: "un" and "one" are articles as often."""


@dataclass(frozen=True)
class Spelled:
    """A number in words at a place of a text; nan where it cannot be made out. `words` is how many."""

    first: int
    last: int
    text: str
    value: float
    words: int


def values_of(language: Language) -> dict[str, int]:
    """Every word of a language that is a number by itself, with its value."""
    found = {one: n for n, words in enumerate(ONES[language].split()) for one in words.split("|")}
    found |= {one: 10 * n for n, words in enumerate(TENS[language].split(), 3) for one in words.split("|")}
    if language == "es":
        found |= {
            f"{stem}{end}": 100 * n for n, stem in enumerate(HUNDREDS.split(), 2) for end in ("os", "as")
        }
        found |= {"cien": 100, "ciento": 100, "cientos": 100}
    return found | SCALES[language]


VALUES: dict[Language, dict[str, int]] = {language: values_of(language) for language in LANGUAGES}
PATTERNS: dict[Language, str] = {
    language: "|".join(sorted(VALUES[language], key=len, reverse=True)) for language in LANGUAGES
}
RUNS = {
    language: re.compile(
        rf"\b(?:a (?=hundred|thousand|million))?(?:{words})"
        rf"(?:(?: |-| y | and | ?, (?=mil)| (?:{'|'.join(POINTS)}) )(?:{words}))*\b",
        re.IGNORECASE,
    )
    for language, words in PATTERNS.items()
}


def find_spelled(text: str, language: Language) -> Iterator[Spelled]:
    """Runs of number words of a language."""
    for hit in RUNS[language].finditer(text):
        words = re.findall(r"\w+", hit.group().casefold())
        known = [word for word in words if word in VALUES[language]]
        value = float("nan") if POINTS & set(words) else float(value_of(known, language))
        yield Spelled(*hit.span(), hit.group(), value, len(words))


def value_of(words: list[str], language: Language) -> int:
    """The value of words that make one number, by the rule that scales multiply what stands before them."""
    whole = part = 0
    for word in words:
        value = VALUES[language][word]
        if value >= 1000 and word in SCALES[language]:
            whole, part = whole + max(part, 1) * value, 0
        elif value == 100 and word in SCALES[language]:
            part = max(part, 1) * value
        else:
            part += value
    return whole + part
