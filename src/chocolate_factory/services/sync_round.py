"""One sync under way: its ports, which sources have failed so far, and when things were last done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chocolate_factory.core.errors import Changed, SourceError
from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE
from chocolate_factory.domain.ports import Record, Source, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, days_of, local_date, local_midnight
from chocolate_factory.services.sync_report import SeriesReport

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what goes on); a step is a missing day or a weather series."""

RECORD = "sync"
MAX_UNREADABLE = 3


@dataclass(frozen=True)
class SyncRequest:
    """What to have: market days from `from_day` to `to_day` (both included) of some series.

    `force` asks for stored days too. `first_published` has history told by the source of first published
    values, a request a day. Days from `reread_days` ago on are compared with the publisher's again when
    that was last done `reread_hours` ago; weather is fetched again after `weather_hours`.
    """

    from_day: date
    to_day: date
    series: tuple[str, ...] = tuple(CATALOG)
    force: bool = False
    first_published: bool = False
    reread_days: int = 3
    reread_hours: float = 6.0
    weather_hours: float = 3.0


@dataclass
class Round:
    """The ports and the state of one sync.

    Of `total` steps `done` are done, and `until` will be when the series at hand is. `trouble` counts what
    each source did wrong.
    """

    request: SyncRequest
    store: Store
    sources: Mapping[str, Source]
    now: datetime
    progress: Progress | None = None
    total: int = 0
    done: int = 0
    until: int = 0
    trouble: dict[str, int] = field(default_factory=dict)

    @property
    def window(self) -> Window:
        """The window of the request."""
        return span_of([self.request.from_day, self.request.to_day])

    @property
    def today(self) -> date:
        """The market's day."""
        return local_date(self.now, MARKET_ZONE)

    def offering(self, key: str) -> list[str]:
        """Names of the sources of a series."""
        return [name for name, source in self.sources.items() if key in source.series]

    def open_days(self, key: str) -> list[date]:
        """Days of the request with due slots that are not stored."""
        holes = self.store.holes(key, self.window, self.now)
        return sorted({day for hole in holes for day in days_of(Window(hole.start, hole.end), MARKET_ZONE)})

    def fetch(self, report: SeriesReport, name: str, days: Sequence[date]) -> Series | None:
        """What a source says of a run of days, or None: it failed, or has failed enough in this sync.

        One that cannot be reached or refuses is left alone until the next sync, so that it costs seconds;
        one whose answers cannot be read, after a few of them.
        """
        if self.trouble.get(name, 0) >= MAX_UNREADABLE:
            return None
        try:
            return self.sources[name].fetch(report.series, span_of(days), self.now)
        except SourceError as error:
            weight = 1 if isinstance(error, Changed) else MAX_UNREADABLE
            self.trouble[name] = self.trouble.get(name, 0) + weight
            report.add_failure(name, error, days[0], days[-1])
            return None

    def step(self, steps: int, text: str) -> None:
        """Tell how far the sync is; days that are only read again are no steps."""
        self.done = min(self.done + steps, self.until)
        if self.progress is not None:
            self.progress(self.done, self.total, text)

    def last(self, key: str) -> Record | None:
        """When stored days of a series were last compared, or its weather last fetched."""
        return next(iter(self.store.find(RECORD, id=key, limit=1)), None)

    def is_fresh(self, key: str, hours: float) -> bool:
        """Whether that was less than `hours` ago; a moment in the future does not count."""
        record = self.last(key)
        return record is not None and timedelta(0) <= self.now - record.at < timedelta(hours=hours)

    def remember(self, key: str, source: str, first_day: date) -> None:
        """Note that it was done now, from `first_day` on."""
        body = {"source": source, "first_day": first_day.isoformat()}
        self.store.save(Record(RECORD, key, self.now, body))


def span_of(days: Sequence[date]) -> Window:
    """The UTC window of market days, from the first to the last, both included."""
    return Window(
        local_midnight(days[0], MARKET_ZONE), local_midnight(days[-1] + timedelta(days=1), MARKET_ZONE)
    )
