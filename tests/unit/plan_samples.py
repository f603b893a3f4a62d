"""A small invented plant and slow, plain readings of its rules, for the tests of checker and baseline."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

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
from chocolate_factory.domain.plan import Climate, Run, Schedule, Wanted
from chocolate_factory.domain.problem import Lot, Problem, ProblemProduct, ProblemStep
from chocolate_factory.domain.slots import Window

ZONE = ZoneInfo("Europe/Madrid")
QUARTER = timedelta(minutes=15)
WORKDAYS = frozenset(WEEKDAYS[:5])
FREE_DAYS = {date(2026, 3, 19)}
"""The one holiday of ES-VC (San José) that the sample windows touch."""

MIX = Step("mix", "mixer", 30, 11.0)
BAKE = Step("bake", "oven", 60, 15.0, Attendance.ENDS, wait_max_minutes=60)
PACK = Step("pack", "packer", 15, 4.0, wait_max_minutes=25, max_outdoor_c=34, max_outdoor_rh=90)
DRY = Step("dry", "oven", 120, 10.0, Attendance.NONE)


def local(text: str) -> datetime:
    """Local wall time of the sample plant -> UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


WINDOW = Window(local("2026-03-18T05:00"), local("2026-03-20T00:00"))


def plant(**changes: object) -> Factory:
    """One mixer, two ovens, one packer; bars (mix, bake, pack) and cakes (mix, dry); day and night shift."""
    factory = Factory(
        site=Site("bakery", "Europe/Madrid", 40.4, -3.7, "ES-VC"),
        contract=Contract(ContractKind.INDEXED, "2.0TD", (15.0, 15.0)),
        shifts=(Shift(WORKDAYS, time(6), time(14)), Shift(frozenset({"wed", "sat"}), time(22), time(6))),
        machines=(
            Machine("mixer", 1, 11.0),
            Machine("oven", 2, 15.0, (Outage(local("2026-03-18T11:50"), local("2026-03-18T12:20"), 1),)),
            Machine("packer", 1, 4.0),
        ),
        products=(Product("bar", 10, (MIX, BAKE, PACK)), Product("cake", 20, (MIX, DRY))),
        auxiliaries=(
            Auxiliary("chiller", 2.0, kw_per_degree_above=(20.0, 0.5)),
            Auxiliary("light", 1.0, staffed_only=True),
        ),
        demands=(),
    )
    return replace(factory, **changes)  # type: ignore[arg-type]


def weather(window: Window, temperature: float = 18.0, humidity: float = 50.0) -> Climate:
    """The same weather in every slot."""
    slots = window.slot_count(15)
    return Climate((temperature,) * slots, (humidity,) * slots)


