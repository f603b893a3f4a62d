"""What the outer door lets through: many requests, plain and disguised, to a real nginx; nobody becomes more.

Behind it stands an app that tells what reached it, then the product itself. About 3 s.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from chocolate_factory.api.doors import DOORS
from chocolate_factory.domain.roles import AccessRules, Act, Role
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.dashboard.site import Serving
from tests.e2e.door import SECRET, Listening, door_before
from tests.worlds import empty_ports, tiny

INSIDE = ("/metrics", "/jobs", "/models", "/holes", "/audit", "/nodes", "/openapi.json")
"""Only for the local network."""
SOLVE = {"POST /api/v1/plans/what-if", "POST /api/v1/plans/latest/runs/{batch:path}/why", "POST /api/v1/chat"}
VALUES = {
    "{plan_id}": "20260310-1",
    "{before}": "20260310-1",
    "{after}": "20260310-2",
    "{batch:path}": "bar-1",
    "{format}": "pdf",
    "{name}": "plan",
}
ADMIN, VIEWER = "boss@example.org", "guest@example.org"


def filled(path: str) -> str:
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return path


def doors() -> Iterator[tuple[str, str, str]]:
    """(method, path, open | solve | closed) of every route of the product."""
    for door, act in DOORS.items():
        method, path = door.split()
        shut = path.endswith(INSIDE) or any(part in path for part in ("/jobs", "/models/", "/holes"))
        read = method == "GET" and act in {Act.READ, Act.EXPORT} and not shut
        kind = "open" if read else "solve" if door in SOLVE else "closed"
        yield method, filled(path), kind


PAGE = [("GET", path, "open") for path in ("/", "/dashboard", "/assets/index-Bi6coXJu.js")]
NAMES = (
    "leche%2055%20%25%20almendra-2026-03-10-1",
    "negro%2070%2F30-2026-03-10-1",
    "Bomb%C3%B3n-2026-03-10-1",
    "%E5%B7%A7" * 80 + "-1",
)
"""Batches of products whose names have more than letters and digits."""

WHY = [
    (method, f"/api/v1/plans/latest/runs/{name}/why", kind)
    for name in NAMES
    for method, kind in (("GET", "open"), ("POST", "solve"))
]
ROUTES = [*PAGE, *doors(), *WHY]
PLACES = (
    *("/docs", "/redoc", "/openapi.json", "/metrics", "/health", "/ready", "/version", "/api", "/api/"),
    *("/api/v1", "/api/v1/", "/api/v2/prices", "/static", "/assets/", "/.env", "/dashboard/", "/dashboard/x"),
    *(
        "/index.html",
        "/favicon.ico",
        "/api/v1/dashboard/",
        "/api/v1/plans/a/exports/exe",
        "/api/v1/plans/a/b",
    ),
    "/api/v1/plans/latest/runs/x",
)
METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO")
OUTSIDE = [
    *(("GET", path) for path in PLACES),
    *((method, "/api/v1/prices") for method in METHODS),
    *((method, "/api/v1/plans/what-if") for method in METHODS[1:]),
]
DISGUISED = [
    "/%64ashboard",
    "/dashboard%2f",
    "/dashboard%00",
    "/dashboard%20",
    "/dashboard;x=1",
    "/dashboard/.",
    "/./dashboard",
    "/x/../dashboard",
    "//dashboard",
    "/dashboard//",
    "/DASHBOARD",
    "/Dashboard",
    "/api/v1/%70rices",
    "/api/v1//prices",
    "/api//v1/prices",
    "//api/v1/prices",
    "/api/v1/./prices",
    "/api/v1/prices/",
    "/api/v1/prices/../models",
    "/api/v1/prices/%2e%2e/models",
    "/api/v1/prices%2f..%2fmodels",
    "/api/v1/prices/..%2f..%2fv1%2fjobs",
    "/api/v1/prices%5c..%5cmodels",
    "/api/v1/prices/%252e%252e/models",
    "/api/v1/PRICES",
    "/API/v1/prices",
    "/api/v1/prices%3fx=1",
    "/api/v1/prices%23",
    "/api/v1/prices;.js",
    "/api/v1/prices.json",
    "/assets/../api/v1/jobs",
    "/assets/..%2fapi%2fv1%2fjobs",
    "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets/.env",
    "/assets/a/b.js",
    "/assets/..",
    "/assets/a%00.js",
    "/assets/\\..\\jobs",
    "/api/v1/plans/..",
    "/api/v1/plans/%2e%2e",
    "/api/v1/plans/a%2fb",
    "/api/v1/plans/a%0d%0aX-Evil:1",
    "/api/v1/plans/latest/exports/pdf/../../../jobs",
    "/api/v1/plans/latest/runs/a%2f..%2f../why",
    "/api/v1/plans/latest/runs/a%5C..%5C/why",
    "/api/v1/plans/latest/runs/a%0d%0aX-Evil:1/why",
    "/api/v1/plans/latest/runs/a%2F%2e%2e%2Fb/why",
    "/api/v1/plans/latest/runs/a%7f/why",
    "/api/v1/plans/latest/runs/a%zz/why",
    "/api/v1/plans/latest/runs/a b/why",
    "/api/v1/plans/latest/runs/" + "%C3%B3" * 129 + "/why",
    "/api/v1/plans/" + "a" * 65,
    "/api/v1/jobs?x=/api/v1/prices",
    "/api/v1/jobs#/api/v1/prices",
    "/openapi.json?/dashboard",
    "/openapi%2ejson",
    "/docs/",
    "/metrics/",
    "/metrics%20",
    "/%2fmetrics",
    "/.%2fmetrics",
    "/api/v1/models%20",
    "/api/v1/holes/",
    "/api/v1/jobs/plan/run",
]


def request(method: str, target: str, headers: str = "", body: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    return (
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}{headers}\r\n{body}".encode()
    )


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """The door before an app that answers every request with what it got, and lets a stream stay open."""
    app = FastAPI(openapi_url=None)

    async def for_ever() -> AsyncIterator[bytes]:
        yield b": open\n\n"
        await asyncio.Event().wait()

    async def tell(asked: Request) -> Response:
        if asked.headers.get("last-event-id") == "stay":
            return StreamingResponse(for_ever(), media_type="text/event-stream")
        found = [[key.decode(), value.decode()] for key, value in asked.headers.raw]
        target = asked.scope["raw_path"].decode()
        return JSONResponse({"reached": target, "method": asked.method, "headers": found})

    app.add_route("/{path:path}", tell, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    with Serving(app) as serving:
        address = serving.url.removeprefix("http://")
        with door_before(address, tmp_path_factory.mktemp("mirror")) as made:
            yield made


def reached(answer: bytes) -> dict[str, Any] | None:
    """What the app was told, None when the request did not reach it."""
    body = answer.split(b"\r\n\r\n", 1)[-1]
    start = body.find(b'{"reached"')
    if start < 0:
        return None
    found: dict[str, Any] = json.loads(body[start : body.rindex(b"}") + 1])
    return found


def test_there_are_enough_of_them() -> None:
    assert 2 * len(ROUTES) + len(OUTSIDE) + len(DISGUISED) >= 150
    assert {kind for _, _, kind in ROUTES} == {"open", "solve", "closed"}


@pytest.mark.parametrize(("method", "path", "kind"), ROUTES)
def test_every_route_of_the_product(mirror: Listening, method: str, path: str, kind: str) -> None:
    for serve in (False, True):
        status, answer = mirror.ask(request(method, path), serve=serve)
        passes = kind == "open" or (kind == "solve" and serve)
        assert (status, reached(answer) is not None) == ((200, True) if passes else (403, False))
        if passes and method == "GET":
            head, said = mirror.ask(request("HEAD", path), serve=serve)
            assert (head, reached(said)) == (403 if path.endswith("/events") else 200, None)


@pytest.mark.parametrize(("method", "path"), OUTSIDE)
def test_what_is_not_listed_is_refused(mirror: Listening, method: str, path: str) -> None:
    for serve in (False, True):
        status, answer = mirror.ask(request(method, path), serve=serve)
        assert status in {403, 405}
        assert reached(answer) is None


@pytest.mark.parametrize("target", DISGUISED)
def test_a_disguise_does_not_help(mirror: Listening, target: str) -> None:
    for serve in (False, True):
        status, answer = mirror.ask(request("GET", target), serve=serve)
        assert status in {400, 403}
        assert reached(answer) is None


FORGED = [
    f"Tailscale-User-Login: {ADMIN}\r\n",
    f"tailscale-user-login: {ADMIN}\r\nTailscale-User-Login: {ADMIN}\r\n",
    f"Tailscale_User_Login: {ADMIN}\r\n",
    f"X-Choco-Proxy-Secret: {SECRET}\r\nTailscale-User-Login: {ADMIN}\r\n",
    f"X-Choco-Proxy-Secret: {SECRET}\r\nX-Choco-Proxy-Secret: {SECRET}\r\nTAILSCALE-USER-LOGIN: {ADMIN}\r\n",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: localhost\r\nX-Real-IP: 127.0.0.1\r\n",
    "X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\nX-HTTP-Method: DELETE\r\n",
    "X-Original-URL: /api/v1/jobs\r\nX-Rewrite-URL: /api/v1/jobs\r\nForwarded: for=127.0.0.1\r\n",
    "Cookie: role=admin\r\nOrigin: http://evil.example\r\nX-Role: admin\r\n",
    "X-Request-Id: chosen-by-a-reader\r\n",
]
PASSED = {
    "host", "connection", "accept", "accept-encoding", "accept-language", "authorization", "content-type",
    "content-length", "if-none-match", "last-event-id", "user-agent", "x-requested-with", "x-forwarded-for",
    "tailscale-user-login", "x-choco-proxy-secret", "x-request-id",
}  # fmt: skip


@pytest.mark.parametrize("headers", FORGED)
def test_no_header_of_a_client_says_who_it_is(mirror: Listening, headers: str) -> None:
    status, answer = mirror.ask(request("GET", "/api/v1/me", headers))
    got = reached(answer)
    assert status == 200
    assert got
    names = [name for name, _ in got["headers"]]
    assert set(names) <= PASSED - {"tailscale-user-login", "x-choco-proxy-secret"}
    assert dict(got["headers"])["x-forwarded-for"] == "127.0.0.1"
    assert re.fullmatch("[0-9a-f]{32}", dict(got["headers"])["x-request-id"])
    assert got["method"] == "GET"
    assert got["reached"] == "/api/v1/me"
    _, answer = mirror.ask(request("GET", "/api/v1/me", headers), serve=True)
    got = reached(answer)
    assert got
    secrets = [value for name, value in got["headers"] if name == "x-choco-proxy-secret"]
    assert secrets == [SECRET], "only the hop's own"


HOST = b"\r\nHost: x\r\n"
JOBS = b"GET /api/v1/jobs HTTP/1.1" + HOST + b"\r\n"
SOLVING, PAGE_LINE = b"POST /api/v1/plans/what-if HTTP/1.1" + HOST, b"GET /dashboard HTTP/1.1" + HOST
SMUGGLED = [
    SOLVING + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + JOBS,
    PAGE_LINE + b"Content-Length: %d\r\n\r\n" % len(JOBS) + JOBS,
    PAGE_LINE + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    PAGE_LINE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    PAGE_LINE + b"Content-Length : 5\r\n\r\nhello",
    b"GET http://app/api/v1/jobs HTTP/1.1" + HOST + b"\r\n",
    b"GET /dashboard\r\nX: y\r\n\r\n",
    b"GET /dashboard HTTP/9.9" + HOST + b"\r\n",
    b"CONNECT app:8000 HTTP/1.1" + HOST + b"\r\n",
    b"GET /api/v1/jobs HTTP/1.0\r\n\r\n",
    b"get /api/v1/jobs HTTP/1.1" + HOST + b"\r\n",
]


@pytest.mark.parametrize("raw", SMUGGLED)
def test_nothing_is_smuggled_past(mirror: Listening, raw: bytes) -> None:
    for serve in (False, True):
        _, answer = mirror.ask(
            raw.replace(b"\r\nHost: x", b"\r\nHost: x\r\nConnection: close", 1), serve=serve
        )
        assert b'"reached":"/api/v1/jobs"' not in answer
        assert answer.count(b'{"reached"') <= 1


def test_a_body_beyond_the_bound_is_refused(mirror: Listening) -> None:
    headers = f"Content-Length: {10**9}\r\n"
    raw = f"POST /api/v1/plans/what-if HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
    assert mirror.ask(raw.encode(), serve=True)[0] == 413


def streams(mirror: Listening, *callers: str, serve: bool) -> list[bytes]:
    """First bytes of the answers to streams that are open at the same time, one for each caller's headers."""
    stay = "Last-Event-ID: stay\r\n"
    with ExitStack() as held:
        raws = [request("GET", "/api/v1/events", stay + caller) for caller in callers]
        return [held.enter_context(mirror.send(raw, serve=serve)).recv(4096) for raw in raws]


