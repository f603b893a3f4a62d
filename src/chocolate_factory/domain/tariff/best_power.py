"""The best contracted powers for a load, exactly on a grid of powers.

The yearly cost is a sum over periods of functions of that period's power alone, so the best powers under
P1 ≤ P2 ≤ … ≤ P6 are a shortest path: the state is the power of the last period. Which excess rule holds
follows from the highest power (metering types 4-5 up to 50 kW, 1-3 above), so both cases are solved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, days_of
from chocolate_factory.domain.tariff.calendar import POWER_PERIODS, power_periods
from chocolate_factory.domain.tariff.excess import (
    CUT_OFF_TARIFF,
    QUARTERS_ABOVE_KW,
    SlotGroup,
    excess_price,
    slot_groups,
)
from chocolate_factory.domain.tariff.fixed import power_lines
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.domain.tariff.tables import lookup
from chocolate_factory.domain.tariff.tables_billing import ELECTRICITY_TAX

SMALL_TARIFF_KW = 15.0
PVPC_KW = 10.0
GRID_DIGITS = 6


@dataclass(frozen=True, eq=False)
class YearLoad:
    """A load in whole local months: slot starts (T,) in epoch seconds, mean power (T,) in kW, slot length."""

    starts: IntArray
    kw: FloatArray
    minutes: int


@dataclass(frozen=True)
class Choice:
    """Powers P1… in kW and what the table says they cost a year, EUR with electricity tax."""

    power_kw: tuple[float, ...]
    quarters: bool
    eur: float


def choices(contract: Contract, load: YearLoad, step_kw: float) -> list[Choice]:
    """The best powers on a grid of `step_kw` under each metering rule, the cheapest first.

    2.0TD: the least powers that hold the load, since the meter cuts off. 3.0TD needs more than 15 kW in a
    period. Raises DataMissing where a regulated price is not known, or where no power of the tariff holds the
    load.
    """
    if contract.access_tariff == CUT_OFF_TARIFF:
        return [_cut_off(contract, load, step_kw)]
    found = [_monotone(contract, load, step_kw, quarters=quarters) for quarters in (False, True)]
    return sorted((choice for choice in found if choice), key=lambda choice: choice.eur)


def cheapest_chain(costs: FloatArray) -> tuple[int, ...]:
    """Columns c1 ≤ c2 ≤ … of a table (rows, columns) whose entries have the least sum; ties go left.

    inf marks what is not allowed; at least one chain must be allowed. Dynamic programming, exact.
    """
    columns = np.arange(costs.shape[1])
    best, back = costs[0], []
    for row in costs[1:]:
        least = np.minimum.accumulate(best)
        fresh = best < np.concatenate(([np.inf], least[:-1]))
        back.append(np.maximum.accumulate(np.where(fresh, columns, 0)))
        best = least + row
    chain = [int(np.argmin(best))]
    for came_from in reversed(back):
        chain.append(int(came_from[chain[-1]]))
    return tuple(reversed(chain))


def cost_table(contract: Contract, load: YearLoad, grid: FloatArray, *, quarters: bool) -> FloatArray:
    """Power term and excess of each period (P) at each power of a grid (K), EUR with electricity tax.

    `quarters` chooses the excess rule; on 2.0TD there is none. Shape (P, K). The formulas are those of
    `power_lines` and `excess_invoice`, month by month.
    """
    periods = POWER_PERIODS[contract.access_tariff]
    table = np.zeros((periods, len(grid)))
    for first, groups in _months(contract, load):
        tax = 1 + electricity_tax(first)
        table += tax * np.outer(power_price(contract, first), grid)
        if contract.access_tariff == CUT_OFF_TARIFF:
            continue
        metered = replace(contract, contracted_power_kw=(QUARTERS_ABOVE_KW + quarters,) * periods)
        rate = excess_price(metered, first).eur_kw
        for group in groups:
            charged = _charged_kw(load.kw[group.slots], load.minutes, grid, quarters=quarters)
            table[group.period - 1] += tax * rate[group.period - 1] * charged
    return table


def power_price(contract: Contract, month: date) -> FloatArray:
    """Price of one contracted kW of each power period over a month, EUR before tax, shape (P,)."""
    periods = POWER_PERIODS[contract.access_tariff]
    days = dict.fromkeys(days_of(month_window(month), MARKET_ZONE), Decimal(1))
    prices = np.zeros(periods)
    for line in power_lines(replace(contract, contracted_power_kw=(1.0,) * periods), days, []):
        prices[0 if line.kind == "retail_margin" else int(line.name[-1]) - 1] += float(line.exact)
    return prices


def electricity_tax(month: date) -> float:
    """Electricity tax of a month's last day as a fraction, without its minimum."""
    last = days_of(month_window(month), MARKET_ZONE)[-1]
    return lookup(ELECTRICITY_TAX, last).values[0] / 100


