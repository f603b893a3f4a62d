"""The worked invoices on real prices, an external bill, taxes, and months that change inside."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tariff_data import at, column

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.tariff.calendar import day_type, local_slots
from chocolate_factory.domain.tariff.fixed import fixed_terms
from chocolate_factory.domain.tariff.invoice import Invoice, month_window, monthly_invoice
from chocolate_factory.domain.tariff.lines import Line, cents, dec, plain
from chocolate_factory.domain.tariff.reactive import cos_phi, reactive_lines
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.domain.tariff.taxes import tax_lines

PVPC = Contract(ContractKind.PVPC, "2.0TD", (4.6, 4.6), industrial=False)
INDEXED = Contract(
    ContractKind.INDEXED,
    "3.0TD",
    (100,) * 6,
    5.0,
    adjustment_services_eur_mwh=20.0,
    operator_fees_eur_mwh=0.25,
    efficiency_fund_eur_mwh=0.0,
    equipment_rental_eur_day=0.144194,
)
FIXED = Contract(
    ContractKind.FIXED,
    "2.0TD",
    (4.6, 4.6),
    energy_eur_mwh=(200.0, 150.0, 100.0),
    industrial=False,
)


def eur(invoice: Invoice, *names: str) -> list[str]:
    """Rounded amounts of the lines whose name starts with one of `names`, as text."""
    return [str(line.eur) for line in invoice.lines if line.name.startswith(names)]


def figures(invoice: Invoice) -> list[str]:
    taxes = invoice.taxes
    amounts = (
        taxes.base_eur,
        taxes.electricity_tax.eur,
        taxes.vat_base_eur,
        taxes.vat.eur,
        invoice.total_eur,
    )
    return [str(amount) for amount in amounts]


def bill(
    contract: Contract, month: date, kw: float = 1.0, minutes: int = 60, price: float = 100.0
) -> Invoice:
    starts = month_window(month).starts(minutes)
    prices = np.full(len(starts), price)
    stack = price_stack(contract, starts, minutes, Market(spot=prices, pvpc=prices))
    return monthly_invoice(contract, np.full(len(starts), kw), stack)


def test_invoice_a_pvpc_october_2025(shared: Path) -> None:
    starts = month_window(date(2025, 10, 1)).starts(60)
    pvpc = at(column(shared / "data/prices/pvpc_2_0td_hourly.csv.gz", "price_eur_mwh"), starts)
    stack = price_stack(PVPC, starts, 60, Market(pvpc=pvpc))
    invoice = monthly_invoice(PVPC, np.ones(len(starts)), stack)
    assert invoice.energy_kwh == 745
    assert np.bincount(stack.periods).tolist() == [0, 184, 184, 377]
    assert eur(invoice, "power", "retail", "energy") == ["10.52", "0.27", "1.22", "109.08"]
    assert eur(invoice, "social", "meter") == ["0.40", "0.83"]
    exact = [float(line.exact) for line in invoice.lines]
    assert exact[:5] == pytest.approx([10.521360, 0.272537, 1.216202, 109.07951, 0.395015], abs=5e-7)
    sums = [float(np.sum(pvpc[stack.periods == period])) for period in (1, 2, 3)]
    assert sums == pytest.approx([38_847.52, 25_277.40, 44_954.59], abs=0.005)
    access = float(np.sum(stack.parts["toll"] + stack.parts["charge"])) / 1000
    assert access == pytest.approx(23.344898)
    assert figures(invoice) == ["121.49", "6.21", "128.53", "26.99", "155.52"]
    assert "not binding" in invoice.taxes.electricity_tax.computation
    assert "minimum 0.745 MWh × 1 EUR/MWh = 0.745" in invoice.taxes.electricity_tax.computation


def december(shared: Path, minutes: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Slots, hourly OMIE (mean of four quarters) on them, and the profile of invoice (b) in kW."""
    starts = month_window(date(2025, 12, 1)).starts(minutes)
    series = column(shared / "data/prices/omie_dayahead_hourly.csv.gz", "price_eur_mwh")
    spot = at(series, starts - starts % 3600)
    local = local_slots(starts)
    working = np.array([day_type(date.fromordinal(int(day))) != "D" for day in local.day])
    load = np.where(working & (local.hour >= 6) & (local.hour < 22), 60.0, 10.0)
    return starts, spot, load


def with_excess(starts: IntArray, load: FloatArray) -> FloatArray:
    first = int(np.searchsorted(starts, int(datetime(2025, 12, 10, 9, tzinfo=UTC).timestamp())))
    peaked = load.copy()
    peaked[first : first + 4] = [110, 120, 115, 105]
    return peaked


