"""Regulated figures against the published facts, and how a day finds its row."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from tariff_data import table

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.tariff import tables_access, tables_billing, tables_supply
from chocolate_factory.domain.tariff.tables import Confidence, Row, Table, lookup
from chocolate_factory.domain.tariff.tables_access import (
    ENERGY_CHARGES,
    ENERGY_TOLLS,
    POWER_CHARGES,
    POWER_TOLLS,
)
from chocolate_factory.domain.tariff.tables_billing import (
    ADJUSTMENT_SERVICES,
    ELECTRICITY_TAX,
    METER_RENTAL,
    OPERATOR_FEES,
    PVPC_MARGIN,
    REACTIVE,
    SOCIAL_BONUS,
    TAX_MINIMUM,
)
from chocolate_factory.domain.tariff.tables_supply import (
    CAPACITY_PAYMENTS,
    EXCESS_MAXIMETER,
    EXCESS_OLD,
    EXCESS_QUARTERS,
    STANDARD_LOSSES,
)
from chocolate_factory.domain.tariff.taxes import vat_figure

FILES = {"2.0TD": "td20_energy_terms.csv", "3.0TD": "td30_terms.csv", "6.1TD": "td61_terms.csv"}


def all_tables() -> list[Table]:
    found = []
    for module in (tables_access, tables_billing, tables_supply):
        for value in vars(module).values():
            if isinstance(value, Table):
                found.append(value)
            elif isinstance(value, dict) and value and isinstance(next(iter(value.values())), Table):
                found.extend(value.values())
    return found


def edges(row: dict[str, str]) -> list[date]:
    """First and last day of a published row; an open row is looked at five years later."""
    first = date.fromisoformat(row["valid_from"])
    return [
        first,
        date.fromisoformat(row["valid_to"]) if row["valid_to"] else first + timedelta(days=5 * 365),
    ]


def column(period: str) -> int:
    return int(period[1]) - 1 if period.startswith("P") else 0


@pytest.mark.parametrize("tariff", FILES)
def test_tolls_and_charges(shared: Path, tariff: str) -> None:
    rows = table(shared / "data/tariffs" / FILES[tariff])
    assert len(rows) == 22 * (3 if tariff == "2.0TD" else 6)
    for row in rows:
        for key, toll, charge in (
            ("energy_eur_mwh", ENERGY_TOLLS[tariff], ENERGY_CHARGES[tariff]),
            ("power_eur_kw_year", POWER_TOLLS[tariff], POWER_CHARGES[tariff]),
        ):
            if not row[key]:
                continue
            chosen = {"toll": [toll], "charge": [charge], "toll_plus_charge": [toll, charge]}[row["kind"]]
            for day in edges(row):
                figures = [lookup(each, day) for each in chosen]
                ours = sum(figure.values[column(row["period"])] for figure in figures)
                assert ours == pytest.approx(float(row[key]), abs=1e-9), (row, day)
                if row["kind"] != "toll_plus_charge":
                    assert figures[0].row.confidence == row["confidence"]
                    assert figures[0].row.source.split(" (")[0].split(",")[0] in row["source"]


def test_other_terms(shared: Path) -> None:
    tables = {
        **{("capacity_payment", tariff): found for tariff, found in CAPACITY_PAYMENTS.items()},
        **{("standard_loss_coefficient", tariff): found for tariff, found in STANDARD_LOSSES.items()},
        ("social_bonus_financing", "all"): SOCIAL_BONUS,
        ("pvpc_fixed_retail_margin", "2.0TD PVPC"): PVPC_MARGIN,
        ("meter_rental", "type 5 single-phase"): METER_RENTAL,
    }
    checked = 0
    for row in table(shared / "data/tariffs/other_terms.csv"):
        found = tables.get((row["item"], row["applies_to"]))
        if found is None:
            continue
        for day in edges(row):
            figure = lookup(found, day)
            index = column(row["period"]) if len(figure.values) > 1 else 0
            assert figure.values[index] == float(row["value"]), (row, day)
            assert figure.row.confidence == row["confidence"], row
        checked += 1
    assert checked == 5 * 15 + 15 + 5 + 1 + 1


def test_reactive_prices(shared: Path) -> None:
    rows = table(shared / "data/tariffs/other_terms.csv")
    prices = [float(row["value"]) for row in rows if row["item"] == "reactive_inductive"]
    assert prices == [0.0, *lookup(REACTIVE, date(2026, 8, 31)).values]


def test_excess_prices(shared: Path) -> None:
    checked = 0
    for row in table(shared / "data/tariffs/excess_power_terms.csv"):
        if row["tariff"] == "2.0TD":
            continue
        by_type = {"1-3": EXCESS_QUARTERS, "4-5": EXCESS_MAXIMETER}.get(row["meter_type"], EXCESS_OLD)
        for day in edges(row):
            assert lookup(by_type[row["tariff"]], day).values[column(row["period"])] == float(row["value"])
        checked += 1
    assert checked == 2 * 2 * 2 * 6 + 2


def contract(kw: float) -> Contract:
    return Contract(ContractKind.FIXED, "2.0TD", (kw, kw), energy_eur_mwh=(1.0, 1.0, 1.0))


def test_taxes(shared: Path) -> None:
    for row in table(shared / "data/tariffs/taxes.csv"):
        for day in edges(row):
            if row["tax"] == "electricity_tax":
                figure = lookup(ELECTRICITY_TAX, day)
                minima = (float(row["min_eur_mwh_industrial"]), float(row["min_eur_mwh_other"]))
                assert lookup(TAX_MINIMUM, day).values == minima
            elif row["tax"] == "vat":
                figure = vat_figure(contract(10.1 if "above" in row["applies_to"] else 9.9), day)
            else:
                continue
            if row["rate_percent"]:
                assert figure.values[0] == float(row["rate_percent"]), (row, day)
                assert figure.row.confidence == row["confidence"]
                assert figure.assumption is None
            else:
                assert figure.assumption is not None


@pytest.mark.parametrize(
    ("kw", "day", "percent"),
    [
        (10.0, date(2026, 4, 29), 21.0),
        (9.9, date(2026, 4, 29), 10.0),
        (10.0, date(2026, 4, 30), 10.0),
        (10.0, date(2024, 2, 29), 10.0),
        (10.1, date(2024, 2, 29), 21.0),
        (10.0, date(2023, 7, 1), 5.0),
    ],
)
def test_vat_at_the_limit_of_10_kw(kw: float, day: date, percent: float) -> None:
    assert vat_figure(contract(kw), day).values == (percent,)


@pytest.mark.parametrize("found", all_tables(), ids=lambda found: found.name)
def test_rows_are_in_order_and_do_not_overlap(found: Table) -> None:
    for before, after in zip(found.rows, found.rows[1:], strict=False):
        assert before.last is not None
        assert before.last < after.first
        assert len(before.values) == len(after.values)
    for row in found.rows:
        assert row.source
        assert row.last is None or row.first <= row.last
        if row.confidence in (Confidence.UNCERTAIN, Confidence.ESTIMATED):
            assert row.note, f"{found.name} {row.first}: an uncertain figure must say so"


def test_all_access_tables_have_no_gap() -> None:
    for by_tariff in (ENERGY_TOLLS, ENERGY_CHARGES, POWER_TOLLS, POWER_CHARGES):
        for found in by_tariff.values():
            assert found.rows[0].first == date(2021, 6, 1)
            assert found.rows[-1].last == date(2026, 12, 31)
            for before, after in zip(found.rows, found.rows[1:], strict=False):
                assert before.last is not None
                assert before.last + timedelta(days=1) == after.first


def test_after_the_last_row_its_values_stand_on_and_say_so() -> None:
    known = lookup(CAPACITY_PAYMENTS["3.0TD"], date(2025, 12, 31))
    later = lookup(CAPACITY_PAYMENTS["3.0TD"], date(2026, 3, 10))
    assert known.assumption is None
    assert later.values == known.values
    assert "capacity payment 3.0TD of 2026" in (later.assumption or "")
    assert "TED/1487/2024" in (later.assumption or "")
    assert "of 2027" in (lookup(ENERGY_TOLLS["3.0TD"], date(2027, 1, 1)).assumption or "")


def test_a_gap_names_figure_and_key() -> None:
    with pytest.raises(DataMissing, match=r"adjustment services .*2021-12-31") as caught:
        lookup(ADJUSTMENT_SERVICES, date(2021, 12, 31))
    assert "contract.adjustment_services_eur_mwh" in caught.value.hint
    with pytest.raises(DataMissing, match="2022-01-01") as caught:
        lookup(EXCESS_OLD["3.0TD"], date(2022, 1, 1))
    assert "contract.excess_eur_kw" in caught.value.hint
    with pytest.raises(DataMissing, match="social-bonus"):
        lookup(SOCIAL_BONUS, date(2023, 6, 1))


def test_a_day_before_the_first_row_is_missing() -> None:
    one = Table("x", "EUR", (Row(date(2022, 1, 1), None, (1.0,), "law", Confidence.OFFICIAL),))
    assert lookup(one, date(2022, 1, 1)).values == (1.0,)
    with pytest.raises(DataMissing, match=r"x \(EUR\): no value is known for 2021-12-31"):
        lookup(one, date(2021, 12, 31))


@pytest.mark.parametrize(("year", "value"), [(2023, 13.0), (2024, 13.0), (2025, 19.0), (2026, 27.0)])
def test_defaults_of_indexed_contracts_are_labelled(year: int, value: float) -> None:
    services = lookup(ADJUSTMENT_SERVICES, date(year, 2, 1))
    assert services.values == (value,)
    assert f"{value:g} EUR/MWh" in (services.assumption or "")
    assert lookup(OPERATOR_FEES, date(year, 2, 1)).values == (0.25,)
    assert lookup(OPERATOR_FEES, date(year, 2, 1)).assumption
