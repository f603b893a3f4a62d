"""Weather as the API answers it."""

from __future__ import annotations

from chocolate_factory.api.schemas.common import Answer, Moment, Origin


class Reading(Answer):
    """The newest observed value of a quantity; `start` names its hour."""

    value: float
    unit: str
    start: Moment
    origin: Origin
    source: str
    available_at: Moment


class CurrentWeather(Answer):
    """Newest observed values by quantity, of the last two days; what is not known is left out."""

    now: Moment
    sample: bool
    values: dict[str, Reading]


class ForecastValue(Answer):
    """One forecast value, its source and when it was issued."""

    value: float
    source: str
    origin: Origin
    issued_at: Moment


class WeatherHour(Answer):
    """The quantities of one hour that some source forecasts."""

    start: Moment
    values: dict[str, ForecastValue]


class WeatherForecast(Answer):
    """Hours from `as_of` on, as they were known then."""

    as_of: Moment
    sample: bool
    units: dict[str, str]
    hours: list[WeatherHour]


class NormalDay(Answer):
    """Normals of a day of the year (1 to 366, `date` as month-day) and the years behind each."""

    day: int
    date: str
    values: dict[str, float]
    years: dict[str, int]


class ClimateNormals(Answer):
    """Normals by day of year: estimated from 25 years of daily values of two stations."""

    sample: bool
    origin: Origin
    units: dict[str, str]
    days: list[NormalDay]
