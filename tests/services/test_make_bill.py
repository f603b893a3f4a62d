"""The monthly bill: worked invoices through file and store, gaps, months under way, corrections, plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.slots import Window, day_window
from chocolate_factory.domain.tariff.calendar import day_type, local_slots
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.services.make_bill import BillRequest, make_bill, parse_month
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.services.bills import HOME, WORKED, ZONE, plan, readings, site, tell
from tests.unit.tariff.tariff_data import at, column
from tests.worlds import NOW, sample_ports

DECEMBER = date(2025, 12, 1)
MARCH = date(2026, 3, 1)


def test_invoice_a_from_store_and_file(tmp_path: Path, shared: Path) -> None:
    ports = site(tmp_path, HOME)
    starts = month_window(date(2025, 10, 1)).starts(60)
    prices = at(column(shared / "data/prices/pvpc_2_0td_hourly.csv.gz", "price_eur_mwh"), starts)
    tell(ports, "pvpc", starts, prices)
    path = readings(tmp_path / "home.csv", starts, {"kwh": np.ones(len(starts))})
    body = make_bill(ports, BillRequest(date(2025, 10, 1), path))
    assert (body["status"], body["days"], body["energy_kwh"]) == ("whole", 31, 745)
    assert (body["base_eur"], body["vat_eur"], body["total_eur"]) == (121.49, 26.99, 155.52)
    assert body["prices"]["slots"] == 745
    assert body["by_hour_eur"] is None
    assert body["missing"] == [], "2.0TD pays no reactive energy"


@pytest.mark.parametrize("minutes", [60, 15])
def test_invoices_b_and_c_from_store_and_file(tmp_path: Path, shared: Path, minutes: int) -> None:
    """(b) with hourly readings; (c), its excess seen by quarter-hours, at the mean prices of hours."""
    ports = site(tmp_path, WORKED)
    hours = month_window(DECEMBER).starts(60)
    tell(
        ports,
        "spot",
        hours,
        at(column(shared / "data/prices/omie_dayahead_hourly.csv.gz", "price_eur_mwh"), hours),
    )
    starts = month_window(DECEMBER).starts(minutes)
    local = local_slots(starts)
    working = np.array([day_type(date.fromordinal(int(day))) != "D" for day in local.day])
    kw = np.where(working & (local.hour >= 6) & (local.hour < 22), 60.0, 10.0)
    if minutes == 15:
        first = int(np.searchsorted(starts, int(datetime.fromisoformat("2025-12-10T09:00Z").timestamp())))
        kw[first : first + 4] = [110, 120, 115, 105]
    path = readings(
        tmp_path / "plant.csv", starts, {"kwh": kw * minutes / 60, "kvarh": 0.1 * kw * minutes / 60}
    )
    body = make_bill(ports, BillRequest(DECEMBER, path))
    want = (5738.95, 4507.98) if minutes == 60 else (5870.36, 4611.31)
    assert (body["total_eur"], body["base_eur"]) == want
    assert body["load"] == {"origin": "metered", "source": "plant.csv", "resolution_min": minutes}
    energy = next(line for line in body["lines"] if line["kind"] == "energy")
    assert sum(body["market_eur"].values()) == pytest.approx(energy["exact_eur"], abs=1e-6)
    if minutes == 15:
        assert body["by_hour_eur"] == pytest.approx(energy["exact_eur"]), "hourly prices: no difference"
    else:
        assert any("hourly" in sentence for sentence in body["assumptions"])
    assert not any("Reactive" in sentence for sentence in body["missing"])


def test_settling_by_hour_is_told_beside(tmp_path: Path) -> None:
    ports = site(tmp_path, WORKED)
    starts = month_window(DECEMBER).starts(15)
    wave = np.tile([50.0, 100.0, 150.0, 200.0], len(starts) // 4)
    tell(ports, "spot", starts, wave)
    late = np.tile([0.0, 0.0, 0.0, 4.0], len(starts) // 4)
    body = make_bill(ports, BillRequest(DECEMBER, readings(tmp_path / "late.csv", starts, {"kwh": late})))
    energy = next(line for line in body["lines"] if line["kind"] == "energy")["exact_eur"]
    per_eur = np.mean([1.166 * 1.015, 1.175 * 1.015, 1.18 * 1.015])
    assert energy - body["by_hour_eur"] == pytest.approx(0.075 * body["energy_kwh"] * per_eur, rel=0.01)
    assert any("Reactive energy is not known" in sentence for sentence in body["missing"])


def test_days_with_a_gap_are_listed_and_not_billed(tmp_path: Path) -> None:
    ports = site(tmp_path, WORKED)
    starts = month_window(DECEMBER).starts(60)
    priced = ~((starts >= starts[48]) & (starts < starts[50]))
    tell(ports, "spot", starts[priced], np.full(priced.sum(), 80.0))
    kept = np.delete(starts, [5, *range(24 * 9, 24 * 10)])
    path = readings(tmp_path / "gaps.csv", kept, {"kwh": np.ones(len(kept))})
    body = make_bill(ports, BillRequest(DECEMBER, path))
    assert (body["status"], body["days"], body["days_in_month"]) == ("partial", 28, 31)
    assert [
        (row["day"], row["slots_without_load"], row["slots_without_price"]) for row in body["missing_days"]
    ] == [
        ("2025-12-01", 1, 0),
        ("2025-12-03", 0, 2),
        ("2025-12-10", 24, 0),
    ]
    assert body["energy_kwh"] == 28 * 24
    assert "× 28/365" in body["lines"][0]["computation"]


def test_a_month_under_way_is_billed_so_far(tmp_path: Path) -> None:
    ports = site(tmp_path, now="2026-03-10T21:00:00+01:00")
    month = month_window(MARCH)
    plan(ports, Window(month.start, month.start + timedelta(days=20)), 10.0)
    body = make_bill(ports, BillRequest(MARCH))
    assert (body["status"], body["days"], body["from"], body["to"]) == (
        "so_far",
        9,
        "2026-03-01",
        "2026-03-09",
    )
    assert body["energy_kwh"] == pytest.approx(9 * 240)
    assert body["missing_days"] == []
    assert body["prices"] is None, "the contract fixes the price"
    assert next(line for line in body["lines"] if line["kind"] == "electricity_tax")["price"] > 5, (
        "until 21 March"
    )
    whole = make_bill(replace(ports, clock=lambda: month.end), BillRequest(MARCH))
    assert whole["status"] == "partial"
    assert [row["day"] for row in whole["missing_days"]] == [f"2026-03-{day}" for day in range(21, 32)]


def test_the_plan_in_force_tells_the_load(tmp_path: Path) -> None:
    """Each plan counts until the next one took over, whatever the order they were stored in."""
    ports = site(tmp_path)
    first = month_window(MARCH).start
    plan(ports, Window(first + timedelta(days=10), first + timedelta(days=30, hours=23)), 20.0)
    plan(ports, Window(first - timedelta(days=1), first + timedelta(days=14)), 10.0)
    other = ports.factory_text.replace("190, 170", "290, 170")
    plan(ports, Window(first + timedelta(days=20), first + timedelta(days=25)), 40.0, text=other)
    body = make_bill(ports, BillRequest(MARCH))
    assert (body["status"], body["load"]["origin"], body["load"]["source"]) == ("whole", "planned", "3 plans")
    assert body["energy_kwh"] == pytest.approx(24 * (10 * 10 + 16 * 20 + 5 * 40) - 20), "March has 743 hours"
    assert any("not what a meter measured" in sentence for sentence in body["assumptions"])
    assert any("1 of 3 plans were made under another contract" in one for one in body["assumptions"])


def test_a_real_plan_is_billed(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    answer = make_plan(ports, PlanRequest(days=2))
    later = replace(ports, clock=lambda: NOW + timedelta(days=3))
    days = [day_window(date(2026, 3, number), ZONE) for number in (11, 12)]
    told = {datetime.fromisoformat(point["start"]): point["kw"] / 4 for point in answer["load_kw"]}
    own = [sum(kwh for start, kwh in told.items() if start in day) for day in days]
    body = make_bill(later, BillRequest(MARCH))
    assert (body["sample"], body["status"], body["days"]) == (True, "so_far", 1)
    assert body["energy_kwh"] == pytest.approx(own[0]), "prices end with the 11th"
    assert body["missing_days"][-1]["slots_without_price"] == 96
    fixed = replace(later, factory=site(tmp_path / "other").factory)
    assert make_bill(fixed, BillRequest(MARCH))["energy_kwh"] == pytest.approx(sum(own))
    assert any("1 of 1 plans" in one for one in make_bill(fixed, BillRequest(MARCH))["assumptions"])


def test_prices_are_those_corrected_last(tmp_path: Path) -> None:
    ports = site(tmp_path, WORKED)
    starts = month_window(DECEMBER).starts(60)
    tell(ports, "spot", starts, np.full(len(starts), 80.0))
    path = readings(tmp_path / "even.csv", starts, {"kwh": np.ones(len(starts))})
    before = make_bill(ports, BillRequest(DECEMBER, path))
    assert before["prices"]["corrected"] == []
    tell(ports, "spot", starts[30:33], np.full(3, 95.0), "2026-01-15T12:00:00+01:00")
    after = make_bill(ports, BillRequest(DECEMBER, path))
    assert after["prices"]["corrected"] == [{"day": "2025-12-02", "slots": 3, "mean_change_eur_mwh": 15.0}]
    assert after["prices"]["known_at"] == datetime.fromisoformat("2026-01-15T12:00:00+01:00")
    assert after["prices"]["origins"] == {"published": len(starts)}
    assert after["market_eur"]["spot"] - before["market_eur"]["spot"] == pytest.approx(3 * 0.015)
    early = replace(ports, clock=lambda: datetime.fromisoformat("2026-01-10T12:00:00+01:00"))
    assert make_bill(early, BillRequest(DECEMBER, path))["total_eur"] == before["total_eur"]


def test_what_cannot_be_billed(tmp_path: Path) -> None:
    ports = site(tmp_path, WORKED)
    with pytest.raises(UsageError, match="No day of 2026-05 has ended yet"):
        make_bill(ports, BillRequest(date(2026, 5, 1)))
    with pytest.raises(UsageError, match="2021-05 is before these tariffs"):
        make_bill(ports, BillRequest(date(2021, 5, 1)))
    with pytest.raises(DataMissing, match="No prices of 2025-12"):
        make_bill(ports, BillRequest(DECEMBER))
    fixed = site(tmp_path / "fixed")
    with pytest.raises(DataMissing, match="No stored plan covers a day of 2025-12") as caught:
        make_bill(fixed, BillRequest(DECEMBER))
    assert "--kwh-profile" in caught.value.hint
    starts = month_window(date(2025, 11, 1)).starts(60)
    path = readings(tmp_path / "november.csv", starts, {"kwh": np.ones(len(starts))})
    with pytest.raises(DataMissing, match="holds 2025-10-31 to 2025-11-30, nothing of 2025-12"):
        make_bill(fixed, BillRequest(DECEMBER, path))


def test_an_excess_without_a_published_price_is_refused(tmp_path: Path) -> None:
    ports = site(tmp_path)
    month = date(2025, 2, 1)
    starts = month_window(month).starts(60)
    path = readings(tmp_path / "february.csv", starts, {"kwh": np.full(len(starts), 25.0)})
    with pytest.raises(DataMissing, match="excess price before 2025-04-01") as caught:
        make_bill(ports, BillRequest(month, path))
    assert "contract.excess_eur_kw" in caught.value.hint


@pytest.mark.parametrize("text", ["2026-13", "26-01", "2026-1", "2026-01-01", "January", ""])
def test_what_is_not_a_month(text: str) -> None:
    with pytest.raises(UsageError, match="is not a month"):
        parse_month(text)
