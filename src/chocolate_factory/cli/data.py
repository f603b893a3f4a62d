"""Commands on data: sync, holes, import."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import SourceError, Unreachable, UsageError
from chocolate_factory.domain.catalog import CATALOG, PRICE_SERIES
from chocolate_factory.domain.slots import local_date
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.import_prices import import_prices
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from chocolate_factory.wiring import build, choose

AgainOption = Annotated[bool, typer.Option("--again", help="Ask for stored days too, to find corrections.")]
FirstOption = Annotated[bool, typer.Option("--first-published", help="PVPC history as first published.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", metavar="SERIES", help="Only this series; repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("sync")(sync_command)
    app.command("holes")(holes_command)
    app.command("import")(import_command)


def sync_command(
    first: output.FromOption = None,
    last: output.ToOption = None,
    only: OnlyOption = None,
    again: AgainOption = False,
    first_published: FirstOption = False,
    as_json: output.JsonOption = False,
) -> None:
    """Fetch and store what is missing and due; safe to repeat."""
    settings = load_settings()
    begin, end = output.parse_days(first, last)
    unknown = [name for name in only or [] if name not in CATALOG]
    if unknown:
        raise UsageError(f"--only {unknown[0]}: no such series.", f"Series: {', '.join(CATALOG)}.")
    if settings.offline:
        raise Unreachable("CHOCO_OFFLINE=1 forbids outside calls.", "Unset it to sync.")
    ports = build(settings)
    today = local_date(ports.clock(), ports.factory.site.timezone)
    request = SyncRequest(
        begin or today - timedelta(days=settings.sync.history_days),
        end or today + timedelta(days=1),
        tuple(only or CATALOG),
        force=again,
        first_published=first_published,
        reread_days=settings.sync.reread_days,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=output.notes, transient=True, disable=not output.notes.is_terminal
    ) as bar:
        task = bar.add_task("sync", total=None)

        def progress(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, description=text)

        report = sync(request, ports.store, ports.sources, ports.clock(), progress)
    show_sync(report, as_json, ports.factory.site.timezone)


def show_sync(report: SyncReport, as_json: bool, zone: str) -> None:
    """What changed; exit 4 when a source failed and something is still missing because of it."""
    if as_json:
        output.emit(report.to_json(), zone)
    else:
        made = output.table("Sync", "series", ">rows changed", ">still missing", "note")
        for row in report.series:
            made.add_row(row.series, str(row.changed), str(row.missing), row.note)
        output.console.print(made)
    for failure in report.failures:
        output.notes.print(
            f"{failure.source} ({failure.series}): {failure.reason}", style="yellow", markup=False
        )
    if report.failures and any(row.missing for row in report.series):
        first = report.failures[0]
        raise SourceError(
            first.reason, "What could be had is stored; run `choco sync` again.", source=first.source
        )


def holes_command(
    first: output.FromOption = None, last: output.ToOption = None, as_json: output.JsonOption = False
) -> None:
    """List due slots that are missing."""
    ports = choose(load_settings())
    begin, end = output.parse_days(first, last)
    rows = find_holes(ports, window=output.window_of(ports, begin, end, back=30))
    zone = ports.factory.site.timezone
    if as_json:
        output.emit(rows, zone)
        return
    output.warn_sample(ports)
    if not rows:
        output.console.print("No holes: every due slot is stored.")
        return
    made = output.table("Holes", "series", "from", "to", ">slots", "due since", "source")
    for row in rows:
        made.add_row(*hole_cells(row, zone))
    output.console.print(made)


def hole_cells(row: dict[str, Any], zone: str) -> list[str]:
    """A hole as table cells."""
    times = [output.clock(row[key], zone) for key in ("start", "end", "due")]
    return [row["series"], times[0], times[1], str(row["missing"]), times[2], row["source"]]


def import_command(
    what: Annotated[str, typer.Argument(help="What the files hold: prices.", metavar="prices")],
    paths: Annotated[list[Path], typer.Argument(help="CSV files, plain or .gz.")],
    series: Annotated[str, typer.Option("--series", help="Series: spot or pvpc.")] = "spot",
    as_json: output.JsonOption = False,
) -> None:
    """Load price files: `datetime_utc,price_eur_mwh`. Nothing is stored if any line is wrong."""
    if what != "prices":
        raise UsageError(f"import {what}: not known.", "Use `choco import prices FILE…`.")
    if series not in PRICE_SERIES:
        raise UsageError(f"--series {series}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    ports = build(load_settings())
    report = import_prices(paths, series, ports.store, ports.clock())
    if as_json:
        output.emit(report, ports.factory.site.timezone)
    else:
        output.console.print(f"{report['changed']} rows of {series} changed, {report['rows']} read.")
