"""What contracted powers cost over months of load, counted as the invoices would."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import days_of
from chocolate_factory.domain.tariff.best_power import YearLoad, electricity_tax
from chocolate_factory.domain.tariff.calendar import POWER_PERIODS, local_slots
from chocolate_factory.domain.tariff.excess import excess_invoice
from chocolate_factory.domain.tariff.fixed import power_lines
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.domain.tariff.tables import distinct


@dataclass(frozen=True)
class PowerCost:
    """EUR by power period: power term (a PVPC margin in P1) and excess; electricity tax on both.

    `total_eur` is their sum, unrounded, without VAT.
    """

    power_eur: tuple[float, ...]
    excess_eur: tuple[float, ...]
    tax_eur: float
    assumptions: tuple[str, ...]

    @property
    def total_eur(self) -> float:
        """Power, excess and tax."""
        return math.fsum((*self.power_eur, *self.excess_eur, self.tax_eur))


def yearly_cost(contract: Contract, load: YearLoad) -> PowerCost:
    """Cost of the contract's powers over the whole months of a load.

    Raises DataMissing as `excess_invoice` and `power_lines` do.
    """
    periods = POWER_PERIODS[contract.access_tariff]
    power, excess, tax = np.zeros(periods), np.zeros(periods), 0.0
    notes: list[str | None] = []
    local = local_slots(load.starts).month
    for number in np.unique(local):
        first = date(1970 + int(number) // 12, int(number) % 12 + 1, 1)
        days = dict.fromkeys(days_of(month_window(first), MARKET_ZONE), Decimal(1))
        own_power, own_excess = np.zeros(periods), np.zeros(periods)
        for line in power_lines(contract, days, notes):
            own_power[0 if line.kind == "retail_margin" else int(line.name[-1]) - 1] += float(line.exact)
        inside = local == number
        for charge in excess_invoice(contract, load.starts[inside], load.kw[inside], load.minutes):
            own_excess[charge.period - 1] += charge.eur
            notes.append(charge.price.assumption if charge.price else None)
        power, excess = power + own_power, excess + own_excess
        tax += electricity_tax(first) * float(np.sum(own_power) + np.sum(own_excess))
    return PowerCost(tuple(power.tolist()), tuple(excess.tolist()), tax, distinct(notes))
