"""The rule checker: each rule broken by hand, and every random change judged by a slow reading."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain import rules
from chocolate_factory.domain.factory import Attendance, Auxiliary, Outage, Product, Shift, Step
from chocolate_factory.domain.plan import Climate, Run, Schedule, Wanted
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.rules_case import Case
from chocolate_factory.domain.slots import Window, days_between
from chocolate_factory.domain.staffing import staffed
from tests.unit.plan_samples import (
    QUARTER,
    WINDOW,
    auxiliary,
    good_schedule,
    local,
    naive_rules,
    plant,
    run,
    weather,
)

SLOTS = WINDOW.slot_count(15)


def broken(schedule: Schedule, climate: Climate | None = None, cap: float | None = None) -> set[str]:
    found = violations(
        plant(), schedule, climate or weather(WINDOW), None if cap is None else np.full(SLOTS, cap)
    )
    return {violation.rule for violation in found}


def with_run(place: int, **changes: object) -> Schedule:
    schedule = good_schedule()
    runs = [*schedule.runs]
    runs[place] = replace(runs[place], **changes)  # type: ignore[arg-type]
    return replace(schedule, runs=tuple(runs))


def moved(place: int, clock: str) -> Schedule:
    """A run of the good plan at another local time, as long as before."""
    old = good_schedule().runs[place]
    return with_run(place, start=local(clock), end=local(clock) + (old.end - old.start))


def test_a_correct_plan_breaks_nothing() -> None:
    assert violations(plant(), good_schedule(), weather(WINDOW)) == []
    assert naive_rules(plant(), good_schedule(), weather(WINDOW), None) == set()


def test_an_empty_plan_without_demand_breaks_nothing() -> None:
    assert violations(plant(), Schedule(WINDOW, (), (), {}, {}, {}), weather(WINDOW)) == []


BREAKS: dict[str, tuple[Callable[[], Schedule], set[str]]] = {
    "starts before the window": (
        lambda: replace(
            good_schedule(),
            window=Window(local("2026-03-18T06:15"), local("2026-03-20T06:15")),
            wanted=tuple(
                replace(w, due=max(w.due, local("2026-03-18T06:15"))) for w in good_schedule().wanted
            ),
        ),
        {"window"},
    ),
    "off the grid": (lambda: moved(9, "2026-03-19T00:05"), {"window"}),
    "ends after the window": (lambda: moved(9, "2026-03-19T22:15"), {"window"}),
    "ends before it starts": (
        lambda: with_run(9, end=local("2026-03-18T23:00")),
        {"window", "recipe"},
    ),
    "ends off the grid": (lambda: with_run(9, end=local("2026-03-19T02:05")), {"window", "recipe"}),
    "off the grid beyond the shift": (lambda: moved(8, "2026-03-18T13:35"), {"window", "attendance"}),
    "no time at all": (lambda: with_run(9, end=local("2026-03-19T00:00")), {"window", "recipe"}),
    "too short": (lambda: with_run(9, end=local("2026-03-19T01:45")), {"recipe"}),
    "wrong power": (lambda: with_run(0, power_kw=10.0), {"recipe"}),
    "power that is no number": (lambda: with_run(0, power_kw=float("nan")), {"recipe"}),
    "wrong process": (lambda: with_run(0, process="stir"), {"recipe"}),
    "wrong machine": (lambda: with_run(2, machine="oven", unit=2), {"recipe"}),
    "unknown machine": (lambda: with_run(2, machine="press"), {"recipe", "machine"}),
    "unknown step": (lambda: with_run(0, step=3), {"recipe"}),
    "unknown product": (lambda: with_run(0, product="pie"), {"recipe", "batch"}),
    "mixed products": (lambda: with_run(0, product="cake"), {"recipe", "batch"}),
    "a step twice": (
        lambda: replace(
            good_schedule(), runs=(*good_schedule().runs, run("bar-1", 0, 1, "2026-03-18T08:00"))
        ),
        {"recipe", "order"},
    ),
    "a step left out": (lambda: replace(good_schedule(), runs=good_schedule().runs[1:]), {"recipe"}),
    "before the step before ends": (lambda: moved(9, "2026-03-18T13:45"), {"order"}),
    "finished a slot late": (
        lambda: replace(
            good_schedule(),
            runs=(
                *good_schedule().runs[:3],
                run("bar-2", 0, 1, "2026-03-18T07:30"),
                run("bar-2", 1, 2, "2026-03-18T08:30"),
                run("bar-2", 2, 1, "2026-03-18T10:00"),
                *good_schedule().runs[6:],
            ),
        ),
        {"due"},
    ),
    "waits a slot too long": (lambda: moved(2, "2026-03-18T08:15"), {"wait"}),
    "a unit that does not exist": (lambda: with_run(4, unit=3), {"machine"}),
    "unit zero": (lambda: with_run(4, unit=0), {"machine"}),
    "a busy unit": (lambda: with_run(4, unit=1), {"machine"}),
    "throughout, before the shift": (lambda: moved(0, "2026-03-18T05:45"), {"attendance"}),
    "a shift on a holiday": (
        lambda: replace(
            good_schedule(),
            runs=(
                *good_schedule().runs[:8],
                run("cake-2", 0, 1, "2026-03-19T06:00"),
                run("cake-2", 1, 2, "2026-03-19T08:00"),
            ),
        ),
        {"attendance"},
    ),
    "more batches than wanted": (lambda: replace(good_schedule(), left={3: 2}), {"batch"}),
    "fewer batches than wanted": (lambda: replace(good_schedule(), left={}), {"batch", "due"}),
    "late": (
        lambda: replace(
            good_schedule(), wanted=(*good_schedule().wanted[:1], *earlier(), *good_schedule().wanted[2:])
        ),
        {"due"},
    ),
    "late, as accepted": (
        lambda: replace(
            good_schedule(),
            wanted=(*good_schedule().wanted[:1], *earlier(), *good_schedule().wanted[2:]),
            late={1: 1},
        ),
        set(),
    ),
    "said to be late": (lambda: replace(good_schedule(), late={1: 1}), {"due"}),
    "more stock than wanted": (lambda: replace(good_schedule(), stock={0: 2}), {"batch"}),
    "stock and late at once": (
        lambda: replace(good_schedule(), late={0: 1}),
        {"batch", "due"},
    ),
    "stock of what cannot be stock": (
        lambda: replace(good_schedule(), stock={0: 1, 2: 1}),
        {"batch"},
    ),
    "leaving what is hard": (lambda: replace(good_schedule(), left={3: 1, 2: 1}), {"batch"}),
    "late where nothing is due": (lambda: replace(good_schedule(), late={3: 1}), {"batch", "due"}),
    "booked on no demand": (lambda: replace(good_schedule(), stock={0: 1, 9: 1}), {"batch"}),
    "booked below zero": (lambda: replace(good_schedule(), late={1: -1}), {"batch", "due"}),
}


def earlier() -> tuple[Wanted]:
    return (replace(good_schedule().wanted[1], due=local("2026-03-18T09:30")),)


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_rule_is_named(name: str) -> None:
    make, expected = BREAKS[name]
    schedule = make()
    found = violations(plant(), schedule, weather(schedule.window))
    assert {violation.rule for violation in found} == expected


def test_a_missing_last_step_is_an_unfinished_batch() -> None:
    schedule = replace(good_schedule(), runs=good_schedule().runs[:-1])
    assert broken(schedule) == {"recipe", "due"}


def test_an_outage_takes_every_slot_it_touches() -> None:
    """11:50 to 12:20 takes one of two ovens from 11:45 to 12:30."""
    more = (run("cake-1", 1, 1, "2026-03-18T09:45"), run("cake-2", 1, 2, "2026-03-19T00:00"))
    base = (*good_schedule().runs[:7], more[0], good_schedule().runs[8], more[1])
    assert broken(replace(good_schedule(), runs=base)) == set()
    both = (
        run("bar-2", 0, 1, "2026-03-18T07:30"),
        run("bar-2", 1, 2, "2026-03-18T08:30"),
        run("bar-2", 2, 1, "2026-03-18T09:45"),
    )
    runs = (*base[:3], *both, *base[6:7], run("cake-1", 1, 1, "2026-03-18T10:00"), *base[8:])
    assert broken(replace(good_schedule(), runs=runs)) == set()
    stopped = plant(
        machines=(
            plant().machines[0],
            replace(plant().machines[1], unavailable=outages()),
            plant().machines[2],
        )
    )
    found = violations(stopped, replace(good_schedule(), runs=runs), weather(WINDOW))
    assert [(v.rule, v.at) for v in found] == [("machine", local("2026-03-18T11:45"))]
    assert "batch cake-1" in found[0].message.lower() and "2026-03-18 11:45+01:00" in found[0].message


def test_an_outage_of_more_units_than_there_are_leaves_none() -> None:
    """Three of two ovens away on the first night, when a cake dries, and in the next, when nothing does."""
    nights = [("2026-03-19T01:00", "2026-03-19T01:30"), ("2026-03-19T20:00", "2026-03-19T21:00")]
    oven = replace(plant().machines[1], unavailable=tuple(Outage(local(a), local(b), 3) for a, b in nights))
    factory = plant(machines=(plant().machines[0], oven, plant().machines[2]))
    found = violations(factory, good_schedule(), weather(WINDOW))
    assert [(v.rule, v.batch, v.at) for v in found] == [("machine", "cake-2", local("2026-03-19T01:00"))]


def test_two_units_away_are_two_units_fewer() -> None:
    oven = replace(plant().machines[1], unavailable=(replace(outages()[0], units=2),))
    factory = plant(machines=(plant().machines[0], oven, plant().machines[2]))
    late = replace(good_schedule(), runs=moved(7, "2026-03-18T11:45").runs)
    assert [v.rule for v in violations(factory, late, weather(WINDOW))] == ["machine"]
    assert violations(plant(), late, weather(WINDOW)) == []


def test_every_run_on_a_busy_unit_is_named() -> None:
    """One long run, and two short ones after each other inside it: both find the unit busy."""
    steps = (Step("dry", "oven", 120, 10.0, Attendance.NONE),)
    factory = plant(products=(Product("cake", 20, steps),))
    clocks = ("2026-03-18T08:00", "2026-03-18T08:15", "2026-03-18T09:00")
    runs = [run(f"cake-{index}", 0, 1, clock, factory) for index, clock in enumerate(clocks)]
    runs[1] = replace(runs[1], end=runs[1].start + QUARTER)
    found = violations(factory, Schedule(WINDOW, tuple(runs), (), {}, {}, {}), weather(WINDOW))
    assert [v.batch for v in found if "busy with batch cake-0" in v.message] == ["cake-1", "cake-2"]


def outages() -> tuple[Outage, ...]:
    """Two outages of one unit each; together they leave no oven."""
    return (
        Outage(local("2026-03-18T11:50"), local("2026-03-18T12:20"), 1),
        Outage(local("2026-03-18T11:55"), local("2026-03-18T12:00"), 1),
    )


def test_steps_attended_at_their_ends_may_run_through_the_night() -> None:
    """DRY attended at its ends: from 13:45 to 22:15 both ends lie in shifts, from 13:45 to 22:00 only one."""
    ends = Step("dry", "oven", 510, 10.0, Attendance.ENDS)
    factory = plant(products=(plant().products[0], replace(plant().products[1], steps=(ends,))))
    night = Run(
        "cake-1", "cake", "dry", "oven", 1, local("2026-03-18T13:45"), local("2026-03-18T22:15"), 10.0, 0
    )
    wanted = (Wanted("cake", 1, local("2026-03-19T12:00"), True, 0),)
    schedule = Schedule(WINDOW, (night,), wanted, {}, {}, {})
    assert violations(factory, schedule, weather(WINDOW)) == []
    early = replace(night, start=night.start - QUARTER, end=night.end - QUARTER)
    found = violations(factory, replace(schedule, runs=(early,)), weather(WINDOW))
    assert [(v.rule, v.at) for v in found] == [("attendance", local("2026-03-18T21:45"))]
    throughout = replace(ends, attended=Attendance.THROUGHOUT)
    guarded = replace(
        factory, products=(factory.products[0], replace(factory.products[1], steps=(throughout,)))
    )
    found = violations(guarded, schedule, weather(WINDOW))
    assert [(v.rule, v.at) for v in found] == [("attendance", local("2026-03-18T14:00"))]


@pytest.mark.parametrize(("quantity", "value"), [("temperature_c", 34.5), ("humidity_rh", 90.5)])
def test_climate_is_checked_in_every_slot(quantity: str, value: float) -> None:
    """A bar is packed in slot 10, from 07:30; the limits are 34 °C and 90 %."""
    usual = getattr(weather(WINDOW), quantity)
    for slot, outcome in ((9, set()), (10, {"climate"}), (11, set())):
        values = (*usual[:slot], value, *usual[slot + 1 :])
        assert broken(good_schedule(), replace(weather(WINDOW), **{quantity: values})) == outcome


def test_climate_at_the_limit_or_unknown_is_no_violation() -> None:
    assert broken(good_schedule(), weather(WINDOW, 34.0, 90.0)) == set()
    assert broken(good_schedule(), weather(WINDOW, float("nan"), float("nan"))) == set()


def test_power_counts_runs_and_auxiliary_load() -> None:
    """From 06:30 to 07:30 mixer (11), oven (15), chiller (2) and light (1) draw 29 kW, the plan's most."""
    assert broken(good_schedule(), cap=29.0) == set()
    assert broken(good_schedule(), cap=28.9) == {"power"}
    found = violations(plant(), good_schedule(), weather(WINDOW), np.full(SLOTS, 28.9))
    assert [violation.at for violation in found] == [local("2026-03-18T06:30")]
    assert "2026-03-18 06:30+01:00" in found[0].message and "29.00 kW" in found[0].message
    assert broken(good_schedule(), weather(WINDOW, 22.0), cap=29.9) == {"power"}
    assert broken(good_schedule(), weather(WINDOW, 22.0), cap=30.0) == set()
    assert broken(good_schedule(), weather(WINDOW, float("nan")), cap=29.0) == set()


