"""The public archive 70 of e·sios: the PVPC of a day as it was first published, one day a request.

Quirks: decimal commas; day as dd/mm/yyyy; hour as "HH-HH", counting 0 to 24 on the long day and leaving out
"02-03" on the short one; `PCB` is the peninsula with the islands, `CYM` Ceuta and Melilla. A day that is not
out is a message instead of rows, with status 200 or 404. The file is never corrected: later values come from
apidatos. Files before 2021-06-01 are of another tariff and have no `PCB`. Values: Red Eléctrica,
api.esios.ree.es.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots, day_window, days_of
from chocolate_factory.infrastructure.http import Polite

PATH = "/archives/70/download_json"
NO_VALUES = b"no values for specified archive"
SPRING_GAP = 2


class EsiosArchive:
    """PVPC as first published. See `Source`."""

    name = "esios_archive"
    series: tuple[str, ...] = ("pvpc",)
    max_days = 1

    def __init__(self, client: Polite) -> None:
        self._client = client

    def reaches(self, key: str, now: datetime) -> Window:
        """All history. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Hourly prices of the window's days, EUR/MWh. See `Source`."""
        starts: list[int] = []
        values: list[float] = []
        for day in days_of(window, MARKET_ZONE):
            if CATALOG[key].due(day) > now:
                continue
            try:
                rows = self._day(day)
            except (LookupError, TypeError, ValueError, OverflowError) as error:
                what = f"file of {day}: another form ({type(error).__name__}: {error})"
                raise Changed(what, source=self.name) from None
            starts += [at for at, _ in rows]
            values += [price for _, price in rows]
        return published(key, starts, values, self.name)

    def _day(self, day: date) -> list[tuple[int, float]]:
        answer = self._client.get(PATH, {"locale": "es", "date": day.isoformat()}, _is_no_values)
        if _is_no_values(404, answer.body):
            return []
        document = answer.json()
        if not isinstance(document, Mapping) or not isinstance(document["PVPC"], list):
            raise TypeError("no list of hours")
        rows = [_row(row, day) for row in document["PVPC"]]
        return [(at, price) for at, price in rows if price is not None]


def _is_no_values(status: int, body: bytes) -> bool:
    return status == 404 and len(body) < 1000 and NO_VALUES in body.lower()


def _row(row: Mapping[str, object], day: date) -> tuple[int, float | None]:
    """(slot start, price or None for an empty cell)."""
    if row["Dia"] != f"{day:%d/%m/%Y}":
        raise ValueError(f"its rows are of {str(row['Dia'])[:20]}")
    label = str(row["Hora"])
    hour = int(label[:2])
    grid = day_window(day, MARKET_ZONE).starts(60)
    if day_slots(day, MARKET_ZONE, 60) == 23:
        if hour == SPRING_GAP:
            raise ValueError("an hour that does not exist on that day")
        hour -= hour > SPRING_GAP
    if not 0 <= hour < len(grid):
        raise ValueError(f"hour {label[:5]} of a day of {len(grid)}")
    text = str(row["PCB"]).strip()
    if not text or row["PCB"] is None:
        return int(grid[hour]), None
    price = float(text.replace(".", "").replace(",", "."))
    if not math.isfinite(price):
        raise ValueError("a price that is not a number")
    return int(grid[hour]), price
