"""The `[contract]` table of the factory file: its keys, its legal limits and what its silence assumes."""

from __future__ import annotations

from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.factory_section import Section, Span

TARIFFS = ("2.0TD", "3.0TD", "6.1TD")
CONTRACT_KEYS = (
    "kind",
    "access_tariff",
    "contracted_power_kw",
    "retail_margin_eur_mwh",
    "energy_eur_mwh",
    "energy_includes_tolls",
    "adjustment_services_eur_mwh",
    "operator_fees_eur_mwh",
    "losses",
    "efficiency_fund_eur_mwh",
    "municipal_fee",
    "margin_inside_losses",
    "guarantees_eur_mwh",
    "equipment_rental_eur_day",
    "industrial",
    "excess_eur_kw",
)
CONTRACT_REQUIRED = ("kind", "access_tariff", "contracted_power_kw")
ENERGY: Span = (-1000.0, 10_000.0)
ADDER: Span = (-1000.0, 1000.0)
FEE: Span = (0.0, 1000.0)
LARGEST_20TD_KW = 15.0
LARGEST_PVPC_KW = 10.0


def read_contract(section: Section) -> Contract:
    """The contract; limits of power: CNMC Circular 3/2020 art. 6, of PVPC: RD 216/2014 art. 5.3.

    Values whose meaning hangs on kind and tariff are read only when these two are right.
    """
    kind = ContractKind(section.choice("kind", tuple(ContractKind), "indexed"))
    tariff = section.choice("access_tariff", TARIFFS, "3.0TD")
    clear = section.data.get("kind") == kind and section.data.get("access_tariff") == tariff
    periods = 3 if tariff == "2.0TD" else 6
    return Contract(
        kind,
        tariff,
        _power(section, kind, tariff) if clear else (),
        section.number("retail_margin_eur_mwh", ADDER, 0.0),
        _energy(section, kind, periods) if clear else None,
        section.flag("energy_includes_tolls", True),
        section.number("adjustment_services_eur_mwh", ADDER, None),
        section.number("operator_fees_eur_mwh", ADDER, None),
        _losses(section, periods) if clear else None,
        section.number("efficiency_fund_eur_mwh", FEE, None),
        section.number("municipal_fee", (0.0, 0.2), 0.015),
        section.flag("margin_inside_losses", False),
        section.number("guarantees_eur_mwh", FEE, 0.0),
        section.number("equipment_rental_eur_day", FEE, None),
        section.flag("industrial", True),
        _excess(section, tariff) if clear else None,
    )


def _power(section: Section, kind: ContractKind, tariff: str) -> tuple[float, ...]:
    """Contracted power with the limits of the tariff and of PVPC."""
    small = tariff == "2.0TD"
    power = section.numbers("contracted_power_kw", 2 if small else 6, (0.001, 1_000_000.0))
    if power is None:
        return ()
    place, text = section.at("contracted_power_kw"), ", ".join(f"{kw:g}" for kw in power)
    if small and max(power) > LARGEST_20TD_KW:
        section.say(
            f"{place} is [{text}]; allowed: at most 15 kW each, above that the tariff is 3.0TD or 6.1TD."
        )
    if not small and list(power) != sorted(power):
        section.say(
            f"{place} is [{text}]; allowed: P1 ≤ P2 ≤ P3 ≤ P4 ≤ P5 ≤ P6 (CNMC Circular 3/2020 art. 6)."
        )
    rule = "PVPC is open only to supplies of up to 10 kW in each period (RD 216/2014 art. 5.3)"
    if kind is ContractKind.PVPC and not small:
        section.say(
            f'{section.at("access_tariff")} is "{tariff}" with kind "pvpc"; allowed: "2.0TD", since {rule}.'
        )
    elif kind is ContractKind.PVPC and max(power) > LARGEST_PVPC_KW:
        section.say(f'{place} is [{text}] with kind "pvpc"; allowed: at most 10 kW each, since {rule}.')
    return power


def _energy(section: Section, kind: ContractKind, periods: int) -> tuple[float, ...] | None:
    """Prices of a fixed contract by energy period; the other kinds have none."""
    there = "energy_eur_mwh" in section.data
    values = section.numbers("energy_eur_mwh", periods, ENERGY)
    if kind is ContractKind.FIXED and not there:
        section.say(f'{section.at("energy_eur_mwh")} is missing; kind "fixed" needs P1 to P{periods}.')
    if kind is not ContractKind.FIXED and there:
        section.say(
            f'{section.at("energy_eur_mwh")} has no meaning with kind "{kind}"; it belongs to "fixed".'
        )
    return values


def _losses(section: Section, periods: int) -> tuple[float, ...] | None:
    """Loss percentages by energy period; None for the standard ones."""
    raw = section.data.get("losses", "standard")
    if raw == "standard":
        return None
    if not isinstance(raw, list):
        section.wrong("losses", f'"standard" or a list of {periods} percentages')
        return None
    return section.numbers("losses", periods, (0.0, 100.0))


def _excess(section: Section, tariff: str) -> tuple[float, ...] | None:
    """Prices of excess power where the published ones are missing; six-period tariffs only."""
    if tariff == "2.0TD" and "excess_eur_kw" in section.data:
        section.say(f"{section.at('excess_eur_kw')} has no meaning on 2.0TD: the meter cuts off instead.")
        return None
    return section.numbers("excess_eur_kw", 6, FEE)


def contract_assumptions(section: Section, contract: Contract) -> tuple[str, ...]:
    """One sentence for every default that stands for a term of this contract and that the file leaves out.

    Figures that stay None are not among them: the tariff takes the published value or says what it assumes.
    """
    indexed = {
        "retail_margin_eur_mwh": "no retail margin",
        "municipal_fee": "1.5 % of the market part",
        "margin_inside_losses": "the margin is charged outside the losses",
        "guarantees_eur_mwh": "no guarantees of origin",
    }
    relevant: dict[str, str] = {"industrial": "industrial use for the minimum of the electricity tax"}
    if contract.kind is ContractKind.INDEXED:
        relevant = {**indexed, **relevant}
    if contract.kind is ContractKind.FIXED:
        relevant = {"energy_includes_tolls": "the prices include tolls and charges", **relevant}
    missing = [
        f"contract.{key} is not given: {text}." for key, text in relevant.items() if key not in section.data
    ]
    if contract.access_tariff == "3.0TD" and max(contract.contracted_power_kw) <= LARGEST_20TD_KW:
        missing.append("contract.access_tariff: 3.0TD is for more than 15 kW in a period; taken as written.")
    return tuple(missing)