def login(name: str) -> str:
    return f"Tailscale-User-Login: {name}@example.org\r\nX-Forwarded-For: 100.64.0.1\r\n"


def machine(number: int) -> str:
    """A machine with a tag, which has no login."""
    return f"X-Forwarded-For: 100.64.0.{number}\r\n"


LETTERS = "abcdefghij"
SHARED = [
    (True, [login(name) for name in LETTERS], 10),
    (True, [machine(number) for number in range(10)], 10),
    (True, [login("one")] * 10, 8),
    (True, [machine(99)] * 10, 8),
    (False, [login(name) for name in LETTERS], 8),
    (False, [f"{login(name)}X-Choco-Proxy-Secret: {SECRET}\r\n" for name in LETTERS], 8),
]


@pytest.mark.parametrize(("serve", "callers", "let_in"), SHARED)
def test_who_shares_the_bound_on_streams(
    mirror: Listening, serve: bool, callers: list[str], let_in: int
) -> None:
    answers = streams(mirror, *callers, serve=serve)
    found = [answer.split()[1] for answer in answers]
    assert found == [b"200"] * let_in + [b"429"] * (len(callers) - let_in)


def test_more_than_one_login_may_ask_is_told_as_a_problem(mirror: Listening) -> None:
    post = ("POST", "/api/v1/plans/what-if", login("eager"))
    answers = [mirror.ask(request(*post), serve=True) for _ in range(12)]
    refused = [answer for status, answer in answers if status == 429]
    assert answers[0][0] == 200
    assert refused
    head, body = refused[0].split(b"\r\n\r\n", 1)
    assert b"application/problem+json" in head
    assert b"Retry-After: 5" in head
    problem = json.loads(body)
    assert problem["status"] == 429
    assert problem["hint"]
    assert mirror.ask(request(*post[:2], login("calm")), serve=True)[0] == 200