@pytest.mark.parametrize("minutes", [15, 60])
def test_invoice_b_indexed_december_2025(shared: Path, minutes: int) -> None:
    starts, spot, load = december(shared, minutes)
    stack = price_stack(INDEXED, starts, minutes, Market(spot=spot))
    invoice = monthly_invoice(INDEXED, load, stack)
    assert (np.bincount(stack.periods) * minutes / 60).tolist() == [0, 189, 147, 0, 0, 0, 408]
    market = stack.energy_eur_mwh - stack.parts["toll"] - stack.parts["charge"]
    kwh = load * minutes / 60
    sums = [float(np.dot(kwh, market * (stack.periods == p))) / 1000 for p in (1, 2, 6)]
    assert sums == pytest.approx([1572.905049, 896.460893, 732.402881], abs=5e-7)
    means = [float(np.average(spot, weights=kwh * (stack.periods == p))) for p in (1, 2, 6)]
    assert means == pytest.approx([91.5201, 86.8234, 74.4622], abs=5e-5)
    assert eur(invoice, "energy") == ["3201.77"]
    assert eur(invoice, "toll") == ["692.09", "244.67", "16.26"]
    assert eur(invoice, "power") == ["166.96", "87.07", "36.20", "31.27", "19.77", "11.52"]
    assert eur(invoice, "social", "equipment") == ["0.40", "4.47"]
    assert figures(invoice) == ["4507.98", "230.48", "4742.93", "996.02", "5738.95"]
    assert "24.24 MWh × 0.5 EUR/MWh = 12.12" in invoice.taxes.electricity_tax.computation
    assert invoice.to_json()["eur_kwh"] == pytest.approx(0.2368, abs=5e-5)
    assert all(line.eur == 0 for line in invoice.excess)


def test_invoice_c_with_one_excess(shared: Path) -> None:
    starts, spot, load = december(shared, 15)
    load = with_excess(starts, load)
    stack = price_stack(INDEXED, starts, 15, Market(spot=spot))
    invoice = monthly_invoice(INDEXED, load, stack)
    assert eur(invoice, "energy") == ["3209.84"]
    assert eur(invoice, "toll") == ["695.30", "244.67", "16.26"]
    assert eur(invoice, "excess") == ["92.05"]
    excess = next(line for line in invoice.lines if line.kind == "excess")
    assert excess.computation == "√(750 kW²) = 27.386128 kW × 3.361213 EUR/kW"
    assert figures(invoice) == ["4611.31", "235.76", "4851.54", "1018.82", "5870.36"]
    assert "= 12.14625" in invoice.taxes.electricity_tax.computation


def test_invoice_c_by_hour_and_by_quarter(shared: Path) -> None:
    starts, spot, load = december(shared, 15)
    load = with_excess(starts, load)
    chosen = load > 100
    by_quarter = at(column(shared / "data/prices/omie_dayahead.csv.gz", "price_eur_mwh"), starts[chosen])
    costs = []
    for prices in (spot[chosen], by_quarter):
        stack = price_stack(INDEXED, starts[chosen], 15, Market(spot=prices))
        market = stack.energy_eur_mwh - stack.parts["toll"] - stack.parts["charge"]
        costs.append(float(np.dot(load[chosen] / 4, market)) / 1000)
    assert costs == pytest.approx([17.301773, 17.307661], abs=5e-7)


def test_type_4_variant_of_the_excess(shared: Path) -> None:
    starts, spot, load = december(shared, 15)
    small = replace(INDEXED, contracted_power_kw=(40,) * 6)
    load = np.minimum(load, 40.0)
    load[int(np.argmax(local_slots(starts).hour == 10))] = 52.0
    invoice = monthly_invoice(small, load, price_stack(small, starts, 15, Market(spot=spot)))
    line = next(line for line in invoice.lines if line.kind == "excess")
    assert str(line.eur) == "62.85"
    assert line.computation == "(52 − 40) kW × 0.168944 EUR/kW × 31 days"


