"""Open-Meteo's archive: weather that was, of the site and of the places that stand for the country.

It is reanalysis: a model run over measurements afterwards, told by a publisher and not measured at the
place. Quirks: hours that are not out yet, about the last two days, come as null; days are UTC days and both
ends are included; a request for many places over a year counts as hundreds of requests in the provider's
quota. Data: open-meteo.com, CC BY 4.0, from ERA5 and IFS of ECMWF/Copernicus.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG, SITE_OBSERVED
from chocolate_factory.domain.series import Origin, Series, empty
from chocolate_factory.domain.slots import Window, epoch, local_date, local_midnight
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.open_meteo_hours import (
    HOUR,
    Group,
    Hours,
    hourly,
    read_hours,
    series_of,
    topics,
)
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site

PATH = "/v1/archive"
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KNOWN_AFTER = timedelta(days=2)
"""Assumed time from the end of an hour until the archive tells of it; Open-Meteo says about two days."""


class OpenMeteoArchive:
    """Past weather: one request for all quantities of the site, one for all places. See `Source`."""

    name = "open_meteo_archive"
    series: tuple[str, ...] = series_of(SITE_OBSERVED)
    max_days = 366

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._topics = topics(site, SITE_OBSERVED)
        self._shared: Shared[list[Hours]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """From 2000 to the end of the last local day of which all is out. See `Source`."""
        zone = CATALOG[key].zone
        return Window(FIRST, max(FIRST, local_midnight(local_date(now - KNOWN_AFTER, zone), zone)))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The hours of the window that are out, known two days after they ended or now. See `Source`.

        The last day is not asked for: nothing of it is out.
        """
        span = window.clip(Window(FIRST, max(FIRST, now.astimezone(UTC))))
        if span is None:
            return empty(key)
        # A sum at midnight belongs to the hour before: the day that follows the span is asked for as well.
        first, last = span.start.date(), min(span.end.date(), (now.astimezone(UTC) - DAY).date())
        if last < first:
            return empty(key)
        topic = self._topics[key]
        question = (topic.group, first, last, now)
        answer = self._shared.get(key, question, lambda: self._ask(topic.group, first, last))
        start, value = answer[topic.place].of(topic.quantity)
        wanted = ~np.isnan(value) & (start + HOUR <= epoch(now))
        wanted &= (start >= epoch(span.start)) & (start < epoch(span.end))
        if not wanted.any():
            return empty(key)
        start, value = start[wanted], value[wanted]
        known = np.minimum(start + HOUR + int(KNOWN_AFTER.total_seconds()), epoch(now))
        return hourly(key, (start, value, known), Origin.PUBLISHED, f"{self.name}, reanalysis")

    def _ask(self, group: Group, first: date, last: date) -> list[Hours]:
        params = {**group.params(), "start_date": f"{first}", "end_date": f"{last}"}
        places = read_hours(self._client.get(PATH, params), group)
        begin = epoch(datetime.combine(first, time(), UTC))
        count = 24 * ((last - first).days + 1)
        for hours in places:
            if hours.at[0] != begin or len(hours.at) != count:
                raise Changed(f"other hours than those from {first} to {last}", source=self.name)
        return places
