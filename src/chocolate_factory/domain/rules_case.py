"""What the rule checker looks at, prepared once: runs on the slot grid, shifts and the site's load.

Nothing here is shared with the planner or with the building of its problem: attendance, unavailable units
and auxiliary load are worked out anew from the factory, so that a mistake there cannot hide here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from chocolate_factory.domain.factory import WEEKDAYS, Factory, Product, Shift, Step
from chocolate_factory.domain.plan import Climate, Run, Schedule, Violation
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    IntArray,
    Window,
    days_between,
    local_date,
    local_moment,
)

QUARTER = timedelta(minutes=PLAN_MINUTES)
DAY = timedelta(days=1)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Placed:
    """A run with the slots it touches, `first` up to but without `stop`, and its step of the recipe.

    Slots count from the window's start and may lie outside it. `step` is None where the recipe has none.
    `begun`: it began before the window, and no rule is broken by it alone.
    """

    run: Run
    step: Step | None
    first: int
    stop: int
    begun: bool = False


@dataclass(frozen=True)
class Case:
    """A schedule of a factory under a climate; `power_cap_kw` (T,) is the highest load allowed, or None."""

    factory: Factory
    schedule: Schedule
    climate: Climate
    power_cap_kw: FloatArray | None

    def __post_init__(self) -> None:
        cap = self.slots if self.power_cap_kw is None else len(self.power_cap_kw)
        if {len(self.climate.temperature_c), len(self.climate.humidity_rh), cap} != {self.slots}:
            raise ValueError(
                f"climate and power limit need one value for each of the window's {self.slots} slots"
            )

    @property
    def slots(self) -> int:
        """T."""
        return self.schedule.window.slot_count(PLAN_MINUTES)

    @cached_property
    def products(self) -> dict[str, Product]:
        """Products by name."""
        return {product.name: product for product in self.factory.products}

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """All planned runs on the grid, in the schedule's order."""
        return tuple(self._place(run) for run in self.schedule.runs)

    @cached_property
    def begun(self) -> tuple[Placed, ...]:
        """The runs that began before the window, setups that go on into it included."""
        start = self.schedule.window.start
        going_on = (run for run in self.schedule.carried if not run.batch and run.end > start)
        return tuple(replace(self._place(run), begun=True) for run in (*self.schedule.begun, *going_on))

    @cached_property
    def setups(self) -> tuple[Placed, ...]:
        """The planned setups."""
        return tuple(self._place(run) for run in self.schedule.setups)

    @cached_property
    def batches(self) -> dict[str, list[Placed]]:
        """The runs of each batch, begun ones included, by step and start."""
        found: dict[str, list[Placed]] = defaultdict(list)
        for placed in sorted((*self.begun, *self.placed), key=lambda p: (p.run.step, p.run.start)):
            if placed.run.batch or not placed.begun:
                found[placed.run.batch].append(placed)
        return dict(found)

    @cached_property
    def shifts(self) -> list[Span]:
        """Staffed spans (UTC, in order, not touching) around the window and every run."""
        runs = self.schedule.runs
        start = min([self.schedule.window.start, *(run.start for run in runs)])
        end = max([self.schedule.window.end, *(run.end for run in runs)])
        return staffed_spans(self.factory, Window(start, end))

    def staffed(self, slot: int) -> bool:
        """Whether the whole slot lies in a shift."""
        start = self.at(slot)
        index = bisect_right(self.shifts, start, key=lambda span: span[0]) - 1
        return index >= 0 and start + QUARTER <= self.shifts[index][1]

    def at(self, slot: int) -> datetime:
        """The UTC start of a slot."""
        return self.schedule.window.start + slot * QUARTER

    def local(self, moment: datetime) -> str:
        """A moment as people read it: local time with its offset."""
        return moment.astimezone(ZoneInfo(self.factory.site.timezone)).isoformat(" ", "minutes")

    def broken(self, rule: str, placed: Placed, what: str, at: datetime | None = None) -> Violation:
        """A violation by one run; the message names batch, process, machine and local time."""
        run, moment = placed.run, at or placed.run.start
        what_for = f"Batch {run.batch}" if run.batch else f"For {run.product}"
        text = f"{what_for}: {run.process} on {run.machine} {run.unit} at {self.local(moment)} {what}."
        return Violation(rule, text, run.batch, moment)

    def concurrent(self, machine: str, *, begun: bool = False) -> IntArray:
        """Runs on a machine type in each slot of the window, shape (T,); `begun`: only those."""
        count = np.zeros(self.slots, np.int64)
        for placed in self.begun if begun else (*self.begun, *self.placed, *self.setups):
            if placed.run.machine == machine:
                count[max(0, placed.first) : max(0, placed.stop)] += 1
        return count

    def available(self, machine: str) -> IntArray:
        """Units that are there in each slot, shape (T,); an outage takes every slot it touches."""
        kind = self.factory.machine(machine)
        units = np.full(self.slots, kind.count, np.int64)
        for outage in kind.unavailable:
            first, stop = self._touched(outage.start, outage.end)
            units[max(0, first) : max(0, stop)] -= outage.units
        return np.maximum(units, 0)

    def load_kw(self) -> FloatArray:
        """Site load of each slot, shape (T,): running steps plus auxiliary loads."""
        load = np.array([self._auxiliary_kw(slot) for slot in range(self.slots)], np.float64)
        for placed in (*self.begun, *self.placed, *self.setups):
            for slot in range(max(0, placed.first), min(self.slots, placed.stop)):
                load[slot] += self._draw_kw(placed, slot)
        return load

    def _draw_kw(self, placed: Placed, slot: int) -> float:
        """Mean draw of a run in a slot; beyond its profile it goes on with the last draw."""
        run = placed.run
        if not run.profile_kw:
            return run.power_kw
        first, part = divmod((self.at(slot) - run.start) / QUARTER, 1.0)
        here, after = (run.profile_kw[min(max(int(first) + n, 0), len(run.profile_kw) - 1)] for n in (0, 1))
        return here * (1 - part) + after * part

    def _auxiliary_kw(self, slot: int) -> float:
        outdoor, total = self.climate.temperature_c[slot], 0.0
        for load in self.factory.auxiliaries:
            if load.staffed_only and not self.staffed(slot):
                continue
            total += load.power_kw
            if load.kw_per_degree_above is not None and outdoor > load.kw_per_degree_above[0]:
                total += load.kw_per_degree_above[1] * (outdoor - load.kw_per_degree_above[0])
        return total

    def _place(self, run: Run) -> Placed:
        product = self.products.get(run.product)
        known = product is not None and 0 <= run.step < len(product.steps)
        step = in_mode(product.steps[run.step], run.mode) if product and known else None
        return Placed(run, step, *self._touched(run.start, run.end))

    def _touched(self, start: datetime, end: datetime) -> tuple[int, int]:
        origin = self.schedule.window.start
        return (start - origin) // QUARTER, -((origin - end) // QUARTER)


