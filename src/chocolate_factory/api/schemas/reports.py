"""The weekly report as the API answers it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.alerts import AlertRow, LanguageName
from chocolate_factory.api.schemas.common import Answer, Moment, Span
from chocolate_factory.api.schemas.deviations import DeviationFigures
from chocolate_factory.api.schemas.prices import PriceSeries
from chocolate_factory.api.schemas.savings import SavingsWeek


class ReportWish(Answer):
    """Which week, in which language and form."""

    week: str | None = Field(
        None,
        pattern=r"^\d{4}-W\d{2}$",
        description="ISO week. Default: the last one of the plant that is over.",
    )
    lang: LanguageName = "en"
    format: Literal["json", "html", "pdf"] = "json"


class ArmPrices(Answer):
    """What a kWh cost on average, EUR/kWh: energy and excess power, tax inside, no VAT."""

    baseline: float | None
    plan: float | None
    executed: float | None
    hindsight: float | None


class ReportHour(Answer):
    """An hour and what the site paid in it on average."""

    start: Moment
    end: Moment
    price_eur_kwh: float


class ReportPrices(Answer):
    """The prices that came true; slots without one are in no figure."""

    slots: int
    slots_known: int
    mean_eur_kwh: float | None
    cheapest: list[ReportHour]
    dearest: list[ReportHour]


class ReportAccuracy(DeviationFigures):
    """Errors of what was forecast before each day's auction; null with too few days."""

    series: PriceSeries
    days_told: int


class ReportData(Answer):
    """Values of a price series that were due in the week, and how many are missing still."""

    series: PriceSeries
    slots_due: int
    slots_missing: int


class WeekReport(Answer):
    """A week of the plant, from one last due time to the next: money, prices, forecasts, alerts, data.

    `state`: `closed`, `provisional` or `incomplete` as in the savings ledger; `missing`: nothing is settled.
    """

    sample: bool
    made_at: Moment
    site: str
    timezone: str
    currency: str
    language: LanguageName
    week: str
    window: Span
    over: bool
    state: Literal["closed", "provisional", "incomplete", "missing"]
    settled: SavingsWeek | None = Field(description="The ledger's row, as in `/insights/savings`.")
    paid_eur_kwh: ArmPrices
    prices: ReportPrices
    accuracy: ReportAccuracy | None = Field(description="Null where the contract fixes the price.")
    alerts: list[AlertRow] = Field(description="Recorded alerts that were open in the week.")
    data: list[ReportData]
