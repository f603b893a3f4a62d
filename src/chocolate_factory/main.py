"""create_app(): API, dashboard and error page, nothing else."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from chocolate_factory import __version__
from chocolate_factory.api import problems
from chocolate_factory.api.access import Access, admitted
from chocolate_factory.api.conditional import Conditional
from chocolate_factory.api.events import Changes
from chocolate_factory.api.guard import Guard
from chocolate_factory.api.kept import LastAnswer
from chocolate_factory.api.metrics import Counted, Figures
from chocolate_factory.api.openapi import DescribedApi
from chocolate_factory.api.pages import Pages
from chocolate_factory.api.request_ids import Traced
from chocolate_factory.api.routers import (
    access,
    analysis,
    bills,
    chat,
    dashboard,
    data,
    events,
    forecasts,
    health,
    insights,
    jobs,
    metrics,
    models,
    nodes,
    plan_exports,
    plans,
    prices,
    production,
    reports,
    weather,
    what_ifs,
)
from chocolate_factory.api.routers.chat import Asking
from chocolate_factory.dashboard import STATIC
from chocolate_factory.domain.roles import DEVELOPMENT, AccessRules
from chocolate_factory.services.ask_question import Desk
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.read_changes import read_changes

ROUTERS = (
    health,
    access,
    prices,
    forecasts,
    models,
    weather,
    analysis,
    data,
    nodes,
    plan_exports,
    what_ifs,
    plans,
    production,
    bills,
    insights,
    reports,
    chat,
    jobs,
    metrics,
    dashboard,
    events,
)
"""In the order in which addresses are tried; api/doors.py says which role each route takes."""

LOCAL_NAMES = ["127.0.0.1", "localhost", "[::1]", "testserver"]
NOT_BUILT = "The page is not built yet. Run `make setup` in the project folder, then start again.\n"


def create_app(
    world: World,
    hosts: list[str] | None = None,
    rules: AccessRules = DEVELOPMENT,
    desk: Desk | None = None,
) -> FastAPI:
    """The web application over a running world; `hosts` are the names it may be called by."""
    app = DescribedApi(
        title="Chocolate Factory",
        version=__version__,
        summary="When to run what, at the lowest electricity bill.",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admitted)],
        lifespan=listening,
    )
    app.state.world, app.state.last_dashboard = world, LastAnswer()
    app.state.asking = Asking(desk or Desk())
    app.state.figures = Figures(world)
    app.state.changes = Changes(lambda: read_changes(world), lambda: world.ports().clock)
    for module in ROUTERS:
        app.include_router(module.router)
    problems.install(app)
    add_page(app)
    app.add_middleware(Conditional)
    app.add_middleware(Access, world=world, rules=rules)
    app.add_middleware(Guard)
    app.add_middleware(Counted, figures=app.state.figures)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_NAMES, *(hosts or [])])
    app.add_middleware(Traced)
    return app


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[None]:
    """Streams of changes may be opened while the application runs."""
    app.state.changes.closed = False
    yield
    app.state.changes.close()


def add_page(app: FastAPI) -> None:
    """Serve the built front end at `/` and `/dashboard`."""
    pages = Pages(STATIC)

    def page() -> Response:
        return pages.index() or PlainTextResponse(NOT_BUILT, status_code=503)

    def asset(name: str) -> Response:
        return pages.asset(name)

    for path in ("/", "/dashboard"):
        app.add_api_route(path, page, methods=["GET"], include_in_schema=False)
    app.add_api_route("/assets/{name}", asset, methods=["GET"], include_in_schema=False)


class Server(uvicorn.Server):
    """A web server that stops although readers listen: their streams are ended first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ask every stream to end, then wait for what is under way."""
        self.config.app.state.changes.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def server_of(app: FastAPI, host: str, port: int) -> Server:
    """A server of an application, not started; its log is the caller's."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
    )
