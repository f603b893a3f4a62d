"""Power above the contracted one: what a plan and an invoice are charged, and the cut-off of 2.0TD.

Circular CNMC 3/2020 as amended by BOE-A-2025-2044 (from 2025-04-01; prices BOE-A-2025-5341 and
BOE-A-2025-26348). Above 50 kW contracted in any period (metering types 1-3) every quarter-hour counts:
tepp13 × √Σ(Pd − Pc)²; else (types 4-5) the maximeter: tepp45 × (Pd − Pc) × days. Before: Kp·tep·√Σ(Pd − Pc)²
and 2·tep·(Pd − Pc), the latter prorated on months of 30 days. Billing periods are calendar months.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.problem import ExcessGroup
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window
from chocolate_factory.domain.tariff.calendar import (
    POWER_PERIODS,
    check_tariff,
    local_slots,
    power_periods,
)
from chocolate_factory.domain.tariff.tables import Basis, Figure, Table, basis, lookup
from chocolate_factory.domain.tariff.tables_access import POWER_TOLLS
from chocolate_factory.domain.tariff.tables_billing import ELECTRICITY_TAX
from chocolate_factory.domain.tariff.tables_supply import EXCESS_MAXIMETER, EXCESS_OLD, EXCESS_QUARTERS

NEW_RULE = date(2025, 4, 1)
QUARTERS_ABOVE_KW = 50.0
CUT_OFF_TARIFF = "2.0TD"


@dataclass(frozen=True)
class ExcessPrice:
    """Price of one kW of charged excess per period, EUR before tax, for a calendar month.

    `eur_kw` multiplies the root of the sum of squares (`quarters`) or the maximeter's excess. It is the
    published `unit_price`, for metering types 4-5 × `days` ÷ `unit_days`; `days` is None where none count.
    """

    quarters: bool
    eur_kw: tuple[float, ...]
    unit_price: tuple[float, ...]
    days: int | None
    assumption: str | None
    unit_days: int = 1
    basis: Basis | None = None


@dataclass(frozen=True)
class ExcessLine:
    """The tariff's own excess charge of one period and month with its intermediate values.

    `highest_kw` is the load's maximum, `over_count` the quarter-hours above the contract, `sum_squares` of
    their excess (kW²), `charged_kw` its root or the maximeter's excess. `price` is None without excess.
    """

    name: str
    period: int
    month: date
    contracted_kw: float
    highest_kw: float
    over_count: float
    sum_squares: float
    charged_kw: float = 0.0
    price: ExcessPrice | None = None
    eur: float = 0.0

    @property
    def over_kw(self) -> float:
        """The highest excess, kW."""
        return max(0.0, self.highest_kw - self.contracted_kw)

    def to_json(self) -> dict[str, object]:
        """Plain values: `eur` = `charged_kw` × `eur_kw`.

        `eur_kw` = `unit_price`, where there are days × `days` ÷ `unit_days`.
        """
        price = self.price
        return {
            "name": self.name,
            "period": f"P{self.period}",
            "contracted_kw": self.contracted_kw,
            "highest_kw": self.highest_kw,
            "over_kw": self.over_kw,
            "quarters_over": self.over_count,
            "sum_squares_kw2": self.sum_squares,
            "charged_kw": self.charged_kw,
            "unit_price": price.unit_price[self.period - 1] if price else None,
            "days": price.days if price else None,
            "unit_days": price.unit_days if price else None,
            "eur_kw": price.eur_kw[self.period - 1] if price else None,
            "eur": self.eur,
        }


@dataclass(frozen=True, eq=False)
class SlotGroup:
    """The slots of one period in one calendar month."""

    period: int
    first: date
    slots: IntArray

    @property
    def name(self) -> str:
        """`P1 2026-03`."""
        return f"P{self.period} {self.first:%Y-%m}"


def contracted_kw(contract: Contract) -> FloatArray:
    """Contracted power by power period, or Misconfigured when their number does not fit the tariff."""
    check_tariff(contract.access_tariff)
    wanted = POWER_PERIODS[contract.access_tariff]
    if len(contract.contracted_power_kw) != wanted:
        raise Misconfigured(
            f"contract.contracted_power_kw: {contract.access_tariff} needs {wanted} values, "
            f"there are {len(contract.contracted_power_kw)}."
        )
    return np.array(contract.contracted_power_kw, np.float64)


def contracted_at(contract: Contract, starts: IntArray) -> FloatArray:
    """The power contracted in slots (T,), kW; Misconfigured as `contracted_kw`."""
    return contracted_kw(contract)[power_periods(contract.access_tariff, starts) - 1]


def power_cap_kw(contract: Contract, starts: IntArray) -> FloatArray | None:
    """The contracted power as a hard limit of each slot (T,) for 2.0TD (cut-off by the meter), else None."""
    contracted = contracted_at(contract, starts)
    return contracted if contract.access_tariff == CUT_OFF_TARIFF else None


def excess_price(contract: Contract, day: date, days: int | None = None) -> ExcessPrice:
    """Excess prices of the calendar month of a day, before tax; `days` billed where it is not all of them.

    The published price stands first, then `contract.excess_eur_kw` (EUR per charged kW and month), then the
    last known price as a labelled assumption. Raises DataMissing naming that key where none is there.
    """
    quarters = _quarters(contract)
    given = contract.excess_eur_kw
    try:
        figure, table = _published(contract, quarters, day)
    except DataMissing:
        if given is None:
            raise
        return _given_price(contract, quarters)
    if given is not None and not figure.row.covers(day):
        return _given_price(contract, quarters)
    billed = monthrange(day.year, day.month)[1] if days is None else days
    price = _regulated_price(contract, figure, (table, day), billed)
    return replace(price, basis=basis([figure]))


def _regulated_price(contract: Contract, figure: Figure, of: tuple[Table, date], days: int) -> ExcessPrice:
    table, day = of
    if table is EXCESS_QUARTERS[contract.access_tariff]:
        return ExcessPrice(True, figure.values, figure.values, None, figure.assumption)
    if table is EXCESS_MAXIMETER[contract.access_tariff]:
        total = tuple(value * days for value in figure.values)
        return ExcessPrice(False, total, figure.values, days, figure.assumption)
    if not _quarters(contract):
        unit = (2 * figure.values[0],) * 6
        total = tuple(price * days / 30 for price in unit)
        return ExcessPrice(False, total, unit, days, figure.assumption, unit_days=30)
    tolls = lookup(POWER_TOLLS[contract.access_tariff], day).values
    price = tuple(figure.values[0] * toll / tolls[0] for toll in tolls)
    return ExcessPrice(True, price, price, None, figure.assumption)


def excess_groups(
    contract: Contract, window: Window, minutes: int, already: Mapping[str, float]
) -> tuple[ExcessGroup, ...]:
    """One group per power period and local calendar month of the window; none for 2.0TD.

    Charged by the tariff's own rule, the rate is EUR per charged kW with the electricity tax of the group's
    last slot. `already` maps group names ("P1 2026-03") to the kW the month has been charged for before.
    """
    contracted = contracted_kw(contract)
    if contract.access_tariff == CUT_OFF_TARIFF:
        return ()
    starts = window.starts(minutes)
    local = local_slots(starts)
    groups = []
    for group in slot_groups(contract.access_tariff, starts):
        price = excess_price(contract, group.first)
        day = date.fromordinal(int(local.day[group.slots[-1]]))
        tax = lookup(ELECTRICITY_TAX, day).values[0] / 100
        groups.append(
            ExcessGroup(
                name=group.name,
                slots=group.slots,
                contracted_kw=float(contracted[group.period - 1]),
                rate_eur_kw=price.eur_kw[group.period - 1] * (1 + tax),
                already_kw=max(0.0, already.get(group.name, 0.0)),
                quarters=price.quarters,
                minutes=minutes,
            )
        )
    return tuple(groups)


def charged_excess_kw(contract: Contract, starts: IntArray, load_kw: FloatArray) -> dict[str, float]:
    """What a load is charged for by group name, kW: what `excess_groups` takes as `already`.

    `starts` and `load_kw` (T,) are the slots already run in the month; only groups with an excess are named.
    """
    lines = excess_invoice(contract, starts, load_kw)
    return {line.name: line.charged_kw for line in lines if line.charged_kw > 0}


def excess_invoice(
    contract: Contract,
    starts: IntArray,
    load_kw: FloatArray,
    minutes: int = 15,
    days: int | None = None,
) -> tuple[ExcessLine, ...]:
    """The tariff's own excess charge of a load per period and local month, EUR before tax; none for 2.0TD.

    `starts` (epoch seconds) and `load_kw` have the shape (T,). An hourly load (`minutes` = 60) counts as four
    equal quarter-hours. `days` are those billed, by default whole months. A price is looked up only where
    there is an excess; see `excess_price` for errors.
    """
    lines = []
    for line in _measured(contract, starts, load_kw, minutes):
        if line.over_kw > 0:
            price = excess_price(contract, line.month, days)
            charged = math.sqrt(line.sum_squares) if price.quarters else line.over_kw
            eur = charged * price.eur_kw[line.period - 1]
            lines.append(replace(line, charged_kw=charged, price=price, eur=eur))
        else:
            lines.append(line)
    return tuple(lines)


def _quarters(contract: Contract) -> bool:
    """Whether every quarter-hour counts (metering types 1-3)."""
    return bool(np.any(contracted_kw(contract) > QUARTERS_ABOVE_KW))


def _published(contract: Contract, quarters: bool, day: date) -> tuple[Figure, Table]:
    if day < NEW_RULE:
        table = EXCESS_OLD[contract.access_tariff]
    else:
        table = (EXCESS_QUARTERS if quarters else EXCESS_MAXIMETER)[contract.access_tariff]
    return lookup(table, day), table


def _given_price(contract: Contract, quarters: bool) -> ExcessPrice:
    """The price of `contract.excess_eur_kw`, or Misconfigured when it has not one value per period."""
    values = contract.excess_eur_kw or ()
    wanted = POWER_PERIODS[contract.access_tariff]
    if len(values) != wanted:
        raise Misconfigured(f"contract.excess_eur_kw: {wanted} values are needed, there are {len(values)}.")
    note = "The price of excess power is contract.excess_eur_kw: no published one is known for the month."
    return ExcessPrice(quarters, values, values, None, note)


def slot_groups(tariff: str, starts: IntArray) -> Iterator[SlotGroup]:
    """Slots by calendar month and period, in that order, empty ones left out."""
    months, periods = local_slots(starts).month, power_periods(tariff, starts)
    for month in np.unique(months):
        for period in np.unique(periods[months == month]):
            slots = np.flatnonzero((months == month) & (periods == period)).astype(np.int64)
            yield SlotGroup(int(period), date(1970 + int(month) // 12, int(month) % 12 + 1, 1), slots)


def _measured(
    contract: Contract, starts: IntArray, load_kw: FloatArray, minutes: int
) -> tuple[ExcessLine, ...]:
    """Per period and month what the meter saw, without prices."""
    contracted = contracted_kw(contract)
    if contract.access_tariff == CUT_OFF_TARIFF:
        return ()
    lines = []
    for group in slot_groups(contract.access_tariff, starts):
        load, limit = load_kw[group.slots], float(contracted[group.period - 1])
        over = load[load > limit] - limit
        lines.append(
            ExcessLine(
                name=group.name,
                period=group.period,
                month=group.first,
                contracted_kw=limit,
                highest_kw=float(np.max(load)),
                over_count=len(over) * minutes / 15,
                sum_squares=float(np.sum(over**2)) * minutes / 15,
            )
        )
    return tuple(lines)
