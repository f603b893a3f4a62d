"""The monthly invoice of a load: every line with its computation, taxes on the sum of rounded lines.

Each line is rounded to the cent, half up, from its unrounded product. Billing periods are calendar months of
Europe/Madrid: by the rule "first reading day excluded, last included" their days are the month's days.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, days_of, local_date, local_midnight, moment
from chocolate_factory.domain.tariff.excess import CUT_OFF_TARIFF, ExcessLine, excess_invoice
from chocolate_factory.domain.tariff.fixed import fixed_terms
from chocolate_factory.domain.tariff.lines import NOISE_DIGITS, Line, dec, plain
from chocolate_factory.domain.tariff.reactive import reactive_lines
from chocolate_factory.domain.tariff.stack import ACCESS_PARTS, PriceStack
from chocolate_factory.domain.tariff.tables import distinct
from chocolate_factory.domain.tariff.taxes import Taxes, straddle_notes, tax_lines


@dataclass(frozen=True)
class Invoice:
    """Bill of the local days `first` to `last`, both included; `missing` names what is left out of it."""

    first: date
    last: date
    energy_kwh: float
    lines: tuple[Line, ...]
    taxes: Taxes
    excess: tuple[ExcessLine, ...]
    assumptions: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def total_eur(self) -> Decimal:
        """What is to be paid, with VAT."""
        return self.taxes.vat_base_eur + self.taxes.vat.eur

    def to_json(self) -> dict[str, object]:
        """Plain values: amounts in EUR rounded to the cent, lines with their computation."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "days": (self.last - self.first).days + 1,
            "energy_kwh": self.energy_kwh,
            "lines": [line.to_json() for line in self.lines],
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
    first, last = days[0], days[-1]
    kwh = load_kw * (stack.minutes / 60)
    fixed = fixed_terms(contract, dict.fromkeys(days, Decimal(1)))
    excess = excess_invoice(contract, stack.starts, load_kw, stack.minutes)
    variable = [*_energy_lines(contract, kwh, stack), *_excess_lines(excess)]
    if reactive_kvarh and contract.access_tariff != CUT_OFF_TARIFF:
        variable += reactive_lines(last, _by_period(kwh, stack), reactive_kvarh)
    power = _of_kind(fixed.lines, "power", "retail_margin")
    taxed = [*power, *variable, *_of_kind(fixed.lines, "social_bonus")]
    rental = _of_kind(fixed.lines, "rental")
    taxes = tax_lines(contract, taxed, rental, math.fsum(kwh), last)
    notes = (
        *stack.assumptions,
        *fixed.assumptions,
        *_excess_notes(excess, stack),
        *taxes.assumptions,
        *straddle_notes(contract, first, last),
    )
    lines = (*taxed, taxes.electricity_tax, *rental, taxes.vat)
    return Invoice(first, last, math.fsum(kwh), lines, taxes, excess, distinct(notes), fixed.missing)


def _whole_month(load_kw: FloatArray, stack: PriceStack) -> Window:
    """The month that stack and load cover slot by slot, or DataMissing."""
    if load_kw.shape != stack.starts.shape or not len(load_kw):
        raise DataMissing(f"The load has {len(load_kw)} slots, its prices {len(stack.starts)}.")
    first = local_date(moment(stack.starts[0]), MARKET_ZONE)
    month = month_window(first)
    if not np.array_equal(stack.starts, month.starts(stack.minutes)):
        raise DataMissing(f"An invoice needs every slot of a calendar month; {first:%Y-%m} is not whole.")
    bad = np.flatnonzero(~np.isfinite(load_kw))
    if len(bad):
        at = moment(stack.starts[bad[0]]).isoformat()
        raise DataMissing(f"The load is not known for {len(bad)} slots of {first:%Y-%m}, the first at {at}.")
    return month


def _of_kind(lines: Iterable[Line], *kinds: str) -> list[Line]:
    return [line for line in lines if line.kind in kinds]


def _by_period(kwh: FloatArray, stack: PriceStack) -> dict[int, float]:
    periods = np.unique(stack.periods)
    return {int(period): math.fsum(kwh[stack.periods == period]) for period in periods}


