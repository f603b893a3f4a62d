"""History loaded after its correction moment: ask for the values that were published first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports, Record, Source, Store
from chocolate_factory.domain.preference import ANY, PREFERENCES
from chocolate_factory.domain.publication import READ_LATE, TOLERANCE, by_day
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.slots import Window, day_window, days_of, moment
from chocolate_factory.services.sync_report import Failure
from chocolate_factory.services.sync_round import chunks
from chocolate_factory.services.sync_series import SyncRequest, sync

RECORD = "first_values"
MOST_DAYS = 30
AGAIN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Repair:
    """Days asked for, those of them whose first values are `known` now, and what failed."""

    asked: list[date]
    known: list[date]
    failures: list[Failure]


@dataclass
class Listened:
    """A source whose answers are kept, by the days they are about. See `Source`."""

    source: Source
    answers: dict[date, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name, self.series, self.max_days = self.source.name, self.source.series, self.source.max_days

    def reaches(self, key: str, now: datetime) -> Window:
        """As the source. See `Source`."""
        return self.source.reaches(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """As the source. See `Source`."""
        answer = self.source.fetch(key, window, now)
        zone = CATALOG[key].zone
        self.answers |= {day: answer.within(day_window(day, zone)) for day in days_of(window, zone)}
        return answer


def repair_first_values(ports: Ports, key: str, most_days: int = MOST_DAYS) -> Repair:
    """Ask for the newest days that were only read after their corrections as they were published first.

    Where the first value differs, the stored one becomes the later correction it was; where it is the same,
    it is stored as told first. A day that the source does not have is asked for again after a week; a source
    that cannot be reached ends it. Does nothing for a series without such a source; raises what the store
    raises.
    """
    now, source = ports.clock(), ports.sources.get(PREFERENCES.get(key, ANY).first_published or "")
    if source is None:
        return Repair([], [], [])
    in_vain = _read_in_vain(ports.store, key)
    waiting = {day for day, at in in_vain.items() if timedelta(0) <= now - at < AGAIN_AFTER}
    days = [day for day in read_late_days(ports.store, key) if day not in waiting][-most_days:]
    failures: list[Failure] = []
    for run in chunks(days, most_days):
        listened = Listened(source)
        asked = SyncRequest(run[0], run[-1], (key,), force=True, first_published=True, reread_days=0)
        found = sync(asked, ports.store, {source.name: listened}, now).failures
        failures += found
        odd = {failure.first_day for failure in found if failure.error == Changed.__name__}
        _confirm(
            ports.store, [rows for day, rows in listened.answers.items() if day in run and day not in odd]
        )
        in_vain |= dict.fromkeys((listened.answers.keys() | odd) & set(run), now)
        if any(failure.error != Changed.__name__ for failure in found):
            break
    left = set(read_late_days(ports.store, key))
    _save_in_vain(ports.store, key, {day: at for day, at in in_vain.items() if day in left}, now)
    return Repair(days, [day for day in days if day not in left], failures)


def read_late_days(store: Store, key: str) -> list[date]:
    """Days whose first stored values may be corrected ones, ascending."""
    span = store.span(key)
    late = _late(store.revisions(key, span)) if span else empty(key)
    return [day for day, _ in by_day(late.start, CATALOG[key].zone)]


def _confirm(store: Store, answers: Sequence[Series]) -> None:
    """Store what was told first in place of the equal values that were read late."""
    for told in answers:
        if len(told):
            end = moment(int(told.start[-1] + 60 * told.minutes[-1]))
            late = _late(store.revisions(told.key, Window(moment(int(told.start[0])), end)))
            _, here, there = np.intersect1d(told.start, late.start, return_indices=True)
            same = np.abs(told.value[here] - late.value[there]) <= TOLERANCE
            same &= told.available_at[here] == late.available_at[there]
            store.load(told.take(here[same]))


def _late(rows: Series) -> Series:
    return rows.take(np.array([text.endswith(READ_LATE) for text in rows.source.tolist()], bool))


def _read_in_vain(store: Store, key: str) -> dict[date, datetime]:
    """Days that the source could not settle, and when it was asked."""
    record = next(iter(store.find(RECORD, id=key, limit=1)), None)
    rows = record.body["in_vain"] if record else None
    if not isinstance(rows, Mapping):
        return {}
    return {date.fromisoformat(day): datetime.fromisoformat(str(at)) for day, at in rows.items()}


def _save_in_vain(store: Store, key: str, days: Mapping[date, datetime], now: datetime) -> None:
    rows = {day.isoformat(): at.isoformat() for day, at in sorted(days.items())}
    if rows or store.find(RECORD, id=key, limit=1):
        store.save(Record(RECORD, key, now, {"in_vain": rows}))
