"""Settled weeks tile time, whatever the due times and clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ledger_money import Pricing, charged_after
from chocolate_factory.domain.ledger_weeks import closing, day_parts, name_of, week_at, weeks_over
from chocolate_factory.domain.ledger_work import is_whole
from chocolate_factory.domain.production import Done
from chocolate_factory.domain.slots import Window, local_date
from chocolate_factory.domain.tariff.stack import Market, price_stack
from tests.conftest import ROOT
from tests.services.ledgers import PLANT, TEN_KW, local, run
from tests.worlds import tiny

ZONE = "Europe/Madrid"
MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
DUES = [("weekday", "22:00"), ("sat", "14:00"), ("sun", "24:00"), ("mon", "02:30"), ("wed", "00:00")]


def plant(every: str, due: str) -> str:
    return (
        tiny().replace('every = "weekday"', f'every = "{every}"').replace('due = "22:00"', f'due = "{due}"')
    )


@pytest.mark.parametrize(("every", "due"), DUES)
@given(MOMENTS)
def test_weeks_tile_time(every: str, due: str, at: datetime) -> None:
    factory = parse_factory(plant(every, due))
    week = week_at(factory, at)
    assert at in week
    assert week_at(factory, week.end).start == week.end
    assert week_at(factory, week.start - timedelta(seconds=1)).end == week.start
    assert week.seconds / 3600 in (167, 168, 169)
    assert week.seconds % 900 == 0
    parts = [part for _, part in day_parts(week, ZONE)]
    assert (parts[0].start, parts[-1].end) == (week.start, week.end)
    assert all(a.end == b.start for a, b in pairwise(parts))


def test_the_reference_plant_closes_on_saturday_at_two() -> None:
    factory = parse_factory((ROOT / "factory.toml").read_text(encoding="utf-8"))
    week = week_at(factory, datetime(2026, 3, 28, 13, 0, tzinfo=UTC))
    local = [at.astimezone(ZoneInfo(ZONE)) for at in (week.start, week.end)]
    assert [f"{at:%a %H:%M}" for at in local] == ["Sat 14:00", "Sat 14:00"]
    assert name_of(week) == "20260328T1300Z"
    assert week.seconds == 167 * 3600, "the clock goes forward on Sunday"
    assert closing(factory)[0] == 5


def test_single_orders_do_not_cut_weeks() -> None:
    text = plant("once", "2026-03-12T18:00")
    week = week_at(parse_factory(text), datetime(2026, 3, 12, tzinfo=UTC))
    assert day_parts(week, ZONE)[0][0] == date(2026, 3, 9).isoformat()


def test_closed_weeks_stay_where_they_are() -> None:
    factory = parse_factory(tiny())
    grid = weeks_over(factory, Window(week_at(factory, NOON).start, NOON + timedelta(days=14)))
    old = Window(grid[0].end - timedelta(hours=10), grid[1].end - timedelta(hours=10))
    told = weeks_over(factory, Window(grid[0].start, grid[1].end), [old])
    assert told == [Window(grid[0].start, old.start), old, Window(old.end, grid[1].end)]


def test_weeks_that_start_on_one_date_have_names_of_their_own() -> None:
    """The last due time moves from 14:00 to 22:00 on Saturday: eight hours are a week of their own."""
    early, late = (parse_factory(plant("sat", due)) for due in ("14:00", "22:00"))
    old = week_at(early, NOON)
    told = weeks_over(late, Window(old.start, old.end + timedelta(days=7)), [old])
    assert [week.seconds / 3600 for week in told] == [168, 8, 168]
    assert len({local_date(week.start, ZONE) for week in told}) == 2
    assert len({name_of(week) for week in told}) == 3


def test_only_the_month_of_the_last_slot_goes_on() -> None:
    factory = parse_factory(PLANT.format(contract=TEN_KW, attended="throughout"))
    week = Window(local("2026-02-27T22:00"), local("2026-03-06T22:00"))
    starts = week.starts(15)
    stack = price_stack(factory.contract, starts, 15, Market())
    load = np.full(len(starts), 11.0)
    told = charged_after(Pricing(factory.contract, week, stack), load, {"P1 2026-02": 3.0, "P1 2026-03": 2.0})
    assert told == {"P1 2026-03": 2.0, "P2 2026-03": 1.0, "P3 2026-03": 1.0, "P6 2026-03": 1.0}


@pytest.mark.parametrize(
    ("made", "mode", "whole"), [(15, "", True), (10, "", True), (30, "", False), (15, "gentle", False)]
)
def test_a_batch_is_whole_by_modes_and_whole_slots_of_the_weeks_recipe(
    made: int, mode: str, whole: bool
) -> None:
    text = PLANT.format(contract=TEN_KW, attended="throughout").replace("minutes = 60", "minutes = {}")
    week = Window(local("2026-03-06T22:00"), local("2026-03-13T22:00"))
    one = replace(run("brick-1", "2026-03-09T06:00"), mode=mode)
    done = Done("brick-1", "brick", (one,), (False,), True)
    assert is_whole(done, week, (parse_factory(text.format(made)), parse_factory(text.format(15)))) is whole


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