def august_2026() -> tuple[Contract, FloatArray, PriceStack]:
    """The real 6.1TD bill of August 2026 as far as it is of this model: energy by period, spread evenly."""
    contract = Contract(
        ContractKind.INDEXED,
        "6.1TD",
        (90,) * 6,
        15.0,
        adjustment_services_eur_mwh=33.923,
        operator_fees_eur_mwh=0.0,
        losses_percent=(6.4427,) * 6,
        municipal_fee=0.0,
        efficiency_fund_eur_mwh=0.0,
        equipment_rental_eur_day=0.144194,
    )
    starts = month_window(date(2026, 8, 1)).starts(60)
    stack = price_stack(contract, starts, 60, Market(spot=np.full(len(starts), 122.079)))
    load = np.zeros(len(starts))
    for period, kwh in ((3, 7820.0), (4, 4898.0), (6, 7266.0)):
        load[stack.periods == period] = kwh / np.sum(stack.periods == period)
    return contract, load, stack


def test_external_bill_of_august_2026() -> None:
    contract, load, stack = august_2026()
    invoice = monthly_invoice(contract, load, stack, {3: 3476.0, 4: 1968.0, 6: 9000.0})
    by_kind: dict[str, Decimal] = {}
    for line in invoice.lines:
        by_kind[line.kind] = by_kind.get(line.kind, Decimal(0)) + line.eur
    assert float(by_kind["power"]) == pytest.approx(461.95, abs=0.02)
    assert float(by_kind["access"]) == pytest.approx(145.35, abs=0.02)
    assert eur(invoice, "reactive") == ["37.21", "14.61"]
    assert str(by_kind["rental"]) == "4.47"
    parts = {name: float(np.dot(load, price)) / 1000 for name, price in stack.parts.items()}
    assert parts["spot"] * 1.064427 == pytest.approx(2596.80, abs=0.005)
    assert parts["adjustment_services"] * 1.064427 == pytest.approx(721.59, abs=0.005)
    assert parts["margin"] == pytest.approx(299.76, abs=0.005)
    assert any("capacity payment 6.1TD of 2026" in sentence for sentence in invoice.assumptions)


def test_external_bill_taxes_close_on_its_base() -> None:
    contract, _, _ = august_2026()
    amounts = ("461.95", "145.35", "51.82", "2596.80", "721.59", "299.76", "-8.29", "0.59")
    taxed = [Line("line", "energy", "", Decimal(amount), 1.0, "EUR") for amount in amounts]
    rental = [Line("rental", "rental", "", Decimal("4.47"), 1.0, "EUR")]
    taxes = tax_lines(contract, taxed, rental, 19_984.0, date(2026, 8, 31))
    assert (str(taxes.base_eur), str(taxes.electricity_tax.eur)) == ("4269.57", "218.29")
    assert (str(taxes.vat.eur), str(taxes.vat_base_eur + taxes.vat.eur)) == ("943.39", "5435.72")


def test_reactive_energy_by_power_factor() -> None:
    assert cos_phi(7820, 3476) == Decimal("0.91")
    assert cos_phi(0, 0) == 1
    assert reactive_lines(date(2026, 8, 31), {3: 1000.0}, {3: 320.0, 6: 5000.0}) == []
    (line,) = reactive_lines(date(2026, 8, 31), {2: 100.0}, {2: 100.0})
    assert (line.price, str(line.eur)) == (0.062332, "4.18")


def test_the_minimum_of_the_electricity_tax() -> None:
    """0.5 % in May 2026: below 100 EUR/MWh (industrial) or 200 (other) the minimum is the tax."""
    for industrial, price, least in ((True, 40.0, 0.5), (False, 90.0, 1.0)):
        contract = replace(FIXED, energy_eur_mwh=(price,) * 3, industrial=industrial)
        invoice = bill(contract, date(2026, 5, 1), kw=4.0)
        tax = invoice.taxes.electricity_tax
        assert str(tax.eur) == str(cents(dec(4 * 744 / 1000 * least)))
        assert tax.computation.endswith(": binding")
    dear = bill(replace(FIXED, energy_eur_mwh=(900.0,) * 3), date(2026, 5, 1), kw=4.0)
    assert dear.taxes.electricity_tax.eur == cents(dear.taxes.base_eur * Decimal("0.005"))


def test_vat_by_date_and_power() -> None:
    rates = {
        (date(2022, 8, 1), 4.6): 5.0,
        (date(2024, 5, 1), 4.6): 21.0,
        (date(2024, 8, 1), 4.6): 10.0,
        (date(2026, 4, 1), 10.0): 10.0,
        (date(2026, 4, 1), 12.0): 21.0,
    }
    for (month, kw), percent in rates.items():
        invoice = bill(replace(FIXED, contracted_power_kw=(kw, kw)), month)
        assert invoice.taxes.vat.price == percent
        assert invoice.taxes.vat.eur == cents(invoice.taxes.vat_base_eur * Decimal(percent) / 100)


