"""One sync under way: its ports, which sources have failed so far, and when things were last done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chocolate_factory.core.errors import Changed, SourceError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Record, Source, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE, Hole
from chocolate_factory.domain.slots import Window, day_window, days_of, local_date, local_midnight
from chocolate_factory.services.attempts import Ledger, read_ledger, save_ledger
from chocolate_factory.services.source_states import note_states
from chocolate_factory.services.sync_report import SeriesReport

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what goes on); a step is a missing day or a weather forecast."""

RECORD = "sync"
MAX_UNREADABLE = 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class SyncRequest:
    """What to have: market days from `from_day` to `to_day` (both included) of some series.

    `force` asks for stored days too; `impatient` for days whose time to be asked for again has not come.
    `first_published` has history told by the source of first published values, a request a day. Days from
    `reread_days` ago on are compared with the publisher's again when that was last done `reread_hours` ago;
    the site's forecast of weather is fetched again after `weather_hours`.
    """

    from_day: date
    to_day: date
    series: tuple[str, ...] = tuple(CATALOG)
    force: bool = False
    impatient: bool = False
    first_published: bool = False
    reread_days: int = 3
    reread_hours: float = 6.0
    weather_hours: float = 6.0


@dataclass
class Round:
    """The ports and the state of one sync.

    Of `total` steps `done` are done, and `until` will be when the series at hand is. `trouble` counts what
    each source did wrong, `heard` says how each fared, `answers` why a source did not close a day. Of the
    days whose total generation was `judged`, by source, `doubted` are those it was refused on, and why.
    `gaps` are the holes of a series since it was last written here, `marks` its record of a comparison.
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
    heard: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, date], dict[str, str]] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)
    judged: set[tuple[str, date]] = field(default_factory=set)
    doubted: dict[tuple[str, date], str] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    gaps: dict[str, list[Hole]] = field(default_factory=dict)
    marks: dict[str, Record | None] = field(default_factory=dict)

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

    def reached(self, name: str, key: str, days: Sequence[date]) -> list[date]:
        """The days that a source can tell anything of."""
        reach, zone = self.sources[name].reaches(key, self.now), CATALOG[key].zone
        return [day for day in days if day_window(day, zone).clip(reach)]

    def write(self, rows: Series) -> int:
        """Store rows; returns how many changed something."""
        self.gaps.pop(rows.key, None)
        return self.store.write(rows)

    def holes(self, key: str) -> list[Hole]:
        """Holes of the request in a series; what others write meanwhile shows when the series is settled."""
        if key not in self.gaps:
            self.gaps[key] = self.store.holes(key, self.window, self.now)
        return self.gaps[key]

    def missing_slots(self, key: str) -> dict[date, int]:
        """Due slots of the request that are not stored, by day."""
        info = CATALOG[key]
        found: dict[date, int] = {}
        for hole in self.holes(key):
            for day in days_of(Window(hole.start, hole.end), info.zone):
                part = day_window(day, info.zone).clip(Window(hole.start, hole.end))
                if part is not None:
                    found[day] = found.get(day, 0) + max(1, part.slot_count(info.minutes(day)))
        return dict(sorted(found.items()))

    def open_days(self, key: str) -> list[date]:
        """Days of the request with due slots that are not stored."""
        return list(self.missing_slots(key))

    def ledger(self, key: str) -> Ledger:
        """The attempts made for a series so far."""
        if key not in self.ledgers:
            self.ledgers[key] = read_ledger(self.store, key)
        return self.ledgers[key]

    def days_wanted(self, key: str) -> list[date]:
        """Due days that are not wholly stored and whose time has come; all due days when forced."""
        info = CATALOG[key]
        if self.request.force:
            return [
                day
                for day in days_of(self.window, info.zone)
                if info.due(day) <= self.now and day >= info.earliest
            ]
        return [
            day
            for day, missing in self.missing_slots(key).items()
            if self.request.impatient or self.able(key, day, missing)
        ]

    def able(self, key: str, day: date, missing: int) -> bool:
        """Whether a source that reaches a day may be asked for it now, or none reaches it at all."""
        reaching = [name for name in self.offering(key) if self.reached(name, key, [day])]
        ledger = self.ledger(key)
        return not reaching or any(not ledger.waits(day, name, self.now, missing) for name in reaching)

    def askable(self, name: str, key: str, days: Sequence[date]) -> list[date]:
        """Of open days those that a source reaches and may be asked for now."""
        reached = self.reached(name, key, days)
        if not reached or self.request.force or self.request.impatient:
            return reached
        missing, ledger = self.missing_slots(key), self.ledger(key)
        return [day for day in reached if not ledger.waits(day, name, self.now, missing.get(day, 0))]

    def fetch(self, report: SeriesReport, name: str, days: Sequence[date]) -> Series | None:
        """What a source says of a run of days, or None: it failed, or has failed enough in this sync.

        One that cannot be reached or refuses is left alone until the next sync, so that it costs seconds;
        one whose answers cannot be read, after a few of them. An error with a status is one of that series.
        """
        if self.trouble.get(name, 0) >= MAX_UNREADABLE or (name, report.series) in self.failed:
            return None
        zone = CATALOG[report.series].zone
        try:
            answer = self.sources[name].fetch(report.series, span_of(days, zone), self.now)
        except SourceError as error:
            passing = isinstance(error, Changed)
            weight = 1 if passing or error.answered else MAX_UNREADABLE
            self.trouble[name] = self.trouble.get(name, 0) + weight
            if not passing:
                self.failed.add((name, report.series))
            report.add_failure(name, error, days[0], days[-1])
            self.heard[name] = report.failures[-1].reason
            return None
        self.heard.setdefault(name, "")
        return answer

    def answered(self, key: str, day: date, name: str, text: str) -> None:
        """Note why a source that answered did not close a day; what it said first in this sync counts."""
        self.answers.setdefault((key, day), {}).setdefault(name, text)

    def settle(self, report: SeriesReport, wanted: Sequence[date]) -> None:
        """After all sources of a series were asked: the ledger of wanted days, and what is still missing."""
        key, ledger = report.series, self.ledger(report.series)
        self.gaps.pop(key, None)
        holes = self.holes(key)
        left = self.missing_slots(key)
        for day in wanted:
            if day not in left:
                ledger.closed(day)
            else:
                for name, text in self.answers.get((key, day), {}).items():
                    ledger.failed(day, name, self.now, text, left[day])
        report.missing = sum(hole.missing for hole in holes)
        report.missing_since = min((hole.start for hole in holes), default=None)

    def finish(self, reports: Sequence[SeriesReport]) -> None:
        """Store ledgers and how the sources fared."""
        for report in reports:
            for name, refusal in report.refused:
                self.heard[name] = f"{refusal.day} refused: {refusal.reason}"
        for ledger in self.ledgers.values():
            save_ledger(self.store, ledger, self.now)
        note_states(self.store, self.heard, self.now)

    def step(self, steps: int, text: str) -> None:
        """Tell how far the sync is; days that are only read again are no steps."""
        self.done = min(self.done + steps, self.until)
        if self.progress is not None:
            self.progress(self.done, self.total, text)

    def last(self, key: str) -> Record | None:
        """When stored days of a series were last compared, or its weather last fetched."""
        if key not in self.marks:
            self.marks[key] = next(iter(self.store.find(RECORD, id=key, limit=1)), None)
        return self.marks[key]

    def is_fresh(self, key: str, hours: float) -> bool:
        """Whether that was less than `hours` ago; a moment in the future does not count."""
        record = self.last(key)
        return record is not None and timedelta(0) <= self.now - record.at < timedelta(hours=hours)

    def remember(self, key: str, source: str, first_day: date, *, partial: bool = False) -> None:
        """Note that it was done now, from `first_day` on; `partial` when a source of it failed."""
        body = {"source": source, "first_day": first_day.isoformat(), "partial": partial}
        record = self.marks[key] = Record(RECORD, key, self.now, body)
        self.store.save(record)


def span_of(days: Sequence[date], zone: str = MARKET_ZONE) -> Window:
    """The UTC window of local days, from the first to the last, both included."""
    return Window(local_midnight(days[0], zone), local_midnight(days[-1] + DAY, zone))


def chunks(days: Sequence[date], most: int) -> Iterator[list[date]]:
    """Runs of successive days, at most `most` long."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] != DAY or len(run) == most):
            yield run
            run = []
        run.append(day)
    if run:
        yield run
