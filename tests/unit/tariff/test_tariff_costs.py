"""Plan costs: equal to the planner's own sum, and every line recomputable by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.problem import Problem, energy_cost_eur, excess_cost_eur
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window, planning_window
from chocolate_factory.domain.tariff.costs import PlanCosts, plan_costs
from chocolate_factory.domain.tariff.excess import excess_groups
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack

REFERENCE = Contract(
    ContractKind.INDEXED, "3.0TD", (80, 80, 80, 80, 80, 130), 5.0, equipment_rental_eur_day=0.15
)
SMALL = replace(REFERENCE, access_tariff="6.1TD", contracted_power_kw=(40,) * 6)
HOME = Contract(ContractKind.PVPC, "2.0TD", (9.0, 9.0), industrial=False)
STARTS = [datetime(2026, 3, 27, 12, 7, tzinfo=UTC), datetime(2026, 3, 18, 20, tzinfo=UTC)]


def priced(contract: Contract, now: datetime, seed: int = 1) -> tuple[Window, PriceStack, FloatArray]:
    window = planning_window(now, 7, "Europe/Madrid")
    starts = window.starts(15)
    random = np.random.default_rng(seed)
    prices = random.uniform(-20, 250, len(starts))
    stack = price_stack(contract, starts, 15, Market(spot=prices, pvpc=prices))
    return window, stack, random.uniform(0, 150, len(starts))


def problem(window: Window, stack: PriceStack, contract: Contract, already: dict[str, float]) -> Problem:
    count = len(stack.starts)
    groups = excess_groups(contract, window, 15, already)
    none = np.zeros((0, count), np.int64)
    return Problem(window, 15, stack.all_in_eur_kwh, np.zeros(count), (), none, (), (), groups)


def costed(
    contract: Contract, now: datetime, already: dict[str, float]
) -> tuple[PlanCosts, Problem, FloatArray]:
    window, stack, load = priced(contract, now)
    asked = problem(window, stack, contract, already)
    return plan_costs(contract, window, load, stack, asked.excess), asked, load


@pytest.mark.parametrize("contract", [REFERENCE, SMALL, HOME], ids=["3.0TD", "6.1TD", "2.0TD"])
@pytest.mark.parametrize("now", STARTS)
def test_the_cost_is_the_planners_cost(contract: Contract, now: datetime) -> None:
    already = {"P2 2026-03": 12.5, "P6 2026-03": 500.0}
    costs, asked, load = costed(contract, now, already)
    assert costs.cost_eur == pytest.approx(
        energy_cost_eur(asked, load) + excess_cost_eur(asked, load), rel=1e-12
    )
    assert costs.cost_eur == pytest.approx(sum(costs.parts.values()))
    assert costs.energy_kwh == pytest.approx(float(np.sum(load)) / 4)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    hours=st.integers(0, 24 * 400),
    already=st.floats(0, 60),
    contract=st.sampled_from([REFERENCE, SMALL, HOME]),
)
def test_the_cost_is_the_planners_cost_anywhere(
    seed: int, hours: int, already: float, contract: Contract
) -> None:
    now = datetime.fromtimestamp(datetime(2025, 4, 1, tzinfo=UTC).timestamp() + 3600 * hours, UTC)
    window, stack, load = priced(contract, now, seed)
    asked = problem(window, stack, contract, {f"P{p} {now:%Y-%m}": already for p in range(1, 7)})
    costs = plan_costs(contract, window, load, stack, asked.excess)
    assert costs.cost_eur == pytest.approx(
        energy_cost_eur(asked, load) + excess_cost_eur(asked, load), rel=1e-12
    )


@pytest.mark.parametrize("contract", [REFERENCE, SMALL, HOME], ids=["3.0TD", "6.1TD", "2.0TD"])
def test_every_amount_can_be_recomputed_from_the_json(contract: Contract) -> None:
    """The window crosses a month's end and the tax change of 2026-03-22 (second start)."""
    for now in STARTS:
        costs, _, _ = costed(contract, now, {"P2 2026-03": 12.5})
        body = json.loads(json.dumps(costs.to_json()))
        energy = tax = excess = 0.0
        for row in body["periods"]:
            parts = [row["kwh"] * part["mean_eur_mwh"] / 1000 for part in row["parts"].values()]
            assert sum(parts) == pytest.approx(row["energy_eur"])
            assert row["energy_eur"] * row["tax_rate"] == pytest.approx(row["tax_eur"])
            assert row["energy_eur"] + row["tax_eur"] == pytest.approx(row["eur"])
            energy, tax = energy + row["energy_eur"], tax + row["tax_eur"]
        for row in body["excess"]:
            charged = max(0, row["highest_kw"] - row["contracted_kw"] - row["already_kw"])
            if row["quarters"]:
                charged = math.sqrt(row["already_kw"] ** 2 + row["sum_squares_kw2"]) - row["already_kw"]
            assert charged == pytest.approx(row["charged_kw"])
            assert charged * row["rate_eur_kw"] == pytest.approx(row["eur"])
            assert row["before_tax_eur"] * (1 + row["tax_rate"]) == pytest.approx(row["eur"])
            excess, tax = excess + row["before_tax_eur"], tax + row["tax_eur"]
        assert body["parts"] == pytest.approx({"energy": energy, "excess_power": excess, "taxes": tax})
        assert body["cost_eur"] == pytest.approx(energy + excess + tax)
        assert sum(row["kwh"] for row in body["periods"]) == pytest.approx(body["energy_kwh"])
        recount_invoice_and_fixed(body, contract)


