"""What is wanted in a window: worked examples, holidays, clock changes, edges, conservation."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import (
    WEEKDAYS,
    Contract,
    ContractKind,
    DemandEntry,
    Factory,
    Product,
    Shift,
    Site,
)
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Wanted
from chocolate_factory.domain.slots import Window, planning_window

MADRID = "Europe/Madrid"
ZONE = ZoneInfo(MADRID)
REFERENCE = parse_factory((Path(__file__).resolve().parents[2] / "factory.toml").read_text("utf-8"))
WORKING = frozenset(WEEKDAYS[:5])
SHIFTS = (Shift(WORKING, time(6), time(22)), Shift(frozenset({"sat"}), time(6), time(14)))


def plant(*demands: DemandEntry, holidays: str = "ES-AN", shifts: tuple[Shift, ...] = SHIFTS) -> Factory:
    site = Site("Test", MADRID, 38.0, -3.6, holidays)
    contract = Contract(ContractKind.INDEXED, "3.0TD", (20.0,) * 6)
    products = (Product("standard", 100, ()), Product("premium", 0.1, ()))
    return Factory(site, contract, shifts, (), products, (), demands)


def local(text: str) -> datetime:
    """Local ISO text -> UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def window(start: str, end: str) -> Window:
    return Window(local(start), local(end))


def rows(wants: tuple[Wanted, ...]) -> list[tuple[str, int, str, str]]:
    """(product, batches, local due, hard | stock | soft) for reading."""
    kind = {(True, False): "hard", (True, True): "stock", (False, False): "soft"}
    return [
        (w.product, w.batches, w.due.astimezone(ZONE).strftime("%m-%dT%H:%M"), kind[w.hard, w.may_be_stock])
        for w in wants
    ]


def week_from(text: str, days: int = 7) -> list[tuple[str, int, str, str]]:
    return rows(wanted(REFERENCE, planning_window(local(text), days, MADRID)))


# ---- the worked examples


def test_friday_evening() -> None:
    assert week_from("2026-03-13T21:00") == [
        ("standard", 5, "03-13T22:00", "stock"),
        ("premium", 10, "03-14T14:00", "stock"),
        *(("standard", 5, f"03-{day}T22:00", "hard") for day in range(16, 21)),
        ("premium", 9, "03-21T14:00", "soft"),
    ]


def test_tuesday_evening() -> None:
    assert week_from("2026-03-10T21:00") == [
        ("standard", 5, "03-10T22:00", "stock"),
        *(("standard", 5, f"03-{day}T22:00", "hard") for day in (11, 12, 13)),
        ("premium", 10, "03-14T14:00", "stock"),
        *(("standard", 5, f"03-{day}T22:00", "hard") for day in (16, 17)),
        ("premium", 3, "03-21T14:00", "soft"),
    ]


def test_week_with_the_25_hour_day_and_a_holiday_at_its_end() -> None:
    assert week_from("2025-10-24T21:00") == [
        ("standard", 5, "10-24T22:00", "stock"),
        ("premium", 10, "10-25T14:00", "stock"),
        *(("standard", 5, f"10-{day}T22:00", "hard") for day in range(27, 32)),
        ("premium", 9, "11-01T14:00", "soft"),
    ], "All Saints is a Saturday: 10 × 80 ÷ 88 → 9, all its 80 staffed hours inside the window"


def test_holy_week_with_the_23_hour_day() -> None:
    assert week_from("2026-03-27T21:00") == [
        ("standard", 5, "03-27T22:00", "stock"),
        ("premium", 10, "03-28T14:00", "stock"),
        *(("standard", 5, due, "hard") for due in ("03-30T22:00", "03-31T22:00", "04-01T22:00")),
        ("premium", 5, "04-04T14:00", "soft"),
    ], "10 × 56 ÷ 88 → 6 for the week, of which 48 of 56 staffed hours are inside → 5"


