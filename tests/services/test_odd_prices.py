"""Plans where prices are flat or negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, days_between, epoch, local_date
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import NOW, empty_ports, tiny


def spot_days(value: float) -> Series:
    """Three weeks of one price, up to what is published now."""
    today = local_date(NOW, MARKET_ZONE)
    days = list(days_between(today - timedelta(days=21), today + timedelta(days=1)))
    start = np.concatenate([day_window(day, MARKET_ZONE).starts(15) for day in days])
    known = np.concatenate([np.full(96, epoch(CATALOG["spot"].due(day)), np.int64) for day in days])
    text = np.full(len(start), str(Origin.PUBLISHED))
    minutes = np.full(len(start), 15, np.int64)
    return Series(
        "spot", start, minutes, np.full(len(start), value), known, text, np.full(len(start), "test")
    )


def test_flat_price_leaves_only_excess_to_save(tmp_path: Path) -> None:
    text = tiny("fixed").replace("[190, 170, 150, 140, 130, 120]", "[150, 150, 150, 150, 150, 150]")
    answer = make_plan(empty_ports(tmp_path, text), PlanRequest(days=3))
    assert answer["cost_parts"]["energy"] == pytest.approx(answer["bill"]["baseline"]["parts"]["energy"])
    assert answer["cost_parts"]["excess_power"] == pytest.approx(0)
    assert answer["mip_gap"] == pytest.approx(0, abs=1e-6)


def test_flat_price_pays_no_more_excess_than_needed(tmp_path: Path) -> None:
    """One batch at a time needs 12 kW beside the fridge; 10 kW are contracted, so 2 kW must be exceeded."""
    text = tiny("fixed").replace("[190, 170, 150, 140, 130, 120]", "[150, 150, 150, 150, 150, 150]")
    text = text.replace("[20, 20, 20, 20, 20, 20]", "[10, 10, 10, 10, 10, 10]")
    answer = make_plan(empty_ports(tmp_path, text), PlanRequest(days=2, time_limit_s=60))
    assert max(point["kw"] for point in answer["load_kw"]) == pytest.approx(12)
    assert answer["mip_gap"] == pytest.approx(0, abs=1e-6)


def test_negative_prices(tmp_path: Path) -> None:
    ports = replace(empty_ports(tmp_path, tiny()), forecaster="naive-week")
    ports.store.write(spot_days(-300.0))
    answer = make_plan(ports, PlanRequest(days=3))
    assert answer["cost_eur"] < 0
    assert answer["violations"] == []
    assert answer["saving"]["eur"] >= -1e-6
    assert answer["saving"]["percent"] is None
    assert 0 <= answer["mip_gap"] < 0.05
    assert parse_factory(tiny()).products[0].name == {run["product"] for run in answer["runs"]}.pop()
