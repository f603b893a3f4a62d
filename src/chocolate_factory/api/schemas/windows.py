"""Best and worst windows as the API answers them."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.api.schemas.prices import PriceSeries


class WindowsWish(Answer):
    """How long windows are and over which days they are looked for."""

    hours: float | None = Field(
        None, gt=0, le=24, multiple_of=0.25, description="Default: as long as the longest process step."
    )
    days: int = Field(7, ge=1, le=7, description="Local days, today included.")
    count: int = Field(3, ge=1, le=12, description="Windows named of each kind; none overlaps another.")


class LongestStep(Answer):
    """The process step whose length the windows have."""

    product: str
    process: str
    minutes: int


class OriginShares(Answer):
    """Shares of slots by where their price comes from, 0 to 1."""

    published: float
    forecast: float
    sample: float
    contract: float


class PriceWindow(Answer):
    """Contiguous slots, all with a known price; prices are means over them."""

    start: Moment
    end: Moment
    local_day: date = Field(description="Of its start, in the site's zone.")
    rank: int = Field(description="1: the best (or worst) of its list.")
    ties: int = Field(description="Other starts in the same span that cost the same; the earliest is named.")
    price_eur_kwh: float = Field(description="What the site pays, electricity tax inside, no VAT.")
    low_eur_kwh: float | None = Field(
        description="At the lower end of the 80 % band; null if none is forecast."
    )
    high_eur_kwh: float | None
    market_eur_mwh: float | None = Field(description="Null where the contract fixes the price.")
    difference_percent: float | None = Field(
        description="From the span's mean, negative: cheaper; null where that mean is not above zero."
    )
    shares: OriginShares


class WindowLists(Answer):
    """Windows of a span, best first and worst first; empty where none fits between holes."""

    best: list[PriceWindow]
    worst: list[PriceWindow]


class WindowsDay(WindowLists):
    """A local day of 23, 24 or 25 hours; its windows lie wholly inside it and are still to come."""

    day: date
    start: Moment
    end: Moment
    slots: int
    slots_known: int
    mean_eur_kwh: float | None = Field(description="Of the known slots of the whole day, past ones included.")
    day_rank: int | None = Field(description="1: the day with the cheapest window; null without a window.")


class WindowsOverall(WindowLists):
    """All slots to come of the days asked for; windows may cross midnight."""

    start: Moment
    end: Moment
    mean_eur_kwh: float | None
    slots: int
    slots_known: int


class WindowsAnswer(Answer):
    """When to run for some hours, and when not, on what the site pays."""

    sample: bool
    as_of: Moment
    timezone: str
    series: PriceSeries | None = Field(description="Null where the contract fixes the price.")
    model: str | None = Field(description="Whose forecast fills what is not published; null without one.")
    resolution_min: int
    hours: float
    longest_step: LongestStep | None = Field(description="Null where the length was asked for.")
    days: list[WindowsDay]
    overall: WindowsOverall
