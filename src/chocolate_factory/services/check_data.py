"""How fresh every series is, derived from when its values are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.domain.catalog import CATALOG, PLACES, PLACES_RENEWED, RENEWED
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import Kind, SeriesInfo
from chocolate_factory.domain.slots import IntArray, Window, epoch, moment
from chocolate_factory.services.attempts import read_ledger
from chocolate_factory.services.source_states import SourceState, failing_of, read_states
from chocolate_factory.services.sync_issued import is_archive
from chocolate_factory.services.sync_observed import LIVE
from chocolate_factory.services.sync_round import RECORD as SYNCED

Row = dict[str, Any]

LOOK_BACK = timedelta(days=30)
LONGEST_DELAY = timedelta(days=6)
NEWEST = timedelta(days=2)
GRACE = timedelta(minutes=30)
ARCHIVES_RENEWED = timedelta(days=1)
STATES = ("ok", "off", "late", "failing", "missing")
SYNC = "Run `choco sync`; `choco holes` lists what is missing and why."
IMPORT = "Load its files with `choco import`; see docs/sources.md."


@dataclass(frozen=True, eq=False)
class Glance:
    """What the store says of a series: its span, and its slots `around` now as known now.

    `fetched_at` is when a forecast was last fetched; `whole`: it is known that no due slot of the last 30
    days is missing, and nobody needs to look.
    """

    span: Window | None
    recent: Series
    fetched_at: datetime | None = None
    whole: bool = False


def check_data(ports: Ports, keys: Iterable[str] | None = None) -> list[Row]:
    """One row a series (all of the catalogue by default).

    Fields: `series`, `state`, `until` (end of the last slot), `updated_at` (newest knowledge; of a forecast
    the newest issue, be it the same as before), `age_minutes`, `holes` (due slots of 30 days, from the
    first stored one on, that are missing), `note`, `remedy`. States: `ok`; `late`, a value is missing that
    was due half an hour ago and that some source can tell; `failing`, it is and its source does not answer;
    `missing`, nothing was ever stored; `off`, nothing is stored and nothing set up that would fetch it.
    """
    now, states = ports.clock(), read_states(ports.store)
    infos = CATALOG.values() if keys is None else [CATALOG[key] for key in keys]
    return [series_health(ports, info, now, states) for info in infos]


def summary(ports: Ports, rows: Iterable[Row] | None = None) -> Row:
    """All series in a few lines: counts by state, the rows that are not well, the sources that fail.

    `rows` are those of `check_data`, looked up where they are not given.
    """
    now, rows = ports.clock(), check_data(ports) if rows is None else list(rows)
    trouble = [row for row in rows if row["state"] not in {"ok", "off"}]
    failing = failing_of(read_states(ports.store), ports.sources, now)
    return {
        "status": "degraded" if trouble else "ok",
        "now": now,
        "sample": ports.sample,
        "series": {state: sum(row["state"] == state for row in rows) for state in STATES},
        "trouble": trouble,
        "failing": [
            {"source": state.name, "since": state.since, "asked_at": state.at, "reason": state.reason}
            for state in failing
        ],
    }


def series_health(ports: Ports, info: SeriesInfo, now: datetime, states: Mapping[str, SourceState]) -> Row:
    """The row of one series."""
    span = ports.store.span(info.key)
    if span is None:
        return health_row(ports, info, states, Glance(None, empty(info.key)))
    recent = ports.store.read(info.key, around(span, now), now)
    fetched = None
    if info.kind is Kind.FORECAST:
        last = ports.store.find(SYNCED, id=info.key, limit=1)
        fetched = next((record.at for record in last if record.at <= now), None)
    return health_row(ports, info, states, Glance(span, recent, fetched))


def offering_of(ports: Ports, key: str, now: datetime) -> list[str]:
    """Names of the sources that keep a series fresh; archives of what was issued before do not."""
    sources = ports.sources.items()
    return [name for name, source in sources if key in source.series and not is_archive(source, key, now)]


def health_row(ports: Ports, info: SeriesInfo, states: Mapping[str, SourceState], glance: Glance) -> Row:
    """The row of one series from what the store says of it."""
    now, span = ports.clock(), glance.span
    offering = offering_of(ports, info.key, now)
    failing = failing_of(states, offering, now)
    row: Row = {"series": info.key, "until": None, "updated_at": None, "age_minutes": None, "holes": 0}
    if span is None:
        return {**row, **_nothing_stored(ports, info, offering, failing)}
    latest = _updated_at(glance)
    row |= {"until": span.end, "updated_at": latest}
    if latest is not None:
        row["age_minutes"] = max(0, int((now - latest).total_seconds() // 60))
    if not offering:
        return {**row, "state": "ok", "note": "no source; as last loaded", "remedy": ""}
    if info.rule is None:
        late, note = _old_issue(info, latest, now)
    else:
        late, note, row["holes"] = (False, "", 0) if glance.whole else _due_missing(ports, info, span.start)
    if late and failing:
        return {**row, "state": "failing", "note": f"{note}; {_told(failing)}", "remedy": _remedy(failing)}
    return {**row, "state": "late" if late else "ok", "note": note, "remedy": SYNC if late else ""}


def _nothing_stored(
    ports: Ports, info: SeriesInfo, offering: list[str], failing: list[SourceState]
) -> dict[str, str]:
    if info.kind is Kind.IMPORTED:
        return {"state": "off", "note": "no file loaded", "remedy": IMPORT}
    if not offering:
        variable = ports.unkeyed.get(info.key)
        remedy = f"Set {variable} to have it." if variable else ""
        return {"state": "off", "note": "no source is set up", "remedy": remedy}
    if failing and len(failing) == len(offering):
        return {"state": "failing", "note": _told(failing), "remedy": _remedy(failing)}
    return {"state": "missing", "note": f"nothing stored{_last_reason(ports, info.key)}", "remedy": SYNC}


def _last_reason(ports: Ports, key: str) -> str:
    """What the sources answered for the newest day that could not be had."""
    days = read_ledger(ports.store, key).days
    reason = days[max(days)].reason if days else ""
    return f"; {reason}" if reason else ""


def around(span: Window, now: datetime) -> Window:
    """Two days around now, or the last two days, of what is stored."""
    first = max(span.start, min(span.end, now) - NEWEST)
    return Window(first, max(first, min(span.end, now + NEWEST)))


def _updated_at(glance: Glance) -> datetime | None:
    """The newest knowledge of the slots around now; of a forecast when it was last fetched.

    An issue that tells what the one before told changes nothing in the store.
    """
    moments = [moment(int(glance.recent.available_at.max()))] if len(glance.recent) else []
    return max([*moments, *([glance.fetched_at] if glance.fetched_at else [])], default=None)


def _old_issue(info: SeriesInfo, latest: datetime | None, now: datetime) -> tuple[bool, str]:
    """Whether a forecast should have been renewed by now."""
    limit = PLACES_RENEWED if info.key.split("_")[0] in PLACES else RENEWED
    if latest is not None and now - latest <= limit:
        return False, ""
    return True, f"forecast older than {limit.total_seconds() / 3600:g} h"


def _due_missing(ports: Ports, info: SeriesInfo, first: datetime) -> tuple[bool, str, int]:
    """Whether a value is missing that should be there, what of it to tell, and the missing slots of 30 days.

    Nothing is missing before the `first` stored slot: a young site has less than 30 days. A price is late
    with any slot missing; of other series single hours stay unknown for good, so they are late when the
    newest slot is missing that could be had.
    """
    now = ports.clock()
    begin = min(max(now - LOOK_BACK, first), now)
    holes = ports.store.holes(info.key, Window(begin, now + timedelta(days=2)), now)
    if not holes:
        return False, "", 0
    count = sum(hole.missing for hole in holes)
    note = f"{count} slots missing, the first due since {holes[0].due:%Y-%m-%d %H:%M} UTC"
    back = LOOK_BACK if info.kind is Kind.PRICE else LONGEST_DELAY
    slots = had_by(ports, info, Window(now - back, now + timedelta(days=2)), now)
    slots = slots if info.kind is Kind.PRICE else slots[-1:]
    late = any(np.any((slots >= epoch(hole.start)) & (slots < epoch(hole.end))) for hole in holes)
    return late, f"{note}{_last_reason(ports, info.key)}", count


def had_by(ports: Ports, info: SeriesInfo, window: Window, now: datetime) -> IntArray:
    """Slot starts of a window that some source must have told by now: due half an hour ago and in its reach.

    Sources of the present are taken by what they reach, archives by what they reached a day ago: they are
    renewed once a day.
    """
    slots = info.expected(window, now - GRACE)
    told = np.zeros(len(slots), bool)
    for source in ports.sources.values():
        if info.key in source.series:
            reach = source.reaches(info.key, now - GRACE)
            if reach.end - reach.start > LIVE:
                reach = source.reaches(info.key, now - ARCHIVES_RENEWED)
            told |= (slots >= epoch(reach.start)) & (slots + 60 * info.step <= epoch(reach.end))
    return slots[told]


def _told(failing: list[SourceState]) -> str:
    return "; ".join(f"{s.name} failing since {s.since:%Y-%m-%d %H:%M} UTC: {s.reason}" for s in failing)


def _remedy(failing: list[SourceState]) -> str:
    names = ", ".join(state.name for state in failing)
    return (
        f"It is asked again at every sync; if it stays so, `choco doctor` tells what is wrong with {names}."
    )