def whole_slots(minutes: int) -> int:
    """Minutes as whole slots, rounded up."""
    return -(-minutes // PLAN_MINUTES)


def in_mode(step: Step, mode: str) -> Step:
    """A step as one of its modes has it; the step itself where it has no such mode."""
    for other in step.modes:
        if other.name == mode:
            minutes, kw, profile = other.minutes, other.power_kw, other.profile
            return replace(step, minutes=minutes, power_kw=kw, profile=profile, mode=mode)
    return step


def step_draws(step: Step) -> list[float]:
    """Draw of each whole slot of a step: the mean of its 15 minutes, those after its end as the last one."""
    if not step.profile:
        return [step.power_kw] * whole_slots(step.minutes)
    minutes = [kw for span, kw in step.profile for _ in range(span)]
    minutes += [minutes[-1]] * (PLAN_MINUTES - 1)
    slots = range(0, len(minutes) - PLAN_MINUTES + 1, PLAN_MINUTES)
    return [sum(minutes[first : first + PLAN_MINUTES]) / PLAN_MINUTES for first in slots]


def staffed_spans(factory: Factory, window: Window) -> list[Span]:
    """The shifts around a window as UTC spans in order, touching ones joined.

    A shift belongs to the local day on which it starts and is not worked when that day is a holiday of the
    site. Times are local wall times: a shift across a change of the clock is an hour shorter or longer.
    """
    zone = factory.site.timezone
    days = days_between(local_date(window.start, zone) - 2 * DAY, local_date(window.end, zone) + DAY)
    spans = sorted(
        shift_span(shift, day, zone)
        for day in days
        for shift in factory.shifts
        if WEEKDAYS[day.weekday()] in shift.days and day not in _holidays(factory.site.holidays, day.year)
    )
    return list(_joined(spans))


def shift_span(shift: Shift, day: date, zone: str) -> Span:
    """One shift of one local day; an end at or before its start is on the next day."""
    last = day + DAY if shift.end is None or shift.end <= shift.start else day
    end = shift.end or time()
    return local_moment(day, shift.start, zone), local_moment(last, end, zone)


def _joined(spans: list[Span]) -> Iterator[Span]:
    for index, (start, end) in enumerate(spans):
        if index == 0:
            current = (start, end)
        elif start <= current[1]:
            current = (current[0], max(end, current[1]))
        else:
            yield current
            current = (start, end)
    if spans:
        yield current


@lru_cache(maxsize=64)
def _holidays(code: str, year: int) -> frozenset[date]:
    if not code:
        return frozenset()
    country, _, subdivision = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
