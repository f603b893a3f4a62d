"""Who may come in by which door: forged headers, every route and role, tokens, the trail, the rate."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chocolate_factory.api.access import CALLER, Access
from chocolate_factory.api.doors import DOORS, OPEN, listed
from chocolate_factory.api.rates import Buckets
from chocolate_factory.domain.roles import LEAST, AccessRules, Act, Role
from chocolate_factory.main import create_app, server_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import TokenWish, add_token, revoke_token
from chocolate_factory.services.record_audit import AuditQuery, read_audit
from tests.worlds import NOW, empty_ports, tiny

SECRET = "a-secret-of-the-hop-1234"
LOGINS = (("ana@plant.example", Role.ADMIN), ("olga@plant.example", Role.OPERATOR))
DEVELOPMENT = AccessRules(True, SECRET, LOGINS, posts_per_minute=6000)
PRODUCTION = replace(DEVELOPMENT, local_admin=False)
CLOSED = replace(PRODUCTION, anyone=None)
ME, MARK = "/api/v1/me", {"X-Requested-With": "choco"}
HOST = [(b"host", b"127.0.0.1:8000")]
LOCAL, LAN = ("127.0.0.1", 50000), ("192.168.1.20", 50000)
Raw = list[tuple[bytes, bytes]]
Answer = tuple[int, Any]
FEED = "/api/v1/plans/latest/exports/ics"


def hop(login: bytes = b"ana@plant.example", secret: bytes = SECRET.encode()) -> Raw:
    """What the hop sends that Tailscale makes."""
    return [(b"x-choco-proxy-secret", secret), (b"tailscale-user-login", login)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    ports = empty_ports(tmp_path_factory.mktemp("access"), tiny("fixed"))
    return World(ports, lambda: ports, offline=True)


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(world, rules=PRODUCTION)


class Door:
    """The real check over the real routes, with a room behind it that says who came in."""

    def __init__(self, app: FastAPI, world: World, rules: AccessRules, status: int = 200) -> None:
        self._app, self._status, self._time = app, status, 0.0
        self._access = Access(self._room, world, rules, lambda: self._time)
        self._loop = asyncio.new_event_loop()

    async def _room(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        body = {"role": caller and caller.role, "name": caller and caller.name, "how": caller and caller.how}
        await JSONResponse(body, self._status)(scope, receive, send)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._time += seconds

    def ask(
        self, headers: Raw, client: Any = LAN, method: str = "GET", path: str = ME, query: bytes = b""
    ) -> Answer:
        """Status and body of the answer to headers exactly as given."""
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "root_path": ""}
        scope |= {"headers": headers, "client": client, "app": self._app}
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        self._loop.run_until_complete(self._access(scope, Request(scope).receive, send))
        body = json.loads(b"".join(part.get("body", b"") for part in said[1:]))
        return said[0]["status"], {**body, "headers": dict(said[0]["headers"])}

    def role(self, headers: Raw, client: Any = LAN) -> str | None:
        """The role that a reader is taken for, None when refused."""
        status, body = self.ask(headers, client)
        assert status in {200, 401}
        return body["role"] if status == 200 else None

    def close(self) -> None:
        """End its loop."""
        self._loop.close()


@pytest.fixture(scope="module")
def doors(app: FastAPI, world: World) -> Iterator[dict[str, Door]]:
    rules = {"development": DEVELOPMENT, "production": PRODUCTION, "closed": CLOSED}
    made = {name: Door(app, world, given) for name, given in rules.items()}
    yield made
    for door in made.values():
        door.close()


@pytest.mark.parametrize(
    ("client", "development", "production", "closed"),
    [
        (LOCAL, "admin", "viewer", None),
        (("::1", 1), "admin", "viewer", None),
        (("::ffff:127.0.0.1", 1), "admin", "viewer", None),
        (("127.8.8.8", 1), "admin", "viewer", None),
        (LAN, "viewer", "viewer", None),
        (("100.64.0.7", 1), "viewer", "viewer", None),
        (("::ffff:192.168.1.20", 1), "viewer", "viewer", None),
        (("localhost", 1), "viewer", "viewer", None),
        (("", 1), "viewer", "viewer", None),
        (None, "viewer", "viewer", None),
    ],
    ids=str,
)
def test_by_the_connection_alone(
    doors: dict[str, Door], client: Any, development: str, production: str, closed: str | None
) -> None:
    found = {name: door.role(HOST, client) for name, door in doors.items()}
    assert found == {"development": development, "production": production, "closed": closed}


FORWARDING: Raw = [
    (b"x-forwarded-for", b"127.0.0.1"),
    (b"X-Forwarded-For", b"::1"),
    (b"x_forwarded_for", b"127.0.0.1"),
    (b"x-forwarded-host", b"localhost"),
    (b"x-forwarded-proto", b"https"),
    (b"forwarded", b"for=127.0.0.1;host=localhost"),
    (b"FORWARDED", b"for=_hidden"),
    (b"via", b"1.1 proxy"),
    (b"x-real-ip", b"127.0.0.1"),
    (b"x_real_ip", b"127.0.0.1"),
    (b"true-client-ip", b"127.0.0.1"),
    (b"x-original-url", b"/api/v1/me"),
    (b"x-rewrite-url", b"/api/v1/me"),
    (b"host", b"localhost"),
    (b"tailscale-user-login", b"ana@plant.example"),
    (b"TAILSCALE-USER-LOGIN", b"ana@plant.example"),
    (b"tailscale_user_login", b"ana@plant.example"),
    (b"tailscale-user-name", b"Ana"),
    (b"x-choco-proxy-secret", b"wrong-but-long-enough"),
    (b"x_choco_proxy_secret", SECRET.encode()),
    (b"x-choco-proxy-secret", b""),
]
"""Each says that something stands in between, or is a second Host."""

IDLE: Raw = [
    (b"x-http-method-override", b"DELETE"),
    (b"x-role", b"admin"),
    (b"x-user", b"ana@plant.example"),
    (b"authorization", b"Basic YW5hOmFuYQ=="),
    (b"cookie", b"role=admin; token=choco_x"),
    (b"remote-user", b"ana@plant.example"),
]


@pytest.mark.parametrize("header", FORWARDING, ids=str)
def test_a_forged_header_only_takes_away(doors: dict[str, Door], header: tuple[bytes, bytes]) -> None:
    assert doors["development"].role([*HOST, header], LOCAL) == "viewer", "a proxy is not the machine itself"
    assert doors["development"].role([*HOST, header], LAN) == "viewer"
    assert doors["production"].role([*HOST, header], LOCAL) == "viewer"
    assert doors["closed"].role([*HOST, header], LOCAL) is None


def test_no_pair_of_forged_headers_adds_anything(doors: dict[str, Door]) -> None:
    for pair in combinations([*FORWARDING, *IDLE], 2):
        given = [*HOST, *pair]
        assert doors["production"].role(given, LOCAL) == "viewer", pair
        assert doors["development"].role(given, LAN) == "viewer", pair
        if not set(pair) <= set(IDLE):
            assert doors["development"].role(given, LOCAL) == "viewer", pair


def test_headers_that_say_nothing_change_nothing(doors: dict[str, Door]) -> None:
    for header in IDLE:
        assert doors["development"].role([*HOST, header], LOCAL) == "admin"
        assert doors["production"].role([*HOST, header], LOCAL) == "viewer"


@pytest.mark.parametrize("name", [b"evil.example", b"plant.tailnet.ts.net", b"127.0.0.1.evil.example", b""])
def test_called_by_another_name_it_is_not_the_machine_itself(doors: dict[str, Door], name: bytes) -> None:
    assert doors["development"].role([(b"host", name)], LOCAL) == "viewer"
    assert doors["development"].role([], LOCAL) == "viewer", "no name at all"


RIGHT = SECRET.encode()
HOPS: list[tuple[Raw, str | None]] = [
    (hop(), "admin"),
    (hop(b"olga@plant.example"), "operator"),
    (hop(b"ANA@Plant.Example"), "admin"),
    ([(name.upper(), value) for name, value in hop()], "admin"),
    ([*hop(), (b"x-forwarded-for", b"1.2.3.4")], "admin"),
    (hop(b"eva@plant.example"), "viewer"),
    (hop(secret=b"wrong-but-long-enough"), None),
    (hop(secret=RIGHT[:-1]), None),
    (hop(secret=RIGHT + b"x"), None),
    (hop(secret=RIGHT.upper()), None),
    (hop(secret=b""), None),
    (hop()[1:], None),
    (hop()[:1], None),
    ([*hop(), hop()[1]], None),
    ([*hop(), (b"tailscale-user-login", b"eva@plant.example")], None),
    ([*hop(b"eva@plant.example"), (b"Tailscale-User-Login", b"ana@plant.example")], None),
    ([*hop(), (b"tailscale_user_login", b"ana@plant.example")], None),
    ([*hop(b"eva@plant.example"), (b"tailscale_user-login", b"ana@plant.example")], None),
    ([(b"tailscale_user_login", b"ana@plant.example"), hop()[0]], None),
    ([*hop(), hop()[0]], None),
    ([*hop(secret=b"wrong-but-long-enough"), hop()[0]], None),
    ([(b"x_choco_proxy_secret", RIGHT), hop()[1]], None),
    (hop(b"eva@plant.example, ana@plant.example"), None),
    (hop(b"ana@plant.example\x00"), None),
    (hop(b"=?utf-8?q?ana=40plant.example?="), None),
    (hop("ána@plant.example".encode()), None),
    (hop("KELVIN@plant.example".replace("K", "\u212a").encode()), None),
    (hop(b""), None),
    (hop(b"a" * 500), None),
]


@pytest.mark.parametrize(("headers", "role"), HOPS, ids=lambda value: str(value)[:60])
def test_a_login_counts_with_the_secret_of_the_hop_only(
    doors: dict[str, Door], headers: Raw, role: str | None
) -> None:
    for client in (LOCAL, LAN, None):
        assert doors["closed"].role([*HOST, *headers], client) == role
        assert doors["production"].role([*HOST, *headers], client) == (role or "viewer")
        assert doors["development"].role([*HOST, *headers], client) == (role or "viewer")


def test_without_a_secret_in_the_settings_no_login_counts(app: FastAPI, world: World) -> None:
    door = Door(app, world, replace(CLOSED, proxy_secret=None))
    for secret in (b"", b"None", RIGHT):
        assert door.role([*HOST, *hop(secret=secret)]) is None
    door.close()


def test_members_may_be_shut_out(app: FastAPI, world: World) -> None:
    door = Door(app, world, replace(PRODUCTION, members=None))
    status, body = door.ask([*HOST, *hop(b"eva@plant.example")])
    assert status == 403 and "eva@plant.example (Tailscale), without a role" in body["detail"]
    door.close()


def test_every_route_has_a_role_and_every_role_a_route(app: FastAPI) -> None:
    there = {f"{method} {path}" for path, methods in listed(app.routes) for method in methods}
    assert sorted(there - DOORS.keys() - {f"GET {path}" for path in OPEN}) == [], "name it in api/doors.py"
    assert sorted(DOORS.keys() - there) == []
    assert LEAST.keys() == set(Act)


def expected(method: str, path: str) -> Role | None:
    """The rule in words: everybody may look, an operator works, an admin is for data, models and people."""
    if path in OPEN:
        return None
    if path.endswith("/audit"):
        return Role.ADMIN
    if method == "GET":
        return Role.OPERATOR if "/exports/" in path or path.endswith("/nodes") else Role.VIEWER
    works = path.startswith(("/api/v1/plans", "/api/v1/production", "/api/v1/chat"))
    return Role.OPERATOR if works else Role.ADMIN


def test_every_route_for_every_role(app: FastAPI, doors: dict[str, Door]) -> None:
    callers: list[tuple[Role | None, Raw]] = [
        (Role.ADMIN, hop()),
        (Role.OPERATOR, hop(b"olga@plant.example")),
        (Role.VIEWER, hop(b"eva@plant.example")),
        (None, []),
    ]
    asked = 0
    for path, methods in listed(app.routes):
        for method in methods:
            least, place = expected(method, path), path.replace("{", "").replace("}", "")
            for role, headers in callers:
                status, body = doors["closed"].ask([*HOST, *headers], LAN, method, place)
                enough = least is None or (role is not None and role.rank >= least.rank)
                assert status == (200 if enough else 403 if role else 401), (method, path, role)
                asked += 1
                if not enough:
                    assert body["hint"] and body["title"]
                if not enough and role and least:
                    assert f"takes the role {least}" in body["detail"] and f", {role}." in body["detail"]
    assert asked > 4 * 35


def test_a_route_that_nobody_listed_takes_an_admin(world: World) -> None:
    grown = create_app(world, rules=PRODUCTION)
    grown.add_api_route("/api/v1/new", lambda: "in", methods=["GET", "POST"])
    door = Door(grown, world, PRODUCTION)
    for method in ("GET", "HEAD", "POST"):
        answers = [
            door.ask([*HOST, *hop(who)], LAN, method, "/api/v1/new")[0] for who in (b"olga@x", b"ana@x")
        ]
        assert answers == [403, 403], "neither is in the lists"
        assert door.ask([*HOST, *hop()], LAN, method, "/api/v1/new")[0] == 200
    door.close()


def test_without_the_check_no_route_answers(world: World) -> None:
    bare = create_app(world)
    bare.user_middleware = [one for one in bare.user_middleware if one.cls is not Access]
    with TestClient(bare) as client:
        assert client.get("/api/v1/plans").status_code == 403
        assert client.get("/health").status_code == 403


def test_refused_before_the_body_is_read(app: FastAPI) -> None:
    with TestClient(app, client=LAN) as client:
        answer = client.post("/api/v1/plans", content=b"{not json", headers=MARK)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        assert answer.json()["type"] == "urn:chocolate-factory:NotAllowed"
        assert "role operator; you are taken for a caller without proof, viewer" in answer.json()["detail"]
        assert "choco token add" in answer.json()["hint"]
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert client.delete("/api/v1/plans", headers=MARK).status_code == 405
        assert client.get("/api/v1/nowhere").status_code == 404


def test_me(app: FastAPI, world: World) -> None:
    with TestClient(app, client=LAN) as client:
        answer = client.get(ME)
        assert answer.json() == {"name": "anyone", "role": "viewer", "how": "anyone", "can": ["read"]}
        assert answer.headers["cache-control"] == "no-store"
        headers = {name.decode(): value.decode() for name, value in hop(b"olga@plant.example")}
        told = client.get(ME, headers=headers).json()
        assert told["can"] == ["read", "export", "plan", "what_if", "ask", "report", "read_nodes"]
    with TestClient(create_app(world), client=LOCAL) as client:
        told = client.get(ME).json()
        assert (told["name"], told["role"], told["how"]) == ("local", "admin", "local")
        assert told["can"] == [str(act) for act in Act]
    with TestClient(create_app(world, rules=CLOSED)) as client:
        answer = client.get(ME)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "docs/access.md" in answer.json()["hint"]
        assert client.get("/health").status_code == 200


def told_as(door: Door, text: str, **more: Any) -> Answer:
    """The answer to somebody with a bearer token."""
    return door.ask([*HOST, (b"authorization", f"Bearer {text}".encode())], **more)


def test_tokens_open_by_their_role_until_they_end(world: World, doors: dict[str, Door]) -> None:
    store, door = world.real.store, doors["closed"]
    text, _ = add_token(store, TokenWish("line-2", Role.OPERATOR), NOW)
    status, body = told_as(door, text)
    assert (status, body["name"], body["role"], body["how"]) == (200, "line-2", "operator", "token")
    assert told_as(door, text, method="POST", path="/api/v1/plans")[0] == 200
    assert told_as(door, text, method="POST", path="/api/v1/holes/heal")[0] == 403
    two = [*HOST, (b"authorization", f"Bearer {text}".encode())]
    assert door.ask([*two, two[1]])[0] == 401, "two proofs are none"
    assert door.ask([*two, *hop()])[1]["role"] == "operator", "a token goes before a login"
    for wrong in (text[:-1], text + "x", text.upper(), "choco_" + "A" * 43, "", "x"):
        status, body = told_as(doors["development"], wrong, client=LOCAL)
        assert (status, body["headers"][b"www-authenticate"]) == (401, b"Bearer"), wrong
        assert text[6:] not in body["detail"]
    assert door.ask(HOST, query=f"token={text}".encode())[0] == 401, "not in an address"
    revoke_token(store, "line-2", NOW)
    assert told_as(door, text)[0] == 401, "at once"
    short, _ = add_token(store, TokenWish("short", Role.ADMIN, days=1), NOW - timedelta(days=1))
    assert "has ended" in told_as(door, short)[1]["detail"]


def test_a_calendar_token_opens_the_feed_and_nothing_else(world: World, doors: dict[str, Door]) -> None:
    door = doors["closed"]
    text, _ = add_token(world.real.store, TokenWish("phone", scope="calendar"), NOW)
    strong, _ = add_token(world.real.store, TokenWish("strong", Role.ADMIN), NOW)
    query = f"lang=es&token={text}".encode()
    one = "/api/v1/plans/20260310-1/exports/ics"
    for method, path in (("GET", FEED), ("HEAD", FEED), ("GET", one)):
        assert door.ask(HOST, method=method, path=path, query=query)[0] == 200
    shut = (
        ("GET", FEED.replace("ics", "csv")),
        ("GET", FEED.replace("ics", "pdf")),
        ("GET", FEED + "x"),
        ("GET", ME),
        ("GET", "/api/v1/dashboard"),
        ("POST", "/api/v1/plans"),
    )
    for method, path in shut:
        assert door.ask(HOST, method=method, path=path, query=query)[0] == 401, path
        assert told_as(door, text, method=method, path=path)[0] == 401, "nor as a bearer token"
    refused = door.ask(HOST, path=FEED, query=f"token={strong}".encode())
    assert refused[0] == 401 and "does not belong in an address" in refused[1]["detail"]
    assert door.ask(HOST, path=FEED, query=query + b"&token=" + text.encode())[0] == 401, "two are none"
    assert door.ask(HOST, path=FEED, query=b"token=")[0] == 401
    revoke_token(world.real.store, "phone", NOW)
    assert doors["development"].ask(HOST, LOCAL, path=FEED, query=query)[0] == 401, "wrong, whoever asks"


def trail(world: World) -> list[tuple[str, Any, str, str, str, str]]:
    """The whole trail, oldest first."""
    rows = read_audit(world.real.store, AuditQuery(1000), NOW)["entries"]
    keys = ("who", "role", "how", "action", "path", "outcome")
    return [tuple(row[key] for key in keys) for row in reversed(rows)]  # type: ignore[misc]


def test_changes_and_refusals_leave_a_line(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> None:
    ports = empty_ports(tmp_path_factory.mktemp("trail"), tiny("fixed"))
    own = World(ports, lambda: ports)
    door, failing = Door(app, own, PRODUCTION), Door(app, own, PRODUCTION, 422)
    plans, heal = "/api/v1/plans", "/api/v1/holes/heal"
    assert door.ask([*HOST, *hop()], LAN, "POST", plans, b"token=hidden")[0] == 200
    assert failing.ask([*HOST, *hop()], LAN, "POST", plans)[0] == 422
    assert door.ask([*HOST, *hop()], LAN, "GET", plans)[0] == 200
    for _ in range(5):
        assert door.ask(HOST, LAN, "POST", heal)[0] == 403
    door.wait(61)
    assert door.ask(HOST, LAN, "POST", heal)[0] == 403
    assert told_as(door, "wrong", method="POST", path=heal)[0] == 401
    assert door.ask(HOST, LAN, "GET", "/api/v1/audit")[0] == 403
    shown = ("anyone at 192.168.1.20", "viewer", "anyone", "heal", heal, "refused")
    assert sorted(trail(own)) == sorted(
        [("ana@plant.example", "admin", "tailscale", "plan", plans, "done"), shown, shown]
    )
    assert "hidden" not in str(ports.store.find("audit")[0])
    door.close()
    failing.close()


def test_the_trail_is_read_by_pages(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny("fixed"))
    own = World(ports, lambda: ports, offline=True)
    with TestClient(create_app(own, rules=DEVELOPMENT), client=LOCAL) as client:
        body = {"product": "loaf", "kg": 5}
        for _ in range(5):
            assert client.post("/api/v1/production/stock", json=body, headers=MARK).status_code == 201
        seen, before = [], None
        while True:
            page = client.get("/api/v1/audit", params={"limit": 2} | ({"before": before} if before else {}))
            assert page.status_code == 200
            seen += page.json()["entries"]
            before = page.json()["next"]
            if before is None:
                break
        assert len({row["id"] for row in seen}) == len(seen) == 5
        assert seen == client.get("/api/v1/audit", params={"limit": 1000}).json()["entries"]
        assert {(row["action"], row["who"], row["how"]) for row in seen} == {("report", "local", "local")}
        assert client.get("/api/v1/audit", params={"before": "x"}).status_code == 400


def test_who_asks_too_often_waits(app: FastAPI, world: World) -> None:
    door = Door(app, world, replace(PRODUCTION, posts_per_minute=3))
    olga = [*HOST, *hop(b"olga@plant.example")]
    assert [door.ask(olga, LAN, "POST", "/api/v1/plans")[0] for _ in range(4)] == [200, 200, 200, 429]
    status, body = door.ask(olga, LAN, "POST", "/api/v1/plans/what-if")
    assert (status, body["headers"][b"retry-after"]) == (429, b"20")
    assert "3 requests a minute" in body["detail"]
    assert door.ask(olga, LAN)[0] == 200, "reading is not counted"
    assert door.ask([*HOST, *hop()], LAN, "POST", "/api/v1/plans")[0] == 200, "another caller"
    door.wait(20)
    assert [door.ask(olga, LAN, "POST", "/api/v1/plans")[0] for _ in range(2)] == [200, 429]
    wrong = [told_as(door, f"wrong{n}")[0] for n in range(4)]
    assert wrong == [401, 401, 401, 429], "guessing is bounded by address"
    assert told_as(door, "wrong", client=("192.168.1.21", 1))[0] == 401
    door.close()
    own = Door(app, world, replace(DEVELOPMENT, posts_per_minute=1))
    assert {own.ask(HOST, LOCAL, "POST", "/api/v1/plans")[0] for _ in range(9)} == {200}, "at the machine"
    own.close()


def test_buckets_do_not_grow_without_end() -> None:
    now = [0.0]
    buckets = Buckets(1, 1, lambda: now[0])
    for n in range(25_000):
        buckets.take(str(n))
    assert len(buckets._left) <= 10_000
    assert buckets.take("24999") == pytest.approx(60), "the newest is not forgotten"


class Served:
    """The whole application on a loopback port, asked in raw bytes."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._server = server_of(app, "127.0.0.1", self.port)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()

    def ask(self, line: str, *headers: str, body: str = "") -> Answer:
        """Status and JSON of the answer to a request of exactly these lines."""
        text = "\r\n".join([line, *headers, "Connection: close", "", body])
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as link:
            link.sendall(text.encode("latin-1"))
            said = b"".join(iter(lambda: link.recv(65536), b""))
        head, _, rest = said.partition(b"\r\n\r\n")
        told = rest[rest.find(b"{") : rest.rfind(b"}") + 1]
        return int(head.split()[1]), json.loads(told) if told else None

    def end(self) -> None:
        """Stop it."""
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[dict[str, Served]]:
    rules = {"development": DEVELOPMENT, "production": PRODUCTION}
    made = {name: Served(create_app(world, ["plant.example"], given)) for name, given in rules.items()}
    yield made
    for one in made.values():
        one.end()


