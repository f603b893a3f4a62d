"""The monthly invoice of a load: every line with its computation, taxes on the sum of rounded lines.

Each line is rounded to the cent, half up, from its unrounded product. Billing periods are calendar months of
Europe/Madrid: by the rule "first reading day excluded, last included" their days are the month's days.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots, days_of, local_date, local_midnight, moment
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.domain.tariff.excess import CUT_OFF_TARIFF, ExcessLine, excess_invoice
from chocolate_factory.domain.tariff.fixed import fixed_terms
from chocolate_factory.domain.tariff.invoice_lines import energy_lines, excess_lines, period_kwh
from chocolate_factory.domain.tariff.lines import Line
from chocolate_factory.domain.tariff.reactive import reactive_lines
from chocolate_factory.domain.tariff.stack import ACCESS_PARTS, PLANNED_TAX_NOTE, PriceStack
from chocolate_factory.domain.tariff.tables import distinct
from chocolate_factory.domain.tariff.taxes import Taxes, straddle_notes, tax_lines

REACTIVE_ABOVE_KW = 15.0
PART_NOTE = (
    "The maximeter's excess is counted for the days of this bill, on a whole month's bill for all its days."
)


@dataclass(frozen=True)
class Invoice:
    """Bill of the local days `first` to `last`, both included; `missing` names what is left out of it.

    `days` are those billed: fewer than from first to last where some are left out. `market_eur` splits the
    market line into the parts of its price, EUR before tax; empty where the contract fixes the price.
    """

    first: date
    last: date
    days: int
    energy_kwh: float
    lines: tuple[Line, ...]
    taxes: Taxes
    excess: tuple[ExcessLine, ...]
    assumptions: tuple[str, ...]
    missing: tuple[str, ...]
    market_eur: Mapping[str, float] = field(default_factory=dict)

    @property
    def total_eur(self) -> Decimal:
        """What is to be paid, with VAT."""
        return self.taxes.vat_base_eur + self.taxes.vat.eur

    def to_json(self) -> dict[str, object]:
        """Plain values: amounts in EUR rounded to the cent, lines with their computation."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "days": self.days,
            "energy_kwh": self.energy_kwh,
            "lines": [line.to_json() for line in self.lines],
            "market_eur": dict(self.market_eur),
            "base_eur": float(self.taxes.base_eur),
            "electricity_tax_eur": float(self.taxes.electricity_tax.eur),
            "vat_base_eur": float(self.taxes.vat_base_eur),
            "vat_eur": float(self.taxes.vat.eur),
            "total_eur": float(self.total_eur),
            "eur_kwh": float(self.total_eur) / self.energy_kwh if self.energy_kwh else None,
            "excess": [line.to_json() for line in self.excess],
            "assumptions": list(self.assumptions),
            "missing": list(self.missing),
        }


def month_window(month: date) -> Window:
    """The UTC window of the calendar month of a day, local days of Europe/Madrid."""
    first = month.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Window(local_midnight(first, MARKET_ZONE), local_midnight(following, MARKET_ZONE))


def monthly_invoice(
    contract: Contract,
    load_kw: FloatArray,
    stack: PriceStack,
    reactive_kvarh: Mapping[int, float] | None = None,
) -> Invoice:
    """Invoice of the calendar month that `stack` covers, for a load (T,) on its slots (15 or 60 minutes).

    `reactive_kvarh` is by energy period; 2.0TD pays none. Raises DataMissing when stack and load do not cover
    one whole local month, and as `excess_invoice` and `fixed_terms` do.
    """
    days = days_of(_whole_month(load_kw, stack), MARKET_ZONE)
    return invoice_of_days(contract, load_kw, stack, (days[0], days[-1]), reactive_kvarh)


