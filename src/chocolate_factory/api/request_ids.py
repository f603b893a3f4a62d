"""The id of a request, in the log, in its answer and in problem JSON; and a line for each request served."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.core.logging import note_request

HEADER = b"x-request-id"
FORM = re.compile(rb"[A-Za-z0-9_-]{8,64}")
KEY = "request_id"
GET_OF_HEAD = "choco.get_of_head"
"""Where the scope of a HEAD keeps that of the GET which answers it."""

MEANT = "choco.meant"
"""Where a scope keeps the pattern of the route that a request would come to, if it is let in."""


class Traced:
    """Binds the id of a request to all that is logged while it is served, also in threads that serve it.

    A well-formed id of the proxy before is taken, else one is made. When the answer is over, a stream too, a
    line says method, route, status and milliseconds; never address or query.
    """

    def __init__(self, app: ASGIApp, timer: Callable[[], float] = time.perf_counter) -> None:
        self.app = app
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = self._timer(), 500
        number = given(scope["headers"]) or secrets.token_hex(16)
        # Not unbound at the end: a request is a task of its own, and the server may log of it afterwards.
        # The task may be made by that of the request before, whose caller is not this one's.
        structlog.contextvars.unbind_contextvars("who")
        structlog.contextvars.bind_contextvars(request_id=number)

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = [*message.get("headers", ()), (HEADER, number.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        finally:
            spent = round(1000 * (self._timer() - began), 1)
            note_request(method=scope["method"], route=route_of(scope), status=status, ms=spent)


def given(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that a proxy sent; empty without one, for several and for one that is not well-formed."""
    found = [value for name, value in headers if name == HEADER]
    return found[0].decode() if len(found) == 1 and FORM.fullmatch(found[0]) else ""


def route_of(scope: Scope) -> str:
    """The route that a request came to or was refused at, as its pattern; `other` where there is none."""
    reached = getattr(scope.get(GET_OF_HEAD, scope).get("route"), "path", None)
    return str(reached or scope.get(MEANT, "other"))


def marked(body: dict[str, object]) -> dict[str, object]:
    """A problem with the id of the request that is served."""
    return {**body, KEY: structlog.contextvars.get_contextvars().get(KEY, "")}
