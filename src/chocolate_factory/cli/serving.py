"""Commands around the running product: serve, doctor."""

from __future__ import annotations

from dataclasses import asdict

import structlog
import typer

from chocolate_factory.cli import access, output
from chocolate_factory.cli.backups import SERVING
from chocolate_factory.cli.jobs import scheduler_of
from chocolate_factory.core.config import load_settings, unknown_variables
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.services.check_setup import Finding, check_setup
from chocolate_factory.wiring import (
    access_rules,
    build_desk,
    build_world,
    by_commas,
    choose,
    job_locks,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("serve")(serve)
    app.command("doctor")(doctor)


def serve() -> None:
    """Serve the API and the dashboard, and keep prices and plan fresh (the default command)."""
    # The web stack takes long to import and no other command needs it.
    from chocolate_factory.main import create_app, server_of

    settings = load_settings()
    for name in unknown_variables(settings):
        structlog.get_logger().warning("unknown setting", variable=name, hint="see docs/settings.md")
    world = build_world(settings)
    scheduler = scheduler_of(settings, world)
    web = create_app(world, by_commas(settings.access.hosts), access_rules(settings), build_desk(settings))
    server = server_of(web, settings.host, settings.port)
    output.notes.print(f"Dashboard on http://{settings.host}:{settings.port}  (Ctrl+C ends)")
    scheduler.start()
    try:
        with job_locks(settings)(SERVING):
            server.run()
    except SystemExit:
        raise Misconfigured(
            f"Cannot listen on {settings.host}:{settings.port}.", "Set CHOCO_PORT to a free port."
        ) from None
    finally:
        scheduler.stop()


def doctor(as_json: output.JsonOption = False) -> None:
    """What is configured, reachable and late, and the fix; exit 3 when something needed is missing."""
    settings = load_settings()
    ports = choose(settings)
    found = [
        Finding("settings", "warning", f"{name} is not a setting.", "docs/settings.md lists them.")
        for name in unknown_variables(settings)
    ]
    found += access.findings(settings)
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