def recount_invoice_and_fixed(body: dict, contract: Contract) -> None:
    invoice = 0.0
    for row in body["excess_power_invoice"]:
        if row["unit_price"] is None:
            assert row["eur"] == 0
            continue
        small = max(contract.contracted_power_kw) <= 50
        charged = row["over_kw"] if small else math.sqrt(row["sum_squares_kw2"])
        factor = row["days"] / row["unit_days"] if small else 1
        invoice += charged * row["unit_price"] * factor
    assert body["excess_power_invoice_eur"] == pytest.approx(invoice)
    fixed = body["fixed_terms"]
    for line in fixed["lines"]:
        assert line["quantity"] * line["price"] * line["factor"] == pytest.approx(line["exact_eur"])
    assert fixed["before_tax_eur"] == pytest.approx(sum(line["exact_eur"] for line in fixed["lines"]))
    taxed = sum(line["exact_eur"] for line in fixed["lines"] if line["kind"] != "rental")
    assert fixed["tax_eur"] == pytest.approx(taxed * fixed["tax_rate"])
    assert fixed["missing"] == []


def test_fixed_terms_are_counted_by_the_share_of_each_day() -> None:
    costs, _, _ = costed(REFERENCE, datetime(2026, 3, 10, 20, tzinfo=UTC), {})
    assert costs.fixed_days == pytest.approx(7 + 3 / 24)
    power = next(line for line in costs.fixed.lines if line.name == "power P1")
    assert float(power.exact) == pytest.approx(80 * 20.376927 * (7 + 3 / 24) / 365)
    rental = next(line for line in costs.fixed.lines if line.kind == "rental")
    assert float(rental.exact) == pytest.approx(0.15 * (7 + 3 / 24))


def test_missing_rental_is_said() -> None:
    costs, _, _ = costed(replace(REFERENCE, equipment_rental_eur_day=None), STARTS[0], {})
    assert any("equipment_rental_eur_day" in sentence for sentence in costs.fixed.missing)


def test_load_stack_and_window_must_be_on_the_same_slots() -> None:
    window, stack, load = priced(REFERENCE, STARTS[0])
    with pytest.raises(ValueError, match="same slots"):
        plan_costs(REFERENCE, window, load[:-1], stack, ())
    with pytest.raises(ValueError, match="same slots"):
        plan_costs(REFERENCE, planning_window(STARTS[0], 6, "Europe/Madrid"), load, stack, ())
