"""The door before the MCP server over HTTP: who asks, how often, how large, how slow, and in which shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from anyio import to_thread
from pydantic_core import from_json
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.api import access, problems
from chocolate_factory.api.identity import bearer
from chocolate_factory.api.rates import Buckets
from chocolate_factory.api.request_ids import MEANT
from chocolate_factory.core.errors import ChocolateError, NotProven
from chocolate_factory.domain.roles import Caller, Role
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import check_token

PATH = "/mcp"
CALLER = "choco.mcp.caller"
"""Where the caller of a request stands in its scope."""

OFTEN = "Too many requests."
MOST_BYTES = 64 * 1024
NOT_JSON, NOT_A_REQUEST = -32700, -32600
"""The codes of JSON-RPC 2.0, section 5.1."""

LONGEST_NAME = 200
Headers = Mapping[str, str]
NONE: Headers = {}


@dataclass(frozen=True)
class Bounds:
    """Requests a minute of one token, and of one address without one; seconds for a body to come."""

    per_minute: int = 240
    wrong_per_minute: int = 60
    seconds: float = 10.0


BOUNDS = Bounds()


class Door:
    """Lets requests through that show a token in force of any role, as often as a client may.

    Only POST: the server keeps no sessions and starts no streams. The body is read here, within a size and a
    time, and must be one JSON-RPC message.
    """

    def __init__(self, app: ASGIApp, world: World, bounds: Bounds = BOUNDS) -> None:
        self.app = app
        self._world = world
        self._seconds = bounds.seconds
        self._turns = Buckets(bounds.per_minute, bounds.per_minute)
        self._wrong = Buckets(bounds.wrong_per_minute, bounds.wrong_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] != PATH:
            await problem(404, "Not found", f"The server is at {PATH}.")(scope, receive, send)
            return
        scope[MEANT] = PATH
        if scope["method"] != "POST":
            answer = problem(405, "Method not allowed", "Only POST is.", {"allow": "POST"})
            await answer(scope, receive, send)
            return
        try:
            scope[CALLER] = await to_thread.run_sync(self._caller, scope)
        except ChocolateError as error:
            await access.refusal(error)(scope, receive, send)
            return
        body = await self._body(scope, receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
        elif body is not None:
            await self.app(scope, replaying(body, receive), send)

    def _caller(self, scope: Scope) -> Caller:
        """Who asks. Raises NotProven and TooMany."""
        shown = bearer(scope["headers"])
        real = self._world.real
        found = check_token(real.store, shown, real.clock()) if shown else "none is shown"
        if isinstance(found, Caller) and found.may(Role.VIEWER):
            self._turns.admit(f"{found.how}:{found.name}", OFTEN)
            return found
        self._wrong.admit(access.address_of(scope), OFTEN)
        reason = "it has no role" if isinstance(found, Caller) else found
        raise NotProven(f"A token is needed: {reason}.", "Make one with `choco token add`.")

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Response | None:
        """The body of a request, or what is wrong with it; None when the client has gone."""
        with anyio.move_on_after(self._seconds):
            body = await whole_body(scope, receive)
            if body is None:
                return None
            if len(body) > MOST_BYTES:
                return problem(413, "Too large", f"A request may have {MOST_BYTES} bytes.", CLOSE)
            wrong = flaw(body)
            return body if wrong is None else rpc_error(*wrong)
        return problem(408, "Too slow", f"The body did not come within {self._seconds:g} s.", CLOSE)


CLOSE = {"connection": "close"}


async def whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """The body, or the part of it that is too much already; None when the client has gone."""
    told = [value for key, value in scope["headers"] if key == b"content-length"]
    if told and told[0].isdigit() and int(told[0][:20]) > MOST_BYTES:
        return bytes(MOST_BYTES + 1)
    body = bytearray()
    while len(body) <= MOST_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def replaying(body: bytes, receive: Receive) -> Receive:
    """Hands out the body that was read, then what else comes."""
    left = [body]

    async def replay() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replay


def flaw(body: bytes) -> tuple[int, str] | None:
    """What keeps a body from being one JSON-RPC request or notification: code and words; None for nothing."""
    try:
        told = from_json(body, allow_inf_nan=False)
    except ValueError:
        return NOT_JSON, "The body is not JSON, or is nested too deeply."
    if not isinstance(told, dict) or told.get("jsonrpc") != "2.0":
        return NOT_A_REQUEST, 'The body must be one JSON-RPC request: an object with "jsonrpc": "2.0".'
    if not is_name(told.get("method")):
        return NOT_A_REQUEST, f'"method" must be a text of at most {LONGEST_NAME} characters.'
    if "id" in told and not is_id(told["id"]):
        return NOT_A_REQUEST, f'"id" must be a whole number or a text of at most {LONGEST_NAME} characters.'
    if "params" in told and not isinstance(told["params"], dict):
        return NOT_A_REQUEST, '"params" must be an object.'
    return None


def is_name(told: Any) -> bool:
    """Whether something can name a method."""
    return isinstance(told, str) and 0 < len(told) <= LONGEST_NAME and told.isprintable()


def is_id(told: Any) -> bool:
    """Whether something can name a request."""
    if isinstance(told, str):
        return len(told) <= LONGEST_NAME
    return isinstance(told, int) and not isinstance(told, bool) and abs(told) < 2**63


def rpc_error(code: int, message: str) -> Response:
    """An error of the protocol that answers no request in particular."""
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}, 400)


def problem(status: int, title: str, detail: str, headers: Headers = NONE) -> Response:
    """A problem of the transport."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    answer = problems.problem(body, status)
    answer.headers.update(headers)
    return answer
