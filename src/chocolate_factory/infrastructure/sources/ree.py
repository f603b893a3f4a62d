"""Red Eléctrica's apidatos: spot price and PVPC by range, as they stand, corrections included.

Quirks: before PVPC is out only the spot series comes. Spot has 96 values a day since 2025-10-01 (on days
without OMIE's file four times the hourly mean), PVPC 24. A firewall page may come instead. Values: Red
Eléctrica, apidatos.ree.es.
"""

from __future__ import annotations

from datetime import datetime

from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.apidatos import is_no_data, items, range_params, values
from chocolate_factory.infrastructure.sources.rows import Row, asked_rows, due_days, form_expected

PATH = "/es/datos/mercados/precios-mercados-tiempo-real"
INDICATORS = {"pvpc": "1001", "spot": "600"}


class Ree:
    """Spot and PVPC from apidatos. See `Source`."""

    name = "ree"
    series: tuple[str, ...] = ("spot", "pvpc")
    max_days = 31

    def __init__(self, client: Polite) -> None:
        self._client = client

    def reaches(self, key: str, now: datetime) -> Window:
        """All history. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Prices of the window's days, EUR/MWh, in one request. See `Source`."""
        days = due_days(key, window, now)
        if not days:
            return published(key, [], [], self.name)
        answer = self._client.get(PATH, range_params(days, "hour"), is_no_data)
        if is_no_data(502, answer.body):
            return published(key, [], [], self.name)
        with form_expected(self.name):
            rows = _prices(answer.json(), INDICATORS[key])
        wanted = asked_rows(key, rows, days, self.name)
        return published(key, [at for at, _ in wanted], [price for _, price in wanted], self.name)


def _prices(document: object, indicator: str) -> list[Row]:
    """Rows of one indicator; no such series gives none."""
    for item in items(document):
        if str(item["id"]) == indicator:
            return values(item)
    return []