NAMED = "Host: 127.0.0.1"
LOGGED = "Tailscale-User-Login: ana@plant.example"
HOP = f"X-Choco-Proxy-Secret: {SECRET}"
WIRE: list[tuple[tuple[str, ...], Any, Any]] = [
    ((NAMED,), "admin", "viewer"),
    (("hOsT: LOCALHOST",), "admin", "viewer"),
    (("Host: plant.example",), "viewer", "viewer"),
    ((NAMED, "X-Forwarded-For: 127.0.0.1"), "viewer", "viewer"),
    ((NAMED, "x-FORWARDED-for: 127.0.0.1, 127.0.0.1"), "viewer", "viewer"),
    ((NAMED, "X_Forwarded_For: 127.0.0.1"), "viewer", "viewer"),
    ((NAMED, "Forwarded: for=127.0.0.1"), "viewer", "viewer"),
    ((NAMED, "X-Real-IP: 127.0.0.1"), "viewer", "viewer"),
    ((NAMED, LOGGED), "viewer", "viewer"),
    ((NAMED, LOGGED.upper()), "viewer", "viewer"),
    ((NAMED, LOGGED.replace("-", "_")), "viewer", "viewer"),
    ((NAMED, LOGGED, HOP), "admin", "admin"),
    ((NAMED, LOGGED.upper(), HOP.replace("X-Choco", "x-CHOCO")), "admin", "admin"),
    ((NAMED, LOGGED, LOGGED, HOP), "viewer", "viewer"),
    ((NAMED, LOGGED, HOP, HOP), "viewer", "viewer"),
    ((NAMED, LOGGED, LOGGED.replace("-", "_"), HOP), "viewer", "viewer"),
    ((NAMED, LOGGED.replace("-", "_"), HOP), "viewer", "viewer"),
    ((NAMED, LOGGED, HOP.replace("-", "_")), "viewer", "viewer"),
    ((NAMED, LOGGED, HOP + "x"), "viewer", "viewer"),
    ((NAMED, LOGGED, "\tx", HOP), "viewer", "viewer"),
    ((NAMED, "Tailscale-User-Login : ana@plant.example", HOP), 400, 400),
    ((NAMED, "Host: 127.0.0.1"), 400, 400),
    ((), 400, 400),
]


