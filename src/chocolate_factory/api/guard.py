"""What every answer carries and what no request may do."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.api import problems

MAX_BODY = 64 * 1024
MARK = "x-requested-with"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Security headers on every answer, small bodies only, and a header that foreign pages cannot send.

    A form or image of another site can make a browser POST here, but cannot add `X-Requested-With`
    without a preflight, and none is ever granted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = refuse(scope["method"], Headers(scope=scope))
        await (refusal or self.app)(scope, receive, guarded)


def refuse(method: str, headers: Headers) -> JSONResponse | None:
    """The answer to a request that may not go on, or None."""
    length = headers.get("content-length", "0")
    if headers.get("transfer-encoding") or not length.isdigit() or int(length) > MAX_BODY:
        return problem(
            413, "Request too large", f"A body may have {MAX_BODY} bytes and must state its length."
        )
    if method not in {"GET", "HEAD", "OPTIONS"} and MARK not in headers:
        return problem(
            403, "Not allowed", "A request that changes something needs the header X-Requested-With."
        )
    return None


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """Problem JSON outside the routers."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "hint": "See docs/api.md.",
    }
    return problems.problem(body, status)
