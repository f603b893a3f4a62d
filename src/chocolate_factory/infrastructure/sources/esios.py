"""Red Eléctrica's e·sios indicators: prices, day-ahead forecasts of the system, and demand; a key is needed.

Quirks: spot and PVPC come for several geographies, interleaved, unless one is asked for; the other
indicators have one, called Spain or peninsula. `datetime_utc` is an hour behind in the repeated hour of
October, `datetime` with its offset is right. A day that is not out is an empty list with status 200.
Demand comes in steps of five or ten minutes; they are averaged here, where a missing one is seen. A missing
or expired key is a 401 or 403. Values: Red Eléctrica, api.esios.ree.es.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import gcd
from statistics import fmean
from typing import Any

from chocolate_factory.core.errors import Refused
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Origin, Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind
from chocolate_factory.domain.slots import Window, day_window, local_date, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.rows import (
    Row,
    asked_rows,
    due_days,
    due_rows,
    form_expected,
    instant,
    number,
)

SPAIN, PENINSULA = 3, 8741
NO_KEY = {401, 403}
KEY_HINT = "Check CHOCO_ESIOS__TOKEN: the key is missing, wrong or expired, or a firewall said no."


@dataclass(frozen=True)
class Indicator:
    """An indicator's number and geography; `asked`: several are there, and this one is asked for.

    Where it is not, the first of `geographies` that the answer has is taken.
    """

    number: int
    geographies: tuple[int, ...] = (PENINSULA, SPAIN)
    asked: bool = False


INDICATORS: dict[str, Indicator] = {
    "spot": Indicator(600, (SPAIN,), asked=True),
    "pvpc": Indicator(1001, (PENINSULA,), asked=True),
    "surplus": Indicator(1739),
    "demand_forecast": Indicator(1775),
    "wind_forecast": Indicator(1777),
    "solar_forecast": Indicator(1779),
    "demand": Indicator(1293),
}


class Esios:
    """Spot, PVPC and surplus price (EUR/MWh), system forecasts and demand (MW). See `Source`."""

    name = "esios"
    series: tuple[str, ...] = tuple(INDICATORS)
    max_days = 31

    def __init__(self, client: Polite) -> None:
        self._client = client

    def reaches(self, key: str, now: datetime) -> Window:
        """All history. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Values of the window's days, in one request. See `Source`.

        A key that is not taken is `Refused`, with what to do about it.
        """
        days = due_days(key, window, now)
        if not days:
            return empty(key)
        document = self._ask(INDICATORS[key], days)
        with form_expected(self.name):
            rows = _values(document, INDICATORS[key])
        wanted = asked_rows(key, rows, days, self.name)
        if CATALOG[key].kind is Kind.SYSTEM:
            wanted = list(_whole_slots(wanted, 60 * CATALOG[key].step))
        wanted = due_rows(key, wanted, now)
        origin = Origin.MEASURED if key == "demand" else Origin.PUBLISHED
        return published(key, [at for at, _ in wanted], [value for _, value in wanted], self.name, origin)

    def _ask(self, indicator: Indicator, days: Sequence[date]) -> object:
        end = day_window(days[-1], MARKET_ZONE).end - timedelta(minutes=1)
        params: dict[str, str | int | float] = {
            "start_date": _utc(day_window(days[0], MARKET_ZONE).start),
            "end_date": _utc(end),
        }
        if indicator.asked:
            params["geo_ids[]"] = indicator.geographies[0]
        answer = self._client.get(
            f"/indicators/{indicator.number}", params, lambda status, _: status in NO_KEY
        )
        if answer.status in NO_KEY:
            raise Refused(f"answered {answer.status}", KEY_HINT, source=self.name)
        return answer.json()


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _values(document: object, indicator: Indicator) -> list[Row]:
    """(slot start, value) of one geography; nulls are left out, an empty list gives none."""
    if not isinstance(document, Mapping):
        raise TypeError("no object")
    told = document["indicator"]
    if told["id"] != indicator.number:
        raise ValueError("another indicator than asked")
    rows: list[Mapping[str, Any]] = told["values"]
    if not isinstance(rows, list):
        raise TypeError("no list of values")
    there = {row["geo_id"] for row in rows}
    if not there:
        return []
    geography = next((known for known in indicator.geographies if known in there), None)
    if geography is None:
        raise LookupError("no values of the geography asked for")
    chosen = [(instant(r["datetime"]), number(r["value"])) for r in rows if r["geo_id"] == geography]
    return [(at, value) for at, value in chosen if value is not None]


def _whole_slots(rows: Sequence[Row], length: int) -> Iterator[Row]:
    """Rows as they are where they come slot by slot (`length` in seconds), else the mean of each whole slot.

    The step is the greatest that all times of a local day share. A slot with a part missing, or told twice,
    is left out.
    """
    for _, group in groupby(sorted(rows), key=lambda row: local_date(moment(row[0]), MARKET_ZONE)):
        day = list(group)
        step = gcd(length, *(at % length for at, _ in day))
        if step == length:
            yield from day
            continue
        for start, part in groupby(day, key=lambda row: row[0] - row[0] % length):
            parts = list(part)
            if len(parts) == len({at for at, _ in parts}) == length // step:
                yield start, fmean(value for _, value in parts)
