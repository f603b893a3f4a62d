"""Load price files: CSV with `datetime_utc,price_eur_mwh`, plain or compressed with gzip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG, PRICE_SERIES
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.publication import Reading, by_day, revise
from chocolate_factory.domain.series import Origin, Series, concat
from chocolate_factory.domain.series_info import MARKET_ZONE, SeriesInfo
from chocolate_factory.domain.slots import Window, day_slots, epoch, local_date, moment
from chocolate_factory.services.csv_file import csv_rows, price_of, slot_start, wrong

HEADER = ["datetime_utc", "price_eur_mwh"]
MAX_LINES = 2_000_000
EXAMPLE = "2026-03-10T18:15:00Z,61.25"


@dataclass(frozen=True)
class _Line:
    """Where a value stands, for messages, and what it says."""

    path: Path
    number: int
    start: int
    value: float

    def wrong(self, what: str, remedy: str) -> UsageError:
        return wrong(self.path, self.number, what, remedy)


def import_prices(paths: Sequence[Path], key: str, store: Store, now: datetime) -> dict[str, object]:
    """Store the prices of files as published values of a series, each known since its day was due.

    They are told beside what is stored as those of a source are: a price that differs is a correction, and
    nothing is replaced (`revise`). Slots have the length of the series on their day; an hour's price is not
    taken for a quarter's. Days with slots missing are stored and listed. If a line is wrong, in any file,
    nothing is stored: `UsageError` names file, line, cause and remedy. Returns a JSON-able report: rows
    read, changed, and corrected among these, first and last slot, incomplete days.
    """
    if key not in PRICE_SERIES:
        raise UsageError(f"{key!r} is not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    lines = sorted((line for path in paths for line in _lines(path)), key=lambda line: line.start)
    if not lines:
        raise UsageError("The files hold no prices.", f"A line looks like {EXAMPLE}.")
    _check(lines, CATALOG[key], now)
    series = _series(lines, CATALOG[key])
    return {
        "series": key,
        "rows": len(series),
        **tell(series, store, now),
        "first": moment(series.start[0]).isoformat(),
        "last": moment(series.start[-1]).isoformat(),
        "incomplete_days": _incomplete(series),
    }


def tell(series: Series, store: Store, now: datetime) -> dict[str, int]:
    """Store values of files beside what is stored of their slots; counts of rows changed and corrected."""
    stored = store.revisions(series.key, Window(moment(series.start[0]), moment(series.start[-1] + 1)))
    news = revise(series, stored, Reading(now))
    return {"changed": store.write(news), "corrected": int(np.isin(news.start, stored.start).sum())}


def _lines(path: Path) -> Iterator[_Line]:
    rows = csv_rows(path, EXAMPLE, MAX_LINES)
    _, header = next(rows)
    if header != HEADER:
        raise wrong(path, 1, "the header is another one", f"Write {','.join(HEADER)} as first line.")
    for number, row in rows:
        yield _line(path, number, row)


def _line(path: Path, number: int, row: list[str]) -> _Line:
    if len(row) != len(HEADER):
        raise wrong(path, number, f"{len(row)} columns instead of 2", f"A line looks like {EXAMPLE}.")
    start = slot_start((path, number), row[0], EXAMPLE)
    return _Line(path, number, start, price_of(path, number, row[1]))


def _check(lines: Sequence[_Line], info: SeriesInfo, now: datetime) -> None:
    """Every line against the others, the plausible range and the clock."""
    for line, after in pairwise(lines):
        if line.start == after.start:
            first = f"{line.path} line {line.number}"
            raise after.wrong(f"{moment(after.start):%Y-%m-%dT%H:%MZ} is in {first} too", "Keep one of them.")
    for line in lines:
        if not info.low <= line.value <= info.high:
            span = f"{info.low:g} to {info.high:g} {info.unit}"
            raise line.wrong(f"{line.value:g} is outside {span}", "Check unit and decimal point.")
    due: dict[date, bool] = {}
    for line in lines:
        day = local_date(moment(line.start), MARKET_ZONE)
        if day not in due:
            due[day] = info.due(day) <= now
        if not due[day]:
            raise line.wrong(f"prices of {day} are not published yet", "Import published prices only.")


def _series(lines: Sequence[_Line], info: SeriesInfo) -> Series:
    start = np.array([line.start for line in lines], np.int64)
    parts = []
    for day, rows in by_day(start):
        _check_length(lines[rows], info, day)
        count = rows.stop - rows.start
        due = np.full(count, epoch(info.due(day)), np.int64)
        source = np.array([f"file {line.path.name}" for line in lines[rows]])
        values = np.array([line.value for line in lines[rows]], np.float64)
        minutes = np.full(count, info.minutes(day), np.int64)
        origin = np.full(count, str(Origin.PUBLISHED))
        parts.append(Series(info.key, start[rows], minutes, values, due, origin, source))
    return concat(parts)


def _check_length(lines: Sequence[_Line], info: SeriesInfo, day: date) -> None:
    """Refuse quarters on a day of hours, and on a day of quarters an hour told once: that may be a mean."""
    told = Counter(line.start // 3600 for line in lines)
    for line in lines:
        on_the_hour = line.start % 3600 == 0
        if info.minutes(day) == 60 and not on_the_hour:
            raise line.wrong(f"{info.key} has hourly prices on {day}", "Import hourly prices for that day.")
        if info.minutes(day) == 15 and on_the_hour and told[line.start // 3600] == 1:
            what = f"{info.key} has a price for each quarter of an hour on {day}, not one for the hour"
            raise line.wrong(what, "Import the quarters, or leave the day to `choco sync`.")


def _incomplete(series: Series) -> list[dict[str, object]]:
    """Days with slots missing, with what there is and what there should be."""
    found: list[dict[str, object]] = []
    for day, rows in by_day(series.start):
        count = rows.stop - rows.start
        whole = day_slots(day, MARKET_ZONE, int(series.minutes[rows][0]))
        if count != whole:
            found.append({"day": day.isoformat(), "slots": count, "of": whole})
    return found
