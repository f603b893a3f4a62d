"""The command that serves the tools to clients of the Model Context Protocol: mcp."""

from __future__ import annotations

from typing import Annotated

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.wiring import build_world, by_commas

Http = Annotated[bool, typer.Option("--http", help="Over streamable HTTP at /mcp, with a token, not stdio.")]
Host = Annotated[str, typer.Option("--host", help="With --http: address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="With --http: port to listen on.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("mcp")(mcp_command)


def mcp_command(http: Http = False, host: Host = "127.0.0.1", port: Port = 8765) -> None:
    """Serve read-only tools and resources to an MCP client, on stdio or over HTTP; docs/assistant.md."""
    import anyio

    try:
        from chocolate_factory.api.mcp_server import http_app, serve_stdio
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("mcp"):
            raise
        raise Misconfigured(
            "The package mcp is not installed.",
            "Run `make setup`, or `pip install '.[mcp]'` in the checkout.",
        ) from None
    settings = load_settings()
    ready_ports()
    world = build_world(settings)
    if not http:
        anyio.run(serve_stdio, world)
        return
    import uvicorn

    app = http_app(world, by_commas(settings.access.hosts))
    output.notes.print(f"MCP on http://{host}:{port}/mcp  (Ctrl+C ends)")
    config = uvicorn.Config(app, host=host, port=port, log_config=None, server_header=False)
    try:
        uvicorn.Server(config).run()
    except SystemExit:
        raise Misconfigured(f"Cannot listen on {host}:{port}.", "Choose a free port with --port.") from None
