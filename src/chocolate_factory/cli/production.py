"""Commands on what really happened: the production log and the stock of finished goods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind
from chocolate_factory.services.compare_plans import compare_plans
from chocolate_factory.services.log_production import Entry, batch_rows, log_production
from chocolate_factory.services.read_production import log_rows, stock_rows, under_way
from chocolate_factory.wiring import choose

Row = dict[str, Any]
Batch = Annotated[str, typer.Argument(metavar="BATCH", help="Name of the batch, as in the plan.")]
MaybeBatch = Annotated[str, typer.Argument(metavar="[BATCH]", help="The batch that is lost, if one is.")]
Step = Annotated[str, typer.Argument(metavar="[STEP]", help="Process, or its number from 1.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="When it happened, local time; default now.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="When the machine is back, local time.")
]
MachineName = Annotated[str, typer.Option("--machine", help="The machine that is out of order.")]
Unit = Annotated[int | None, typer.Option("--unit", help="Number of the machine's unit.")]
Units = Annotated[int, typer.Option("--units", help="How many units are out of order.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Note = Annotated[str, typer.Option("--note", help="A remark.")]
Limit = Annotated[int, typer.Option("--limit", help="How many reports, 1 to 10000.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    log = typer.Typer(
        help="What ran, failed and was counted; without a command: the log.", rich_markup_mode=None
    )
    log.callback(invoke_without_command=True)(log_command)
    log.command("start")(start_command)
    log.command("finish")(finish_command)
    log.command("fail")(fail_command)
    log.command("undo")(undo_command)
    log.command("diff")(diff_command)
    app.add_typer(log, name="log")
    app.command("stock")(stock_command)


def ports_and_reader() -> tuple[Ports, Callable[[str | None], datetime | None]]:
    """Ports, and how to read a local time."""
    ports = choose(load_settings())
    zone = ports.factory.site.timezone
    return ports, lambda text: None if text is None else output.parse_moment(text, zone)


def log_command(context: typer.Context, limit: Limit = 30, as_json: output.JsonOption = False) -> None:
    """The log, newest first, and the batches under way."""
    if context.invoked_subcommand is not None:
        return
    if not 1 <= limit <= 10_000:
        raise UsageError(f"--limit {limit} is out of range.", "Ask for 1 to 10000 reports.")
    ports, _ = ports_and_reader()
    zone = ports.factory.site.timezone
    body = {
        "sample": ports.sample,
        "log": log_rows(ports, limit),
        "under_way": under_way(ports),
        "batches": batch_rows(ports),
    }
    if as_json:
        output.emit(body, zone)
        return
    output.warn_sample(ports)
    show_log(body, zone)


def show_log(body: Row, zone: str) -> None:
    """Batches under way, then the reports."""
    made = output.table("Under way", "batch", "process", "machine", "from", "to", "known")
    for row in body["under_way"]:
        edges = (output.clock(row[key], zone) for key in ("start", "end"))
        known = "reported" if row["reported"] else "as planned"
        made.add_row(row["batch"], row["process"], f"{row['machine']} {row['unit']}", *edges, known)
    output.console.print(made if body["under_way"] else "No batch is under way.")
    if not body["log"]:
        output.console.print("Nothing was reported yet.")
    for row in body["log"]:
        output.console.print(report_text(row, zone), markup=False)


def report_text(row: Row, zone: str) -> str:
    """A report in one line."""
    what = {
        Kind.STOCK: f"{row['product']} {row['kg'] or 0:g} kg counted",
        Kind.OUTAGE: f"{row['machine']} out of order, {row['units']} units until "
        + (output.clock(row["until"], zone) if row["until"] else ""),
        Kind.UNDONE: f"{row['undoes']} taken back",
    }.get(row["kind"], f"{row['batch']} {row['kind']}")
    step = f" step {row['step'] + 1} on {row['machine']} {row['unit']}" if row["step"] is not None else ""
    texts = "".join(f"; {text}" for text in (row["reason"], row["note"]) if text)
    mark = " (taken back)" if row["undone"] else ""
    return f"{row['id']}  {output.clock(row['moment'], zone)}  {what}{step}{texts}, by {row['by']}{mark}"


def tell(ports: Ports, entry: Entry, as_json: bool) -> None:
    """Keep a report and say so."""
    rows = log_production(ports, entry)
    zone = ports.factory.site.timezone
    if as_json:
        output.emit(rows, zone)
        return
    output.warn_sample(ports)
    for row in rows:
        output.console.print(report_text(row, zone), markup=False)
    output.notes.print("The next plan counts with it: `choco plan`, or by itself while serving.")


def start_command(
    batch: Batch,
    step: Step = "",
    at: At = None,
    unit: Unit = None,
    note: Note = "",
    as_json: output.JsonOption = False,
) -> None:
    """A step of a batch started; without STEP the next one."""
    ports, read = ports_and_reader()
    entry = Entry(Kind.STARTED, "cli", batch=batch, step=step, unit=unit, at=read(at), note=note)
    tell(ports, entry, as_json)


def finish_command(
    batch: Batch, step: Step = "", at: At = None, note: Note = "", as_json: output.JsonOption = False
) -> None:
    """A step of a batch ended; without STEP the last one that began."""
    ports, read = ports_and_reader()
    tell(ports, Entry(Kind.FINISHED, "cli", batch=batch, step=step, at=read(at), note=note), as_json)


def fail_command(
    batch: MaybeBatch = "",
    machine: MachineName = "",
    until: Until = None,
    at: At = None,
    unit: Unit = None,
    units: Units = 1,
    reason: Reason = "",
    note: Note = "",
    as_json: output.JsonOption = False,
) -> None:
    """A batch is lost, or a machine is out of order until a time, or both."""
    if not batch and not machine:
        raise UsageError("What failed?", "Name a BATCH, or --machine NAME with --until TIME, or both.")
    if bool(machine) != (until is not None):
        raise UsageError("--machine and --until belong together.", "Say until when the machine is away.")
    ports, read = ports_and_reader()
    entry = Entry(
        Kind.FAILED if batch else Kind.OUTAGE,
        "cli",
        batch=batch,
        machine=machine,
        unit=unit,
        units=units,
        at=read(at),
        until=read(until),
        reason=reason,
        note=note,
    )
    tell(ports, entry, as_json)


def undo_command(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="Id of the report, see `choco log`.")],
    reason: Reason = "",
    as_json: output.JsonOption = False,
) -> None:
    """Take a report back; it stays in the log, marked."""
    ports, _ = ports_and_reader()
    tell(ports, Entry(Kind.UNDONE, "cli", undoes=report, reason=reason), as_json)


def stock_command(
    product: Annotated[str, typer.Argument(metavar="[PRODUCT", help="The product that was counted.")] = "",
    kg: Annotated[float | None, typer.Argument(metavar="KG]", help="Finished kilograms.")] = None,
    at: At = None,
    note: Note = "",
    as_json: output.JsonOption = False,
) -> None:
    """Finished goods; with PRODUCT and KG a count of them is entered."""
    ports, read = ports_and_reader()
    zone = ports.factory.site.timezone
    if product:
        entry = Entry(Kind.STOCK, "cli", product=product, kg=kg, at=read(at), note=note)
        tell(ports, entry, as_json)
        return
    rows = stock_rows(ports)
    if as_json:
        output.emit({"sample": ports.sample, "stock": rows}, zone)
        return
    output.warn_sample(ports)
    made = output.table("Finished goods", "product", ">batches", ">kg", ">counted kg", "counted at")
    for row in rows:
        known = ("unknown", "") if row["batches"] is None else (str(row["batches"]), f"{row['kg']:g}")
        counted = (
            ("", "")
            if row["counted_at"] is None
            else (f"{row['counted_kg']:g}", output.clock(row["counted_at"], zone))
        )
        made.add_row(row["product"], *known, *counted)
    output.console.print(made)


def diff_command(
    before: Annotated[
        str, typer.Argument(metavar="[BEFORE", help="Id of a plan; default: the one before.")
    ] = "",
    after: Annotated[str, typer.Argument(metavar="AFTER]", help="Id of a plan; default: the newest.")] = "",
    as_json: output.JsonOption = False,
) -> None:
    """What changed from one plan to the next: runs moved, new and dropped, and the money."""
    ports, _ = ports_and_reader()
    if before and not after:
        raise UsageError("Two plans are compared.", "Give both ids, or none for the two newest.")
    body = compare_plans(ports, before or None, after or None)
    if as_json:
        output.emit(body, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    output.console.print(f"[bold]{body['before']} -> {body['after']}[/]")
    for sentence in body["words"]:
        output.console.print(sentence, markup=False)
