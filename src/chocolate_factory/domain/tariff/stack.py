"""The price stack: what one more kWh costs this site in each slot, part by part.

Three kinds of contract: the published PVPC as it is, a fixed price by period, and the indexed
("pass-through") formula of a cooperative retailer's published terms,
PH = (1 + TM)·[(OMIE + PC + SC + GdO + OSOM)·(1 + Perd) + FE + F] + toll + charge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, moment
from chocolate_factory.domain.tariff.calendar import (
    ENERGY_PERIODS,
    LocalSlots,
    check_tariff,
    energy_periods,
    local_slots,
)
from chocolate_factory.domain.tariff.tables import Table, by_slot, distinct
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS
from chocolate_factory.domain.tariff.tables_billing import (
    ADJUSTMENT_SERVICES,
    ELECTRICITY_TAX,
    OPERATOR_FEES,
)
from chocolate_factory.domain.tariff.tables_supply import CAPACITY_PAYMENTS, STANDARD_LOSSES

ACCESS_PARTS = ("toll", "charge")
GAS_CAP = (date(2022, 6, 15), date(2023, 2, 26))
LOW_TAX = 0.01
PLANNED_TAX_NOTE = (
    "The electricity tax is planned as a percentage; its minimum per MWh, which can bind at the reduced rate "
    "of 0.5 %, is applied on the invoice only."
)


@dataclass(frozen=True, eq=False)
class Market:
    """Market prices of the slots, EUR/MWh, shape (T,), NaN where missing; None for a series not asked for."""

    spot: FloatArray | None = None
    pvpc: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class PriceStack:
    """Price of each slot, all arrays (T,).

    `parts` are EUR/MWh at the consumer and sum to `energy_eur_mwh`; `tax_rate` is the electricity tax as a
    fraction; `assumptions` are the sentences to show where a default stands for a fact.
    """

    starts: IntArray
    minutes: int
    periods: IntArray
    parts: dict[str, FloatArray]
    energy_eur_mwh: FloatArray
    tax_rate: FloatArray
    assumptions: tuple[str, ...]

    @property
    def all_in_eur_kwh(self) -> FloatArray:
        """Variable price with electricity tax, without VAT and fixed terms, EUR/kWh, shape (T,)."""
        return self.energy_eur_mwh * (1 + self.tax_rate) / 1000


@dataclass(frozen=True, eq=False)
class _Slots:
    """What every part is computed on: local calendar, energy periods, and the sentences collected so far."""

    local: LocalSlots
    periods: IntArray
    notes: list[str]

    def figure(self, table: Table) -> FloatArray:
        """A table's values on the slots; its assumptions are noted."""
        values, assumptions = by_slot(table, self.local.day, self.periods)
        self.notes.extend(assumptions)
        return values

    def given_or(self, value: float | None, table: Table) -> FloatArray:
        """The contract's value where it has one, else the table's."""
        return self.figure(table) if value is None else np.full(len(self.periods), value)


def price_stack(contract: Contract, starts: IntArray, minutes: int, market: Market) -> PriceStack:
    """Price stack of slots that start at `starts` (UTC epoch seconds) and last `minutes`.

    Hourly or quarter-hourly pricing is the caller's choice of `market`. Raises DataMissing for a missing
    price (naming the first slot) or figure, Misconfigured for a contract that does not fit its tariff. The
    electricity tax is that of each slot's local day (Ley 38/1992 art. 99), without its minimum.
    """
    check_tariff(contract.access_tariff)
    starts = np.asarray(starts, np.int64)
    slots = _Slots(local_slots(starts), energy_periods(contract.access_tariff, starts), [])
    if contract.kind is ContractKind.PVPC:
        parts = _pvpc_parts(contract, slots, _whole(market.pvpc, "PVPC", starts))
    elif contract.kind is ContractKind.INDEXED:
        parts = _indexed_parts(contract, slots, _whole(market.spot, "spot price", starts))
    else:
        parts = _fixed_parts(contract, slots)
    energy = _total(parts)
    tax = slots.figure(ELECTRICITY_TAX) / 100
    if np.any(tax < LOW_TAX):
        slots.notes.append(PLANNED_TAX_NOTE)
    return PriceStack(starts, minutes, slots.periods, parts, energy, tax, distinct(slots.notes))


def by_period(values: Iterable[float], contract: Contract, key: str) -> FloatArray:
    """Values of a contract key as an array with one entry per energy period, or Misconfigured."""
    array = np.array(list(values), np.float64)
    wanted = ENERGY_PERIODS[contract.access_tariff]
    if array.shape != (wanted,):
        raise Misconfigured(
            f"contract.{key}: {contract.access_tariff} needs {wanted} values, one per period; "
            f"there are {array.size}."
        )
    return array


