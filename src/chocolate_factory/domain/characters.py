"""Characters of an answer: what is read alike becomes alike, and what no answer may hold is found."""

from __future__ import annotations

import re
import unicodedata

from chocolate_factory.domain.units import measure_after

DASHES = dict.fromkeys(map(ord, "‐‑‒–−﹣－"), "-")
AFTER = r"\b(?:a|at|de|of|is|es|son|are|was|fue|to|hasta|from|desde|and|y|entre|between|en)"
SPACED = re.compile(rf"({AFTER}|[:=]) [-—] (?=\d)")
"""A minus with space around it; elsewhere a dash between spaces only parts a sentence."""

EMPHASIS = re.compile(r"[*`~]+|(?<![^\W_])_+|_+(?![^\W_])")
MARKUP = re.compile(r"https?:|\bwww\.|</?[a-z!]|&#?\w+;|\]\(", re.IGNORECASE)
LOOKALIKE = re.compile(r"(?<!\w)[OoIl|]+[.,][OoIl|]+(?!\w)")
ROMAN = re.compile(r"(?<!\w)[MDCLXVI]{2,}(?!\w)")
PICTURES = {"\ufe0e", "\ufe0f"}
"""Marks that choose how a sign is drawn."""


def folded(text: str) -> str:
    """The text with composed letters, plain spaces, one kind of minus, and without marks of emphasis."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"−\s+(?=\d)", "−", text)
    if not text.isascii():
        text = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    text = SPACED.sub(r"\1 -", text.translate(DASHES))
    return EMPHASIS.sub("", text)


def odd_parts(text: str) -> list[str]:
    """What stands for nothing in an answer: links and markup, hidden signs, digits and letters of others.

    The digits of an answer are 0 to 9 and its letters Latin; the names of facts are no part of the text here.
    """
    found = [hit.group() for pattern in (MARKUP, LOOKALIKE) for hit in pattern.finditer(text)]
    found += [hit.group() for hit in ROMAN.finditer(text) if measure_after(text[hit.end() :])[0]]
    return found + [char for char in dict.fromkeys(text) if is_odd(char)]


def is_odd(char: str) -> bool:
    """Whether a character is hidden, a digit other than 0 to 9, or of a script other than Latin."""
    if char.isascii():
        return not char.isprintable() and char not in "\n\t\r\x00"
    kind = unicodedata.category(char)
    if kind[0] == "C" or (kind[0] == "M" and char not in PICTURES):
        return True
    if unicodedata.numeric(char, None) is not None:
        return True
    return kind[0] == "L" and not unicodedata.name(char, "").startswith(("LATIN", "FEMININE", "MASCULINE"))
