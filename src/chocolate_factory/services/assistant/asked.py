"""What a tool is asked, and the checks on what callers from outside hand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.told import Told

LONGEST_TEXT = 120
MOST_HOURS, MOST_DAYS = 24.0, 90
FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2100, 1, 1)
FIELDS: Mapping[str, dict[str, Any]] = {
    "day": {"type": "string", "format": "date", "description": "Local day of the site, YYYY-MM-DD."},
    "at": {"type": "string", "pattern": "^([01]\\d|2[0-3]):[0-5]\\d$", "description": "Wall time, HH:MM."},
    "hours": {"type": "number", "minimum": 0.25, "maximum": MOST_HOURS, "description": "Hours of a run."},
    "month": {"type": "string", "pattern": "^\\d{4}-\\d{2}$", "description": "Month, YYYY-MM."},
    "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": "Days back."},
    "batch": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A batch by its name."},
    "machine": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A machine of the plant."},
    "product": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A product of the plant."},
    "series": {"type": "string", "enum": list(PRICE_SERIES), "description": "Market price series."},
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


@dataclass(frozen=True)
class Tool:
    """A read-only ability: what it is for in English (for models) and Spanish, what it takes, what it does.

    `run` fills what it is given; errors of the tree in `core/errors.py` come out of it as they are.
    """

    name: str
    en: str
    es: str
    takes: tuple[str, ...]
    run: Callable[[Ports, Asked, Told], None]

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
    wrong = UsageError(
        f"{tool.name}: {name} cannot be {str(value)[:40]!r}.", str(FIELDS[name]["description"])
    )
    if name in {"hours", "days"}:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong
        return number_from(name, float(value), wrong)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise wrong
    try:
        return text_from(name, value.strip())
    except ValueError:
        raise wrong from None


def number_from(name: str, value: float, wrong: UsageError) -> float | int:
    """A number within its bounds; raises `wrong` for another."""
    if name == "days":
        if value != int(value) if abs(value) < 1e9 else True:
            raise wrong
        if not 1 <= value <= MOST_DAYS:
            raise wrong
        return int(value)
    if not 0.25 <= value <= MOST_HOURS or value % 0.25:
        raise wrong
    return value


def text_from(name: str, text: str) -> Any:
    """A text as the type of its field; raises ValueError."""
    if name == "day":
        day = date.fromisoformat(text)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError
        return day
    if name == "month":
        day = date.fromisoformat(f"{text}-01")
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError
        return day
    if name == "at":
        return time.fromisoformat(text)
    if name == "series" and text not in PRICE_SERIES:
        raise ValueError
    return text
