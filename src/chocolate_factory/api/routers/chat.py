"""Questions in words, answered as server-sent events."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any

from anyio import CancelScope
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chocolate_factory.api.access import Known
from chocolate_factory.api.rates import Buckets
from chocolate_factory.api.schemas.chat import (
    ChatDone,
    ChatEvent,
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
WRONG: dict[int | str, dict[str, Any]] = {
    200: {"model": ChatEvent, "description": "The events of the answer, `done` at the end."},
    400: {"model": Problem},
    429: {"model": Problem},
}
FULL_S = 5
"""Seconds after which it is worth asking again where all places are taken."""


class ChatStream(StreamingResponse):
    """The events of an answer; whether they were all read or not, they are closed at the end."""

    media_type = STREAM

    def __init__(self, events: Generator[Event, None, None], first: Event) -> None:
        super().__init__(written(chain([first], events)), headers=HEADERS)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._events.close)


class Asking:
    """How questions are answered in this process: how often each caller may ask, and how many at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._turns = Buckets(desk.rules.per_minute, desk.rules.per_minute)
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def admit(self, who: str) -> None:
        """Raise TooMany for a caller that asks too often."""
        told = f"More than {self.desk.rules.per_minute} questions a minute."
        self._turns.admit(who, told, "CHOCO_ASK__PER_MINUTE")

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """A place among the answers under way; raises TooMany where none is left."""
        rules = self.desk.rules
        with self._lock:
            whole = self._under_way.total() >= rules.at_once
            if whole or self._under_way[who] >= rules.at_once_each:
                told = (
                    f"{rules.at_once} answers are" if whole else f"{rules.at_once_each} of your answers are"
                )
                name = "CHOCO_ASK__AT_ONCE" if whole else "CHOCO_ASK__AT_ONCE_EACH"
                raise TooMany(
                    f"{told} under way already.", f"Ask again in {FULL_S} s; {name} sets it.", wait_s=FULL_S
                )
            self._under_way[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[who] -= 1
                self._under_way += Counter()


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
    question = Question(asked.question, who, asked.language, asked.plain, asked.conversation, caller)
    events = answering(world, asking, question)
    # The first event is waited for: what is wrong with the question is a problem, not a stream.
    return ChatStream(events, next(events))


def answering(world: Running, asking: Asking, question: Question) -> Generator[Event, None, None]:
    """The events of an answer, which has a place among those under way.

    `done` is told once the place is free and the record kept: who reads it may ask again at once.
    """
    done: Event | None = None
    told = ask_question(world.ports(), world.real.store, asking.desk, question)
    with asking.place(question.who), closing(told):
        for event in told:
            if event.kind == "done":
                done = event
            else:
                yield event
    if done is not None:
        yield done


def written(events: Iterator[Event]) -> Iterator[str]:
    """Each event in the form of the standard."""
    for event in events:
        data = SCHEMAS[event.kind].model_validate(event.data).model_dump(mode="json")
        yield f"event: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
