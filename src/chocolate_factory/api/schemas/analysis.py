"""Climate, seasons, limits and correlations as the API answers them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chocolate_factory.api.schemas.common import Answer, AskedMoment, Moment

Quantity = Literal[
    "temperature_mean",
    "temperature_min",
    "temperature_max",
    "humidity_mean",
    "humidity_min",
    "humidity_max",
]
Season = Literal["year", "cold", "warm"]
Verdict = Literal["not_enough_data", "none", "weak", "moderate", "strong"]
PairName = Literal[
    "temperature_demand",
    "wind_wind_forecast",
    "temperature_price",
    "site_temperature_price",
    "wind_price",
    "cooling_load",
]
Month = Annotated[int, Field(ge=1, le=12)]


class StationRecord(Answer):
    """The days of one station of the record."""

    station: str
    first: date
    last: date
    days: int


class YearRecord(Answer):
    """Days of a year in the record, and those that are missing."""

    year: int
    days: int
    missing: int


class MissingDays(Answer):
    """A run of days without a value, both ends included."""

    first: date
    last: date
    days: int


class ClimateRecord(Answer):
    """What the analysis rests on: UTC days measured at the site's stations, and the gaps, which stay gaps."""

    first: date
    last: date
    days: int
    stations: list[StationRecord]
    years: list[YearRecord]
    missing: list[MissingDays]


class MonthSpread(Answer):
    """Percentiles of a quantity's daily values in a month of the year, all years together."""

    quantity: Quantity
    unit: str
    month: Month
    days: int = Field(description="Days behind the percentiles.")
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


class YearAbove(Answer):
    """Days above a limit in a year."""

    year: int
    days: int
    known: int = Field(description="Days of the year that are known; the others may have been above too.")


class MonthAbove(Answer):
    """Days above a limit in a month of the year, all years together."""

    month: Month
    days: int
    known: int


class LimitDays(Answer):
    """Days whose greatest value was above a limit."""

    quantity: Quantity
    unit: str
    above: float
    origin: Literal["factory", "general"] = Field(
        description="`factory`: the limit of the steps named; `general`: the factory file has none in °C."
    )
    steps: list[str]
    by_year: list[YearAbove]
    by_month: list[MonthAbove]


class DayFigure(Answer):
    """One figure of a day beside the normal of its date and the record; what is not known is null."""

    quantity: Quantity
    unit: str
    origin: Literal["observed", "mixed", "forecast", "missing"] = Field(
        description="`mixed`: some hours observed, the others forecast; `missing`: fewer than 20 hours known."
    )
    observed_hours: int
    forecast_hours: int
    value: float | None
    normal: float | None = Field(description="Mean of all years within 7 days of the date.")
    normal_years: int
    difference: float | None = Field(description="Value less normal.")
    percentile: float | None = Field(
        ge=0, le=100, description="Share of the record within 7 days of the date that lies below, percent."
    )
    record_days: int = Field(description="Days behind the percentile.")


class WeekDay(Answer):
    """A local day of 23, 24 or 25 hours."""

    date: date
    hours: int
    figures: list[DayFigure]


class ClimateWeek(Answer):
    """The local week from Monday to Sunday."""

    first: date
    last: date
    least_hours: int = Field(description="Hours of a day that must be known for its figures.")
    days: list[WeekDay]


class TrendYear(Answer):
    """A year that counts in a trend: its mean difference from normal."""

    year: int
    station: str
    difference: float


class ClimateTrend(Answer):
    """Change a decade with its 95 % interval, from pairs of years of the same station."""

    quantity: Quantity
    unit: str
    per_decade: float | None = Field(description="Null where fewer than ten years count.")
    low: float | None
    high: float | None
    clear: bool = Field(description="Whether the interval leaves zero out.")
    pairs: int
    years: list[TrendYear]
    left_out: list[int] = Field(description="Years with too few days of one station.")
    least_days: int


