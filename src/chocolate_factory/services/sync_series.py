"""Fetch what is missing and due, look at recent days again, and say what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Source, Store
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.services.sync_days import TOTAL, sync_days
from chocolate_factory.services.sync_forecasts import sync_forecasts
from chocolate_factory.services.sync_issued import sync_issued
from chocolate_factory.services.sync_observed import sync_observed
from chocolate_factory.services.sync_report import Failure, SeriesReport, SyncReport
from chocolate_factory.services.sync_round import Progress, Round, SyncRequest

ORDER = tuple(
    frozenset({kind}) for kind in (Kind.PRICE, Kind.FORECAST, Kind.OBSERVED, Kind.CLIMATE, Kind.SYSTEM)
)
"""What tells of the present comes before long histories: a sync keeps the moment at which it began."""

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
    nobody had stays a hole, is noted with the reason and asked for again ever more rarely. Series that no
    source offers are left out. Failures of sources are in the report. Raises `UsageError` for an unknown
    series or days in the wrong order, and what the store raises.
    """
    check(request)
    going = Round(request, store, sources, now, progress)
    keys = [key for key in request.series if going.offering(key)]
    reports = {key: SeriesReport(key) for key in keys}
    wanted = {key: going.days_wanted(key) for key in keys if CATALOG[key].rule}
    going.total = sum(len(wanted.get(key, [key])) for key in keys)
    for kinds in ORDER:
        group = {key: reports[key] for key in sorted(reports, key=_turn) if CATALOG[key].kind in kinds}
        _sync_kinds(going, kinds, group, wanted)
    sync_issued(going, {key: reports[key] for key in reports if CATALOG[key].kind is Kind.FORECAST})
    going.finish(list(reports.values()))
    return SyncReport(now, tuple(reports.values()))


def _sync_kinds(
    going: Round,
    kinds: frozenset[Kind],
    group: Mapping[str, SeriesReport],
    wanted: Mapping[str, Sequence[date]],
) -> None:
    """Bring the series of some kinds up to date."""
    if kinds == {Kind.FORECAST}:
        _ahead(going, list(group), wanted)
        sync_forecasts(going, group)
    elif kinds <= {Kind.OBSERVED, Kind.CLIMATE}:
        _ahead(going, list(group), wanted)
        sync_observed(going, group, wanted)
    else:
        for key, report in group.items():
            _ahead(going, [key], wanted)
            sync_days(going, report, wanted[key])
            going.step(going.until - going.done, f"{key}: done")
    going.step(going.until - going.done, "done")


def check(request: SyncRequest) -> None:
    """Raise `UsageError` for a request that means nothing."""
    unknown = [key for key in request.series if key not in CATALOG]
    if unknown:
        raise UsageError(f"There is no series {unknown[0]!r}.", f"Series: {', '.join(CATALOG)}.")
    if request.to_day < request.from_day:
        raise UsageError(
            f"The last day, {request.to_day}, is before the first, {request.from_day}.",
            "Give the earlier day first.",
        )


def _turn(key: str) -> tuple[bool, bool]:
    """Place in the order of series: the total of the generation before its parts, demand last of all."""
    return key == "demand", key != TOTAL


def _ahead(going: Round, keys: Sequence[str], wanted: Mapping[str, Sequence[date]]) -> None:
    """Let the progress go on to the end of some series."""
    going.until += sum(len(wanted.get(key, [key])) for key in keys)
