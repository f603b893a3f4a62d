"""One polite HTTP client for every provider.

It asks slowly (a token bucket), gives up early (time-outs, a deadline over the whole request, a ceiling on
the body), tries again only what can pass, and says what went wrong without repeating addresses, keys or
bodies. One `Polite` stands for one provider.

Retries are a plain loop and not stamina's: waiting what `Retry-After` asks, one log line an outage and a
sleep that tests can replace do not fit its hooks.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpcore
import httpx
import structlog

from chocolate_factory import __version__
from chocolate_factory.core.errors import Changed, Misconfigured, Refused, SourceError, Unreachable
from chocolate_factory.infrastructure.http_transport import DeadlineTransport, deadline

REDIRECTS = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 3
SAID_NO = {401, 403, 429}
PASSING = {408, 429}
USER_AGENT = f"chocolate-factory/{__version__} (energy planner; asks rarely)"

Params = Mapping[str, str | int | float]
IsAnswer = Callable[[int, bytes], bool]

log = structlog.get_logger("chocolate_factory.http")


@dataclass(frozen=True)
class Limits:
    """How long, how much and how often; times in seconds.

    `total_s` bounds one `get` with all its tries, waits that a provider asks for excepted; a `Retry-After`
    above `retry_after_max_s` ends the `get` at once. `burst` requests may follow each other at once, then
    `per_second` go out.
    """

    connect_s: float = 3.0
    read_s: float = 8.0
    total_s: float = 16.0
    max_bytes: int = 8 * 1024 * 1024
    tries: int = 3
    wait_s: float = 0.5
    wait_max_s: float = 4.0
    retry_after_max_s: float = 15.0
    per_second: float = 5.0
    burst: int = 10


@dataclass(frozen=True)
class Key:
    """An access key and where it goes: the header of that name, or that parameter of the query."""

    name: str
    value: str = field(repr=False)
    in_query: bool = False


@dataclass(frozen=True)
class Answer:
    """What a provider sent: status, media type and decoded body."""

    source: str
    status: int
    content_type: str
    body: bytes

    def text(self, encoding: str = "utf-8") -> str:
        """The body as text; raises `Changed` when it is not in that encoding."""
        try:
            return self.body.decode(encoding)
        except UnicodeDecodeError as error:
            raise Changed(
                f"the body is not {encoding} text (byte {error.start})", source=self.source
            ) from None

    def json(self) -> object:
        """The body as JSON; raises `Changed` when it is none, NaN and Infinity included."""
        text = self.text()
        try:
            return json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            what = "is empty" if not text.strip() else "is an HTML page" if _is_html(text) else "is not JSON"
            raise Changed(f"the answer {what}", source=self.source) from None


class TokenBucket:
    """`burst` tokens, refilled at `per_second`; a request takes one or waits for it."""

    def __init__(self, per_second: float, burst: int, sleep: Callable[[float], None]) -> None:
        self._rate, self._burst, self._sleep = per_second, float(burst), sleep
        self._tokens, self._at = float(burst), time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take a token, after a sleep when none is left."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            wait = -self._tokens / self._rate
        if wait > 0:
            self._sleep(wait)


class _Again(Exception):
    """A failure that may pass; `after` is the wait the provider asks for, if it does."""

    def __init__(self, error: SourceError, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


@dataclass(frozen=True)
class _Asked:
    """One request."""

    url: httpx.URL
    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


class Polite:
    """A client of one provider. Safe to share between threads.

    `base_url` is where the provider lives (http or https); `key` goes with every request and no message
    repeats it. Raises `Misconfigured` for an address that is none.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        limits: Limits | None = None,
        *,
        key: Key | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._limits = limits or Limits()
        self._base = _base(name, base_url)
        self._params = {key.name: key.value} if key and key.in_query else {}
        headers = {key.name: key.value} if key and not key.in_query else {}
        self._sleep = sleep
        self._bucket = TokenBucket(self._limits.per_second, self._limits.burst, sleep)
        self._down = threading.Event()
        self._client = httpx.Client(
            transport=DeadlineTransport(self._base),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
            timeout=httpx.Timeout(self._limits.read_s, connect=self._limits.connect_s),
        )

    def get(self, path: str, params: Params | None = None, is_answer: IsAnswer | None = None) -> Answer:
        """Ask for `path` below the base address.

        `is_answer(status, body)` accepts answers whose status says otherwise. Raises `Unreachable`
        (connection, time-out, 408, 5xx), `Refused` (401, 403, 429) or `Changed` (other status, foreign
        redirect, oversize or undecodable body), after at most `tries` requests.
        """
        asked = {**(params or {}), **self._params}
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path, params=asked or None)
        return self._ask(_Asked(url), is_answer)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON to `path` below the base address, or just there; any 2xx is an answer. Raises as `get`.

        What was not answered may have been taken: whoever sends it again may send it twice.
        """
        below = {"path": self._base.path.rstrip("/") + path, "params": self._params or None}
        url = self._base.copy_with(**below) if path else self._base
        given = {"Content-Type": "application/json", **(headers or {})}
        return self._ask(_Asked(url, "POST", body, given), _taken)

    def follow(self, address: str, is_answer: IsAnswer | None = None) -> Answer:
        """Ask for a whole address that an answer named; only on this provider's host, else `Changed`.

        Raises as `get` does. A key in the query is left out: the address is complete.
        """
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            raise self._changed("an answer named an address that is none") from None
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise self._changed("an answer named an address of another host")
        return self._ask(_Asked(url), is_answer)

    def _ask(self, asked: _Asked, is_answer: IsAnswer | None) -> Answer:
        """An answer, or the error; an outage is logged once, and once when it is over."""
        try:
            answer = self._persist(asked, is_answer)
        except SourceError as error:
            if not self._down.is_set():
                self._down.set()
                log.warning("provider_down", provider=self.name, error=error.message)
            raise
        if self._down.is_set():
            self._down.clear()
            log.info("provider_back", provider=self.name)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _persist(self, asked: _Asked, is_answer: IsAnswer | None) -> Answer:
        limits = self._limits
        end = time.monotonic() + limits.total_s
        attempt = 0
        while True:
            attempt += 1
            self._bucket.take()
            try:
                with deadline(end):
                    return self._once(asked, is_answer)
            except _Again as again:
                wait = self._backoff(attempt) if again.after is None else again.after
                late = again.after is None and time.monotonic() + wait >= end
                if attempt >= limits.tries or wait > limits.retry_after_max_s or late:
                    raise again.error from None
                self._sleep(wait)
                end += again.after or 0.0

    def _backoff(self, attempt: int) -> float:
        """Seconds before the next try: doubling, with jitter so that clients do not march in step."""
        grown = self._limits.wait_s * 2.0 ** (attempt - 1)
        return min(self._limits.wait_max_s, grown) * random.uniform(0.5, 1.5)

    def _once(self, asked: _Asked, is_answer: IsAnswer | None) -> Answer:
        url = asked.url
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with self._client.stream(
                    asked.method, url, content=asked.body, headers=asked.headers
                ) as response:
                    target = self._redirect(url, response)
                    if target is None:
                        return self._judged(response, self._read(response), is_answer)
            except httpcore.TimeoutException:
                raise _Again(self._unreachable("no answer in time")) from None
            except httpcore.ConnectError as error:
                raise _Again(self._unreachable(f"no connection ({error})")) from None
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
                raise _Again(self._unreachable(f"connection broken ({type(error).__name__})")) from None
            except httpx.DecodingError:
                raise self._changed("the compressed body cannot be unpacked") from None
            url = target
        raise self._changed(f"more than {MAX_REDIRECTS} redirects")

    def _redirect(self, url: httpx.URL, response: httpx.Response) -> httpx.URL | None:
        """Where the answer sends us, on the same host; None when it is an answer."""
        location = response.headers.get("location")
        if response.status_code not in REDIRECTS or not location:
            return None
        try:
            target = url.join(location)
        except httpx.InvalidURL:
            raise self._changed("a redirect to an address that is none") from None
        if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
            raise self._changed("a redirect to another host")
        return target

    def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._limits.max_bytes:
                raise self._changed(f"the body is longer than {self._limits.max_bytes} bytes")
        return bytes(body)

    def _judged(self, response: httpx.Response, body: bytes, is_answer: IsAnswer | None) -> Answer:
        status = response.status_code
        if status == 200 or (is_answer is not None and is_answer(status, body)):
            return Answer(self.name, status, response.headers.get("content-type", ""), body)
        after = retry_after(response.headers)
        asked = f", asks to wait {after:.0f} s" if after is not None else ""
        if status in SAID_NO:
            error: SourceError = Refused(f"answered {status}{asked}", source=self.name)
        elif status >= 500 or status in PASSING:
            error = Unreachable(f"answered {status}{asked}", source=self.name, answered=True)
        else:
            raise self._changed(f"answered {status}")
        raise _Again(error, after) if status >= 500 or status in PASSING else error

    def _unreachable(self, what: str) -> Unreachable:
        return Unreachable(what, source=self.name)

    def _changed(self, what: str) -> Changed:
        return Changed(what, source=self.name)


def _taken(status: int, _body: bytes) -> bool:
    return 200 <= status < 300


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for, None without one (RFC 9110, 10.2.3).

    A date counts from the `Date` of the same answer: the provider's clock, not ours.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        span = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, span.total_seconds())


def _base(name: str, address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise Misconfigured(f"The base address of {name} is not an http or https address.")
    return url


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _is_html(text: str) -> bool:
    return text.lstrip()[:200].lower().startswith(("<!doctype", "<html"))
