"""OpenWeatherMap: the forecast of the site, five days in steps of three hours, or One Call's 48 hours.

Quirks: a step tells the weather at `dt`; it is given to the three hours from there on. `rain.3h` is the sum
of the three hours before `dt` and is shared out among them evenly. The source text of such hours says so. One
Call is hourly and needs a subscription of its own. Data: OpenWeather, openweathermap.org, ODbL.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import SITE_FORECAST
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.openweathermap_answers import ask, check_place, rain
from chocolate_factory.infrastructure.sources.rows import form_expected, number
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import (
    HOUR,
    Row,
    seconds,
    table,
    tables,
    to_come,
)

PATH = "/data/2.5/forecast"
ONE_CALL = "/data/{version}/onecall"
STEPS, STEP_HOURS = 40, 3
ONE_CALL_HOURS = 48
REACH = timedelta(days=5)
FIRST_WITHIN = 6 * HOUR
"""Seconds that the first hour told may be away from now."""
LEAST_TOLD = 0.9
"""Share of the hours with a value, below which a quantity is not told."""


class OpenWeatherMapForecast:
    """Forecast of the site: °C, %, m/s, mm. See `Source`."""

    name = "openweathermap_forecast"
    series: tuple[str, ...] = tuple(f"{quantity}_forecast" for quantity in SITE_FORECAST)
    max_days = 6

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._site = site
        self._answers: Shared[Row] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """The hour of `now` and the next five days. See `Source`."""
        hour = moment(epoch(now) // HOUR * HOUR)
        return Window(hour, hour + REACH)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Hours of the window that are not over, as forecast. See `Source`."""
        document = self._answers.get(key, epoch(now) // 60, self._ask)
        quantity = key.removesuffix("_forecast")
        with form_expected(self.name):
            if self._site.one_call:
                entries, count, place = tables(document["hourly"]), ONE_CALL_HOURS, document
            else:
                entries, count = tables(document["list"]), STEPS
                place = table(table(document["city"])["coord"])
            check_place(place, self._site, self.name)
            self._check(entries, count, now)
            hours = list((_hours if self._site.one_call else _steps)(entries, quantity))
        whole = len(entries) * (1 if self._site.one_call else STEP_HOURS)
        if len(hours) < LEAST_TOLD * whole:
            raise Changed(f"{len(hours)} of {whole} hours have a value", source=self.name)
        source = self.name if self._site.one_call else f"{self.name}, {STEP_HOURS}-hour step"
        return to_come(key, hours, window, now, source)

    def _ask(self) -> Row:
        if not self._site.one_call:
            return ask(self._client, PATH, self._site)
        path = ONE_CALL.format(version=self._site.one_call)
        return ask(self._client, path, self._site, {"exclude": "minutely,daily,alerts"})

    def _check(self, entries: list[Row], count: int, now: datetime) -> None:
        """Raise `Changed` unless the forecast is whole and begins about now."""
        if len(entries) < count:
            raise Changed(f"{len(entries)} of {count} steps", source=self.name)
        first = seconds(entries[0]["dt"])
        if abs(first - epoch(now)) > FIRST_WITHIN:
            raise Changed(f"a forecast from {moment(first):%Y-%m-%d %H:%M} UTC on", source=self.name)


def _steps(entries: list[Row], quantity: str) -> Iterator[tuple[int, float]]:
    """(slot start, value) of steps of three hours."""
    for entry in entries:
        value = _value(table(entry["main"]), table(entry.get("wind", {})).get("speed"), quantity)
        if quantity == "rain":
            value = None if value is None else rain(entry, "3h")
        if value is None:
            continue
        first = _hour(entry)
        if quantity == "rain":
            first, value = first - STEP_HOURS * HOUR, value / STEP_HOURS
        for hour in range(STEP_HOURS):
            yield first + hour * HOUR, value


def _hours(entries: list[Row], quantity: str) -> Iterator[tuple[int, float]]:
    """(slot start, value) of One Call's hours."""
    for entry in entries:
        value = _value(entry, entry.get("wind_speed"), quantity)
        if quantity == "rain":
            value = None if value is None else rain(entry, "1h")
        if value is not None:
            yield _hour(entry), value


def _value(main: Row, wind: object, quantity: str) -> float | None:
    """The value of a quantity; for rain the temperature, without which the entry tells nothing."""
    if quantity == "wind_speed":
        return number(wind)
    return number(main.get("humidity" if quantity == "humidity" else "temp"))


def _hour(entry: Row) -> int:
    start = seconds(entry["dt"])
    if start % HOUR:
        raise ValueError("a step that does not begin on the hour")
    return start
