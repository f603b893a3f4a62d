"""Questions to the assistant and what comes back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chocolate_factory.api.schemas.common import Answer, Moment

Language = Literal["es", "en"]


class ChatQuestion(BaseModel):
    """A question in Spanish or English."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = Field(
        examples=["¿Cuándo es más barata la luz mañana?"],
        description="What is asked; CHOCO_ASK__LONGEST bounds its characters.",
    )
    language: Language | None = Field(default=None, description="Of the answer; null: of the question.")
    plain: bool = Field(default=False, description="Answer by rules even where a language model is set up.")


class Texts(Answer):
    """A text in both languages."""

    es: str
    en: str


class ChatFact(Answer):
    """A value that the answer stands on."""

    id: str = Field(description="Its own within the answer: the tool, a point, the name.")
    name: str
    value: float | str | None = Field(description="Moments and days as ISO 8601; null where nobody knows.")
    unit: str = Field(description="Unit of a number; `name` or `sentence` of a text; empty for the rest.")
    as_of: Moment = Field(description="The moment whose knowledge it is.")
    origin: str
    text: Texts = Field(description="What it is and its value, for people.")


class ChatTool(Answer):
    """Event `tool`: something was looked up."""

    name: str
    facts: int
    missing: bool = Field(description="Whether something asked for is not there.")


class ChatText(Answer):
    """Event `text`: a part of the answer; the parts are put together as they come."""

    text: str


class ChatFacts(Answer):
    """Event `facts`: all that the answer stands on."""

    facts: list[ChatFact]


class ChatDone(Answer):
    """Event `done`: the end."""

    language: Language
    answered_by: str = Field(description="`rules`, or the language model.")
    outcome: Literal[
        "answered", "missing", "unknown", "elsewhere", "change", "refused", "withheld", "stopped"
    ] = Field(description="How it went; `withheld`: something said was not in the facts, and is not shown.")
    notice: str = Field(description="Why it was not answered by the language model; empty without a reason.")
    cost_eur: float
    sample: bool
    as_of: Moment