def invoice_of_days(
    contract: Contract,
    load_kw: FloatArray,
    stack: PriceStack,
    period: tuple[date, date],
    reactive_kvarh: Mapping[int, float] | None = None,
) -> Invoice:
    """Invoice of the whole local days that `stack` covers, inside a period (first, last day) of one month.

    Days of the period that `stack` leaves out are in no line, neither their energy nor their fixed terms.
    Tax rates are those of the period's last day. Raises DataMissing as `monthly_invoice` does.
    """
    (first, last), days = period, _whole_days(stack, period)
    _refuse_unknown(load_kw, stack)
    kwh = load_kw * (stack.minutes / 60)
    fixed = fixed_terms(contract, dict.fromkeys(days, Decimal(1)))
    excess = excess_invoice(contract, stack.starts, load_kw, stack.minutes, len(days))
    variable = [*energy_lines(contract, kwh, stack), *excess_lines(excess)]
    if reactive_kvarh and pays_reactive(contract):
        variable += reactive_lines(last, period_kwh(kwh, stack), reactive_kvarh)
    power = _of_kind(fixed.lines, "power", "retail_margin")
    taxed = [*power, *variable, *_of_kind(fixed.lines, "social_bonus")]
    rental = _of_kind(fixed.lines, "rental")
    taxes = tax_lines(contract, taxed, rental, math.fsum(kwh), last)
    of_prices = (note for note in stack.assumptions if note != PLANNED_TAX_NOTE)
    notes = (*of_prices, *fixed.assumptions, *_excess_notes(excess, stack, len(days)))
    tax_notes = (*taxes.assumptions, *straddle_notes(contract, first, last))
    return Invoice(
        first=first,
        last=last,
        days=len(days),
        energy_kwh=math.fsum(kwh),
        lines=(*taxed, taxes.electricity_tax, *rental, taxes.vat),
        taxes=taxes,
        excess=excess,
        assumptions=distinct((*notes, *tax_notes)),
        missing=fixed.missing,
        market_eur=_market_parts(contract, kwh, stack),
    )


def pays_reactive(contract: Contract) -> bool:
    """Whether reactive energy is billed: six-period tariffs above 15 kW (Circular CNMC 3/2020 art. 9)."""
    return contract.access_tariff != CUT_OFF_TARIFF and max(contract.contracted_power_kw) > REACTIVE_ABOVE_KW


def _whole_days(stack: PriceStack, period: tuple[date, date]) -> list[date]:
    """The days of a stack's slots, or DataMissing unless each is whole and of the period."""
    first, last = period
    ordinals, counts = np.unique(local_slots(stack.starts).day, return_counts=True)
    days = [date.fromordinal(int(ordinal)) for ordinal in ordinals]
    if not days or days[0] < first or days[-1] > last or first.replace(day=1) != last.replace(day=1):
        raise DataMissing(f"There is no day to bill from {first} to {last}.")
    for day, count in zip(days, counts, strict=True):
        if count != day_slots(day, MARKET_ZONE, stack.minutes):
            raise DataMissing(f"A bill needs every slot of its days; {day} is not whole.")
    return days


def _refuse_unknown(load_kw: FloatArray, stack: PriceStack) -> None:
    """DataMissing naming the first slot without a load."""
    bad = np.flatnonzero(~np.isfinite(load_kw))
    if len(bad):
        at = moment(stack.starts[bad[0]])
        month = f"{local_date(at, MARKET_ZONE):%Y-%m}"
        raise DataMissing(
            f"The load is not known for {len(bad)} slots of {month}, the first at {at.isoformat()}."
        )


def _market_parts(contract: Contract, kwh: FloatArray, stack: PriceStack) -> dict[str, float]:
    """EUR of each part of the market price; none for a fixed contract."""
    if contract.kind is ContractKind.FIXED:
        return {}
    names = [name for name in stack.parts if name not in ACCESS_PARTS]
    return {name: math.fsum(kwh * stack.parts[name]) / 1000 for name in names}


def _whole_month(load_kw: FloatArray, stack: PriceStack) -> Window:
    """The month that stack and load cover slot by slot, or DataMissing."""
    if load_kw.shape != stack.starts.shape or not len(load_kw):
        raise DataMissing(f"The load has {len(load_kw)} slots, its prices {len(stack.starts)}.")
    first = local_date(moment(stack.starts[0]), MARKET_ZONE)
    month = month_window(first)
    if not np.array_equal(stack.starts, month.starts(stack.minutes)):
        raise DataMissing(f"An invoice needs every slot of a calendar month; {first:%Y-%m} is not whole.")
    return month


def _of_kind(lines: Iterable[Line], *kinds: str) -> list[Line]:
    return [line for line in lines if line.kind in kinds]


def _excess_notes(excess: Iterable[ExcessLine], stack: PriceStack, days: int) -> tuple[str | None, ...]:
    lines = tuple(excess)
    priced = [line for line in lines if line.price and line.price.days]
    part = any(days < monthrange(line.month.year, line.month.month)[1] for line in priced)
    so_far = PART_NOTE if part else None
    hourly = lines and stack.minutes > 15
    note = "The load is hourly: excess power within the hour is not seen by the invoice." if hourly else None
    return (note, so_far, *(line.price.assumption for line in lines if line.price))
