"""Commands that judge: backtest."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import judging_tables, output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.cli.judging_plans import SECONDS, PlansOptions, Work, judge_plans, show_plans
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.backtest import GATES, USUAL, Track
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_date
from chocolate_factory.services.backtest_forecasts import DAYS, BacktestRequest, backtest
from chocolate_factory.services.backtest_plans_text import plans_markdown
from chocolate_factory.services.backtest_report import About, Span, report, save
from chocolate_factory.services.backtest_text import markdown
from chocolate_factory.services.decision_value import add_decisions, decide
from chocolate_factory.services.forecast_prices import HISTORY_DAYS
from chocolate_factory.wiring import build_bench

Row = dict[str, Any]

LEARN_EVERY = 7
"""Days between two learnings of a model."""

YEAR = 365
BEFORE_FIRST = 30
"""Days of history left to learn from before the first origin, when the store has less than a year."""

SeriesOption = Annotated[
    list[str] | None, typer.Option("--series", help="spot or pvpc; repeatable. Default: both.")
]
GateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="HH:MM",
        help="Local time of issue; repeatable. Default: spot 11:30 and 13:30, pvpc 13:30 and 20:30.",
    ),
]
ModelsOption = Annotated[
    str | None, typer.Option("--models", metavar="NAMES", help="By name, with commas. Default: all.")
]
FirstOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day of origin.")]
LastOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Last day of origin. Default: a year in all.")
]
WindowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--window", metavar="NAME=FROM:TO", help="Judge these days of origin by themselves too; repeatable."
    ),
]
DecisionOption = Annotated[
    bool, typer.Option("--decision", help="Add what the forecasts save a load that may wait.")
]
LearnOption = Annotated[
    int, typer.Option("--learn-every", min=1, max=31, help="Days between two learnings of a model.")
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
PlansOption = Annotated[
    bool,
    typer.Option("--plans", help="Plan whole weeks of the plant instead, anew each day as it was known."),
]
SecondsOption = Annotated[
    float | None,
    typer.Option("--seconds", min=0.1, max=600, help="With --plans: of each planning. Default: 2."),
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
    learn_every: LearnOption = LEARN_EVERY,
    history_days: HistoryOption = HISTORY_DAYS,
    window: WindowOption = None,
    decision: DecisionOption = False,
    jobs: JobsOption = None,
    dask: DaskOption = None,
    again: AgainOption = False,
    out: OutOption = None,
    live: LiveOption = False,
    plans: PlansOption = False,
    seconds: SecondsOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Judge the forecasters on past days, each knowing only what was known then; goes on where it stopped."""
    begin, end = output.parse_days(first, last)
    tracks = tracks_of(series, gate)
    if seconds is not None and not plans:
        raise UsageError("--seconds goes with --plans only.", "Leave it out.")
    if live:
        others = (gate, models, first, last, dask, out, again, jobs, window, decision, plans)
        if any(others) or every != 1 or learn_every != LEARN_EVERY:
            raise UsageError("--live goes with --series and --json only.", "Leave the other options out.")
        judging_tables.tell_live(tuple(dict.fromkeys(track.series for track in tracks)), as_json)
        return
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}.", "Create it first.")
    windows = windows_of(window)
    check_decision(decision, tracks, every)
    if plans:
        check_plans(series, gate, window, decision or every != 1)
        ports = ready_ports()
        named = models_of(models, ports) if models else ()
        work = Work(jobs, dask, again)
        asked = PlansOptions(begin, end, named, seconds or SECONDS, learn_every, history_days, work)
        body = judge_plans(ports, asked)
        tell(ports, body, out, as_json, (plans_markdown, show_plans))
        return
    ports = ready_ports()
    named = models_of(models, ports)
    if windows and not begin and not end:
        begin, end = min(one.first for one in windows), max(one.last for one in windows)
    begin, end = span_of(ports, tracks, begin, end)
    check_windows(windows, begin, end)
    request = BacktestRequest(tracks, begin, end, named, every, history_days, learn_every)
    bench = build_bench(load_settings(), jobs=jobs, dask=dask, again=again, sample=ports.sample)
    with progress_bar("backtest") as progress:
        test = backtest(request, ports, bench, progress)
    command = command_of(request, series, gate, windows, decision)
    body = report(test, ports.clock(), ports.sample, About(windows, command))
    if decision:
        body = add_decisions(body, decide(test, ports.store))
    save(ports.store, body)
    tell(ports, body, out, as_json, (markdown, judging_tables.show))