def test_only_serve_is_let_in_at_its_listener(tmp_path: Path) -> None:
    with door_before("127.0.0.1:9", tmp_path, serve_from="10.83.7.11") as door:
        for method, path in (("GET", "/dashboard"), ("GET", "/api/v1/me"), ("POST", "/api/v1/chat")):
            assert door.ask(request(method, path, login("boss")), serve=True)[0] == 403


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """The door before the product itself, in production."""
    ports = empty_ports(tmp_path_factory.mktemp("product"), tiny())
    logins = ((ADMIN, Role.ADMIN), (VIEWER, Role.VIEWER))
    rules = AccessRules(local_admin=False, proxy_secret=SECRET, logins=logins)
    app = create_app(World(ports, lambda: ports, offline=True), [], rules)
    with (
        Serving(app) as serving,
        door_before(serving.url.removeprefix("http://"), tmp_path_factory.mktemp("outer")) as made,
    ):
        yield made


def who(answer: bytes) -> dict[str, Any]:
    body = answer.split(b"\r\n\r\n", 1)[1]
    found: dict[str, Any] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    return found


@pytest.mark.parametrize("headers", ["", *FORGED])
def test_nobody_becomes_more_than_they_are(product: Listening, headers: str) -> None:
    assert who(product.ask(request("GET", "/api/v1/me", headers))[1])["role"] == "viewer"


def test_a_login_counts_only_behind_serve(product: Listening) -> None:
    for login, role in ((ADMIN, "admin"), (VIEWER, "viewer"), ("other@example.org", "viewer")):
        header = f"Tailscale-User-Login: {login}\r\n"
        told = who(product.ask(request("GET", "/api/v1/me", header), serve=True)[1])
        assert (told["name"], told["role"]) == (login, role)
        assert who(product.ask(request("GET", "/api/v1/me", header))[1])["how"] == "anyone"
    mark = "X-Requested-With: x\r\nContent-Type: application/json\r\n"
    post = ("POST", "/api/v1/plans/what-if")
    viewer = f"{mark}Tailscale-User-Login: {VIEWER}\r\n"
    assert product.ask(request(*post, viewer, "{}"), serve=True)[0] == 403
    admin = f"{mark}Tailscale-User-Login: {ADMIN}\r\n"
    assert product.ask(request(*post, admin, "{}"), serve=True)[0] in {409, 422}, "it reached the use case"
