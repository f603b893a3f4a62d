"""Alerts as the API answers them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment

AlertName = Literal[
    "price_spike", "negative_price", "cheap_window", "heat", "excess_power", "late_data", "source_failing",
    "plan_changed", "plan_missing", "plan_infeasible", "plan_late", "model_worse", "sample",
]  # fmt: skip
SeverityName = Literal["info", "warning", "critical"]
LanguageName = Literal["en", "es"]


class AlertsWish(Answer):
    """How much of the history, and the language of `text`."""

    history: int = Field(50, ge=0, le=1000, description="Newest records, open or closed.")
    lang: LanguageName = "en"


class AlertRow(Answer):
    """An alert. `facts` are values whose names carry their units, by kind as docs/insights.md lists them."""

    id: str = Field(description="`kind:subject`: the same for as long as the same thing holds.")
    kind: AlertName
    severity: SeverityName
    subject: str = Field(description="A local day, series, source or plan.")
    since: Moment | None
    until: Moment | None = Field(description="When it ends by itself; null where that is not known.")
    facts: dict[str, str | int | float | bool | list[str] | None]
    opened_at: Moment | None = Field(description="When it was recorded; null while it was not yet.")
    closed_at: Moment | None
    text: str


class AlertsAnswer(Answer):
    """What holds now, most pressing first, and the newest records of it and of what was before."""

    sample: bool
    as_of: Moment
    alerts: list[AlertRow]
    history: list[AlertRow]
