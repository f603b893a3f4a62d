"""The ledger of days that could not be had: which source was asked how often, why not, and when again.

Only answers count: a source that could not be reached has not been asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series_info import DAY_MINUTES

RECORD, REFUSED = "attempts", "refused, "
FIRST_WAIT, LONGEST_WAIT, GROWTH = timedelta(hours=1), timedelta(days=4), 3
WEEK, MONDAY = timedelta(days=7), datetime(2024, 1, 1, 3, tzinfo=UTC)
"""What is in vain for long is asked for at one moment of the week, so that its days make few requests."""
YOUNG = timedelta(days=1)


@dataclass(frozen=True)
class Attempt:
    """A source that answered in vain for a day: why, and the moment from which it is asked once more.

    `count` are the attempts since the day was more than late; `missing` slots of it were still missing.
    """

    count: int
    last: datetime
    again: datetime
    text: str
    missing: int = 0


@dataclass(frozen=True)
class Tried:
    """The attempts for one day, by source."""

    by_source: Mapping[str, Attempt]

    @property
    def reason(self) -> str:
        """What each source answered, in one line."""
        return "; ".join(f"{name}: {attempt.text}" for name, attempt in self.by_source.items())

    @property
    def last(self) -> datetime:
        """When a source was last asked."""
        return max(attempt.last for attempt in self.by_source.values())

    @property
    def again(self) -> datetime:
        """When the next source is asked again."""
        return min(attempt.again for attempt in self.by_source.values())


@dataclass
class Ledger:
    """The attempts of one series, by day."""

    series: str
    days: dict[date, Tried] = field(default_factory=dict)
    changed: bool = False

    def waits(self, day: date, name: str, now: datetime, missing: int = 0) -> bool:
        """Whether a source is not to be asked yet for a day with so many slots missing.

        It is when more is missing than after its last attempt; a ledger of the future does not count.
        """
        tried = self.days.get(day)
        attempt = tried.by_source.get(name) if tried else None
        if attempt is None or missing > attempt.missing:
            return False
        return attempt.last <= now < attempt.again

    def failed(self, day: date, name: str, now: datetime, text: str, missing: int = 0) -> None:
        """Note a vain attempt: 1 h, 3 h, 9 h … later it is made again, at last once a week for all days.

        A day that is due for less than a day is only late: it is asked for every time (of a series with one
        value a day every hour), and its first wait is that of a first attempt. What was refused once is asked
        for again at once: most faults pass.
        """
        others = dict(self.days[day].by_source) if day in self.days else {}
        before = others.get(name)
        info = CATALOG[self.series]
        count = before.count if before else 0
        refused = text.startswith(REFUSED)
        if now - info.due(day) < YOUNG:
            again = now + (FIRST_WAIT if info.step == DAY_MINUTES and not refused else timedelta(0))
        elif refused and count == 0:
            again, count = now, 1
        else:
            again = now + FIRST_WAIT * GROWTH ** min(count, 8)
            if again - now >= LONGEST_WAIT:
                again = now + WEEK - (now - MONDAY) % WEEK
            count += 1
        self.days[day] = Tried({**others, name: Attempt(count, now, again, text, missing)})
        self.changed = True

    def closed(self, day: date) -> None:
        """Forget a day that could be had."""
        if self.days.pop(day, None) is not None:
            self.changed = True


def read_ledger(store: Store, series: str) -> Ledger:
    """The ledger of a series as stored."""
    record = next(iter(store.find(RECORD, id=series, limit=1)), None)
    if record is None:
        return Ledger(series)
    rows = record.body["days"]
    if not isinstance(rows, Mapping):
        return Ledger(series)
    return Ledger(series, {date.fromisoformat(day): _read_day(told) for day, told in rows.items()})


def _read_day(told: Mapping[str, Mapping[str, Any]]) -> Tried:
    return Tried(
        {
            name: Attempt(
                int(row["count"]),
                datetime.fromisoformat(row["last"]),
                datetime.fromisoformat(row["again"]),
                str(row["text"]),
                int(row["missing"]),
            )
            for name, row in told.items()
        }
    )


def save_ledger(store: Store, ledger: Ledger, now: datetime) -> None:
    """Store the ledger if anything changed."""
    if not ledger.changed:
        return
    rows = {
        day.isoformat(): {
            name: {
                "count": attempt.count,
                "last": attempt.last.isoformat(),
                "again": attempt.again.isoformat(),
                "text": attempt.text,
                "missing": attempt.missing,
            }
            for name, attempt in tried.by_source.items()
        }
        for day, tried in sorted(ledger.days.items())
    }
    store.save(Record(RECORD, ledger.series, now, {"days": rows}))
    ledger.changed = False
