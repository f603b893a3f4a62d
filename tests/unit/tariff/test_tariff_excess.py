"""Excess power: planning groups, the cut-off of 2.0TD, and the tariff's own rule."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.factory import Contract, ContractKind
from chocolate_factory.domain.slots import Window, planning_window
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.excess import (
    charged_excess_kw,
    excess_groups,
    excess_invoice,
    excess_price,
    power_cap_kw,
)
from chocolate_factory.domain.tariff.invoice import month_window

REFERENCE = Contract(ContractKind.INDEXED, "3.0TD", (80, 80, 80, 80, 80, 130), 5.0)
SMALL = replace(REFERENCE, contracted_power_kw=(40,) * 6)
HOME = Contract(ContractKind.PVPC, "2.0TD", (6.0, 9.0))
DECEMBER = month_window(date(2025, 12, 1))


def test_groups_of_a_window_over_two_months_and_a_tax_change() -> None:
    window = planning_window(datetime(2026, 3, 27, 12, tzinfo=UTC), 7, "Europe/Madrid")
    groups = {group.name: group for group in excess_groups(REFERENCE, window, 15, {"P2 2026-03": 4.0})}
    assert list(groups) == [
        "P2 2026-03",
        "P3 2026-03",
        "P6 2026-03",
        "P4 2026-04",
        "P5 2026-04",
        "P6 2026-04",
    ]
    slots = np.sort(np.concatenate([group.slots for group in groups.values()]))
    assert slots.tolist() == list(range(window.slot_count(15)))
    assert groups["P2 2026-03"].rate_eur_kw == pytest.approx(1.757877 * 1.005)
    assert groups["P2 2026-03"].already_kw == 4.0
    assert groups["P3 2026-03"].already_kw == 0.0
    assert (groups["P2 2026-03"].contracted_kw, groups["P6 2026-04"].contracted_kw) == (80.0, 130.0)


def test_the_rate_of_small_supplies_is_the_day_price_times_the_month() -> None:
    window = Window(datetime(2025, 12, 10, 8, tzinfo=UTC), datetime(2025, 12, 10, 9, tzinfo=UTC))
    (group,) = excess_groups(SMALL, window, 15, {})
    assert group.rate_eur_kw == pytest.approx(0.168944 * 31 * 1.0511269632)
    assert excess_price(replace(SMALL, contracted_power_kw=(50,) * 6), date(2025, 12, 1)).quarters is False
    just_above = replace(SMALL, contracted_power_kw=(40, 40, 40, 40, 40, 50.1))
    assert excess_price(just_above, date(2025, 12, 1)).quarters is True


def test_20td_has_a_cap_and_no_groups() -> None:
    starts = DECEMBER.starts(60)
    cap = power_cap_kw(HOME, starts)
    assert cap is not None
    assert set(cap[power_periods("2.0TD", starts) == 1]) == {6.0}
    assert set(cap[power_periods("2.0TD", starts) == 2]) == {9.0}
    assert excess_groups(HOME, DECEMBER, 60, {}) == ()
    assert excess_invoice(HOME, starts, np.full(len(starts), 20.0), 60) == ()
    assert power_cap_kw(REFERENCE, starts) is None


def test_the_worked_excess_of_four_quarters() -> None:
    contract = replace(REFERENCE, contracted_power_kw=(100,) * 6)
    starts = DECEMBER.starts(15)
    load = np.full(len(starts), 60.0)
    first = int(np.searchsorted(starts, int(datetime(2025, 12, 10, 9, tzinfo=UTC).timestamp())))
    load[first : first + 4] = [110, 120, 115, 105]
    lines = {line.name: line for line in excess_invoice(contract, starts, load)}
    peak = lines["P1 2025-12"]
    assert (peak.over_count, peak.sum_squares, peak.highest_kw) == (4, 750.0, 120.0)
    assert peak.charged_kw == pytest.approx(27.386128, abs=5e-7)
    assert peak.eur == pytest.approx(92.050609, abs=5e-7)
    assert [line.eur for name, line in lines.items() if name != "P1 2025-12"] == [0.0, 0.0]
    assert charged_excess_kw(contract, starts, load) == {"P1 2025-12": pytest.approx(27.386128, abs=5e-7)}


def test_the_worked_maximeter() -> None:
    starts = DECEMBER.starts(15)
    load = np.full(len(starts), 30.0)
    load[power_periods("3.0TD", starts) == 1] = 52.0
    peak = excess_invoice(SMALL, starts, load)[0]
    assert peak.charged_kw == 12.0
    assert round(peak.eur, 2) == 62.85
    assert peak.to_json()["unit_price"] == 0.168944
    assert peak.to_json()["days"] == 31


def test_an_hourly_load_counts_as_four_equal_quarters() -> None:
    quarters, hours = DECEMBER.starts(15), DECEMBER.starts(60)
    load = np.linspace(60, 140, len(hours))
    by_hour = excess_invoice(REFERENCE, hours, load, 60)
    by_quarter = excess_invoice(REFERENCE, quarters, np.repeat(load, 4))
    assert [line.eur for line in by_hour] == pytest.approx([line.eur for line in by_quarter])
    assert [line.over_count for line in by_hour] == [line.over_count for line in by_quarter]


def test_the_rule_before_april_2025() -> None:
    """Kp·tep·√Σ for types 1-3; 2·tep a month of 30 days for types 4-5; the doubt is said."""
    large = excess_price(REFERENCE, date(2021, 7, 5))
    assert large.eur_kw[0] == pytest.approx(3.5739)
    assert large.eur_kw[1] == pytest.approx(3.5739 * 9.302956 / 10.646876)
    small = excess_price(SMALL, date(2021, 7, 5))
    assert small.eur_kw == pytest.approx((2 * 3.5739 * 31 / 30,) * 6)
    assert (small.days, small.unit_days) == (31, 30)
    assert "not checked" in (large.assumption or "")


def test_a_missing_price_names_the_contract_key_that_then_supplies_it() -> None:
    for month in (date(2022, 1, 1), date(2024, 6, 1), date(2025, 3, 1)):
        with pytest.raises(DataMissing, match="excess price") as caught:
            excess_price(REFERENCE, month)
        assert "contract.excess_eur_kw" in caught.value.hint
    given = replace(REFERENCE, excess_eur_kw=(3.0, 2.0, 1.0, 0.5, 0.1, 0.1))
    price = excess_price(given, date(2024, 6, 1))
    assert price.eur_kw == given.excess_eur_kw
    assert "contract.excess_eur_kw" in (price.assumption or "")
    assert excess_price(given, date(2026, 3, 1)).eur_kw[0] == 3.325715
    assert excess_price(given, date(2027, 3, 1)).eur_kw == given.excess_eur_kw
    assert "of 2027" in (excess_price(REFERENCE, date(2027, 3, 1)).assumption or "")
    with pytest.raises(Misconfigured, match=r"contract\.excess_eur_kw"):
        excess_price(replace(REFERENCE, excess_eur_kw=(1.0, 2.0)), date(2024, 6, 1))


def test_without_an_excess_no_price_is_needed() -> None:
    starts = month_window(date(2024, 6, 1)).starts(15)
    lines = excess_invoice(REFERENCE, starts, np.full(len(starts), 79.0))
    assert len(lines) == 3
    assert all(line.eur == 0 and line.price is None for line in lines)
    with pytest.raises(DataMissing):
        excess_invoice(REFERENCE, starts, np.full(len(starts), 81.0))


def test_the_number_of_contracted_powers_must_fit() -> None:
    with pytest.raises(Misconfigured, match=r"contract\.contracted_power_kw: 3\.0TD needs 6"):
        excess_groups(replace(REFERENCE, contracted_power_kw=(80.0, 80.0)), DECEMBER, 15, {})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 300), min_size=4, max_size=96), st.floats(50.5, 200))
def test_the_root_lies_between_the_maximum_and_the_maximum_times_root_n(
    loads: list[float], contracted: float
) -> None:
    """Charging the highest slot is an outer approximation: never above the invoice, at most √n below."""
    contract = replace(REFERENCE, contracted_power_kw=(contracted,) * 6)
    window = Window(datetime(2025, 12, 9, 23, tzinfo=UTC), datetime(2025, 12, 10, 23, tzinfo=UTC))
    starts = window.starts(15)[: len(loads)]
    for line in excess_invoice(contract, starts, np.array(loads)):
        assert line.charged_kw >= line.over_kw - 1e-9
        assert line.charged_kw <= line.over_kw * math.sqrt(max(line.over_count, 1)) + 1e-9
