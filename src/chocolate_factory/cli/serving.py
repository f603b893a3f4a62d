"""Commands around the running product: serve, doctor."""

from __future__ import annotations

from dataclasses import asdict
from threading import Timer

import structlog
import typer

from chocolate_factory import __version__
from chocolate_factory.cli import access, output
from chocolate_factory.cli.jobs import scheduler_of, table_of
from chocolate_factory.cli.settings import unknown_variables
from chocolate_factory.core.config import Settings, load_settings
from chocolate_factory.core.errors import Busy, Misconfigured
from chocolate_factory.services.assistant.desk import Desk
from chocolate_factory.services.check_running import check_running
from chocolate_factory.services.check_setup import Finding, check_setup
from chocolate_factory.services.choose_world import World
from chocolate_factory.wiring import (
    GLANCE_S,
    SERVING,
    access_rules,
    build_desk,
    build_world,
    by_commas,
    choose,
    job_locks,
    made_folder,
    surroundings,
)

WARM_UP_S = 10.0
"""After the start, when the first reads and jobs are under way."""

LOOK_THROUGH_S = 60.0
"""Later still: it is seconds of work on a core where vectors are not kept from the last time."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("serve")(serve)
    app.command("doctor")(doctor)


def serve() -> None:
    """Serve the API and the dashboard, and keep prices and plan fresh (the default command)."""
    settings = load_settings()
    for name in unknown_variables(settings):
        structlog.get_logger().warning("unknown setting", variable=name, hint="see docs/settings.md")
    made_folder(settings.state)
    with job_locks(settings)(SERVING, shared=True, within_s=GLANCE_S) as free:
        if not free:
            raise Busy("A backup is being restored into this state.", "Start again when that has ended.")
        serve_on(settings)


def serve_on(settings: Settings) -> None:
    """Serve until the process is told to end. Raises `Misconfigured` where the port is not to be had."""
    # The web stack takes long to import and no other command needs it.
    from chocolate_factory.main import create_app, server_of

    world = build_world(settings)
    scheduler = scheduler_of(settings, world)
    desk = build_desk(settings)
    web = create_app(world, by_commas(settings.access.hosts), access_rules(settings), desk)
    server = server_of(web, settings.host, settings.port)
    announce(settings)
    scheduler.start()
    warming = warming_up(world, desk)
    for timer in warming:
        timer.start()
    try:
        server.run()
    except SystemExit:
        raise Misconfigured(
            f"Cannot listen on {settings.host}:{settings.port}.", "Set CHOCO_PORT to a free port."
        ) from None
    finally:
        for timer in warming:
            timer.cancel()
        scheduler.stop()


def warming_up(world: World, desk: Desk) -> list[Timer]:
    """What nobody's first question waits for: the language model's client, the index of the documents."""
    from chocolate_factory.services.assistant.documents import index_now

    timers = [
        Timer(WARM_UP_S, desk.assistant),
        Timer(LOOK_THROUGH_S, lambda: index_now(world.ports())),
    ]
    for timer in timers:
        timer.daemon = True
    return timers


def announce(settings: Settings) -> None:
    """Where the page is: a line of the log for machines, a sentence for people."""
    address = f"http://{settings.host}:{settings.port}"
    if settings.log_format == "json":
        structlog.get_logger().info("serving", address=address, version=__version__)
    else:
        output.notes.print(f"Dashboard on {address}  (Ctrl+C ends)")


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
        jobs = [job.info for job in table_of(settings)]
        found += check_running(ports, surroundings(settings, jobs))
    if as_json:
        output.emit([asdict(row) for row in found], ports.factory.site.timezone)
    else:
        output.warn_sample(ports)
        made = output.table("Doctor", "what", "state", "~finding", "~fix")
        for row in found:
            made.add_row(row.topic, row.state, row.text, row.fix)
        output.console.print(made)
        output.console.print(summary(found))
    if any(row.state == "error" for row in found):
        raise typer.Exit(3)


def summary(found: list[Finding]) -> str:
    """How many of the findings ask for something."""
    counts = {state: sum(row.state == state for row in found) for state in ("error", "warning")}
    said = [f"{count} {state}{'s' if count > 1 else ''}" for state, count in counts.items() if count]
    return ", ".join(said) if said else "Nothing is wrong."
