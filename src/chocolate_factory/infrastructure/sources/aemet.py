"""AEMET OpenData: hourly observations of a station, the last day or so.

Quirks: `fint` is the end of the hour, UTC, with or without offset; all fields but station and time are
optional. Temperature, humidity, pressure and wind are those at the end of the hour, rain is the sum of it;
`pres` is the pressure at the station. `lat` and `lon` are the station's; one that is not at the site is a
wrong setting.
Source: AEMET OpenData, "información elaborada utilizando datos de AEMET".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG, SITE_OBSERVED
from chocolate_factory.domain.series import Origin, Point, Series, empty, from_points
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.aemet_envelope import ask, traces_named
from chocolate_factory.infrastructure.sources.rows import form_expected, number
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import CLOCK_SLACK, HOUR, Row, whole_days

PATH = "/opendata/api/observacion/convencional/datos/estacion/{station}"
FIELDS = {"temperature": "ta", "humidity": "hr", "pressure": "pres", "wind_speed": "vv", "rain": "prec"}
TOLD = timedelta(hours=24)
OLDEST = timedelta(hours=26)
NEAR_DEGREES = 0.5
PLACE_HINT = "Set CHOCO_AEMET__STATION to a station near the site; nothing was stored."


class Aemet:
    """Observed weather of the site's station: °C, %, hPa (at the station), m/s, mm. See `Source`."""

    name = "aemet"
    series: tuple[str, ...] = SITE_OBSERVED
    max_days = 2

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._station, self._site = site.station, site
        self._answers: Shared[list[Row]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """The last 24 hours. See `Source`."""
        end = moment(epoch(now))
        return Window(end - TOLD, end)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Hours that are over, of the days that the window touches. See `Source`."""
        wanted = whole_days(window)
        if wanted.seconds == 0:
            return empty(key)
        path = PATH.format(station=self._station)
        rows = self._answers.get(key, epoch(now) // 60, lambda: ask(self._client, path))
        points = []
        with form_expected(self.name):
            for start, row in self._hours(rows, now):
                value = number(row.get(FIELDS[key]))
                if value is not None and moment(start) in wanted:
                    known = min(CATALOG[key].due_slot(start, 60), moment(epoch(now)))
                    points.append(Point(moment(start), 60, value, known, Origin.MEASURED, self.name))
        return traces_named(from_points(key, points))

    def _hours(self, rows: Sequence[Row], now: datetime) -> Iterator[tuple[int, Row]]:
        """(slot start, row) of the hours that are over; raises `Changed` for rows that cannot be meant."""
        ends = [_end(row) for row in rows]
        if ends and max(ends) < epoch(now - OLDEST):
            raise Changed(f"observations of {moment(max(ends)).date()}", source=self.name)
        for end, row in zip(ends, rows, strict=True):
            if row["idema"] != self._station:
                raise Changed(f"observations of another station than {self._station}", source=self.name)
            self._check_place(number(row.get("lat")), number(row.get("lon")))
            if end % HOUR or end > epoch(now) + CLOCK_SLACK:
                raise Changed(f"an hour that ends at {moment(end):%Y-%m-%d %H:%M} UTC", source=self.name)
            if end <= epoch(now):
                yield end - HOUR, row

    def _check_place(self, latitude: float | None, longitude: float | None) -> None:
        """Raise `Changed` for a station whose place is told and is not that of the site."""
        if latitude is None or longitude is None:
            return
        site = self._site
        if max(abs(latitude - site.latitude), abs(longitude - site.longitude)) > NEAR_DEGREES:
            what = f"station {self._station} is at {latitude:.2f}, {longitude:.2f}, not near the site"
            raise Changed(what, PLACE_HINT, source=self.name)


def _end(row: Row) -> int:
    """Epoch seconds of `fint`; without an offset it is UTC."""
    told = datetime.fromisoformat(str(row["fint"]))
    return epoch(told if told.utcoffset() is not None else told.replace(tzinfo=UTC))
