"""`choco plan --fleet DIR`: every factory file of a folder planned over processes or a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.data import progress_bar
from chocolate_factory.core.config import Settings, load_settings
from chocolate_factory.core.errors import UsageError
from chocolate_factory.core.logging import configure
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.make_plan import PlanRequest
from chocolate_factory.services.plan_fleet import plan_fleet, planned_row, worst_exit
from chocolate_factory.wiring import fleet_ports, fleet_runner

Row = dict[str, Any]


@dataclass(frozen=True)
class Fleet:
    """What every worker needs: settings of the main site and what is asked of each plant."""

    settings: Settings
    request: PlanRequest
    sample: bool


def plan_one(fleet: Fleet, path: Path) -> Row:
    """Plan the plant of one factory file, wherever this runs; logs go to stderr in new processes too."""
    configure(fleet.settings.log_format, fleet.settings.log_level)
    ports = partial(fleet_ports, fleet.settings, path, sample=fleet.sample)
    return planned_row(path.stem, ports, fleet.request)


def show_fleet(
    main: Ports, folder: Path, request: PlanRequest, workers: tuple[int | None, str | None], as_json: bool
) -> None:
    """Plan all plants of a folder and print a row for each; exits with the code of the worst.

    `workers` are the number of processes (None: one a core) and the address of a Dask scheduler.
    """
    paths = factory_files(folder)
    fleet = Fleet(load_settings(), request, main.sample)
    with progress_bar("fleet") as progress:
        done = 0

        def report(row: Row) -> None:
            nonlocal done
            done += 1
            progress(done, len(paths), row["plant"])

        rows = fleet_runner(*workers)(plan_one, fleet, paths)
        told = plan_fleet([path.stem for path in paths], rows, report)
    if as_json:
        output.emit({"sample": main.sample, **told}, main.factory.site.timezone)
    else:
        output.warn_sample(main)
        show_table(told)
    if worst_exit(told):
        raise typer.Exit(worst_exit(told))


def factory_files(folder: Path) -> list[Path]:
    """The factory files of a folder, by name."""
    if not folder.is_dir():
        raise UsageError(f"--fleet {folder}: there is no such folder.", "Name a folder of factory files.")
    found = sorted(path.resolve() for path in folder.glob("*.toml") if path.is_file())
    if not found:
        raise UsageError(f"--fleet {folder}: no factory file (*.toml) in it.", "Put one file a plant there.")
    return found


def show_table(told: Row) -> None:
    """A row a plant, then what failed and the sum."""
    made = output.table("Fleet", "plant", ">EUR", ">as ordered", ">saving", ">%", ">gap", ">s", "~error")
    for row in told["plants"]:
        made.add_row(row["plant"], *cells(row))
    total = told["total"]
    sums = (f"{total[key]:.2f}" for key in ("cost_eur", "baseline_eur", "saving_eur"))
    made.add_row(f"{told['planned']} of {len(told['plants'])}", *sums, "", "", "", "")
    output.console.print(made)


def cells(row: Row) -> list[str]:
    """The figures of a plant, or its error."""
    if row["error"] is not None:
        return [""] * 6 + [f"{row['error']['title']}: {row['error']['detail']}"]
    percent = "" if row["saving_percent"] is None else f"{row['saving_percent']:.1f}"
    money = [f"{row[key]:.2f}" for key in ("cost_eur", "baseline_eur", "saving_eur")]
    late = f"{row['late']} late" if row["late"] else ""
    return [*money, percent, f"{100 * row['mip_gap']:.2f} %", f"{row['solve_seconds']:.1f}", late]
