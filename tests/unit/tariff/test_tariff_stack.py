"""The price stack of the three kinds of contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window, day_window, epoch
from chocolate_factory.domain.tariff.calendar import energy_periods
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack

ZONE = "Europe/Madrid"
INDEXED = Contract(
    ContractKind.INDEXED,
    "3.0TD",
    (100,) * 6,
    5.0,
    adjustment_services_eur_mwh=20.0,
    operator_fees_eur_mwh=0.25,
    efficiency_fund_eur_mwh=0.0,
)
PVPC = Contract(ContractKind.PVPC, "2.0TD", (4.6, 4.6))
FIXED = Contract(ContractKind.FIXED, "3.0TD", (100,) * 6, energy_eur_mwh=(190, 170, 150, 140, 130, 120))
HOUR = np.array([epoch(datetime(2025, 12, 10, 9, tzinfo=UTC))], np.int64)


def day(at: date, minutes: int = 60) -> IntArray:
    return day_window(at, ZONE).starts(minutes)


def flat(starts: IntArray, price: float) -> FloatArray:
    return np.full(len(starts), price)


def one(contract: Contract, spot: float = 104.27) -> PriceStack:
    return price_stack(contract, HOUR, 60, Market(spot=np.array([spot])))


def check_sum(stack: PriceStack) -> None:
    assert np.allclose(sum(stack.parts.values()), stack.energy_eur_mwh, atol=1e-9)
    assert np.allclose(stack.all_in_eur_kwh, stack.energy_eur_mwh * (1 + stack.tax_rate) / 1000, atol=1e-12)


def test_the_worked_hour_of_the_indexed_formula() -> None:
    stack = one(INDEXED)
    assert stack.periods.tolist() == [1]
    assert stack.energy_eur_mwh[0] == pytest.approx(214.824537, abs=5e-7)
    assert 60 * stack.energy_eur_mwh[0] / 1000 == pytest.approx(12.889472, abs=5e-7)
    assert stack.parts["capacity"][0] == 1.141
    inside = sum(
        stack.parts[name][0] for name in ("spot", "capacity", "adjustment_services", "operator_fees")
    )
    assert inside == pytest.approx(125.661)
    assert inside + stack.parts["losses"][0] == pytest.approx(146.520726)
    assert (stack.parts["toll"][0], stack.parts["charge"][0]) == (28.528, 32.503)
    assert stack.tax_rate[0] == pytest.approx(0.0511269632)
    check_sum(stack)


def test_each_switch_of_the_indexed_formula() -> None:
    access, busbar, loss = 28.528 + 32.503, 104.27 + 1.141 + 20.0 + 0.25, 1.166

    def price(**change: object) -> float:
        return float(one(replace(INDEXED, **change)).energy_eur_mwh[0]) - access

    assert price(municipal_fee=0.0) == pytest.approx(busbar * loss + 5)
    assert price(margin_inside_losses=True) == pytest.approx((busbar + 5) * loss * 1.015)
    assert price(guarantees_eur_mwh=1.5) == pytest.approx(((busbar + 1.5) * loss + 5) * 1.015)
    assert price(efficiency_fund_eur_mwh=2.437) == pytest.approx((busbar * loss + 2.437 + 5) * 1.015)
    assert price(losses_percent=(10.0, 1, 2, 3, 4, 5)) == pytest.approx((busbar * 1.1 + 5) * 1.015)
    assert price(operator_fees_eur_mwh=1.25) == pytest.approx(((busbar + 1) * loss + 5) * 1.015)
    assert price(adjustment_services_eur_mwh=30.0) == pytest.approx(((busbar + 10) * loss + 5) * 1.015)
    assert price(retail_margin_eur_mwh=0.0) == pytest.approx(busbar * loss * 1.015)


def test_defaults_stand_in_with_a_sentence_each() -> None:
    bare = Contract(ContractKind.INDEXED, "3.0TD", (80, 80, 80, 80, 80, 130), 5.0)
    stack = price_stack(bare, day(date(2026, 3, 10)), 60, Market(spot=flat(day(date(2026, 3, 10)), 50.0)))
    assert set(stack.parts["adjustment_services"]) == {27.0}
    assert set(stack.parts["operator_fees"]) == {0.25}
    text = " ".join(stack.assumptions)
    for words in (
        "Adjustment services of 2026",
        "operator fees",
        "Standard loss",
        "capacity payment",
        "Efficiency",
    ):
        assert words in text
    assert len(stack.assumptions) == len(set(stack.assumptions)) == 5
    assert one(replace(INDEXED, losses_percent=(16.6,) * 6)).assumptions == ()


def test_no_default_where_nothing_is_known() -> None:
    bare = replace(INDEXED, adjustment_services_eur_mwh=None)
    starts = day(date(2021, 11, 3))
    with pytest.raises(DataMissing, match="adjustment services") as caught:
        price_stack(bare, starts, 60, Market(spot=flat(starts, 200.0)))
    assert "contract.adjustment_services_eur_mwh" in caught.value.hint


def test_pvpc_is_taken_as_it_is() -> None:
    starts = day(date(2026, 3, 10))
    prices = np.linspace(60, 250, len(starts))
    stack = price_stack(PVPC, starts, 60, Market(pvpc=prices))
    assert np.allclose(stack.energy_eur_mwh, prices)
    assert stack.parts["toll"][10] + stack.parts["charge"][10] == pytest.approx(97.553)
    assert stack.assumptions == ()
    check_sum(stack)


def test_fixed_prices_with_and_without_tolls() -> None:
    starts = day(date(2026, 1, 14))
    whole = price_stack(FIXED, starts, 60, Market())
    periods = energy_periods("3.0TD", starts)
    assert whole.energy_eur_mwh.tolist() == [FIXED.energy_eur_mwh[p - 1] for p in periods]  # type: ignore[index]
    split = price_stack(replace(FIXED, energy_includes_tolls=False), starts, 60, Market())
    assert split.energy_eur_mwh[9] == pytest.approx(190 + 27.511 + 35.841)
    check_sum(split)


def test_61td_has_its_own_figures() -> None:
    stack = one(replace(INDEXED, access_tariff="6.1TD"))
    assert stack.parts["capacity"][0] == 0.490
    assert stack.parts["losses"][0] == pytest.approx((104.27 + 0.49 + 20.25) * 0.067)
    assert stack.parts["toll"][0] + stack.parts["charge"][0] == pytest.approx(44.778)


def test_the_tax_follows_the_day_of_the_slot() -> None:
    starts = Window(datetime(2026, 3, 20, 23, tzinfo=UTC), datetime(2026, 3, 22, 23, tzinfo=UTC)).starts(60)
    stack = price_stack(FIXED, starts, 60, Market())
    assert stack.tax_rate[:24] == pytest.approx([0.0511269632] * 24)
    assert stack.tax_rate[24:] == pytest.approx([0.005] * 24)
    assert any("minimum" in sentence for sentence in stack.assumptions)
    november = price_stack(FIXED, day(date(2026, 11, 10)), 60, Market())
    assert november.tax_rate[0] == pytest.approx(0.0511269632)
    assert any("RDL 25/2026" in sentence for sentence in november.assumptions)


def test_the_gas_cap_is_mentioned_in_its_months_only() -> None:
    for at, said in ((date(2022, 9, 1), True), (date(2023, 3, 1), False)):
        stack = price_stack(INDEXED, day(at), 60, Market(spot=flat(day(at), 100.0)))
        assert any("gas-cap" in sentence for sentence in stack.assumptions) is said


def test_a_missing_price_is_named_with_its_first_slot() -> None:
    starts = day(date(2026, 3, 10))
    prices = flat(starts, 50.0)
    prices[[3, 7]] = np.nan
    with pytest.raises(
        DataMissing, match=r"spot price: no value for 2 of 24 slots.*2026-03-10T02:00:00\+00:00"
    ):
        price_stack(INDEXED, starts, 60, Market(spot=prices))
    with pytest.raises(DataMissing, match=r"PVPC: no value for 24 of 24.*2026-03-09T23:00:00\+00:00"):
        price_stack(PVPC, starts, 60, Market(spot=prices))


def test_no_slots_and_a_wrong_number_of_prices() -> None:
    none = np.zeros(0, np.int64)
    assert price_stack(INDEXED, none, 15, Market(spot=np.zeros(0))).all_in_eur_kwh.shape == (0,)
    with pytest.raises(ValueError, match="spot price"):
        price_stack(INDEXED, HOUR, 60, Market(spot=np.array([1.0, 2.0])))


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        (replace(PVPC, access_tariff="3.0TD", contracted_power_kw=(9.0,) * 6), r"contract\.kind"),
        (replace(FIXED, energy_eur_mwh=None), r"contract\.energy_eur_mwh"),
        (replace(FIXED, energy_eur_mwh=(1.0, 2.0, 3.0)), r"contract\.energy_eur_mwh.*needs 6"),
        (replace(INDEXED, losses_percent=(1.0,)), r"contract\.losses"),
        (replace(INDEXED, access_tariff="2.1A"), r"contract\.access_tariff"),
    ],
)
def test_contracts_that_do_not_fit(contract: Contract, words: str) -> None:
    market = Market(spot=np.array([50.0]), pvpc=np.array([50.0]))
    with pytest.raises(Misconfigured, match=words):
        price_stack(contract, HOUR, 60, market)


@settings(max_examples=60, deadline=None)
@given(
    at=st.dates(date(2022, 1, 1), date(2028, 12, 31)),
    tariff=st.sampled_from(("2.0TD", "3.0TD", "6.1TD")),
    spot=st.floats(-500, 4000),
    more=st.floats(0.01, 500),
    inside=st.booleans(),
)
def test_parts_sum_and_dearer_spot_is_dearer(
    at: date, tariff: str, spot: float, more: float, inside: bool
) -> None:
    contract = Contract(ContractKind.INDEXED, tariff, (9.0, 9.0), 3.0, margin_inside_losses=inside)
    starts = day(at)
    low, high = (
        price_stack(contract, starts, 60, Market(spot=flat(starts, price))) for price in (spot, spot + more)
    )
    check_sum(low)
    assert np.all(high.all_in_eur_kwh > low.all_in_eur_kwh)
    assert np.all(high.energy_eur_mwh - low.energy_eur_mwh >= more * 1.015 * 1.04)
