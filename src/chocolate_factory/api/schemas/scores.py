"""The live record of forecasts as the API answers it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.api.schemas.prices import PriceSeries


class ScoresWish(Answer):
    """Which part of the record."""

    series: PriceSeries | None = Field(None, description="Default: both.")
    days: int = Field(90, ge=1, le=800, description="Days of delivery, up to tomorrow.")


class ScoreFigures(Answer):
    """Scores in EUR/MWh, shares 0 to 1; null where there is nothing to tell them from.

    `forecasts` counts days of issue, `provisional` those that still wait for prices. `bias` is positive where
    forecasts were too high; `rmae_…` is the MAE as a share of a naive model's on the same hours.
    """

    forecasts: int
    provisional: int
    hours: int
    mae: float | None
    rmse: float | None
    bias: float | None
    rmae_week: float | None
    rmae_kind: float | None
    pinball: float | None
    coverage_80: float | None
    coverage_90: float | None


class LeadScores(ScoreFigures):
    """Scores of one lead day: days from that of issue to that of delivery."""

    lead: int


class WeekScores(ScoreFigures):
    """Scores of one week of delivery, by its Monday, over the overall lead days."""

    week: date


class Drift(Answer):
    """Whether errors grew, why, and the figures behind it."""

    state: Literal["ok", "watch", "drift", "too little"]
    text: str
    recent_mae: float | None = Field(description="Last 14 days.")
    former_mae: float | None = Field(description="The 90 days before.")
    past_p: float | None = Field(description="Small: recent errors are larger than former ones.")
    relative_p: float | None = Field(description="Small: also as a share of naive-kind's.")
    month_mae: float | None = Field(description="Last 28 days.")
    month_kind_mae: float | None = Field(description="naive-kind's on the same days.")
    kind_p: float | None = Field(description="Small: naive-kind was better on these days.")


class LiveRecord(Answer):
    """What the stored forecasts of one series and model turned out to be worth."""

    series: PriceSeries
    model: str
    remarked: list[str] = Field(description="Other names under which the model spoke, with its reasons.")
    overall: ScoreFigures
    leads: list[LeadScores]
    weeks: list[WeekScores]
    drift: Drift


class ScoresAnswer(Answer):
    """The live record of all stored forecasts of some days of delivery."""

    sample: bool
    as_of: Moment
    first: date
    last: date
    unit: Literal["EUR/MWh"]
    overall_leads: list[int]
    compared_with: str
    records: list[LiveRecord]
