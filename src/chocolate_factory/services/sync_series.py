"""Fetch what is missing and due, look at recent days again, and say what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.services.sync_prices import days_wanted, sync_prices
from chocolate_factory.services.sync_report import Failure, SeriesReport, SyncReport
from chocolate_factory.services.sync_round import Progress, Round, SyncRequest
from chocolate_factory.services.sync_weather import sync_weather

__all__ = ["Failure", "Progress", "SeriesReport", "SyncReport", "SyncRequest", "sync"]


def sync(
    request: SyncRequest,
    store: Store,
    sources: Mapping[str, Source],
    now: datetime,
    progress: Progress | None = None,
) -> SyncReport:
    """Bring the store up to date as of `now`.

    Every answer is validated and stored as it comes: an interrupted sync is continued by the next one, and
    one after a complete one changes nothing. A source that fails leaves its days to the next source; what
    nobody had stays a hole. Failures of sources are in the report. Raises `UsageError` for an unknown
    series or days in the wrong order, and what the store raises.
    """
    unknown = [key for key in request.series if key not in CATALOG]
    if unknown:
        raise UsageError(f"There is no series {unknown[0]!r}.", f"Series: {', '.join(CATALOG)}.")
    if request.to_day < request.from_day:
        raise UsageError(
            f"The last day, {request.to_day}, is before the first, {request.from_day}.",
            "Give the earlier day first.",
        )
    going = Round(request, store, sources, now, progress)
    wanted = {key: days_wanted(going, key) for key in request.series if CATALOG[key].rule}
    going.total = sum(len(wanted.get(key, [key])) for key in request.series)
    reports = []
    for key in request.series:
        report = SeriesReport(key)
        going.until += len(wanted.get(key, [key]))
        if key in wanted:
            sync_prices(going, report, wanted[key])
        else:
            sync_weather(going, report)
        going.step(going.until - going.done, f"{key}: done")
        reports.append(report)
    return SyncReport(now, tuple(reports))
