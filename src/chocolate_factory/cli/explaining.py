"""Commands on a plan that stands: why; and the side-by-side table of `choco plan --what-if`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.run_moves import RULES
from chocolate_factory.services.explain_run import ANSWER_SECONDS, Question, explain_batch, explain_start
from chocolate_factory.services.what_if import ARM_SECONDS, Wish, shadow_values, what_if
from chocolate_factory.wiring import choose

Row = dict[str, Any]
BatchName = Annotated[
    str | None, typer.Argument(metavar="BATCH", help="A batch of the plan, e.g. standard-2026-03-11-1.")
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="What if it started then? HH:MM is on the day of its start."),
]
Step = Annotated[
    str, typer.Option("--step", help="With --at: which step, by process or number. Default: the first.")
]
PlanId = Annotated[str | None, typer.Option("--id", metavar="ID", help="A stored plan. Default: the newest.")]
Values = Annotated[
    bool, typer.Option("--values", help="What more machines, longer shifts and 10 kW would be worth.")
]
Seconds = Annotated[
    float | None,
    typer.Option("--time-limit", metavar="SECONDS", help="Seconds of solving a side, with --at or --values."),
]
MOVES = {
    "hour_earlier": "an hour earlier",
    "hour_later": "an hour later",
    "cheapest": "to its cheapest start",
    "best": "to the best start left open",
}
SIDES = (
    ("cost", "cost_eur", "EUR", 2),
    ("  of it excess power", "excess_power_eur", "EUR", 2),
    ("fixed terms of these days", "fixed_eur", "EUR", 2),
    ("cost and fixed terms", "total_eur", "EUR", 2),
    ("as ordered", "baseline_eur", "EUR", 2),
    ("energy", "energy_kwh", "kWh", 0),
    ("highest load", "highest_kw", "kW", 1),
)
LOTS = {"assumed_stock": "assumed in stock", "left_for_later": "left for later", "late": "late"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("why")(why_command)


def why_command(
    batch: BatchName = None,
    at: At = None,
    step: Step = "",
    plan_id: PlanId = None,
    values: Values = False,
    seconds: Seconds = None,
    as_json: output.JsonOption = False,
) -> None:
    """Why a batch runs when it does, what moving it costs, and which rule forbids cheaper times."""
    check_limit(seconds)
    if values == (batch is not None) or (at is None and step):
        raise UsageError(
            "Ask for one batch, or for --values; --step goes with --at.",
            "E.g. `choco why standard-2026-03-11-1`.",
        )
    ports = choose(load_settings())
    zone = ports.factory.site.timezone
    if batch is None:
        show_values(ports, plan_id, seconds, as_json)
        return
    body = explain_batch(ports, batch, plan_id)
    if at is not None:
        question = Question(batch, moment_of(at, body, zone), step, plan_id, seconds or ANSWER_SECONDS)
        with output.notes.status("planning with the run held there"):
            body = explain_start(ports, question)
    if as_json:
        output.emit(body, zone)
        return
    output.warn_sample(ports)
    show_head(body, zone)
    (show_runs if at is None else show_start)(body, zone)


def check_limit(seconds: float | None) -> None:
    """Seconds that can be asked for."""
    if seconds is not None and not 1 <= seconds <= 600:
        raise UsageError(f"--time-limit {seconds:g} is out of range.", "Give 1 to 600 seconds.")


def moment_of(text: str, body: Row, zone: str) -> datetime:
    """The moment of `--at`; a time of day is that of the day on which the batch starts."""
    if len(text) == 5 and text[2] == ":":
        text = f"{body['runs'][0]['start'][:10]}T{text}"
    return output.parse_moment(text, zone)


def show_head(body: Row, zone: str) -> None:
    """Which batch of which plan."""
    output.console.print(
        f"[bold]{body['batch']}[/] due {output.clock(body['due'], zone)}, plan {body['plan']}: "
        f"{body['plan_cost_eur']:.2f} EUR, proven within {body['plan_gap_eur']:.2f} EUR of the optimum"
    )
    if abs(body["recount_differs_eur"]) > 0.005:
        output.notes.print(
            f"Recounted now the plan costs {body['recount_differs_eur']:+.2f} EUR more than it said: "
            "what it was made from has changed since.",
            style="yellow",
        )


def show_runs(body: Row, zone: str) -> None:
    """Each run with its reason and its moves."""
    for run in body["runs"]:
        begin, end = output.clock(run["start"], zone), output.clock(run["end"], zone)[-5:]
        output.console.print(f"\n[bold]{run['process']}[/] on {run['machine']}, {begin}-{end}")
        output.console.print(f"  {run['why']}")
        for name, words in MOVES.items():
            output.console.print(f"  {words}{move_text(run['moves'][name], run['start'], zone)}")
    output.notes.print("\nMoves: the other batches stay; differences in EUR of the whole plan.", style="dim")
    named = {rule for run in body["runs"] for rule in run["binding"]}
    named |= {move["rule"] for run in body["runs"] for move in run["moves"].values() if move["rule"]}
    for rule in [rule for rule in RULES if rule in named]:
        output.notes.print(f"{rule}: {RULES[rule]}", style="dim")


def move_text(move: Row, present: str, zone: str) -> str:
    """`, Tue 10 Mar 21:00: +1.20 EUR`"""
    at = f", {output.clock(move['start'], zone)}" if move["start"] else ""
    if move["start"] is None and move["rule"] is None:
        return ": there is none"
    if move["start"] == present:
        return f"{at}: that is where it stands"
    if move["rule"] or move["difference_eur"] is None:
        return f"{at}: forbidden by {move['rule'] or 'several rules'}"
    along = f", {' and '.join(move['moves_along'])} with it" if move["moves_along"] else ""
    return f"{at}: {move['difference_eur']:+.2f} EUR{along}"


def show_start(body: Row, zone: str) -> None:
    """What holding the run there does."""
    asked, planned = (output.clock(body[key], zone) for key in ("asked_start", "planned_start"))
    output.console.print(f"{body['process']} at {asked} instead of {planned}:")
    alone = move_text(body["alone"], body["planned_start"], zone).partition(": ")[2]
    output.console.print(f"  the other batches staying: {alone}")
    forced = body["forced"]
    if forced is None:
        output.console.print(f"  [bold]{body['forbidden']['message']}[/]")
        for conflict in body["forbidden"]["conflicts"]:
            due = conflict["due"]
            output.console.print(
                f"  then {conflict['batches']} of {conflict['product']} due {due} cannot be made"
            )
        return
    output.console.print(
        f"  all batches free to move: [bold]{forced['difference_eur']:+.2f} EUR[/] "
        f"({forced['cost_eur']:.2f} EUR, {forced['batches_moved']} batches elsewhere, "
        f"{forced['solve_seconds']:.0f} s)"
    )
    if forced["within_gap"]:
        text = f"within the gap: proven only to {forced['gap_eur']:.2f} EUR, so it may cost nothing at all"
    else:
        text = f"proven: at least {forced['least_eur']:.2f} EUR more than the plan"
    output.console.print(f"  {text}")


def show_values(ports: Ports, plan_id: str | None, seconds: float | None, as_json: bool) -> None:
    """What a little more of each thing is worth."""
    zone, rows = ports.factory.site.timezone, []
    with output.notes.status("planning") as status:
        for row in shadow_values(ports, plan_id, seconds or ARM_SECONDS):
            rows.append(row)
            status.update(f"{row['name']}: done")
    if as_json:
        output.emit({"sample": ports.sample, "currency": "EUR", "values": rows}, zone)
        return
    output.warn_sample(ports)
    made = output.table("", "one more of", ">saves EUR", ">at least", ">at most", ">EUR/h")
    for row in rows:
        if row["failed"]:
            output.notes.print(f"{row['name']}: {row['failed']}", markup=False)
            continue
        keys = ("saves_eur", "at_least_eur", "at_most_eur", "saves_eur_per_hour")
        made.add_row(row["name"], *("" if row[key] is None else f"{row[key]:.2f}" for key in keys))
    output.console.print(made)
    output.notes.print(
        "For the window, fixed terms of its days included, each solved again for the same time; EUR/h: per "
        "staffed hour. Where at least is 0 or less, the value is within the gap.",
        style="dim",
    )


def show_what_if(ports: Ports, words: list[str], limit: float | None, as_json: bool) -> None:
    """The plan in force beside the changed one."""
    check_limit(limit)
    zone = ports.factory.site.timezone
    with output.notes.status("planning both sides"):
        body = what_if(ports, Wish(tuple(words), seconds=limit or ARM_SECONDS))
    if as_json:
        output.emit(body, zone)
        return
    output.warn_sample(ports)
    output.console.print(f"[bold]What if[/] {', '.join(body['changes'])}? Beside plan {body['plan']}")
    output.console.print(
        f"The plan says {body['plan_cost_eur']:.2f} EUR; both sides are solved now, for the same time"
    )
    made = output.table("", "", ">present", ">what if", ">difference")
    present, other = body["present"], body["what_if"]
    for name, key, unit, digits in SIDES:
        cells = [f"{side[key]:.{digits}f}" for side in (present, other)]
        made.add_row(f"{name}, {unit}", *cells, f"{other[key] - present[key]:+.{digits}f}")
    made.add_row(
        "saves against as ordered, EUR", *(f"{s['saving']['eur']:.2f}" for s in (present, other)), ""
    )
    made.add_row("proven gap, %", *(f"{100 * s['mip_gap']:.2f}" for s in (present, other)), "")
    made.add_row("batches", *(str(s["batches"]) for s in (present, other)), "")
    output.console.print(made)
    show_difference(body, zone)


def show_difference(body: Row, zone: str) -> None:
    """What is proven of the difference, or that the work is not the same; what moved and what is not made."""
    gap, runs = body["difference"], body["runs"]
    if body["same_batches"]:
        span = f"between {gap['least_eur']:+.2f} and {gap['most_eur']:+.2f} EUR"
        proven = "within the gap, it may be none" if gap["within_gap"] else "it is proven that there is one"
        output.console.print(f"The true difference of cost lies {span}: {proven}.")
    else:
        less = body["present"]["batches"] - body["what_if"]["batches"]
        told = f"{abs(less)} batches {'fewer' if less > 0 else 'more'}" if less else "other batches"
        output.console.print(f"It makes {told}: the costs are not those of the same work.")
    kinds = ", ".join(f"{count} {kind}" for kind, count in runs.items() if count)
    output.console.print(f"Runs: {kinds or 'none'}. Nothing was stored.")
    for side, words in (("present", "present"), ("what_if", "what if")):
        for key, told in LOTS.items():
            for row in body[side][key]:
                due = output.clock(row["due"], zone)
                output.console.print(f"{words}: {row['batches']} of {row['product']} due {due} {told}")
    for sentence in body["assumptions"]:
        output.notes.print(f"Assumed: {sentence}", style="dim", markup=False)
