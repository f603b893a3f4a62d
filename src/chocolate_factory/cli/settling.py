"""The command on savings: plans settled one by one, or the ledger of weeks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.services.read_ledger import ledger_csv, read_ledger, write_csv
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from chocolate_factory.services.settle_weeks import LedgerRequest, settle_weeks
from chocolate_factory.wiring import choose

Row = dict[str, Any]
Hindsight = Annotated[
    float, typer.Option("--hindsight", metavar="SECONDS", help="Seconds of solving hindsight; 0: none.")
]
Ledger = Annotated[bool, typer.Option("--ledger", help="The savings ledger: whole weeks with their days.")]
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="PATH", help="With --ledger: write the days to a file, too.")
]
Revisions = Annotated[
    bool, typer.Option("--revisions", help="With --ledger: also what corrections changed, and when.")
]
BACK_DAYS = 60


def settle_command(
    first: output.FromOption = None,
    last: output.ToOption = None,
    seconds: Hindsight = 20.0,
    ledger: Ledger = False,
    csv: Csv = None,
    revisions: Revisions = False,
    as_json: output.JsonOption = False,
) -> None:
    """The saving of past plans on the prices that came true; with --ledger by week and day."""
    if not ledger and (csv is not None or revisions):
        raise UsageError("--csv and --revisions belong to the ledger.", "Add --ledger.")
    ports = choose(load_settings())
    begin, end = output.parse_days(first, last)
    window = output.window_of(ports, begin, end, back=BACK_DAYS)
    zone = ports.factory.site.timezone
    if not ledger:
        report = settle_plans(ports, SettleRequest(window, seconds))
    else:
        with output.notes.status("settling weeks"):
            settle_weeks(ports, LedgerRequest(window, seconds))
        report = read_ledger(ports, window, revisions=revisions)
    lines = write_csv(csv, ledger_csv(report)) if csv is not None else None
    if as_json:
        output.emit(report, zone)
    else:
        output.warn_sample(ports)
        (show_ledger if ledger else show_plans)(report, zone)
    if lines is not None:
        output.notes.print(f"Wrote {lines} days to {csv}.", markup=False)


def show_plans(report: Row, zone: str) -> None:
    """Plans one by one, then totals without overlap."""
    if not report["plans"]:
        output.console.print("No plan begins in that time.")
    for row in report["plans"]:
        output.console.print(settled_text(row, zone))
    for status, sums in report["total"].items():
        if sums["plans"]:
            output.console.print(
                f"{status}: {sums['saving_eur']:.2f} EUR{percent_text(sums)} in {sums['plans']} plans "
                "without overlap"
            )


def settled_text(row: Row, zone: str) -> str:
    """A settlement in two lines, or three where something is left out of it."""
    state = row["status"] if row["counted"] else f"{row['status']}, overlaps a counted plan"
    head = f"[bold]{row['plan']}[/] from {output.clock(row['window']['start'], zone)}: {state}"
    money = f"{row['plan_cost_eur']:.2f} EUR, as ordered {row['baseline_cost_eur']:.2f} EUR"
    note = f"\n  {row['left_out']}" if row["left_out"] else ""
    return f"{head}\n  {money}: saved {row['saving_eur']:.2f} EUR{share_text(row)}{note}"


def percent_text(row: Row) -> str:
    """` (4.2 %)`, empty where it is not known."""
    return "" if row["saving_percent"] is None else f" ({row['saving_percent']:.1f} %)"


def share_text(row: Row) -> str:
    """`, 91 to 93 % of what was possible`, from what is proven to what was found; empty where unknown."""
    told = [row[key] for key in ("captured_at_least", "captured_share") if row[key] is not None]
    shares = dict.fromkeys(f"{100 * share:.0f}" for share in told)
    return f", {' to '.join(shares)} % of what was possible" if shares else ""


def show_ledger(report: Row, zone: str) -> None:
    """A table a week, its days as rows, then totals."""
    if not report["weeks"]:
        output.console.print("No plan was in force in that time: there is nothing to settle.")
    for week in report["weeks"]:
        show_week(week, zone)
    for status, sums in report["total"].items():
        if sums["weeks"] and sums["saving_eur"] is not None:
            output.console.print(
                f"[bold]{status}[/]: saved {sums['saving_eur']:.2f} EUR{percent_text(sums)} in "
                f"{sums['weeks']} week{'' if sums['weeks'] == 1 else 's'}{share_text(sums)}"
            )
        if sums["weeks_left_out"]:
            output.console.print(
                f"{status}: {sums['weeks_left_out']} left out, without the same work in all arms"
            )


def show_week(week: Row, zone: str) -> None:
    """The days of a week; `–` where a value is not there."""
    begin, end = (output.clock(week["window"][key], zone) for key in ("start", "end"))
    title = f"Week {begin} to {end}: {week['status']}"
    if week["hours_without_plan"]:
        title += f", {week['hours_without_plan']:g} h without a plan in force"
    made = output.table(
        title, "day", ">as ordered", ">planned", ">run", ">hindsight", ">saved", ">share", ">kWh", ">batches"
    )
    for day in week["days"]:
        made.add_row(
            *cells(day, day["day"] if day["status"] == "settled" else f"{day['day']} {day['status']}")
        )
    made.add_row(*cells(week, "settled"), style="bold")
    output.console.print(made)
    runs = week["runs_reported"] + week["runs_as_planned"]
    told = f"{week['runs_reported']} of {runs} runs reported, the others taken as planned"
    if week["same_work"] is False:
        told += "; the arms differ in batches or energy, so no saving is told"
    output.notes.print(told, style="dim", markup=False)
    for entry in week.get("revisions", []):
        moved = ", ".join(f"{arm} {a:.2f} -> {b:.2f} EUR" for arm, (a, b) in entry["changed"].items())
        output.notes.print(f"{output.clock(entry['at'], zone)}: {entry['day']}, {entry['why']}: {moved}")


def cells(row: Row, name: str) -> list[str]:
    """Money of the arms, saving, share, and kWh and batches of what was carried out."""
    arms = [row["arms"][arm] for arm in ("baseline", "plan", "executed", "hindsight")]
    money = [f"{arm['eur']:.2f}" if arm else "–" for arm in arms]
    saved = "–" if row["saving_eur"] is None else f"{row['saving_eur']:.2f}"
    share = "–" if row["captured_share"] is None else f"{100 * row['captured_share']:.0f} %"
    did = arms[2]
    return [name, *money, saved, share, *([f"{did['kwh']:.0f}", str(did["batches"])] if did else ["–", "–"])]
