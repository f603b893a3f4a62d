"""The polite client, against a real server on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
from http.server import BaseHTTPRequestHandler

import pytest
import structlog.testing

from chocolate_factory import __version__
from chocolate_factory.core.errors import Changed, Misconfigured, Refused, SourceError, Unreachable
from chocolate_factory.infrastructure.http import Key, Limits, Polite, TokenBucket, retry_after
from chocolate_factory.infrastructure.http_transport import certificates
from tests.unit.sources.script import IMPATIENT, Script


def test_asks_with_parameters_and_says_who_it_is(script: Script) -> None:
    answer = script.says("ok").client().get("/a/b", {"day": "2026-03-10", "n": 3})
    assert (answer.status, answer.text()) == (200, "ok")
    assert script.asked == ["/base/a/b?day=2026-03-10&n=3"]
    assert f"chocolate-factory/{__version__}" in script.headers[0]["User-Agent"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_tries_again_what_can_pass(script: Script, status: int) -> None:
    assert script.says("no", status).says("", status).says("yes").client().get("/").text() == "yes"
    assert len(script.asked) == 3
    assert len(script.slept) == 2
    assert all(0 < wait <= 6 for wait in script.slept)


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        (401, Refused, 1),
        (403, Refused, 1),
        (429, Refused, 3),
        (404, Changed, 1),
        (400, Changed, 1),
        (204, Changed, 1),
        (500, Unreachable, 3),
        (408, Unreachable, 3),
    ],
)
def test_gives_up_with_the_right_error(
    script: Script, status: int, kind: type[SourceError], requests: int
) -> None:
    with pytest.raises(kind, match=str(status)) as caught:
        script.says("", status).client().get("/")
    assert caught.value.source == "ree"
    assert len(script.asked) == requests


def test_an_answer_may_have_another_status(script: Script) -> None:
    answer = script.says("nothing yet", 502).client().get("/", None, lambda status, body: b"yet" in body)
    assert answer.status == 502
    assert len(script.asked) == 1


def test_honours_retry_after_in_seconds_and_as_date(script: Script) -> None:
    dates = {"Date": "Tue, 10 Mar 2026 20:00:00 GMT", "Retry_After": "Tue, 10 Mar 2026 20:00:09 GMT"}
    script.says("", 429, Retry_After="7").says("", 503, **dates).says("yes")
    assert script.client().get("/").text() == "yes"
    assert script.slept == [7.0, 9.0]


def test_does_not_come_back_earlier_than_asked(script: Script) -> None:
    with pytest.raises(Refused, match="3600 s"):
        script.says("", 429, Retry_After="3600").client().get("/")
    assert len(script.asked) == 1
    assert script.slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Tue, 10 Mar 2026 20:00:09 GMT"}, None),
        ({"retry-after": "Tue, 10 Mar 2026 20:00:09 GMT", "date": "Tue, 10 Mar 2026 21:00:00 GMT"}, 0.0),
    ],
)
def test_reads_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def hang(_: BaseHTTPRequestHandler) -> None:
    time.sleep(1.0)


def drip_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for n in range(200):
        handler.wfile.write(b"X-%d: 1\r\n" % n)
        handler.wfile.flush()
        time.sleep(0.05)


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-surprise\r\n\r\n")


@pytest.mark.parametrize("act", [hang, drip_header, drip_body, reset, cut, no_http])
def test_a_bad_connection_is_unreachable_and_passes(script: Script, act: object) -> None:
    client = script.does(act).client(IMPATIENT)  # type: ignore[arg-type]
    with pytest.raises(Unreachable):
        client.get("/")
    assert 1 <= len(script.asked) <= 3
    script.says("back")
    script.answers = script.answers[-1:]
    assert "back" in (told(client) for _ in range(20)), "a busy machine may be late more than once"


def told(client: Polite) -> str:
    """What is answered in time; nothing where none is."""
    try:
        return client.get("/").text()
    except Unreachable:
        return ""


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Polite("omie", f"http://127.0.0.1:{taken.getsockname()[1]}", sleep=lambda _: None)
        with pytest.raises(Unreachable, match="no connection"):
            client.get("/")


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 4096)


def test_stops_reading_an_endless_body(script: Script) -> None:
    with pytest.raises(Changed, match="longer than 10000"):
        script.does(endless).client().get("/")
    assert len(script.asked) == 1


def test_a_small_body_that_unpacks_to_a_big_one_is_too_long(script: Script) -> None:
    body = gzip.compress(b"0" * 1_000_000)
    with pytest.raises(Changed, match="longer"):
        script.says(body, Content_Encoding="gzip").client().get("/")


def test_reads_gzip_and_refuses_bad_gzip(script: Script) -> None:
    script.says(gzip.compress(b"packed"), Content_Encoding="gzip")
    assert script.client().get("/").text() == "packed"
    script.says(b"\x1f\x8b\x08\x00not gzip at all", Content_Encoding="gzip")
    with pytest.raises(Changed, match="unpacked"):
        script.client().get("/")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "empty"),
        (b"<html>sorry", "HTML"),
        (b'{"a": ', "not JSON"),
        (b"[NaN]", "not JSON"),
        ("é".encode("latin-1"), "utf-8"),
        ("{}".encode("utf-16"), "utf-8"),
        (b"[" * 9000, "not JSON"),
    ],
)
def test_what_is_no_json_is_said_so(script: Script, body: bytes, what: str) -> None:
    answer = script.says(body).client().get("/")
    with pytest.raises(Changed, match=what):
        answer.json()


def test_follows_redirects_on_its_own_host_only(script: Script) -> None:
    script.says("", 302, Location="/base/new").says("there")
    assert script.client().get("/old").text() == "there"
    assert script.asked == ["/base/old", "/base/new"]
    for target in ("http://localhost:1/x", "https://127.0.0.1/x", "file:///etc/passwd", "//example.org/"):
        script.answers = []
        script.asked.clear()
        with pytest.raises(Changed, match=r"another host|none"):
            script.says("", 301, Location=target).client().get("/")
    script.answers = []
    with pytest.raises(Changed, match="redirects"):
        script.says("", 302, Location="/base/").client().get("/")


def test_errors_and_logs_hold_no_secret(script: Script) -> None:
    client = script.says("key=hidden-key wrong", 403).client(key=Key("x-api-key", "hidden-key"))
    with structlog.testing.capture_logs() as logs, pytest.raises(Refused) as caught:
        client.get("/secret-path", {"appid": "hidden-key"})
    assert script.headers[0]["x-api-key"] == "hidden-key"
    assert "hidden-key" not in f"{caught.value} {caught.value.problem()} {logs}"


def test_says_once_that_a_provider_is_down_and_once_that_it_is_back(script: Script) -> None:
    script.says("", 503)
    client = script.client(Limits(tries=1, per_second=1e6))
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(Unreachable):
                client.get("/")
        script.answers = []
        script.says("ok")
        client.get("/")
        client.get("/")
    assert [(line["event"], line["provider"]) for line in logs] == [
        ("provider_down", "ree"),
        ("provider_back", "ree"),
    ]


def test_asks_no_faster_than_the_bucket_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chocolate_factory.infrastructure.http.time.monotonic", lambda: 100.0)
    slept: list[float] = []
    bucket = TokenBucket(2.0, 3, slept.append)
    for _ in range(5):
        bucket.take()
    assert slept == [0.5, 1.0]


@pytest.mark.parametrize("address", ["", "www.omie.es", "ftp://www.omie.es", "http://"])
def test_an_address_that_is_none_is_a_wrong_setting(address: str) -> None:
    with pytest.raises(Misconfigured, match="omie"):
        Polite("omie", address)


def test_certificates_are_verified() -> None:
    context = certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_proxy_of_the_system_is_used_but_not_for_loopback(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", script.url)
    client = Polite("omie", "http://omie.example/x", sleep=lambda _: None)
    assert script.says("by proxy").client().get("/near").text() == "by proxy"
    assert client.get("/far").text() == "by proxy"
    assert script.asked == ["/base/near", "http://omie.example/x/far"]
