"""What a plan costs: energy × all-in price + excess power + electricity tax, with every part beside it.

`cost_eur` leaves out VAT and fixed terms; excess power follows the rule of the groups given. The invoice's
lines of it on the window alone and the fixed terms stand beside.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.problem import ExcessGroup
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.domain.tariff.excess import (
    ExcessLine,
    excess_invoice,
    excess_price,
)
from chocolate_factory.domain.tariff.fixed import UNTAXED, FixedTerms, fixed_terms
from chocolate_factory.domain.tariff.stack import PriceStack
from chocolate_factory.domain.tariff.tables import distinct


@dataclass(frozen=True)
class PeriodCost:
    """Energy of one tariff period at one tax rate: `energy_eur` = Σ `parts_eur`, `tax_eur` = that × rate."""

    period: int
    tax_rate: float
    kwh: float
    parts_eur: dict[str, float]
    energy_eur: float
    tax_eur: float


@dataclass(frozen=True)
class ExcessCost:
    """Excess of one group: `charged_kw` is what the load adds to the power charged in the month.

    With `quarters` the month is charged the root of the sum of squares of all its quarter-hours (`already`²
    and those of the load), else its highest excess.

    `eur` = `charged_kw` × `rate_eur_kw` (tax inside) = `before_tax_eur` + `tax_eur`.
    """

    name: str
    period: int
    contracted_kw: float
    highest_kw: float
    already_kw: float
    quarters: bool
    sum_squares_kw2: float
    charged_kw: float
    rate_eur_kw: float
    tax_rate: float
    before_tax_eur: float
    tax_eur: float
    eur: float


@dataclass(frozen=True)
class PlanCosts:
    """Cost of a load over a window; EUR, kWh, kW.

    `cost_eur` = Σ `parts` = Σ (`energy_eur` + `tax_eur`) of `periods` + Σ `eur` of `excess`.
    `invoice_excess` is the tariff's own rule on the window's load alone, before tax; `fixed` the fixed terms
    of the window's days, before tax. Neither is in `cost_eur`.
    """

    cost_eur: float
    energy_kwh: float
    parts: dict[str, float]
    periods: tuple[PeriodCost, ...]
    excess: tuple[ExcessCost, ...]
    invoice_excess: tuple[ExcessLine, ...]
    fixed: FixedTerms
    fixed_days: float
    fixed_tax_rate: float
    assumptions: tuple[str, ...]

    @property
    def excess_power_invoice_eur(self) -> float:
        """Excess power by the tariff's own rule, EUR before tax."""
        return sum(line.eur for line in self.invoice_excess)

    @property
    def fixed_eur(self) -> float:
        """Fixed terms of the window's days, EUR before tax."""
        return float(sum((line.exact for line in self.fixed.lines), Decimal(0)))

    @property
    def fixed_tax_eur(self) -> float:
        """Electricity tax on the taxed fixed terms (all but rental) at the window's mean rate."""
        taxed = sum((line.exact for line in self.fixed.lines if line.kind not in UNTAXED), Decimal(0))
        return float(taxed) * self.fixed_tax_rate

    def to_json(self) -> dict[str, object]:
        """Plain values, unrounded, from which every amount can be recomputed."""
        return {
            "cost_eur": self.cost_eur,
            "energy_kwh": self.energy_kwh,
            "parts": dict(self.parts),
            "periods": [_period_json(row) for row in self.periods],
            "excess": [{**asdict(row), "period": f"P{row.period}"} for row in self.excess],
            "excess_power_invoice_eur": self.excess_power_invoice_eur,
            "excess_power_invoice": [line.to_json() for line in self.invoice_excess],
            "fixed_terms": {
                "days": self.fixed_days,
                "lines": [line.to_json() for line in self.fixed.lines],
                "before_tax_eur": self.fixed_eur,
                "tax_rate": self.fixed_tax_rate,
                "tax_eur": self.fixed_tax_eur,
                "missing": list(self.fixed.missing),
            },
            "assumptions": list(self.assumptions),
        }


