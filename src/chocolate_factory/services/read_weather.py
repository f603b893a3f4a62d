"""The weather of the site: what was observed last, what is forecast, what is normal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import CATALOG, SITE_FORECAST, SITE_OBSERVED
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, moment
from chocolate_factory.services.read_normals import normal_rows, read_normals

Row = dict[str, Any]

RECENT = timedelta(hours=48)
AHEAD = timedelta(days=17)


def read_current(ports: Ports) -> Row:
    """The newest observed value of each quantity within two days, with its source; missing ones left out."""
    now = ports.clock()
    values: dict[str, Row] = {}
    for key in SITE_OBSERVED:
        known = ports.store.read(key, Window(moment(int((now - RECENT).timestamp())), now), now)
        if len(known):
            point = next(iter(known.take(slice(-1, None))))
            values[key] = {
                "value": point.value,
                "unit": CATALOG[key].unit,
                "start": point.start,
                "origin": str(point.origin),
                "source": point.source,
                "available_at": point.available_at,
            }
    return {"now": now, "sample": ports.sample, "values": values}


def read_weather_forecast(ports: Ports, as_of: datetime | None = None) -> Row:
    """Forecast hours from `as_of` (default now) on, as they were known then, each value with its source."""
    now = min(as_of or ports.clock(), ports.clock())
    first = moment(int(now.timestamp()) // 3600 * 3600)
    hours: dict[datetime, Row] = {}
    for quantity in SITE_FORECAST:
        for point in ports.store.read(f"{quantity}_forecast", Window(first, first + AHEAD), now):
            values = hours.setdefault(point.start, {})
            values[quantity] = {
                "value": point.value,
                "source": point.source,
                "origin": str(point.origin),
                "issued_at": point.available_at,
            }
    return {
        "as_of": now,
        "sample": ports.sample,
        "units": {quantity: CATALOG[f"{quantity}_forecast"].unit for quantity in SITE_FORECAST},
        "hours": [{"start": start, "values": values} for start, values in sorted(hours.items())],
    }


def read_climate_normals(ports: Ports) -> Row:
    """Climate normals by day of year, estimated from the SIAR history.

    Raises `DataMissing` when no SIAR day is stored.
    """
    normals = read_normals(ports.store, ports.clock())
    if normals is None:
        raise DataMissing(
            "No climate history is stored.", "Load SIAR's files with `choco import siar FILE…`."
        )
    return {"sample": ports.sample, **normal_rows(normals)}
