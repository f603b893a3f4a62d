"""From factory to slots: starts, units, loads and lots, also on days of 23 and 25 hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import (
    WEEKDAYS,
    Attendance,
    Auxiliary,
    Contract,
    ContractKind,
    Factory,
    Machine,
    Outage,
    Product,
    Shift,
    Site,
    Step,
)
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Climate, Wanted
from chocolate_factory.domain.problem import ExcessGroup, Problem
from chocolate_factory.domain.problem_builder import (
    ProblemInputs,
    auxiliary_kw,
    build_problem,
    units_available,
)
from chocolate_factory.domain.slots import Window, planning_window
from chocolate_factory.domain.staffing import staffed

MADRID = "Europe/Madrid"
REFERENCE = parse_factory((Path(__file__).resolve().parents[2] / "factory.toml").read_text("utf-8"))
NAN = float("nan")
DAY = Window(datetime(2026, 3, 9, 23, tzinfo=UTC), datetime(2026, 3, 10, 23, tzinfo=UTC))


def climate(slots: int, temperature: float = 15.0, humidity: float = 50.0) -> Climate:
    return Climate((temperature,) * slots, (humidity,) * slots)


def inputs(factory: Factory, window: Window, wants: tuple[Wanted, ...] = ()) -> ProblemInputs:
    slots = window.slot_count(15)
    return ProblemInputs(factory, window, np.linspace(0.1, 0.2, slots), (), climate(slots), wants)


def plant(*steps: Step, loads: tuple[Auxiliary, ...] = (), outages: tuple[Outage, ...] = ()) -> Factory:
    return Factory(
        Site("Test", MADRID, 38.0, -3.6),
        Contract(ContractKind.INDEXED, "3.0TD", (20.0,) * 6),
        (Shift(frozenset(WEEKDAYS), time(6), time(22)),),
        (Machine("press", 1, 2.0), Machine("oven", 3, 5.0, outages)),
        (Product("bread", 10.0, steps),),
        loads,
        (),
    )


def step(attended: Attendance = Attendance.THROUGHOUT, minutes: int = 60, **more: float | int) -> Step:
    return Step("bake", "oven", minutes, 5.0, attended, **more)  # type: ignore[arg-type]


def reference(text: str) -> Problem:
    start = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MADRID))
    window = planning_window(start, 7, MADRID)
    return build_problem(inputs(REFERENCE, window, wanted(REFERENCE, window)))


def starts(problem: Problem) -> list[int]:
    return np.flatnonzero(problem.products[0].steps[0].allowed).tolist()


# ---- the reference plant


@pytest.mark.parametrize(
    ("text", "slots"),
    [("2026-03-10T21:00", 171 * 4), ("2025-10-24T21:00", 172 * 4), ("2026-03-27T21:00", 170 * 4)],
)
def test_reference_windows(text: str, slots: int) -> None:
    problem = reference(text)
    assert problem.slots == slots
    assert problem.machines == ("mixer", "refiner", "conche", "temperer", "moulding line")
    assert problem.machine_units.shape == (5, slots)
    assert problem.machine_units[:, 0].tolist() == [1, 1, 3, 1, 1]
    standard, premium = problem.products
    assert [s.duration for s in standard.steps] == [2, 4, 20, 3, 2]
    assert [s.duration for s in premium.steps] == [2, 4, 40, 3, 2]
    assert [s.wait_max for s in standard.steps] == [None, 8, 16, 32, 1]
    assert [s.machine for s in standard.steps] == [0, 1, 2, 3, 4]


def test_reference_lots_of_tuesday() -> None:
    problem = reference("2026-03-10T21:00")
    first, *_, last = problem.lots
    assert (first.product, first.batches, first.due, first.hard, first.may_be_stock) == (0, 5, 4, True, True)
    assert first.due_text == "2026-03-10T22:00:00+01:00"
    assert (last.product, last.batches, last.due, last.hard) == (1, 3, problem.slots, False)
    assert (last.due_text, last.entry) == ("2026-03-21T14:00:00+01:00", 1)
    assert sum(lot.batches for lot in problem.lots if lot.product == 0 and not lot.may_be_stock) == 25


def test_due_slots_follow_the_local_clock_across_a_change() -> None:
    problem = reference("2026-03-27T21:00")
    monday = next(lot for lot in problem.lots if lot.due_text == "2026-03-30T22:00:00+02:00")
    assert monday.due == 4 * (1 + 24 + 24 + 24 - 1)


def test_only_premium_conches_cross_a_night() -> None:
    problem = reference("2026-03-10T21:00")
    night = 4 * 2
    for product, crosses in zip(problem.products, (False, True), strict=True):
        conche = product.steps[2]
        before = conche.allowed[:4]
        assert bool(before.any()) is crosses
        assert not conche.allowed[4 : 4 + night].any()


# ---- starts


def test_throughout_needs_every_slot_in_a_shift() -> None:
    assert starts(build_problem(inputs(plant(step()), DAY))) == list(range(24, 85))


def test_ends_needs_the_first_and_the_last_slot() -> None:
    night = Window(DAY.start, DAY.end + timedelta(days=1))
    found = starts(build_problem(inputs(plant(step(Attendance.ENDS, 600)), night)))
    assert found == [*range(24, 49), *range(24 + 57, 88), *range(96 + 24, 96 + 49)]


def test_none_may_start_whenever_it_ends_inside() -> None:
    assert starts(build_problem(inputs(plant(step(Attendance.NONE)), DAY))) == list(range(93))
    assert starts(build_problem(inputs(plant(step(Attendance.NONE, 24 * 60)), DAY))) == [0]
    longer = build_problem(inputs(plant(step(Attendance.NONE, 24 * 60 + 1)), DAY))
    assert starts(longer) == []
    assert longer.products[0].steps[0].duration == 97


def test_minutes_and_waits_round_up_to_slots() -> None:
    factory = plant(
        step(minutes=1), step(minutes=16, wait_max_minutes=16), step(minutes=15, wait_max_minutes=0)
    )
    steps = build_problem(inputs(factory, DAY)).products[0].steps
    assert [s.duration for s in steps] == [1, 2, 1]
    assert [s.wait_max for s in steps] == [None, 2, 0]


def test_climate_blocks_runs_that_touch_a_slot_beyond_a_limit() -> None:
    temperature = np.full(96, 34.0)
    temperature[40:42] = 34.1
    temperature[50] = NAN
    humidity = np.full(96, 90.0)
    humidity[60] = 90.5
    given_climate = Climate(tuple(temperature), tuple(humidity))
    factory = plant(step(Attendance.NONE, max_outdoor_c=34, max_outdoor_rh=90), step(Attendance.NONE))
    first, second = build_problem(replace(inputs(factory, DAY), climate=given_climate)).products[0].steps
    blocked = {*range(37, 42), *range(57, 61)}
    assert set(np.flatnonzero(first.blocked_by["climate"])) == blocked
    assert set(np.flatnonzero(first.allowed)) == set(range(93)) - blocked
    assert second.allowed[:93].all()


# ---- units and loads


def test_units_are_away_in_every_slot_an_outage_touches() -> None:
    def at(hour: int, minute: int) -> datetime:
        return DAY.start + timedelta(hours=hour, minutes=minute)

    oven = Machine("oven", 3, 5.0, (Outage(at(1, 10), at(1, 45), 1), Outage(at(1, 30), at(2, 1), 2)))
    assert units_available(oven, DAY)[3:10].tolist() == [3, 2, 2, 0, 1, 1, 3]
    more = replace(oven, unavailable=(*oven.unavailable, Outage(at(-5, 0), at(30, 0), 2)))
    assert units_available(more, DAY)[3:10].tolist() == [1, 0, 0, 0, 0, 0, 1]


def test_auxiliary_load() -> None:
    loads = (
        Auxiliary("base", 4.0),
        Auxiliary("light", 2.0, staffed_only=True),
        Auxiliary("chiller", 5.0, kw_per_degree_above=(18.0, 0.5)),
        Auxiliary("fan", 1.0, True, (20.0, 1.0)),
    )
    temperature = np.full(96, 10.0)
    temperature[[0, 30]], temperature[31] = 28.0, NAN
    factory = plant(step(), loads=loads)
    power = auxiliary_kw(factory, DAY, Climate(tuple(temperature), (50.0,) * 96))
    assert power[1] == 9.0
    assert power[0] == 9.0 + 0.5 * 10
    assert power[29] == 9.0 + 3.0
    assert power[30] == 9.0 + 3.0 + 5.0 + 8.0
    assert power[31] == 9.0 + 3.0


# ---- refusals


def test_a_slot_without_price_is_missing_data() -> None:
    given_inputs = inputs(plant(step()), DAY)
    price = given_inputs.price_eur_kwh.copy()
    price[7:9] = NAN
    with pytest.raises(DataMissing, match=r"2 slots .* 2026-03-10T00:45:00\+00:00"):
        build_problem(replace(given_inputs, price_eur_kwh=price))


def test_wrong_shapes_and_grids_are_refused() -> None:
    good = inputs(plant(step()), DAY)
    with pytest.raises(ValueError, match="96 slots"):
        build_problem(replace(good, climate=climate(95)))
    with pytest.raises(ValueError, match="96 slots"):
        build_problem(replace(good, power_cap_kw=np.ones(4)))
    with pytest.raises(ValueError, match="quarter-hour"):
        build_problem(
            replace(good, window=Window(DAY.start + timedelta(minutes=5), DAY.end + timedelta(minutes=5)))
        )


def test_cap_excess_and_lateness_pass_through() -> None:
    group = ExcessGroup("P1 2026-03", np.arange(4), 20.0, 3.0)
    cap = np.full(96, 9.0)
    given_inputs = replace(inputs(plant(step()), DAY), excess=(group,), power_cap_kw=cap, allow_late=True)
    problem = build_problem(given_inputs)
    assert problem.excess == (group,)
    assert problem.power_cap_kw is cap
    assert problem.allow_late


def test_lots_are_clipped_to_the_grid() -> None:
    dues = [
        DAY.start - timedelta(hours=1),
        DAY.start + timedelta(minutes=20),
        DAY.end,
        DAY.end + timedelta(days=3),
    ]
    wants = tuple(Wanted("bread", 1, due, True, 0) for due in dues)
    assert [lot.due for lot in build_problem(inputs(plant(step()), DAY, wants)).lots] == [0, 1, 96, 96]


# ---- property


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["2026-03-28T21:00", "2025-10-25T18:00", "2026-04-01T09:15", "2026-06-30T00:00"]),
    st.sampled_from(list(Attendance)),
    st.integers(1, 900),
    st.lists(st.sampled_from([20.0, 33.9, 34.0, 34.1, NAN]), min_size=8, max_size=8),
)
def test_allowed_equals_a_slow_look_at_every_run(
    text: str, attended: Attendance, minutes: int, pattern: list[float]
) -> None:
    window = planning_window(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MADRID)), 1, MADRID)
    slots = window.slot_count(15)
    temperature = (pattern * slots)[:slots]
    factory = plant(step(attended, minutes, max_outdoor_c=34))
    weather = Climate(tuple(temperature), (50.0,) * slots)
    built = build_problem(replace(inputs(factory, window), climate=weather)).products[0].steps[0]
    present = staffed(factory, window)
    for start in range(slots):
        run = range(start, start + built.duration)
        inside = run.stop <= slots
        needed = {"throughout": run, "ends": (run[0], run[-1]), "none": ()}[attended]
        unattended = inside and not all(present[slot] for slot in needed)
        hot = inside and any(temperature[slot] > 34 for slot in run)
        assert built.blocked_by["attendance"][start] == unattended
        assert built.blocked_by["climate"][start] == hot
        assert built.allowed[start] == (inside and not unattended and not hot)
