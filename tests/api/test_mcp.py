"""The official client over both transports: lists and calls every tool; hostile ones get clear errors."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from chocolate_factory.api.mcp_server import RESOURCES, http_app
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import Role
from chocolate_factory.services.assistant.tools import TOOLS, call_tool
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_tokens import TokenWish, add_token
from chocolate_factory.tasks.keep_fresh import plan_when_needed
from chocolate_factory.tasks.runner import run_job
from tests.worlds import sample_ports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    made = sample_ports(tmp_path_factory.mktemp("mcp"))
    assert run_job("plan", plan_when_needed, World(made, lambda: made))
    return made


@pytest.fixture(scope="module")
def url(ports: Ports) -> Iterator[str]:
    config = uvicorn.Config(http_app(ports, []), host="127.0.0.1", port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(10)


def token(ports: Ports, name: str) -> str:
    return add_token(ports.store, TokenWish(name, Role.VIEWER), ports.clock())[0]


def over_http(url: str, secret: str, talk: Callable[[Client], Any]) -> Any:
    async def run() -> Any:
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await talk(client)

    return anyio.run(run)


def test_every_tool_and_resource_over_http(ports: Ports, url: str) -> None:
    async def talk(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == list(TOOLS)
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        for name in TOOLS:
            answer = await client.call_tool(name, {})
            assert not answer.is_error
            assert answer.structured_content == call_tool(ports, name, {}).to_json()
        assert [str(one.uri) for one in (await client.list_resources()).resources] == list(RESOURCES)
        for uri in RESOURCES:
            (read,) = (await client.read_resource(uri)).contents
            assert read.text.startswith("{")  # type: ignore[union-attr]

    over_http(url, token(ports, "all"), talk)


def test_wrong_calls_are_told(ports: Ports, url: str) -> None:
    async def talk(client: Client) -> None:
        for name, given in (
            ("rm", {}),
            ("day_prices", {"day": "x" * 9000}),
            ("bill", {"path": "/etc/passwd"}),
        ):
            answer = await client.call_tool(name, given)
            assert answer.is_error
            assert "Wrong request" in answer.content[0].text  # type: ignore[union-attr]
        with pytest.raises(MCPError, match="no resource"):
            await client.read_resource("file:///etc/passwd")

    over_http(url, token(ports, "wrong"), talk)


def test_nothing_without_a_token(ports: Ports, url: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    calendar = add_token(ports.store, TokenWish("feed", scope="calendar"), ports.clock())[0]
    for proof in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {calendar}"}):
        refused = httpx2.post(url, json=body, headers={**accept, **proof})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    secret = {**accept, "Authorization": f"Bearer {token(ports, 'shapes')}"}
    assert httpx2.post(url, content=b"{" * 100, headers=secret).status_code in {400, 415}
    assert httpx2.post(url, content=b"x" * 100_000, headers=secret).status_code in {400, 413, 415}
    assert httpx2.post(url, json=body, headers={**secret, "Host": "evil.example"}).status_code == 421
    assert httpx2.post(url, json=body, headers={**secret, "Origin": "http://evil.example"}).status_code == 403


def test_the_command_serves_on_stdio(tmp_path: Path) -> None:
    env = {**os.environ, "CHOCO_OFFLINE": "1", "CHOCO_STATE": str(tmp_path), "CHOCO_SYNC__HISTORY_DAYS": "8"}
    env |= {"CHOCO_NOW": "2026-03-10T21:00:00+01:00", "CHOCO_FACTORY": str(ROOT / "factory.toml")}
    command = StdioServerParameters(
        command=str(Path(sys.executable).with_name("choco")), args=["mcp"], env=env
    )

    async def talk() -> None:
        with anyio.fail_after(60):
            async with Client(command) as client:
                assert [tool.name for tool in (await client.list_tools()).tools] == list(TOOLS)
                answer = await client.call_tool("current_price", {})
                assert answer.structured_content["sample"] is True  # type: ignore[index]
                for name in TOOLS:
                    assert not (await client.call_tool(name, {})).is_error

    anyio.run(talk)
