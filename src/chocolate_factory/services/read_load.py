"""Read a meter's load file: CSV `datetime_utc,kwh`, with `kvarh` if known, plain or compressed with gzip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.site_load import LoadOrigin, SiteLoad
from chocolate_factory.domain.slots import moment
from chocolate_factory.services.csv_file import csv_rows, slot_start, wrong

HEADERS = (["datetime_utc", "kwh"], ["datetime_utc", "kwh", "kvarh"])
EXAMPLE = "2025-12-10T09:15:00Z,27.5"
MAX_LINES = 500_000
MOST_KWH = 1e6
HOURLY_NOTE = "The load is hourly: what it drew within an hour is taken as even."


@dataclass(frozen=True)
class _Line:
    number: int
    start: int
    values: tuple[float, ...]


def read_load(path: Path, now: datetime) -> SiteLoad:
    """The load of a file, slots named by their UTC start, in any order.

    Slots are quarter-hours as soon as one does not start on the hour, else hours. Gaps are left as they are.
    Raises `UsageError` naming file, line, cause and remedy for a wrong line, a slot told twice, or one that
    has not ended at `now`.
    """
    rows = csv_rows(path, EXAMPLE, MAX_LINES)
    _, header = next(rows)
    if header not in HEADERS:
        raise wrong(path, 1, "the header is another one", "Write datetime_utc,kwh as first line.")
    lines = sorted((_line(path, number, row, header) for number, row in rows), key=lambda line: line.start)
    if not lines:
        raise UsageError(f"{path} holds no load.", f"A line looks like {EXAMPLE}.")
    minutes = 15 if any(line.start % 3600 for line in lines) else 60
    _check(path, lines, minutes, now)
    table = np.array([line.values for line in lines], np.float64)
    return SiteLoad(
        origin=LoadOrigin.METERED,
        source=path.name,
        minutes=minutes,
        starts=np.array([line.start for line in lines], np.int64),
        kwh=table[:, 0],
        kvarh=table[:, 1] if table.shape[1] > 1 else None,
        notes=() if minutes == 15 else (HOURLY_NOTE,),
    )


def _line(path: Path, number: int, row: list[str], header: list[str]) -> _Line:
    if len(row) != len(header):
        what = f"{len(row)} columns instead of {len(header)}"
        raise wrong(path, number, what, f"A line looks like {EXAMPLE}.")
    values = tuple(_energy(path, number, text) for text in row[1:])
    return _Line(number, slot_start((path, number), row[0], EXAMPLE), values)


def _energy(path: Path, number: int, text: str) -> float:
    """kWh or kVArh of a slot: finite, not negative, of a plant's size."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        remedy = "Leave out lines without a reading and write decimals with a point."
        raise wrong(path, number, f"{text[:20]!r} is not a reading", remedy)
    if not 0 <= value <= MOST_KWH:
        remedy = "Give energy drawn from the grid in kWh a slot; what was fed in does not count here."
        raise wrong(path, number, f"{value:g} is outside 0 to {MOST_KWH:g} kWh", remedy)
    return value


def _check(path: Path, lines: list[_Line], minutes: int, now: datetime) -> None:
    for line, after in pairwise(lines):
        if line.start == after.start:
            what = f"{moment(after.start):%Y-%m-%dT%H:%MZ} is in line {line.number} too"
            raise wrong(path, after.number, what, "Keep one of them; times are UTC, without a repeated hour.")
    last = lines[-1]
    if last.start + 60 * minutes > now.timestamp():
        what = f"the slot {moment(last.start):%Y-%m-%dT%H:%MZ} has not ended yet"
        raise wrong(path, last.number, what, "Give what the meter has measured only.")
