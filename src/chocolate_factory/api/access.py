"""The check at every door: who asks, whether the role suffices, how often; and the trail of changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.api.doors import CALENDAR, Door, door_of, doors
from chocolate_factory.api.identity import bearer, token_in_url, without_token
from chocolate_factory.api.problems import of_error
from chocolate_factory.api.rates import Buckets
from chocolate_factory.api.request_ids import MEANT
from chocolate_factory.core.errors import ChocolateError, NotAllowed, NotProven
from chocolate_factory.domain.roles import AccessRules, Caller, Role
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import check_token
from chocolate_factory.services.record_audit import Change, record_audit

SAFE = {"GET", "HEAD", "OPTIONS"}
DOOR, CALLER = "choco.door", "choco.caller"
PROVE = (
    "Send a token as `Authorization: Bearer …` (`choco token add`), come through Tailscale, or open the page "
    "on the machine itself; docs/access.md says more."
)
log = structlog.get_logger()


class Access:
    """Lets a request through to the routers when its caller may come in by that door.

    What changes something is bounded per caller, and leaves a line in the audit trail when it was done or
    refused for the role. Refusals are problem JSON with status 401, 403 or 429.
    """

    def __init__(
        self, app: ASGIApp, world: World, rules: AccessRules, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.app = app
        self._world = world
        self._rules = rules
        self._doors: tuple[Door, ...] | None = None
        self._changes = Buckets(rules.posts_per_minute, rules.posts_per_minute, timer)
        self._refusals = Buckets(1, 1, timer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._doors is None:
            self._doors = doors(scope["app"].routes)
        door = door_of(self._doors, scope)
        if door is not None:
            scope[MEANT] = door.path
        if door is not None and door.role is not None:
            try:
                scope[CALLER] = caller = await self._admit(scope, door, door.role)
            except ChocolateError as error:
                await refusal(error)(scope, receive, send)
                return
            structlog.contextvars.bind_contextvars(who=caller.how)
            send = send if scope["method"] in SAFE else self._noting(scope, door, send)
        if door is not None:
            scope[DOOR] = door
        await self.app(scope, receive, send)

    async def _admit(self, scope: Scope, door: Door, role: Role) -> Caller:
        """Who comes in; raises NotProven, NotAllowed or TooMany."""
        address = address_of(scope)
        changing = scope["method"] not in SAFE
        try:
            caller = await self._identify(scope)
        except NotProven:
            self._bound(f"wrong@{address}")
            await self._note_refusal(scope, door, Caller("anyone", None, "anyone"))
            raise
        if changing and caller.how != "local":
            self._bound(f"{caller.how}:{caller.name}@{address}")
        if caller.may(role) or caller.how == "calendar":
            return caller
        await self._note_refusal(scope, door, caller)
        if caller.role is None and caller.how == "anyone":
            raise NotProven("Nothing is shown here to a caller without proof of who it is.", PROVE)
        hint = PROVE if caller.how == "anyone" else "Ask an admin of this installation for a higher role."
        raise NotAllowed(f"This takes the role {role}; you are taken for {told(caller)}.", hint)

    async def _identify(self, scope: Scope) -> Caller:
        """Who asks; NotProven for a token that does not count, even where none is needed."""
        path = scope["path"]
        feed = scope["method"] in SAFE and CALENDAR.fullmatch(path) is not None
        text = bearer(scope["headers"])
        in_url = token_in_url(scope) if feed and text is None else None
        shown = in_url if text is None else text
        if shown is None:
            return without_token(scope, self._rules)
        real = self._world.real
        found = await run_in_threadpool(check_token, real.store, shown, real.clock())
        if isinstance(found, str):
            raise NotProven(f"The token of this request does not count: {found}.", PROVE)
        if found.how == "calendar" and not feed:
            raise NotProven(f"The token {found.name} opens the calendar feed and nothing else.", PROVE)
        if found.how != "calendar" and in_url is not None:
            raise NotProven(
                f"The token {found.name} has a role and does not belong in an address.",
                "Make one for the feed with `choco token add NAME --calendar`.",
            )
        return found

    def _bound(self, key: str) -> None:
        told = f"More than {self._rules.posts_per_minute} requests a minute."
        self._changes.admit(key, told, "CHOCO_ACCESS__POSTS_PER_MINUTE")

    def _noting(self, scope: Scope, door: Door, send: Send) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await self._note(scope, scope[CALLER], Change(door.action, scope["path"], "done"))
            await send(message)

        return noting

    async def _note_refusal(self, scope: Scope, door: Door, caller: Caller) -> None:
        """A line in the trail, at most one a minute for the same caller and act; none for mere reading."""
        key = f"{caller.how}:{caller.name}@{address_of(scope)} {door.action}"
        if scope["method"] not in SAFE and not self._refusals.take(key):
            await self._note(scope, caller, Change(door.action, scope["path"], "refused"))

    async def _note(self, scope: Scope, caller: Caller, change: Change) -> None:
        """What cannot be kept is in the log at least: the change itself is made by then."""
        if caller.how == "anyone":
            caller = replace(caller, name=f"anyone at {address_of(scope)}")
        real = self._world.real
        try:
            await run_in_threadpool(record_audit, real.store, caller, change, real.clock())
        except ChocolateError as error:
            log.error("audit line not kept", who=caller.name, action=change.action, reason=error.message)


def address_of(scope: Scope) -> str:
    """The other end of the connection; of a proxy, the proxy's."""
    return str(scope["client"][0]) if scope.get("client") else "socket"


def told(caller: Caller) -> str:
    """A caller in words."""
    known = {
        "token": f"the token {caller.name}",
        "calendar": f"the calendar token {caller.name}",
        "tailscale": f"{caller.name} (Tailscale)",
        "local": "the user of this machine",
    }.get(caller.how, "a caller without proof")
    return f"{known}, {caller.role or 'without a role'}"


def refusal(error: ChocolateError) -> Response:
    """The problem JSON of a refusal, which nobody may keep."""
    answer = of_error(error)
    answer.headers["cache-control"] = "no-store"
    return answer


async def admitted(request: Request) -> None:
    """Raises NotAllowed for a request that came past the check of the doors: it never should."""
    if DOOR not in request.scope:
        raise NotAllowed("This route has no door.", "This is a bug; report it with the address.")


def current_caller(request: Request) -> Caller:
    """Who was let in."""
    caller = request.scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


Known = Annotated[Caller, Depends(current_caller)]
