"""Claude through the Messages API of Anthropic, streamed; the package is imported when first asked."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chocolate_factory.core.errors import Changed, ChocolateError, Misconfigured, Refused, Unreachable
from chocolate_factory.domain.talk import Reply, Request, ToolCall, Turn, Usage
from chocolate_factory.infrastructure.assistants.prices import cost_eur

SOURCE = "anthropic"
RETRIES = 2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
PASSING = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Statuses that may be gone when the same is asked again."""

STATUSES = {
    "authentication_error": 401,
    "permission_error": 403,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What an error that comes within a stream, whose own status is 200, would have had as its status."""

CACHED = {"type": "ephemeral"}
KEY_HINT = "Check CHOCO_ANTHROPIC__API_KEY; until then answers come by rules."


@dataclass(frozen=True)
class ClaudePlace:
    """Where Claude is reached, with which key and model."""

    base_url: str
    api_key: str = field(repr=False)
    model: str


@dataclass(frozen=True)
class Pace:
    """Seconds that only grow, and waiting for some of them."""

    timer: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Claude:
    """The `Assistant` of a place; what passes is tried again, as long as the seconds of the request last."""

    def __init__(self, place: ClaudePlace, pace: Pace | None = None) -> None:
        import anthropic

        self._place = place
        self._pace = pace or Pace()
        self._sdk = anthropic
        # The SDK's own retries wait as long as the service asks for, whatever time is left.
        self._client = anthropic.Anthropic(api_key=place.api_key, base_url=place.base_url, max_retries=0)

    @property
    def name(self) -> str:
        """The model."""
        return self._place.model

    def reply(self, request: Request) -> Iterator[str | Usage | Reply]:
        """What it costs at most, its text in parts, then itself; asked again where nothing was said as yet.

        Raises Misconfigured for a key that does not count, Refused for a quota, Unreachable for what is
        overloaded, cut or too slow, Changed for a request that the service does not take.
        """
        end = self._pace.timer() + request.seconds
        faults: tuple[type[Exception], ...] = (self._sdk.APIError, *broken_stream())
        for left in range(RETRIES, -1, -1):
            said = False
            try:
                for part in self._streamed(request, end):
                    said = said or not isinstance(part, Usage)
                    yield part
            except faults as error:
                pause = pause_of(error, RETRIES - left)
                late = self._pace.timer() + pause >= end
                if said or not left or late or not is_passing(self._sdk, error):
                    raise told_error(self._sdk, error) from None
            else:
                return
            self._pace.sleep(pause)

    def _streamed(self, request: Request, end: float) -> Iterator[str | Usage | Reply]:
        """One try: parts of the text, then the reply; raises what the SDK does, and Unreachable if late."""
        seconds = max(1.0, end - self._pace.timer())
        with self._client.messages.stream(**self._body(request), timeout=seconds) as stream:
            for event in stream:
                if event.type == "message_start":
                    yield self._usage(event.message.usage, request.max_tokens)
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield event.delta.text
                if self._pace.timer() > end:
                    raise Unreachable("no answer in time", source=SOURCE)
            message = stream.get_final_message()
        if message.stop_reason is None:
            raise Unreachable("the answer was cut", source=SOURCE)
        yield self._reply(message)

    def _body(self, request: Request) -> dict[str, Any]:
        tools: list[dict[str, Any]] = [
            {"name": tool.name, "description": tool.text, "input_schema": dict(tool.schema)}
            for tool in request.tools
        ]
        if tools:
            tools[-1]["cache_control"] = CACHED
        return {
            "model": self._place.model,
            "max_tokens": request.max_tokens,
            "system": [{"type": "text", "text": request.instructions, "cache_control": CACHED}],
            "messages": [message_of(turn) for turn in request.turns],
            "tools": tools,
        }

    def _usage(self, used: Any, output: int) -> Usage:
        """Tokens as the service counts them, with so many of them in the reply, and what they cost."""
        written, read = used.cache_creation_input_tokens or 0, used.cache_read_input_tokens or 0
        tokens = (used.input_tokens, output, written, read)
        return Usage(*tokens, cost_eur(self._place.model, tokens))

    def _reply(self, message: Any) -> Reply:
        """The end of a stream as the domain has it."""
        return Reply(
            text="".join(block.text for block in message.content if block.type == "text"),
            calls=tuple(
                ToolCall(block.id, block.name, dict(block.input))
                for block in message.content
                if block.type == "tool_use"
            ),
            usage=self._usage(message.usage, message.usage.output_tokens),
            stop=str(message.stop_reason),
        )


def broken_stream() -> tuple[type[Exception], ...]:
    """What the transport raises when a stream breaks off, or holds no JSON."""
    import httpx2

    return (httpx2.HTTPError, json.JSONDecodeError, AssertionError)


def is_passing(sdk: Any, error: Exception) -> bool:
    """Whether the same request may be taken a little later."""
    if isinstance(error, sdk.APIStatusError):
        return status_of(error) in PASSING
    return not isinstance(error, sdk.APITimeoutError)


def pause_of(error: Exception, tries: int) -> float:
    """Seconds to wait: what the service asks for, else more after each try, a little by chance."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        asked = float(headers.get("retry-after", ""))
    except ValueError:
        asked = FIRST_PAUSE_S * 2**tries * (1 + random.random() / 4)
    return min(max(asked, 0.0), LONGEST_PAUSE_S)


def status_of(error: Any) -> int:
    """The status of an error; of one within a stream, the one that it would have had."""
    body = error.body if isinstance(error.body, dict) else {}
    told = body.get("error")
    kind = told.get("type") if isinstance(told, dict) else None
    return STATUSES.get(str(kind), error.status_code) if error.status_code == 200 else int(error.status_code)


def told_error(sdk: Any, error: Any) -> ChocolateError:
    """An error of the SDK or the transport as one of the product's own."""
    if isinstance(error, sdk.APIStatusError):
        return of_status(status_of(error), problem_of(error))
    if isinstance(error, sdk.APITimeoutError):
        return Unreachable("no answer in time", source=SOURCE)
    if isinstance(error, sdk.APIError):
        return Unreachable(f"the connection failed: {type(error).__name__}", source=SOURCE)
    return Unreachable(f"the answer was cut: {type(error).__name__}", source=SOURCE)


def message_of(turn: Turn) -> dict[str, Any]:
    """A turn in the form of the API."""
    blocks: list[dict[str, Any]] = [
        {
            "type": "tool_result",
            "tool_use_id": answer.call,
            "content": answer.text,
            "is_error": answer.failed,
        }
        for answer in turn.answers
    ]
    if turn.text:
        blocks.append({"type": "text", "text": turn.text})
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.given)}
        for call in turn.calls
    ]
    return {"role": turn.role, "content": blocks}


def problem_of(error: Any) -> str:
    """What the service says of an error, at most a line of it."""
    body = error.body if isinstance(error.body, dict) else {}
    told = body.get("error")
    text = told.get("message") if isinstance(told, dict) else None
    return str(text or error.status_code)[:200]


def of_status(status: int, text: str) -> ChocolateError:
    """The error of a status."""
    if status in {401, 403}:
        return Misconfigured(f"CHOCO_ANTHROPIC__API_KEY does not count: {text}.", KEY_HINT)
    if status == 429:
        return Refused(f"too many requests ({text})", "Ask again in a minute.", source=SOURCE, answered=True)
    if status == 529:
        return Unreachable(f"overloaded ({text})", "Ask again later.", source=SOURCE)
    if status >= 500:
        return Unreachable(f"failed with {status} ({text})", "Ask again later.", source=SOURCE)
    return Changed(f"the request was not taken: {status} ({text})", source=SOURCE, answered=True)
