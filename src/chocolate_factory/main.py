"""create_app(): API, dashboard and error page, nothing else."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from chocolate_factory import __version__
from chocolate_factory.api import problems
from chocolate_factory.api.guard import Guard
from chocolate_factory.api.routers import (
    bills,
    dashboard,
    forecasts,
    health,
    insights,
    models,
    plan_exports,
    plans,
    prices,
    production,
    weather,
    what_ifs,
)
from chocolate_factory.dashboard import STATIC
from chocolate_factory.services.choose_world import World

LOCAL_NAMES = ["127.0.0.1", "localhost", "[::1]", "testserver"]
NOT_BUILT = "The page is not built yet. Run `make setup` in the project folder, then start again.\n"


def create_app(world: World, hosts: list[str] | None = None) -> FastAPI:
    """The web application over a running world; `hosts` are the names it may be called by."""
    app = FastAPI(
        title="Chocolate Factory",
        version=__version__,
        summary="When to run what, at the lowest electricity bill.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.world = world
    for module in (
        health,
        prices,
        forecasts,
        models,
        weather,
        plan_exports,
        what_ifs,
        plans,
        production,
        bills,
        insights,
        dashboard,
    ):
        app.include_router(module.router)
    problems.install(app)
    add_page(app)
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_middleware(Guard)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_NAMES, *(hosts or [])])
    return app


def add_page(app: FastAPI) -> None:
    """Serve the built front end at `/` and `/dashboard`."""
    if (STATIC / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=STATIC / "assets"), name="assets")

    def page() -> Response:
        index = STATIC / "index.html"
        return FileResponse(index) if index.is_file() else PlainTextResponse(NOT_BUILT, status_code=503)

    for path in ("/", "/dashboard"):
        app.add_api_route(path, page, methods=["GET"], include_in_schema=False)
