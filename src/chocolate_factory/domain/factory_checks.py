"""Rules of the factory file that need several tables: can every step ever run?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.factory import WEEKDAYS, Attendance, Factory, Shift
from chocolate_factory.domain.problem import BoolArray
from chocolate_factory.domain.slots import PLAN_MINUTES

DAY = 24 * 60
WEEK = 7 * DAY
ROUNDING_KW = 1e-9


def attendance_faults(factory: Factory) -> Iterator[str]:
    """Sentences on steps and setups that no week of shifts can hold, on an ordinary week."""
    week = ordinary_week(factory.shifts)
    for work in _works(factory):
        slots = -(-work.minutes // PLAN_MINUTES)
        if work.attended is Attendance.THROUGHOUT and slots > longest_run(week):
            hours = longest_run(week) * PLAN_MINUTES / 60
            yield (
                f"{work.place} needs staff for {work.minutes} minutes without a break, but the"
                f" longest staffed time is {hours:g} h; shorten it, extend a [[shift]] or set attended to"
                ' "ends" or "none".'
            )
        if work.attended is Attendance.ENDS and not np.any(week & np.roll(week, 1 - slots)):
            yield (
                f"{work.place} of {work.minutes} minutes can never both start and end in a"
                ' shift; change its minutes, extend a [[shift]] or set attended to "none".'
            )


def power_faults(factory: Factory) -> Iterator[str]:
    """Sentences on loads that can never stay under the contracted power of a 2.0TD supply, a cut-off there.

    Auxiliary loads count with their base power; what they draw on hot days comes on top.
    """
    contract = factory.contract
    if contract.access_tariff != "2.0TD":
        return
    always = sum(load.power_kw for load in factory.auxiliaries if not load.staffed_only)
    staffed = always + sum(load.power_kw for load in factory.auxiliaries if load.staffed_only)
    least, most = min(contract.contracted_power_kw), max(contract.contracted_power_kw)
    if always > least + ROUNDING_KW:
        yield (
            f"contract.contracted_power_kw has {least:g} kW in one period, but the auxiliary loads that"
            f" always run draw {always:g} kW; on 2.0TD the meter would cut off: contract more."
        )
    for work in _works(factory):
        beside = always if work.attended is Attendance.NONE else staffed
        if work.peak_kw + beside > most + ROUNDING_KW:
            yield (
                f"{work.place} draws {work.peak_kw:g} kW beside {beside:g} kW of auxiliary"
                f" loads, but at most {most:g} kW are contracted; on 2.0TD the meter would cut off:"
                " contract more."
            )


def ordinary_week(shifts: tuple[Shift, ...]) -> BoolArray:
    """Staffed 15-minute slots of a local week from Monday 00:00 without holidays, shape (672,)."""
    minutes = np.zeros(WEEK, np.bool_)
    for shift in shifts:
        start = 60 * shift.start.hour + shift.start.minute
        end = DAY if shift.end is None else 60 * shift.end.hour + shift.end.minute
        length = end - start if end > start else end - start + DAY
        for day in shift.days:
            minutes[(WEEKDAYS.index(day) * DAY + start + np.arange(length)) % WEEK] = True
    return np.asarray(minutes.reshape(-1, PLAN_MINUTES).all(axis=1), np.bool_)


def longest_run(week: BoolArray) -> int:
    """Most slots in a row, the week taken as a circle; without any break its runs have no limit."""
    if week.all():
        return np.iinfo(np.int64).max
    doubled = np.concatenate([[False], week, week, [False]]).astype(np.int8)
    edges = np.diff(doubled)
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max(initial=0))


@dataclass(frozen=True)
class _Work:
    """A step in one of its modes, or a setup, and how messages name it."""

    place: str
    minutes: int
    attended: Attendance
    peak_kw: float


def _works(factory: Factory) -> Iterator[_Work]:
    for product in factory.products:
        for step in product.steps:
            for way in step.ways:
                mode = f'.mode "{way.mode}"' if way.mode else ""
                place = f'product "{product.name}".step "{way.process}"{mode}'
                yield _Work(place, way.minutes, way.attended, way.peak_kw)
    for number, setup in enumerate(factory.setups, 1):
        if setup.minutes:
            yield _Work(f"setup[{number}]", setup.minutes, setup.attended, setup.power_kw)
