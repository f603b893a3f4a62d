"""What the stores cost, side by side: ingest and reading of years, holes, days one by one, records."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from tests.influx_server import InfluxServer, executable

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
DAY = Window(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
LONG = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
REPEATS = 3


def hours_and_quarters(key: str, minutes: int, window: Window) -> Series:
    """Invented prices of a window, each known the day before its slot."""
    start = window.starts(minutes)
    n = len(start)
    columns = (np.full(n, minutes, np.int64), 60 + np.arange(n) % 97 / 7, start - 86400)
    return Series(key, start, *columns, np.full(n, "published"), np.full(n, "bench"))


def milliseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def typical(call: Callable[[], object]) -> float:
    """Median of a few calls."""
    return statistics.median(milliseconds(call) for _ in range(REPEATS))


def figures(store: Store, single: Store) -> dict[str, float]:
    """What each thing takes in milliseconds, in two new stores."""
    hourly, quarterly = hours_and_quarters("pvpc", 60, YEAR), hours_and_quarters("spot", 15, YEAR)
    long = hours_and_quarters("rain", 60, LONG)
    days = [quarterly.take(piece) for piece in np.array_split(np.arange(len(quarterly)), 365)][:60]
    plans = [Record("plan", f"p{n}", YEAR.start + timedelta(hours=n), {"n": [n] * 500}) for n in range(100)]
    return {
        "write a year of hours": milliseconds(lambda: store.write(hourly)),
        "write a year of quarter-hours": milliseconds(lambda: store.write(quarterly)),
        "the same year again, unchanged": typical(lambda: store.write(quarterly)),
        "write 25 years of hours": milliseconds(lambda: store.write(long)),
        "read a year of hours": typical(lambda: store.read("pvpc", YEAR)),
        "read a year of quarter-hours": typical(lambda: store.read("spot", YEAR)),
        "the same as of a moment": typical(lambda: store.read("spot", YEAR, YEAR.end)),
        "read 25 years of hours": typical(lambda: store.read("rain", LONG)),
        "holes of a year": typical(lambda: store.holes("spot", YEAR, YEAR.end)),
        "span of 25 years": typical(lambda: store.span("rain")),
        "read one day": typical(lambda: store.read("spot", DAY)),
        "write one day": milliseconds(lambda: [single.write(day) for day in days]) / len(days),
        "save one record": milliseconds(lambda: [single.save(plan) for plan in plans]) / len(plans),
        "find the newest of 100 records": typical(lambda: single.find("plan", limit=1)),
        "find 100 records": typical(lambda: single.find("plan")),
    }


def both() -> dict[str, dict[str, float]]:
    """The figures of each store; InfluxDB's only where `influxd` is installed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {"SQLite": figures(SqliteStore(folder / "a.sqlite"), SqliteStore(folder / "b.sqlite"))}
        if executable() is not None:
            server = InfluxServer(folder / "influx")
            try:
                found["InfluxDB"] = figures(InfluxStore(server.url, "a"), InfluxStore(server.url, "b"))
            finally:
                server.stop()
    return found


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement; n/a for InfluxDB where it is not installed."""
    found = both()
    return [
        (f"{store}: {name}", found.get(store, {}).get(name, float("nan")), "ms")
        for name in found["SQLite"]
        for store in ("SQLite", "InfluxDB")
    ]


def main() -> None:
    """One table, the stores side by side, in milliseconds."""
    found = both()
    print(f"{'milliseconds':34}" + "".join(f"{store:>12}" for store in found))
    for name in found["SQLite"]:
        print(f"{name:34}" + "".join(f"{values[name]:12.1f}" for values in found.values()))
    if "InfluxDB" not in found:
        print("InfluxDB: not measured, influxd is not installed (apt-get install influxdb)")


if __name__ == "__main__":
    main()
