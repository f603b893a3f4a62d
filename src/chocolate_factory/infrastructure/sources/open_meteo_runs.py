"""Open-Meteo's archive of forecasts as they were issued, of the places that stand for the country.

Asked for is what was forecast one to seven days before each hour ("previous runs", most models since January
2024). By the documentation and the published server, such a value comes from the newest run of a model that
began at least so many days before the hour; when that run's result was out is not told. It is taken to be
known twelve hours after the latest such run could begin: ECMWF gives its run to 15 days away within nine
hours of its beginning (its dissemination schedule), others give theirs earlier. So a value may count as known
later than it was, and not before.

Quirks: hours without a value come as null, wherever they stand, and a variable without any has no unit.
Values of the last two days may still change (a user saw it: issue 1469 of open-meteo) and are not asked for.
A request counts in the provider's quota by places, weeks and tens of variables, so one asks for one quantity
of the places that have it. No answer of this service was at hand when this was written: the form is the
documented one.
Documentation: open-meteo.com/en/docs/previous-runs-api. Data: open-meteo.com, CC BY 4.0.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import PLACES
from chocolate_factory.domain.series import Origin, Series, concat, empty
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.open_meteo_hours import (
    HOUR,
    Group,
    Hours,
    Topic,
    hourly,
    read_hours,
    series_of,
)
from chocolate_factory.infrastructure.sources.shared import Shared
from chocolate_factory.infrastructure.sources.site import Site

PATH = "/v1/forecast"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS_BEFORE = (1, 2, 3, 4, 5, 6, 7)
OUT_AFTER = 12 * HOUR
"""Assumed time, seconds, from the latest beginning of a run until its forecast was surely out."""
SETTLED = timedelta(days=2)
SUFFIX = "_forecast"


class OpenMeteoRuns:
    """Forecasts of the past, one row for each day before an hour; one request a quantity. See `Source`."""

    name = "open_meteo_runs"
    series: tuple[str, ...] = series_of((), SUFFIX)
    max_days = 28

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._topics = _topics()
        self._shared: Shared[list[Hours]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """From 2024 to two days before this UTC day. See `Source`."""
        today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return Window(FIRST, max(FIRST, today - SETTLED))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Up to seven rows an hour of the window, the oldest forecast first. See `Source`.

        `available_at` is so many days before the hour told, and twelve hours on.
        """
        span = window.clip(self.reaches(key, now))
        if span is None:
            return empty(key)
        # A mean at midnight belongs to the hour before: the day that follows the span is asked for as well.
        first, last = span.start.date(), span.end.date()
        topic = self._topics[key]
        hours = self._shared.get(
            key, (topic.group, first, last, now), lambda: self._ask(topic.group, first, last)
        )[topic.place]
        parts = [self._issue(key, topic, hours, days) for days in DAYS_BEFORE]
        found = [part for part in parts if len(part)]
        return concat(found).within(span) if found else empty(key)

    def _issue(self, key: str, topic: Topic, hours: Hours, days: int) -> Series:
        """What was forecast so many days before each hour, as far as it is told."""
        start, value = hours.of(topic.quantity, days)
        known = hours.at - days * 24 * HOUR + OUT_AFTER
        told = ~np.isnan(value)
        return hourly(key, (start[told], value[told], known[told]), Origin.FORECAST, self.name)

    def _ask(self, group: Group, first: date, last: date) -> list[Hours]:
        params = {**group.params(), "start_date": f"{first}", "end_date": f"{last}"}
        places = read_hours(self._client.get(PATH, params), group)
        begin = epoch(datetime.combine(first, time(), UTC))
        count = 24 * ((last - first) // timedelta(days=1) + 1)
        for hours in places:
            if hours.at[0] != begin or len(hours.at) != count:
                raise Changed(f"other hours than those from {first} to {last}", source=self.name)
        return places


def _topics() -> dict[str, Topic]:
    """Series key -> where it stands: one group for each quantity, of the places that have it."""
    found: dict[str, Topic] = {}
    for quantity in dict.fromkeys(quantity for place in PLACES.values() for quantity in place.quantities):
        having = {name: place for name, place in PLACES.items() if quantity in place.quantities}
        places = tuple((place.latitude, place.longitude) for place in having.values())
        group = Group(places, (quantity,), DAYS_BEFORE)
        found |= {
            f"{name}_{quantity}{SUFFIX}": Topic(group, row, quantity) for row, name in enumerate(having)
        }
    return found
