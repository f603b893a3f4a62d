"""Questions in words, answered as server-sent events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from chocolate_factory.api.access import Known
from chocolate_factory.api.rates import Buckets
from chocolate_factory.api.schemas.chat import (
    ChatDone,
    ChatFacts,
    ChatQuestion,
    ChatText,
    ChatTool,
)
from chocolate_factory.api.schemas.common import Answer, Problem
from chocolate_factory.api.world import Running
from chocolate_factory.core.errors import TooMany
from chocolate_factory.services.ask_question import Desk, Event, Question, ask_question

router = APIRouter(prefix="/api/v1", tags=["chat"])
STREAM = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
SCHEMAS: dict[str, type[Answer]] = {"tool": ChatTool, "text": ChatText, "facts": ChatFacts, "done": ChatDone}
EVENT = {
    "type": "object",
    "description": "One event. Data of `tool`: name, facts, missing; of `text`: text, a part of the answer; "
    "of `facts`: each with id, name, value, unit, as_of, origin and text in both languages; of `done`: "
    "language, answered_by, outcome, notice, cost_eur, sample, as_of.",
    "properties": {
        "event": {"type": "string", "enum": list(SCHEMAS)},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
WRONG: dict[int | str, dict[str, Any]] = {
    200: {"description": "The events of the answer.", "content": {STREAM: {"schema": EVENT}}},
    400: {"model": Problem},
    429: {"model": Problem},
}


class ChatStream(StreamingResponse):
    """The events of an answer; its type is described by the route, for each event is JSON of its own."""


class Asking:
    """How questions are answered in this process, and how often each caller may ask."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._turns = Buckets(desk.rules.per_minute, desk.rules.per_minute)

    def admit(self, who: str) -> None:
        """Raise TooMany for a caller that asks too often."""
        wait = self._turns.take(who)
        if wait:
            raise TooMany(
                f"More than {self.desk.rules.per_minute} questions a minute.",
                f"Wait {math.ceil(wait)} s; CHOCO_ASK__PER_MINUTE sets the limit.",
                wait_s=math.ceil(wait),
            )


@router.post(
    "/chat",
    status_code=200,
    response_class=ChatStream,
    responses=WRONG,
    summary="A question in words, answered as server-sent events.",
)
def chat(request: Request, world: Running, caller: Known, asked: ChatQuestion) -> Response:
    """Events `tool`, `text`, `facts`, then `done`; every figure of the text is one of the facts."""
    asking: Asking = request.app.state.asking
    who = f"{caller.how}:{caller.name}"
    asking.admit(who)
    question = Question(asked.question, who, asked.language, asked.plain)
    events = ask_question(world.ports(), world.real.store, asking.desk, question)
    # The first event is waited for: what is wrong with the question is a problem, not a stream.
    first = next(events)
    return ChatStream(written(chain([first], events)), headers=HEADERS, media_type=STREAM)


def written(events: Iterator[Event]) -> Iterator[str]:
    """Each event in the form of the standard."""
    for event in events:
        data = SCHEMAS[event.kind].model_validate(event.data).model_dump(mode="json")
        yield f"event: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