def test_a_month_whose_prices_change_is_split_by_days() -> None:
    contract = replace(FIXED, energy_includes_tolls=False)
    invoice = bill(contract, date(2021, 9, 1))
    power = [line for line in invoice.lines if line.name == "power P1"]
    assert [line.computation for line in power] == [
        "4.6 kW × 30.67266 EUR/kW·year × 15/365",
        "4.6 kW × 23.751377 EUR/kW·year × 15/365",
    ]
    peaks = [line for line in invoice.lines if line.name == "toll and charge P1"]
    assert [line.price for line in peaks] == pytest.approx([133.118, 31.511])
    assert sum(line.quantity for line in invoice.lines if line.kind == "access") == invoice.energy_kwh
    assert any("electricity tax changes from 5.1127 to 0.5 %" in text for text in invoice.assumptions)
    assert invoice.taxes.electricity_tax.price in (0.5, 1.0)


def test_leap_years_and_unknown_items_are_said() -> None:
    leap = bill(FIXED, date(2024, 2, 1))
    assert any("/366" in sentence for sentence in leap.assumptions)
    assert any("× 29/366" in line.computation for line in leap.lines)
    bare = bill(replace(INDEXED, equipment_rental_eur_day=None), date(2023, 5, 1))
    assert any("social-bonus" in sentence and "2023" in sentence for sentence in bare.missing)
    assert any("equipment_rental_eur_day" in sentence for sentence in bare.missing)
    assert not [line for line in bare.lines if line.kind in ("social_bonus", "rental")]
    assert not any("/366" in sentence for sentence in bare.assumptions)


def test_social_bonus_changes_inside_june_2026() -> None:
    june = {date(2026, 6, day): Decimal(1) for day in range(1, 31)}
    lines = [line for line in fixed_terms(INDEXED, june).lines if line.kind == "social_bonus"]
    assert [line.computation for line in lines] == [
        "1 supply × 6.979247 EUR/year × 25/365",
        "1 supply × 9.011295 EUR/year × 5/365",
    ]


def test_only_whole_months_with_every_slot() -> None:
    starts = month_window(date(2025, 10, 1)).starts(60)
    stack = price_stack(FIXED, starts[:-1], 60, Market())
    with pytest.raises(DataMissing, match="2025-10 is not whole"):
        monthly_invoice(FIXED, np.ones(len(starts) - 1), stack)
    whole, load = price_stack(FIXED, starts, 60, Market()), np.ones(len(starts))
    load[5] = np.nan
    with pytest.raises(DataMissing, match=r"load is not known for 1 slots of 2025-10.*2025-10-01T03:00"):
        monthly_invoice(FIXED, load, whole)
    with pytest.raises(DataMissing, match="load has 3 slots"):
        monthly_invoice(FIXED, load[:3], whole)


@settings(max_examples=25, deadline=None)
@given(
    month=st.dates(date(2024, 1, 1), date(2027, 12, 1)),
    kw=st.floats(0.1, 99),
    price=st.floats(-50, 500),
    contract=st.sampled_from([PVPC, FIXED, INDEXED, replace(INDEXED, access_tariff="6.1TD")]),
)
def test_any_invoice_adds_up(month: date, kw: float, price: float, contract: Contract) -> None:
    invoice = bill(contract, month, kw, 60, price)
    body = json.loads(json.dumps(invoice.to_json()))
    assert sum(Decimal(str(line["eur"])) for line in body["lines"]) == invoice.total_eur
    for line in body["lines"]:
        if line["price"] is not None:
            product = line["quantity"] * line["price"] * line["factor"]
            assert product == pytest.approx(line["exact_eur"], rel=1e-9, abs=1e-6)
    industrial = 0.5 if contract.industrial else 1.0
    least = Decimal(str(round(invoice.energy_kwh, 6))) * Decimal(str(industrial)) / 1000
    assert invoice.taxes.electricity_tax.exact >= least - Decimal("0.000001")


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("2.345", "2.35"), ("2.344999", "2.34"), ("-2.345", "-2.35"), ("0.005", "0.01"), ("1.005", "1.01")],
)
def test_rounding_is_half_up(amount: str, rounded: str) -> None:
    assert str(cents(Decimal(amount))) == rounded
    assert str(cents(dec(float(amount)))) == rounded


def test_numbers_in_computations() -> None:
    assert [plain(value) for value in (12.5, 100.0, 0.1234567, Decimal("744.0"))] == [
        "12.5",
        "100",
        "0.123457",
        "744",
    ]
