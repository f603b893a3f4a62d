"""Commands on what the data say: windows, alerts, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import Unreachable
from chocolate_factory.services.export_report import REPORT_FORMATS, write_report
from chocolate_factory.services.find_windows import MOST_DAYS, SHOWN, WindowsQuery, find_windows
from chocolate_factory.services.read_alerts import AlertsQuery, read_alerts
from chocolate_factory.services.report_layout import NOT_KNOWN, Block, ReportTable, report_layout
from chocolate_factory.services.report_week import ReportQuery, report_week
from chocolate_factory.services.send_alerts import send_test
from chocolate_factory.wiring import build_telling, choose

Row = dict[str, Any]
Hours = Annotated[
    float | None, typer.Option("--hours", help="Length of a window. Default: the longest process step.")
]
Days = Annotated[int, typer.Option("--days", help=f"Local days, today included, 1 to {MOST_DAYS}.")]
Count = Annotated[int, typer.Option("--count", min=1, max=12, help="Windows of each kind over all days.")]
History = Annotated[int, typer.Option("--history", min=0, max=1000, help="Newest records to show as well.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the texts: en or es.")]
Week = Annotated[
    str | None,
    typer.Option("--week", metavar="YYYY-Www", help="ISO week. Default: the last one that is over."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help=f"Write it to a file that ends in {' or '.join(REPORT_FORMATS)}."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("windows")(windows_command)
    app.command("alerts")(alerts_command)
    app.command("report")(report_command)


def windows_command(
    hours: Hours = None, days: Days = MOST_DAYS, count: Count = SHOWN, as_json: output.JsonOption = False
) -> None:
    """When to run for some hours and when not, on what the site pays, published or forecast."""
    ports = ready_ports()
    found = find_windows(ports, WindowsQuery(hours, days, count))
    if as_json:
        output.emit(found, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    show_windows(found)


def show_windows(found: Row) -> None:
    """The best and worst window of each day, then those over all days."""
    step, zone = found["longest_step"], found["timezone"]
    why = f", as long as {step['process']} of {step['product']}" if step else ""
    heads = ("day", "best", ">EUR/kWh", ">to mean", "worst", ">EUR/kWh", ">to mean", ">published")
    made = output.table(f"Windows of {found['hours']:g} h{why}", *heads)
    for day in found["days"]:
        best, worst = (day[name][0] if day[name] else None for name in ("best", "worst"))
        made.add_row(day["day"], *cells(best, zone), *cells(worst, zone), published(best))
    output.console.print(made)
    made = output.table("Over all days", "kind", ">rank", "when", ">EUR/kWh", ">to mean", ">published")
    for kind in ("best", "worst"):
        for one in found["overall"][kind]:
            when = f"{output.clock(one['start'], zone)} to {output.clock(one['end'], zone)[-5:]}"
            made.add_row(kind, str(one["rank"]), when, *cells(one, zone)[1:], published(one))
    output.console.print(made)


def cells(window: Row | None, zone: str) -> tuple[str, str, str]:
    """Local times, price, and difference to the mean of a window; dashes without one."""
    if window is None:
        return NOT_KNOWN, NOT_KNOWN, NOT_KNOWN
    times = (output.clock(window[key], zone)[-5:] for key in ("start", "end"))
    gap = window["difference_percent"]
    return "-".join(times), f"{window['price_eur_kwh']:.4f}", NOT_KNOWN if gap is None else f"{gap:+.0f} %"


def published(window: Row | None) -> str:
    """Share of a window's slots that is no forecast."""
    return NOT_KNOWN if window is None else f"{100 * (1 - window['shares']['forecast']):.0f} %"


def alerts_command(
    history: History = 0,
    lang: Language = "en",
    test: Annotated[bool, typer.Option("--test", help="Send a test message on every channel.")] = False,
    as_json: output.JsonOption = False,
) -> None:
    """What somebody should look at now, most pressing first; with --history also what was recorded.

    --test sends a message on every channel that is set up; exit 4 when one fails.
    """
    settings = load_settings()
    ports = choose(settings)
    if test:
        test_channels(send_test(ports, build_telling(settings)), as_json)
        return
    found = read_alerts(ports, AlertsQuery(history, lang))
    if as_json:
        output.emit(found, ports.factory.site.timezone)
        return
    zone = ports.factory.site.timezone
    output.warn_sample(ports)
    if not found["alerts"]:
        output.console.print("Nothing to look at.")
    for one in found["alerts"]:
        output.console.print(f"{one['severity']:8}  {one['text']}", markup=False)
    if found["history"]:
        made = output.table("Recorded", "opened", "closed", "severity", "~what")
        for one in found["history"]:
            opened, closed = (
                output.clock(one[key], zone) if one[key] else NOT_KNOWN for key in ("opened_at", "closed_at")
            )
            made.add_row(opened, closed, one["severity"], one["text"])
        output.console.print(made)


def test_channels(told: dict[str, str], as_json: bool) -> None:
    """How a test message fared on each channel."""
    if as_json:
        output.emit([{"channel": name, "failure": failure} for name, failure in told.items()], "UTC")
    for name, failure in told.items():
        output.notes.print(f"{name}: {failure or 'sent'}", markup=False)
    failed = [failure for failure in told.values() if failure]
    if failed:
        raise Unreachable("; ".join(failed))


def report_command(
    week: Week = None, lang: Language = "en", out: Out = None, as_json: output.JsonOption = False
) -> None:
    """A week of the plant: cost, saving, prices, forecasts, alerts and data, from what is settled."""
    ports = choose(load_settings())
    report = report_week(ports, ReportQuery(week, lang))
    if out is not None:
        made = write_report(report, out)
        output.notes.print(f"Wrote {len(made.content)} bytes to {out}.", markup=False)
    if as_json:
        output.emit(report, ports.factory.site.timezone)
    elif out is None:
        output.warn_sample(ports)
        show_report(report)


def show_report(report: Row) -> None:
    """The report as text and tables."""
    made = report_layout(report)
    output.console.print(f"[bold]{made.title}[/]")
    for line in made.lines:
        output.console.print(line, markup=False)
    for block in made.blocks:
        show_block(block)


def show_block(block: Block) -> None:
    """Heading, figures, table and notes of a part."""
    output.console.print(f"\n[bold]{block.heading}[/]")
    for name, value in block.figures:
        output.console.print(f"{name}: {value}", markup=False)
    if block.table is not None:
        output.console.print(text_table(block.table))
    for note in block.notes:
        output.console.print(note, markup=False)


def text_table(told: ReportTable) -> Any:
    """A table of the report for a terminal; the last column of one without numbers may break its lines."""
    last = len(told.head) - 1
    names = [
        f">{name}" if place >= told.numbers else f"~{name}" if place == last else name
        for place, name in enumerate(told.head)
    ]
    made = output.table("", *names)
    for row in told.rows:
        made.add_row(*row)
    return made
