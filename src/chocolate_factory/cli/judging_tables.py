"""What the command that judges prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.cli import output
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.services.backtest_text import (
    DECIDED,
    decision_heading,
    decision_rows,
    heading,
    lead_rows,
    leads_of,
    overall_rows,
    remarks,
    text,
    window_heading,
)
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.live_text import (
    lead_cells,
    live_heading,
    live_leads,
    live_remarks,
    overall_cells,
)
from chocolate_factory.services.score_forecasts import score_forecasts

Row = dict[str, Any]

SHOWN = ("MAE", "/week", "/kind", "pinball", "in 80 %", "in 90 %", "p")
LIVE_SHOWN = (">MAE", ">bias", ">/week", ">/kind", ">RMSE", ">pinball", ">in 80 %", ">in 90 %")
VALUE_SHOWN = 7
"""Columns of DECIDED that fit a terminal."""


def tell_live(series: tuple[str, ...], as_json: bool) -> None:
    """Score the stored forecasts, then print what they turned out to be worth."""
    ports = ready_ports()
    if not score_forecasts(ports).all_seen:
        output.notes.print("Only the newest of the new forecasts were scored.", style="dim")
    body = live_record(ports, LiveQuery(series[0] if len(series) == 1 else None))
    if as_json:
        output.emit(body, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    for record in body["records"]:
        output.console.print(f"[bold]{live_heading(record)}[/]")
        made = output.table("", *LIVE_SHOWN)
        made.add_row(*overall_cells(record["overall"]))
        output.console.print(made)
        by_lead = output.table("", "by lead day", *(f">{name}" for name in live_leads(record)))
        for cells in lead_cells(record):
            by_lead.add_row(*cells)
        for column in by_lead.columns[1:]:
            column.min_width = 5
        output.console.print(by_lead)
    for remark in live_remarks(body):
        output.notes.print(remark, style="dim", markup=False)


def show(body: Row) -> None:
    """The tables of each track and of its windows, and the remarks."""
    for track in body["tracks"]:
        output.console.print(f"[bold]{heading(track)}[/]")
        show_part(track)
        seconds = (
            f"{row['model']} {text(row['fit_seconds'])} + {text(row['predict_seconds'])}"
            for row in track["models"]
        )
        output.console.print(f"Seconds to fit and to predict: {', '.join(seconds)}", style="dim")
        for window in track["windows"]:
            output.console.print(f"[bold]{window_heading(track, window)}[/]")
            show_part(window)
    for remark in remarks(body):
        output.notes.print(remark, style="dim", markup=False)


def show_part(part: Row) -> None:
    """The tables of all origins of a track or of one of its windows."""
    if not leads_of(part):
        return
    print_table("", [f">{name}" for name in SHOWN], overall_rows(part, SHOWN))
    leads = [*(f">D+{lead}" for lead in leads_of(part)), ">2 to 7", ">all"]
    for title, key, digits in (("MAE by lead day", "mae", 1), ("80 % band holds", "coverage_80", 0)):
        print_table(title, leads, lead_rows(part, key, digits), narrow=True)
    decision = part.get("decision")
    if decision:
        output.console.print(decision_heading(decision), markup=False)
        rows = [row[:VALUE_SHOWN] for row in decision_rows(decision)] if decision["weeks"] else []
        if rows:
            print_table("", [f">{name}" for name in DECIDED[1:VALUE_SHOWN]], rows)


def print_table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, narrow: bool = False
) -> None:
    """A table with a model in each row."""
    made = output.table(title, "model", *heads)
    for row in rows:
        made.add_row(*row)
    for column in made.columns[1:] if narrow else []:
        column.min_width = 5
    output.console.print(made)
