"""Load a file of hourly carbon intensities: CSV with `datetime_utc,g_kwh`, plain or compressed with gzip."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.slots import epoch, moment
from chocolate_factory.services.csv_file import csv_rows, slot_start, wrong

KEY = "co2_intensity"
TIME, GRAMS = "datetime_utc", "g_kwh"
HOUR = 3600
MAX_LINES = 1_000_000
EXAMPLE = "2026-03-10T20:00:00Z,143.5"
Line = tuple[int, float, Path]


def import_co2(paths: Sequence[Path], store: Store, now: datetime) -> dict[str, object]:
    """Store carbon intensities of files, g CO2 per kWh of hourly slots, series `co2_intensity`.

    An hour counts as known from its end (assumed), one that is not over from now. If a line is wrong, in any
    file, nothing is stored: `UsageError` names file, line, cause and remedy. Returns a JSON-able report: rows
    read and changed, first and last hour, and the hours missing between them.
    """
    found: dict[int, Line] = {}
    for path in paths:
        for number, line in _lines(path):
            if line[0] in found:
                what = f"{moment(line[0]):%Y-%m-%dT%H:%MZ} is there twice"
                raise wrong(path, number, what, "Keep one line an hour.")
            found[line[0]] = line
    if not found:
        raise UsageError("The files hold no carbon intensities.", f"A line looks like {EXAMPLE}.")
    lines = [found[start] for start in sorted(found)]
    first, last = lines[0][0], lines[-1][0]
    return {
        "series": KEY,
        "rows": len(lines),
        "changed": store.write(_series(lines, now)),
        "first": moment(first).isoformat(),
        "last": moment(last).isoformat(),
        "missing_hours": (last - first) // HOUR + 1 - len(lines),
    }


def _lines(path: Path) -> Iterator[tuple[int, Line]]:
    rows, info = csv_rows(path, EXAMPLE, MAX_LINES), CATALOG[KEY]
    _, header = next(rows)
    if header.count(TIME) != 1 or header.count(GRAMS) != 1:
        raise wrong(
            path,
            1,
            "the header is another one",
            f"Name the columns {TIME} and {GRAMS} in the first line.",
        )
    for number, row in rows:
        if len(row) != len(header):
            what = f"{len(row)} columns instead of {len(header)}"
            raise wrong(path, number, what, "Write as many cells as the first line names.")
        cells = dict(zip(header, row, strict=True))
        start = slot_start((path, number), cells[TIME], EXAMPLE)
        if start % HOUR:
            raise wrong(path, number, f"{cells[TIME]} is not a full hour", "Write one line an hour.")
        value = _grams(cells[GRAMS])
        if not info.low <= value <= info.high:
            what = f"{cells[GRAMS][:20]!r} is not a number from {info.low:g} to {info.high:g}"
            raise wrong(path, number, what, "Write g CO2 per kWh with a decimal point.")
        yield number, (start, value, path)


def _grams(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _series(lines: Sequence[Line], now: datetime) -> Series:
    start = np.array([line[0] for line in lines], np.int64)
    return Series(
        KEY,
        start,
        np.full(len(lines), 60, np.int64),
        np.array([line[1] for line in lines], np.float64),
        np.minimum(start + HOUR, epoch(now)),
        np.full(len(lines), str(Origin.PUBLISHED)),
        np.array([f"file {line[2].name}" for line in lines]),
    )
