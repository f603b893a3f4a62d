"""A conversation with a language model: turns, calls of tools, what a reply costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants called, with what it hands in; `id` ties the answer to it."""

    id: str
    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class ToolAnswer:
    """What a called tool told, as text; `failed` where it could not be called."""

    call: str
    text: str
    failed: bool = False


@dataclass(frozen=True)
class Turn:
    """What one side said: the user a text or answers of tools, the model a text and calls."""

    role: Literal["user", "assistant"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    answers: tuple[ToolAnswer, ...] = ()


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model is told of it: name, what it is for, JSON schema of what it takes."""

    name: str
    text: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Usage:
    """Tokens of a reply as the provider counts them, and what they cost, None where no price is known."""

    input_tokens: int
    output_tokens: int
    cache_written: int
    cache_read: int
    cost_eur: float | None


@dataclass(frozen=True)
class Reply:
    """The end of a reply: its whole text, calls that want an answer, usage, and why it stopped."""

    text: str
    calls: tuple[ToolCall, ...]
    usage: Usage
    stop: str


@dataclass(frozen=True)
class Request:
    """What a model is asked: instructions, turns so far, tools, most tokens of the reply, seconds left."""

    instructions: str
    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...]
    max_tokens: int
    seconds: float
