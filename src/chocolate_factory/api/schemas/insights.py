"""Hourly advice as the API answers it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment, Span
from chocolate_factory.api.schemas.prices import PriceSeries

GradeName = Literal["Optimal", "Moderate", "Reduced", "Halt"]
AdvisedBy = Literal["forest", "rule", "tariff"]


class AdvisedHour(Answer):
    """One hour: score 0 to 100 (100: cheapest of the week), grade, and what it is thought to cost."""

    start: Moment
    score: float = Field(ge=0, le=100)
    grade: GradeName
    price_eur_kwh: float = Field(description="What the site pays at the forecast or published price.")
    low_eur_kwh: float = Field(description="At the lower end of the 80 % band.")
    high_eur_kwh: float
    published: bool
    rule_score: float = Field(description="What the forecast alone would say.")
    rule_grade: GradeName


class AdviceFigures(Answer):
    """What a way to advise was worth on past days, each judged by what was known on it."""

    best_hours_eur_kwh: float | None = Field(
        description="Real cost of the quarter of hours that scored best."
    )
    captured: float | None = Field(description="Share of what hindsight saves against all hours.")
    rank_correlation: float | None = Field(description="Spearman's, of scores and real costs.")
    accuracy: float | None = Field(description="Share of hours with the grade of the hindsight plans.")
    confusion: list[list[int]] = Field(description="Hours: rows hindsight, columns advice, best grade first.")


class AdviceSkill(Answer):
    """The trees beside the plain rule and last week's hours, walk-forward."""

    days: int
    first: date | None
    last: date | None
    cheapest_hours_eur_kwh: float | None = Field(None, description="Cheapest quarter of hours, in hindsight.")
    all_hours_eur_kwh: float | None = None
    methods: dict[str, AdviceFigures]
    score_by: AdvisedBy
    grade_by: AdvisedBy
    score_p: float | None = Field(description="Small: the trees' best hours are cheaper than the rule's.")
    grade_p: float | None = Field(description="Small: the trees' grades are right more often.")
    to_come: int = Field(description="Forecasts left out because prices are still to come.")
    holed: int = Field(description="Forecasts left out because of holes.")


class HourlyAdvice(Answer):
    """Advice for each hour of the coming week, who gives it, why, and how good it was."""

    sample: bool
    series: PriceSeries | None = Field(description="None where the contract fixes the price.")
    model: str | None
    at: Moment
    issued_at: Moment | None
    window: Span
    score_by: AdvisedBy
    grade_by: AdvisedBy
    why: str
    hours: list[AdvisedHour]
    learnt_at: Moment | None
    learnt_days: int | None
    skill: AdviceSkill | None
