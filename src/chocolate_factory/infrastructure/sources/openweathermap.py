"""OpenWeatherMap: the weather at the site now.

Quirks: the answer is of `dt`, minutes ago, and stands for the hour that contains it. `pressure` is reduced
to sea level; only `grnd_level` is the pressure at the site. Data: OpenWeather, openweathermap.org, ODbL.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import SITE_OBSERVED
from chocolate_factory.domain.series import Origin, Point, Series, empty, from_points
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.openweathermap_answers import ask, check_place, rain
from chocolate_factory.infrastructure.sources.rows import form_expected, number
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import (
    CLOCK_SLACK,
    HOUR,
    Row,
    seconds,
    table,
    whole_days,
)

PATH = "/data/2.5/weather"
FIELDS = {"temperature": "temp", "humidity": "humidity", "pressure": "grnd_level"}
OLDEST = timedelta(hours=2)


class OpenWeatherMap:
    """Weather now: °C, %, hPa (at the site), m/s, mm. See `Source`."""

    name = "openweathermap"
    series: tuple[str, ...] = SITE_OBSERVED
    max_days = 2

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._site = site
        self._answers: Shared[Row] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """The hour of `now` and the two before it, in which an answer may have been made. See `Source`."""
        hour = moment(epoch(now) // HOUR * HOUR)
        return Window(hour - OLDEST, hour + timedelta(hours=1))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The hour that contains the observation, if the window touches its day. See `Source`."""
        wanted = whole_days(window)
        if wanted.seconds == 0:
            return empty(key)
        document = self._answers.get(key, epoch(now) // 60, lambda: ask(self._client, PATH, self._site))
        with form_expected(self.name):
            check_place(table(document["coord"]), self._site, self.name)
            at = seconds(document["dt"])
            if not epoch(now - OLDEST) <= at <= epoch(now) + CLOCK_SLACK:
                raise Changed(f"an observation of {moment(at):%Y-%m-%d %H:%M} UTC", source=self.name)
            value = _value(document, key)
        start = moment(min(at, epoch(now)) // HOUR * HOUR)
        if value is None or start not in wanted:
            return empty(key)
        return from_points(key, [Point(start, 60, value, moment(epoch(now)), Origin.MEASURED, self.name)])


def _value(document: Row, key: str) -> float | None:
    """The value of a series; without a temperature nothing was observed, so no rain is told either."""
    main = table(document["main"])
    if key in FIELDS:
        return number(main.get(FIELDS[key]))
    if key == "wind_speed":
        return number(table(document.get("wind", {})).get("speed"))
    return None if number(main.get("temp")) is None else rain(document, "1h")
