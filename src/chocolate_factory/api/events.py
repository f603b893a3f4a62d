"""Telling readers that something changed, as server-sent events: one watcher, whatever the number of readers.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from contextvars import Context

import structlog
from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.ports import Clock
from chocolate_factory.services.read_changes import TOPICS, changes_json, differing, digest

LOOK_S = 1.0
HEARTBEAT_S = 15.0
RETRY_MS = 3000
MOST_READERS = 64
HEADERS = {
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
log = structlog.get_logger()
Marks = Mapping[str, str]


class Full(Exception):
    """As many readers listen as can be served."""


class Reader:
    """One listener: the topics that changed since it was last told."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._topics: set[str] = set()

    def tell(self, topics: list[str]) -> None:
        """Remember topics and wake whoever waits; nothing is queued twice."""
        self._topics.update(topics)
        self.wake.set()

    def take(self) -> list[str]:
        """The topics to tell now, in their order."""
        self.wake.clear()
        told, self._topics = [topic for topic in TOPICS if topic in self._topics], set()
        return told


class Changes:
    """Looks every second while somebody listens, and tells each reader which topics changed.

    `look` reads the marks of all topics and is called in a thread. Everything else belongs to one event loop.
    """

    def __init__(self, look: Callable[[], Marks], clock: Callable[[], Clock]) -> None:
        self._look, self._clock = look, clock
        self._readers: set[Reader] = set()
        self._marks: Marks = {}
        self._watch: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.closed = False

    @property
    def id(self) -> str:
        """What stands for the state last seen, in any process and after a restart."""
        return digest([f"{topic} {self._marks.get(topic)}" for topic in TOPICS])

    async def join(self) -> Reader:
        """A new reader; the first one starts the watch. Raises `Full`, or `StoreFailed` on looking."""
        async with self._turn:
            if self.closed or len(self._readers) >= MOST_READERS:
                raise Full
            if self._watch is None or self._watch.done():
                self._marks = await to_thread.run_sync(self._look)
                # In a context of its own: what it logs belongs to no request.
                self._watch = asyncio.create_task(self._watching(), context=Context())
            reader = Reader()
            self._readers.add(reader)
            return reader

    def leave(self, reader: Reader) -> None:
        """A reader is gone; the last one ends the watch."""
        self._readers.discard(reader)
        if not self._readers and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def close(self) -> None:
        """End every stream at once: the process stops."""
        self.closed = True
        for reader in self._readers:
            reader.wake.set()
        if self._watch is not None:
            self._watch.cancel()

    async def _watching(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                marks = await to_thread.run_sync(self._look)
            except ChocolateError as error:
                if not failing:
                    log.warning("changes not read", reason=error.message, hint=error.hint)
                failing = True
                continue
            failing = False
            topics = differing(self._marks, marks)
            self._marks = marks
            for reader in self._readers if topics else ():
                reader.tell(topics)

    async def stream(self, reader: Reader, last_id: str) -> AsyncGenerator[bytes, None]:
        """The text of a stream: what changed since `last_id`, then each change, and a heartbeat between.

        An id that is not that of the state now, or of another installation, means that anything may have
        changed: all topics are told.
        """
        yield f"retry: {RETRY_MS}\nid: {self.id}\n\n".encode()
        if last_id and last_id != self.id:
            reader.tell(list(TOPICS))
        while not self.closed:
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.wake.wait(), HEARTBEAT_S)
            if self.closed:
                return
            topics = reader.take()
            yield self.event(topics) if topics else b": still here\n\n"

    def event(self, topics: list[str]) -> bytes:
        """One event, in the form of the standard."""
        told = json.dumps(changes_json(topics, self._clock()()))
        return f"event: changed\nid: {self.id}\ndata: {told}\n\n".encode()


class EventStream(Response):
    """The answer that stays open: it ends when the reader is gone or the process stops."""

    media_type = "text/event-stream"

    def __init__(self, changes: Changes, reader: Reader, last_id: str) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._changes, self._reader, self._last_id = changes, reader, last_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            writing = asyncio.create_task(self._write(send))
            leaving = asyncio.create_task(gone(receive))
            try:
                await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (writing, leaving):
                    task.cancel()
                await asyncio.gather(writing, leaving, return_exceptions=True)
        finally:
            self._changes.leave(self._reader)

    async def _write(self, send: Send) -> None:
        async with aclosing(self._changes.stream(self._reader, self._last_id)) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def gone(receive: Receive) -> None:
    """Returns when the reader is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
