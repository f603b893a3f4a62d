"""The power contracted over a plan is that of the calendar, slot by slot, whatever prices are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pytest

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.slots import day_window, local_iso, moment
from chocolate_factory.services.read_dashboard import contracted_steps
from tests.worlds import tiny

ZONE = "Europe/Madrid"
POWERS = {"2.0TD": (10.0, 14.0), "3.0TD": (80.0, 81.0, 82.0, 83.0, 84.0, 130.0)}


@pytest.mark.parametrize("tariff", POWERS)
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2025, 10, 26), date(2026, 3, 10), date(2026, 1, 6)])
def test_a_row_where_it_changes_tells_every_slot(tariff: str, day: date) -> None:
    own = parse_factory(tiny()).contract
    contract = replace(own, access_tariff=tariff, contracted_power_kw=POWERS[tariff])
    window = day_window(day, ZONE)
    starts = window.starts(15)
    rows = [{"start": local_iso(moment(int(start)), ZONE), "kw": 1.0} for start in starts]
    steps = contracted_steps(contract, rows)
    at = np.array([datetime.fromisoformat(step["start"]).timestamp() for step in steps])
    told = np.array([step["kw"] for step in steps])[np.searchsorted(at, starts, side="right") - 1]
    assert told.tolist() == [in_words(tariff, int(start), day) for start in starts]
    assert all(one["kw"] != other["kw"] for one, other in pairwise(steps))


def in_words(tariff: str, start: int, day: date) -> float:
    """Power at a slot by the words of Circular 3/2020: at night, weekends and holidays the last period."""
    here = datetime.fromisoformat(local_iso(moment(start), ZONE))
    idle = here.hour < 8 or day.weekday() >= 5 or day == date(2026, 1, 6)
    if tariff == "2.0TD":
        return 14.0 if idle else 10.0
    if idle:
        return 130.0
    peak = 9 <= here.hour < 14 or 18 <= here.hour < 22
    return {1: (80.0, 81.0), 3: (81.0, 82.0)}[day.month][not peak]


def test_a_plan_without_load_has_none() -> None:
    assert contracted_steps(parse_factory(tiny()).contract, []) == []