def test_auxiliary_load_alone_can_break_the_power_limit() -> None:
    cap = np.full(SLOTS, 29.0)
    cap[-1] = 1.5
    found = violations(plant(), good_schedule(), weather(WINDOW), cap)
    assert [(v.rule, v.at, v.batch) for v in found] == [("power", local("2026-03-19T23:45"), "")]


def test_auxiliary_load_of_every_slot() -> None:
    factory = plant(auxiliaries=(*plant().auxiliaries, Auxiliary("air", 3.0, True, (25.0, 1.0))))
    climate = Climate(tuple(np.linspace(10, 40, SLOTS)), (50.0,) * SLOTS)
    case = Case(factory, replace(good_schedule(), runs=()), climate, None)
    expected = [auxiliary(factory, climate, WINDOW, WINDOW.start + index * QUARTER) for index in range(SLOTS)]
    assert case.load_kw() == pytest.approx(np.array(expected))


def test_messages_name_batch_machine_and_local_time() -> None:
    found = violations(plant(), moved(2, "2026-03-18T08:15"), weather(WINDOW))
    assert found[0].batch == "bar-1"
    place = "Batch bar-1: pack on packer 1 at 2026-03-18 08:15+01:00"
    assert found[0].message == f"{place} starts 45 min after bake, at most 25 allowed."
    for make, _ in BREAKS.values():
        for violation in violations(plant(), make(), weather(make().window)):
            assert violation.message.endswith(".") and "\n" not in violation.message


