"""Is there time enough? Machine hours asked and available in a week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory, Machine, Step
from chocolate_factory.domain.problem import BoolArray
from chocolate_factory.domain.problem_builder import (
    inside_starts,
    unattended_starts,
    units_available,
    whole_slots,
)
from chocolate_factory.domain.slots import PLAN_MINUTES, IntArray, Window, local_midnight
from chocolate_factory.domain.staffing import staffed

WARN_ABOVE = 0.85


@dataclass(frozen=True)
class MachineUse:
    """Hours of one machine type in a week: `share` is asked ÷ available, infinite when none is available."""

    machine: str
    asked_hours: float
    share: float


def capacity_warnings(factory: Factory, week_start: date) -> tuple[str, ...]:
    """Sentences on machine types of which the seven local days from a day on ask more than 85 %."""
    found = []
    for use in machine_use(factory, week_start):
        if use.share > WARN_ABOVE:
            share = f"{use.share:.0%} of those" if np.isfinite(use.share) else "but none are"
            found.append(
                f'machine "{use.machine}": the week from {week_start.isoformat()} asks for'
                f" {use.asked_hours:.4g} machine hours, {share} available;"
                " lower the demand or add units or shifts."
            )
    return tuple(found)


def machine_use(factory: Factory, week_start: date) -> tuple[MachineUse, ...]:
    """Asked and available machine hours of the seven local days from a day on, by machine type.

    Asked: the steps of all batches due in these days. Available to a step: the unit hours that some run of
    it could cover, so staffed spans long enough for `throughout`, these plus the nights that a run can
    bridge for `ends`, all hours for `none`; outages taken off. Steps with different hours on one machine
    add up their shares; one with modes counts in the mode that asks least. Packing losses, waits, climate and
    power are not counted: a share below 1 is necessary and not sufficient.
    """
    zone = factory.site.timezone
    week = Window(local_midnight(week_start, zone), local_midnight(week_start + timedelta(days=7), zone))
    batches: dict[str, int] = {}
    for want in wanted(factory, week):
        if want.hard:
            batches[want.product] = batches.get(want.product, 0) + want.batches
    present = staffed(factory, week)
    return tuple(_use(factory, machine, batches, week, present) for machine in factory.machines)


def _use(
    factory: Factory, machine: Machine, batches: dict[str, int], week: Window, present: BoolArray
) -> MachineUse:
    units = units_available(machine, week)
    asked = share = 0.0
    for step, count in _steps_on(factory, machine, batches):
        least = min((_share(way, count, units, present) for way in step.ways), key=lambda found: found[1])
        asked += least[0]
        share += least[1]
    return MachineUse(machine.name, asked, share)


def _share(step: Step, count: int, units: IntArray, present: BoolArray) -> tuple[float, float]:
    """Hours that runs of a step need, and their share of those it can have, infinite where it has none."""
    duration = whole_slots(step.minutes)
    need = count * duration
    room = int(units[_coverable(step, duration, present)].sum())
    return need * PLAN_MINUTES / 60, need / room if room else np.inf


def _steps_on(factory: Factory, machine: Machine, batches: dict[str, int]) -> Iterator[tuple[Step, int]]:
    for product in factory.products:
        for step in product.steps:
            if step.machine == machine.name and batches.get(product.name):
                yield step, batches[product.name]


def _coverable(step: Step, duration: int, present: BoolArray) -> BoolArray:
    """Slots, shape (T,), that at least one attended run of the step inside the week covers."""
    starts = inside_starts(duration, len(present)) & ~unattended_starts(step.attended, duration, present)
    change = np.zeros(len(present) + 1, np.int64)
    change[:-1] += starts
    np.add.at(change, np.flatnonzero(starts) + duration, -1)
    return np.asarray(np.cumsum(change)[:-1] > 0, np.bool_)
