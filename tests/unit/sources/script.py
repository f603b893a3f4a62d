"""A scripted web server: real sockets, answers in order, the last one for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from chocolate_factory.infrastructure.http import Key, Limits, Polite

QUICK = Limits(connect_s=10, read_s=10, total_s=20, wait_s=0.01, max_bytes=10_000, per_second=1e6, burst=1000)
"""Waits hardly between tries, and long for an answer: a busy machine is no fault of the provider."""

IMPATIENT = replace(QUICK, read_s=0.2, total_s=0.8)
"""For servers that never finish."""


@dataclass
class Script:
    """What to answer and what was asked."""

    answers: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    url: str = ""

    def says(self, body: bytes | str = b"", status: int = 200, **headers: str) -> Script:
        """Add an answer."""
        data = body.encode() if isinstance(body, str) else body
        self.answers.append((status, {k.replace("_", "-"): v for k, v in headers.items()}, data))
        return self

    def does(self, act: Callable[[BaseHTTPRequestHandler], None]) -> Script:
        """Add an answer that writes to the connection itself."""
        self.answers.append(act)
        return self

    def client(self, limits: Limits = QUICK, key: Key | None = None) -> Polite:
        """A client of this server that notes its waits instead of sleeping."""
        return Polite("ree", self.url + "/base", limits, key=key, sleep=self.slept.append)
