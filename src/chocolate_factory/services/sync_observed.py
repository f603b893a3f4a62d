"""Weather that was: present readings of stations, and missing days from archives, fused hour by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, PLACES
from chocolate_factory.domain.fusion import fused
from chocolate_factory.domain.publication import by_day
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch
from chocolate_factory.domain.validation import RefusedDay
from chocolate_factory.domain.weather_checks import REPEATED, weather_fault
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round, chunks, span_of

LIVE = timedelta(days=2)
DAY = timedelta(days=1)


def sync_observed(
    going: Round, reports: Mapping[str, SeriesReport], wanted: Mapping[str, Sequence[date]]
) -> None:
    """Bring observations and climate values up to date.

    A source that only tells of the present is asked once an hour; the wanted days that are still open then
    are asked of the others, in the order of the registry.
    """
    for name in _offering(going, reports, live=True):
        _read_now(going, _of_source(going, reports, name), name)
    for name in _offering(going, reports, live=False):
        _read_days(going, _of_source(going, reports, name), name, wanted)
    for key, report in reports.items():
        going.settle(report, wanted[key])


def _offering(going: Round, reports: Mapping[str, SeriesReport], *, live: bool) -> list[str]:
    """Sources of any of the series, either those that reach two days or those that reach further."""
    found = []
    for name, source in going.sources.items():
        keys = [key for key in reports if key in source.series]
        if keys:
            reach = source.reaches(keys[0], going.now)
            if (reach.end - reach.start <= LIVE) == live:
                found.append(name)
    return found


def _of_source(going: Round, reports: Mapping[str, SeriesReport], name: str) -> dict[str, SeriesReport]:
    return {key: report for key, report in reports.items() if key in going.sources[name].series}


def _read_now(going: Round, reports: Mapping[str, SeriesReport], name: str) -> None:
    """Ask a station for what it has, unless it told something since the hour began."""
    last = going.last(f"now {name}")
    hour = epoch(going.now) // 3600
    if last is not None and epoch(last.at) // 3600 == hour and not going.request.force:
        return
    key = next(iter(reports))
    days = days_of(going.sources[name].reaches(key, going.now), CATALOG[key].zone)
    told = _fuse(going, reports, name, days)
    newest = max((int(rows.start[-1]) for rows in (told or {}).values() if len(rows)), default=0)
    wanted = hour if going.sources[name].reaches(key, going.now).end > going.now else hour - 1
    if newest >= 3600 * wanted:
        going.remember(f"now {name}", name, going.today)


def _read_days(
    going: Round,
    reports: Mapping[str, SeriesReport],
    name: str,
    wanted: Mapping[str, Sequence[date]],
) -> None:
    """Ask an archive for the wanted days that are open: for all series that lack a day of a run at once."""
    site = {key: report for key, report in reports.items() if key.split("_")[0] not in PLACES}
    places = {key: report for key, report in reports.items() if key not in site}
    for group in (site, places):
        opened: dict[str, set[date]] = {}
        for key in group:
            gaps = set(wanted[key]) if going.request.force else set(wanted[key]) & set(going.open_days(key))
            opened[key] = set(going.askable(name, key, sorted(gaps)))
        for chunk in chunks(sorted(set().union(*opened.values())), going.sources[name].max_days):
            lacking = {key: report for key, report in group.items() if opened[key] & set(chunk)}
            told = _fuse(going, lacking, name, chunk, by_day=True)
            for key in lacking:
                days = opened[key] & set(chunk)
                going.step(len(days), f"{key}: {chunk[0]} to {chunk[-1]} from {name}")
                if told is not None:
                    _note(going, name, told[key], days)


def _fuse(
    going: Round,
    reports: Mapping[str, SeriesReport],
    name: str,
    days: Sequence[date],
    *,
    by_day: bool = False,
) -> dict[str, Series] | None:
    """Ask a source for all series at once and store what its answer adds; None when it failed.

    An answer is trusted as a whole, `by_day` or by its good days.
    """
    answers: dict[str, Series] = {}
    for key, report in reports.items():
        answer = going.fetch(report, name, days)
        if answer is None:
            return None
        answers[key] = answer
    zone = CATALOG[next(iter(reports))].zone
    window = Window(span_of(days, zone).start - DAY, span_of(days, zone).end)
    before = {key: going.store.read(key, window) for key in reports}
    good, faults = judged(answers, before, days if by_day else days[-1:])
    first = next(iter(reports.values()))
    first.add_refused(name, [RefusedDay(first.series, day, fault) for day, fault in faults.items()])
    for day, fault in faults.items():
        for key in reports:
            going.answered(key, day, name, f"refused, {fault}")
    for key, rows in good.items():
        new = fused(rows, before[key], epoch(going.now))
        replaced = int(np.sum(np.isin(new.start, before[key].start)))
        reports[key].add_rows(name, going.write(new), replaced)
    return good


def judged(
    answers: Mapping[str, Series], before: Mapping[str, Series], days: Sequence[date]
) -> tuple[dict[str, Series], dict[date, str]]:
    """(what to trust of an answer by series, why a day is refused): whole if it can, else day by day.

    Nothing is trusted after a day that is the day before again, since what follows is a day late too, and
    nothing at all where most days are wrong, or with a single one.
    """
    whole = weather_fault(answers, before)
    if whole is None:
        return dict(answers), {}
    nothing = {key: empty(key) for key in answers}
    if len(days) == 1:
        return nothing, {days[0]: whole}
    earlier = {
        key: concat([before[key], rows]) if len(rows) else before[key] for key, rows in answers.items()
    }
    faults: dict[date, str] = {}
    good: dict[str, list[Series]] = {key: [] for key in answers}
    zone = CATALOG[next(iter(answers))].zone
    late = ""
    for day in days:
        part = {key: rows.within(day_window(day, zone)) for key, rows in answers.items()}
        fault = late or weather_fault(part, {key: rows.latest_revision() for key, rows in earlier.items()})
        if fault and any(len(rows) for rows in part.values()):
            faults[day] = fault
            late = fault if fault == REPEATED else late
        elif not fault:
            for key, rows in part.items():
                good[key].append(rows)
    if 2 * len(faults) > len(days) or not faults:
        return nothing, dict.fromkeys(days, whole)
    parts = {key: [rows for rows in found if len(rows)] for key, found in good.items()}
    return {key: concat(found) if found else empty(key) for key, found in parts.items()}, faults


def _note(going: Round, name: str, rows: Series, days: set[date]) -> None:
    """Note of each day that a source did not tell wholly how much it had."""
    info = CATALOG[rows.key]
    count = {day: span.stop - span.start for day, span in by_day(rows.start, info.zone)}
    for day in days:
        whole = len(info.expected(day_window(day, info.zone), going.now))
        if count.get(day, 0) < whole:
            text = f"has {count[day]} of {whole}" if day in count else "has nothing"
            going.answered(rows.key, day, name, text)
