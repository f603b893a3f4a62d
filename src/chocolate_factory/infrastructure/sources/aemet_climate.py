"""AEMET OpenData: daily climate values of a station, about three days late.

Quirks: at most six months a request; days are UTC days; values are texts with decimal comma, "Ip" is a trace
of rain, "Acum" says that the rain is counted on a later day; a day or a field may be missing.
Source: AEMET OpenData, "información elaborada utilizando datos de AEMET".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG, CLIMATE
from chocolate_factory.domain.series import Origin, Point, Series, empty, from_points
from chocolate_factory.domain.series_info import DAY_MINUTES
from chocolate_factory.domain.slots import Window, day_window, days_of, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.aemet_envelope import amount, ask, traces_named
from chocolate_factory.infrastructure.sources.rows import form_expected
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import Row

PATH = (
    "/opendata/api/valores/climatologicos/diarios/datos"
    "/fechaini/{first}T00:00:00UTC/fechafin/{last}T23:59:59UTC/estacion/{station}"
)
FIELDS = {
    "climate_temperature_mean": "tmed",
    "climate_temperature_max": "tmax",
    "climate_temperature_min": "tmin",
    "climate_humidity_mean": "hrMedia",
    "climate_wind_speed": "velmedia",
    "climate_rain": "prec",
}
FIRST = datetime(2000, 1, 1, tzinfo=UTC)


class AemetClimate:
    """Daily values of the site's station: °C, %, m/s, mm. See `Source`."""

    name = "aemet_climate"
    series: tuple[str, ...] = tuple(CLIMATE)
    max_days = 180

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._station = site.station
        self._answers: Shared[list[Row]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """From 2000 to now. See `Source`."""
        return Window(FIRST, moment(epoch(now)))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """One value a UTC day that the window touches and that is due, in one request. See `Source`."""
        days = [day for day in days_of(window, "UTC") if CATALOG[key].due(day) <= now]
        if not days:
            return empty(key)
        path = PATH.format(first=days[0], last=days[-1], station=self._station)
        rows = self._answers.get(key, (path, epoch(now) // 60), lambda: ask(self._client, path))
        with form_expected(self.name):
            return traces_named(from_points(key, self._points(key, days, rows)))

    def _points(self, key: str, days: Sequence[date], rows: Sequence[Row]) -> list[Point]:
        points = []
        for row in rows:
            day = date.fromisoformat(str(row["fecha"]))
            if row["indicativo"] != self._station:
                raise Changed(f"values of another station than {self._station}", source=self.name)
            if not days[0] <= day <= days[-1]:
                raise Changed(f"values of {day}, outside {days[0]} to {days[-1]}", source=self.name)
            value = amount(row.get(FIELDS[key]))
            if value is not None:
                start, known = day_window(day, "UTC").start, CATALOG[key].due(day)
                points.append(Point(start, DAY_MINUTES, value, known, Origin.MEASURED, self.name))
        return points
