"""Load a file of daily gas prices: CSV with `delivery_date,price_eur_mwh`, plain or compressed with gzip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.slots import epoch, local_moment
from chocolate_factory.services.csv_file import csv_rows, price_of, wrong
from chocolate_factory.services.import_prices import tell

KEY = "gas"
DAY, PRICE, NAMED = "delivery_date", "price_eur_mwh", "series"
KNOWN_AT = time(20)
"""Assumed local time of the day before delivery at which the price of a day is known."""
MAX_LINES = 100_000
EXAMPLE = "2026-02-11,30.18"


@dataclass(frozen=True)
class _Line:
    """Where a price stands, for messages, and what it says; `named` is the definition it belongs to."""

    path: Path
    number: int
    day: date
    value: float
    named: str

    @property
    def source(self) -> str:
        return f"file {self.path.name}, {self.named}" if self.named else f"file {self.path.name}"

    @property
    def known(self) -> datetime:
        return local_moment(self.day - timedelta(days=1), KNOWN_AT, CATALOG[KEY].zone)

    def wrong(self, what: str, remedy: str) -> UsageError:
        return wrong(self.path, self.number, what, remedy)


def import_gas(paths: Sequence[Path], store: Store, now: datetime) -> dict[str, object]:
    """Store gas prices of files as published values of local days, EUR/MWh, series `gas`.

    A price counts as known since 20:00 local of the day before delivery (assumed), one that differs from a
    stored one as its correction. A column `series` names the price's definition and goes into its source;
    other columns are ignored. If a line is wrong, in any file, nothing is stored: `UsageError` names file,
    line, cause and remedy. Returns a JSON-able report: rows read, changed, and corrected among these, first
    and last day, and the days missing between them.
    """
    lines = sorted((line for path in paths for line in _lines(path)), key=lambda line: line.day)
    if not lines:
        raise UsageError("The files hold no gas prices.", f"A line looks like {EXAMPLE}.")
    _check(lines, now)
    return {
        "series": KEY,
        "rows": len(lines),
        **tell(_series(lines), store, now),
        "first": lines[0].day.isoformat(),
        "last": lines[-1].day.isoformat(),
        "missing_days": [day.isoformat() for day in _missing(lines)],
        "definitions": {name: sum(line.named == name for line in lines) for name in _names(lines)},
    }


def _lines(path: Path) -> Iterator[_Line]:
    rows = csv_rows(path, EXAMPLE, MAX_LINES)
    _, header = next(rows)
    if header.count(DAY) != 1 or header.count(PRICE) != 1 or header.count(NAMED) > 1:
        remedy = f"Name the columns {DAY} and {PRICE} in the first line."
        raise wrong(path, 1, "the header is another one", remedy)
    for number, row in rows:
        yield _line(path, number, header, row)


def _line(path: Path, number: int, header: list[str], row: list[str]) -> _Line:
    if len(row) != len(header):
        what = f"{len(row)} columns instead of {len(header)}"
        raise wrong(path, number, what, "Write as many cells as the first line names.")
    cells = dict(zip(header, row, strict=True))
    try:
        day = date.fromisoformat(cells[DAY])
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2100:
        what = f"{cells[DAY][:20]!r} is not a day of this market"
        raise wrong(path, number, what, f"A line looks like {EXAMPLE}.")
    value = price_of(path, number, cells[PRICE])
    return _Line(path, number, day, value, cells.get(NAMED, ""))


def _check(lines: Sequence[_Line], now: datetime) -> None:
    """Every line against the others, the plausible range and the clock."""
    info = CATALOG[KEY]
    for line, after in pairwise(lines):
        if line.day == after.day:
            raise after.wrong(f"{line.day} is in {line.path} line {line.number} too", "Keep one of them.")
    for line in lines:
        if not info.low <= line.value <= info.high:
            span = f"{info.low:g} to {info.high:g} {info.unit}"
            raise line.wrong(f"{line.value:g} is outside {span}", "Check unit and decimal point.")
        if line.known > now:
            raise line.wrong(f"the price of {line.day} is not published yet", "Import published prices only.")


def _series(lines: Sequence[_Line]) -> Series:
    info = CATALOG[KEY]
    return Series(
        KEY,
        np.array([int(info.grid(line.day)[0]) for line in lines], np.int64),
        np.array([info.minutes(line.day) for line in lines], np.int64),
        np.array([line.value for line in lines], np.float64),
        np.array([epoch(line.known) for line in lines], np.int64),
        np.full(len(lines), str(Origin.PUBLISHED)),
        np.array([line.source for line in lines]),
    )


def _missing(lines: Sequence[_Line]) -> list[date]:
    return [
        line.day + timedelta(days=ahead)
        for line, after in pairwise(lines)
        for ahead in range(1, (after.day - line.day).days)
    ]


def _names(lines: Sequence[_Line]) -> list[str]:
    return sorted({line.named for line in lines if line.named})
