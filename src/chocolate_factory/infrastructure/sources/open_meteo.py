"""Open-Meteo: hourly weather forecast of the site for 16 days.

Quirks: with a local zone all times of an answer carry one fixed offset, wrong after a clock change, so UTC
is asked for; hours beyond the model's range come as null at the end. Data: open-meteo.com, CC BY 4.0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.series import Origin, Series, empty
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.http import Params, Polite

PATH = "/v1/forecast"
DAYS = 16
VARIABLES = {
    "temperature_forecast": ("temperature_2m", "°C"),
    "humidity_forecast": ("relative_humidity_2m", "%"),
}


class OpenMeteo:
    """Forecast of temperature (°C) and relative humidity (%) at a place. See `Source`."""

    name = "open_meteo"
    series: tuple[str, ...] = tuple(VARIABLES)
    max_days = DAYS

    def __init__(self, client: Polite, latitude: float, longitude: float) -> None:
        self._client = client
        self._place: dict[str, float] = {"latitude": round(latitude, 4), "longitude": round(longitude, 4)}

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """The hours of the window that are not over, as forecast at `now`. See `Source`."""
        variable, unit = VARIABLES[key]
        params: Params = {**self._place, "hourly": variable, "forecast_days": DAYS, "timezone": "GMT"}
        answer = self._client.get(PATH, params)
        try:
            starts, values = _hours(answer.json(), variable, unit)
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            what = f"its document has another form ({type(error).__name__}: {error})"
            raise Changed(what, source=self.name) from None
        start = np.array(starts, np.int64)
        ahead = (start + 3600 > epoch(now)) & (start >= epoch(window.start)) & (start < epoch(window.end))
        count = int(ahead.sum())
        if count == 0:
            return empty(key)
        return Series(
            key,
            start[ahead],
            np.full(count, 60, np.int64),
            np.array(values, np.float64)[ahead],
            np.full(count, epoch(now), np.int64),
            np.full(count, str(Origin.FORECAST)),
            np.full(count, self.name),
        )


def _hours(document: object, variable: str, unit: str) -> tuple[list[int], list[float]]:
    """Slot starts and values; nulls at the end are left out, others are an error."""
    if not isinstance(document, Mapping):
        raise TypeError("no object")
    if document["utc_offset_seconds"] != 0 or document["hourly_units"][variable] != unit:
        raise ValueError("another zone or unit than asked")
    times, cells = document["hourly"]["time"], list(document["hourly"][variable])
    if len(times) != 24 * DAYS or len(cells) != len(times):
        raise ValueError(f"{len(cells)} of {24 * DAYS} hours")
    while cells and cells[-1] is None:
        cells.pop()
    if not all(type(cell) in {int, float} and math.isfinite(cell) for cell in cells):
        raise ValueError("an hour without a number")
    starts = [epoch(datetime.fromisoformat(text).replace(tzinfo=UTC)) for text in times[: len(cells)]]
    if sorted(starts) != starts:
        raise ValueError("hours out of order")
    return starts, [float(cell) for cell in cells]
