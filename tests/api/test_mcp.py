"""The official client over both transports: lists and calls every tool; hostile ones get clear errors."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from structlog.testing import capture_logs

from chocolate_factory.api.mcp_door import BOUNDS, Bounds, Door
from chocolate_factory.api.mcp_prompts import PROMPTS
from chocolate_factory.api.mcp_resources import DOCS, PAGE, RESOURCES, everything
from chocolate_factory.api.mcp_server import http_app, in_charge, serve_stdio
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI, Role
from chocolate_factory.infrastructure.tailscale import Tailscale
from chocolate_factory.services.assistant.tools import PRIVATE, TOOLS, call_tool
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import TokenWish, add_token, revoke_token
from tests.api.planned import planned_ports
from tests.services.tailnet import LAPTOP, daemon
from tests.worlds import fill, sample_world

ROOT = Path(__file__).resolve().parents[2]
IN_DOCS = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
DOCUMENTS = sorted(["README.md", *IN_DOCS])
ARGUMENTS: dict[str, dict[str, Any]] = {
    "network_whois": {"address": LAPTOP},
    "search_documents": {"query": "plan"},
}
"""What tools are asked that take something; the others are asked nothing."""

SLOW_S = 2.0
START = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
INSIDE = (
    "Traceback",
    "pydantic",
    "validation error",
    'File "',
    "site-packages",
    "/work",
    "sqlite",
    "input_value",
)
"""What no answer may tell."""

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = planned_ports(tmp_path_factory.mktemp("mcp"))
    with daemon() as path:
        ports = replace(made, network=Tailscale(path, "no-such-command"))
        yield World(ports, lambda: ports)


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[int]:
    with served(world, 60.0) as port:
        yield port


@contextmanager
def served(world: World, seconds: float) -> Iterator[int]:
    """The port of a server that gives each request so many seconds to arrive."""
    app = http_app(
        world, ["node.example.ts.net"], Bounds(per_minute=100_000, wrong_per_minute=100_000, seconds=seconds)
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def tokens(world: World) -> dict[Role, str]:
    return {role: token(world.real, f"a-{role}", role) for role in Role}


def token(ports: Ports, name: str, role: Role = Role.VIEWER) -> str:
    return add_token(ports.store, TokenWish(name, role), ports.clock())[0]


def over_http(address: int, secret: str, talk: Callable[[Client], Any]) -> None:
    async def run() -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        url = f"http://127.0.0.1:{address}/mcp"
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await talk(client)

    anyio.run(run)


def test_every_tool_over_http(world: World, address: int, tokens: dict[Role, str]) -> None:
    async def talk(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == list(TOOLS)
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        for name in TOOLS:
            given = ARGUMENTS.get(name, {})
            answer = await client.call_tool(name, given)
            assert not answer.is_error, answer
            assert answer.structured_content == call_tool(world.real, name, given, CLI).to_json()

    over_http(address, tokens[Role.OPERATOR], talk)


def test_a_viewer_is_not_told_of_people_and_may_not_solve(address: int, tokens: dict[Role, str]) -> None:
    closed = [*sorted(PRIVATE), "what_if"]

    async def talk(client: Client) -> None:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        assert listed == [name for name in TOOLS if name not in closed]
        for name in closed:
            answer = await client.call_tool(name, {})
            assert answer.is_error and answer.structured_content is None
            assert "takes the role operator" in answer.content[0].text  # type: ignore[union-attr]

    over_http(address, tokens[Role.VIEWER], talk)


def test_resources_and_prompts(world: World, address: int, tokens: dict[Role, str]) -> None:
    async def talk(client: Client) -> None:
        first = await client.list_resources()
        found, cursor = first.resources, first.next_cursor
        assert len(found) == PAGE
        while cursor is not None:
            page = await client.list_resources(cursor=cursor)
            found, cursor = [*found, *page.resources], page.next_cursor
        names = [str(one.uri) for one in found]
        assert names == list(everything()) == [*RESOURCES, *(DOCS + name for name in DOCUMENTS)]
        assert {one.title for one in found} >= {"Operations", "Who may do what"}
        for uri in (*RESOURCES, DOCS + "assistant.md", next(uri for uri in names if "/decisions/" in uri)):
            (read,) = (await client.read_resource(uri)).contents
            text = read.text  # type: ignore[union-attr]
            assert text.startswith("{" if read.mime_type == "application/json" else ("#", "\n[site]"))
        assert text == (ROOT / "docs" / uri.removeprefix(DOCS)).read_text(encoding="utf-8")
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "choco://docs/{+name}"
        prompts = (await client.list_prompts()).prompts
        assert [one.name for one in prompts] == list(PROMPTS)
        for one in prompts:
            for language in ("es", "en"):
                said = await client.get_prompt(one.name, {"language": language})
                text = said.messages[0].content.text  # type: ignore[union-attr]
                assert "{" not in text and [name for name in TOOLS if name in text]
        said = await client.get_prompt("why_there", {"language": "en", "batch": "loaf-2026-03-11-1"})
        assert "why loaf-2026-03-11-1 runs" in said.messages[0].content.text  # type: ignore[union-attr]

    over_http(address, tokens[Role.VIEWER], talk)


def test_wrong_calls_are_told(address: int, tokens: dict[Role, str]) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("rm", {}),
        ("day_prices", {"day": "x" * 9000}),
        ("day_prices", {"day": {"a": [1]}}),
        ("windows", {"hours": float("1e300")}),
        ("holes", {"days": True}),
        ("bill", {"path": "/etc/passwd"}),
        ("current\u202eprice", {}),
        ("current_price\u0000", {}),
        ("ｃurrent_price", {}),
        ("x" * 5000, {}),
    ]
    places = [
        "file:///etc/passwd",
        "choco://docs/../factory.toml",
        "choco://docs/%2e%2e/README.md",
        "choco://docs/",
    ]
    places += [
        "choco://docs//etc/passwd",
        "choco://docs/plans.md\u0000",
        "CHOCO://plan",
        "choco://docs/decisions",
        "",
    ]

    async def talk(client: Client) -> None:
        for name, given in wrong:
            answer = await client.call_tool(name, given)
            text = answer.content[0].text  # type: ignore[union-attr]
            assert answer.is_error and "Wrong request" in text and text.isprintable() and len(text) < 900
        for place in places:
            with pytest.raises(MCPError) as refused:
                await client.read_resource(place)
            assert "no resource" in str(refused.value), place
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="20")
        for name, more in (
            ("rm", {}),
            ("why_there", {"batch": "a\nIgnore"}),
            ("explain_saving", {"batch": "x"}),
        ):
            with pytest.raises(MCPError):
                await client.get_prompt(name, more)
        assert not (await client.call_tool("current_price", {})).is_error

    over_http(address, tokens[Role.OPERATOR], talk)


def rpc(method: Any = "tools/list", **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, **more}


def ask(address: int, body: Any, method: str = "POST", path: str = "/mcp", **headers: str) -> Reply:
    """A request as it is given, and what came back."""
    connection = HTTPConnection("127.0.0.1", address, timeout=20)
    try:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, content, sent)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


NESTED = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"day_prices","arguments":%s}}'
BODIES: list[tuple[str, Any, int, Any]] = [
    ("not JSON", b"{{{", 400, -32700),
    ("nothing", b"", 400, -32700),
    ("half", b'{"jsonrpc":"2.0","id":1,', 400, -32700),
    ("not UTF-8", b"\xff\xfe\x00{", 400, -32700),
    ("half a character", b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', 400, -32700),
    ("deep list", b"[" * 30_000 + b"]" * 30_000, 400, -32700),
    ("deep arguments", NESTED % (b'{"a":' * 10_000 + b"1" + b"}" * 10_000), 400, -32700),
    ("not a number", NESTED % b'{"hours":NaN}', 400, -32700),
    ("a list", [], 400, -32600),
    ("a batch", [rpc(), rpc()], 400, -32600),
    ("a text", "tools/list", 400, -32600),
    ("nothing at all", None, 400, -32600),
    ("no version", {"id": 1, "method": "tools/list"}, 400, -32600),
    ("other version", {**rpc(), "jsonrpc": "1.0"}, 400, -32600),
    ("no id", {**rpc(), "id": None}, 400, -32600),
    ("id an object", {**rpc(), "id": {"a": 1}}, 400, -32600),
    ("id a list", {**rpc(), "id": [1]}, 400, -32600),
    ("id true", {**rpc(), "id": True}, 400, -32600),
    ("id a fraction", {**rpc(), "id": 1.5}, 400, -32600),
    ("id too long", {**rpc(), "id": "x" * 5000}, 400, -32600),
    ("id too large", {**rpc(), "id": 10**40}, 400, -32600),
    ("method a number", rpc(3), 400, -32600),
    ("method with colours", rpc("tools/\x1b[31mlist"), 400, -32600),
    ("method turned round", rpc("tools/\u202elist"), 400, -32600),
    ("method too long", rpc("x" * 5000), 400, -32600),
    ("an answer", {"jsonrpc": "2.0", "id": 9, "result": {}}, 400, -32600),
    ("params a list", rpc("tools/call", params=[1]), 400, -32600),
    ("unknown method", rpc("rm/rf"), 200, -32601),
    ("subscribe", rpc("resources/subscribe", params={"uri": "choco://plan"}), 200, -32601),
    ("log level", rpc("logging/setLevel", params={"level": "debug"}), 200, -32601),
    ("name a number", rpc("tools/call", params={"name": 3}), 200, -32602),
    ("no name", rpc("tools/call", params={}), 200, -32602),
    ("arguments a list", rpc("tools/call", params={"name": "bill", "arguments": [1]}), 200, -32602),
    ("address a number", rpc("resources/read", params={"uri": 7}), 200, -32602),
    ("too large", b"x" * 70_000, 413, "65536 bytes"),
    ("too large arguments", rpc("tools/call", params={"name": "x" * 70_000}), 413, "65536 bytes"),
]


def test_hostile_bodies(address: int, tokens: dict[Role, str], caplog: pytest.LogCaptureFixture) -> None:
    proof = f"Bearer {tokens[Role.ADMIN]}"
    for name, body, status, expected in BODIES:
        got, headers, raw = ask(address, body, Authorization=proof)
        assert got == status, (name, got, raw[:300])
        told = json.loads(raw)
        if isinstance(expected, int):
            assert told["error"]["code"] == expected, (name, told)
            assert told["jsonrpc"] == "2.0" and len(told["error"]["message"]) < 200
        else:
            assert expected in told["detail"] and headers["connection"] == "close"
            assert told["request_id"] == headers["x-request-id"]
        assert not [word for word in INSIDE if word in raw.decode()], name
    for body in (rpc(), {**rpc(), "id": ""}, {**rpc("initialize"), "params": {}}, rpc("ping")):
        assert ask(address, body, Authorization=proof)[0] == 200, body
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_hostile_requests(world: World, address: int, tokens: dict[Role, str]) -> None:
    proof = f"Bearer {tokens[Role.VIEWER]}"
    for method in ("GET", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "PATCH", "BREW"):
        status, headers, _ = ask(address, rpc(), method, Authorization=proof)
        assert (status, headers["allow"]) == (405, "POST"), method
    for path in (
        "/",
        "/mcp/",
        "/mcp/x",
        "/MCP",
        "//mcp",
        "/mcp/../mcp",
        "/docs",
        "/.well-known/oauth-authorization-server",
    ):
        assert ask(address, rpc(), path=path, Authorization=proof)[0] == 404, path
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "node.example.ts.net.evil.example",
    ):
        assert ask(address, rpc(), Authorization=proof, Host=host)[0] == 421, host
    for origin in ("http://evil.example", "null", "http://localhost.evil.example", "file://"):
        assert ask(address, rpc(), Authorization=proof, Origin=origin)[0] == 403, origin
    for name in ("node.example.ts.net", "node.example.ts.net:8443"):
        assert ask(address, rpc(), Authorization=proof, Host=name, Origin=f"https://{name}")[0] == 200
    assert ask(address, rpc(), Authorization=proof, Content_Type="text/plain")[0] == 400
    assert ask(address, rpc(), Authorization=proof, Accept="text/html")[0] == 406
    for session in ("deadbeef", "../../x", "x" * 4000):
        status, headers, raw = ask(address, rpc(), Authorization=proof, Mcp_Session_Id=session)
        assert status == 200 and "mcp-session-id" not in headers and b"current_price" in raw
    for version in ("1999-01-01", "x" * 500, MODERN):
        status, _, raw = ask(address, rpc(), Authorization=proof, MCP_Protocol_Version=version)
        assert status == 400 and "error" in json.loads(raw), version
    good = rpc(params={"_meta": ENVELOPE})
    headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/list", "Authorization": proof}
    assert ask(address, good, **headers)[0] == 200
    assert ask(address, good, **{**headers, "Mcp_Method": "tools/call"})[0] == 400


def test_nothing_without_a_token(world: World, address: int) -> None:
    ports = world.real
    calendar = add_token(ports.store, TokenWish("feed", scope="calendar"), ports.clock())[0]
    revoked = token(ports, "revoked", Role.ADMIN)
    revoke_token(ports.store, "revoked", ports.clock())
    old = add_token(ports.store, TokenWish("old", Role.ADMIN, days=1), ports.clock() - timedelta(days=2))[0]
    good = token(ports, "good")
    shown = [
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {good}",
        f"Bearer {calendar}",
        f"Bearer {revoked}",
        f"Bearer {old}",
    ]
    shown += [
        f"Bearer {good[:-1]}",
        f"Bearer {good} {good}",
        f"Bearer {good.upper()}",
        f"Bearer {'x' * 5000}",
    ]
    for proof in shown:
        for body in (rpc(), b"{" * 60_000):
            status, headers, raw = ask(address, body, Authorization=proof)
            assert (status, headers["www-authenticate"]) == (401, "Bearer"), proof
            assert good not in raw.decode()
            assert json.loads(raw)["request_id"] == headers["x-request-id"]
    assert (
        ask(address, rpc(), Tailscale_User_Login="root@example.com", X_Choco_Proxy_Secret="x" * 32)[0] == 401
    )
    assert ask(address, rpc(), path=f"/mcp?token={good}")[0] == 401
    assert ask(address, rpc(), Authorization=f"Bearer {good}")[0] == 200


def test_slow_and_broken_connections(world: World, tokens: dict[Role, str]) -> None:
    with served(world, SLOW_S) as address:
        broken_connections(address, tokens[Role.VIEWER])


def broken_connections(address: int, token: str) -> None:
    """Clients that say too little, too slowly, or go away; another one is served meanwhile."""
    head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    head += "Accept: application/json\r\nContent-Type: application/json\r\n"
    endings = {
        "Content-Length: 500\r\n\r\n{": b" 408 ",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{": b" 408 ",
        "Content-Length: 9999999\r\n\r\n{": b" 413 ",
        "Content-Length: 99999999999999999999999\r\n\r\n{": b" 400 ",
        "Content-Length: -5\r\n\r\n{": b" 400 ",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}": b" 400 ",
    }
    opened = []
    for ending in endings:
        one = socket.create_connection(("127.0.0.1", address), timeout=30)
        one.sendall((head + ending).encode())
        opened.append(one)
    for _ in range(20):
        gone = socket.create_connection(("127.0.0.1", address), timeout=30)
        gone.sendall((head + "Content-Length: 500\r\n\r\n{").encode())
        gone.close()
    assert ask(address, rpc("ping"), Authorization=f"Bearer {token}")[0] == 200
    for one, expected in zip(opened, endings.values(), strict=True):
        told = one.recv(4096)
        assert expected in told.partition(b"\r\n")[0], told
        one.close()


@pytest.mark.parametrize(
    ("calls", "bounds"), [(250, Bounds(60, 20)), pytest.param(1000, BOUNDS, marks=pytest.mark.soak)]
)
def test_rapid_calls_are_bounded_for_each_token(world: World, calls: int, bounds: Bounds) -> None:
    answered: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answered.append(1)

    async def run(shown: str, times: int) -> dict[int, int]:
        told: dict[int, int] = {}
        headers = [(b"authorization", f"Bearer {shown}".encode())]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/mcp",
            "headers": headers,
            "client": ("127.0.0.1", 1),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": json.dumps(rpc()).encode(), "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told[message["status"]] = told.get(message["status"], 0) + 1
                assert message["status"] != 429 or b"retry-after" in dict(message["headers"])

        for _ in range(times):
            await door(dict(scope), receive, send)
        return told

    door = Door(app, world, bounds)
    eager, other = token(world.real, f"eager{calls}"), token(world.real, f"other{calls}")
    begun = time.monotonic()
    told = anyio.run(run, eager, calls)
    filled = bounds.per_minute * (time.monotonic() - begun) / 60 + 1
    assert bounds.per_minute <= len(answered) <= bounds.per_minute + filled
    assert told == {429: calls - len(answered)}
    told = anyio.run(run, "choco_" + "x" * 43, 100)
    assert told[401] >= bounds.wrong_per_minute and told[429] > 10
    answered.clear()
    assert anyio.run(run, other, 50) == {} and len(answered) == 50, "others go on"


def test_what_is_in_charge_changes_while_it_serves(tmp_path: Path) -> None:
    world = sample_world(tmp_path)
    assert in_charge(world).sample
    secret = token(world.real, "first")
    assert Door(None, world)._caller({"headers": [(b"authorization", f"Bearer {secret}".encode())]})  # type: ignore[arg-type]
    fill(world.real, 2)
    assert in_charge(world) is world.real


def test_what_nobody_expected_stays_inside(
    world: World, address: int, tokens: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("sqlite at /work/secret")

    tools = dict(TOOLS) | {"bill": replace(TOOLS["bill"], run=broken)}
    monkeypatch.setattr("chocolate_factory.services.assistant.tools.TOOLS", tools)
    call = {"name": "bill", "arguments": {}}
    proof = {"Authorization": f"Bearer {tokens[Role.VIEWER]}"}
    modern = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call", "Mcp_Name": "bill"}
    enveloped = {**call, "_meta": ENVELOPE}
    with capture_logs() as logged:
        replies = [ask(address, rpc("tools/call", params=call), **proof)[2]]
        replies.append(ask(address, rpc("tools/call", params=enveloped), **proof, **modern)[2])
        client = Lines(world)
        client.say(rpc("initialize", params=START))
        replies.append(json.dumps(client.say(rpc("tools/call", params=call))).encode())
        assert client.say(rpc("ping"))["result"] == {}
        client.close()
    failed = [line for line in logged if line["event"] != "request"]
    assert [str(line["exc_info"]) for line in failed] == ["sqlite at /work/secret"] * 3
    for raw in replies:
        assert json.loads(raw)["error"]["code"] == -32603, raw
        assert not [word for word in (*INSIDE, "secret", "RuntimeError") if word in raw.decode()]


class Lines:
    """A client that writes lines to the server on stdio and reads what it says, without any protocol."""

    def __init__(self, world: World) -> None:
        (into, self._out), (self._in, out) = os.pipe(), os.pipe()
        streams = [os.fdopen(into, encoding="utf-8", errors="replace"), os.fdopen(out, "w", encoding="utf-8")]
        self._reader = os.fdopen(self._in, encoding="utf-8")

        async def serve() -> None:
            await serve_stdio(world, *(anyio.wrap_file(stream) for stream in streams))

        self.thread = threading.Thread(target=anyio.run, args=(serve,), daemon=True)
        self.thread.start()

    def say(self, line: Any) -> Any:
        os.write(self._out, (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        return json.loads(self._reader.readline())

    def close(self) -> None:
        os.close(self._out)
        self.thread.join(30)
        assert not self.thread.is_alive()


def test_hostile_lines_on_stdio(world: World, caplog: pytest.LogCaptureFixture) -> None:
    client = Lines(world)
    broken = [
        b"{{{",
        b"",
        b"[]",
        b"[" * 30_000,
        b"\xff\xfe",
        b'"x"',
        b'{"id":1}',
        b'{"jsonrpc":"2.0","id":1,"method":3}',
    ]
    broken += [b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', b"null", b"1e999", b"\x00" * 100]
    for line in broken:
        told = client.say(line)
        assert told == {"jsonrpc": "2.0", "id": None, "error": told["error"]}, line
        assert told["error"]["code"] == -32700
    # The protocol begins with a handshake.
    assert client.say(rpc())["error"]["code"] == -32602
    assert client.say(rpc("initialize", params=START))["result"]["serverInfo"]["name"] == "chocolate-factory"
    os.write(client._out, b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    assert len(client.say(rpc())["result"]["tools"]) == len(TOOLS), "who starts it may use every tool"
    for line, code in (
        (b"{{{", -32700),
        (rpc("rm/rf"), -32601),
        (rpc("tools/call", params={"name": 3}), -32602),
        (rpc("tools/call", params={"name": "bill", "arguments": 7}), -32602),
        (rpc("resources/read", params={"uri": "choco://docs/../x"}), -32002),
    ):
        raw = client.say(line)
        assert raw["error"]["code"] == code
        assert not [word for word in INSIDE if word in json.dumps(raw)]
    for name, given in (
        ("day_prices", {"day": "x" * 1_000_000}),
        ("\x1b[31m", {}),
        ("network_whois", {"address": "x"}),
    ):
        told = client.say(rpc("tools/call", params={"name": name, "arguments": given}))
        assert told["result"]["isError"] and len(json.dumps(told)) < 2000
    told = client.say(rpc("tools/call", params={"name": "network_connections", "arguments": {}}))
    assert "maria@plant.example" in json.dumps(told["result"])
    assert client.say(rpc("ping"))["result"] == {}
    client.close()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def command(folder: Path, socket: Path) -> StdioServerParameters:
    """`choco mcp` on sample data, with the daemon at a socket."""
    env = {
        "CHOCO_OFFLINE": "1",
        "CHOCO_STATE": str(folder),
        "CHOCO_SYNC__HISTORY_DAYS": "8",
        "PATH": "/nowhere",
    }
    env |= {"CHOCO_NOW": "2026-03-10T21:00:00+01:00", "CHOCO_FACTORY": str(ROOT / "factory.toml")}
    env |= {"CHOCO_TAILSCALE__SOCKET": str(socket), "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    return StdioServerParameters(command=str(Path(sys.executable).with_name("choco")), args=["mcp"], env=env)


def test_the_command_serves_on_stdio(world: World, tmp_path: Path) -> None:
    """Every tool, those on the network with what a daemon tells them."""

    async def talk(socket: Path) -> None:
        with anyio.fail_after(300):
            async with Client(command(tmp_path, socket)) as client:
                assert [tool.name for tool in (await client.list_tools()).tools] == list(TOOLS)
                answer = await client.call_tool("current_price", {})
                assert answer.structured_content["sample"] is True  # type: ignore[index]
                for name in TOOLS:
                    answer = await client.call_tool(name, ARGUMENTS.get(name, {}))
                    assert not answer.is_error
                    if name in PRIVATE:
                        expected = call_tool(world.real, name, ARGUMENTS.get(name, {}), CLI).to_json()
                        assert answer.structured_content == expected
                        assert answer.structured_content["missing"] is (name == "certificates")
                (read,) = (await client.read_resource("choco://docs/assistant.md")).contents
                assert "MCP" in read.text  # type: ignore[union-attr]

    with daemon() as socket:
        anyio.run(talk, socket)


def test_the_command_offers_no_network_where_none_is(tmp_path: Path) -> None:
    async def talk() -> None:
        with anyio.fail_after(300):
            async with Client(command(tmp_path, tmp_path / "none")) as client:
                here = [tool.name for tool in (await client.list_tools()).tools]
                assert here == [name for name in TOOLS if name not in PRIVATE]

    anyio.run(talk)
