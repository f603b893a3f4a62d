"""The part of the command that judges which plans whole weeks of the plant."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.backtest import Track
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_date
from chocolate_factory.services.backtest_forecasts import BacktestRequest, backtest
from chocolate_factory.services.backtest_plans import (
    PlansRequest,
    backtest_plans,
    days_that_plan,
    track_of,
    weeks_within,
)
from chocolate_factory.services.backtest_plans_report import AboutPlans, plans_report, save_plans, settle
from chocolate_factory.services.backtest_plans_text import (
    ARMS,
    BY_RULE,
    MODELS,
    SOLVER,
    SPREADS,
    arm_rows,
    plans_heading,
    plans_remarks,
    saved_cells,
    saved_rows,
    solver_rows,
    spread_rows,
)
from chocolate_factory.services.backtest_report import OF_KIND
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.wiring import build_bench, build_plans_bench

Row = dict[str, Any]

YEAR = 365
SECONDS = 2.0
"""Of each daily planning, when nothing else is said."""

HINDSIGHT_TIMES = 5
"""The optimum on the prices that came true is given so many times the seconds of a planning."""

NARROW = 8
"""Columns of ARMS that fit a terminal, the last two beside them."""


@dataclass(frozen=True)
class Work:
    """Who works: processes or a cluster, and whether what is kept is left aside."""

    jobs: int | None = None
    dask: str | None = None
    again: bool = False


@dataclass(frozen=True)
class PlansOptions:
    """What was typed: days, models (none for the one that serves), how forecasts learn, who works."""

    first: date | None
    last: date | None
    models: tuple[str, ...]
    seconds: float
    learn_every: int
    history_days: int
    work: Work


def judge_plans(ports: Ports, options: PlansOptions) -> Row:
    """Weeks of plans as a report, which is stored too."""
    track = track_of(ports.factory)
    models = options.models or tuple(dict.fromkeys((serving_model(ports, track.series), OF_KIND)))
    first, last = days_of_plans(ports, track, options)
    request = PlansRequest(first, last, models, options.seconds, HINDSIGHT_TIMES * options.seconds)
    begin, end = days_that_plan(weeks_within(ports.factory, first, last), track)
    asked = BacktestRequest((track,), begin, end, models, 1, options.history_days, options.learn_every)
    settings, work = load_settings(), options.work
    jobs, dask, again = work.jobs, work.dask, work.again
    bench = build_bench(settings, jobs=jobs, dask=dask, again=again, sample=ports.sample)
    with progress_bar("forecasts") as progress:
        test = backtest(asked, ports, bench, progress)
    own = build_plans_bench(settings, jobs=jobs, dask=dask, again=again, sample=ports.sample)
    with progress_bar("plans") as progress:
        planned = backtest_plans(request, ports, test, own, progress)
    about = AboutPlans(test.code, options.learn_every, options.history_days, command_of(request, options))
    body = plans_report(settle(planned, ports.factory), about, ports.factory, (ports.clock(), ports.sample))
    save_plans(ports.store, body)
    return body


def days_of_plans(ports: Ports, track: Track, options: PlansOptions) -> tuple[date, date]:
    """The days asked for, by default the year up to the last one with a price."""
    span = ports.store.span(track.series)
    if span is None:
        raise DataMissing(f"No {track.series} prices are stored.")
    last = options.last or local_date(span.end - timedelta(seconds=1), MARKET_ZONE)
    first = options.first or last - timedelta(days=YEAR - 1)
    if last < first:
        raise UsageError(f"--to {last} is before --from {first}.", "Give the earlier day first.")
    return first, last


def command_of(request: PlansRequest, options: PlansOptions) -> str:
    """The command that plans the same weeks again, whatever day it is."""
    words = ["choco", "backtest", "--plans", "--models", ",".join(request.models)]
    words += ["--from", str(request.first), "--to", str(request.last), "--seconds", f"{request.seconds:g}"]
    words += ["--learn-every", str(options.learn_every), "--history-days", str(options.history_days)]
    return shlex.join(words)


def show_plans(body: Row) -> None:
    """The tables of a report of plans, and its remarks."""
    output.console.print(f"[bold]{plans_heading(body)}[/]", soft_wrap=True)
    if body["weeks"]:
        rows = [[*row[:NARROW], *row[-2:]] for row in arm_rows(body)]
        print_rows((*ARMS[:NARROW], *ARMS[-2:]), rows)
        print_rows(MODELS, saved_rows(body))
        output.console.print("With each calendar month charged once:")
        print_rows(BY_RULE, [saved_cells(row, "months") for row in body["models"]])
        print_rows(SPREADS, spread_rows(body), texts=2)
        print_rows(SOLVER, solver_rows(body))
    for remark in plans_remarks(body):
        output.notes.print(remark, style="dim", markup=False)


def print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> None:
    """A table whose first columns are text."""
    made = output.table("", *heads[:texts], *(f">{head}" for head in heads[texts:]))
    for row in rows:
        made.add_row(*row)
    output.console.print(made)
