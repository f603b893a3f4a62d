"""Answers that a reader may have already: tags, 304, compressed bodies, and HEAD wherever there is GET."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.api.request_ids import GET_OF_HEAD

API = "/api/v1"
JSON = "application/json"
LEAST = 1024
"""Bytes below which packing saves nothing: the whole answer is one network packet."""
ELSEWHERE = 64 * 1024
"""Bytes from which packing is done in a thread: the loop has other readers to serve."""
LEVEL = 6
TEXTS: Final = (JSON, "application/problem+json", "image/svg+xml", "text/")
STREAM = "text/event-stream"
DATA_CACHE = "no-cache"
MARKS: Final = {"": "", "gzip": "-gz", "br": "-br"}
HEAD = "chocolate_factory.head"


@dataclass(frozen=True)
class Finished:
    """The bytes of an answer, packed too where that pays, and the tag that stands for them.

    A tag with `W/` before it is weak: bodies that say the same, not to the byte. `brotli` is there of files
    that were packed when the page was built.
    """

    plain: bytes
    packed: bytes | None
    tag: str
    brotli: bytes | None = None

    def form(self, accepted: str) -> tuple[str, bytes]:
        """(encoding, body) for a reader's `Accept-Encoding`; no encoding is ""."""
        forms = (("br", self.brotli), ("gzip", self.packed))
        for encoding, body in forms:
            if body is not None and takes(encoding, accepted):
                return encoding, body
        return "", self.plain


def finish(plain: bytes, tag: str = "", level: int = LEVEL) -> Finished:
    """Tag and pack a body; the tag is its SHA-256 unless one is given. Level 0 leaves it unpacked."""
    packed = gzip.compress(plain, level, mtime=0) if level and len(plain) >= LEAST else None
    if packed is not None and len(packed) >= len(plain):
        packed = None
    return Finished(plain, packed, tag or hashlib.sha256(plain).hexdigest()[:32])


class Kept(Response):
    """An answer from finished bytes: packed for those who take it, 304 for those who have it.

    Both forms are strong representations of their own, so that the packed one has a tag of its own
    (RFC 9110, 8.8.3.3). Only a 200 is tagged.
    """

    def __init__(
        self,
        finished: Finished,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        kind: str = JSON,
    ) -> None:
        super().__init__(b"", status_code=status, headers=dict(headers or {}), media_type=kind)
        del self.headers["content-length"]
        self.headers.setdefault("cache-control", DATA_CACHE if status == 200 else "no-store")
        self.finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, told = Headers(scope=scope), MutableHeaders(raw=list(self.raw_headers))
        status = self.status_code
        encoding, body = self.finished.form(asked.get("accept-encoding", ""))
        told.add_vary_header("Accept-Encoding")
        if scope["path"].startswith(API):
            told.add_vary_header("Accept-Language")
        if encoding:
            told["content-encoding"] = encoding
        if status == 200 and scope["method"] in {"GET", "HEAD"}:
            told["etag"] = quoted(self.finished.tag, MARKS[encoding])
            if has_it(asked.get("if-none-match", ""), told["etag"]):
                status, body = 304, b""
        if status == 304:
            for name in ("content-type", "content-encoding", "content-disposition"):
                del told[name]
        else:
            told["content-length"] = str(len(body))
        await send({"type": "http.response.start", "status": status, "headers": told.raw})
        await send({"type": "http.response.body", "body": body})


class Conditional:
    """Tags every answer and packs texts, passes streams on as they come, answers HEAD as GET without body.

    A route may send a finished answer (`Kept`), which is left as it is, or a tag of its own, which counts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET", HEAD: True} if head else scope
        if head:
            scope[GET_OF_HEAD] = inner
        door = _Door(inner, receive, _bodiless(send) if head else send)
        await self.app(inner, receive, door.send)


class _Door:
    """Holds back the start of an answer until its body is whole, where it ever will be."""

    def __init__(self, scope: Scope, receive: Receive, onward: Send) -> None:
        self._scope, self._receive, self._onward = scope, receive, onward
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if is_whole(message):
                self._start = message
                return
        elif self._start is not None:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._whole(self._start, b"".join(self._parts))
            return
        await self._onward(message)

    async def _whole(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        kind, tag = headers.get("content-type", JSON), headers.get("etag", "").replace('"', "")
        for name in ("content-type", "content-length", "etag"):
            del headers[name]
        level = LEVEL if kind.startswith(TEXTS) else 0
        if len(body) < ELSEWHERE:
            finished = finish(body, tag, level)
        else:
            finished = await to_thread.run_sync(finish, body, tag, level)
        answer = Kept(finished, start["status"], kind=kind)
        answer.raw_headers = [*headers.raw, *(h for h in answer.raw_headers if h[0].decode() not in headers)]
        await answer(self._scope, self._receive, self._onward)


def is_whole(start: Message) -> bool:
    """Whether an answer that begins has a body with an end, which nobody has packed or finished yet."""
    headers = Headers(raw=start["headers"])
    return (
        start["status"] not in {204, 304}
        and not headers.get("content-type", "").startswith(STREAM)
        and "content-encoding" not in headers
        and "accept-encoding" not in headers.get("vary", "").lower()
    )


def is_head(scope: Scope) -> bool:
    """Whether only the head of an answer is asked for; its body must not be waited for."""
    return bool(scope.get(HEAD))


def _bodiless(send: Send) -> Send:
    """Sends what belongs before a body, and that it is over."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {
                "type": "http.response.body",
                "body": b"",
                "more_body": message.get("more_body", False),
            }
        await send(message)

    return sent


def takes(encoding: str, accepted: str) -> bool:
    """Whether a reader takes an encoding, by `Accept-Encoding` (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.partition(";")
        weights[name.strip()] = rest.replace(" ", "").removeprefix("q=")
    weight = weights.get(encoding, weights.get("*"))
    if weight is None:
        return False
    try:
        return float(weight or "1") > 0
    except ValueError:
        return False


def has_it(seen: str, tag: str) -> bool:
    """Whether `If-None-Match` names a tag; compared weakly (RFC 9110, 13.1.2)."""
    named = {part.strip().removeprefix("W/") for part in seen.split(",")}
    return "*" in named or tag.removeprefix("W/") in named


def quoted(tag: str, mark: str) -> str:
    """A tag as its header says it."""
    weak = "W/" if tag.startswith("W/") else ""
    return f'{weak}"{tag.removeprefix("W/")}{mark}"'
