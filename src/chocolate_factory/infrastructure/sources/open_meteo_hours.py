"""What Open-Meteo's forecast and archives have in common: what is asked, and how hours are read.

Both answer one object for one place and a list of them, in the order asked, for several. A time names an
instant: temperature, humidity, pressure and wind are those of the instant and stand for the slot that begins
then; precipitation (a sum) and shortwave radiation (a mean) are of the hour that ends then and belong to the
slot before. A variable may be asked for as it was forecast some days before each hour; one that was not kept
then has the unit "undefined" and nulls. Coordinates come back as those of the model's grid cell.
Documentation: open-meteo.com/en/docs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import PLACES
from chocolate_factory.domain.series import FloatArray, Origin, Series
from chocolate_factory.domain.slots import IntArray, epoch
from chocolate_factory.infrastructure.http import Answer
from chocolate_factory.infrastructure.sources.site import Site

HOUR = 3600
UNDEFINED = "undefined"
NEAR = 0.6
"""Degrees between the place asked for and the centre of the coarsest grid cell that may answer for it."""


@dataclass(frozen=True)
class Variable:
    """Open-Meteo's name of a quantity, its unit, and how long before a time told the slot of it began."""

    name: str
    unit: str
    before_s: int = 0


VARIABLES: dict[str, Variable] = {
    "temperature": Variable("temperature_2m", "°C"),
    "humidity": Variable("relative_humidity_2m", "%"),
    "pressure": Variable("surface_pressure", "hPa"),
    "wind_speed": Variable("wind_speed_10m", "m/s"),
    "rain": Variable("precipitation", "mm", HOUR),
    "radiation": Variable("shortwave_radiation", "W/m²", HOUR),
}


@dataclass(frozen=True)
class Group:
    """Places (latitude and longitude, degrees) that one request asks for, and what it asks of each.

    `days_before` asks for each quantity as it was forecast so many days before; empty: as it is told now.
    """

    places: tuple[tuple[float, float], ...]
    quantities: tuple[str, ...]
    days_before: tuple[int, ...] = ()

    def columns(self) -> dict[tuple[str, int], str]:
        """(quantity, days before; 0: as told now) -> the name of its variable in question and answer."""
        names = {quantity: VARIABLES[quantity].name for quantity in self.quantities}
        if not self.days_before:
            return {(quantity, 0): name for quantity, name in names.items()}
        return {
            (quantity, days): f"{name}_previous_day{days}"
            for quantity, name in names.items()
            for days in self.days_before
        }

    def params(self) -> dict[str, str | int | float]:
        """The query, without its span of time."""
        return {
            "latitude": ",".join(f"{latitude:.4f}" for latitude, _ in self.places),
            "longitude": ",".join(f"{longitude:.4f}" for _, longitude in self.places),
            "hourly": ",".join(self.columns().values()),
            "wind_speed_unit": "ms",
            "timezone": "GMT",
        }


@dataclass(frozen=True)
class Topic:
    """Where the values of one series stand in an answer."""

    group: Group
    place: int
    quantity: str


@dataclass(frozen=True)
class Hours:
    """Hours of one place: times (epoch seconds, one an hour) and values by column, NaN for null."""

    at: IntArray
    values: Mapping[tuple[str, int], FloatArray]

    def of(self, quantity: str, days_before: int = 0) -> tuple[IntArray, FloatArray]:
        """Slot starts (epoch seconds) and values of a quantity."""
        return self.at - VARIABLES[quantity].before_s, self.values[quantity, days_before]


def series_of(site_quantities: Sequence[str], suffix: str = "") -> tuple[str, ...]:
    """Keys of the series of the site and of `PLACES`."""
    places = (f"{name}_{quantity}{suffix}" for name, place in PLACES.items() for quantity in place.quantities)
    return (*(f"{quantity}{suffix}" for quantity in site_quantities), *places)


def topics(site: Site, site_quantities: tuple[str, ...], suffix: str = "") -> dict[str, Topic]:
    """Series key -> where it stands: one group for the site, one for all `PLACES`."""
    own = Group(((site.latitude, site.longitude),), site_quantities)
    found = {f"{quantity}{suffix}": Topic(own, 0, quantity) for quantity in site_quantities}
    wanted = tuple(dict.fromkeys(quantity for place in PLACES.values() for quantity in place.quantities))
    country = Group(tuple((place.latitude, place.longitude) for place in PLACES.values()), wanted)
    for row, (name, place) in enumerate(PLACES.items()):
        found |= {
            f"{name}_{quantity}{suffix}": Topic(country, row, quantity) for quantity in place.quantities
        }
    return found


def read_hours(answer: Answer, group: Group) -> list[Hours]:
    """The hours of every place of the group, in order.

    Raises `Changed` for another form, zone, unit or place than asked, times that are not one an hour, and a
    cell that is neither a number nor null.
    """
    try:
        document = answer.json()
        parts = document if isinstance(document, list) and len(group.places) > 1 else [document]
        if len(parts) != len(group.places):
            raise ValueError(f"{len(parts)} of {len(group.places)} places")
        return [_hours(part, place, group) for part, place in zip(parts, group.places, strict=True)]
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        what = f"its document has another form ({type(error).__name__}: {error})"
        raise Changed(what, source=answer.source) from None


def hourly(key: str, rows: tuple[IntArray, FloatArray, IntArray], origin: Origin, source: str) -> Series:
    """A series of hourly slots from starts, values and times of knowledge (epoch seconds), same shape."""
    start, value, available_at = rows
    count = len(start)
    names = np.full(count, str(origin)), np.full(count, source)
    return Series(key, start, np.full(count, 60, np.int64), value, available_at, *names)


def _hours(document: object, place: tuple[float, float], group: Group) -> Hours:
    if not isinstance(document, Mapping):
        raise TypeError("no object")
    if document["utc_offset_seconds"] != 0:
        raise ValueError("another zone than asked")
    latitude, longitude = (_number(document[name]) for name in ("latitude", "longitude"))
    if not (abs(latitude - place[0]) <= NEAR and abs(longitude - place[1]) <= NEAR):
        raise ValueError(f"another place than asked: {latitude:g}, {longitude:g}")
    at = _times(document["hourly"]["time"])
    values = {}
    for column, name in group.columns().items():
        cells = document["hourly"][name]
        if not isinstance(cells, list) or len(cells) != len(at):
            raise ValueError(f"another number of values of {name} than of times")
        read = np.array([math.nan if cell is None else _number(cell) for cell in cells], np.float64)
        unit, told = VARIABLES[column[0]].unit, document["hourly_units"][name]
        nothing = column[1] > 0 and told == UNDEFINED and bool(np.isnan(read).all())
        if told != unit and not nothing:
            raise ValueError(f"{name} in another unit than {unit}")
        values[column] = read
    return Hours(at, values)


def _times(texts: list[str]) -> IntArray:
    """Times of an answer as epoch seconds; they are UTC without saying so."""
    moments = [datetime.fromisoformat(text) for text in texts]
    if any(at.tzinfo is not None for at in moments):
        raise ValueError("a time with a zone")
    at = np.array([epoch(at.replace(tzinfo=UTC)) for at in moments], np.int64)
    if len(at) == 0 or np.any(np.diff(at) != HOUR) or at[0] % HOUR:
        raise ValueError("its times are not one an hour")
    return at


def _number(cell: object) -> float:
    if type(cell) not in {int, float} or not math.isfinite(cell):  # type: ignore[arg-type]
        raise ValueError("a value that is not a number")
    return float(cell)  # type: ignore[arg-type]
