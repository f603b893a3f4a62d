"""Commands on decisions: forecast, plan, settle."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.explaining import show_what_if
from chocolate_factory.cli.fleet import show_fleet
from chocolate_factory.cli.settling import settle_command
from chocolate_factory.cli.standing import show_plans, show_standing
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG, PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import PLAN_MINUTES, local_date, planning_window
from chocolate_factory.services.choose_model import serving_model, weights_of
from chocolate_factory.services.choose_world import has_prices
from chocolate_factory.services.export_plan import FORMATS, ExportRequest, check_export, write_export
from chocolate_factory.services.export_view import Choice
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_json, forecast_prices
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.plan_risk import RiskWish
from chocolate_factory.services.read_plans import list_plans, read_plan
from chocolate_factory.services.sync_series import SyncRequest, sync
from chocolate_factory.wiring import choose

Row = dict[str, Any]
LISTED = 50
Series = Annotated[str, typer.Option("--series", help="Series: spot or pvpc.")]
Model = Annotated[str | None, typer.Option("--model", help="Forecaster; default CHOCO_FORECAST__MODEL.")]
Days = Annotated[int, typer.Option("--days", help="Whole days after today to plan, 1 to 14.")]
Late = Annotated[bool, typer.Option("--allow-late", help="Least lateness first instead of failing.")]
Limit = Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help="Seconds of solving.")]
Weight = Annotated[
    float | None,
    typer.Option("--risk", metavar="WEIGHT", help="0 to 1: weight of the dearest tenth of price paths."),
]
PathCount = Annotated[int | None, typer.Option("--paths", metavar="N", help="Price paths to cost plans on.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Freeze nothing of the plan before; any cheaper plan replaces it.")
]
Listed = Annotated[bool, typer.Option("--list", help="The stored plans, newest first, without planning.")]
FleetOption = Annotated[
    Path | None, typer.Option("--fleet", metavar="DIR", help="Plan each *.toml of a folder; docs/plans.md.")
]
Stored = Annotated[bool, typer.Option("--stored", help="The newest stored plan, without planning again.")]
PlanId = Annotated[str | None, typer.Option("--id", metavar="ID", help="A stored plan by its id.")]
To = Annotated[
    tuple[str, Path] | None,
    typer.Option("--export", metavar="FORMAT PATH", help=f"Also write it to a file: {', '.join(FORMATS)}."),
]
Machine = Annotated[str | None, typer.Option("--machine", help="Export only the runs of this machine.")]
Shift = Annotated[
    int | None, typer.Option("--shift", metavar="N", help="Export only runs that touch the N-th shift.")
]
WhatIf = Annotated[
    list[str] | None,
    typer.Option("--what-if", metavar="KEY=VALUE", help="Compare with a change instead; docs/what-if.md."),
]
More = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="With --what-if: further changes.")
]
Language = Annotated[str, typer.Option("--lang", help="Language of the export: en or es.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("forecast")(forecast_command)
    app.command("plan")(plan_command)
    app.command("settle")(settle_command)


def ready_ports() -> Ports:
    """Ports with prices; the sample world is filled on first use."""
    settings = load_settings()
    ports = choose(settings)
    if ports.sample and not has_prices(ports):
        today = local_date(ports.clock(), ports.factory.site.timezone)
        first = today - timedelta(days=settings.sync.history_days)
        sync(
            SyncRequest(first, today + timedelta(days=1), tuple(CATALOG)),
            ports.store,
            ports.sources,
            ports.clock(),
        )
    return ports


def forecast_command(
    series: Series = "spot", model: Model = None, as_json: output.JsonOption = False
) -> None:
    """Prices of the next week with their band; published slots first."""
    ports = ready_ports()
    if series not in PRICE_SERIES:
        raise UsageError(f"--series {series}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    name = model or serving_model(ports, series)
    if name not in ports.forecasters:
        raise UsageError(f"--model {name}: not a forecaster.", f"Use one of {', '.join(ports.forecasters)}.")
    zone = ports.factory.site.timezone
    window = planning_window(ports.clock(), 7, zone)
    request = ForecastRequest(series, window, PLAN_MINUTES)
    weights = weights_of(ports.registry)
    forecast = forecast_prices(request, ports.store, ports.forecasters[name](), ports.clock(), weights)
    body = {**forecast_json(forecast), "sample": ports.sample}
    if as_json:
        output.emit(body, zone)
        return
    output.warn_sample(ports)
    made = output.table(
        f"{series}, EUR/MWh, model {forecast.model}", "day", ">low", ">mean", ">high", ">P10–P90", "slots"
    )
    for cells in daily_rows(body["points"], zone):
        made.add_row(*cells)
    output.console.print(made)


def daily_rows(points: list[Row], zone: str) -> list[list[str]]:
    """A row a local day: lowest, mean, highest price, mean band, where the slots come from."""
    days: dict[str, list[Row]] = defaultdict(list)
    for point in points:
        days[output.clock(point["start"], zone)[:10]].append(point)
    rows = []
    for day, own in days.items():
        price = [p["price_eur_mwh"] for p in own]
        band = [sum(p[key] for p in own) / len(own) for key in ("p10", "p90")]
        origin = ", ".join(sorted({p["origin"] for p in own}))
        mean = sum(price) / len(price)
        rows.append(
            [
                day,
                f"{min(price):.1f}",
                f"{mean:.1f}",
                f"{max(price):.1f}",
                f"{band[0]:.0f} – {band[1]:.0f}",
                origin,
            ]
        )
    return rows


def plan_command(
    more: More = None,
    what_if: WhatIf = None,
    days: Days = 7,
    allow_late: Late = False,
    time_limit: Limit = None,
    risk: Weight = None,
    paths: PathCount = None,
    fresh: Fresh = False,
    fleet: FleetOption = None,
    jobs: output.JobsOption = None,
    dask: output.DaskOption = None,
    listed: Listed = False,
    stored: Stored = False,
    plan_id: PlanId = None,
    export: To = None,
    machine: Machine = None,
    shift: Shift = None,
    language: Language = "en",
    as_json: output.JsonOption = False,
) -> None:
    """Plan every batch of the coming days at least cost; exit 5 with the blocking rules when nothing fits."""
    if time_limit is not None and not 1 <= time_limit <= 3600:
        raise UsageError(f"--time-limit {time_limit:g} is out of range.", "Give 1 to 3600 seconds.")
    if more and not what_if:
        raise UsageError(f"{more[0]!r} is not an option.", "Changes go with --what-if.")
    if listed:
        list_command(as_json)
        return
    if what_if:
        show_what_if(choose(load_settings()), [*what_if, *(more or [])], time_limit, as_json)
        return
    if export is None and (machine is not None or shift is not None):
        raise UsageError("--machine and --shift limit an export.", "Add --export FORMAT PATH.")
    request = PlanRequest(days, allow_late, time_limit, RiskWish(risk, paths), fresh=fresh)
    if fleet is None and (jobs is not None or dask is not None):
        raise UsageError("--jobs and --dask are for a fleet.", "Add --fleet DIR.")
    if fleet is not None:
        if export or stored or plan_id:
            raise UsageError("--fleet plans anew and exports nothing.", "Leave the other options out.")
        show_fleet(ready_ports(), fleet, request, (jobs, dask), as_json)
        return
    again = not (stored or plan_id)
    ports = ready_ports() if again else choose(load_settings())
    zone = ports.factory.site.timezone
    wanted = ExportRequest(export[0], Choice(plan_id, machine, shift, language)) if export else None
    if export and wanted and again:
        check_export(ports.factory, wanted, export[1])
    answer = solved(ports, request) if again else read_plan(ports.store, plan_id)
    written = write_export(ports, renamed(wanted, answer["id"]), export[1]) if export and wanted else None
    if as_json:
        output.emit(answer, zone)
    else:
        output.warn_sample(ports)
        show_plan(answer, zone)
    if export and written:
        output.notes.print(f"Wrote {written.runs} runs to {export[1]}.", markup=False)


def list_command(as_json: bool) -> None:
    """The stored plans: when, why, at what cost, and what became of the one before."""
    ports = choose(load_settings())
    rows, zone = list_plans(ports.store, LISTED), ports.factory.site.timezone
    if as_json:
        output.emit(rows, zone)
        return
    output.warn_sample(ports)
    show_plans(rows, zone)


def renamed(request: ExportRequest, plan_id: str) -> ExportRequest:
    """The same export of a plan whose id is known now."""
    return replace(request, choice=replace(request.choice, plan_id=plan_id))


def solved(ports: Ports, request: PlanRequest) -> Row:
    """A new plan, with the progress of the search on a terminal."""
    with output.notes.status("forecasting prices") as status:

        def progress(seconds: float, best: float, bound: float) -> None:
            share = 100 * (best - bound) / abs(best) if best not in (0, float("inf")) else float("inf")
            status.update(
                f"{seconds:.0f} s: best plan {best:.2f} EUR, at most {share:.1f} % above the optimum"
            )

        return make_plan(ports, request, progress)


def show_plan(answer: Row, zone: str) -> None:
    """The plan for people: totals first, then the runs day by day."""
    saving, base = answer["saving"], answer["baseline"]
    percent = "" if saving["percent"] is None else f" ({saving['percent']:.1f} %)"
    window = [output.clock(answer["window"][key], zone) for key in ("start", "end")]
    origin = origin_text(answer["price_origin"])
    head = f"[bold]Plan {answer['id']}[/]  {window[0]} to {window[1]}, {answer['contract']}"
    output.console.print(head)
    output.console.print(
        f"{answer['cost_eur']:.2f} EUR for {answer['energy_kwh']:.0f} kWh; as ordered "
        f"{base['cost_eur']:.2f} EUR: "
        f"[bold]saves {saving['eur']:.2f} EUR{percent}[/], expected on prices {origin}."
    )
    output.console.print(
        f"At most {100 * answer['mip_gap']:.2f} % above the proven optimum, {answer['solve_seconds']:.0f} s."
    )
    show_risk(answer.get("risk"))
    show_standing(answer)
    for key, words in (
        ("assumed_stock", "assumed in stock"),
        ("left_for_later", "left for later"),
        ("late", "late"),
    ):
        for row in answer[key]:
            output.console.print(
                f"{row['batches']} batches of {row['product']} due {output.clock(row['due'], zone)}: {words}."
            )
    made = output.table("", "when", "machine", "batch", ">kWh", ">EUR")
    for run in answer["runs"]:
        begin, end = (output.clock(run[key], zone) for key in ("start", "end"))
        figures = f"{run['energy_kwh']:.1f}", f"{run['cost_eur']:.2f}"
        made.add_row(
            f"{begin[:6]} {begin[-5:]}-{end[-5:]}",
            f"{run['machine']} {run['unit']}" + (f", {run['mode']}" if "mode" in run else ""),
            run["batch"],
            *figures,
        )
    output.console.print(made)
    if setups := answer.get("setups"):
        energy, cost = (sum(row[key] for row in setups) for key in ("energy_kwh", "cost_eur"))
        output.console.print(f"{len(setups)} setups between products, {energy:.1f} kWh, {cost:.2f} EUR.")
    for sentence in answer["assumptions"]:
        output.notes.print(f"Assumed: {sentence}", style="dim", markup=False)


def show_risk(risk: Row | None) -> None:
    """What the plan may cost and save over the price paths; nothing where there are none."""
    if not risk or risk["p10_eur"] == risk["p90_eur"]:
        return
    saving = risk["saving"]
    output.console.print(
        f"Over {risk['paths']} price paths {risk['p10_eur']:.2f} to {risk['p90_eur']:.2f} EUR, "
        f"saving {saving['p10_eur']:.2f} to {saving['p90_eur']:.2f} EUR; "
        f"the dearest tenth {risk['cvar_eur']:.2f} EUR on average."
    )
    if risk["weight"]:
        output.console.print(
            f"Risk weighs {risk['weight']:g}: {risk['expected_cost_eur']:.2f} EUR expected beside "
            f"{risk['cost_without_risk_eur']:.2f} without; dearest tenth {risk['cvar_eur']:.2f} beside "
            f"{risk['cvar_without_risk_eur']:.2f}. Proven to {100 * risk['gap']:.2f} %."
        )


def origin_text(origin: dict[str, int]) -> str:
    """`31 % published, 69 % forecast`"""
    total = sum(origin.values())
    return ", ".join(f"{100 * count / total:.0f} % {kind}" for kind, count in origin.items() if count)