@pytest.mark.parametrize(("days", "hard", "anticipated"), [(1, 5, 1), (3, 15, 5), (7, 25, 3), (14, 50, 3)])
def test_length_of_the_window(days: int, hard: int, anticipated: int) -> None:
    found = wanted(REFERENCE, planning_window(local("2026-03-10T21:00"), days, MADRID))
    made = [w.batches for w in found if w.hard and not w.may_be_stock and w.product == "standard"]
    assert sum(made) == hard
    soft = [(w.product, w.batches) for w in found if not w.hard]
    assert soft == [("premium", anticipated)], "17, 49, 32 and 32 of 88 staffed hours of the interval"


# ---- edges of the window


def test_due_at_the_start_is_past_and_due_at_the_end_is_wanted() -> None:
    entry = DemandEntry("standard", 500, "weekday", time(22))
    found = wanted(plant(entry), window("2026-03-10T22:00", "2026-03-12T22:00"))
    assert rows(found) == [("standard", 5, "03-11T22:00", "hard"), ("standard", 5, "03-12T22:00", "hard")]
    earlier = wanted(plant(entry), window("2026-03-10T22:15", "2026-03-12T22:00"))
    assert [want.may_be_stock for want in earlier] == [True, False], (
        "the previous due time is before the start"
    )


def test_a_settled_week_of_the_reference_plant() -> None:
    found = rows(wanted(REFERENCE, window("2026-03-07T14:00", "2026-03-14T14:00")))
    assert found[-2:] == [("premium", 10, "03-14T14:00", "hard"), ("standard", 1, "03-16T22:00", "soft")]
    assert (
        sum(batches for product, batches, _, kind in found if product == "standard" and kind != "soft") == 25
    )


def test_midnight_due_closes_the_day() -> None:
    found = wanted(
        plant(DemandEntry("standard", 100, "sun", None)), window("2026-03-14T00:00", "2026-03-16T00:00")
    )
    assert [(want.due, want.hard) for want in found] == [(local("2026-03-16T00:00"), True)]


def test_order_is_due_then_file_and_nothing_is_wanted_without_batches() -> None:
    late, early = DemandEntry("standard", 100, "fri", time(12)), DemandEntry("premium", 0.1, "wed", time(12))
    nothing, tie = DemandEntry("standard", 0, "wed", time(12)), DemandEntry("standard", 100, "wed", time(12))
    found = wanted(plant(late, early, nothing, tie), window("2026-03-09T00:00", "2026-03-14T00:00"))
    assert [want.entry for want in found] == [1, 3, 0]


# ---- batches


@pytest.mark.parametrize(("kg", "batches"), [(0.1, 1), (0.3, 3), (0.7, 7), (1.1, 11), (0.31, 4), (1e-9, 1)])
def test_kilograms_are_decimal_numbers(kg: float, batches: int) -> None:
    found = wanted(
        plant(DemandEntry("premium", kg, "wed", time(12))), window("2026-03-09T00:00", "2026-03-12T00:00")
    )
    assert [want.batches for want in found if want.hard] == [batches]


def test_weeks_with_holidays_make_less_unless_fixed() -> None:
    span = window("2026-03-28T14:00", "2026-04-04T14:00")
    weekly = DemandEntry("standard", 1000, "sat", time(14))
    assert [want.batches for want in wanted(plant(weekly), span)] == [6]
    fixed = DemandEntry("standard", 1000, "sat", time(14), fixed=True)
    assert [want.batches for want in wanted(plant(fixed), span)] == [10]
    assert [want.batches for want in wanted(plant(weekly, holidays=""), span)] == [10]
    assert [want.batches for want in wanted(plant(weekly, shifts=()), span)] == [10]


def test_a_weekday_entry_rests_on_holidays_and_its_interval_runs_across_them() -> None:
    entry = DemandEntry("standard", 500, "weekday", time(22))
    found = wanted(plant(entry), window("2026-04-01T22:00", "2026-04-06T22:00"))
    assert rows(found) == [("standard", 5, "04-06T22:00", "hard")]
    friday = wanted(plant(entry), window("2026-04-02T00:00", "2026-04-05T00:00"))
    assert rows(friday) == [("standard", 1, "04-06T22:00", "soft")], "8 of 24 staffed hours → 5 ÷ 3 → 1"