def test_a_time_without_zone_is_reported_and_nothing_else() -> None:
    naive = with_run(3, start=datetime(2026, 3, 18, 6, 30))
    found = violations(plant(), naive, weather(WINDOW))
    assert [(v.rule, v.batch) for v in found] == [("window", "bar-2")]


def test_climate_and_limits_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each"):
        violations(plant(), good_schedule(), Climate((20.0,), (50.0,)))
    with pytest.raises(ValueError, match="one value for each"):
        violations(plant(), good_schedule(), weather(WINDOW), np.full(SLOTS - 1, 30.0))


@pytest.mark.parametrize(
    ("night", "hours"), [(date(2026, 3, 28), 7), (date(2025, 10, 25), 9), (date(2026, 3, 14), 8)]
)
def test_a_night_shift_across_a_clock_change(night: date, hours: int) -> None:
    """Saturday 22:00 to Sunday 06:00 lasts 7, 9 or 8 hours; a run may fill it and not a slot more."""
    factory = plant(products=(Product("bread", 10, (Step("bake", "oven", hours * 60, 15.0),)),))
    start = datetime.combine(night, time(22), ZoneInfo("Europe/Madrid")).astimezone(WINDOW.start.tzinfo)
    window = Window(start - timedelta(hours=1), start + timedelta(hours=12))
    end = start + timedelta(hours=hours)
    baking = Run("bread-1", "bread", "bake", "oven", 1, start, end, 15.0, 0)
    schedule = Schedule(window, (baking,), (Wanted("bread", 1, end, True, 0),), {}, {}, {})
    assert violations(factory, schedule, weather(window)) == []
    for shift, at in ((-QUARTER, start - QUARTER), (QUARTER, end)):
        off = replace(baking, start=start + shift, end=end + shift)
        relaxed = replace(schedule, runs=(off,), wanted=(replace(schedule.wanted[0], due=window.end),))
        found = violations(factory, relaxed, weather(window))
        assert [(v.rule, v.at) for v in found] == [("attendance", at)]


