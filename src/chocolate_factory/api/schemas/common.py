"""Shared pieces of the API's answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Origin = Literal["published", "measured", "forecast", "estimated", "sample"]
Moment = Annotated[AwareDatetime, Field(examples=[datetime.fromisoformat("2026-03-10T21:00:00+01:00")])]
AskedMoment = Annotated[
    Moment, Field(ge=datetime(1990, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC))
]
"""A moment in a question, from 1990 to 2100: beyond, calendars and zones know nothing."""


class Answer(BaseModel):
    """Base of all answers: exactly the fields declared, none made up."""

    model_config = ConfigDict(extra="forbid")


class Span(Answer):
    """Half-open span of time."""

    start: Moment
    end: Moment


class Problem(Answer):
    """An error as RFC 9457 problem details; `hint` is the remedy."""

    type: str = Field(examples=["urn:chocolate-factory:DataMissing"])
    title: str
    status: int
    detail: str
    hint: str
    request_id: str = Field(description="Of this request, as in X-Request-Id; the log knows it by this.")
    conflicts: list[dict[str, object]] | None = None
