"""Prices and forecasts as the API answers them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.paging import PageWish
from chocolate_factory.api.schemas.common import Answer, AskedMoment, Moment, Origin, Span
from chocolate_factory.api.zones import ZoneName

PriceSeries = Literal["spot", "pvpc"]
StoredPrices = Literal["spot", "pvpc", "surplus", "gas"]


class PriceWish(Answer):
    """Which slots: by default from local midnight of today to the last one stored, as known now."""

    series: StoredPrices = "spot"
    start: AskedMoment | None = Field(None, description="Default: local midnight of today.")
    end: AskedMoment | None = Field(None, description="Default: all that is stored after `start`.")
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
    limit: int = Field(3000, ge=1, le=3000, description="Slots a page.")
    tz: ZoneName = None
    detail: Literal["provenance"] | None = Field(
        None, description="`provenance`: unit and every revision too."
    )


class Revision(Answer):
    """What was known of a slot from a moment on; `change` is the difference to the revision before."""

    value: float
    minutes: int
    origin: Origin
    source: str
    available_at: Moment
    change: float | None


class PricePoint(Answer):
    """One stored slot; `unit` and `revisions` (oldest first) with `detail=provenance`."""

    start: Moment
    minutes: int
    price_eur_mwh: float
    origin: Origin
    source: str
    available_at: Moment
    unit: str | None = None
    revisions: list[Revision] | None = None


class Prices(Answer):
    """Stored slots of a window, oldest first; `next_start` continues when the page was full."""

    series: StoredPrices
    sample: bool
    as_of: Moment
    points: list[PricePoint]
    next_start: Moment | None


class LatestWish(Answer):
    """Which price: of now, or of an earlier moment as it was known then."""

    series: StoredPrices = "spot"
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
    tz: ZoneName = None


class LatestSlot(Answer):
    """One stored slot."""

    start: Moment
    minutes: int
    price_eur_mwh: float
    origin: Origin
    source: str
    available_at: Moment


class LatestPrices(Answer):
    """The slot that it is, and the last one that is known; null where nobody knows."""

    series: StoredPrices
    sample: bool
    as_of: Moment
    current: LatestSlot | None
    newest: LatestSlot | None


class StatsWish(Answer):
    """Which slots: by default those of the last 30 local days with today; at most 800 days."""

    series: StoredPrices = "spot"
    start: AskedMoment | None = Field(None, description="Default: local midnight 29 days ago.")
    end: AskedMoment | None = Field(None, description="Default: the end of today.")
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
    tz: ZoneName = None


class PriceFigures(Answer):
    """Prices of some slots in EUR/MWh, each quarter-hour of the same weight; null where none is known."""

    hours: float = Field(description="Hours that are known.")
    missing_hours: float
    negative_hours: float
    mean: float | None
    min: float | None
    min_at: Moment | None = Field(description="Start of the first quarter-hour with that price.")
    max: float | None
    max_at: Moment | None
    p25: float | None
    p50: float | None
    p75: float | None


class DayFigures(PriceFigures):
    """Figures of the part of a local day that is in the window."""

    day: date


class PeriodFigures(PriceFigures):
    """Figures of one energy period of the site's access tariff."""

    period: Literal["P1", "P2", "P3", "P4", "P5", "P6"]


class PriceStats(Answer):
    """Figures over a window, by local day of the site, and by period; nothing is filled in."""

    series: StoredPrices
    sample: bool
    as_of: Moment
    timezone: str = Field(description="Zone of the days.", examples=["Europe/Madrid"])
    window: Span
    all: PriceFigures
    days: list[DayFigures]
    periods: list[PeriodFigures]


class NewestWish(Answer):
    """Which forecast: the newest, or the newest that was issued by a moment."""

    series: PriceSeries = "spot"
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
    tz: ZoneName = None


class ForecastsWish(PageWish):
    """Which stored forecasts, by the moment of issue."""

    series: PriceSeries | None = Field(None, description="Default: all.")
    tz: ZoneName = None


class ForecastSummary(Answer):
    """A stored forecast in a line; `published` and `forecast` count its slots."""

    id: str
    series: PriceSeries
    model: str
    issued_at: Moment
    resolution_min: int
    start: Moment | None = Field(description="Of the first slot.")
    last_start: Moment | None = Field(description="Start of the last slot.")
    published: int
    forecast: int


class ForecastList(Answer):
    """Stored forecasts, newest first; `next` continues."""

    sample: bool
    as_of: Moment
    forecasts: list[ForecastSummary]
    next: str | None


class ForecastPoint(Answer):
    """One slot, published or forecast; records of earlier versions have no P05 and P95."""

    start: Moment
    origin: Origin
    price_eur_mwh: float
    p05: float | None = None
    p10: float
    p50: float
    p90: float
    p95: float | None = None


class ForecastAnswer(Answer):
    """A forecast with its band; published slots are included and say so."""

    series: PriceSeries
    sample: bool
    issued_at: Moment
    model: str
    resolution_min: int
    points: list[ForecastPoint]


class HoleRow(Answer):
    """A run of missing slots: severity by its length, why it is open, when it is asked for again."""

    series: str
    source: str
    start: Moment
    end: Moment
    missing: int
    due: Moment
    severity: Literal["minor", "moderate", "critical"]
    reason: str
    again: Moment | None


class HealWish(Answer):
    """What to heal: series (default: all), and whether to ask before the next attempt is due."""

    series: tuple[str, ...] = ()
    now: bool = False


class HealedSeries(Answer):
    """Slots of a series that were missing, and those closed."""

    series: str
    found: int
    closed: int


class SourceFailure(Answer):
    """A source that did not deliver some days of a series."""

    source: str
    series: str
    error: str
    reason: str
    first_day: date
    last_day: date


class Healed(Answer):
    """What a healing did, looked up in the store afterwards, and what is left."""

    at: Moment
    found: int
    closed: int
    series: list[HealedSeries]
    left: list[HoleRow]
    failures: list[SourceFailure]
