"""Commands on files and stores: import, store copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.core.config import load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.services.copy_store import copy_store
from chocolate_factory.services.import_co2 import import_co2
from chocolate_factory.services.import_gas import import_gas
from chocolate_factory.services.import_prices import import_prices
from chocolate_factory.services.import_siar import SiarReport, import_siar
from chocolate_factory.wiring import build, open_store

KINDS = "siar, prices, gas or co2"
DATED = {"gas": import_gas, "co2": import_co2}
STORE_KINDS = ("sqlite", "influx")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_command)
    store = typer.Typer(help="Move the store.", no_args_is_help=True, rich_markup_mode=None)
    store.callback()(store_commands)
    store.command("copy")(copy_command)
    app.add_typer(store, name="store")


def store_commands() -> None:
    """Move the store."""


def import_command(
    what: Annotated[str, typer.Argument(help=f"What the files hold: {KINDS}.", metavar="KIND")],
    paths: Annotated[list[Path], typer.Argument(help="Files; prices, gas and co2 plain or .gz.")],
    series: Annotated[str, typer.Option("--series", help="For prices: spot or pvpc.")] = "spot",
    as_json: output.JsonOption = False,
) -> None:
    """Load files: SIAR's daily CSV, prices `datetime_utc,price_eur_mwh`, gas `delivery_date,price_eur_mwh`,
    carbon intensity (co2) `datetime_utc,g_kwh`.

    Nothing is stored if a file is wrong.
    """
    if what not in {"siar", "prices", *DATED}:
        raise UsageError(f"import {what}: not known.", f"Use `choco import {KINDS} FILE…`.")
    if series not in PRICE_SERIES:
        raise UsageError(f"--series {series}: not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    ports = build(load_settings())
    if what == "siar":
        show_siar(import_siar(paths, ports.store, ports.clock()), as_json, ports.factory.site.timezone)
        return
    if what in DATED:
        report = DATED[what](paths, ports.store, ports.clock())
        series = str(report["series"])
    else:
        report = import_prices(paths, series, ports.store, ports.clock())
    if as_json:
        output.emit(report, ports.factory.site.timezone)
    else:
        output.console.print(f"{report['changed']} rows of {series} changed, {report['rows']} read.")


def show_siar(report: SiarReport, as_json: bool, zone: str) -> None:
    """Days, holes and refused rows of each station."""
    told: dict[str, Any] = report.to_json()
    if as_json:
        output.emit(told, zone)
        return
    made = output.table("SIAR", "station", "first", "last", ">days", ">missing", ">no temperature")
    for name, station in report.stations.items():
        missing = str(sum(run.days for run in station.missing))
        without = str(station.without_temperature)
        made.add_row(name, str(station.first), str(station.last), str(station.days), missing, without)
    output.console.print(made)
    for name, station in report.stations.items():
        for run in station.missing:
            output.console.print(f"{name} missing {run.first} to {run.last} ({run.days} days)")
    for row in report.refused:
        output.notes.print(
            f"{row.file} line {row.line}: {row.day} refused, {row.reason}", style="yellow", markup=False
        )
    output.console.print(f"{report.files} files, {report.rows} rows read, {report.changed} values changed.")


def copy_command(
    to: Annotated[str, typer.Option("--to", help="Kind of store to copy to: sqlite or influx.")],
    as_json: output.JsonOption = False,
) -> None:
    """Copy the whole store to the other kind, verified by counts and checksums; run it again to resume."""
    if to not in STORE_KINDS:
        raise UsageError(f"--to {to}: not a store.", f"Use one of {', '.join(STORE_KINDS)}.")
    settings = load_settings()
    origin = next(kind for kind in STORE_KINDS if kind != to)
    settings.state.mkdir(parents=True, exist_ok=True)
    source, target = (open_store(settings, kind, settings.state) for kind in (origin, to))
    with progress_bar("copy") as progress:
        report = copy_store(source, target, progress)
    if as_json:
        output.emit(report.to_json(), "UTC")
    else:
        parts = [*report.series, *report.records]
        made = output.table("Copied and verified", "what", ">rows", ">copied now", "checksum")
        for part in parts:
            made.add_row(part.name, str(part.rows), str(part.copied), part.checksum[:12])
        output.console.print(made)
        output.console.print(f"Set CHOCO_STORE={to} to use it; the {origin} store stays as it is.")