class ClimateAnalysis(Answer):
    """The climate of the site: spread by month, days above limits, this week, trends."""

    now: Moment
    sample: bool
    record: ClimateRecord
    months: list[MonthSpread]
    limits: list[LimitDays]
    week: ClimateWeek
    trends: list[ClimateTrend]


class SeasonMonth(Answer):
    """Mean of a month of the year."""

    month: Month
    mean: float | None
    hours: float = Field(description="Hours behind the mean.")
    years: int


class SeasonHour(Answer):
    """Mean of a local hour of the day."""

    hour: int = Field(ge=0, le=23)
    mean: float | None
    hours: float


class SeasonSeries(Answer):
    """How one series runs through the year and the day."""

    series: Literal["spot", "pvpc", "temperature", "planned_load"]
    unit: str
    first: Moment
    last: Moment
    hours: float
    by_month: list[SeasonMonth]
    by_hour: list[SeasonHour]
    by_month_and_hour: list[list[float | None]] = Field(
        description="Means: 12 rows January to December, 24 columns of local hours."
    )


class Seasons(Answer):
    """Means over all that is stored; series without a value are left out."""

    now: Moment
    sample: bool
    timezone: str
    series: list[SeasonSeries]


class BeyondWish(BaseModel):
    """A series and one limit, `above` or `below`, in the unit of the series."""

    model_config = ConfigDict(extra="forbid")

    series: str = Field(max_length=60, description="Key of the series.", examples=["temperature"])
    above: float | None = Field(None, allow_inf_nan=False, description="Count what is above.")
    below: float | None = Field(None, allow_inf_nan=False, description="Count what is below.")
    start: AskedMoment | None = None
    end: AskedMoment | None = None


class BeyondCounts(Answer):
    """Days with a slot beyond the limit, hours beyond, and what is known; of daily series no hours."""

    days: int
    known_days: int
    hours: float | None
    known_hours: float | None


class BeyondYear(BeyondCounts):
    """Counts of a year."""

    year: int


class BeyondMonth(BeyondCounts):
    """Counts of a month of the year, all years together."""

    month: Month


class Spell(Answer):
    """A run of slots beyond the limit."""

    start: Moment
    end: Moment
    hours: float
    cut: bool = Field(description="A slot before or after it is not known: it may have been longer.")


class Beyond(BeyondCounts):
    """How often a series was beyond a limit, and for how long at most."""

    now: Moment
    sample: bool
    series: str
    unit: str
    above: float | None
    below: float | None
    first: Moment
    last: Moment
    daily: bool
    by_year: list[BeyondYear]
    by_month: list[BeyondMonth]
    longest: Spell | None


class CorrelationFigure(Answer):
    """A correlation and its 95 % interval."""

    value: float = Field(ge=-1, le=1)
    low: float = Field(ge=-1, le=1)
    high: float = Field(ge=-1, le=1)


class PairSeries(Answer):
    """The series behind a pair; of several the mean."""

    one: list[str]
    other: list[str]


class CorrelationPair(Answer):
    """How daily means of two figures move together, seasonal means and kinds of day taken out."""

    pair: PairName
    season: Season = Field(description="`cold`: November to March; `warm`: June to September.")
    series: PairSeries
    first: date
    last: date
    days: int
    effective_days: float = Field(description="Independent days that they are worth.")
    pearson: CorrelationFigure | None
    spearman: CorrelationFigure | None
    verdict: Verdict = Field(description="By the smaller of both; `none` where an interval holds zero.")
    follows: bool = Field(description="The plan computes the one from the other: they go together anyway.")


class PairMissing(Answer):
    """A pair that was not computed; `lacking` are series without any known day."""

    pair: PairName
    season: Season
    why: Literal["nothing_known", "less_than_a_year", "no_limit"] = Field(
        description="`no_limit`: the factory file has no temperature above which the plant cools."
    )
    lacking: list[str]


class Correlations(Answer):
    """Which figures move with the weather, and which could not be held against it."""

    now: Moment
    sample: bool
    timezone: str
    cooling_above_c: float | None = Field(description="Degrees above this count as cooling.")
    pairs: list[CorrelationPair]
    not_computed: list[PairMissing]
