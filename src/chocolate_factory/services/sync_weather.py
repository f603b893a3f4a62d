"""The weather part of a sync: a new forecast when the stored one is old."""

from __future__ import annotations

from datetime import timedelta

from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.validation import inspect_forecast
from chocolate_factory.services.sync_report import SeriesReport
from chocolate_factory.services.sync_round import Round

AHEAD_DAYS = 16


def sync_weather(going: Round, report: SeriesReport) -> None:
    """Fetch one series of forecast weather from the first source that has it."""
    key, today = report.series, going.today
    days = [today, today + timedelta(days=AHEAD_DAYS - 1)]
    stored = going.store.read(
        key, Window(going.now - timedelta(days=2), going.now + timedelta(days=AHEAD_DAYS))
    )
    fresh = going.is_fresh(key, going.request.weather_hours) and len(stored) > 0
    if fresh and not going.request.force:
        return
    for name in going.offering(key):
        answer = going.fetch(report, name, days)
        if answer is None:
            continue
        refusal = inspect_forecast(answer, stored)
        if refusal is None and len(answer):
            report.add_rows(name, going.store.write(answer))
            going.remember(key, name, today)
            return
        report.add_refused(name, [refusal] if refusal else [])
        report.add_absent(name, [] if len(answer) else [today])