def test_once() -> None:
    entry = DemandEntry("standard", 1000, "once", time(18), date(2026, 3, 18))
    inside = wanted(plant(entry), window("2026-03-16T00:00", "2026-03-21T00:00"))
    assert rows(inside) == [("standard", 10, "03-18T18:00", "hard")], "no previous due time: never stock"
    before = wanted(plant(entry), window("2026-03-16T00:00", "2026-03-18T00:00"))
    assert rows(before) == [("standard", 7, "03-18T18:00", "soft")], (
        "32 of 44 staffed hours from the start on"
    )
    assert wanted(plant(entry), window("2026-03-18T18:00", "2026-03-21T00:00")) == ()


def test_elapsed_time_where_nobody_works() -> None:
    weekly = DemandEntry("standard", 700, "mon", time(0))
    found = wanted(plant(weekly, shifts=()), window("2026-03-09T00:00", "2026-03-12T00:00"))
    assert rows(found) == [("standard", 3, "03-16T00:00", "soft")]


def test_due_times_on_clock_changes() -> None:
    spring = wanted(
        plant(DemandEntry("standard", 100, "sun", time(2, 30))),
        window("2026-03-28T00:00", "2026-03-30T00:00"),
    )
    assert spring[0].due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    autumn = wanted(
        plant(DemandEntry("standard", 100, "sun", time(22))), window("2025-10-25T00:00", "2025-10-27T00:00")
    )
    assert autumn[0].due == datetime(2025, 10, 26, 21, tzinfo=UTC)


# ---- conservation

CUTS = st.lists(st.integers(1, 35 * 96 - 1), max_size=5, unique=True)
ENTRIES = st.builds(
    DemandEntry,
    st.just("standard"),
    st.integers(0, 2500).map(float),
    st.sampled_from(["weekday", *WEEKDAYS]),
    st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 45]))),
    fixed=st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(st.dates(date(2021, 1, 1), date(2040, 11, 1)), CUTS, st.lists(ENTRIES, min_size=1, max_size=3))
def test_every_batch_is_due_in_exactly_one_of_adjoining_windows(
    day: date, cuts: list[int], entries: list[DemandEntry]
) -> None:
    factory = plant(*entries)
    start = datetime.combine(day, time(), ZONE).astimezone(UTC)
    edges = [
        start,
        *(start + timedelta(minutes=15 * cut) for cut in sorted(cuts)),
        start + timedelta(days=35),
    ]
    whole = hard(factory, Window(edges[0], edges[-1]))
    parts = sum((hard(factory, Window(a, b)) for a, b in pairwise(edges)), Counter())
    assert parts == whole


def hard(factory: Factory, span: Window) -> Counter[tuple[int, datetime]]:
    return Counter({(w.entry, w.due): w.batches for w in wanted(factory, span) if w.hard})


@settings(max_examples=80, deadline=None)
@given(st.dates(date(2021, 1, 1), date(2040, 12, 1)), st.integers(0, 95), st.integers(1, 14), ENTRIES)
def test_anticipated_is_part_of_the_next_due_and_grows_with_the_window(
    day: date, quarter: int, days: int, entry: DemandEntry
) -> None:
    factory = plant(entry)
    now = datetime.combine(day, time(quarter // 4, quarter % 4 * 15), ZONE)
    span = planning_window(now, days, MADRID)
    soft = [want for want in wanted(factory, span) if not want.hard]
    assert len(soft) <= 1
    assert all(want.may_be_stock is False and want.due > span.end for want in soft)
    if soft:
        later = wanted(factory, Window(span.start, soft[0].due))
        assert soft[0].batches <= next(w.batches for w in later if w.due == soft[0].due and w.hard)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2021, 1, 1), date(2040, 12, 1)), st.integers(0, 95), ENTRIES)
def test_stock_may_be_assumed_for_the_first_due_time_only(
    day: date, quarter: int, entry: DemandEntry
) -> None:
    now = datetime.combine(day, time(quarter // 4, quarter % 4 * 15), ZONE)
    found = [w for w in wanted(plant(entry, holidays=""), planning_window(now, 14, MADRID)) if w.hard]
    assert all(not want.may_be_stock for want in found[1:])
