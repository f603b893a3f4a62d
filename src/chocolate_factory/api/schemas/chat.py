"""Questions to the assistant and what comes back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, RootModel, StringConstraints
from pydantic_core import CoreSchema

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.services.assistant.memory import LONGEST_ID

Language = Literal["es", "en"]
Reason = Literal[
    "", "no_key", "offline", "plain", "private",
    "key", "quota", "unreachable", "budget", "taken", "declined", "cut", "stopped", "failed",
]  # fmt: skip


class ChatQuestion(BaseModel):
    """A question in Spanish or English."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = Field(
        examples=["¿Cuándo es más barata la luz mañana?"],
        description="What is asked; CHOCO_ASK__LONGEST bounds its characters.",
    )
    language: Language | None = Field(default=None, description="Of the answer; null: of the question.")
    plain: bool = Field(default=False, description="Answer by rules even where a language model is set up.")
    conversation: str = Field(
        default="",
        max_length=LONGEST_ID,
        pattern=r"^[A-Za-z0-9_-]*$",
        description="The id that the answer before came with in `done`; empty: a new conversation.",
    )


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
        "answered", "missing", "unknown", "elsewhere", "change", "refused", "withheld", "stopped", "failed"
    ] = Field(
        description="How it went; `withheld`: something said was not in the facts, and is not shown; "
        "`failed`: the data could not be read."
    )
    reason: Reason = Field(
        description="Why rules answered, or why the answer is not whole; empty where the model answered. "
        "`no_key` and `offline`: no language model is set up; `plain`: rules were asked for; `private`: no "
        "language model is told of the private network."
    )
    notice: str = Field(description="The reason in words, where something went wrong; else empty.")
    cost_eur: float
    sample: bool
    as_of: Moment
    conversation: str = Field(description="Id to go on with; another one than was sent where it is new.")
    remembered: int = Field(description="Earlier questions of the conversation that this answer knew of.")


class AsText:
    """Marks a field whose value comes as JSON text: the data of a server-sent event."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": handler(schema),
        }


class ToolEvent(Answer):
    """Something was looked up."""

    event: Literal["tool"]
    data: Annotated[ChatTool, AsText()]


class TextEvent(Answer):
    """A part of the answer."""

    event: Literal["text"]
    data: Annotated[ChatText, AsText()]


class FactsEvent(Answer):
    """All that the answer stands on."""

    event: Literal["facts"]
    data: Annotated[ChatFacts, AsText()]


class DoneEvent(Answer):
    """The end of the answer."""

    event: Literal["done"]
    data: Annotated[ChatDone, AsText()]


class ChatEvent(
    RootModel[Annotated[ToolEvent | TextEvent | FactsEvent | DoneEvent, Field(discriminator="event")]]
):
    """One server-sent event of an answer: its name, and its data as JSON text."""