@settings(max_examples=60, deadline=None)
@given(
    day=st.sampled_from(list(days_between(date(2025, 9, 1), date(2027, 4, 30)))),
    opens=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    closes=st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    days=st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
)
def test_attendance_agrees_with_the_other_reading(
    day: date, opens: time, closes: time | None, days: set[str]
) -> None:
    """The checker's own shifts and those the planner's problem is built from agree."""
    factory = plant(shifts=(Shift(frozenset(days), opens, closes), *plant().shifts))
    start = datetime.combine(day, time(3), ZoneInfo("Europe/Madrid")).astimezone(WINDOW.start.tzinfo)
    window = Window(start, start + timedelta(days=4))
    case = Case(factory, Schedule(window, (), (), {}, {}, {}), weather(window), None)
    mine = [case.staffed(slot) for slot in range(case.slots)]
    assert mine == staffed(factory, window).tolist()


def test_the_checker_shares_nothing_with_the_planner() -> None:
    """It reads the factory and the schedule, and nothing that poses or solves the problem."""
    modules = sorted(Path(str(rules.__file__)).parent.glob("rules*.py"))
    allowed = {"factory", "factory_limits", "plan", "series", "slots", *(module.stem for module in modules)}
    assert len(modules) >= 2
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        used = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        own = {name.rsplit(".", 1)[1] for name in used if name.startswith("chocolate_factory")}
        assert own <= allowed, module.name
