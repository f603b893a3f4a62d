"""The command `choco`."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import structlog
import typer

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
    serving,
)
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.core.logging import configure

INTERRUPTED = 130

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
    insights,
    asking,
    mcp,
    access,
    jobs,
    backups,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Serve when no command is given."""
    if context.invoked_subcommand is None:
        serving.serve()


def main() -> NoReturn:
    """Entry of the command: run it, and turn every failure into one sentence and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with arguments and return the exit code; the only place that catches what nobody expected."""
    try:
        settings = load_settings()
        configure(settings.log_format, settings.log_level)
        code = obey(arguments)
        if code == 0:
            access.remember(arguments)
    except ChocolateError as error:
        return fail(error, "--json" in arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        structlog.get_logger().exception("unexpected failure", arguments=arguments)
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
