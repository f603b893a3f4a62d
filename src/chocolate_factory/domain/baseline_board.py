"""Free machines and power while batches are placed one after the other, as sets of slots.

A set of slots is one integer with bit t for slot t: a run's length, a wait or a start is a shift, and a
placement costs microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np

from chocolate_factory.domain.limits import tally
from chocolate_factory.domain.problem import BoolArray, Job, Problem, ProblemStep
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import bench

TOLERANCE_KW = 1e-9


class Board:
    """A problem with some batches on it; `put` adds one, `earliest` finds the place for the next."""

    def __init__(self, problem: Problem) -> None:
        slots = range(1, 1 + max(1, int(problem.machine_units.max(initial=0))))
        self.problem = problem
        self._tally, self._bench = tally(problem), bench(problem)
        self._inside = (1 << problem.slots) - 1
        self._allowed = [[_as_set(step.allowed) for step in product.steps] for product in problem.products]
        # Per machine the slots with at least 1, 2, … units free.
        self._free = [[_as_set(units >= count) for count in slots] for units in problem.machine_units]
        cap = problem.power_cap_kw
        self._room_kw: FloatArray | None = None if cap is None else cap - problem.auxiliary_kw

    def copy(self) -> Board:
        """The same board, to go on with apart."""
        other = object.__new__(Board)
        other.problem, other._inside, other._allowed = self.problem, self._inside, self._allowed
        other._free = [[*levels] for levels in self._free]
        other._room_kw = None if self._room_kw is None else self._room_kw.copy()
        other._tally = None if self._tally is None else self._tally.copy()
        other._bench = None if self._bench is None else self._bench.copy()
        return other

    def put(self, job: Job) -> None:
        """Occupy the machines and the power of a batch."""
        for step, start in zip(self.problem.products[job.product].steps, job.starts, strict=True):
            levels, rest = self._free[step.machine], self._inside & ~(((1 << step.duration) - 1) << start)
            for level, above in enumerate([*levels[1:], 0]):
                levels[level] &= rest | above
            if self._room_kw is not None:
                for first, slots, kw in step.phases:
                    self._room_kw[start + first : start + first + slots] -= kw
        if self._tally is not None:
            self._tally.put(job)
        if self._bench is not None:
            self._bench.put(job)

    def keeps_limits(self) -> bool:
        """Whether what is on the board keeps the limits on kilograms, the least outputs too."""
        return self._tally is None or self._tally.keeps()

    def earliest(self, product: int) -> Job | None:
        """The batch that finishes earliest beside what is on the board, None if there is no place for one.

        Exact: forward over (step, start) for what can be reached within the waits, back from the earliest
        last start for what leads there; of those chains each step, from the first on, starts as early as it
        can.
        """
        steps = self.problem.products[product].steps
        reached = [self._starts(product, 0)]
        for number, (before, step) in enumerate(pairwise(steps), 1):
            follows = _up_to(reached[-1] << before.duration, step.wait_max, self._open(product, number))
            reached.append(follows & self._starts(product, number))
        if not reached[-1]:
            return None
        leads = [_lowest(reached[-1])]
        for number in range(len(steps) - 1, 0, -1):
            before, step = steps[number - 1], steps[number]
            ended = _down_to(leads[-1], step.wait_max, self._open(product, number))
            leads.append(reached[number - 1] & (ended >> before.duration))
        return Job(product, tuple(_lowest(slots).bit_length() - 1 for slots in reversed(leads)))

    def _starts(self, product: int, number: int) -> int:
        step: ProblemStep = self.problem.products[product].steps[number]
        starts = self._allowed[product][number] & _lasting(self._free[step.machine][0], step.duration)
        if self._room_kw is not None:
            for first, slots, kw in step.phases:
                starts &= _lasting(_as_set(self._room_kw >= kw - TOLERANCE_KW), slots) >> first
        for barred in self._tally.barred(product, number) if self._tally is not None else ():
            first, stop, _ = barred.indices(self.problem.slots)
            starts &= ~(((1 << max(0, stop - first)) - 1) << first)
        fits = None if self._bench is None else self._bench.open(product, number)
        return starts if fits is None else starts & _as_set(fits)

    def _open(self, product: int, number: int) -> int | None:
        """Slots in which a batch may wait for a step, None where nothing limits that."""
        closed = None if self._tally is None else self._tally.closed(product, number)
        return None if closed is None else _as_set(~closed)


def _as_set(flags: BoolArray) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _lowest(slots: int) -> int:
    return slots & -slots


@lru_cache(maxsize=1024)
def _doublings(length: int) -> tuple[int, ...]:
    """Shifts that, one after the other, join a slot with the `length` − 1 slots beside it."""
    shifts, joined = [], 1
    while joined < length:
        shifts.append(min(joined, length - joined))
        joined += shifts[-1]
    return tuple(shifts)


def _lasting(free: int, duration: int) -> int:
    """Slots from which `duration` slots on end are in `free`."""
    for shift in _doublings(duration):
        free &= free >> shift
    return free


def _up_to(slots: int, wait_max: int | None, room: int | None = None) -> int:
    """Slots that are 0 to `wait_max` slots (None: any number) after one of `slots`.

    With `room` only slots in it may be waited in.
    """
    if room is not None:
        for shift, passable in _passages(room, wait_max):
            slots |= (slots & passable) << shift
        return slots
    if wait_max is None:
        return -_lowest(slots)
    for shift in _doublings(wait_max + 1):
        slots |= slots << shift
    return slots


def _passages(room: int, wait_max: int | None) -> Iterator[tuple[int, int]]:
    """Shifts that join a slot with those up to `wait_max` beside it, and from where each passes room only."""
    longest = room.bit_length() if wait_max is None else min(wait_max, room.bit_length())
    for shift in _doublings(longest + 1):
        yield shift, _lasting(room, shift)


def _down_to(slots: int, wait_max: int | None, room: int | None = None) -> int:
    """Slots 0 to `wait_max` slots (None: any number) before one of `slots`; `room` as in `_up_to`."""
    if room is not None:
        for shift, passable in _passages(room, wait_max):
            slots |= (slots >> shift) & passable
        return slots
    if wait_max is None:
        return (1 << slots.bit_length()) - 1
    for shift in _doublings(wait_max + 1):
        slots |= slots >> shift
    return slots
