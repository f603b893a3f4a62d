"""Commands on what models have learnt: train, models."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.cli.judging import JobsOption, ModelsOption, SeriesOption, models_of
from chocolate_factory.cli.planning import ready_ports
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.choose_model import promote, rollback
from chocolate_factory.services.compare_models import CompareRequest, compare
from chocolate_factory.services.read_models import model_findings, read_models
from chocolate_factory.services.train_models import Training, TrainRequest, train
from chocolate_factory.wiring import build_bench

Row = dict[str, Any]
ACTIONS = ("list", "promote", "rollback")
PINNED = "CHOCO_FORECAST__MODEL names {} and comes before any champion; `auto` lets the champion serve."

CompareOption = Annotated[
    bool, typer.Option("--compare/--no-compare", help="Replay the last 56 days and promote a better model.")
]
ActionArgument = Annotated[str, typer.Argument(metavar="[list|promote|rollback]", help="What to do.")]
ModelArgument = Annotated[str | None, typer.Argument(help="The model to promote.")]
OneSeries = Annotated[str | None, typer.Option("--series", help="spot or pvpc.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="Hold it to this version. Default: the newest sound.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("train")(train_command)
    app.command("models")(models_command)


def train_command(
    series: SeriesOption = None,
    models: ModelsOption = None,
    comparing: CompareOption = True,
    jobs: JobsOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Let models learn what is known now and keep it; exit 3 or more when a champion could not learn."""
    keys = series_of(series)
    ports = ready_ports()
    request = TrainRequest(keys, models_of(models, ports))
    with progress_bar("train") as progress:
        done = train(request, ports, progress)
    for one in done:
        if one.details:
            structlog.get_logger().debug(
                "training failed", model=one.model, series=one.series, details=one.details
            )
    compared = compare_all(ports, done, jobs) if comparing else []
    if as_json:
        body = {"sample": ports.sample, "trained": [one.to_json() for one in done], "compared": compared}
        output.emit(body, ports.factory.site.timezone)
    else:
        output.warn_sample(ports)
        show_trainings(done)
        for row in compared:
            show_comparison(row)
    failed = [one for one in done if one.champion and one.failure]
    if failed:
        raise typer.Exit(failed[0].exit_code)


def compare_all(ports: Ports, done: list[Training], jobs: int | None) -> list[Row]:
    """Compare what learnt with the champion, of each series whose champion did not fail."""
    bench = build_bench(load_settings(), jobs=jobs, dask=None, again=False, sample=ports.sample)
    without = {one.series for one in done if one.champion and one.failure}
    found = []
    with progress_bar("compare") as progress:
        for key in dict.fromkeys(one.series for one in done if one.series not in without):
            able = tuple(one.model for one in done if one.series == key and not one.failure)
            found.append(compare(CompareRequest(key, able), ports, bench, progress))
    return found


def series_of(names: list[str] | None) -> tuple[str, ...]:
    """The series asked for; both by default."""
    for name in names or []:
        if name not in PRICE_SERIES:
            raise UsageError(
                f"--series {name}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}."
            )
    return tuple(dict.fromkeys(names or PRICE_SERIES))


def show_trainings(done: list[Training]) -> None:
    """A row for each, then the failures with their remedies."""
    made = output.table("Trained", "series", "model", ">version", ">seconds", "~remark")
    for one in done:
        number = str(one.version.number) if one.version else "failed"
        told_as = str(one.version.metrics["told_as"]) if one.version else ""
        remark = told_as if told_as != one.model else ""
        name = f"{one.model} (champion)" if one.champion else one.model
        made.add_row(one.series, name, number, f"{one.seconds:.1f}", remark)
    output.console.print(made)
    for one in done:
        if one.failure:
            output.notes.print(f"{one.failure} {one.hint}", style="yellow", markup=False)


def show_comparison(row: Row) -> None:
    """The champion of a series beside the others."""
    head = f"{row['series']}: {row['champion']} beside the others"
    if not row["rivals"]:
        output.console.print(
            f"{row['series']}: no past day of origin since {row['champion']} was chosen by hand."
        )
        return
    made = output.table(head, "model", ">days", ">MAE", ">champion", ">p")
    for one in row["rivals"]:
        cells = (figure(one[key], digits) for key, digits in RIVAL_FIGURES)
        made.add_row(one["model"], str(one["origins"]), *cells)
    output.console.print(made)
    if row["promoted"]:
        output.console.print(f"{row['promoted']} serves {row['series']} from now on.")
    if row["alarm"]:
        output.notes.print(row["alarm"], style="yellow", markup=False)


SHOWN_LEADS = ("D+1", "D+2", "D+7")
RIVAL_FIGURES = (("mae_eur_mwh", 2), ("champion_mae_eur_mwh", 2), ("p", 3))


def figure(value: float | None, digits: int) -> str:
    """A figure, or nothing."""
    return "" if value is None else f"{value:.{digits}f}"


def models_command(
    action: ActionArgument = "list",
    model: ModelArgument = None,
    series: OneSeries = None,
    version: VersionOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """List kept versions and champions; promote a model, or roll back to what served before."""
    if action not in ACTIONS:
        raise UsageError(f"{action!r} is not an action.", f"Use one of {', '.join(ACTIONS)}.")
    if action != "list" and series is None:
        raise UsageError(f"`choco models {action}` needs --series.", "Give --series spot or --series pvpc.")
    if (action == "promote") != (model is not None) or (version is not None and action != "promote"):
        raise UsageError(
            "A model is named to promote it, and only then.", "`choco models promote MODEL --series S`."
        )
    keys = series_of([series] if series else None)
    ports = ready_ports()
    if model is not None:
        promote(ports, keys[0], model, version)
    elif action == "rollback":
        rollback(ports, keys[0])
    body = read_models(ports, keys)
    if as_json:
        output.emit(body, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    show_models(body, ports)


def show_models(body: Row, ports: Ports) -> None:
    """The champion of each series and a row a version."""
    zone = ports.factory.site.timezone
    for row in body["series"]:
        choice, serving = row["champion"], row["serving"]
        number = f"version {serving['version']}" if serving["version"] else "learnt afresh"
        output.console.print(f"[bold]{row['series']}[/]: {serving['model']} serves, {number}", end="")
        output.console.print(f" ({choice['chosen_by']}: {choice['why']})", markup=False)
        made = output.table("", "model", ">version", "learnt", "days", "state", "~remark")
        for name, one in [(m["model"], one) for m in row["models"] for one in m["versions"]]:
            mark = " *" if (name, one["version"]) == (serving["model"], serving["version"]) else ""
            learnt = output.clock(one["learnt_at"], zone) if "learnt_at" in one else ""
            facts = one.get("facts", {})
            days = "" if "days" not in facts else str(facts["days"])
            remark = remark_of(name, one.get("metrics", {}))
            made.add_row(name, f"{one['version']}{mark}", learnt, days, one["state"], remark)
        output.console.print(made)
    if body["pinned"]:
        output.notes.print(PINNED.format(body["pinned"]), style="dim", markup=False)
    for _, state, text, fix in model_findings(ports, tuple(row["series"] for row in body["series"])):
        if state != "ok":
            output.notes.print(f"{text}. {fix}", style="yellow", markup=False)


def remark_of(model: str, metrics: Row) -> str:
    """The error on days it did not see, and how it speaks where that is not its name."""
    unseen = metrics.get("unseen_mae", {})
    told = [f"unseen MAE {name} {unseen[name]:.1f}" for name in SHOWN_LEADS if name in unseen]
    told += [str(metrics["told_as"])] if metrics.get("told_as", model) != model else []
    return ", ".join(told)