def run(batch: str, number: int, unit: int, clock: str, factory: Factory | None = None) -> Run:
    """A run of a batch by the recipe; `clock` is a local time."""
    product = (factory or plant()).product(batch.split("-", maxsplit=1)[0])
    step, start = product.steps[number], local(clock)
    end = start + -(-step.minutes // 15) * QUARTER
    return Run(batch, product.name, step.process, step.machine, unit, start, end, step.power_kw, number)


def good_schedule() -> Schedule:
    """Two bars and a cake due on the first day, one bar as stock, a soft cake left and one made."""
    runs = (
        run("bar-1", 0, 1, "2026-03-18T06:00"),
        run("bar-1", 1, 1, "2026-03-18T06:30"),
        run("bar-1", 2, 1, "2026-03-18T07:30"),
        run("bar-2", 0, 1, "2026-03-18T06:30"),
        run("bar-2", 1, 2, "2026-03-18T08:00"),
        run("bar-2", 2, 1, "2026-03-18T09:30"),
        run("cake-1", 0, 1, "2026-03-18T07:00"),
        run("cake-1", 1, 1, "2026-03-18T07:30"),
        run("cake-2", 0, 1, "2026-03-18T13:30"),
        run("cake-2", 1, 2, "2026-03-19T00:00"),
    )
    wanted = (
        Wanted("bar", 1, local("2026-03-18T05:30"), True, 0, may_be_stock=True),
        Wanted("bar", 2, local("2026-03-18T10:00"), True, 0),
        Wanted("cake", 1, local("2026-03-18T14:00"), True, 1),
        Wanted("cake", 2, local("2026-03-21T14:00"), False, 1),
    )
    return Schedule(WINDOW, runs, wanted, {0: 1}, {3: 1}, {})


def in_shift(shifts: tuple[Shift, ...], wall: datetime) -> bool:
    """Whether a minute lies in a shift, by the clock on the wall."""
    for shift in shifts:
        overnight = shift.end is not None and shift.end <= shift.start
        for day in (wall.date(), wall.date() - timedelta(days=1)):
            if WEEKDAYS[day.weekday()] not in shift.days or day in FREE_DAYS:
                continue
            if day == wall.date() and wall.time() >= shift.start:
                if overnight or shift.end is None or wall.time() < shift.end:
                    return True
            elif day != wall.date() and overnight and shift.end is not None and wall.time() < shift.end:
                return True
    return False


@lru_cache(maxsize=4096)
def _staffed(shifts: tuple[Shift, ...], start: datetime) -> bool:
    walls = [(start + timedelta(minutes=minute)).astimezone(ZONE) for minute in range(15)]
    return all(in_shift(shifts, wall) for wall in walls)


def slot_staffed(factory: Factory, start: datetime) -> bool:
    """Whether every minute of a slot lies in a shift."""
    return _staffed(factory.shifts, start)


def naive_rules(factory: Factory, schedule: Schedule, climate: Climate, cap: float | None) -> set[str]:
    """Names of the broken rules, read slot by slot; times are expected on the grid."""
    broken = {rule for run in schedule.runs for rule in _of_run(factory, schedule, climate, run)}
    broken |= {
        rule for name in {run.batch for run in schedule.runs} for rule in _of_batch(factory, schedule, name)
    }
    start = min([schedule.window.start, *(run.start for run in schedule.runs)])
    end = max([schedule.window.end, *(run.end for run in schedule.runs)])
    for index in range((end - start) // QUARTER):
        at = start + index * QUARTER
        broken |= set(_of_slot(factory, schedule, climate, at, cap))
    return broken | set(_of_demand(factory, schedule))


def _of_run(factory: Factory, schedule: Schedule, climate: Climate, run: Run) -> list[str]:
    steps = factory.product(run.product).steps
    slots = [run.start + index * QUARTER for index in range((run.end - run.start) // QUARTER)]
    step, broken = steps[run.step], []
    if any(slot not in schedule.window for slot in slots):
        broken.append("window")
    right = (step.process, step.machine, -(-step.minutes // 15), step.power_kw)
    if (run.process, run.machine, len(slots), run.power_kw) != right:
        broken.append("recipe")
    seen = {Attendance.THROUGHOUT: slots, Attendance.ENDS: [slots[0], slots[-1]], Attendance.NONE: []}
    if not all(slot_staffed(factory, slot) for slot in seen[step.attended]):
        broken.append("attendance")
    for slot in slots:
        if slot in schedule.window:
            index = (slot - schedule.window.start) // QUARTER
            hot = step.max_outdoor_c is not None and climate.temperature_c[index] > step.max_outdoor_c
            wet = step.max_outdoor_rh is not None and climate.humidity_rh[index] > step.max_outdoor_rh
            if hot or wet:
                broken.append("climate")
    if run.unit not in range(1, factory.machine(run.machine).count + 1):
        broken.append("machine")
    return broken


def _of_batch(factory: Factory, schedule: Schedule, name: str) -> list[str]:
    runs = sorted((run for run in schedule.runs if run.batch == name), key=lambda run: (run.step, run.start))
    steps = factory.product(runs[0].product).steps
    broken = [] if [run.step for run in runs] == list(range(len(steps))) else ["recipe"]
    broken += ["recipe"] if len({run.product for run in runs}) > 1 else []
    for before, after in pairwise(runs):
        if after.step == before.step + 1:
            gap = (after.start - before.end) // QUARTER
            longest = factory.product(after.product).steps[after.step].wait_max_minutes
            broken += ["order"] if gap < 0 else []
            broken += ["wait"] if longest is not None and gap * 15 >= longest + 15 else []
    return broken


def _of_slot(
    factory: Factory, schedule: Schedule, climate: Climate, at: datetime, cap: float | None
) -> list[str]:
    on = [run for run in schedule.runs if run.start <= at < run.end]
    broken = ["machine" for used in Counter((run.machine, run.unit) for run in on).values() if used > 1]
    if at not in schedule.window:
        return broken
    for machine in factory.machines:
        away = sum(o.units for o in machine.unavailable if o.start < at + QUARTER and o.end > at)
        if sum(run.machine == machine.name for run in on) > max(0, machine.count - away):
            broken.append("machine")
    if (
        cap is not None
        and auxiliary(factory, climate, schedule.window, at) + sum(r.power_kw for r in on) > cap + 1e-6
    ):
        broken.append("power")
    return broken


def auxiliary(factory: Factory, climate: Climate, window: Window, at: datetime) -> float:
    """Auxiliary load of a slot."""
    warm, total = climate.temperature_c[(at - window.start) // QUARTER], 0.0
    for load in factory.auxiliaries:
        if not load.staffed_only or slot_staffed(factory, at):
            threshold, per_degree = load.kw_per_degree_above or (0.0, 0.0)
            total += load.power_kw + (per_degree * (warm - threshold) if warm > threshold else 0.0)
    return total


def _of_demand(factory: Factory, schedule: Schedule) -> list[str]:
    broken, by_end = [], sorted(schedule.runs, key=lambda run: run.end)
    for product in factory.products:
        batches = {run.batch for run in schedule.runs if run.product == product.name}
        last = len(product.steps) - 1
        ends = {run.batch: run.end for run in by_end if (run.product, run.step) == (product.name, last)}
        lots = [(i, want) for i, want in enumerate(schedule.wanted) if want.product == product.name]
        net = {i: want.batches - schedule.stock.get(i, 0) - schedule.left.get(i, 0) for i, want in lots}
        broken += ["batch"] if len(batches) != sum(net.values()) else []
        for _, want in lots:
            done = sum(end <= want.due for end in ends.values())
            need = sum(net[i] - schedule.late.get(i, 0) for i, other in lots if other.due <= want.due)
            broken += ["due"] if done < need else []
    return broken


def problem_of(
    factory: Factory, window: Window, wanted: tuple[Wanted, ...], climate: Climate, cap: float | None = None
) -> Problem:
    """The problem of the sample plant, built slot by slot; prices are all 0.10 EUR/kWh."""
    slots = window.slot_count(15)
    times = [window.start + index * QUARTER for index in range(slots)]
    staffed = np.array([slot_staffed(factory, at) for at in times], np.bool_)
    names = [machine.name for machine in factory.machines]
    products = tuple(
        ProblemProduct(p.name, p.batch_kg, tuple(_step(s, names, staffed, climate) for s in p.steps))
        for p in factory.products
    )
    units = np.array([[_units(m, at) for at in times] for m in factory.machines], np.int64)
    return Problem(
        window=window,
        minutes=15,
        price_eur_kwh=np.full(slots, 0.1),
        auxiliary_kw=np.array([auxiliary(factory, climate, window, at) for at in times]),
        machines=tuple(names),
        machine_units=units,
        products=products,
        lots=tuple(_lot(factory, window, want, slots) for want in wanted),
        excess=(),
        power_cap_kw=None if cap is None else np.full(slots, cap),
    )


def _lot(factory: Factory, window: Window, want: Wanted, slots: int) -> Lot:
    names = [product.name for product in factory.products]
    due = min(max((want.due - window.start) // QUARTER, 0), slots)
    text = want.due.astimezone(ZONE).isoformat()
    return Lot(names.index(want.product), want.batches, due, want.hard, want.entry, text, want.may_be_stock)


def _units(machine: Machine, at: datetime) -> int:
    away = sum(o.units for o in machine.unavailable if o.start < at + QUARTER and o.end > at)
    return max(0, machine.count - away)


def _step(step: Step, names: list[str], staffed: NDArray[np.bool_], climate: Climate) -> ProblemStep:
    duration, slots = -(-step.minutes // 15), len(staffed)
    allowed = np.zeros(slots, np.bool_)
    for start in range(slots - duration + 1):
        span = range(start, start + duration)
        seen = {Attendance.THROUGHOUT: list(span), Attendance.ENDS: [span[0], span[-1]], Attendance.NONE: []}
        hot = any(
            step.max_outdoor_c is not None and climate.temperature_c[s] > step.max_outdoor_c for s in span
        )
        wet = any(
            step.max_outdoor_rh is not None and climate.humidity_rh[s] > step.max_outdoor_rh for s in span
        )
        allowed[start] = all(staffed[s] for s in seen[step.attended]) and not hot and not wet
    wait = None if step.wait_max_minutes is None else -(-step.wait_max_minutes // 15)
    return ProblemStep(step.process, names.index(step.machine), duration, step.power_kw, wait, allowed)
