"""Commands on data that comes by itself: sync, holes, heal, show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import Misconfigured, SourceError, Unreachable, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import local_date
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.show_value import show_value
from chocolate_factory.services.sync_series import SyncReport, SyncRequest, sync
from chocolate_factory.wiring import build, choose

AgainOption = Annotated[bool, typer.Option("--again", help="Ask for stored days too, to find corrections.")]
FirstOption = Annotated[bool, typer.Option("--first-published", help="PVPC history as first published.")]
NowOption = Annotated[bool, typer.Option("--now", help="Ask also where the next attempt is not due yet.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", metavar="SERIES", help="Only this series; repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("sync")(sync_command)
    app.command("holes")(holes_command)
    app.command("heal")(heal_command)
    app.command("show")(show_command)


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
    keys = known_series(only)
    if settings.offline:
        raise Unreachable("CHOCO_OFFLINE=1 forbids outside calls.", "Unset it to sync.")
    ports = build(settings)
    today = local_date(ports.clock(), ports.factory.site.timezone)
    request = SyncRequest(
        begin or today - timedelta(days=settings.sync.history_days),
        end or today + timedelta(days=1),
        keys or tuple(CATALOG),
        force=again,
        first_published=first_published,
        reread_days=settings.sync.reread_days,
    )
    need_sources(ports, keys)
    with progress_bar("sync") as progress:
        report = sync(request, ports.store, ports.sources, ports.clock(), progress)
    show_sync(report, as_json, ports.factory.site.timezone)


def need_sources(ports: Ports, keys: tuple[str, ...]) -> None:
    """Raise `Misconfigured` for a series that was asked for by name and has no source."""
    offered = {key for source in ports.sources.values() for key in source.series}
    for key in keys:
        if key not in offered:
            variable = ports.unkeyed.get(key)
            remedy = f"Set {variable}." if variable else "Load its files with `choco import`."
            raise Misconfigured(f"No source of {key} is set up.", remedy)


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr while something long goes on, where stderr is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=output.notes, transient=True, disable=not output.notes.is_terminal
    ) as bar:
        task = bar.add_task(name, total=None)

        def progress(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, description=text)

        yield progress


def show_sync(report: SyncReport, as_json: bool, zone: str) -> None:
    """What changed; exit 4 when a source failed and something is still missing because of it."""
    if as_json:
        output.emit(report.to_json(), zone)
    else:
        told = [row for row in report.series if row.changed or row.missing or row.note]
        if told:
            made = output.table("Sync", "series", ">rows changed", ">still missing", "~note")
            for row in told:
                made.add_row(row.series, str(row.changed), str(row.missing), row.note)
            output.console.print(made)
        quiet = len(report.series) - len(told)
        output.console.print(f"{quiet} series complete and unchanged." if quiet else "")
    for failure in report.failures:
        output.notes.print(
            f"{failure.source} ({failure.series}): {failure.reason}", style="yellow", markup=False
        )
    failed = {failure.series for failure in report.failures}
    if any(row.missing and row.series in failed for row in report.series):
        first = report.failures[0]
        raise SourceError(
            first.reason, "What could be had is stored; run `choco sync` again.", source=first.source
        )


def holes_command(
    first: output.FromOption = None,
    last: output.ToOption = None,
    only: OnlyOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """List due slots that are missing, with the reason and the next attempt."""
    ports = choose(load_settings())
    begin, end = output.parse_days(first, last)
    keys = known_series(only)
    rows = find_holes(ports, window=output.window_of(ports, begin, end, back=30), keys=keys or None)
    zone = ports.factory.site.timezone
    if as_json:
        output.emit(rows, zone)
        return
    output.warn_sample(ports)
    if not rows:
        output.console.print("No holes: every due slot is stored.")
        return
    output.console.print(holes_table("Holes", rows, zone))


def known_series(only: list[str] | None) -> tuple[str, ...]:
    """The series of `--only`, or a `UsageError` naming the one that is none."""
    unknown = [name for name in only or [] if name not in CATALOG]
    if unknown:
        raise UsageError(f"--only {unknown[0]}: no such series.", f"Series: {', '.join(CATALOG)}.")
    return tuple(only or ())


def holes_table(title: str, rows: list[dict[str, Any]], zone: str) -> Table:
    """Holes as a table."""
    made = output.table(title, "series", "from", "to", ">slots", "severity", "next try", "~reason")
    for row in rows:
        again = "next sync" if row["again"] is None else output.clock(row["again"], zone)
        made.add_row(
            row["series"],
            output.dated(row["start"], zone),
            output.dated(row["end"], zone),
            str(row["missing"]),
            row["severity"],
            again,
            row["reason"],
        )
    for column in made.columns:
        column.no_wrap, column.overflow = column.header == "slots", "fold"
    return made


def heal_command(
    first: output.FromOption = None,
    last: output.ToOption = None,
    only: OnlyOption = None,
    now: NowOption = False,
    as_json: output.JsonOption = False,
) -> None:
    """Close holes from the best source of that age; exit 4 when a source failed and something is left."""
    settings = load_settings()
    begin, end = output.parse_days(first, last)
    keys = known_series(only)
    if settings.offline:
        raise Unreachable("CHOCO_OFFLINE=1 forbids outside calls.", "Unset it to heal.")
    ports = build(settings)
    with progress_bar("heal") as progress:
        report = heal(ports, HealRequest(begin, end, keys, now), progress)
    zone = ports.factory.site.timezone
    if as_json:
        output.emit(report.to_json(), zone)
    else:
        output.console.print(f"{report.found} slots were missing, {report.closed} closed and verified.")
        if report.left:
            output.console.print(holes_table("Left", report.left, zone))
    for failure in report.failures:
        output.notes.print(
            f"{failure.source} ({failure.series}): {failure.reason}", style="yellow", markup=False
        )
    left = {row["series"] for row in report.left}
    to_blame = [failure for failure in report.failures if failure.series in left]
    if to_blame and as_json:
        raise typer.Exit(SourceError.exit_code)
    if to_blame:
        hint = "What could be had is stored; run `choco heal` again."
        raise SourceError(to_blame[0].reason, hint, source=to_blame[0].source)


def show_command(
    series: Annotated[str, typer.Argument(help="Series, e.g. spot.")],
    slot: Annotated[str, typer.Argument(help="A moment in the slot, e.g. 2026-03-10T18:15 (local).")],
    as_json: output.JsonOption = False,
) -> None:
    """Tell where a stored value comes from: unit, source, origin, when known, every revision."""
    settings = load_settings()
    ports = build(settings)
    if series not in ports.store.keys():  # noqa: SIM118
        ports = choose(settings)
    zone = ports.factory.site.timezone
    told = show_value(ports, series, output.parse_moment(slot, zone))
    if as_json:
        output.emit(told, zone)
        return
    output.warn_sample(ports)
    output.console.print(
        f"{told['series']} {output.dated(told['start'], zone)}: {told['value']:g} {told['unit']}, "
        f"{told['origin']} by {told['source']}, known {output.dated(told['available_at'], zone)}"
    )
    made = output.table("Revisions", "known", ">value", ">change", "origin", "~source")
    for row in told["revisions"]:
        change = "" if row["change"] is None else f"{row['change']:+g}"
        known = output.dated(row["available_at"], zone)
        made.add_row(known, f"{row['value']:g}", change, row["origin"], row["source"])
    output.console.print(made)
