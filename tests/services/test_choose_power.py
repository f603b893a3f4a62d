"""The best contracted powers of a site: which year is taken, what is compared, what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.slots import IntArray, Window
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.services.choose_power import PowerRequest, choose_power
from tests.services.bills import HOME, WORKED, plan, readings, site

FIRST, LAST = date(2025, 4, 1), date(2026, 3, 1)


def year(minutes: int, first: date = FIRST, last: date = LAST) -> IntArray:
    return Window(month_window(first).start, month_window(last).end).starts(minutes)


def test_a_flat_load_is_contracted_as_it_is(tmp_path: Path) -> None:
    """70 kW all year: less would be exceeded in every quarter-hour, more costs without use."""
    ports, starts = site(tmp_path, WORKED), year(15)
    path = readings(tmp_path / "flat.csv", starts, {"kwh": np.full(len(starts), 17.5)})
    body = choose_power(ports, PowerRequest(path))
    best, present = body["best"], body["present"]
    assert best["power_kw"] == [70.0] * 6
    assert (best["metering"], sum(best["excess_eur"])) == ("types 1-3", 0)
    assert (body["first_month"], body["last_month"]) == ("2025-04", "2026-03")
    assert body["load"]["highest_kw"] == pytest.approx([70.0] * 6)
    assert body["saving_eur"] == pytest.approx(present["total_eur"] - best["total_eur"])
    assert body["saving_eur"] == pytest.approx(0.3 * present["total_eur"]), "30 of 100 kW less"
    assert body["other_metering"]["metering"] == "types 4-5"
    assert body["other_metering"]["total_eur"] > best["total_eur"]
    for row in (best, present, body["other_metering"]):
        parts = sum(row["power_eur"]) + sum(row["excess_eur"]) + row["tax_eur"]
        assert row["total_eur"] == pytest.approx(parts)
        assert row["power_kw"] == sorted(row["power_kw"])


def test_the_last_whole_year_is_taken(tmp_path: Path) -> None:
    """15 months of which the third has a gap, and the first days of a month under way."""
    ports = site(tmp_path, WORKED, "2026-07-04T12:00:00+02:00")
    starts = year(60, date(2025, 4, 1), date(2026, 6, 1))
    more = np.concatenate([starts, month_window(date(2026, 7, 1)).starts(60)[:48]])
    kept = np.delete(more, [30])
    path = readings(tmp_path / "long.csv", kept, {"kwh": np.full(len(kept), 40.0)})
    body = choose_power(ports, PowerRequest(path, 5.0))
    assert (body["first_month"], body["last_month"]) == ("2025-07", "2026-06")
    assert body["best"]["power_kw"] == [40.0] * 6
    assert any("hourly" in sentence for sentence in body["assumptions"])
    broken = np.delete(more, np.flatnonzero(np.isin(more, month_window(date(2025, 8, 1)).starts(60)[:5])))
    path = readings(tmp_path / "broken.csv", broken, {"kwh": np.full(len(broken), 40.0)})
    with pytest.raises(DataMissing, match=r"twelve whole calendar months .*2025-08 \(5 slots\)"):
        choose_power(ports, PowerRequest(path))
    short = year(60, date(2026, 1, 1), date(2026, 6, 1))
    path = readings(tmp_path / "short.csv", short, {"kwh": np.full(len(short), 40.0)})
    with pytest.raises(DataMissing, match="there are 6"):
        choose_power(ports, PowerRequest(path))


def test_a_rare_peak_is_cheaper_to_exceed(tmp_path: Path) -> None:
    ports, starts = site(tmp_path, WORKED), year(15)
    kw = np.full(len(starts), 60.0)
    kw[int(np.argmax(power_periods("3.0TD", starts) == 1))] = 90.0
    body = choose_power(ports, PowerRequest(readings(tmp_path / "peak.csv", starts, {"kwh": kw / 4})))
    assert 60 <= body["best"]["power_kw"][0] < 90
    assert body["best"]["excess_eur"][0] > 0


def test_plans_tell_the_load_where_no_meter_does(tmp_path: Path) -> None:
    ports = site(tmp_path, WORKED)
    with pytest.raises(DataMissing, match="No stored plan covers the last twelve months") as caught:
        choose_power(ports, PowerRequest())
    assert "--kwh-profile" in caught.value.hint
    start = month_window(FIRST).start
    for week in range(53):
        at = start + timedelta(days=7 * week)
        plan(ports, Window(at, at + timedelta(days=7)), 55.0 if week % 2 else 65.0)
    body = choose_power(ports, PowerRequest())
    assert body["load"]["origin"] == "planned"
    assert (body["first_month"], body["last_month"]) == ("2025-04", "2026-03")
    assert 55 <= min(body["best"]["power_kw"]) <= max(body["best"]["power_kw"]) <= 65


def test_a_home_needs_what_it_draws(tmp_path: Path) -> None:
    ports, starts = site(tmp_path, HOME), year(60)
    kw = np.where(power_periods("2.0TD", starts) == 1, 3.04, 1.5)
    path = readings(tmp_path / "home.csv", starts, {"kwh": kw})
    body = choose_power(ports, PowerRequest(path, 0.1))
    assert body["best"]["power_kw"] == [3.1, 1.5]
    assert body["best"]["metering"] == "cut-off"
    assert body["other_metering"] is None
    assert body["saving_eur"] > 0
    path = readings(tmp_path / "more.csv", starts, {"kwh": kw + 2})
    body = choose_power(ports, PowerRequest(path, 0.1))
    assert body["present"]["holds_load"] is False
    assert body["saving_eur"] is None, "a cut-off contract is no alternative"


@pytest.mark.parametrize("step", [0.0, -1.0, 0.05, 101.0, float("nan")])
def test_steps_out_of_range(tmp_path: Path, step: float) -> None:
    with pytest.raises(UsageError, match="out of range"):
        choose_power(site(tmp_path), PowerRequest(step_kw=step))


def test_a_step_too_fine_for_the_load(tmp_path: Path) -> None:
    starts = year(60)
    path = readings(tmp_path / "huge.csv", starts, {"kwh": np.full(len(starts), 30_000.0)})
    with pytest.raises(UsageError, match="too many"):
        choose_power(site(tmp_path, WORKED), PowerRequest(path))


def test_a_year_before_the_new_excess_rule_is_refused(tmp_path: Path) -> None:
    ports, starts = site(tmp_path, WORKED), year(60, date(2024, 4, 1), date(2025, 3, 1))
    path = readings(tmp_path / "old.csv", starts, {"kwh": np.full(len(starts), 40.0)})
    with pytest.raises(DataMissing, match="excess price before 2025-04-01"):
        choose_power(ports, PowerRequest(path))
