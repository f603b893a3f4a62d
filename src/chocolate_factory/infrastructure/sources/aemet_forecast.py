"""AEMET OpenData: hourly forecast of a municipality, 48 hours from the model's run on.

Quirks: `periodo` is a local hour, so the hour that October repeats is told once: it is taken as the first of
the two, and the second is missing; an hour that March leaves out is nobody's. `elaborado` is local too. Wind
is in km/h and shares its list with the gusts. Values are texts, "" is missing and "Ip" a trace of rain.
Source: AEMET OpenData, "información elaborada utilizando datos de AEMET".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import SITE_FORECAST
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch, local_date, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.aemet_envelope import amount, ask, traces_named
from chocolate_factory.infrastructure.sources.rows import form_expected
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import HOUR, Row, table, tables, to_come

PATH = "/opendata/api/prediccion/especifica/municipio/horaria/{municipality}"
FIELDS = {
    "temperature_forecast": "temperatura",
    "humidity_forecast": "humedadRelativa",
    "rain_forecast": "precipitacion",
}
WIND = "vientoAndRachaMax"
REACH = timedelta(hours=72)
OLDEST = timedelta(hours=24)
AHEAD = timedelta(hours=1)
LEAST_HOURS = 36
"""Hours from the first to the last that are told at least; recorded forecasts have 48."""
LEAST_TOLD = 0.9
"""Share of those hours with a value, below which a quantity is not told; October's lost hour is fewer."""


class AemetForecast:
    """Forecast of the site's municipality: °C, %, m/s, mm. See `Source`."""

    name = "aemet_forecast"
    series: tuple[str, ...] = tuple(f"{quantity}_forecast" for quantity in SITE_FORECAST)
    max_days = 3

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._municipality = site.municipality
        self._answers: Shared[list[Row]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """The hour of `now` and the next three days. See `Source`."""
        return Window(moment(epoch(now) // HOUR * HOUR), moment(epoch(now)) + REACH)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Hours of the window that are not over, as forecast. See `Source`."""
        path = PATH.format(municipality=self._municipality)
        rows = self._answers.get(key, epoch(now) // 60, lambda: ask(self._client, path))
        if not rows:
            return empty(key)
        with form_expected(self.name):
            days = self._days(rows, now)
            hours = [hour for day in days for hour in _hours(day, key)]
        told = {start for start, _ in hours}
        reach = (max(told) - min(told)) // HOUR + 1 if told else 0
        if told and reach < LEAST_HOURS:
            raise self._changed(f"a forecast of {reach} hours")
        if len(told) < LEAST_TOLD * reach:
            raise self._changed(f"{len(told)} of {reach} hours have a value")
        return traces_named(to_come(key, hours, window, now, self.name))

    def _days(self, rows: Sequence[Row], now: datetime) -> list[Row]:
        """The days of a forecast that is of this municipality and of today; else `Changed`."""
        document = rows[0]
        if len(rows) != 1 or int(str(document["id"])) != int(self._municipality):
            raise self._changed(f"a forecast of another place than {self._municipality}")
        made = datetime.fromisoformat(str(document["elaborado"])).replace(tzinfo=ZoneInfo(MARKET_ZONE))
        if not now - OLDEST <= made.astimezone(UTC) <= now + AHEAD:
            raise self._changed(f"a forecast of {made:%Y-%m-%d %H:%M}")
        days = tables(table(document["prediccion"])["dia"])
        today = local_date(now, MARKET_ZONE)
        if _date(days[0]) not in {today, today - timedelta(days=1)}:
            raise self._changed(f"a forecast from {_date(days[0])} on")
        return days

    def _changed(self, what: str) -> Changed:
        return Changed(what, source=self.name)


def _date(day: Row) -> date:
    return datetime.fromisoformat(str(day["fecha"])).date()


def _hours(day: Row, key: str) -> Iterator[tuple[int, float]]:
    """(slot start, value) of one local day; hours that are missing or do not exist are left out."""
    entries = tables(day[FIELDS.get(key, WIND)])
    for entry in entries:
        value = amount(entry["value"]) if key in FIELDS else _wind(entry)
        start = _start(_date(day), int(str(entry["periodo"])))
        if value is not None and start is not None:
            yield start, value


def _wind(entry: Row) -> float | None:
    """km/h of a list of one -> m/s; a gust has no such list."""
    told = entry.get("velocidad")
    if told is None:
        return None
    if not isinstance(told, list):
        raise TypeError("a wind speed that is no list")
    speed = amount(told[0]) if told else None
    return None if speed is None else round(speed / 3.6, 2)


def _start(day: date, hour: int) -> int | None:
    """Epoch seconds of a local hour, the first of a repeated one; None if that day has no such hour."""
    zone = ZoneInfo(MARKET_ZONE)
    start = epoch(datetime.combine(day, time(hour), zone).astimezone(UTC))
    return start if moment(start).astimezone(zone).hour == hour else None
