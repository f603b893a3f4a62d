"""Typed reads of one table of the factory file: every fault becomes a sentence, none stops the reading.

A faulty key yields a placeholder so that the rest can be read too; `factory_file.py` raises before any
placeholder can leave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TypeVar

Span = tuple[float, float]
Default = TypeVar("Default", float, None, float | None)
WallMoment = tuple[date, time | None]

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
YEARS = (2000, 2100)
LONGEST_TEXT = 80


@dataclass
class Faults:
    """What is wrong so far: (table of the file, sentence), in reading order."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, table: str, sentence: str) -> None:
        """Note one fault."""
        self.found.append((table, sentence))

    def touch(self, *tables: str) -> bool:
        """True when any of these tables has a fault."""
        return any(table in tables for table, _ in self.found)


def shown(value: object) -> str:
    """A value of the file as an error message quotes it, at most some 60 characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a number of more than 30 digits"
    text = quoted(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def quoted(text: str) -> str:
    """Text in double quotes, control characters escaped, cut after 80 characters."""
    return json.dumps(text[:LONGEST_TEXT], ensure_ascii=False)


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean "x"?` for the nearest known word, or nothing."""
    lowered = {name.lower(): name for name in known}
    match = get_close_matches(word[:LONGEST_TEXT].lower(), list(lowered), 1, 0.6)
    return f"; did you mean {quoted(lowered[match[0]])}?" if match else ""


def read_number(value: object, span: Span) -> float | None:
    """A finite number inside the closed span; None for anything else (bool, text, nan, inf)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if span[0] <= value <= span[1] else None


def read_clock(value: object, end: bool) -> tuple[time | None, bool]:
    """(wall time, readable): `HH:MM` or a TOML local time; with `end` also "24:00", given as None."""
    if isinstance(value, time):
        return value, value.second == value.microsecond == 0
    if isinstance(value, str):
        if end and value == "24:00":
            return None, True
        match = CLOCK.fullmatch(value)
        if match:
            return time(int(match[1]), int(match[2])), True
    return time(), False


def read_moment(value: object) -> WallMoment | None:
    """A local `YYYY-MM-DDTHH:MM` (24:00 allowed) or TOML local date-time of the years 2000 to 2100."""
    if isinstance(value, datetime):
        sound = value.tzinfo is None and value.second == value.microsecond == 0
        return (value.date(), value.time()) if sound and YEARS[0] <= value.year <= YEARS[1] else None
    if not isinstance(value, str):
        return None
    day_text, _, clock_text = value.partition("T")
    clock, readable = read_clock(clock_text, end=True)
    if not readable or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day_text):
        return None
    try:
        day = date.fromisoformat(day_text)
    except ValueError:
        return None
    return (day, clock) if YEARS[0] <= day.year <= YEARS[1] else None


@dataclass
class Section:
    """One table of the file: `path` is how messages name it, `table` its top-level name."""

    table: str
    path: str
    data: Mapping[str, object]
    faults: Faults
    required: tuple[str, ...] = ()

    def say(self, sentence: str) -> None:
        """Note a fault of this table."""
        self.faults.add(self.table, sentence)

    def wrong(self, key: str, allowed: str) -> None:
        """Note that the value of a key is not one of what is allowed, or that a required key is missing."""
        end = "" if allowed.endswith("?") else "."
        if key in self.data:
            self.say(f"{self.at(key)} is {shown(self.data[key])}; allowed: {allowed}{end}")
        elif key in self.required:
            self.say(f"{self.at(key)} is missing; needed: {allowed}{end}")

    def at(self, key: str) -> str:
        """Full path of a key."""
        name = key if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", key) else quoted(key)
        return f"{self.path}.{name}" if self.path else name

    def expect(self, known: Sequence[str], required: Sequence[str]) -> None:
        """Note every unknown key with the nearest known one; the reads below note missing required keys."""
        self.required = tuple(required)
        for key in self.data:
            if key not in known:
                hint = nearest(key, known) or f"; known: {', '.join(known)}."
                self.say(f"{self.at(key)} is not a known key{hint}")

    def text(self, key: str) -> str:
        """A text of 1 to 80 printable characters without spaces around it; "" when missing."""
        value = self.data.get(key)
        tidy = isinstance(value, str) and 0 < len(value.strip()) == len(value) <= LONGEST_TEXT
        if isinstance(value, str) and tidy and value.isprintable():
            return value
        self.wrong(key, f"text of 1 to {LONGEST_TEXT} printable characters, no spaces around it")
        return ""

    def choice(self, key: str, options: Sequence[str], default: str) -> str:
        """One of the options."""
        value = self.data.get(key)
        if isinstance(value, str) and value in options:
            return value
        self.wrong(key, f"one of {', '.join(options)}")
        return default

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.data.get(key)
        if isinstance(value, bool):
            return value
        self.wrong(key, "true or false")
        return default

    def number(self, key: str, span: Span, default: Default) -> float | Default:
        """A finite number inside the closed span."""
        value = read_number(self.data.get(key), span)
        if value is None:
            self.wrong(key, f"a number from {span[0]:.12g} to {span[1]:.12g}")
            return default
        return value

    def whole(self, key: str, span: tuple[int, int], default: int) -> int:
        """A whole number inside the closed span."""
        value = self.data.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and span[0] <= value <= span[1]:
            return value
        self.wrong(key, f"a whole number from {span[0]} to {span[1]}")
        return default

    def numbers(self, key: str, count: int, span: Span) -> tuple[float, ...] | None:
        """Exactly `count` finite numbers inside the closed span; None when missing or wrong."""
        raw = self.data.get(key)
        values = [read_number(item, span) for item in raw] if isinstance(raw, list) else []
        good = tuple(value for value in values if value is not None)
        if len(values) == len(good) == count:
            return good
        self.wrong(key, f"a list of {count} numbers, each from {span[0]:.12g} to {span[1]:.12g}")
        return None

    def clock(self, key: str, *, end: bool) -> time | None:
        """A local wall time; None stands for "24:00", which only an end may be."""
        value, readable = read_clock(self.data.get(key), end)
        if not readable:
            self.wrong(key, 'a local time "HH:MM"' + (' or "24:00"' if end else ""))
        return value

    def rows(self, key: str, name_key: str = "") -> list[Section]:
        """The tables of a list `[[key]]`; each is named by its `name_key`, or by its position from 1."""
        raw, owner = self.data.get(key, []), self.table or key
        brackets = f"[[{self.table}.{key}]]" if self.table else f"[[{key}]]"
        if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
            self.faults.add(owner, f"{self.at(key)} is not a list of tables; write {brackets}.")
            return []
        if not raw and key in self.required:
            self.faults.add(owner, f"{self.at(key)} is missing; needed: at least one {brackets}.")
        found = []
        for position, item in enumerate(raw, 1):
            name = item.get(name_key)
            label = f" {quoted(name)}" if isinstance(name, str) and name else f"[{position}]"
            found.append(Section(owner, self.at(key) + label, item, self.faults))
        return found

    def one(self, key: str, known: Sequence[str], required: Sequence[str]) -> Section:
        """The single table `[key]` with its keys checked; an empty one when it is missing or not a table."""
        raw = self.data.get(key)
        if isinstance(raw, Mapping):
            section = Section(key, key, raw, self.faults)
            section.expect(known, required)
            return section
        self.faults.add(
            key, f"{key} is {'not a table' if key in self.data else 'missing'}; write [{key}] once."
        )
        return Section(key, key, {}, self.faults)
