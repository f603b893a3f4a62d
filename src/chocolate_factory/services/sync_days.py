"""Prices and figures of the system: missing days from one source after the other, recent days again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, GENERATION
from chocolate_factory.domain.preference import ANY, PREFERENCES, order, rechecking, wants_first
from chocolate_factory.domain.publication import Reading, by_day, revise
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind
from chocolate_factory.domain.slots import Window, day_window, days_between, local_date
from chocolate_factory.domain.validation import RefusedDay, inspect
from chocolate_factory.services.compared_days import forget_compared, note_compared, uncompared_days
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round, chunks, span_of

DAY = timedelta(days=1)
LONGEST_AWAY = timedelta(days=31)
TOTAL = "generation_total"
PARTS = frozenset(f"generation_{name}" for name in GENERATION) - {TOTAL}


def sync_days(going: Round, report: SeriesReport, wanted: Sequence[date]) -> None:
    """Have the wanted days of one series and compare recent ones; all outcomes go into the report."""
    key = report.series
    had: dict[str, set[date]] = {}
    left = list(wanted)
    forget_compared(going.store, key, going.open_days(key), going.now)
    first = going.request.first_published or wants_first(key, wanted, going.now)
    for name in order(key, len(wanted), going.offering(key), first):
        asked = going.askable(name, key, left)
        had[name], absent = _ask(going, report, name, asked)
        report.add_absent(name, absent)
        left = _still_open(going, key, left, had[name])
    _reread(going, report, had)
    going.settle(report, wanted)


def _still_open(going: Round, key: str, left: Sequence[date], had: set[date]) -> list[date]:
    """Wanted days for the next source: those that were not had, or of which a part was not."""
    if CATALOG[key].kind is not Kind.PRICE and had:
        gaps = set(going.open_days(key))
        had = {day for day in had if day not in gaps}
    return [day for day in left if day not in had]


def _ask(going: Round, report: SeriesReport, name: str, days: Sequence[date]) -> tuple[set[date], list[date]]:
    """Ask one source and store what can be trusted; returns (days it had, days it did not have yet)."""
    key, zone = report.series, CATALOG[report.series].zone
    had: set[date] = set()
    absent: list[date] = []
    for chunk in chunks(days, going.sources[name].max_days):
        answer = going.fetch(report, name, chunk)
        if answer is None:
            continue
        good, refused = _judged(going, report, name, chunk, answer)
        report.add_refused(name, refused)
        _write(going, report, name, good)
        found = {day: rows.stop - rows.start for day, rows in by_day(good.start, zone)}
        missing = sorted(set(chunk) - set(found) - {refusal.day for refusal in refused})
        for refusal in refused:
            going.answered(key, refusal.day, name, f"refused, {refusal.reason}")
        for day in missing:
            going.answered(key, day, name, "has nothing")
        for day, count in found.items():
            whole = len(CATALOG[key].grid(day))
            if count < whole:
                going.answered(key, day, name, f"has {count} of {whole}")
        absent += missing
        had |= set(found)
        going.step(len(found), f"{key}: {chunk[0]} to {chunk[-1]} from {name}")
    return had, absent


def _judged(
    going: Round, report: SeriesReport, name: str, chunk: Sequence[date], answer: Series
) -> tuple[Series, list[RefusedDay]]:
    """Days to trust and days to refuse; a part of the generation is trusted where the total told with it is.

    A technology may well rest, so only the total tells zeros, or a day served twice, from the truth.
    """
    good, refused = inspect(answer, chunk, _before(going, report, name, chunk) if len(answer) else answer)
    if answer.key == TOTAL:
        going.judged |= {(name, day) for day in chunk}
        going.doubted |= {(name, refusal.day): refusal.reason for refusal in refused}
    if answer.key not in PARTS or TOTAL not in going.sources[name].series:
        return good, refused
    if not all((name, day) in going.judged for day in chunk):
        beside = SeriesReport(TOTAL)
        total = going.fetch(beside, name, chunk)
        if total is not None:
            _judged(going, beside, name, chunk, total)
    there = [day for day, _ in by_day(good.start, CATALOG[answer.key].zone)]
    wrong = {day: going.doubted[name, day] for day in there if (name, day) in going.doubted}
    kept = np.array([day not in wrong for day in there], bool)
    more = [RefusedDay(answer.key, day, f"the total of that day: {reason}") for day, reason in wrong.items()]
    return good.take(kept), [*refused, *more]


def _before(going: Round, report: SeriesReport, name: str, chunk: Sequence[date]) -> Series:
    """Stored values of the days before those of a chunk, to know a day that is served twice.

    When the price of the day before the first is not stored, it is asked for and not kept: of another
    source than the one to be checked, if there is one, since one that is a day behind is so on both days.
    """
    key, day, info = report.series, chunk[0] - DAY, CATALOG[report.series]
    end = day_window(chunk[-1], info.zone).start
    stored = going.store.read(key, Window(day_window(day, info.zone).start, end))
    if info.kind is not Kind.PRICE or day < info.earliest:
        return stored
    if len(stored.within(day_window(day, info.zone))):
        return stored
    others = [other for other in going.offering(key) if other != name]
    for witness in [other for other in [*others, name] if going.reached(other, key, [day])]:
        answer = going.fetch(report, witness, [day])
        good = empty(key) if answer is None else inspect(answer, [day], empty(key))[0]
        if len(good):
            return good
    return stored


def _write(going: Round, report: SeriesReport, name: str, good: Series) -> None:
    """Store trusted rows with the right time of knowledge."""
    if len(good) == 0:
        return
    zone = CATALOG[report.series].zone
    first, last = PREFERENCES.get(report.series, ANY).first_published, going.last(report.series)
    reading = Reading(
        going.now,
        first_published=name == first,
        may_be_corrected=first is not None and name != first,
        checked_at=last.at if last else None,
        checked_from=date.fromisoformat(str(last.body["first_day"])) if last else None,
    )
    window = span_of([day for day, _ in by_day(good.start, zone)], zone)
    rows = revise(good, going.store.revisions(report.series, window), reading)
    corrected = int(np.sum(~np.isin(rows.available_at, good.available_at)))
    report.add_rows(name, going.write(rows), corrected)


def _reread(going: Round, report: SeriesReport, had: dict[str, set[date]]) -> None:
    """Compare stored days with what is published now.

    Recent ones every few hours, then those known only as first published whose corrections would be out.
    """
    key, now = report.series, going.now
    names = rechecking(key, going.offering(key))
    told_first = had.get(PREFERENCES.get(key, ANY).first_published or "", set())
    late = {day for day in told_first if CATALOG[key].correction_seen(day) <= now}
    recent: list[date] = []
    if names and (going.request.force or not going.is_fresh(key, going.request.reread_hours)):
        recent = _recent(going, key)
        late |= set(uncompared_days(going.store, key, now))
    answered = _compare(going, report, names, recent, had)
    _compare(going, report, names, sorted(late.difference(recent)), had)
    note_compared(going.store, key, [day for name in names for day in had[name]], now)
    if recent and answered:
        going.remember(key, next((name for name in names if had[name]), names[0]), recent[0])


def _compare(
    going: Round, report: SeriesReport, names: Sequence[str], days: list[date], had: dict[str, set[date]]
) -> bool:
    """Ask one source after the other until each day is told again; whether there was an answer on each."""
    left = days
    for name in names:
        done = had.get(name, set()) | set(report.absent.get(name, []))
        told, absent = _ask(going, report, name, [day for day in left if day not in done])
        report.add_absent(name, absent)
        had[name] = had.get(name, set()) | told
        left = [day for day in left if day not in had[name]]
    return all(not going.answers.get((report.series, day), {}).keys().isdisjoint(names) for day in left)


def _recent(going: Round, key: str) -> list[date]:
    """Stored days of the request from `reread_days` before today, or before the last comparison, on."""
    request, due, last = going.request, CATALOG[key].due, going.last(key)
    since = min(going.today, local_date(last.at, MARKET_ZONE)) if last else going.today
    since = max(since - timedelta(days=request.reread_days), going.today - LONGEST_AWAY)
    gaps = going.open_days(key)
    days = days_between(max(request.from_day, since), request.to_day)
    return [day for day in days if due(day) <= going.now and day not in gaps]
