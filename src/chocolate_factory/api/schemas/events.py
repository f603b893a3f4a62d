"""What a reader of the event stream is told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment

Topic = Literal["prices", "plan", "data", "production", "savings", "models", "activity", "alerts"]


class ChangeEvent(Answer):
    """The `data` of an event named `changed`: what is to be read again, and when that was seen."""

    topics: list[Topic] = Field(examples=[["prices", "plan"]])
    at: Moment
