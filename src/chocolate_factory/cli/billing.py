"""Commands on money that is owed: the monthly bill, the best contracted powers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.services.choose_power import PowerRequest, choose_power
from chocolate_factory.services.make_bill import BillRequest, make_bill, parse_month
from chocolate_factory.wiring import choose

Row = dict[str, Any]
Month = Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="Calendar month to bill.")]
Optimise = Annotated[
    bool, typer.Option("--optimise-power", help="The best contracted powers for a year of load instead.")
]
Profile = Annotated[
    Path | None,
    typer.Option(
        "--kwh-profile",
        metavar="FILE",
        help="The meter's readings, datetime_utc,kwh[,kvarh], plain or .gz. Default: the stored plans.",
    ),
]
Step = Annotated[
    float, typer.Option("--step-kw", metavar="KW", help="Step of the powers to choose from, 0.1 to 100.")
]
TITLES = {"whole": "Bill", "so_far": "Bill so far, the month has not ended:", "partial": "PARTIAL bill"}
UNSURE = ("estimated", "uncertain")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("bill")(bill_command)


def bill_command(
    month: Month = None,
    optimise_power: Optimise = False,
    profile: Profile = None,
    step_kw: Step = 1.0,
    as_json: output.JsonOption = False,
) -> None:
    """The invoice of a month, every line, or the best contracted powers for a year of load."""
    if optimise_power == (month is not None):
        raise UsageError("One of --month and --optimise-power is needed.", "Give --month YYYY-MM for a bill.")
    ports = choose(load_settings())
    if month is None:
        body = choose_power(ports, PowerRequest(profile, step_kw))
    else:
        body = make_bill(ports, BillRequest(parse_month(month), profile))
    if as_json:
        output.emit(body, ports.factory.site.timezone)
        return
    output.warn_sample(ports)
    (show_power if optimise_power else show_bill)(body)


def show_bill(bill: Row) -> None:
    """The bill for people: lines, total, what it stands on."""
    load = bill["load"]
    output.console.print(
        f"[bold]{TITLES[bill['status']]} {bill['month']}[/]  {bill['site']}, {bill['contract']}, "
        f"{bill['days']} of {bill['days_in_month']} days, {bill['energy_kwh']:.0f} kWh "
        f"{load['origin']} ({load['source']})"
    )
    made = output.table("", "line", "~computation", ">EUR", "~source")
    for line in bill["lines"]:
        mark = f" \\[{line['confidence']}]" if line["confidence"] in UNSURE else ""
        made.add_row(line["name"], line["computation"], f"{line['eur']:.2f}", f"{line['source']}{mark}")
    output.console.print(made)
    each = "" if bill["eur_kwh"] is None else f", {bill['eur_kwh']:.4f} EUR/kWh"
    output.console.print(
        f"Before tax {bill['base_eur']:.2f}, electricity tax {bill['electricity_tax_eur']:.2f}, "
        f"VAT {bill['vat_eur']:.2f}: [bold]{bill['total_eur']:.2f} EUR[/]{each}"
    )
    show_prices(bill)
    for row in bill["missing_days"]:
        output.notes.print(
            f"Not billed: {row['day']}, of {row['slots']} slots {row['slots_without_load']} without load, "
            f"{row['slots_without_price']} without price",
            style="yellow",
            markup=False,
        )
    for sentence in bill["missing"]:
        output.notes.print(f"Left out: {sentence}", style="yellow", markup=False)
    show_assumptions(bill)


def show_prices(bill: Row) -> None:
    """What the prices are, what was corrected, and what another way of settling would change."""
    prices = bill["prices"]
    if prices is not None:
        corrected = sum(row["slots"] for row in prices["corrected"])
        output.console.print(
            f"Prices: {prices['series']} from {', '.join(prices['sources'])}, {prices['slots']} slots, "
            f"{corrected} of them corrected since they were first told."
        )
    if bill["by_hour_eur"] is not None:
        energy = sum(line["exact_eur"] for line in bill["lines"] if line["kind"] == "energy")
        output.console.print(
            f"Market energy is settled by quarter-hour: {energy:.2f} EUR before tax; at the mean price of "
            f"each hour it would be {bill['by_hour_eur']:.2f} EUR. Ask your retailer which it is."
        )


def show_power(body: Row) -> None:
    """Present and best powers side by side."""
    load = body["load"]
    output.console.print(
        f"[bold]Best contracted power[/]  {body['site']}, {body['contract']}, {body['first_month']} to "
        f"{body['last_month']}, {load['energy_kwh']:.0f} kWh {load['origin']} ({load['source']}); exact in "
        f"steps of {body['step_kw']:g} kW"
    )
    columns = {"best": body["best"], "other metering": body["other_metering"], "present": body["present"]}
    told = {name: row for name, row in columns.items() if row is not None}
    made = output.table("", "", *(f">{name}" for name in told))
    for period, highest in enumerate(load["highest_kw"]):
        powers = (f"{row['power_kw'][period]:g}" for row in told.values())
        made.add_row(f"P{period + 1} kW (load to {highest:.1f})", *powers)
    made.add_row("metering", *(row["metering"] for row in told.values()))
    for label, key in (("power term EUR", "power_eur"), ("excess EUR", "excess_eur")):
        made.add_row(label, *(f"{sum(row[key]):.2f}" for row in told.values()))
    made.add_row("electricity tax EUR", *(f"{row['tax_eur']:.2f}" for row in told.values()))
    made.add_row("a year EUR", *(f"{row['total_eur']:.2f}" for row in told.values()))
    output.console.print(made)
    if body["saving_eur"] is None:
        output.notes.print("The present powers do not hold this load: the meter would cut it off.")
    else:
        output.console.print(f"[bold]Saves {body['saving_eur']:.2f} EUR a year[/] before VAT.")
    show_assumptions(body)


def show_assumptions(body: Row) -> None:
    """Every sentence that stands where a fact is missing."""
    for sentence in body["assumptions"]:
        output.notes.print(f"Assumed: {sentence}", style="dim", markup=False)
