"""Where a stored value comes from: every revision of one slot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import NotFound, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, days_of, epoch, moment
from chocolate_factory.services.attempts import read_ledger
from chocolate_factory.services.find_holes import why_open

LONGEST_SLOT = timedelta(hours=25)


def show_value(ports: Ports, key: str, at: datetime) -> dict[str, Any]:
    """The slot of a series that contains a moment: value, unit, source, origin, when known, all revisions.

    Raises `UsageError` for an unknown series and `NotFound` for a slot without a value, with the reason.
    """
    info = CATALOG.get(key)
    if info is None:
        raise UsageError(f"There is no series {key!r}.", f"Series: {', '.join(CATALOG)}.")
    told = ports.store.revisions(key, Window(moment(epoch(at)) - LONGEST_SLOT, moment(epoch(at) + 1)))
    told = told.take(told.start + 60 * told.minutes > epoch(at)).known_at(ports.clock())
    if len(told) == 0:
        raise NotFound(
            f"{key} has no value at {moment(epoch(at)):%Y-%m-%d %H:%M} UTC: {_why(ports, key, at)}."
        )
    told = told.take(told.start == told.start.max())
    revisions = revision_rows(told)
    return {
        "series": key,
        "unit": info.unit,
        "kind": str(info.kind),
        "start": moment(told.start[0]),
        "end": moment(told.start[0] + 60 * told.minutes[-1]),
        "due": info.due_slot(int(told.start[0]), int(told.minutes[-1])) if info.rule else None,
        **revisions[-1],
        "sample": ports.sample,
        "revisions": revisions,
    }


def revision_rows(told: Series) -> list[dict[str, object]]:
    """Rows of one slot, oldest knowledge first; `change` is the difference to the one before."""
    change = np.append(np.nan, np.diff(told.value))
    return [
        {
            "value": point.value,
            "minutes": point.minutes,
            "origin": str(point.origin),
            "source": point.source,
            "available_at": point.available_at,
            "change": None if np.isnan(change[row]) else round(float(change[row]), 6),
        }
        for row, point in enumerate(told)
    ]


def _why(ports: Ports, key: str, at: datetime) -> str:
    """Why a slot has no value."""
    info, now = CATALOG[key], ports.clock()
    if info.rule is None:
        return "nothing was loaded or forecast for it"
    day = days_of(Window(moment(epoch(at)), moment(epoch(at) + 1)), info.zone)[0]
    grid, minutes = info.grid(day), info.minutes(day)
    start = int(grid[int(np.searchsorted(grid, epoch(at), "right")) - 1])
    if day < info.earliest:
        return "it is before the series began"
    if info.due_slot(start, minutes) > now:
        return f"it is due {info.due_slot(start, minutes):%Y-%m-%d %H:%M} UTC"
    slot = Window(moment(start), moment(start + 60 * minutes))
    for hole in ports.store.holes(key, slot, now):
        return why_open(ports, read_ledger(ports.store, key), hole, now)[0]
    return "what is stored of it was not known yet"
