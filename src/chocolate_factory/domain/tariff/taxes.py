"""Electricity tax and VAT of a bill.

Electricity tax: Ley 38/1992 arts. 97-99, a percentage of everything but rental, never below 0.5 EUR/MWh for
industrial use and 1 EUR/MWh otherwise. VAT: Ley 37/1992 art. 90 with the reductions up to 10 kW. Both at the
rate of the last day of the billing period, when the bill becomes due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.tariff.lines import Line, dec, plain, total
from chocolate_factory.domain.tariff.tables import Figure, basis, distinct, lookup
from chocolate_factory.domain.tariff.tables_billing import (
    ELECTRICITY_TAX,
    TAX_MINIMUM,
    VAT_ABOVE_10_KW,
    VAT_AT_10_KW,
    VAT_BELOW_10_KW,
)

SMALL_SUPPLY_KW = 10.0


@dataclass(frozen=True)
class Taxes:
    """Both tax lines and what they are on."""

    base_eur: Decimal
    electricity_tax: Line
    vat_base_eur: Decimal
    vat: Line
    assumptions: tuple[str, ...]


def tax_lines(
    contract: Contract, taxed: Sequence[Line], rental: Sequence[Line], kwh: float, last: date
) -> Taxes:
    """Taxes on the sum of rounded lines: `taxed` under both taxes, `rental` under VAT only.

    `kwh` is the energy of the bill (for the minimum), `last` the last day of the billing period.
    """
    base = total(taxed)
    rate = lookup(ELECTRICITY_TAX, last)
    electricity = _electricity_tax(base, kwh, rate, contract.industrial)
    vat_base = base + electricity.eur + total(rental)
    vat_rate = vat_figure(contract, last)
    percent = dec(vat_rate.values[0])
    vat = Line(
        name="VAT",
        kind="vat",
        computation=f"{vat_base} EUR × {plain(percent)} %",
        exact=vat_base * percent / 100,
        quantity=float(vat_base),
        unit="EUR",
        price=float(percent),
        price_unit="%",
        factor=0.01,
        basis=basis([vat_rate]),
    )
    return Taxes(base, electricity, vat_base, vat, distinct((rate.assumption, vat_rate.assumption)))


def vat_figure(contract: Contract, last: date) -> Figure:
    """VAT rate in percent of a billing period by its last day and the highest contracted power."""
    power = max(contract.contracted_power_kw)
    if power > SMALL_SUPPLY_KW:
        return lookup(VAT_ABOVE_10_KW, last)
    return lookup(VAT_AT_10_KW if power == SMALL_SUPPLY_KW else VAT_BELOW_10_KW, last)


def straddle_notes(contract: Contract, first: date, last: date) -> tuple[str, ...]:
    """Sentences for a billing period in which a tax rate changes."""
    rates = {
        "electricity tax": [lookup(ELECTRICITY_TAX, day).values[0] for day in (first, last)],
        "VAT": [vat_figure(contract, day).values[0] for day in (first, last)],
    }
    return tuple(
        f"The {name} changes from {before:g} to {after:g} % inside the billing period; the rate of its last "
        "day is applied to all of it (some bills split by days of consumption)."
        for name, (before, after) in rates.items()
        if before != after
    )


def _electricity_tax(base: Decimal, kwh: float, rate: Figure, industrial: bool) -> Line:
    percent, mwh = dec(rate.values[0]), dec(kwh / 1000)
    minimum_row = lookup(TAX_MINIMUM, rate.row.first)
    least = dec(minimum_row.values[0 if industrial else 1])
    share, minimum = base * percent / 100, mwh * least
    binds = minimum > share
    text = (
        f"{base} EUR × {plain(percent, 8)} % = {plain(share)}; "
        f"minimum {plain(mwh)} MWh × {plain(least)} EUR/MWh = {plain(minimum)}"
    )
    return Line(
        name="electricity tax",
        kind="electricity_tax",
        computation=f"{text}: {'binding' if binds else 'not binding'}",
        exact=minimum if binds else share,
        quantity=float(mwh if binds else base),
        unit="MWh" if binds else "EUR",
        price=float(least if binds else percent),
        price_unit="EUR/MWh" if binds else "%",
        factor=1.0 if binds else 0.01,
        basis=basis([minimum_row if binds else rate]),
    )
