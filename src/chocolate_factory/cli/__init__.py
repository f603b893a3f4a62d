"""The command `choco`."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, NoReturn

import structlog
import typer

from chocolate_factory import __version__
from chocolate_factory.cli import (
    access,
    advice,
    asking,
    backups,
    billing,
    data,
    explaining,
    files,
    insights,
    jobs,
    judging,
    mcp,
    models,
    planning,
    production,
    rules,
    serving,
)
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.core.logging import configure

INTERRUPTED = 130
LOG_FORMAT, JSON = "CHOCO_LOG_FORMAT", "json"

app = typer.Typer(
    name="choco",
    help="When to run what, at the lowest electricity bill. Without a command: serve.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    serving,
    data,
    files,
    planning,
    production,
    judging,
    models,
    billing,
    advice,
    explaining,
    rules,
    insights,
    asking,
    mcp,
    access,
    jobs,
    backups,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Serve when no command is given."""
    if version:
        typer.echo(f"choco {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        serving.serve()


def main() -> NoReturn:
    """Entry of the command: run it, and turn every failure into one sentence and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with arguments and return the exit code; the only place that catches what nobody expected."""
    form = os.environ.get(LOG_FORMAT, "")
    try:
        # Before the settings are read: that they are wrong is said in this form too, and nothing unplanned.
        configure(JSON if form == JSON else "console", "info")
        settings = load_settings()
        form = settings.log_format
        configure(form, settings.log_level)
        code = obey(arguments)
        if code == 0:
            access.remember(arguments)
    except ChocolateError as error:
        if form == JSON and is_server(arguments):
            structlog.get_logger().error(error.title, reason=error.message, hint=error.hint)
            return error.exit_code
        return fail(error, "--json" in arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        structlog.get_logger().exception("unexpected failure", arguments=arguments)
        if form != JSON or not is_server(arguments):
            typer.echo("Unexpected failure; the log above has the details. This is a bug.", err=True)
        return 1
    return code


def obey(arguments: list[str]) -> int:
    """Run the command and return the exit code that it ends with."""
    try:
        app(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def fail(error: ChocolateError, as_json: bool) -> int:
    """Say what went wrong and the remedy; with --json also the problem document on stdout."""
    typer.echo(f"{error.title}: {error.message}\n{error.hint}", err=True)
    if as_json:
        typer.echo(json.dumps(error.problem(), ensure_ascii=False, default=str))
    return error.exit_code


def is_server(arguments: list[str]) -> bool:
    """Whether standard error is the log of a server, or of one of its jobs, and nobody's terminal."""
    return arguments in ([], ["serve"]) or jobs.HELD in arguments
