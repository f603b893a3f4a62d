"""Fixed terms of a bill: contracted power, PVPC margin, social bonus and equipment rental.

Each is a yearly price billed by the day, /365 or /366; where a price changes inside the span, days are split
(Circular CNMC 3/2020 art. 9; RD 216/2014 for the PVPC).
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.tariff.excess import contracted_kw
from chocolate_factory.domain.tariff.lines import Line, dec, plain
from chocolate_factory.domain.tariff.tables import Basis, Figure, Table, basis, distinct, lookup
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
    lines = power_lines(contract, days, assumptions)
    lines += _social_bonus(days, assumptions, missing)
    lines += _rental(contract, days, assumptions, missing)
    return FixedTerms(tuple(lines), distinct(assumptions), distinct(missing))


@dataclass(frozen=True)
class _Term:
    """A yearly price: the sum of table columns, `times` over, on a power in kW or (None) on the supply."""

    name: str
    kind: str
    columns: tuple[tuple[Table, int], ...]
    power: float | None = None
    times: int = 1

    def price(self, figures: tuple[Figure, ...]) -> Decimal:
        """EUR a year from the figures of its tables on one day."""
        values = (
            dec(figure.values[column]) for figure, (_, column) in zip(figures, self.columns, strict=True)
        )
        return self.times * sum(values, Decimal(0))

    def lines(self, days: Days, assumptions: list[str | None]) -> list[Line]:
        """One line per span of equal price and length of year; what the tables assume is noted."""
        spans: dict[tuple[Decimal, int], Decimal] = {}
        used: dict[tuple[Decimal, int], list[Figure]] = {}
        for day, share in days.items():
            figures = tuple(lookup(table, day) for table, _ in self.columns)
            assumptions += [figure.assumption for figure in figures]
            key = (self.price(figures), 366 if isleap(day.year) else 365)
            spans[key] = spans.get(key, Decimal(0)) + share
            used.setdefault(key, []).extend(figures)
        return [self._line(key, count, basis(used[key])) for key, count in spans.items()]

    def _line(self, key: tuple[Decimal, int], count: Decimal, source: Basis | None) -> Line:
        value, year = key
        quantity = Decimal(1) if self.power is None else dec(self.power)
        unit, price_unit = ("supply", "EUR/year") if self.power is None else ("kW", "EUR/kW·year")
        return Line(
            name=self.name,
            kind=self.kind,
            computation=f"{plain(quantity)} {unit} × {plain(value)} {price_unit} × {plain(count)}/{year}",
            exact=quantity * value * count / year,
            quantity=float(quantity),
            unit=unit,
            price=float(value),
            price_unit=price_unit,
            factor=float(count / year),
            basis=source,
        )


def power_lines(contract: Contract, days: Days, assumptions: list[str | None]) -> list[Line]:
    """Contracted power by period (Circular CNMC 3/2020 art. 9), and the margin of a PVPC supply on P1."""
    tolls, charges = POWER_TOLLS[contract.access_tariff], POWER_CHARGES[contract.access_tariff]
    terms = [
        _Term(f"power P{column + 1}", "power", ((tolls, column), (charges, column)), float(power))
        for column, power in enumerate(contracted_kw(contract))
    ]
    if contract.kind is ContractKind.PVPC:
        power = float(contracted_kw(contract)[0])
        terms.append(_Term("retail margin", "retail_margin", ((PVPC_MARGIN, 0),), power))
    return [line for term in terms for line in term.lines(days, assumptions)]


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
    return _Term("social bonus", "social_bonus", ((SOCIAL_BONUS, 0),)).lines(known, assumptions)


def _rental(
    contract: Contract, days: Days, assumptions: list[str | None], missing: list[str | None]
) -> list[Line]:
    """Rental by the contract, or the regulated meter of supplies to 15 kW (12 months a year, by the day)."""
    rental = contract.equipment_rental_eur_day
    if rental is None and contract.access_tariff != "2.0TD":
        missing.append("contract.equipment_rental_eur_day is not set; the equipment rental is left out.")
        return []
    if rental is None:
        return _Term("meter rental", "rental", ((METER_RENTAL, 0),), times=12).lines(days, assumptions)
    count, price = sum(days.values(), Decimal(0)), dec(rental)
    text = f"{plain(price)} EUR/day × {plain(count)} days"
    return [
        Line("equipment rental", "rental", text, price * count, float(count), "days", float(price), "EUR/day")
    ]
