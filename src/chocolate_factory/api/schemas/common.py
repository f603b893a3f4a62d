"""Shared pieces of the API's answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, computed_field

from chocolate_factory.services.note_words import spanish_notes

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
    cause: str | None = Field(None, description="The cause as a word for programs, where it has one.")


class Assuming(Answer):
    """Base of answers that assume something; `assumptions_es` says the same in Spanish, in the same order."""

    assumptions: list[str]

    @computed_field(description="Null for a sentence of the file of the plant.")  # type: ignore[prop-decorator]
    @property
    def assumptions_es(self) -> list[str | None]:
        """The sentences in Spanish."""
        return spanish_notes(self.assumptions)
