"""List what is due and missing, how bad it is, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.preference import order, wants_first
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import Window, days_of
from chocolate_factory.services.attempts import Ledger, read_ledger
from chocolate_factory.services.source_states import failing_of, read_states

Row = dict[str, Any]


def find_holes(
    ports: Ports, days: int | None = None, window: Window | None = None, keys: Iterable[str] | None = None
) -> list[Row]:
    """Holes of every series in a window (or the last `days` up to tomorrow), oldest first in each.

    By default series that a source offers and of which anything is stored, and prices in any case. Each row:
    series, the source that would fill it (empty if none reaches it), start, end (UTC), missing slots, due
    since, severity (`minor` up to 2 hours, `moderate` up to 12, `critical`), reason as of the last attempt,
    and when the next one is.
    """
    now = ports.clock()
    window = window or Window(now - timedelta(days=days or 30), now + timedelta(days=2))
    rows: list[Row] = []
    for key in keys_with_holes(ports) if keys is None else keys:
        ledger = read_ledger(ports.store, key)
        rows += [hole_row(ports, ledger, hole, now) for hole in ports.store.holes(key, window, now)]
    return rows


def keys_with_holes(ports: Ports) -> list[str]:
    """Series of which slots can be missed: those with a rule and a source that were ever had, and prices."""
    offered = {key for source in ports.sources.values() for key in source.series}
    stored = set(ports.store.keys())
    return [
        key
        for key, info in CATALOG.items()
        if info.rule and key in offered and (key in stored or key in {"spot", "pvpc"})
    ]


def hole_row(ports: Ports, ledger: Ledger, hole: Hole, now: datetime) -> Row:
    """A hole with what is known of the attempts to close it."""
    reason, again = why_open(ports, ledger, hole, now)
    days = days_of(Window(hole.start, hole.end), CATALOG[hole.series].zone)
    able, first = reaching(ports, hole, now), wants_first(hole.series, days, now)
    return {
        "series": hole.series,
        "source": next(iter(order(hole.series, 1, able, first)), ""),
        "start": hole.start,
        "end": hole.end,
        "missing": hole.missing,
        "due": hole.due,
        "severity": hole.severity,
        "reason": reason,
        "again": again,
    }


def why_open(ports: Ports, ledger: Ledger, hole: Hole, now: datetime) -> tuple[str, datetime | None]:
    """(why a hole is still there, when it is tried again or None for the next sync)."""
    zone = CATALOG[hole.series].zone
    tried = [ledger.days[day] for day in days_of(Window(hole.start, hole.end), zone) if day in ledger.days]
    if tried:
        latest = max(tried, key=lambda attempt: (attempt.last, bool(attempt.reason)))
        return latest.reason or unreached(ports, hole, now), latest.again
    return unreached(ports, hole, now), None


def reaching(ports: Ports, hole: Hole, now: datetime) -> list[str]:
    """Names of the sources that can tell of some of a hole."""
    span = Window(hole.start, hole.end)
    offering = {name: source for name, source in ports.sources.items() if hole.series in source.series}
    return [name for name, source in offering.items() if span.clip(source.reaches(hole.series, now))]


def unreached(ports: Ports, hole: Hole, now: datetime) -> str:
    """That no source reaches a hole, which of them does not answer, or that nobody was asked yet."""
    offering = [name for name, source in ports.sources.items() if hole.series in source.series]
    if not offering:
        return "no source is set up"
    able = reaching(ports, hole, now)
    if not able:
        return f"out of reach of {', '.join(offering)}"
    failing = failing_of(read_states(ports.store), able, now)
    return "; ".join(f"{state.name}: {state.reason}" for state in failing) or "not asked for yet"