def plan_costs(
    contract: Contract,
    window: Window,
    load_kw: FloatArray,
    stack: PriceStack,
    excess: tuple[ExcessGroup, ...],
) -> PlanCosts:
    """Cost of a site load `load_kw` (T,) on the slots of `window`, priced by `stack` and `excess`.

    `stack` must be on the same slots. `cost_eur` equals `energy_cost_eur` + `excess_cost_eur` of
    `domain/problem.py` with the stack's all-in price and the same groups. Raises DataMissing as
    `excess_invoice` and `fixed_terms` do.
    """
    if not np.array_equal(window.starts(stack.minutes), stack.starts) or len(load_kw) != len(stack.starts):
        raise ValueError("load, stack and window are not on the same slots")
    periods = _period_costs(load_kw, stack)
    planned = tuple(_excess_cost(group, load_kw, stack) for group in excess)
    days = _day_shares(stack)
    fixed = fixed_terms(contract, days)
    parts = {
        "energy": sum(row.energy_eur for row in periods),
        "excess_power": sum(row.before_tax_eur for row in planned),
        "taxes": sum(row.tax_eur for row in periods) + sum(row.tax_eur for row in planned),
    }
    return PlanCosts(
        cost_eur=sum(parts.values()),
        energy_kwh=sum(row.kwh for row in periods),
        parts=parts,
        periods=periods,
        excess=planned,
        invoice_excess=excess_invoice(contract, stack.starts, load_kw, stack.minutes),
        fixed=fixed,
        fixed_days=float(sum(days.values(), Decimal(0))),
        fixed_tax_rate=float(np.mean(stack.tax_rate)),
        assumptions=distinct(
            (*stack.assumptions, *_excess_notes(contract, excess, stack), *fixed.assumptions)
        ),
    )


def _period_json(row: PeriodCost) -> dict[str, object]:
    """A period's line; each part with its mean price, so that kWh × price ÷ 1000 gives its EUR."""

    def part(eur: float) -> dict[str, float | None]:
        return {"eur": eur, "mean_eur_mwh": 1000 * eur / row.kwh if row.kwh else None}

    return {
        "period": f"P{row.period}",
        "kwh": row.kwh,
        "parts": {name: part(eur) for name, eur in row.parts_eur.items()},
        "energy_eur": row.energy_eur,
        "tax_rate": row.tax_rate,
        "tax_eur": row.tax_eur,
        "eur": row.energy_eur + row.tax_eur,
    }


def _period_costs(load_kw: FloatArray, stack: PriceStack) -> tuple[PeriodCost, ...]:
    """One row per period and tax rate, in that order."""
    kwh = load_kw * (stack.minutes / 60)
    rows = []
    for period in np.unique(stack.periods):
        for rate in np.unique(stack.tax_rate[stack.periods == period]):
            slots = (stack.periods == period) & (stack.tax_rate == rate)
            parts = {
                name: float(np.dot(kwh[slots], price[slots])) / 1000 for name, price in stack.parts.items()
            }
            energy = sum(parts.values())
            rows.append(
                PeriodCost(
                    int(period), float(rate), float(np.sum(kwh[slots])), parts, energy, energy * float(rate)
                )
            )
    return tuple(rows)


def _excess_cost(group: ExcessGroup, load_kw: FloatArray, stack: PriceStack) -> ExcessCost:
    over = np.maximum(load_kw[group.slots] - group.contracted_kw, 0.0)
    charged = group.charged_kw(load_kw)
    rate = float(stack.tax_rate[group.slots[-1]])
    before = charged * group.rate_eur_kw / (1 + rate)
    return ExcessCost(
        name=group.name,
        period=int(stack.periods[group.slots[0]]),
        contracted_kw=group.contracted_kw,
        highest_kw=float(np.max(load_kw[group.slots])),
        already_kw=group.already_kw,
        quarters=group.quarters,
        sum_squares_kw2=float(over @ over) * group.minutes / 15,
        charged_kw=charged,
        rate_eur_kw=group.rate_eur_kw,
        tax_rate=rate,
        before_tax_eur=before,
        tax_eur=before * rate,
        eur=charged * group.rate_eur_kw,
    )


def _day_shares(stack: PriceStack) -> dict[date, Decimal]:
    """Local days of the window and the share of each inside it: its slots ÷ the slots of the whole day."""
    days, counts = np.unique(local_slots(stack.starts).day, return_counts=True)
    return {
        (day := date.fromordinal(int(ordinal))): Decimal(int(count))
        / day_slots(day, MARKET_ZONE, stack.minutes)
        for ordinal, count in zip(days, counts, strict=True)
    }


def _excess_notes(
    contract: Contract, groups: tuple[ExcessGroup, ...], stack: PriceStack
) -> tuple[str | None, ...]:
    local = local_slots(stack.starts)
    months = {date.fromordinal(int(local.day[group.slots[0]])).replace(day=1) for group in groups}
    prices = [excess_price(contract, month) for month in sorted(months)]
    return tuple(price.assumption for price in prices)
