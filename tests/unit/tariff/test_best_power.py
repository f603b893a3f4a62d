"""The best contracted powers: exact against brute force, equal to what the invoices charge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.tariff.best_power import Choice, YearLoad, cheapest_chain, choices, cost_table
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.invoice import month_window, monthly_invoice
from chocolate_factory.domain.tariff.power_cost import yearly_cost
from chocolate_factory.domain.tariff.stack import Market, price_stack

REFERENCE = Contract(ContractKind.FIXED, "3.0TD", (80, 80, 80, 80, 80, 130), energy_eur_mwh=(100.0,) * 6)
HOME = Contract(ContractKind.FIXED, "2.0TD", (4.6, 4.6), energy_eur_mwh=(100.0,) * 3, industrial=False)


def load_of(months: list[date], minutes: int, seed: int, top: float) -> YearLoad:
    starts = np.concatenate([month_window(month).starts(minutes) for month in months])
    draw = np.random.default_rng(seed)
    kw = draw.gamma(3.0, top / 9, len(starts)).clip(0, top) * draw.choice([0.5, 1.0], len(starts))
    return YearLoad(starts, np.round(kw, 2), minutes)


def brute_force(costs: FloatArray) -> float:
    chains = combinations_with_replacement(range(costs.shape[1]), costs.shape[0])
    return min(sum(costs[row, column] for row, column in enumerate(chain)) for chain in chains)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**32 - 1), st.booleans())
def test_the_chain_is_the_cheapest_of_all(rows: int, columns: int, seed: int, bounded: bool) -> None:
    costs = np.random.default_rng(seed).integers(0, 9, (rows, columns)).astype(np.float64)
    if bounded:
        costs[-1, : columns // 2] = np.inf
    chain = cheapest_chain(costs)
    assert list(chain) == sorted(chain)
    assert sum(costs[row, column] for row, column in enumerate(chain)) == brute_force(costs)


@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    top=st.sampled_from([30.0, 58.0, 95.0]),
    tariff=st.sampled_from(["3.0TD", "6.1TD"]),
    month=st.sampled_from([date(2025, 4, 1), date(2025, 12, 1), date(2026, 3, 1)]),
)
def test_no_powers_of_the_grid_are_cheaper(seed: int, top: float, tariff: str, month: date) -> None:
    """Against every chain on a grid of 20 kW, each counted as the invoice would."""
    contract = replace(REFERENCE, access_tariff=tariff)
    load = load_of([month], 60, seed, top)
    best = choices(contract, load, 20.0)[0]
    grid = (20.0, 40.0, 60.0, 80.0, 100.0)
    allowed = [chain for chain in combinations_with_replacement(grid, 6) if chain[-1] > 15]
    costs = [yearly_cost(replace(contract, contracted_power_kw=chain), load).total_eur for chain in allowed]
    assert best.eur == pytest.approx(min(costs), abs=1e-6)


@pytest.mark.parametrize("tariff", ["3.0TD", "6.1TD"])
def test_the_table_is_what_the_invoices_charge(tariff: str) -> None:
    months = [date(2025, 4, 1), date(2025, 10, 1), date(2026, 1, 1), date(2026, 3, 1)]
    contract = replace(REFERENCE, access_tariff=tariff)
    load = load_of(months, 15, 4, 90.0)
    for choice in choices(contract, load, 1.0):
        chosen = replace(contract, contracted_power_kw=choice.power_kw)
        assert yearly_cost(chosen, load).total_eur == pytest.approx(choice.eur, abs=1e-6)
        assert (max(choice.power_kw) > 50) == choice.quarters
        power = excess = 0.0
        for month in months:
            starts = month_window(month).starts(15)
            kw = load.kw[np.searchsorted(load.starts, starts)]
            invoice = monthly_invoice(chosen, kw, price_stack(chosen, starts, 15, Market()))
            power += sum(float(line.exact) for line in invoice.lines if line.kind == "power")
            excess += sum(float(line.exact) for line in invoice.lines if line.kind == "excess")
        cost = yearly_cost(chosen, load)
        assert sum(cost.power_eur) == pytest.approx(power, abs=1e-6)
        assert sum(cost.excess_eur) == pytest.approx(excess, abs=1e-6)


def test_both_metering_rules_are_solved_and_the_cheapest_comes_first() -> None:
    flat = YearLoad(month_window(date(2025, 12, 1)).starts(15), np.full(2976, 52.0), 15)
    first, second = choices(REFERENCE, flat, 1.0)
    assert first.eur < second.eur
    assert {first.quarters, second.quarters} == {False, True}
    assert first.power_kw[-1] > 50, "a flat load a little above 50 kW is not worth an excess all month"
    assert choices(REFERENCE, replace(flat, kw=np.full(2976, 8.0)), 1.0)[0].power_kw[-1] == 16, (
        "3.0TD above 15"
    )
    small = choices(replace(REFERENCE, access_tariff="6.1TD"), replace(flat, kw=np.full(2976, 8.0)), 1.0)[0]
    assert max(small.power_kw) == 8
    rare = np.full(2976, 30.0)
    rare[int(np.argmax(power_periods("3.0TD", flat.starts) == 6))] = 49.5
    assert not choices(REFERENCE, replace(flat, kw=rare), 1.0)[0].quarters


def test_a_larger_power_never_raises_the_excess() -> None:
    load = load_of([date(2025, 12, 1)], 15, 9, 90.0)
    grid = np.arange(1.0, 121.0)
    for quarters in (False, True):
        table = cost_table(REFERENCE, load, grid, quarters=quarters)
        assert np.all(np.diff(table, 2) > -1e-9), "power term and excess are convex"


def test_20td_holds_the_load_with_the_least_power() -> None:
    load = load_of([date(2025, 12, 1), date(2026, 1, 1)], 60, 2, 7.0)
    (choice,) = choices(HOME, load, 0.1)
    periods = power_periods("2.0TD", load.starts)
    for period, power in zip((1, 2), choice.power_kw, strict=True):
        highest = float(np.max(load.kw[periods == period]))
        assert highest <= power < highest + 0.1
    chosen = replace(HOME, contracted_power_kw=choice.power_kw)
    assert yearly_cost(chosen, load).total_eur == pytest.approx(choice.eur, abs=1e-6)
    regulated = replace(chosen, kind=ContractKind.PVPC)
    margin = yearly_cost(regulated, load).power_eur[0] - yearly_cost(chosen, load).power_eur[0]
    assert margin == pytest.approx(3.113 * choice.power_kw[0] * 62 / 365)
    with pytest.raises(DataMissing, match="goes to 15 kW"):
        choices(HOME, load_of([date(2025, 12, 1)], 60, 2, 90.0), 1.0)
    with pytest.raises(DataMissing, match="goes to 10 kW"):
        choices(replace(HOME, kind=ContractKind.PVPC), load_of([date(2025, 12, 1)], 60, 2, 14.9), 1.0)


def test_no_price_of_an_excess_is_made_up() -> None:
    load = load_of([date(2025, 2, 1)], 60, 1, 60.0)
    with pytest.raises(DataMissing, match="excess price before 2025-04-01"):
        choices(REFERENCE, load, 5.0)
    given = replace(REFERENCE, excess_eur_kw=(3.4, 1.8, 0.6, 0.4, 0.1, 0.1))
    assert isinstance(choices(given, load, 5.0)[0], Choice)
