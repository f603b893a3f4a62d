"""Forecast against outcome as the API answers it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.api.schemas.prices import PriceSeries
from chocolate_factory.api.schemas.scores import Drift


class DeviationsWish(Answer):
    """Which series and how many days."""

    series: PriceSeries | None = Field(
        None, description="Default: the contract's; spot where it fixes prices."
    )
    days: int = Field(14, ge=1, le=92, description="Local days back, today included.")


class DeviationIssue(Answer):
    """The newest forecast issued before the auction of a day."""

    day: date
    issued_at: Moment
    model: str


class DeviationPoint(Answer):
    """A past hour, EUR/MWh; quarters are averaged."""

    start: Moment
    issue: int = Field(description="Which of `issues` told it, from 0.")
    price: float | None = Field(description="What came true; null while it is not known.")
    forecast: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    naive: float | None = Field(
        description="The copy of a day of the same kind that was possible at the issue."
    )


class DeviationFigures(Answer):
    """Errors over the hours with forecast and price, EUR/MWh; `bias` is positive where they were high."""

    hours: int
    mae: float | None
    bias: float | None
    naive_hours: int = Field(description="Hours for which the naive copy could be told as well.")
    mae_on_naive_hours: float | None
    mae_naive: float | None
    coverage_80: float | None = Field(description="Share of hours inside the 80 % band.")


class DeviationLead(Answer):
    """One lead day (days from issue to delivery); figures are null under `days_needed` days of issue."""

    lead: int
    forecasts: int = Field(description="Days of issue.")
    hours: int
    mae: float | None
    bias: float | None
    rmae_kind: float | None = Field(description="MAE as a share of the naive copy's on the same hours.")
    mae_naive: float | None
    coverage_80: float | None
    coverage_90: float | None


class NominalCoverage(Answer):
    """What the bands promise, shares of hours."""

    coverage_80: float
    coverage_90: float


class ModelInCharge(Answer):
    """The model that forecasts the series now."""

    name: str
    chosen_by: str = Field(description="`settings`, or how it became the champion.")
    why: str | None
    version: int | None = Field(description="Null: it learns afresh for every forecast.")
    learnt_at: Moment | None
    age_hours: float | None


class DeviationsAnswer(Answer):
    """What was told before each day's auction beside what came true; errors by lead day of the last 90 days.

    `state`: `ready`; `little`, under `days_needed` days: points but no figures; `none`: no hour has both.
    """

    sample: bool
    as_of: Moment
    series: PriceSeries
    unit: Literal["EUR/MWh"]
    resolution_min: int
    first: date
    last: date
    auction_closes: str = Field(description="Local time of the day before; later forecasts do not count.")
    compared_with: str
    state: Literal["ready", "little", "none"]
    days_told: int
    days_needed: int
    hours_past: int
    hours_priced: int
    issues: list[DeviationIssue]
    points: list[DeviationPoint]
    overall: DeviationFigures
    nominal: NominalCoverage
    leads_of: str | None = Field(
        description="Whose errors `leads` are: the model in charge, or who spoke last."
    )
    leads: list[DeviationLead]
    drift: Drift | None
    model: ModelInCharge
