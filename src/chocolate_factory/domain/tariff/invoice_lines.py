"""Lines of an invoice that follow the load: energy, access and excess power."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.domain.tariff.excess import ExcessLine
from chocolate_factory.domain.tariff.lines import NOISE_DIGITS, Line, dec, plain
from chocolate_factory.domain.tariff.stack import ACCESS_PARTS, PriceStack
from chocolate_factory.domain.tariff.tables import Basis, Confidence, basis, lookup
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS
from chocolate_factory.domain.tariff.tables_billing import ADJUSTMENT_SERVICES, OPERATOR_FEES
from chocolate_factory.domain.tariff.tables_supply import CAPACITY_PAYMENTS, STANDARD_LOSSES

PVPC_BASIS = Basis("PVPC as published (RD 216/2014 arts. 7-12)", Confidence.OFFICIAL)


def period_kwh(kwh: FloatArray, stack: PriceStack) -> dict[int, float]:
    """Energy by period, kWh."""
    periods = np.unique(stack.periods)
    return {int(period): math.fsum(kwh[stack.periods == period]) for period in periods}


def energy_lines(contract: Contract, kwh: FloatArray, stack: PriceStack) -> list[Line]:
    """Energy and access lines: one market line, or one line per period and price where prices are fixed.

    The PVPC holds its access terms; a fixed price may.
    """
    access = sum((stack.parts[name] for name in ACCESS_PARTS if name in stack.parts), np.zeros(len(kwh)))
    if contract.kind is ContractKind.PVPC:
        line = _market_line("energy, PVPC", kwh, stack.energy_eur_mwh, stack)
        return [replace(line, basis=PVPC_BASIS)]
    if contract.kind is ContractKind.INDEXED:
        market = _market_line("energy, market", kwh, stack.energy_eur_mwh - access, stack)
        return [replace(market, basis=_indexed_basis(contract, stack)), *_access_lines(contract, kwh, stack)]
    prices = _price_lines("energy", "energy", kwh, stack.parts["contract_price"], stack)
    if contract.energy_includes_tolls:
        return prices
    return [*prices, *_access_lines(contract, kwh, stack)]


def _access_lines(contract: Contract, kwh: FloatArray, stack: PriceStack) -> list[Line]:
    """Tolls and charges by period, with the tables that say them on each line's days."""
    tables = [by_tariff[contract.access_tariff] for by_tariff in (ENERGY_TOLLS, ENERGY_CHARGES)]
    access = stack.parts["toll"] + stack.parts["charge"]
    rounded, days = np.round(access, NOISE_DIGITS), local_slots(stack.starts).day
    found = []
    for line in _price_lines("toll and charge", "access", kwh, access, stack):
        inside = days[(stack.periods == int(line.name[-1])) & (rounded == line.price)]
        dates = [date.fromordinal(int(day)) for day in np.unique(inside)]
        found.append(replace(line, basis=basis(lookup(table, day) for table in tables for day in dates)))
    return found


def _indexed_basis(contract: Contract, stack: PriceStack) -> Basis | None:
    """The tables inside the market line: those that no key of the contract replaces."""
    tariff = contract.access_tariff
    given = {
        CAPACITY_PAYMENTS[tariff]: None,
        ADJUSTMENT_SERVICES: contract.adjustment_services_eur_mwh,
        OPERATOR_FEES: contract.operator_fees_eur_mwh,
        STANDARD_LOSSES[tariff]: contract.losses_percent,
    }
    dates = [date.fromordinal(int(day)) for day in np.unique(local_slots(stack.starts).day)]
    return basis(lookup(table, day) for table, value in given.items() if value is None for day in dates)


def _market_line(name: str, kwh: FloatArray, price: FloatArray, stack: PriceStack) -> Line:
    """Σ kWh × price over the slots as one line, with the sums of the periods in its computation."""
    amounts = kwh * price / 1000
    sums = [
        f"P{period} {plain(energy, 3)} kWh {plain(math.fsum(amounts[stack.periods == period]))} EUR"
        for period, energy in period_kwh(kwh, stack).items()
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


def excess_lines(excess: Iterable[ExcessLine]) -> list[Line]:
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
                basis=line.price.basis,
            )
        )
    return lines
