"""Close what is missing in all that is stored, from the best source able to give that age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.series_info import Hole, Kind
from chocolate_factory.domain.slots import Window, local_date, local_midnight
from chocolate_factory.services.attempts import read_ledger
from chocolate_factory.services.find_holes import Row, hole_row, keys_with_holes
from chocolate_factory.services.sync_report import Failure
from chocolate_factory.services.sync_round import Progress, SyncRequest
from chocolate_factory.services.sync_series import sync

DAY = timedelta(days=1)
NEVER = 1e6
RECORD, LAST = "healing", "last"


@dataclass(frozen=True)
class HealRequest:
    """What to heal: days (default: each series from its first stored slot on) and series (default: all).

    `impatient` asks for days whose next attempt is not due yet, too.
    """

    from_day: date | None = None
    to_day: date | None = None
    series: tuple[str, ...] = ()
    impatient: bool = False


@dataclass(frozen=True)
class HealReport:
    """Slots `found` missing, `closed` (looked up in the store afterwards), holes `left` with reasons."""

    at: datetime
    found: int
    closed: int
    by_series: dict[str, tuple[int, int]]
    left: list[Row]
    failures: list[Failure]

    def to_json(self) -> dict[str, object]:
        """The report for JSON; moments stay moments."""
        return {
            "at": self.at,
            "found": self.found,
            "closed": self.closed,
            "series": [
                {"series": key, "found": found, "closed": closed}
                for key, (found, closed) in self.by_series.items()
            ],
            "left": self.left,
            "failures": [failure.to_json() for failure in self.failures],
        }


def heal(ports: Ports, request: HealRequest, progress: Progress | None = None) -> HealReport:
    """Ask for every hole's days and verify in the store what was closed; nothing is estimated.

    Raises `UsageError` for a series that cannot be healed, and what the store raises.
    """
    now = ports.clock()
    keys = keys_with_holes(ports)
    for key in request.series:
        if key not in keys:
            raise UsageError(f"{key} cannot be healed: nothing of it is stored, or it has no source.")
    windows = {key: window_of(ports, key, request) for key in request.series or keys}
    before = {key: ports.store.holes(key, window, now) for key, window in windows.items()}
    broken = [key for key, holes in before.items() if holes]
    failures: list[Failure] = []
    for first, group in _by_first_day({key: before[key] for key in broken}).items():
        last = request.to_day or local_date(now, ports.factory.site.timezone) + DAY
        asked = SyncRequest(first, last, tuple(group), reread_hours=NEVER, impatient=request.impatient)
        failures += sync(asked, ports.store, ports.sources, now, progress).failures
    after = {key: ports.store.holes(key, windows[key], now) for key in broken}
    counts = {key: (_slots(before[key]), _slots(before[key]) - _slots(after[key])) for key in broken}
    left = [
        hole_row(ports, ledger, hole, now)
        for key, holes in after.items()
        for ledger in (read_ledger(ports.store, key),)
        for hole in holes
    ]
    found, closed = np.sum(list(counts.values()), axis=0) if counts else (0, 0)
    note_healing(ports.store, now, counts)
    return HealReport(now, int(found), int(closed), counts, left, failures)


def note_healing(store: Store, now: datetime, counts: Mapping[str, tuple[int, int]]) -> None:
    """Keep what was found and closed, in all and of each series, where it is told until its next healing."""
    last = next(iter(store.find(RECORD, id=LAST, limit=1)), None)
    told: Any = last.body["series"] if last else {}
    series = dict(told)
    for key, (found, closed) in counts.items():
        series[key] = {"at": now.isoformat(), "found": found, "closed": closed}
    found, closed = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    store.save(Record(RECORD, LAST, now, {"found": found, "closed": closed, "series": series}))


def window_of(ports: Ports, key: str, request: HealRequest) -> Window:
    """The span to heal of a series: as asked, else from its first stored slot to tomorrow."""
    zone, now = CATALOG[key].zone, ports.clock()
    span = ports.store.span(key)
    start = span.start if span else now - timedelta(days=30)
    if request.from_day:
        start = local_midnight(request.from_day, zone)
    end = local_midnight((request.to_day or local_date(now, zone) + DAY) + DAY, zone)
    return Window(min(start, end), end)


def _by_first_day(holes: dict[str, Sequence[Hole]]) -> dict[date, list[str]]:
    """Series by the day of their first hole; observed weather of all kinds together, one answer serves it."""
    groups: dict[date, list[str]] = {}
    firsts = {key: local_date(found[0].start, CATALOG[key].zone) for key, found in holes.items()}
    for kind in Kind:
        members = [key for key in firsts if CATALOG[key].kind is kind]
        shared = min((firsts[key] for key in members), default=None)
        for key in members:
            first = shared if kind in {Kind.OBSERVED, Kind.CLIMATE} and shared else firsts[key]
            groups.setdefault(first, []).append(key)
    return groups


def _slots(holes: Sequence[Hole]) -> int:
    return sum(hole.missing for hole in holes)
