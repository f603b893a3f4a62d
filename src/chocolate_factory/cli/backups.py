"""Commands on backups: make one, restore one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.archives import back_up, restore
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import Busy, UsageError
from chocolate_factory.infrastructure.clock import SystemClock
from chocolate_factory.wiring import GLANCE_S, SERVING, build, job_locks


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
    """Restore a backup into state and store, which must be empty; --replace puts what is there aside."""
    settings = load_settings()
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", "Name an archive that `choco backup` made.")
    with job_locks(settings)(SERVING, within_s=GLANCE_S) as free:
        if not free:
            raise Busy("A server uses this state.", "Stop it, restore, and start it again.")
        done = restore(settings, path, SystemClock(settings.now, settings.clock_rate)(), replace=replace)
    told = {
        **asdict(done.backup),
        "path": str(done.backup.path),
        "state": str(settings.state),
        "aside": str(done.aside) if done.aside else None,
        "database_aside": str(done.undo) if done.undo else None,
    }
    if as_json:
        output.emit(told, "UTC")
        return
    output.console.print(
        f"Restored {told['files']} files of {done.backup.made_at:%Y-%m-%d %H:%M} UTC into {settings.state}."
    )
    if done.aside:
        output.console.print(f"What was there is in {done.aside}; delete it when all is well.")
    if done.undo:
        output.console.print(f"What the database held is in {done.undo}: restore that to undo this.")
