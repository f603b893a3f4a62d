"""Commands around the running product: serve, doctor."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import structlog
import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings, unknown_variables
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.services.check_setup import Finding, check_setup
from chocolate_factory.tasks.keep_fresh import (
    advise_weekly,
    heal_daily,
    plan_when_needed,
    score_daily,
    settle_daily,
    sync_prices,
    sync_rest,
    train_daily,
)
from chocolate_factory.tasks.runner import Job, Loop
from chocolate_factory.wiring import build_adviser, build_bench, build_world, choose


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("serve")(serve)
    app.command("doctor")(doctor)


def serve() -> None:
    """Serve the API and the dashboard, and keep prices and plan fresh (the default command)."""
    import uvicorn  # the web stack takes long to import and no other command needs it

    from chocolate_factory.main import create_app

    settings = load_settings()
    for name in unknown_variables(settings):
        structlog.get_logger().warning("unknown setting", variable=name, hint="see docs/settings.md")
    world = build_world(settings)
    history, reread = settings.sync.history_days, settings.sync.reread_days
    bench_of = partial(build_bench, settings, jobs=1, dask=None, again=False)
    jobs: dict[str, Job] = {
        "sync": partial(sync_prices, history_days=history, reread_days=reread),
        "plan": plan_when_needed,
        "sync_rest": partial(sync_rest, history_days=history, reread_days=reread),
        "heal": heal_daily,
        "score": score_daily,
        "settle": settle_daily,
        "train": partial(train_daily, bench_of=bench_of),
        "advice": partial(advise_weekly, learn=build_adviser()),
    }
    loop = Loop(world, jobs, settings.sync.every_minutes * 60)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(world), host=settings.host, port=settings.port, log_config=None, server_header=False
        )
    )
    output.notes.print(f"Dashboard on http://{settings.host}:{settings.port}  (Ctrl+C ends)")
    loop.start()
    try:
        server.run()
    except SystemExit:
        raise Misconfigured(
            f"Cannot listen on {settings.host}:{settings.port}.", "Set CHOCO_PORT to a free port."
        ) from None
    finally:
        loop.stop()


def doctor(as_json: output.JsonOption = False) -> None:
    """What is configured, reachable and late, and the fix; exit 3 when something needed is missing."""
    settings = load_settings()
    ports = choose(settings)
    found = [
        Finding("settings", "warning", f"{name} is not a setting.", "docs/settings.md lists them.")
        for name in unknown_variables(settings)
    ]
    with output.notes.status("asking the providers"):
        found += check_setup(ports, offline=settings.offline)
    if as_json:
        output.emit([asdict(row) for row in found], ports.factory.site.timezone)
    else:
        output.warn_sample(ports)
        made = output.table("Doctor", "what", "state", "~finding", "~fix")
        for row in found:
            made.add_row(row.topic, row.state, row.text, row.fix)
        output.console.print(made)
    if any(row.state == "error" for row in found):
        raise typer.Exit(3)
