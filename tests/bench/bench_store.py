"""What the embedded store costs: ingest and reading of a year, holes, and many days one by one."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
DAY = Window(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
REPEATS = 5


def year_of(key: str, minutes: int, value: float) -> Series:
    """A year of invented prices, all known the day before the year."""
    start = YEAR.starts(minutes)
    n = len(start)
    return Series(
        key,
        start,
        np.full(n, minutes, np.int64),
        value + np.arange(n) % 97 / 7,
        np.full(n, epoch(YEAR.start) - 86400, np.int64),
        np.full(n, "published"),
        np.full(n, "bench"),
    )


def milliseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def typical(call: Callable[[], object]) -> float:
    """Median of a few calls."""
    return statistics.median(milliseconds(call) for _ in range(REPEATS))


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement, on a new store in a temporary folder."""
    hourly, quarterly = year_of("pvpc", 60, 80.0), year_of("spot", 15, 60.0)
    days = [quarterly.take(piece) for piece in np.array_split(np.arange(len(quarterly)), 365)]
    with tempfile.TemporaryDirectory() as folder:
        store, single = SqliteStore(Path(folder) / "a.sqlite"), SqliteStore(Path(folder) / "b.sqlite")
        return [
            ("store: ingest a year of hours", milliseconds(lambda: store.write(hourly)), "ms"),
            ("store: ingest a year of quarter-hours", milliseconds(lambda: store.write(quarterly)), "ms"),
            ("store: the same year again, unchanged", typical(lambda: store.write(quarterly)), "ms"),
            ("store: read a year of hours", typical(lambda: store.read("pvpc", YEAR)), "ms"),
            ("store: read a year of quarter-hours", typical(lambda: store.read("spot", YEAR)), "ms"),
            ("store: the same as of a moment", typical(lambda: store.read("spot", YEAR, YEAR.end)), "ms"),
            ("store: holes of a year", typical(lambda: store.holes("spot", YEAR, YEAR.end)), "ms"),
            ("store: read one day", typical(lambda: store.read("spot", DAY)), "ms"),
            ("store: ingest one day", milliseconds(lambda: [single.write(day) for day in days]) / 365, "ms"),
        ]


if __name__ == "__main__":
    for name, value, unit in rows():
        print(f"{name:45} {value:9.2f} {unit}")
