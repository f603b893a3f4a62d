"""What a tool is asked, and the checks on what callers from outside hand in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from ipaddress import ip_address
from typing import Any

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import Act
from chocolate_factory.domain.told import Told
from chocolate_factory.domain.what_if_edits import KEYS

LONGEST_TEXT, LONGEST_QUERY = 120, 300
MOST_CHANGES, LONGEST_CHANGE = 4, 80
MOST_HOURS, MOST_DAYS = 24.0, 90
HUGE = 1e9
"""No number that is asked for comes near; whole numbers of any length may be handed in."""

FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2100, 1, 1)
DAY = {"type": "string", "format": "date", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}
WALL_TIME = {"type": "string", "pattern": "^([01]\\d|2[0-3]):[0-5]\\d$"}
PERIODS = ("P1", "P2", "P3", "P4", "P5", "P6", "peak", "flat", "valley")
QUANTITIES = ("rain", "wind_speed", "humidity")
FIELDS: Mapping[str, dict[str, Any]] = {
    "day": {**DAY, "description": "Local day of the site, YYYY-MM-DD."},
    "at": {**WALL_TIME, "description": "Wall time, HH:MM."},
    "since": {**WALL_TIME, "description": "Wall time that hours of a day begin at, HH:MM."},
    "until": {
        **WALL_TIME,
        "description": "Wall time that they end at, HH:MM; next day's if not after since.",
    },
    "last": {**DAY, "description": "Last local day, where days from `day` on are meant; at most 366."},
    "than": {**DAY, "description": "Another local day, to compare with."},
    "than_last": {**DAY, "description": "Last local day, where days from `than` on are compared."},
    "than_at": {**WALL_TIME, "description": "Wall time to compare the price at `at` with, HH:MM."},
    "than_since": {**WALL_TIME, "description": "Wall time that hours of `than` begin at, HH:MM."},
    "than_until": {**WALL_TIME, "description": "Wall time that they end at, HH:MM."},
    "rank": {"type": "string", "enum": ["cheapest", "dearest"], "description": "Which is told first."},
    "period": {"type": "string", "enum": list(PERIODS), "description": "Only this tariff period."},
    "hours": {"type": "number", "minimum": 0.25, "maximum": MOST_HOURS, "description": "Hours of a run."},
    "month": {"type": "string", "pattern": "^\\d{4}-\\d{2}$", "description": "Month, YYYY-MM."},
    "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": "Days back."},
    "batch": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A batch by its name."},
    "machine": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A machine of the plant."},
    "product": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A product of the plant."},
    "which": {"type": "string", "enum": ["first", "last"], "description": "Only the first or last batch."},
    "quantity": {"type": "string", "enum": list(QUANTITIES), "description": "Only this; by default all."},
    "series": {"type": "string", "enum": list(PRICE_SERIES), "description": "Market price series."},
    "address": {"type": "string", "maxLength": 45, "description": "An IP address of the private network."},
    "query": {
        "type": "string",
        "maxLength": LONGEST_QUERY,
        "description": "What to look for in the documents, as a question.",
    },
    "changes": {
        "type": "array",
        "items": {"type": "string", "maxLength": LONGEST_CHANGE},
        "minItems": 1,
        "maxItems": MOST_CHANGES,
        "description": f"What changes, each as KEY=VALUE: {'; '.join(KEYS.values())}.",
    },
}
"""Everything a tool can be asked for, as JSON schema; `Tool.takes` names those that it takes."""


@dataclass(frozen=True)
class Asked:
    """What a tool is asked for; None or "" where nothing was said. `month` is the first day of one."""

    day: date | None = None
    at: time | None = None
    hours: float | None = None
    month: date | None = None
    days: int | None = None
    batch: str = ""
    machine: str = ""
    product: str = ""
    series: str = ""
    address: str = ""
    changes: tuple[str, ...] = ()
    query: str = ""
    since: time | None = None
    until: time | None = None
    last: date | None = None
    than: date | None = None
    which: str = ""
    quantity: str = ""
    than_last: date | None = None
    than_at: time | None = None
    period: str = ""
    than_since: time | None = None
    than_until: time | None = None
    rank: str = ""


@dataclass(frozen=True)
class Tool:
    """A read-only ability: what it is for in English (for models) and Spanish, what it takes, what it does.

    `run` fills what it is given; errors of the tree in `core/errors.py` come out of it as they are.
    `act` says which role it takes.
    """

    name: str
    en: str
    es: str
    takes: tuple[str, ...]
    run: Callable[[Ports, Asked, Told], None]
    act: Act = Act.READ

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of what it takes; nothing is required."""
        fields = {name: FIELDS[name] for name in self.takes}
        return {"type": "object", "properties": fields, "additionalProperties": False}


