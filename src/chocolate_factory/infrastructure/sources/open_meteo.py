"""Open-Meteo: hourly weather forecasts of the site and of the places that stand for the country, 16 days.

Quirks: with a local zone all times of an answer carry one fixed offset, wrong after a clock change, so UTC
is asked for; hours beyond the model's range come as null at the end. Data: open-meteo.com, CC BY 4.0.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import SITE_FORECAST
from chocolate_factory.domain.series import Origin, Series, empty
from chocolate_factory.domain.slots import Window, epoch, moment
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
from chocolate_factory.infrastructure.sources.weather_answers import CLOCK_SLACK

PATH = "/v1/forecast"
DAYS = 16
SUFFIX = "_forecast"
OWN = (*SITE_FORECAST, "radiation")
"""What is asked for the site: radiation is for its photovoltaics."""


class OpenMeteo:
    """Weather to come: one request for all quantities of the site, one for all places. See `Source`."""

    name = "open_meteo"
    series: tuple[str, ...] = series_of(OWN, SUFFIX)
    max_days = DAYS

    def __init__(self, client: Polite, site: Site) -> None:
        self._client = client
        self._topics = topics(site, OWN, SUFFIX)
        self._shared: Shared[list[Hours]] = Shared()

    def reaches(self, key: str, now: datetime) -> Window:
        """From the hour that goes on to 16 days ahead. See `Source`."""
        start = moment(epoch(now) // HOUR * HOUR)
        return Window(start, start + timedelta(days=DAYS))

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The hours of the window that are not over, as forecast at `now`. See `Source`.

        Nulls at the end of an answer are left out, others are an error.
        """
        topic = self._topics[key]
        answer = self._shared.get(key, (topic.group, now), lambda: self._ask(topic.group, now))
        start, value = answer[topic.place].of(topic.quantity)
        there = ~np.isnan(value)
        count = int(there.sum())
        if not there[:count].all():
            raise self._changed("an hour without a number")
        wanted = there & (start + HOUR > epoch(now))
        wanted &= (start >= epoch(window.start)) & (start < epoch(window.end))
        if not wanted.any():
            return empty(key)
        known = np.full(int(wanted.sum()), epoch(now), np.int64)
        return hourly(key, (start[wanted], value[wanted], known), Origin.FORECAST, self.name)

    def _ask(self, group: Group, now: datetime) -> list[Hours]:
        places = read_hours(self._client.get(PATH, {**group.params(), "forecast_days": DAYS}), group)
        for hours in places:
            if len(hours.at) != 24 * DAYS:
                raise self._changed(f"{len(hours.at)} of {24 * DAYS} hours")
            begun = epoch(now) - int(hours.at[0])
            if not -CLOCK_SLACK <= begun < 24 * HOUR + CLOCK_SLACK:
                raise self._changed(f"a forecast from {moment(int(hours.at[0])):%Y-%m-%d %H:%M} UTC on")
        return places

    def _changed(self, what: str) -> Changed:
        return Changed(what, source=self.name)