def _whole(prices: FloatArray | None, name: str, starts: IntArray) -> FloatArray:
    """The prices, or DataMissing naming the first slot without one."""
    given = np.full(len(starts), np.nan) if prices is None else np.asarray(prices, np.float64)
    if given.shape != starts.shape:
        raise ValueError(f"{name}: {given.shape} prices for {starts.shape} slots")
    missing = np.flatnonzero(~np.isfinite(given))
    if len(missing):
        first = moment(starts[missing[0]]).isoformat()
        raise DataMissing(
            f"{name}: no value for {len(missing)} of {len(starts)} slots, the first at {first}."
        )
    return given


def _total(parts: dict[str, FloatArray]) -> FloatArray:
    total: FloatArray = np.vstack(list(parts.values())).sum(axis=0)
    return total


def _access(contract: Contract, slots: _Slots) -> dict[str, FloatArray]:
    tariff = contract.access_tariff
    return {"toll": slots.figure(ENERGY_TOLLS[tariff]), "charge": slots.figure(ENERGY_CHARGES[tariff])}


def _pvpc_parts(contract: Contract, slots: _Slots, pvpc: FloatArray) -> dict[str, FloatArray]:
    """The published value, split into its access terms and the rest (RD 216/2014 art. 7)."""
    if contract.access_tariff != "2.0TD":
        raise Misconfigured(
            f"contract.kind: the PVPC exists only for 2.0TD, not for {contract.access_tariff}.",
            'Choose kind = "indexed" or "fixed".',
        )
    access = _access(contract, slots)
    return {"pvpc_energy": pvpc - access["toll"] - access["charge"], **access}


def _fixed_parts(contract: Contract, slots: _Slots) -> dict[str, FloatArray]:
    if contract.energy_eur_mwh is None:
        raise Misconfigured("contract.energy_eur_mwh: a fixed contract needs its price in each period.")
    prices = by_period(contract.energy_eur_mwh, contract, "energy_eur_mwh")
    parts = {"contract_price": prices[slots.periods - 1]}
    return parts if contract.energy_includes_tolls else {**parts, **_access(contract, slots)}


def _indexed_parts(contract: Contract, slots: _Slots, spot: FloatArray) -> dict[str, FloatArray]:
    """The pass-through formula of the module's docstring; losses and municipal fee as parts of their own."""
    tariff = contract.access_tariff
    parts = {
        "spot": spot,
        "capacity": slots.figure(CAPACITY_PAYMENTS[tariff]),
        "adjustment_services": slots.given_or(contract.adjustment_services_eur_mwh, ADJUSTMENT_SERVICES),
        "operator_fees": slots.given_or(contract.operator_fees_eur_mwh, OPERATOR_FEES),
        "guarantees": np.full(len(spot), contract.guarantees_eur_mwh),
    }
    margin = np.full(len(spot), contract.retail_margin_eur_mwh)
    inside = _total(parts)
    if contract.margin_inside_losses:
        inside = inside + margin
    parts["losses"] = inside * _losses(contract, slots)
    parts["efficiency_fund"] = np.full(len(spot), _efficiency_fund(contract, slots))
    parts["margin"] = margin
    parts["municipal_fee"] = _total(parts) * contract.municipal_fee
    _note_gas_cap(slots)
    return {**parts, **_access(contract, slots)}


def _losses(contract: Contract, slots: _Slots) -> FloatArray:
    """Loss fraction of each slot: the contract's, or the standard coefficients (Circular 3/2020 art. 11)."""
    if contract.losses_percent is not None:
        return by_period(contract.losses_percent, contract, "losses")[slots.periods - 1] / 100
    slots.notes.append(
        "Standard loss coefficients (Circular CNMC 3/2020 art. 11) are used; settlement mostly uses "
        "the operator's hourly ones."
    )
    return slots.figure(STANDARD_LOSSES[contract.access_tariff]) / 100


def _efficiency_fund(contract: Contract, slots: _Slots) -> float:
    if contract.efficiency_fund_eur_mwh is not None:
        return contract.efficiency_fund_eur_mwh
    slots.notes.append(
        "The contribution to the National Efficiency Fund is assumed to be inside the retailer's margin; set "
        "contract.efficiency_fund_eur_mwh if the bill shows it (one retailer's to mid-2026: 2.437 EUR/MWh)."
    )
    return 0.0


def _note_gas_cap(slots: _Slots) -> None:
    first, last = (day.toordinal() for day in GAS_CAP)
    if np.any((slots.local.day >= first) & (slots.local.day <= last)):
        slots.notes.append(
            "The gas-cap compensation of 2022-06-15 to 2023-02-26 is not part of the indexed formula: real "
            "bills of those months were higher."
        )
