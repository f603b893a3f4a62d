"""Commands on backups: make one, restore one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import Busy, UsageError
from chocolate_factory.infrastructure.backup_files import LOCKS
from chocolate_factory.infrastructure.clock import SystemClock
from chocolate_factory.wiring import GLANCE_S, SERVING, back_up, build, job_locks, restore, stored_anything


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)


def backup_command(
    path: Annotated[
        Path | None, typer.Argument(help="Folder of backups; by default that of the settings.")
    ] = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write the whole state into one archive, consistent while serving."""
    settings = load_settings()
    ports = build(settings)
    made = back_up(settings, ports.store, ports.clock(), path)
    if as_json:
        output.emit({**asdict(made), "path": str(made.path)}, ports.factory.site.timezone)
    else:
        output.console.print(f"{made.path}  {made.files} files, {made.bytes / 1e6:.1f} MB")


def restore_command(
    path: Annotated[Path, typer.Argument(help="An archive that `choco backup` made.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the present state aside and restore in its place.")
    ] = False,
    as_json: output.JsonOption = False,
) -> None:
    """Restore a backup into CHOCO_STATE, which must be empty; --replace puts what is there aside."""
    settings = load_settings()
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", "Name an archive that `choco backup` made.")
    with job_locks(settings)(SERVING, within_s=GLANCE_S) as free:
        if not free:
            raise Busy("A server uses this state.", "Stop it, restore, and start it again.")
        aside = None
        if stored_anything(settings):
            if not replace:
                raise UsageError(
                    f"{settings.state} is not empty.",
                    "Add --replace to put what is there aside, or set CHOCO_STATE.",
                )
            inside = path.resolve().is_relative_to(settings.state.resolve())
            aside = put_aside(settings.state, SystemClock(settings.now, settings.clock_rate)())
            if inside:
                path = aside / path.resolve().relative_to(settings.state.resolve())
        done = restore(settings, path)
    told = {
        **asdict(done),
        "path": str(path),
        "state": str(settings.state),
        "aside": str(aside) if aside else None,
    }
    if as_json:
        output.emit(told, "UTC")
        return
    output.console.print(
        f"Restored {done.files} files of {done.made_at:%Y-%m-%d %H:%M} UTC into {settings.state}."
    )
    if aside:
        output.console.print(f"What was there is in {aside}; delete it when all is well.")


def put_aside(state: Path, now: datetime) -> Path:
    """Move a state folder out of the way and make an empty one in its place, where its locks hold on."""
    aside = state.with_name(f"{state.name}.before-{now:%Y%m%dT%H%M%S}")
    state.replace(aside)
    state.mkdir()
    (aside / LOCKS).replace(state / LOCKS)
    return aside
