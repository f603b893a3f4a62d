"""Tools, resources and prompts for clients of the Model Context Protocol, on stdio and over HTTP.

Imported only by the command that serves it: the package `mcp` is an extra. https://modelcontextprotocol.io
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import structlog
from anyio import to_thread
from mcp import MCPError
from mcp import types as protocol
from mcp.server import Server, ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from starlette.types import ASGIApp

from chocolate_factory import __version__
from chocolate_factory.api.mcp_door import BOUNDS, CALLER, MOST_BYTES, NOT_JSON, Bounds, Door
from chocolate_factory.api.mcp_prompts import listed, written
from chocolate_factory.api.mcp_resources import page_of, read_whole, templates
from chocolate_factory.api.request_ids import Traced
from chocolate_factory.core.errors import ChocolateError, Misconfigured
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI, Caller
from chocolate_factory.services.assistant.asked import Tool
from chocolate_factory.services.assistant.tools import TOOLS, call_tool, offered
from chocolate_factory.services.choose_world import World

Context = ServerRequestContext[Any]
AT_ONCE = 4
"""Tools that work at once; others wait for their turn."""

UNEXPECTED = "The request failed inside; the log has the details."
log = structlog.get_logger()
NOBODY = Caller("anyone", None, "anyone")
READ_ONLY = protocol.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)


def build_server(world: World, local: Caller = NOBODY) -> Server[Any]:
    """A server of what is in charge; `local` is who asks where no request over HTTP says it."""
    turns = anyio.CapacityLimiter(AT_ONCE)

    async def list_tools(context: Context, _: Any) -> protocol.ListToolsResult:
        tools = await to_thread.run_sync(lambda: offered(in_charge(world), caller_of(context, local)))
        return protocol.ListToolsResult(tools=[described(tool) for tool in tools])

    async def call(context: Context, asked: protocol.CallToolRequestParams) -> protocol.CallToolResult:
        given, caller = asked.arguments or {}, caller_of(context, local)
        return await to_thread.run_sync(called, (world, caller), asked.name, given, limiter=turns)

    async def read(_: Context, asked: protocol.ReadResourceRequestParams) -> protocol.ReadResourceResult:
        whole = await to_thread.run_sync(lambda: read_whole(in_charge(world), str(asked.uri)), limiter=turns)
        return protocol.ReadResourceResult(contents=[whole])

    server: Server[Any] = Server(
        "chocolate-factory",
        version=__version__,
        instructions="Read-only facts of a plant planned by electricity prices. Copy figures as they are.",
        get_tool_input_schema=lambda name: TOOLS[name].schema if name in TOOLS else None,
        on_list_tools=list_tools,
        on_call_tool=call,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )
    server.middleware.append(sealed)
    return server


async def sealed(ctx: Context, call_next: CallNext) -> HandlerResult:
    """What a handler answers; of what nobody expected the client learns only that it happened."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Exception as error:
        log.error("request failed", method=ctx.method[:80], exc_info=error)
        raise MCPError(protocol.INTERNAL_ERROR, UNEXPECTED) from None


async def list_resources(
    _: Context, asked: protocol.PaginatedRequestParams | None
) -> protocol.ListResourcesResult:
    """A page of the resources."""
    return await to_thread.run_sync(page_of, asked.cursor if asked else None)


async def list_templates(_: Context, __: Any) -> protocol.ListResourceTemplatesResult:
    """The forms of addresses of resources."""
    return protocol.ListResourceTemplatesResult(resource_templates=templates())


async def list_prompts(_: Context, __: Any) -> protocol.ListPromptsResult:
    """All prompts."""
    return protocol.ListPromptsResult(prompts=listed())


async def get_prompt(_: Context, asked: protocol.GetPromptRequestParams) -> protocol.GetPromptResult:
    """A prompt with what it is about filled in."""
    return written(asked.name, asked.arguments or {})


def in_charge(world: World) -> Ports:
    """The ports in charge, with the factory file as it is now; offline the sample's until prices are there.

    An unsound factory file leaves the one before in force.
    """
    with contextlib.suppress(Misconfigured):
        world.reread()
    return world.settle() if world.offline else world.ports()


def caller_of(context: Context, local: Caller) -> Caller:
    """Who asks: whom the door let in, or who started the command."""
    if context.request is None:
        return local
    caller = context.request.scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


def described(tool: Tool) -> protocol.Tool:
    """A tool in the words of the protocol."""
    return protocol.Tool(
        name=tool.name, description=tool.en, input_schema=dict(tool.schema), annotations=READ_ONLY
    )


def called(where: tuple[World, Caller], name: str, given: Mapping[str, Any]) -> protocol.CallToolResult:
    """What a tool tells a caller; a wrong call is an answer that says so."""
    world, caller = where
    try:
        told = call_tool(in_charge(world), name, given, caller).to_json()
    except ChocolateError as error:
        text = f"{error.title}: {error.message} {error.hint}"
        return protocol.CallToolResult(content=[protocol.TextContent(type="text", text=text)], is_error=True)
    text = json.dumps(told, ensure_ascii=False)
    return protocol.CallToolResult(
        content=[protocol.TextContent(type="text", text=text)], structured_content=told
    )


async def serve_stdio(world: World, *streams: anyio.AsyncFile[str]) -> None:
    """Serve one client on standard input and output, or on two streams, until it leaves.

    Whoever starts the command may read all that its user may read on this machine.
    """
    server = build_server(world, CLI)
    async with stdio_server(*streams) as (reading, writing), answering(reading, writing) as lines:
        await server.run(lines, writing, server.create_initialization_options())


@contextlib.asynccontextmanager
async def answering(reading: Any, writing: Any) -> AsyncIterator[Any]:
    """The messages of a client; what is none is answered here, where the server would be silent."""
    error = protocol.ErrorData(code=NOT_JSON, message="The line is not one JSON-RPC message.")
    answer = SessionMessage(protocol.JSONRPCError(jsonrpc="2.0", id=None, error=error))
    into, out = anyio.create_memory_object_stream[Any](0)

    async def sort() -> None:
        async with into:
            async for item in reading:
                if isinstance(item, Exception):
                    await writing.send(answer)
                else:
                    await into.send(item)

    async with anyio.create_task_group() as group:
        group.start_soon(sort)
        yield out
        group.cancel_scope.cancel()


def http_app(world: World, hosts: list[str], bounds: Bounds = BOUNDS) -> ASGIApp:
    """The server over streamable HTTP at `/mcp`, for those who show a token; `hosts` are further names."""
    names = [name for host in ("127.0.0.1", "localhost", "[::1]", *hosts) for name in (host, f"{host}:*")]
    origins = [f"{scheme}://{name}" for scheme in ("http", "https") for name in names]
    safe = TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)
    app = build_server(world).streamable_http_app(
        json_response=True, stateless_http=True, max_request_body_size=MOST_BYTES, transport_security=safe
    )
    return Traced(Door(app, world, bounds))