def tell(
    ports: Ports,
    body: Row,
    out: Path | None,
    as_json: bool,
    ways: tuple[Callable[[Row], str], Callable[[Row], None]],
) -> None:
    """Write a report where a file is named, and print it; `ways` make its page and show it on a terminal."""
    page, show = ways
    if out is not None:
        write(out, body, page(body))
    if as_json:
        output.emit(body, ports.factory.site.timezone)
    else:
        output.warn_sample(ports)
        show(body)


def tracks_of(series: list[str] | None, gates: list[str] | None) -> tuple[Track, ...]:
    """Each series at each gate, or at its own two."""
    for name in series or []:
        if name not in PRICE_SERIES:
            raise UsageError(
                f"--series {name}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}."
            )
    given = [gate_of(text) for text in gates or []]
    found = [Track(name, at) for name in series or PRICE_SERIES for at in given or GATES[name]]
    return tuple(dict.fromkeys(found))


def windows_of(given: list[str] | None) -> tuple[Span, ...]:
    """Named spans of days, each `NAME=FROM:TO`."""
    found = []
    for text in given or []:
        name, _, days = text.partition("=")
        begin, _, end = days.partition(":")
        if not (name.isidentifier() and begin and end):
            raise UsageError(
                f"--window {text!r} is not a window.",
                "Write it as NAME=FROM:TO, e.g. A=2025-11-01:2026-03-25.",
            )
        first, last = (output.parse_day(day, f"--window {name}") for day in (begin, end))
        if first is None or last is None or last < first:
            raise UsageError(f"--window {name}: {end} is before {begin}.", "Give the earlier day first.")
        found.append(Span(name, first, last))
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--window {name} is given twice.", "Give each window a name of its own.")
    return tuple(found)


def check_windows(windows: tuple[Span, ...], first: date, last: date) -> None:
    """UsageError for a window that is not within the days of origin."""
    for one in windows:
        if one.first < first or one.last > last:
            raise UsageError(
                f"--window {one.name}: {one.first} to {one.last} is not within the days of origin, "
                f"{first} to {last}.",
                "Leave --from and --to out, or widen them.",
            )


def check_decision(decision: bool, tracks: tuple[Track, ...], every: int) -> None:
    """UsageError where no week could be planned."""
    if decision and every != 1:
        raise UsageError("--decision plans every day and does not go with --every.", "Leave --every out.")
    if decision and not set(tracks) & set(USUAL.values()):
        known = " or ".join(f"{track.series} at {track.gate:%H:%M}" for track in USUAL.values())
        raise UsageError(f"--decision is for {known} only.", "Leave --gate out.")


def check_plans(
    series: list[str] | None, gate: list[str] | None, window: list[str] | None, more: bool
) -> None:
    """UsageError for what plans of whole weeks do not go with."""
    if series or gate or window or more:
        raise UsageError(
            "--plans does not go with --series, --gate, --every, --window and --decision.",
            "Leave them out: the contract says which prices count, and at which gate they are known.",
        )


def command_of(
    request: BacktestRequest,
    series: list[str] | None,
    gates: list[str] | None,
    windows: tuple[Span, ...],
    decision: bool,
) -> str:
    """The command that gives the same figures on the same store, whatever day it is."""
    words = ["choco", "backtest"]
    words += [word for name in series or [] for word in ("--series", name)]
    words += [word for at in gates or [] for word in ("--gate", at)]
    words += ["--models", ",".join(request.models)]
    words += ["--from", str(request.first), "--to", str(request.last)]
    words += ["--every", str(request.every)] if request.every != 1 else []
    words += ["--learn-every", str(request.learn_every)]
    words += ["--history-days", str(request.history_days)]
    words += [word for one in windows for word in ("--window", f"{one.name}={one.first}:{one.last}")]
    words += ["--decision"] if decision else []
    return shlex.join(words)


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


def write(path: Path, body: Row, page: str) -> None:
    """The report as JSON at a path and its page of tables beside it."""
    try:
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written ({error.strerror}).") from error
