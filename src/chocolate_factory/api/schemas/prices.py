"""Prices and forecasts as the API answers them."""

from __future__ import annotations

from typing import Literal

from chocolate_factory.api.schemas.common import Answer, Moment, Origin

PriceSeries = Literal["spot", "pvpc"]


class PricePoint(Answer):
    """One stored slot."""

    start: Moment
    minutes: int
    price_eur_mwh: float
    origin: Origin
    source: str
    available_at: Moment


class Prices(Answer):
    """Stored slots of a window, oldest first; `next_start` continues when the page was full."""

    series: PriceSeries
    sample: bool
    as_of: Moment
    points: list[PricePoint]
    next_start: Moment | None


class ForecastPoint(Answer):
    """One slot, published or forecast."""

    start: Moment
    origin: Origin
    price_eur_mwh: float
    p10: float
    p50: float
    p90: float


class ForecastAnswer(Answer):
    """A forecast with its band; published slots are included and say so."""

    series: PriceSeries
    sample: bool
    issued_at: Moment
    model: str
    resolution_min: int
    points: list[ForecastPoint]


class HoleRow(Answer):
    """A run of missing slots."""

    series: str
    source: str
    start: Moment
    end: Moment
    missing: int
    due: Moment
