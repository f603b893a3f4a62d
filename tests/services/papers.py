"""Small sources for tests of what is stored: they tell a formula, within a reach, with gaps and faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import SourceError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports, Source
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Origin, Series, from_points
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch, local_midnight
from tests.worlds import NOW, empty_ports, tiny

BOUNDS = {"temperature": (-5, 40), "humidity": (20, 95), "pressure": (960, 1000), "wind_speed": (0, 15)}
MEASURED = {Kind.OBSERVED, Kind.CLIMATE}


def truth(key: str, starts: Iterable[int]) -> list[float]:
    """A plausible value of each slot (epoch seconds), from key and slot alone."""
    info = CATALOG[key]
    low, high = BOUNDS.get(key, (info.low, info.high))
    low, high = (20, 180) if info.kind is Kind.PRICE else (low, high)
    shares = [(at / 900 * 0.6180339887) % 1 for at in starts]
    return [round(low + (0.3 + 0.4 * share) * (high - low), 2) for share in shares]


@dataclass
class Paper:
    """A source that tells the formula of due slots.

    `since` is the first moment it reaches. Of `gaps` it has nothing, of `flat` days one value for all slots,
    of `halves` the first half. `origin` is what its values are.
    """

    name: str
    series: tuple[str, ...]
    max_days: int = 31
    since: datetime | None = None
    origin: Origin = Origin.PUBLISHED
    gaps: set[date] = field(default_factory=set)
    flat: set[date] = field(default_factory=set)
    halves: set[date] = field(default_factory=set)
    error: SourceError | None = None
    asked: list[tuple[str, date, date]] = field(default_factory=list)

    def reaches(self, key: str, now: datetime) -> Window:
        """From `since` on."""
        reach = ever(key, now)
        return Window(max(reach.start, self.since or reach.start), reach.end)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The window's due slots."""
        info = CATALOG[key]
        days = days_of(window, info.zone)
        self.asked.append((key, days[0], days[-1]))
        if self.error:
            raise self.error
        starts: list[int] = []
        values: list[float] = []
        for day in days:
            grid = info.expected(day_window(day, info.zone), now).tolist()
            if day in self.gaps:
                continue
            if day in self.halves:
                grid = grid[: len(grid) // 2]
            starts += grid
            values += [55.5] * len(grid) if day in self.flat else truth(key, grid)
        return published(key, starts, values, self.name, self.origin)


def world(folder: Path, *sources: Paper, now: datetime = NOW) -> Ports:
    """Ports over an empty store and some sources."""
    by_name: Mapping[str, Source] = {source.name: source for source in sources}
    return replace(empty_ports(folder, tiny(), now), sources=by_name, sample=False)


def stock(ports: Ports, key: str, first: date, last: date, *without: Window) -> None:
    """Store the formula of local days, but for the slots that start in some windows."""
    info = CATALOG[key]
    window = Window(day_window(first, info.zone).start, day_window(last, info.zone).end)
    starts = info.expected(window, ports.clock())
    for gap in without:
        starts = starts[(starts < epoch(gap.start)) | (starts >= epoch(gap.end))]
    origin = Origin.MEASURED if info.kind in MEASURED else Origin.PUBLISHED
    ports.store.write(published(key, starts.tolist(), truth(key, starts.tolist()), "file", origin))


def told_truth(series: Series) -> bool:
    """Whether all values are the formula's."""
    return bool(np.allclose(series.value, truth(series.key, series.start.tolist())))


def day_of(day: date, key: str = "spot") -> Window:
    """The window of a local day of a series."""
    return day_window(day, CATALOG[key].zone)


def span(key: str, first: date, last: date) -> Window:
    """The window of local days of a series, both included."""
    return Window(local_midnight(first, CATALOG[key].zone), day_of(last, key).end)


def at(text: str) -> datetime:
    """A UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


__all__ = ["NOW", "Paper", "at", "day_of", "from_points", "span", "stock", "told_truth", "truth", "world"]
