"""List what is due and missing."""

from __future__ import annotations

from datetime import timedelta

from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window


def find_holes(
    ports: Ports, days: int | None = None, window: Window | None = None
) -> list[dict[str, object]]:
    """Holes of every price series in a window (or the last `days` up to tomorrow), oldest first.

    Each row: series, the source that would fill it, start, end (UTC), missing slots, due since.
    """
    now = ports.clock()
    window = window or Window(now - timedelta(days=days or 30), now + timedelta(days=2))
    offered = {
        key: next((s.name for s in ports.sources.values() if key in s.series), "") for key in PRICE_SERIES
    }
    return [
        {
            "series": hole.series,
            "source": offered[hole.series],
            "start": hole.start,
            "end": hole.end,
            "missing": hole.missing,
            "due": hole.due,
        }
        for key in PRICE_SERIES
        for hole in ports.store.holes(key, window, now)
    ]
