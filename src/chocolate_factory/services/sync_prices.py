"""The price part of a sync: missing days from one source after the other, recent days again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE
from chocolate_factory.domain.preference import PREFERENCES, order
from chocolate_factory.domain.publication import Reading, by_day, revise
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.slots import Window, day_window, days_between, days_of, local_date
from chocolate_factory.domain.validation import inspect
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round, span_of

DAY = timedelta(days=1)
LONGEST_AWAY = timedelta(days=31)


def days_wanted(going: Round, key: str) -> list[date]:
    """Due days that are not wholly stored, or all due days when forced; none from before the series began."""
    info = CATALOG[key]
    days = going.open_days(key)
    if going.request.force:
        days = [day for day in days_of(going.window, MARKET_ZONE) if info.due(day) <= going.now]
    return [day for day in days if day >= PREFERENCES[key].earliest]


def sync_prices(going: Round, report: SeriesReport, wanted: Sequence[date]) -> None:
    """Have the wanted days of one series and compare recent ones; all outcomes go into the report."""
    key = report.series
    had: dict[str, set[date]] = {}
    left = list(wanted)
    for name in order(key, len(wanted), going.offering(key), going.request.first_published):
        had[name], absent = _ask(going, report, name, left)
        report.add_absent(name, absent)
        left = [day for day in left if day not in had[name]]
    _reread(going, report, had)
    holes = going.store.holes(key, going.window, going.now)
    report.missing = sum(hole.missing for hole in holes)
    report.missing_since = min((hole.start for hole in holes), default=None)


def _ask(going: Round, report: SeriesReport, name: str, days: Sequence[date]) -> tuple[set[date], list[date]]:
    """Ask one source and store what can be trusted; returns (days it had, days it did not have yet)."""
    had: set[date] = set()
    absent: list[date] = []
    for chunk in _chunks(days, going.sources[name].max_days):
        answer = going.fetch(report, name, chunk)
        if answer is None:
            continue
        before = _before(going, report, name, chunk) if len(answer) else answer
        good, refused = inspect(answer, chunk, before)
        report.add_refused(name, refused)
        _write(going, report, name, good)
        found = {day for day, _ in by_day(good.start)}
        absent += sorted(set(chunk) - found - {refusal.day for refusal in refused})
        had |= found
        going.step(len(found), f"{report.series}: {chunk[0]} to {chunk[-1]} from {name}")
    return had, absent


def _before(going: Round, report: SeriesReport, name: str, chunk: Sequence[date]) -> Series:
    """Stored prices of the days before those of a chunk, to know a day that is served twice.

    When the day before the first is not stored, it is asked for and not kept: of another source than the
    one to be checked, if there is one, since a source that is a day behind is so on both days.
    """
    key, day = report.series, chunk[0] - DAY
    end = day_window(chunk[-1], MARKET_ZONE).start
    stored = going.store.read(key, Window(day_window(day, MARKET_ZONE).start, end))
    if len(stored.within(day_window(day, MARKET_ZONE))) or day < PREFERENCES[key].earliest:
        return stored
    others = [other for other in going.offering(key) if other != name]
    for witness in [*others, name]:
        answer = going.fetch(report, witness, [day])
        good = empty(key) if answer is None else inspect(answer, [day], empty(key))[0]
        if len(good):
            return good
    return stored


def _write(going: Round, report: SeriesReport, name: str, good: Series) -> None:
    """Store trusted rows with the right time of knowledge."""
    if len(good) == 0:
        return
    preference, last = PREFERENCES[report.series], going.last(report.series)
    reading = Reading(
        going.now,
        first_published=name == preference.first_published,
        may_be_corrected=name == preference.recheck and preference.first_published is not None,
        checked_at=last.at if last else None,
        checked_from=date.fromisoformat(str(last.body["first_day"])) if last else None,
    )
    window = span_of([day for day, _ in by_day(good.start)])
    rows = revise(good, going.store.revisions(report.series, window), reading)
    corrected = int(np.sum(~np.isin(rows.available_at, good.available_at)))
    report.add_rows(name, going.store.write(rows), corrected)


def _reread(going: Round, report: SeriesReport, had: dict[str, set[date]]) -> None:
    """Compare stored days with what is published now.

    Recent ones every few hours, and those just had as first published whose corrections would be out.
    """
    key, preference = report.series, PREFERENCES[report.series]
    recheck = preference.recheck
    if recheck not in going.offering(key):
        return
    recent: list[date] = []
    if going.request.force or not going.is_fresh(key, going.request.reread_hours):
        recent = _recent(going, key)
    told_first = had.get(preference.first_published or "", set())
    late = [day for day in told_first if CATALOG[key].correction_seen(day) <= going.now]
    done = had.get(recheck, set()) | set(report.absent.get(recheck, []))
    failures = len(report.failures)
    _, absent = _ask(going, report, recheck, sorted({*recent, *late} - done))
    report.add_absent(recheck, absent)
    if recent and recheck not in going.trouble and len(report.failures) == failures:
        going.remember(key, recheck, recent[0])


def _recent(going: Round, key: str) -> list[date]:
    """Stored days of the request from `reread_days` before today, or before the last comparison, on."""
    request, due, last = going.request, CATALOG[key].due, going.last(key)
    since = min(going.today, local_date(last.at, MARKET_ZONE)) if last else going.today
    since = max(since - timedelta(days=request.reread_days), going.today - LONGEST_AWAY)
    gaps = going.open_days(key)
    days = days_between(max(request.from_day, since), request.to_day)
    return [day for day in days if due(day) <= going.now and day not in gaps]


def _chunks(days: Sequence[date], most: int) -> Iterator[list[date]]:
    """Runs of successive days, at most `most` long."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] != DAY or len(run) == most):
            yield run
            run = []
        run.append(day)
    if run:
        yield run