def asked_from(tool: Tool, given: Mapping[str, Any]) -> Asked:
    """Check what a caller hands in; raises UsageError naming the field, whatever the value is."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name not in tool.takes:
            raise UsageError(f"{tool.name} does not take {str(name)[:40]!r}.", f"It takes: {told(tool)}.")
        if value is not None:
            read[name] = field_from(tool, name, value)
    return Asked(**read)


def told(tool: Tool) -> str:
    """The fields of a tool, by commas."""
    return ", ".join(tool.takes) or "nothing"


def field_from(tool: Tool, name: str, value: Any) -> Any:
    """One checked value."""
    wrong = UsageError(f"{tool.name}: {name} cannot be {shown(value)}.", str(FIELDS[name]["description"]))
    if name in {"hours", "days"}:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < HUGE:
            raise wrong
        return number_from(name, float(value), wrong)
    if name == "changes":
        return changes_from(value, wrong)
    if not isinstance(value, str) or len(value) > (LONGEST_QUERY if name == "query" else LONGEST_TEXT):
        raise wrong
    try:
        return text_from(name, value.strip())
    except ValueError:
        raise wrong from None


def shown(value: Any) -> str:
    """A value as it is told back: the begin of a text, a number of a sane size, of others only their type."""
    if isinstance(value, str):
        return repr(value[:40])
    small = isinstance(value, float) or (isinstance(value, int) and abs(value) < HUGE)
    return repr(value) if small else f"a value of type {type(value).__name__}"


def changes_from(value: Any, wrong: UsageError) -> tuple[str, ...]:
    """Changes of a plan by their shape, each a key that there is and a value; raises `wrong` for others."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_CHANGES:
        raise wrong
    words = []
    for word in value:
        if not isinstance(word, str) or len(word) > LONGEST_CHANGE:
            raise wrong
        words.append(re.sub(r"\s*([.:=])\s*", r"\1", word.strip(), count=2))
        key, _, given = words[-1].partition("=")
        if key.replace(".", ":").partition(":")[0] not in KEYS or not given:
            raise wrong
    return tuple(words)


def number_from(name: str, value: float, wrong: UsageError) -> float | int:
    """A number within its bounds; raises `wrong` for another."""
    if name == "days":
        if value != int(value) or not 1 <= value <= MOST_DAYS:
            raise wrong
        return int(value)
    if not 0.25 <= value <= MOST_HOURS or value % 0.25:
        raise wrong
    return value


def text_from(name: str, text: str) -> Any:
    """A text as the type of its field; raises ValueError, also where it does not fit the field's pattern."""
    if not re.fullmatch(FIELDS[name].get("pattern", r"(?s:.*)"), text, re.ASCII):
        raise ValueError
    if name in {"day", "last", "than", "than_last"}:
        day = date.fromisoformat(text)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError
        return day
    if name == "month":
        day = date.fromisoformat(f"{text}-01")
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError
        return day
    if name in {"at", "since", "until", "than_at", "than_since", "than_until"}:
        return time.fromisoformat(text)
    if name == "address":
        if "%" in text:
            raise ValueError
        return str(ip_address(text))
    if text not in FIELDS[name].get("enum", (text,)):
        raise ValueError
    return text
