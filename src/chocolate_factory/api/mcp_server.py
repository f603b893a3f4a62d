"""Tools and resources for clients of the Model Context Protocol: on stdio, and over HTTP with a token.

Imported only by the command that serves it: the package `mcp` is an extra. https://modelcontextprotocol.io
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from anyio import to_thread
from mcp import MCPError
from mcp import types as protocol
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chocolate_factory import __version__
from chocolate_factory.api.identity import bearer
from chocolate_factory.api.rates import Buckets
from chocolate_factory.core.errors import ChocolateError, NotProven
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import Role
from chocolate_factory.services.assistant.tools import TOOLS, call_tool
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.keep_tokens import check_token
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.read_plans import read_plan
from chocolate_factory.services.read_prices import PriceQuery, read_prices

Context = ServerRequestContext[Any]
NOT_THERE = -32002
"""The protocol's code for a resource that is not there."""

PER_MINUTE = 240
READ_ONLY = protocol.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)


def series_of(ports: Ports) -> str:
    """The price series of the contract."""
    return SERIES_OF.get(ports.factory.contract.kind) or "spot"


RESOURCES: Mapping[str, tuple[str, Callable[[Ports], Any]]] = {
    "choco://plan": ("The newest plan.", lambda ports: read_plan(ports.store, None, ports.clock())),
    "choco://prices": (
        "Market prices of today and what is published after it.",
        lambda ports: read_prices(ports, PriceQuery(series_of(ports))),
    ),
    "choco://forecast": (
        "The newest price forecast with its band.",
        lambda ports: latest_forecast(ports.store, series_of(ports), ports.clock()),
    ),
    "choco://scores": ("How good forecasts were.", lambda ports: live_record(ports, LiveQuery())),
}
"""What is read whole: address -> what it is, and how."""


def build_server(ports: Ports) -> Server[Any]:
    """A server of the tools and resources over some ports."""

    async def list_tools(_: Context, __: Any) -> protocol.ListToolsResult:
        return protocol.ListToolsResult(tools=[described(name) for name in TOOLS])

    async def call(_: Context, asked: protocol.CallToolRequestParams) -> protocol.CallToolResult:
        return await to_thread.run_sync(called, ports, asked.name, asked.arguments or {})

    async def list_resources(_: Context, __: Any) -> protocol.ListResourcesResult:
        return protocol.ListResourcesResult(
            resources=[
                protocol.Resource(
                    uri=uri, name=uri.partition("://")[2], description=text, mime_type="application/json"
                )
                for uri, (text, _) in RESOURCES.items()
            ]
        )

    async def read(_: Context, asked: protocol.ReadResourceRequestParams) -> protocol.ReadResourceResult:
        text = await to_thread.run_sync(resource, ports, str(asked.uri))
        told = protocol.TextResourceContents(uri=asked.uri, mime_type="application/json", text=text)
        return protocol.ReadResourceResult(contents=[told])

    return Server(
        "chocolate-factory",
        version=__version__,
        instructions="Read-only facts of a plant planned by electricity prices. Copy figures as they are.",
        on_list_tools=list_tools,
        on_call_tool=call,
        on_list_resources=list_resources,
        on_read_resource=read,
    )


def described(name: str) -> protocol.Tool:
    """A tool in the words of the protocol."""
    tool = TOOLS[name]
    return protocol.Tool(
        name=name, description=tool.en, input_schema=dict(tool.schema), annotations=READ_ONLY
    )


def called(ports: Ports, name: str, given: Mapping[str, Any]) -> protocol.CallToolResult:
    """What a tool tells; a wrong call is an answer that says so."""
    try:
        told = call_tool(ports, name, given).to_json()
    except ChocolateError as error:
        text = f"{error.title}: {error.message} {error.hint}"
        return protocol.CallToolResult(content=[protocol.TextContent(type="text", text=text)], is_error=True)
    text = json.dumps(told, ensure_ascii=False)
    return protocol.CallToolResult(
        content=[protocol.TextContent(type="text", text=text)], structured_content=told
    )


def resource(ports: Ports, uri: str) -> str:
    """A resource as JSON; raises MCPError where nothing is there."""
    if uri not in RESOURCES:
        raise MCPError(NOT_THERE, f"There is no resource {uri[:80]!r}.")
    try:
        return json.dumps(RESOURCES[uri][1](ports), ensure_ascii=False, default=plain)
    except ChocolateError as error:
        raise MCPError(NOT_THERE, f"{error.message} {error.hint}") from None


def plain(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


async def serve_stdio(ports: Ports) -> None:
    """Serve one client on standard input and output until it leaves."""
    server = build_server(ports)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def http_app(ports: Ports, hosts: list[str]) -> ASGIApp:
    """The server over streamable HTTP at `/mcp`, for those who show a token; `hosts` are further names."""
    names = [name for host in ("127.0.0.1", "localhost", *hosts) for name in (host, f"{host}:*")]
    origins = [f"{scheme}://{name}" for scheme in ("http", "https") for name in names]
    safe = TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)
    app = build_server(ports).streamable_http_app(
        json_response=True, stateless_http=True, max_request_body_size=64 * 1024, transport_security=safe
    )
    return Proven(app, ports)


class Proven:
    """Lets requests through that show a token in force of any role, as often as a client may."""

    def __init__(self, app: ASGIApp, ports: Ports) -> None:
        self.app = app
        self._ports = ports
        self._turns = Buckets(PER_MINUTE, PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = await to_thread.run_sync(self._refusal, scope)
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        shown = bearer(scope["headers"])
        address = str(scope["client"][0]) if scope.get("client") else "socket"
        if self._turns.take(address):
            body = {"title": "Too many requests", "status": 429, "detail": "Ask less often."}
            return JSONResponse(body, 429, {"retry-after": "1"}, "application/problem+json")
        found = check_token(self._ports.store, shown, self._ports.clock()) if shown else "none is shown"
        if isinstance(found, str) or not found.may(Role.VIEWER):
            reason = found if isinstance(found, str) else "it has no role"
            error = NotProven(f"A token is needed: {reason}.", "Make one with `choco token add`.")
            headers = {"www-authenticate": "Bearer"}
            return JSONResponse(error.problem(), 401, headers, "application/problem+json")
        return None
