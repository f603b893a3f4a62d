"""Commands that judge: backtest."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.backtest import Track
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_date
from chocolate_factory.services.backtest_forecasts import DAYS, BacktestRequest, backtest
from chocolate_factory.services.backtest_report import report, save
from chocolate_factory.services.backtest_text import (
    heading,
    lead_rows,
    leads_of,
    markdown,
    overall_rows,
    remarks,
)
from chocolate_factory.services.forecast_prices import HISTORY_DAYS
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.live_text import (
    lead_cells,
    live_heading,
    live_leads,
    live_remarks,
    overall_cells,
)
from chocolate_factory.services.score_forecasts import score_forecasts
from chocolate_factory.wiring import build_bench

GATES = {"spot": time(13, 30), "pvpc": time(20, 30)}
"""When serving has just got the prices of tomorrow."""

YEAR = 365
BEFORE_FIRST = 30
"""Days of history left to learn from before the first origin, when the store has less than a year."""

SHOWN = ("model", ">MAE", ">/week", ">/kind", ">pinball", ">in band", ">p", ">fit s")
LIVE_SHOWN = (">MAE", ">bias", ">/week", ">/kind", ">RMSE", ">pinball", ">in 80 %", ">in 90 %")
COLUMNS = (0, 1, 2, 3, 5, 6, 10, 11)

SeriesOption = Annotated[
    list[str] | None, typer.Option("--series", help="spot or pvpc; repeatable. Default: both.")
]
GateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gate", metavar="HH:MM", help="Local time of issue; repeatable. Default: spot 13:30, pvpc 20:30."
    ),
]
ModelsOption = Annotated[
    str | None, typer.Option("--models", metavar="NAMES", help="By name, with commas. Default: all.")
]
FirstOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day of origin.")]
LastOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Last day of origin. Default: a year in all.")
]
EveryOption = Annotated[int, typer.Option("--every", min=1, max=31, help="Only every n-th day.")]
HistoryOption = Annotated[int, typer.Option("--history-days", min=8, max=4000, help="Days to learn from.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, max=256, help="Processes. Default: one a core.")
]
DaskOption = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster instead.")
]
AgainOption = Annotated[bool, typer.Option("--again", help="Start over: use no finished origins.")]
LiveOption = Annotated[
    bool, typer.Option("--live", help="The record of stored forecasts instead, of the last 90 days.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the JSON here and a table beside it (.md)."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("backtest")(backtest_command)


def backtest_command(
    series: SeriesOption = None,
    gate: GateOption = None,
    models: ModelsOption = None,
    first: FirstOption = None,
    last: LastOption = None,
    every: EveryOption = 1,
    history_days: HistoryOption = HISTORY_DAYS,
    jobs: JobsOption = None,
    dask: DaskOption = None,
    again: AgainOption = False,
    out: OutOption = None,
    live: LiveOption = False,
    as_json: output.JsonOption = False,
) -> None:
    """Judge the forecasters on past days, each knowing only what was known then; goes on where it stopped."""
    begin, end = output.parse_days(first, last)
    tracks = tracks_of(series, gate)
    if live:
        if gate or models or first or last or dask or out or again or jobs or every != 1:
            raise UsageError("--live goes with --series and --json only.", "Leave the other options out.")
        tell_live(tuple(dict.fromkeys(track.series for track in tracks)), as_json)
        return
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}.", "Create it first.")
    ports = ready_ports()
    named = models_of(models, ports)
    begin, end = span_of(ports, tracks, begin, end)
    request = BacktestRequest(tracks, begin, end, named, every, history_days)
    bench = build_bench(load_settings(), jobs=jobs, dask=dask, again=again, sample=ports.sample)
    with progress_bar("backtest") as progress:
        test = backtest(request, ports, bench, progress)
    body = report(test, ports.clock(), ports.sample)
    save(ports.store, body)
    if out is not None:
        write(out, body)
    if as_json:
        output.emit(body, ports.factory.site.timezone)
    else:
        output.warn_sample(ports)
        show(body)


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


def tracks_of(series: list[str] | None, gates: list[str] | None) -> tuple[Track, ...]:
    """Each series at each gate, or at its usual one."""
    for name in series or []:
        if name not in PRICE_SERIES:
            raise UsageError(
                f"--series {name}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}."
            )
    given = [gate_of(text) for text in gates or []]
    found = [Track(name, at) for name in series or PRICE_SERIES for at in given or [GATES[name]]]
    return tuple(dict.fromkeys(found))


def gate_of(text: str) -> time:
    """A local time of day to the minute."""
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo or at.second or at.microsecond:
        raise UsageError(f"--gate {text!r} is not a time of day.", "Write it as HH:MM, e.g. 13:30.")
    return at


def models_of(text: str | None, ports: Ports) -> tuple[str, ...]:
    """The models asked for; all of them by default."""
    named = tuple(name.strip() for name in text.split(",")) if text else tuple(ports.forecasters)
    for name in named:
        if name not in ports.forecasters:
            known = ", ".join(ports.forecasters)
            raise UsageError(f"--models {name}: not a forecaster.", f"Use some of {known}.")
    return named


def span_of(
    ports: Ports, tracks: tuple[Track, ...], first: date | None, last: date | None
) -> tuple[date, date]:
    """Days of origin; by default the year up to the last day whose whole forecast has come true."""
    stored = []
    for name in dict.fromkeys(track.series for track in tracks):
        span = ports.store.span(name)
        if span is None:
            raise DataMissing(f"No {name} prices are stored.")
        stored.append(span)
    known = min(local_date(span.end - timedelta(seconds=1), MARKET_ZONE) for span in stored)
    begun = max(local_date(span.start, MARKET_ZONE) for span in stored)
    end = last or max(known - timedelta(days=DAYS), first or date.min)
    begin = first or min(end, max(end - timedelta(days=YEAR - 1), begun + timedelta(days=BEFORE_FIRST)))
    return begin, end


def write(path: Path, body: dict[str, Any]) -> None:
    """The report as JSON at a path and as a table beside it."""
    try:
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(markdown(body), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written ({error.strerror}).") from error


def show(body: dict[str, Any]) -> None:
    """Two tables a track and the remarks."""
    for track in body["tracks"]:
        output.console.print(f"[bold]{heading(track)}[/]")
        made = output.table("", *SHOWN)
        for row in overall_rows(track):
            made.add_row(*(row[column] for column in COLUMNS))
        output.console.print(made)
        leads = [f">D+{lead}" for lead in leads_of(track)]
        for title, key in (("MAE by lead day", "mae"), ("80 % band holds", "coverage_80")):
            by_lead = output.table(title, "model", *leads)
            for cells in lead_rows(track, key):
                by_lead.add_row(*cells)
            for column in by_lead.columns[1:]:
                column.min_width = 5
            output.console.print(by_lead)
    for remark in remarks(body):
        output.notes.print(remark, style="dim", markup=False)
