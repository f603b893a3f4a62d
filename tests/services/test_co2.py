"""Carbon intensity from its file to the plan that weighs it beside money."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, Misconfigured, UsageError
from chocolate_factory.domain.carbon import extended
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import epoch
from chocolate_factory.services.import_co2 import import_co2
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.stored_case import stored_case
from tests.worlds import NOW, sample_ports, tiny

CO2 = "\n[co2]\neur_per_tonne = {weight}\n"
GREEN = range(17, 21)


def intensity_file(folder: Path, days: int = 8) -> Path:
    """Hourly intensities of the days before now: 20 g/kWh from 17 to 21 UTC, 400 else."""
    path = folder / "co2.csv"
    rows = ["datetime_utc,g_kwh"]
    for hour in range(24 * days):
        at = datetime(2026, 3, 10, 19, tzinfo=UTC) - timedelta(hours=hour)
        rows.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{20 if at.hour in GREEN else 400}")
    path.write_text("\n".join(rows) + "\n")
    return path


def world(folder: Path, weight: float | None, filled: bool = True) -> Ports:
    """The tiny plant with a weight on carbon."""
    ports = replace(sample_ports(folder), plan_seconds=3.0)
    if filled:
        import_co2([intensity_file(folder)], ports.store, NOW)
    text = tiny() + ("" if weight is None else CO2.format(weight=weight))
    return replace(ports, factory=parse_factory(text), factory_text=text)


def green_kwh(answer: dict[str, Any]) -> float:
    """Energy of runs that start in green hours."""
    runs = [r for r in answer["runs"] if datetime.fromisoformat(r["start"]).astimezone(UTC).hour in GREEN]
    return float(sum(row["energy_kwh"] for row in runs))


def test_weight_moves_the_plan_and_cost_stays_money(tmp_path: Path) -> None:
    """A heavy weight brings the carbon down and the cost up; both can be recounted from the answer."""
    plain = make_plan(world(tmp_path / "plain", None), PlanRequest(days=2))
    zero = make_plan(world(tmp_path / "zero", 0), PlanRequest(days=2))
    ports = world(tmp_path / "heavy", 5000)
    heavy = make_plan(ports, PlanRequest(days=2))
    assert "co2" not in plain and zero["runs"] == plain["runs"] and zero["cost_eur"] == plain["cost_eur"]
    assert heavy["co2"]["kg"] < zero["co2"]["kg"]
    assert green_kwh(heavy) > green_kwh(plain)
    assert heavy["cost_eur"] >= plain["cost_eur"] * (1 - plain["mip_gap"]) - 1e-6
    hours = [datetime.fromisoformat(point["start"]).astimezone(UTC).hour for point in heavy["load_kw"]]
    kg = sum(
        point["kw"] / 4 * (20 if hour in GREEN else 400) / 1000
        for point, hour in zip(heavy["load_kw"], hours, strict=True)
    )
    assert heavy["co2"]["kg"] == pytest.approx(kg)
    assert heavy["co2"]["weighted_eur"] == pytest.approx(5 * kg)
    slots = len(heavy["load_kw"])
    assert heavy["co2"]["origin"] == {"known": 0, "estimated": slots}
    assert any("carbon intensity" in note for note in heavy["assumptions"])
    assert heavy["cost_eur"] == pytest.approx(sum(heavy["cost_parts"].values()))
    again = stored_case(ports)
    assert again.solution.cost_eur == pytest.approx(again.told_eur)


def test_nothing_stored_is_said_with_the_remedy(tmp_path: Path) -> None:
    """No intensity at all, and none of the kinds of day to come."""
    with pytest.raises(DataMissing) as caught:
        make_plan(world(tmp_path, 80, filled=False), PlanRequest(days=1))
    assert "choco import co2" in caught.value.hint


def test_beyond_what_is_known_stands_the_newest_of_the_same_kind() -> None:
    """Friday's hour for Monday's, Sunday's for the holiday, nothing for a kind that was not seen."""
    zone = "Europe/Madrid"
    days = [datetime(2026, 4, d, 10, tzinfo=UTC) for d in (23, 24, 26)]
    starts = np.array([epoch(at) for at in days], np.int64)
    wanted = [datetime(2026, 4, 24, 10, tzinfo=UTC), datetime(2026, 4, 27, 10, tzinfo=UTC),
              datetime(2026, 5, 1, 10, tzinfo=UTC), datetime(2026, 5, 2, 10, tzinfo=UTC),
              datetime(2026, 4, 27, 11, tzinfo=UTC)]  # fmt: skip
    at = np.array([epoch(moment) for moment in wanted], np.int64)
    found, estimated = extended(starts, np.array([1.0, 2.0, 3.0]), at, zone)
    assert found[:3].tolist() == [2.0, 2.0, 3.0] and np.isnan(found[3:]).all()
    assert estimated == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-03-10T10:15:00Z,5", "not a full hour"),
        ("2026-03-10T10:00:00,5", "without zone"),
        ("2026-03-10T10:00:00Z,-1", "not a number from 0 to 2000"),
        ("2026-03-10T10:00:00Z,much", "not a number from 0 to 2000"),
        ("2026-03-10T10:00:00Z", "1 columns instead of 2"),
        ("2026-03-10T09:00:00Z,5", "there twice"),
    ],
)
def test_a_wrong_line_stores_nothing(tmp_path: Path, line: str, words: str) -> None:
    """File, line and cause are named."""
    store = sample_ports(tmp_path).store
    path = tmp_path / "co2.csv"
    path.write_text(f"datetime_utc,g_kwh\n2026-03-10T09:00:00Z,5\n{line}\n")
    with pytest.raises(UsageError) as caught:
        import_co2([path], store, NOW)
    assert words in caught.value.message and "line 3" in caught.value.message


def test_faults_of_the_file() -> None:
    """A weight below zero, an unknown key."""
    with pytest.raises(Misconfigured) as caught:
        parse_factory(tiny() + "\n[co2]\neur_per_tonne = -1\nper = 2\n")
    assert "co2.eur_per_tonne is -1" in caught.value.message and "co2.per" in caught.value.message
