"""Commands on what runs unattended: list the jobs, run one now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from functools import partial
from typing import Annotated

import structlog
import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.archives import back_up
from chocolate_factory.core.config import Settings, load_settings
from chocolate_factory.core.errors import Busy, ChocolateError, NotFound
from chocolate_factory.domain.jobs import JobInfo
from chocolate_factory.domain.retention import Keep
from chocolate_factory.infrastructure.backup_files import sweep
from chocolate_factory.infrastructure.memory import trimmer
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.keep_backups import keep_backups
from chocolate_factory.services.keep_jobs import read_jobs
from chocolate_factory.tasks.jobs import Upkeep, job_table
from chocolate_factory.tasks.runner import Job, Overdue, Scheduler, attempt
from chocolate_factory.wiring import (
    backup_folder,
    backups_made,
    build_adviser,
    build_bench,
    build_telling,
    build_world,
    choose,
    job_locks,
)

LOOK = "The log has the details."
HELD = "--held"
"""Option, with the id of the run, by which a server runs a job that it holds the lock of."""
CHOCO = """
import os, threading
def end_with_server():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end_with_server, daemon=True).start()
from chocolate_factory.cli import main
main()
"""
"""A process that ends at once when the server is gone that started it, for then nobody holds the job's lock.

The other end of its standard input is the server's: the system closes it however the server ends.
"""
jobs_app = typer.Typer()


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(jobs_app, name="jobs")


def table_of(settings: Settings) -> tuple[Job, ...]:
    """The job table by the settings."""
    return job_table(
        Upkeep(
            history_days=settings.sync.history_days,
            reread_days=settings.sync.reread_days,
            every_minutes=settings.sync.every_minutes,
            bench_of=partial(build_bench, settings, jobs=1, dask=None, again=False),
            learn=build_adviser(),
            back_up=partial(make_backup, settings),
            telling=build_telling(settings),
        )
    )


def make_backup(settings: Settings, world: World) -> None:
    """The job of backups: one more; those that the settings do not keep, or that are half made, let go."""
    ports, given = world.real, settings.backup
    keep_backups(
        ports,
        lambda now: back_up(settings, ports.store, now).path,
        lambda: backups_made(settings),
        Keep(given.daily, given.weekly, given.monthly),
    )
    sweep(settings.state, backup_folder(settings))


def scheduler_of(settings: Settings, world: World) -> Scheduler:
    """The scheduler of a serving process."""
    apart = partial(run_apart, settings)
    return Scheduler(world, table_of(settings), job_locks(settings), apart, trimmer())


def run_apart(settings: Settings, info: JobInfo, world: World) -> None:
    """Run a job in a process of its own, which is killed when overdue and ends when this one does.

    Raises `Overdue`, or what the job raised there, as a `ChocolateError`.
    """
    environment = {**os.environ, "CHOCO_LOG_FORMAT": settings.log_format}
    if settings.now is not None:
        environment["CHOCO_NOW"] = world.real.clock().isoformat()
    command = [sys.executable, "-c", CHOCO, "jobs", "run", info.name, HELD, run_id()]
    listens, lives = os.pipe()
    try:
        done = subprocess.run(  # noqa: S603 (the command is this program's own)
            command,
            env=environment,
            stdin=listens,
            stdout=subprocess.PIPE,
            timeout=info.timeout_s,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise Overdue(f"{info.name} was ended after {info.timeout_s / 60:.0f} minutes.") from None
    finally:
        os.close(listens)
        os.close(lives)
    if done.returncode < 0:
        raise ChocolateError(f"The process of {info.name} was ended by signal {-done.returncode}.")
    try:
        told = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise ChocolateError(f"The process of {info.name} told nothing.", LOOK) from None
    if told["reason"]:
        raise ChocolateError(told["reason"], told["hint"])


def run_id() -> str:
    """The id of the run that is under way in this thread."""
    return str(structlog.contextvars.get_contextvars().get("run_id", "-"))


@jobs_app.callback(invoke_without_command=True)
def default(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """What runs unattended: last run, outcome, next run; without a command: the list."""
    if context.invoked_subcommand is None:
        list_jobs(as_json)


@jobs_app.command("list")
def list_jobs(as_json: output.JsonOption = False) -> None:
    """Every job: when it runs, how the last run ended, when it runs next."""
    settings = load_settings()
    ports = choose(settings)
    rows = read_jobs(ports, [job.info for job in table_of(settings)])
    if as_json:
        output.emit(rows, ports.factory.site.timezone)
        return
    made = output.table("Jobs", "job", "runs", "last", "outcome", ">seconds", "next", "~reason")
    for row in rows:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
        times = [short(row["started"]), row["outcome"] or "never ran", seconds, short(row["next_at"])]
        made.add_row(row["name"], row["cadence"], *times, row["reason"])
    output.console.print(made)


def short(iso: str | None) -> str:
    """A moment for a table: day, month, local time."""
    return datetime.fromisoformat(iso).strftime("%d %b %H:%M") if iso else ""


@jobs_app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="A job of `choco jobs`.")],
    as_json: output.JsonOption = False,
    held: Annotated[str, typer.Option(HELD, hidden=True)] = "",
) -> None:
    """Run a job now, whether or not it is due; exit 1 when another process runs it."""
    settings = load_settings()
    jobs = {job.name: job for job in table_of(settings)}
    if name not in jobs:
        raise NotFound(f"No job is called {name!r}.", f"Jobs: {', '.join(jobs)}.")
    world = build_world(settings)
    if held:
        structlog.contextvars.bind_contextvars(job=name, run_id=held)
        error = attempt(name, jobs[name].run, world)
        told = {"reason": error.message if error else "", "hint": error.hint if error else ""}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    with output.notes.status(name):
        state = Scheduler(world, tuple(jobs.values()), job_locks(settings)).run(jobs[name])
    if state is None:
        raise Busy(f"Another process runs {name} now.")
    if as_json:
        (row,) = read_jobs(world.real, [jobs[name].info])
        output.emit(row, world.real.factory.site.timezone)
    else:
        output.console.print(f"{name}: {state.outcome} after {state.seconds:.1f} s. {state.reason}".rstrip())
    if state.reason:
        raise ChocolateError(state.reason, state.hint)
