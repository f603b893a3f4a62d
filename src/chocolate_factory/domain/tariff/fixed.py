"""Fixed terms of a bill: contracted power, PVPC margin, social bonus and equipment rental.

Each is a yearly price billed by the day, /365 or /366; where a price changes inside the span, days are split
(Circular CNMC 3/2020 art. 9; RD 216/2014 for the PVPC).
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.tariff.excess import contracted_kw
from chocolate_factory.domain.tariff.lines import Line, dec, plain
from chocolate_factory.domain.tariff.tables import Table, distinct, lookup
from chocolate_factory.domain.tariff.tables_access import POWER_CHARGES, POWER_TOLLS
from chocolate_factory.domain.tariff.tables_billing import METER_RENTAL, PVPC_MARGIN, SOCIAL_BONUS

Days = Mapping[date, Decimal]
"""Local days of the span and how much of each is inside (1 for whole days)."""

LEAP_NOTE = "Leap year: yearly prices are billed /366 by the day, common practice that no source confirms."
UNTAXED = ("rental", "electricity_tax", "vat")


@dataclass(frozen=True)
class FixedTerms:
    """Fixed lines of a span; `missing` names what no table or contract key supplies (not in the lines)."""

    lines: tuple[Line, ...]
    assumptions: tuple[str, ...]
    missing: tuple[str, ...]


def fixed_terms(contract: Contract, days: Days) -> FixedTerms:
    """Power lines per period, PVPC margin, social bonus and rental of a span of local days, EUR before tax.

    Raises DataMissing when the power terms of a day are not known (before 2021-06-01).
    """
    assumptions: list[str | None] = [LEAP_NOTE if any(isleap(day.year) for day in days) else None]
    missing: list[str | None] = []
    lines = _power_lines(contract, days, assumptions)
    if contract.kind is ContractKind.PVPC:
        power = float(contracted_kw(contract)[0])
        lines += _yearly("retail margin", "retail_margin", power, _from_table(PVPC_MARGIN, assumptions), days)
    lines += _social_bonus(days, assumptions, missing)
    lines += _rental(contract, days, assumptions, missing)
    return FixedTerms(tuple(lines), distinct(assumptions), distinct(missing))


def _from_table(table: Table, assumptions: list[str | None], column: int = 0) -> Callable[[date], Decimal]:
    """Price of a day from a table; what it assumes is noted."""

    def price(day: date) -> Decimal:
        figure = lookup(table, day)
        assumptions.append(figure.assumption)
        return dec(figure.values[column])

    return price


def _power_lines(contract: Contract, days: Days, assumptions: list[str | None]) -> list[Line]:
    lines = []
    for column, power in enumerate(contracted_kw(contract)):
        toll = _from_table(POWER_TOLLS[contract.access_tariff], assumptions, column)
        charge = _from_table(POWER_CHARGES[contract.access_tariff], assumptions, column)

        def price(
            day: date, toll: Callable[[date], Decimal] = toll, charge: Callable[[date], Decimal] = charge
        ) -> Decimal:
            return toll(day) + charge(day)

        lines += _yearly(f"power P{column + 1}", "power", float(power), price, days)
    return lines


def _yearly(
    name: str, kind: str, power: float | None, price: Callable[[date], Decimal], days: Days
) -> list[Line]:
    """Lines of a yearly price, one per span of equal price and length of year; `power` None: per supply."""
    spans: dict[tuple[Decimal, int], Decimal] = {}
    for day, share in days.items():
        key = (price(day), 366 if isleap(day.year) else 365)
        spans[key] = spans.get(key, Decimal(0)) + share
    quantity = Decimal(1) if power is None else dec(power)
    unit, price_unit = ("supply", "EUR/year") if power is None else ("kW", "EUR/kW·year")
    return [
        Line(
            name=name,
            kind=kind,
            computation=f"{plain(quantity)} {unit} × {plain(value)} {price_unit} × {plain(count)}/{year}",
            exact=quantity * value * count / year,
            quantity=float(quantity),
            unit=unit,
            price=float(value),
            price_unit=price_unit,
            factor=float(count / year),
        )
        for (value, year), count in spans.items()
    ]


def _social_bonus(days: Days, assumptions: list[str | None], missing: list[str | None]) -> list[Line]:
    known = {}
    for day, share in days.items():
        try:
            lookup(SOCIAL_BONUS, day)
        except DataMissing:
            missing.append(
                f"The social-bonus financing of {day.year} is not known for all days; it is left out."
            )
        else:
            known[day] = share
    return _yearly("social bonus", "social_bonus", None, _from_table(SOCIAL_BONUS, assumptions), known)


def _rental(
    contract: Contract, days: Days, assumptions: list[str | None], missing: list[str | None]
) -> list[Line]:
    """Rental by the contract, or the regulated meter of supplies to 15 kW (12 months a year, by the day)."""
    rental = contract.equipment_rental_eur_day
    if rental is None and contract.access_tariff != "2.0TD":
        missing.append("contract.equipment_rental_eur_day is not set; the equipment rental is left out.")
        return []
    if rental is None:
        monthly = _from_table(METER_RENTAL, assumptions)
        return _yearly("meter rental", "rental", None, lambda day: 12 * monthly(day), days)
    count, price = sum(days.values(), Decimal(0)), dec(rental)
    text = f"{plain(price)} EUR/day × {plain(count)} days"
    return [
        Line("equipment rental", "rental", text, price * count, float(count), "days", float(price), "EUR/day")
    ]
