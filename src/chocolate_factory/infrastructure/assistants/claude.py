"""Claude through the Messages API of Anthropic, streamed; the package is imported when first asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chocolate_factory.core.errors import Changed, ChocolateError, Misconfigured, Refused, Unreachable
from chocolate_factory.domain.talk import Reply, Request, ToolCall, Turn, Usage
from chocolate_factory.infrastructure.assistants.prices import cost_eur

SOURCE = "anthropic"
RETRIES = 2
CACHED = {"type": "ephemeral"}
KEY_HINT = "Check CHOCO_ANTHROPIC__API_KEY; until then answers come by rules."


@dataclass(frozen=True)
class ClaudePlace:
    """Where Claude is reached, with which key and model."""

    base_url: str
    api_key: str = field(repr=False)
    model: str


class Claude:
    """The `Assistant` of a place; 429, 529 and broken connections are tried again by the SDK, with pauses."""

    def __init__(self, place: ClaudePlace) -> None:
        import anthropic

        self._place = place
        self._sdk = anthropic
        self._client = anthropic.Anthropic(
            api_key=place.api_key, base_url=place.base_url, max_retries=RETRIES
        )

    @property
    def name(self) -> str:
        """The model."""
        return self._place.model

    def reply(self, request: Request) -> Iterator[str | Reply]:
        """Parts of the text, then the whole reply.

        Raises Misconfigured for a key that does not count, Refused for a quota, Unreachable for what is
        overloaded, cut or too slow, Changed for a request that the service does not take.
        """
        sdk = self._sdk
        try:
            with self._client.messages.stream(**self._body(request)) as stream:
                yield from stream.text_stream
                message = stream.get_final_message()
        except sdk.APIStatusError as error:
            raise of_status(error.status_code, problem_of(error)) from None
        except sdk.APITimeoutError:
            raise Unreachable("no answer in time", source=SOURCE) from None
        except sdk.APIError as error:
            raise Unreachable(f"the connection failed: {type(error).__name__}", source=SOURCE) from None
        except broken_stream() as error:
            raise Unreachable(f"the answer was cut: {type(error).__name__}", source=SOURCE) from None
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
            "timeout": max(1.0, request.seconds),
        }

    def _reply(self, message: Any) -> Reply:
        """The end of a stream as the domain has it."""
        used = message.usage
        tokens = (
            used.input_tokens,
            used.output_tokens,
            used.cache_creation_input_tokens or 0,
            used.cache_read_input_tokens or 0,
        )
        cost = cost_eur(self._place.model, tokens)
        return Reply(
            text="".join(block.text for block in message.content if block.type == "text"),
            calls=tuple(
                ToolCall(block.id, block.name, dict(block.input))
                for block in message.content
                if block.type == "tool_use"
            ),
            usage=Usage(*tokens, cost),
            stop=str(message.stop_reason),
        )


def broken_stream() -> tuple[type[Exception], ...]:
    """What the transport raises when a stream breaks off, or holds no JSON."""
    import httpx2

    return (httpx2.HTTPError, json.JSONDecodeError, AssertionError)


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