@pytest.mark.parametrize(("headers", "development", "production"), WIRE, ids=lambda value: str(value)[:70])
def test_forged_on_the_wire(
    served: dict[str, Served], headers: tuple[str, ...], development: Any, production: Any
) -> None:
    for name, expected in (("development", development), ("production", production)):
        status, body = served[name].ask("GET /api/v1/me HTTP/1.1", *headers)
        assert (body["role"] if status == 200 else status) == expected, name


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /api/v1/audit", 403),
        ("GET /api/v1/%61udit", 403),
        ("GET /api/v1/audit?role=admin", 403),
        ("GET http://127.0.0.1/api/v1/audit", 404),
        ("HEAD /api/v1/audit", 403),
        ("GET /api/v1/audit/", 307),
        ("GET //api/v1/audit", 404),
        ("GET /api/v1//audit", 404),
        ("GET /api/v1/x/../audit", 404),
        ("GET /api/v1/%2e/audit", 404),
        ("GET /api/v1/audit;x", 404),
        ("GET /api/v1/audit%00", 404),
        ("GET /API/V1/AUDIT", 404),
        ("get /api/v1/audit", 405),
        ("POST /api/v1/holes/heal", 403),
        ("POST /api/v1/holes%2Fheal", 403),
    ],
)
def test_disguised_addresses(served: dict[str, Served], line: str, status: int) -> None:
    given = (NAMED, "X-Requested-With: x", "X-HTTP-Method-Override: GET", "X-Original-URL: /health")
    assert served["production"].ask(f"{line} HTTP/1.1", *given)[0] == status
