"""How a question is read after those before it: as one, or as two that are answered in turn."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from chocolate_factory.domain.claims import plain
from chocolate_factory.domain.facts import Language
from chocolate_factory.services.assistant import phrases
from chocolate_factory.services.assistant.follow_ups import follow_up, language_after
from chocolate_factory.services.assistant.hearing import Names
from chocolate_factory.services.assistant.memory import Exchange
from chocolate_factory.services.assistant.understand import Understood, understand
from chocolate_factory.services.assistant.vocabulary import TAKES
from chocolate_factory.services.assistant.wording import meant

BETWEEN = re.compile(r"[?;.] +|,? (?:y|e|and) ", re.IGNORECASE)
ITS_OWN = re.compile(r"\b(?:luz|preci\w*|prices?|electric\w*|energ\w+|kwh|mwh|mercado|market|power)\b")
"""What a question on a price names: one without it may mean what the half before is about."""

TIMES = ("day", "month", "since", "until", "last")
KINDS = (("day", "month", "last", "days"), ("at", "since", "until"), ("machine", "product", "batch"))
OF_PRICES = frozenset({"current_price", "day_prices", "price_at"})


def understood_in_turn(
    text: str, last: Exchange | None, names: Names, today: date, language: Language | None = None
) -> tuple[Understood, ...]:
    """A question with what it leaves unsaid taken from the one before; or two that are each read whole."""
    text = meant(text)
    found = read(text, last, names, today, language or language_after(text, last))
    halves = BETWEEN.split(text)
    if len(halves) != 2 or found.kind not in {"answer", "unknown"} or found.query:
        return (found,)
    one = read(halves[0], last, names, today, found.language)
    alone = understand(halves[1], names, today, found.language)
    pair = two(one, alone, halves, names, today)
    if pair and (found.kind == "unknown" or one.tool != found.tool == alone.tool):
        return pair
    if found.kind == "unknown" and found.said and one.kind == alone.kind == "answer":
        return (replace(found, said=phrases.TWO[found.language]),)
    return (found,)


def read(
    text: str, last: Exchange | None, names: Names, today: date, language: Language | None
) -> Understood:
    """One question after the one before."""
    return follow_up(text, understand(text, names, today, language), last, names, today)


def two(
    one: Understood, alone: Understood, halves: list[str], names: Names, today: date
) -> tuple[Understood, Understood] | None:
    """Both halves of a question where each is read whole, the second by itself or after the first; else None.

    Where only the second names a day, an hour or a thing that the first can take, it may be meant of both.
    """
    if one.kind != "answer" or one.query or one.tool not in TAKES:
        return None
    if alone.kind == "answer" and alone.tool in OF_PRICES and not ITS_OWN.search(plain(halves[1])):
        alone = replace(alone, kind="unknown")
    if alone.kind == "answer" and not alone.query and alone.tool in TAKES:
        second = at_its_time(alone, one)
    else:
        second = follow_up(f"y {halves[1]}", alone, Exchange(halves[0], "", one, ""), names, today)
    if (
        second.kind != "answer"
        or second.query
        or second == one
        or any(of_both(one, second, k) for k in KINDS)
    ):
        return None
    return one, second


def of_both(one: Understood, second: Understood, kind: tuple[str, ...]) -> bool:
    """Whether only the second half names something of a kind that the first could be asked with."""
    takes = one.tool in {"current_price", "plan_summary"} or set(kind) & TAKES[one.tool]
    named = [any(getattr(half.asked, name) for name in kind) for half in (one, second)]
    return bool(takes) and named == [False, True]


def at_its_time(second: Understood, first: Understood) -> Understood:
    """The second half at the time of the first, where it names none of its own and its tool takes that."""
    told = {name: value for name in TIMES if (value := getattr(first.asked, name))}
    if not set(told) <= TAKES[second.tool] or any(getattr(second.asked, name) for name in (*TIMES, "days")):
        return second
    return replace(second, asked=replace(second.asked, **told))
