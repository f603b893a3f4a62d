"""History of forecasts as they were issued: back-filled from an archive, day by day, once.

What a sync keeps by issue from the day it first ran is enough for later days; the archive tells the days
before, as far as it goes. Nothing of a plan needs it, so it is asked last and its failure leaves all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.issues import borrowed, by_days_ahead, days_in, spans_of
from chocolate_factory.domain.ports import Record, Source, Store
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, day_window, days_of
from chocolate_factory.domain.validation import RefusedDay
from chocolate_factory.services.sync_observed import judged
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round, chunks

RECORD = "issued"
PAUSE = timedelta(hours=1)
TOLD_AHEAD = timedelta(days=6)
NOON = timedelta(hours=12)


def is_archive(source: Source, key: str, now: datetime) -> bool:
    """Whether a source of forecasts only tells of the past."""
    return CATALOG[key].kind is Kind.FORECAST and source.reaches(key, now).end <= now


def sync_issued(going: Round, reports: Mapping[str, SeriesReport]) -> None:
    """Ask archives of forecasts for the days of the request that are not there, the newest first.

    A day is there when it was asked for before, or when forecasts of it were kept six days ahead. A source
    that failed is left alone for an hour. Days that were told of nothing count as asked for; a forced
    request asks for them again.
    """
    for name, source in going.sources.items():
        keys = [key for key in reports if key in source.series and is_archive(source, key, going.now)]
        if not keys:
            continue
        wanted = {key: _wanted(going, name, key) for key in keys}
        runs = list(chunks(sorted(set().union(*wanted.values())), source.max_days))
        going.total += len(runs)
        going.until += len(runs)
        for days in reversed(runs):
            lacking = {key: reports[key] for key in keys if wanted[key] & set(days)}
            if not _fill(going, lacking, name, days):
                break
            going.step(1, f"forecasts as issued: {days[0]} to {days[-1]} from {name}")


def _wanted(going: Round, name: str, key: str) -> set[date]:
    """Days of the request in reach that are not there; none while the source is left alone."""
    zone = CATALOG[key].zone
    reach = going.sources[name].reaches(key, going.now).clip(going.window)
    if reach is None:
        return set()
    days = {day for day in days_of(reach, zone) if day_window(day, zone).end <= reach.end}
    if going.request.force:
        return days
    done, failed_at = read_issued(going.store, name, key)
    if failed_at and timedelta(0) <= going.now - failed_at < PAUSE and not going.request.impatient:
        return set()
    opened = days - done
    kept = {day for day in opened if _kept_ahead(going.store, key, day)}
    if kept:
        _note(going, name, key, kept)
    return opened - kept


def _kept_ahead(store: Store, key: str, day: date) -> bool:
    """Whether a forecast of a day was stored days before it."""
    window = day_window(day, CATALOG[key].zone)
    noon = Window(window.start + NOON, window.start + NOON + timedelta(hours=1))
    return len(store.read(key, noon, window.start - TOLD_AHEAD)) > 0


def _fill(going: Round, reports: Mapping[str, SeriesReport], name: str, days: Sequence[date]) -> bool:
    """Ask for a run of days and store what can be trusted; False when the source failed."""
    told: dict[str, Series] = {}
    for key, report in reports.items():
        answer = going.fetch(report, name, days)
        if answer is None:
            for other in reports:
                _note(going, name, other, (), failed=True)
            return False
        told[key] = answer
    good, refused = trusted(told, days)
    first = next(iter(reports.values()))
    first.add_refused(name, [RefusedDay(first.series, day, fault) for day, fault in refused.items()])
    for key, report in reports.items():
        report.add_rows(name, going.write(good[key]))
        _note(going, name, key, set(days) - set(refused), failed=bool(refused))
    return True


def trusted(told: Mapping[str, Series], days: Sequence[date]) -> tuple[dict[str, Series], dict[date, str]]:
    """(rows to store by series, why a day is refused) of an archive's answer.

    The forecasts of so many days ahead are looked at as weather is, all series of a day together, and a day
    that is wrong in one is refused in all. A forecast that is the next newer one again is a fault of all.
    """
    leads = {key: by_days_ahead(rows) for key, rows in told.items()}
    nothing = {key: empty(key) for key in told}
    refused: dict[date, str] = {}
    for ahead in sorted(set().union(*leads.values())):
        answers = {key: found.get(ahead, empty(key)) for key, found in leads.items()}
        refused = {**judged(answers, nothing, days)[1], **refused}
        for key, rows in answers.items():
            if borrowed(leads[key].get(ahead - 1, empty(key)), rows):
                text = f"{key}: what is told as forecast {ahead + 1} days before is the forecast of {ahead}"
                refused = dict.fromkeys(days, text)
    kept = [
        day_window(day, CATALOG[key].zone) for key in list(told)[:1] for day in days if day not in refused
    ]
    good = {}
    for key, rows in told.items():
        parts = [part for window in kept if len(part := rows.within(window))]
        good[key] = concat(parts) if parts else empty(key)
    return good, refused


def read_issued(store: Store, name: str, key: str) -> tuple[set[date], datetime | None]:
    """(days that an archive need not be asked for, when it last failed) of one series."""
    record = next(iter(store.find(RECORD, id=f"{name} {key}", limit=1)), None)
    if record is None:
        return set(), None
    spans, failed = record.body["days"], record.body["failed_at"]
    if not isinstance(spans, list):
        return set(), None
    done = days_in((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans)
    return done, datetime.fromisoformat(str(failed)) if failed else None


def _note(
    going: Round, name: str, key: str, days: Sequence[date] | set[date], *, failed: bool = False
) -> None:
    """Note days as done, and that the source failed now or did not."""
    done, _ = read_issued(going.store, name, key)
    spans = [[first.isoformat(), last.isoformat()] for first, last in spans_of(done | set(days))]
    body = {"days": spans, "failed_at": going.now.isoformat() if failed else None}
    going.store.save(Record(RECORD, f"{name} {key}", going.now, body))
