"""The savings ledger kept up: ranges across months, moved due times, failed hindsight, unequal work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.problem import Problem, Solution
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.read_ledger import total
from chocolate_factory.services.settle_weeks import LedgerRequest, settle_weeks
from tests.services.ledgers import at, local, press, run, settle, tell_plan, week

WEEK = ("2026-03-06T22:00", "2026-03-13T22:00")
NAME = "2026-03-06"
DAYS = ("2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")
RUNS = [run(f"brick-{day}-1", f"{day}T06:00") for day in DAYS]
Progress = Callable[[float, float, float], None]


def test_a_week_across_a_month_start_is_the_same_from_any_range(tmp_path: Path) -> None:
    """February's excess is charged in the first week; a range that begins in March goes on from it."""
    ports = at(press(tmp_path), "2026-03-14T12:00")
    for first, last in (
        ("2026-02-13", "2026-02-20"),
        ("2026-02-20", "2026-02-27"),
        ("2026-02-27", "2026-03-06"),
    ):
        begin = local(f"{first}T22:00")
        days = [begin + timedelta(days=2 + n, hours=8) for n in range(1, 6)]
        runs = [run(f"brick-{day:%Y-%m-%d}-1", day) for day in days]
        tell_plan(ports, (f"{first}T22:00", f"{last}T22:00"), runs)
    tell_plan(ports, WEEK, RUNS)
    settle(ports, 0, back=40)
    kept = {row.id: row.body for row in ports.store.find("ledger")}
    window = Window(local("2026-03-10T00:00"), local("2026-03-14T00:00"))
    assert settle_weeks(ports, LedgerRequest(window, 0)) == 0, "nothing has changed"
    assert {row.id: row.body for row in ports.store.find("ledger")} == kept


class Unable:
    """The real planner's place where nothing can be planned; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        """No way within the rules."""
        self.asked += 1
        raise Infeasible("There is no way.")


def test_hindsight_that_is_not_there_is_looked_for_once(tmp_path: Path) -> None:
    planner = Unable()
    ports = replace(press(tmp_path), planner=planner)
    tell_plan(ports, WEEK, RUNS)
    row = week(settle(ports), NAME)
    assert (row["status"], row["arms"]["hindsight"], planner.asked) == ("closed", None, 2)
    tomorrow = at(ports, "2026-03-15T12:00")
    assert week(settle(tomorrow), NAME) == row
    assert planner.asked == 2
    settle(tomorrow, 9.0)
    assert planner.asked == 4, "more seconds look again"


def test_a_week_between_two_due_times_has_a_row_of_its_own(tmp_path: Path) -> None:
    """Weeks end on Friday 12:00, then on Friday 22:00: ten hours between them."""
    late = at(press(tmp_path), "2026-03-21T12:00")
    text = late.factory_text.replace('due = "22:00"', 'due = "12:00"')
    early = replace(late, factory=parse_factory(text), factory_text=text)
    tell_plan(early, ("2026-03-06T12:00", "2026-03-13T12:00"), [])
    tell_plan(late, ("2026-03-13T12:00", "2026-03-20T22:00"), [])
    settle(at(early, "2026-03-13T13:00"), 0)
    spans = [(w["window"]["start"][5:16], w["window"]["end"][5:16]) for w in settle(late, 0)["weeks"]]
    assert spans[:3] == [
        ("03-06T12:00", "03-13T12:00"),
        ("03-13T12:00", "03-13T22:00"),
        ("03-13T22:00", "03-20T22:00"),
    ]


def test_totals_leave_out_weeks_of_unequal_work(tmp_path: Path) -> None:
    ports = press(tmp_path)
    tell_plan(ports, WEEK, RUNS)
    row = week(settle(ports), NAME)
    told = total([row, {**row, "same_work": False}, {**row, "same_work": None}])
    assert (told["weeks"], told["weeks_left_out"]) == (1, 2)
    assert told["saving_eur"] == pytest.approx(row["saving_eur"])
    none = total([{**row, "same_work": False}])
    assert (none["weeks"], none["weeks_left_out"], none["saving_eur"]) == (0, 1, None)
