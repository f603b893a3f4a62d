"""Stored prices, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, epoch, local_date, local_midnight, moment
from chocolate_factory.services.show_value import revision_rows

Row = dict[str, Any]

PAGE = 3000


@dataclass(frozen=True)
class PriceQuery:
    """Which slots: default from local midnight of today to the last one stored, as known now.

    `provenance` adds the unit and every revision known by `as_of` to each slot.
    At most `limit` slots are told.
    """

    series: str
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    provenance: bool = False
    limit: int = PAGE


def read_prices(ports: Ports, query: PriceQuery) -> dict[str, object]:
    """Stored slots with origin, source and time of knowledge; `next_start` continues a full page."""
    now, zone = ports.clock(), ports.factory.site.timezone
    span = ports.store.span(query.series)
    if span is None:
        raise DataMissing(f"No {query.series} prices are stored.")
    start = query.start or local_midnight(local_date(now, zone), zone)
    end = query.end or max(span.end, start)
    if end < start:
        raise UsageError("The window ends before it starts.", "Give an `end` after `start`.")
    as_of = min(query.as_of or now, now)
    window = Window(moment(epoch(start)), moment(epoch(end)))
    series = ports.store.read(query.series, clipped(window), as_of)
    rows: list[Row] = [
        {
            "start": p.start,
            "minutes": p.minutes,
            "price_eur_mwh": p.value,
            "origin": str(p.origin),
            "source": p.source,
            "available_at": p.available_at,
        }
        for p in series.take(slice(0, query.limit))
    ]
    if query.provenance:
        add_revisions(ports, query.series, rows, as_of)
    more = moment(series.start[query.limit]) if len(series) > query.limit else None
    if more is None and window.end > clipped(window).end:
        more = clipped(window).end
    return {
        "series": query.series,
        "sample": ports.sample,
        "as_of": as_of,
        "points": rows,
        "next_start": more,
    }


def add_revisions(ports: Ports, key: str, rows: list[Row], as_of: datetime) -> None:
    """Give each row the unit of its series and its revisions, oldest knowledge first."""
    if not rows:
        return
    window = Window(rows[0]["start"], rows[-1]["start"] + timedelta(minutes=rows[-1]["minutes"]))
    told = ports.store.revisions(key, window).known_at(as_of)
    bounds = np.searchsorted(told.start, [epoch(row["start"]) for row in rows] + [epoch(window.end)])
    for row, (first, end) in zip(rows, pairwise(bounds), strict=True):
        row |= {"unit": CATALOG[key].unit, "revisions": revision_rows(told.take(slice(first, end)))}


def clipped(window: Window) -> Window:
    """At most a page of quarter-hours is read at once."""
    return Window(window.start, min(window.end, window.start + timedelta(minutes=15 * PAGE)))
