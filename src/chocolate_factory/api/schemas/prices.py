"""Prices and forecasts as the API answers them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, AskedMoment, Moment, Origin

PriceSeries = Literal["spot", "pvpc"]
StoredPrices = Literal["spot", "pvpc", "surplus", "gas"]


class PriceWish(Answer):
    """Which slots: by default from local midnight of today to the last one stored, as known now."""

    series: StoredPrices = "spot"
    start: AskedMoment | None = Field(None, description="Default: local midnight of today.")
    end: AskedMoment | None = Field(None, description="Default: all that is stored after `start`.")
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
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
