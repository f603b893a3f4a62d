"""Red Eléctrica's apidatos: spot price and PVPC by range, as they stand, corrections included.

Quirks: start and end are local wall times and the end is included, so a day is asked to 23:59; "nothing
yet" is an error body with code 502 (or 200); before PVPC is out only the spot series comes. Spot has 96
values a day since 2025-10-01 (on days without OMIE's file four times the hourly mean), PVPC 24. A firewall
page may come instead. Values: Red Eléctrica, apidatos.ree.es.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch
from chocolate_factory.infrastructure.http import Polite

PATH = "/es/datos/mercados/precios-mercados-tiempo-real"
INDICATORS = {"pvpc": "1001", "spot": "600"}
NO_DATA = (b"there are no data", b"no hay datos")


class Ree:
    """Spot and PVPC from apidatos. See `Source`."""

    name = "ree"
    series: tuple[str, ...] = ("spot", "pvpc")
    max_days = 31

    def __init__(self, client: Polite) -> None:
        self._client = client

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Prices of the window's days, EUR/MWh, in one request. See `Source`."""
        days = [day for day in days_of(window, MARKET_ZONE) if CATALOG[key].due(day) <= now]
        if not days:
            return published(key, [], [], self.name)
        params = {
            "start_date": f"{days[0]}T00:00",
            "end_date": f"{days[-1]}T23:59",
            "time_trunc": "hour",
        }
        answer = self._client.get(PATH, params, _is_no_data)
        if _is_no_data(502, answer.body):
            return published(key, [], [], self.name)
        try:
            rows = _values(answer.json(), INDICATORS[key])
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise self._changed(f"its document has another form ({type(error).__name__}: {error})") from None
        first = epoch(day_window(days[0], MARKET_ZONE).start)
        end = epoch(day_window(days[-1], MARKET_ZONE).end)
        wanted = [(at, price) for at, price in rows if first <= at < end]
        if rows and not wanted:
            raise self._changed(f"values of another time than {days[0]} to {days[-1]}")
        return published(key, [at for at, _ in wanted], [price for _, price in wanted], self.name)

    def _changed(self, what: str) -> Changed:
        return Changed(what, source=self.name)


def _is_no_data(status: int, body: bytes) -> bool:
    """Whether an answer says that nothing is there yet, which REE calls a bad gateway."""
    short = body[:1000].lower()
    return status == 502 and b'"errors"' in short and any(text in short for text in NO_DATA)


def _values(document: object, indicator: str) -> list[tuple[int, float]]:
    """(slot start, price) of one indicator; nulls are left out, no such series gives none."""
    if not isinstance(document, Mapping) or not isinstance(document["included"], list):
        raise TypeError("no list of series")
    for item in document["included"]:
        if str(item["id"]) == indicator:
            rows = [_value(row) for row in item["attributes"]["values"]]
            return [(at, price) for at, price in rows if price is not None]
    return []


def _value(row: Mapping[str, object]) -> tuple[int, float | None]:
    price, at = row["value"], datetime.fromisoformat(str(row["datetime"]))
    if at.utcoffset() is None:
        raise ValueError("a time without offset")
    if price is None:
        return epoch(at), None
    if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price):
        raise TypeError("a price that is not a number")
    return epoch(at), float(price)
