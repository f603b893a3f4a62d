"""A transport for httpx that keeps one deadline over a whole request.

The time-outs of httpx bound one read each: a server that sends a byte now and then is never cut off. Here
connecting, the TLS handshake, the header and the body all read against the same moment.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextmanager
def deadline(at: float) -> Iterator[None]:
    """Everything read from the network inside must be done by `at` (seconds of `time.monotonic`)."""
    token = _deadline.set(at)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(timeout: float | None) -> float:
    """Seconds this one operation may take; raises when the deadline has passed."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline of the request has passed")
    return left if timeout is None else min(timeout, left)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline in force."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Bytes that have come, at most `max_bytes`."""
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection with TLS."""
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> object:
        """What the connection beneath knows of itself."""
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.SyncBackend):
    """Opens connections that keep the deadline."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A TCP connection to host and port."""
        found = super().connect_tcp(host, port, _left(timeout), local_address, socket_options)
        return DeadlineStream(found)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class DeadlineTransport(httpx.BaseTransport):
    """HTTP/1.1 over a connection pool, certificates verified, the system's proxy honoured.

    Errors are those of httpcore.
    """

    def __init__(self, base_url: httpx.URL) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates(),
            proxy=_proxy(base_url),
            max_connections=4,
            keepalive_expiry=10.0,
            network_backend=DeadlineBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the body of the answer is still to be read."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


@cache
def certificates() -> ssl.SSLContext:
    """The authorities that connections are verified with, loaded once a process."""
    return httpx.create_ssl_context()


def _proxy(url: httpx.URL) -> httpcore.Proxy | None:
    found = getproxies()
    address = found.get(url.scheme) or found.get("all")
    if not address or url.host in LOOPBACK or proxy_bypass(url.host):
        return None
    return httpcore.Proxy(address)
