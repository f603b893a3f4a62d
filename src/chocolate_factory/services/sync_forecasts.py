"""Forecasts of weather: a new issue when the stored one is old, put together from several sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from chocolate_factory.domain.catalog import SITE_FORECAST
from chocolate_factory.domain.fusion import added
from chocolate_factory.domain.preference import FORECAST_ORDER
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.slots import Window, days_of
from chocolate_factory.domain.validation import RefusedDay
from chocolate_factory.domain.weather_checks import weather_fault
from chocolate_factory.services.sync_issued import is_archive
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round

AHEAD_DAYS = 16
PLACES_HOURS, PARTIAL_HOURS = 12.0, 1.0
SITE_KEYS = frozenset(f"{quantity}_forecast" for quantity in (*SITE_FORECAST, "radiation"))
"""Judged together: an issue that is a day behind shows in temperature, in the sun alone it need not."""


def sync_forecasts(going: Round, reports: Mapping[str, SeriesReport]) -> None:
    """Fetch the forecasts that are old: of the site from all sources, of the other places from theirs.

    AEMET reaches two days; the hours it does not tell come from the next source, and so on.
    """
    for keys, hours in (
        ([key for key in reports if key in SITE_KEYS], going.request.weather_hours),
        ([key for key in reports if key not in SITE_KEYS], PLACES_HOURS),
    ):
        old = [key for key in keys if going.request.force or not _fresh(going, key, hours)]
        if old:
            _issue(going, {key: reports[key] for key in old})


def _fresh(going: Round, key: str, hours: float) -> bool:
    span, last = going.store.span(key), going.last(key)
    whole = last is not None and not last.body.get("partial")
    return (
        going.is_fresh(key, hours if whole else PARTIAL_HOURS) and span is not None and span.end > going.now
    )


def _issue(going: Round, reports: Mapping[str, SeriesReport]) -> None:
    """Put together one issue of some series and store it."""
    ahead = Window(going.now - timedelta(days=2), going.now + timedelta(days=AHEAD_DAYS + 1))
    before = {key: going.store.read(key, ahead) for key in reports}
    merged = {key: empty(key) for key in reports}
    names: dict[str, list[str]] = {key: [] for key in reports}
    offering = [
        name
        for name, source in going.sources.items()
        if any(key in source.series and not is_archive(source, key, going.now) for key in reports)
    ]
    for name in sorted(offering, key=_place):
        good = _trusted(
            going, {k: r for k, r in reports.items() if k in going.sources[name].series}, name, before
        )
        for key, rows in good.items():
            fuller = added(merged[key], rows)
            if len(fuller) > len(merged[key]):
                merged[key] = fuller
                names[key].append(name)
    for key, rows in merged.items():
        if len(rows):
            reports[key].add_rows("+".join(names[key]), going.write(rows))
            failed = any(
                failure.source in offering for report in reports.values() for failure in report.failures
            )
            going.remember(key, "+".join(names[key]), going.today, partial=failed)
        going.step(1, f"{key}: forecast")


def _place(name: str) -> int:
    return FORECAST_ORDER.index(name) if name in FORECAST_ORDER else len(FORECAST_ORDER)


def _trusted(
    going: Round, reports: Mapping[str, SeriesReport], name: str, before: Mapping[str, Series]
) -> dict[str, Series]:
    """What one source tells of the series, all of it or nothing."""
    answers: dict[str, Series] = {}
    for key, report in reports.items():
        days: Sequence[date] = days_of(going.sources[name].reaches(key, going.now), "UTC")
        answer = going.fetch(report, name, days)
        if answer is None:
            return {}
        answers[key] = answer
        if len(answer) == 0:
            report.add_absent(name, [going.today])
    fault = weather_fault(answers, before)
    if fault is None:
        return answers
    first = next(iter(reports.values()))
    first.add_refused(name, [RefusedDay(first.series, going.today, fault)])
    return {}
