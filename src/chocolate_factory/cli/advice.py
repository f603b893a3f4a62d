"""Commands for people without a plan: score."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.cli.judging import span_of
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.backtest import USUAL
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import planning_window
from chocolate_factory.services.advise_hours import advise_hours
from chocolate_factory.services.backtest_forecasts import BacktestRequest, backtest
from chocolate_factory.services.backtest_text import percent, text
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.judge_advice import Wish, learn_advice
from chocolate_factory.services.past_advice import of_told
from chocolate_factory.services.pose_problem import SERIES_OF, market_forecast
from chocolate_factory.wiring import build_adviser, build_bench

Row = dict[str, Any]
LearnOption = Annotated[
    bool,
    typer.Option("--learn", help="Replay past days, learn from them and judge; goes on where it stopped."),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="With --learn: whose forecasts. Default: the one that serves.")
]
FirstOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="With --learn: first day to replay.")
]
LastOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="With --learn: last day. Default: a year in all.")
]
EveryOption = Annotated[int, typer.Option("--every", min=1, max=7, help="With --learn: every n-th day.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, max=256, help="With --learn: processes. Default: one a core.")
]
METHODS = {"rule": "plain rule", "forest": "trees", "last week": "last week"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("score")(score_command)


def score_command(
    learn: LearnOption = False,
    model: ModelOption = None,
    first: FirstOption = None,
    last: LastOption = None,
    every: EveryOption = 2,
    jobs: JobsOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """How good each hour of the coming week is for running, 0 to 100, and how far to trust that."""
    given = model, first, last, jobs
    if not learn and any(one is not None for one in given):
        raise UsageError("--model, --from, --to and --jobs go with --learn only.", "Leave them out.")
    ports = ready_ports()
    if learn:
        learn_from_past(ports, model, (first, last, every), jobs)
    series = SERIES_OF.get(ports.factory.contract.kind)
    window = planning_window(ports.clock(), 7, MARKET_ZONE)
    answer = advise_hours(ports, market_forecast(ports, window) if series else None)
    if as_json:
        output.emit(answer, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    show(answer)


def learn_from_past(
    ports: Ports, model: str | None, days: tuple[str | None, str | None, int], jobs: int | None
) -> None:
    """Replay the forecasts of past days, then learn from them and from the stored ones."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        raise UsageError("The contract fixes the price of every hour.", "There is nothing to learn.")
    name = model or serving_model(ports, series)
    if name not in ports.forecasters:
        raise UsageError(f"--model {name}: not a forecaster.", f"Use one of {', '.join(ports.forecasters)}.")
    tracks = (USUAL[series],)
    begin, end = span_of(ports, tracks, *output.parse_days(days[0], days[1]))
    request = BacktestRequest(tracks, begin, end, (name,), days[2], learn_every=7)
    bench = build_bench(load_settings(), jobs=jobs, dask=None, again=False, sample=ports.sample)
    with progress_bar("replay") as progress:
        test = backtest(request, ports, bench, progress)
    with output.notes.status("learning"):
        learn_advice(ports, Wish(series, name), of_told(test.told, name), build_adviser())


def show(answer: Row) -> None:
    """The grade of each hour by day, the best hour of each, and the skill."""
    source = f"forecast of {answer['series']} by {answer['model']}" if answer["series"] else "contract"
    output.console.print(
        f"[bold]Hourly advice[/] from the {source}; scores by {answer['score_by']}, "
        f"grades by {answer['grade_by']}"
    )
    made = output.table(
        "O optimal, M moderate, R reduced, H halt, by local hour",
        "day",
        "0     6     12    18",
        ">best",
        ">score",
        ">EUR/kWh",
    )
    for cells in day_rows(answer["hours"]):
        made.add_row(*cells)
    output.console.print(made)
    output.notes.print(answer["why"], style="dim", markup=False)
    if answer["skill"] and answer["skill"]["days"]:
        show_skill(answer["skill"])


def day_rows(hours: list[Row]) -> list[list[str]]:
    """A row a local day: a letter an hour, a dot where nothing is told, then the hour that scores highest."""
    days: dict[str, list[Row]] = defaultdict(list)
    for hour in hours:
        days[output.clock(hour["start"], MARKET_ZONE)[:10]].append(hour)
    rows = []
    for day, own in days.items():
        best = max(own, key=lambda hour: float(hour["score"]))
        strip = ["."] * 24
        for hour in own:
            strip[int(hour["start"][11:13])] = str(hour["grade"])[0]
        figures = f"{best['score']:.0f}", f"{best['price_eur_kwh']:.4f}"
        rows.append([day, "".join(strip), best["start"][11:16], *figures])
    return rows


def show_skill(skill: Row) -> None:
    """What the advice was worth on past days."""
    made = output.table(
        f"On {skill['days']} past days, {skill['first']} to {skill['last']}",
        "advice by",
        ">best hours EUR/kWh",
        ">caught",
        ">rank corr.",
        ">grades right",
    )
    for name, title in METHODS.items():
        row = skill["methods"][name]
        cost = text(row["best_hours_eur_kwh"], 4)
        shares = percent(row["captured"]), text(row["rank_correlation"]), percent(row["accuracy"])
        made.add_row(title, cost, *shares)
    output.console.print(made)
    ideal, plain = (text(skill[f"{name}_hours_eur_kwh"], 4) for name in ("cheapest", "all"))
    output.notes.print(
        "The quarter of the hours that scored best really cost that. In hindsight the cheapest quarter cost "
        f"{ideal}, all hours {plain} EUR/kWh. "
        f"p that the trees are no better than the rule: scores {text(skill['score_p'], 3)}, "
        f"grades {text(skill['grade_p'], 3)}.",
        style="dim",
        markup=False,
    )