def _energy_lines(contract: Contract, kwh: FloatArray, stack: PriceStack) -> list[Line]:
    """Energy and access lines: one market line, or one line per period and price where prices are fixed."""
    access = sum((stack.parts[name] for name in ACCESS_PARTS if name in stack.parts), np.zeros(len(kwh)))
    if contract.kind is ContractKind.PVPC:
        return [_market_line("energy, PVPC", kwh, stack.energy_eur_mwh, stack)]
    if contract.kind is ContractKind.INDEXED:
        market = _market_line("energy, market", kwh, stack.energy_eur_mwh - access, stack)
        return [market, *_price_lines("toll and charge", "access", kwh, access, stack)]
    prices = _price_lines("energy", "energy", kwh, stack.parts["contract_price"], stack)
    if contract.energy_includes_tolls:
        return prices
    return [*prices, *_price_lines("toll and charge", "access", kwh, access, stack)]


def _market_line(name: str, kwh: FloatArray, price: FloatArray, stack: PriceStack) -> Line:
    """Σ kWh × price over the slots as one line, with the sums of the periods in its computation."""
    amounts = kwh * price / 1000
    sums = [
        f"P{period} {plain(energy, 3)} kWh {plain(math.fsum(amounts[stack.periods == period]))} EUR"
        for period, energy in _by_period(kwh, stack).items()
    ]
    return Line(
        name=name,
        kind="energy",
        computation=" + ".join(sums),
        exact=dec(math.fsum(amounts)),
        quantity=math.fsum(kwh),
        unit="kWh",
    )


def _price_lines(name: str, kind: str, kwh: FloatArray, price: FloatArray, stack: PriceStack) -> list[Line]:
    """One line per period and price: days are split where a price changes inside the month."""
    rounded = np.round(price, NOISE_DIGITS)
    lines = []
    for period in np.unique(stack.periods):
        inside = stack.periods == period
        for value in _in_order(rounded[inside]):
            energy = dec(math.fsum(kwh[inside & (rounded == value)]))
            lines.append(
                Line(
                    name=f"{name} P{period}",
                    kind=kind,
                    computation=f"{plain(energy, 3)} kWh × {plain(dec(value) / 1000, 9)} EUR/kWh",
                    exact=energy * dec(value) / 1000,
                    quantity=float(energy),
                    unit="kWh",
                    price=float(value),
                    price_unit="EUR/MWh",
                    factor=0.001,
                )
            )
    return lines


def _in_order(values: FloatArray) -> NDArray[np.float64]:
    """Distinct values in order of appearance."""
    unique, first = np.unique(values, return_index=True)
    return unique[np.argsort(first)]


def _excess_notes(excess: Iterable[ExcessLine], stack: PriceStack) -> tuple[str | None, ...]:
    lines = tuple(excess)
    hourly = lines and stack.minutes > 15
    note = "The load is hourly: excess power within the hour is not seen by the invoice." if hourly else None
    return (note, *(line.price.assumption for line in lines if line.price))


def _excess_lines(excess: Iterable[ExcessLine]) -> list[Line]:
    """Lines of the groups with an excess, each with the tariff's formula."""
    lines = []
    for line in excess:
        if line.price is None:
            continue
        price = line.price.eur_kw[line.period - 1]
        if line.price.quarters:
            text = f"√({plain(line.sum_squares)} kW²) = {plain(line.charged_kw)} kW × {plain(price)} EUR/kW"
        else:
            kw = f"({plain(line.highest_kw)} − {plain(line.contracted_kw)}) kW"
            per = f"/{line.price.unit_days}" if line.price.unit_days > 1 else ""
            days = f" × {line.price.days}{per} days" if line.price.days else ""
            text = f"{kw} × {plain(line.price.unit_price[line.period - 1])} EUR/kW{days}"
        lines.append(
            Line(
                name=f"excess power P{line.period}",
                kind="excess",
                computation=text,
                exact=dec(line.eur),
                quantity=line.charged_kw,
                unit="kW",
                price=price,
                price_unit="EUR/kW",
            )
        )
    return lines
