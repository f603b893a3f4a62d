"""The best contracted powers for a year of load, beside the present ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.site_load import SiteLoad
from chocolate_factory.domain.slots import Window, local_date, moment
from chocolate_factory.domain.tariff.best_power import YearLoad, choices
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.excess import CUT_OFF_TARIFF, QUARTERS_ABOVE_KW
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.domain.tariff.power_cost import yearly_cost
from chocolate_factory.services.planned_load import planned_load
from chocolate_factory.services.read_load import read_load

Row = dict[str, Any]
MONTHS = 12
STEPS_KW = (0.1, 100.0)
MOST_POWERS = 20_000
TAX_NOTE = (
    "Electricity tax is counted as a percentage of the power term and the excess; VAT is not in it, "
    "nor are the fees of the distributor for changing contracted power."
)
BACK_NOTE = "The powers are the best for the load and the prices of these months; a coming year differs."


@dataclass(frozen=True)
class PowerRequest:
    """The meter's file, or None for the stored plans, and the step of the powers to choose from, kW."""

    profile: Path | None = None
    step_kw: float = 1.0


def choose_power(ports: Ports, request: PowerRequest) -> Row:
    """The answer of `choco bill --optimise-power --json`: present and best powers with their yearly costs.

    The year is the last twelve whole calendar months in a row of the load. Raises DataMissing when there are
    none, or when a regulated price of one of them is not known, UsageError for a wrong file or step.
    """
    if not STEPS_KW[0] <= request.step_kw <= STEPS_KW[1]:
        raise UsageError(f"A step of {request.step_kw:g} kW is out of range.", "Give 0.1 to 100 kW.")
    load = read_load(request.profile, ports.clock()) if request.profile else _planned(ports)
    months = _year(load)
    year = _year_load(load, months)
    contract = ports.factory.contract
    _refuse_too_fine(year, request.step_kw)
    found = choices(contract, year, request.step_kw)
    rows = [_row(replace(contract, contracted_power_kw=choice.power_kw), year) for choice in found]
    present = _row(contract, year)
    notes = [note for row in (present, *rows) for note in row.pop("notes")]
    return {
        "site": ports.factory.site.name,
        "sample": ports.sample,
        "as_of": ports.clock(),
        "currency": "EUR",
        "contract": f"{contract.kind} {contract.access_tariff}",
        "first_month": f"{months[0]:%Y-%m}",
        "last_month": f"{months[-1]:%Y-%m}",
        "load": _load_facts(contract, load, year),
        "step_kw": request.step_kw,
        "present": present,
        "best": rows[0],
        "other_metering": rows[1] if len(rows) > 1 else None,
        "saving_eur": present["total_eur"] - rows[0]["total_eur"] if present["holds_load"] else None,
        "assumptions": list(dict.fromkeys([*load.notes, *notes, TAX_NOTE, BACK_NOTE])),
    }


def _refuse_too_fine(year: YearLoad, step_kw: float) -> None:
    highest = float(np.max(year.kw))
    if highest > MOST_POWERS * step_kw:
        told = f"Steps of {step_kw:g} kW up to {highest:g} kW are too many."
        raise UsageError(told, "Give a larger --step-kw.")


def _load_facts(contract: Contract, load: SiteLoad, year: YearLoad) -> Row:
    return {
        "origin": str(load.origin),
        "source": load.source,
        "resolution_min": load.minutes,
        "energy_kwh": float(np.sum(year.kw)) * year.minutes / 60,
        "highest_kw": _highest(contract, year),
    }


def _planned(ports: Ports) -> SiteLoad:
    """What plans said for the twelve months before the present one."""
    this = local_date(ports.clock(), MARKET_ZONE).replace(day=1)
    first = this.replace(year=this.year - 1)
    load = planned_load(ports, Window(month_window(first).start, month_window(this).start))
    if not len(load.starts):
        raise DataMissing(
            "No stored plan covers the last twelve months.",
            "Give a year of the meter's readings with --kwh-profile FILE.",
        )
    return load


def _year(load: SiteLoad) -> list[date]:
    """The last twelve whole months in a row, or DataMissing naming what is not whole."""
    ends = (local_date(moment(load.starts[row]), MARKET_ZONE).replace(day=1) for row in (0, -1))
    first, last = ends
    months = [first]
    while months[-1] < last:
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    gaps = {month: int(np.isnan(load.power_kw(month_window(month))).sum()) for month in months}
    for end in range(len(months), MONTHS - 1, -1):
        run = months[end - MONTHS : end]
        if not any(gaps[month] for month in run):
            return run
    broken = ", ".join(f"{month:%Y-%m} ({count} slots)" for month, count in gaps.items() if count)
    told = f"missing in {broken}" if broken else f"there are {len(months)}"
    raise DataMissing(
        f"The best power needs twelve whole calendar months of load in a row: {told}.",
        "Give a year of the meter's readings with --kwh-profile FILE.",
    )


def _year_load(load: SiteLoad, months: list[date]) -> YearLoad:
    window = Window(month_window(months[0]).start, month_window(months[-1]).end)
    return YearLoad(window.starts(load.minutes), load.power_kw(window), load.minutes)


def _highest(contract: Contract, year: YearLoad) -> list[float]:
    """Highest load of each power period, kW."""
    periods = power_periods(contract.access_tariff, year.starts)
    return [float(np.max(year.kw[periods == period])) for period in np.unique(periods)]


def _row(contract: Contract, year: YearLoad) -> Row:
    """Powers with their yearly cost, recounted as the invoices would charge it."""
    cost = yearly_cost(contract, year)
    cut_off = contract.access_tariff == CUT_OFF_TARIFF
    highest, powers = _highest(contract, year), contract.contracted_power_kw
    above = max(powers) > QUARTERS_ABOVE_KW
    return {
        "power_kw": list(powers),
        "metering": "cut-off" if cut_off else "types 1-3" if above else "types 4-5",
        "holds_load": not cut_off or all(kw <= power for kw, power in zip(highest, powers, strict=True)),
        "power_eur": list(cost.power_eur),
        "excess_eur": list(cost.excess_eur),
        "tax_eur": cost.tax_eur,
        "total_eur": cost.total_eur,
        "notes": cost.assumptions,
    }