def _months(contract: Contract, load: YearLoad) -> Iterator[tuple[date, list[SlotGroup]]]:
    """The months of a load with their groups of slots by period."""
    months: dict[date, list[SlotGroup]] = {}
    for group in slot_groups(contract.access_tariff, load.starts):
        months.setdefault(group.first, []).append(group)
    yield from months.items()


def _charged_kw(kw: FloatArray, minutes: int, grid: FloatArray, *, quarters: bool) -> FloatArray:
    """Charged excess at each power of the grid (K,): the highest, or the root of the sum of squares."""
    ordered = np.sort(kw)
    charged = np.maximum(0.0, float(ordered[-1]) - grid)
    if not quarters:
        return charged
    for column, above in enumerate(np.searchsorted(ordered, grid, side="right")):
        over = ordered[above:] - grid[column]
        charged[column] = math.sqrt(float(over @ over) * minutes / 15)
    return charged


def _grid(top_kw: float, step_kw: float) -> FloatArray:
    """Multiples of the step up to the first at or above `top_kw`."""
    count = max(1, math.ceil(round(top_kw / step_kw, GRID_DIGITS)))
    return np.round(step_kw * np.arange(1, count + 1), GRID_DIGITS)


def _monotone(contract: Contract, load: YearLoad, step_kw: float, *, quarters: bool) -> Choice | None:
    """The best chain under one excess rule; None where the grid has no power of that rule."""
    least = SMALL_TARIFF_KW if contract.access_tariff == "3.0TD" else 0.0
    above = QUARTERS_ABOVE_KW if quarters else least
    grid = _grid(max(float(np.max(load.kw)), above + step_kw), step_kw)
    if not quarters:
        grid = grid[grid <= QUARTERS_ABOVE_KW]
    if not len(grid) or grid[-1] <= above:
        return None
    costs = cost_table(contract, load, grid, quarters=quarters)
    costs[-1, grid <= above] = np.inf
    chain = cheapest_chain(costs)
    eur = math.fsum(float(costs[row, column]) for row, column in enumerate(chain))
    return Choice(tuple(float(grid[column]) for column in chain), quarters, eur)


def _cut_off(contract: Contract, load: YearLoad, step_kw: float) -> Choice:
    most = PVPC_KW if contract.kind is ContractKind.PVPC else SMALL_TARIFF_KW
    periods = power_periods(contract.access_tariff, load.starts)
    highest = [float(np.max(load.kw[periods == period])) for period in (1, 2)]
    chosen = [float(_grid(kw, step_kw)[-1]) for kw in highest]
    if max(chosen) > most:
        raise DataMissing(
            f"The load reaches {max(highest):g} kW; {contract.kind} on {CUT_OFF_TARIFF} goes to {most:g} kW.",
            "Choose another contract in the factory file.",
        )
    prices = sum(
        power_price(contract, first) * (1 + electricity_tax(first)) for first, _ in _months(contract, load)
    )
    return Choice((chosen[0], chosen[1]), False, float(np.dot(prices, chosen)))
