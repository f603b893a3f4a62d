"""Where the lines of an invoice come from, bills of a part of a month, and the external bill to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from test_tariff_invoice import FIXED, INDEXED, PVPC, august_2026, bill

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.slots import local_date, moment
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.domain.tariff.excess import excess_invoice, excess_price
from chocolate_factory.domain.tariff.invoice import (
    Invoice,
    invoice_of_days,
    month_window,
    monthly_invoice,
    pays_reactive,
)
from chocolate_factory.domain.tariff.lines import total
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.domain.tariff.tables import Confidence, basis, lookup
from chocolate_factory.domain.tariff.tables_supply import CAPACITY_PAYMENTS

DECEMBER = (date(2025, 12, 1), date(2025, 12, 31))


def part(contract: Contract, days: list[int], kw: float = 10.0, peak: float = 0.0) -> Invoice:
    """Bill of some days of December 2025 by quarter-hours, with one peak on the first of them at 10:00."""
    starts = month_window(DECEMBER[0]).starts(15)
    starts = starts[np.isin(local_slots(starts).day, [date(2025, 12, day).toordinal() for day in days])]
    prices = np.full(len(starts), 100.0)
    load = np.full(len(starts), kw)
    if peak:
        load[int(np.argmax(local_slots(starts).hour == 10))] = peak
    stack = price_stack(contract, starts, 15, Market(spot=prices, pvpc=prices))
    return invoice_of_days(contract, load, stack, DECEMBER)


def test_the_external_bill_to_the_cent() -> None:
    contract, load, stack = august_2026()
    invoice = monthly_invoice(contract, load, stack, {3: 3476.0, 4: 1968.0, 6: 9000.0})
    sums = {
        kind: str(total(line for line in invoice.lines if line.kind == kind))
        for kind in ("power", "access", "reactive", "rental")
    }
    assert sums == {"power": "461.95", "access": "145.35", "reactive": "51.82", "rental": "4.47"}
    assert invoice.market_eur["spot"] == pytest.approx(19_984 * 0.122079)
    assert sum(invoice.market_eur.values()) == pytest.approx(
        float(next(line.exact for line in invoice.lines if line.kind == "energy")), abs=1e-6
    )


@pytest.mark.parametrize("contract", [PVPC, FIXED, INDEXED, replace(FIXED, energy_includes_tolls=False)])
def test_every_line_names_its_source(contract: Contract) -> None:
    for line in bill(contract, date(2025, 12, 1)).to_json()["lines"]:  # type: ignore[attr-defined]
        own = line["kind"] in {"energy", "rental"} and line["source"] == "contract"
        assert own or line["confidence"], line
        assert line["source"]
    power = next(line for line in bill(contract, date(2025, 12, 1)).lines if line.kind == "power")
    assert power.basis is not None
    assert "BOE-A-2024-26218" in power.basis.source
    assert power.basis.confidence == Confidence.SECONDARY


def test_a_line_is_as_sure_as_its_least_sure_price() -> None:
    energy = next(line for line in bill(INDEXED, date(2026, 2, 1)).lines if line.kind == "energy")
    assert energy.basis is not None
    assert energy.basis.confidence == Confidence.UNCERTAIN, "capacity payments of 2026 are not known"
    table = CAPACITY_PAYMENTS["3.0TD"]
    both = basis([lookup(table, date(2025, 12, 31)), lookup(table, date(2026, 1, 1))])
    assert both is not None
    assert (both.source, both.confidence) == ("Orden TED/1487/2024", Confidence.UNCERTAIN)
    assert basis([]) is None
    changed = bill(replace(FIXED, energy_includes_tolls=False), date(2021, 9, 1))
    first, second = (line.basis for line in changed.lines if line.name == "toll and charge P1")
    assert first is not None
    assert second is not None
    assert first.source != second.source, "each part of the month names its own charges"
    old = replace(INDEXED, contracted_power_kw=(20,) * 6)
    starts = month_window(date(2021, 12, 1)).starts(15)
    lines = [line for line in excess_invoice(old, starts, np.full(len(starts), 25.0)) if line.price]
    assert {line.price.basis.confidence for line in lines if line.price and line.price.basis} == {
        Confidence.UNCERTAIN
    }


def test_a_part_of_a_month_bills_its_days_only() -> None:
    whole, some = part(INDEXED, list(range(1, 32))), part(INDEXED, [1, 2, 3, 10])
    assert (some.days, some.first, some.last) == (4, *DECEMBER)
    assert whole.to_json() == monthly_invoice_of_december().to_json()
    for kind in ("power", "social_bonus", "rental"):
        of = [sum(line.exact for line in one.lines if line.kind == kind) for one in (whole, some)]
        assert float(of[1]) == pytest.approx(float(of[0]) * 4 / 31)
    assert some.energy_kwh == pytest.approx(4 * 240)
    assert "× 4/365" in some.lines[0].computation
    assert sum(line.eur for line in some.lines) == some.total_eur


def monthly_invoice_of_december() -> Invoice:
    starts = month_window(DECEMBER[0]).starts(15)
    prices = np.full(len(starts), 100.0)
    return monthly_invoice(
        INDEXED, np.full(len(starts), 10.0), price_stack(INDEXED, starts, 15, Market(spot=prices))
    )


def test_the_maximeter_counts_the_days_of_the_bill() -> None:
    small = replace(INDEXED, contracted_power_kw=(40,) * 6)
    whole, some = part(small, list(range(1, 32)), peak=52.0), part(small, [1, 2, 3], peak=52.0)
    lines = [next(line for line in one.lines if line.kind == "excess") for one in (whole, some)]
    assert [str(line.eur) for line in lines] == ["62.85", "6.08"]
    assert lines[1].computation.endswith("× 3 days")
    assert not any("maximeter" in sentence for sentence in whole.assumptions)
    assert any("maximeter" in sentence for sentence in some.assumptions)
    assert not any("maximeter" in one for one in part(INDEXED, [1, 2], peak=120.0).assumptions)
    assert excess_price(small, DECEMBER[0], 3).eur_kw[0] == pytest.approx(3 * 0.168944)


def test_days_must_be_whole_and_of_the_period() -> None:
    starts = month_window(DECEMBER[0]).starts(15)[:100]
    stack = price_stack(FIXED, starts, 15, Market())
    with pytest.raises(DataMissing, match="2025-12-02 is not whole"):
        invoice_of_days(FIXED, np.ones(100), stack, DECEMBER)
    day = price_stack(FIXED, starts[:96], 15, Market())
    with pytest.raises(DataMissing, match="no day to bill"):
        invoice_of_days(FIXED, np.ones(96), day, (date(2025, 12, 2), DECEMBER[1]))
    load = np.ones(96)
    load[0] = np.nan
    with pytest.raises(DataMissing, match="load is not known for 1 slots of 2025-12"):
        invoice_of_days(FIXED, load, day, DECEMBER)
    assert local_date(moment(starts[0]), "Europe/Madrid") == DECEMBER[0]


@pytest.mark.parametrize(
    ("contract", "pays"),
    [
        (PVPC, False),
        (INDEXED, True),
        (replace(INDEXED, access_tariff="6.1TD", contracted_power_kw=(15,) * 6), False),
        (replace(INDEXED, access_tariff="6.1TD", contracted_power_kw=(15, 15, 15, 15, 15, 16)), True),
    ],
)
def test_reactive_energy_above_15_kw_only(contract: Contract, pays: bool) -> None:
    assert pays_reactive(contract) is pays
    starts = month_window(date(2025, 10, 1)).starts(60)
    prices = np.full(len(starts), 50.0)
    stack = price_stack(contract, starts, 60, Market(spot=prices, pvpc=prices))
    lines = monthly_invoice(contract, np.ones(len(starts)), stack, {2: 1000.0, 4: 1000.0}).lines
    assert bool([line for line in lines if line.kind == "reactive"]) is pays


def test_taxes_that_change_inside_a_month_are_told() -> None:
    march = bill(INDEXED, date(2026, 3, 1))
    assert march.taxes.electricity_tax.price in (0.5, 0.5)
    assert any("changes from 5.1127 to 0.5 %" in sentence for sentence in march.assumptions)
    assert not any("planned" in sentence for sentence in march.assumptions), "the minimum is on the invoice"
    assert march.taxes.electricity_tax.exact == max(
        march.taxes.base_eur * Decimal("0.005"), Decimal(str(march.energy_kwh)) / 1000 * Decimal("0.5")
    )
