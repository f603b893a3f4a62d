"""A plan being changed: loads, free machines, deadlines, and the cheapest place for one more batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.limits import tally
from chocolate_factory.domain.problem import Job, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import bench
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.limits import first_open, least_open
from chocolate_factory.infrastructure.planners.model import reachable

NOWHERE = np.inf


class Board:
    """Jobs on machines.

    On top of energy `soft` prices load above `limit` per kW and slot, `square` per kW² and slot.
    """

    def __init__(self, problem: Problem, jobs: tuple[Job, ...], deadlines: tuple[IntArray, ...]) -> None:
        self.problem, self.deadlines = problem, deadlines
        self.price = np.asarray(problem.price_eur_kwh, np.float64) * problem.minutes / 60
        self.load = np.asarray(problem.auxiliary_kw, np.float64).copy()
        self.free = np.array(problem.machine_units, np.int64)
        self.tally, self.bench = tally(problem), bench(problem)
        self.limit = np.full(problem.slots, np.inf)
        self.soft, self.square = np.zeros(problem.slots), np.zeros(problem.slots)
        self.energy = [step_energy(problem, self.price, product) for product in range(len(problem.products))]
        groups = [group for group in problem.excess if len(group.slots)]
        self.members = np.concatenate([group.slots for group in groups]) if groups else np.zeros(0, np.int64)
        self.firsts = np.cumsum([0, *(len(group.slots) for group in groups)])[:-1]
        self.contracted = np.repeat([group.contracted_kw for group in groups], [len(g.slots) for g in groups])
        self.already = np.array([group.already_kw for group in groups])
        self.rates = np.array([group.rate_eur_kw for group in groups])
        self.quarters = np.array([group.minutes / 15 if group.quarters else 0.0 for group in groups])
        self.final = [product.steps[-1].duration for product in problem.products]
        self.ways = [problem.ways(product) for product in range(len(problem.products))]
        self.jobs: list[Job] = []
        for job in jobs:
            self.put(job)

    def put(self, job: Job, sign: int = 1) -> None:
        """Add a job's load and machine use (sign −1 takes them away); `jobs` is the caller's."""
        for step, start in zip(self.problem.products[job.product].steps, job.starts, strict=True):
            for first, slots, kw in step.phases:
                self.load[start + first : start + first + slots] += sign * kw
            self.free[step.machine, start : start + step.duration] -= sign
        if self.tally is not None:
            self.tally.put(job, sign)
        if self.bench is not None:
            self.bench.put(job, sign)

    def cost(self) -> float:
        """Energy and excess; infinite where a hard power limit is broken, or where setups find no time."""
        cap, load = self.problem.power_cap_kw, self.drawn()
        if (cap is not None and np.any(load > cap + 1e-6)) or not self.sets_up():
            return float(np.inf)
        total = float(load @ self.price)
        if len(self.members):
            over = np.maximum(load[self.members] - self.contracted, 0.0)
            charged = np.maximum(np.maximum.reduceat(over, self.firsts) - self.already, 0.0)
            if self.quarters.any():
                square = np.add.reduceat(over * over, self.firsts) * self.quarters
                rooted = np.sqrt(self.already**2 + square) - self.already
                charged = np.where(self.quarters > 0, rooted, charged)
            total += float(charged @ self.rates)
        return total

    def softened(self) -> float:
        """Energy and the soft price of load above the limit."""
        load = self.drawn()
        over = np.maximum(load - self.limit, 0.0)
        return float(load @ self.price + over @ (self.soft + self.square * over))

    def drawn(self) -> FloatArray:
        """Load with that of setups, shape (T,)."""
        return self.load if self.bench is None else self.load + self.bench.load_kw()

    def sets_up(self) -> bool:
        """Whether there is time for every setup."""
        return self.bench is None or self.bench.keeps()

    def deadline(self, product: int, jobs: list[Job]) -> int:
        """Slot by which one more batch of a product must end, given the others (the window's end: any)."""
        ends, due = self.ends(product, jobs), self.deadlines[self.ways[product][0]]
        missed = np.flatnonzero(ends > due[: len(ends)])
        first = int(missed[0]) if len(missed) else len(ends)
        return int(due[first]) if first < len(due) else self.problem.slots

    def in_time(self, product: int, jobs: list[Job]) -> bool:
        """Whether the batches of a product meet their deadlines."""
        ends = self.ends(product, jobs)
        return bool(np.all(ends <= self.deadlines[self.ways[product][0]][: len(ends)]))

    def ends(self, product: int, jobs: list[Job]) -> IntArray:
        """Sorted finishing slots of a product's jobs, in whatever way they are made."""
        ways, final = self.ways[product], self.final
        ends = [job.starts[-1] + final[job.product] for job in jobs if job.product in ways]
        return np.array(sorted(ends), np.int64)

    def cheapest(self, product: int, deadline: int, noise: FloatArray | None = None) -> Job | None:
        """The place and the way for one batch at the least energy and soft price, None where none is free.

        `noise` (T,) is added to every step's cost.
        """
        found = [place for way in self.ways[product] if (place := self.place(way, deadline, noise))]
        return min(found, key=lambda place: place[0])[1] if found else None

    def place(self, product: int, deadline: int, noise: FloatArray | None) -> tuple[float, Job] | None:
        """The least cost of a batch made in just this way, and its place: exact, by dynamic programming.

        State: step and start slot.
        """
        steps = self.problem.products[product].steps
        tables: list[FloatArray] = []
        room = self.load[:deadline] - self.limit[:deadline]
        soft, square = self.soft[:deadline], self.square[:deadline]
        over = np.maximum(room, 0.0)
        before_eur = over * (soft + square * over)
        for index, step in enumerate(steps):
            energy, parts = self.energy[product][index][: max(0, deadline - step.duration + 1)], []
            for first, slots, kw in step.phases:
                over = np.maximum(room + kw, 0.0)
                pressed = over * (soft + square * over) - before_eur
                parts.append(over_runs(pressed, slots)[first : first + len(energy)])
            total = parts[0] + energy if len(parts) == 1 else np.sum([*parts, energy], axis=0)
            full = self.free[step.machine, :deadline] <= 0
            if full.any():
                total[over_runs(full, step.duration) > 0] = NOWHERE
            if noise is not None:
                total += noise[: len(total)]
            if index:
                shift = steps[index - 1].duration
                before = np.full(deadline + 1, NOWHERE)
                before[shift : shift + len(tables[-1])] = tables[-1]
                total += self.waited(product, index, before)[: len(total)]
            for barred in self.tally.barred(product, index) if self.tally is not None else ():
                total[barred] = NOWHERE
            fits = None if self.bench is None else self.bench.open(product, index)
            if fits is not None:
                total[~fits[: len(total)]] = NOWHERE
            tables.append(total)
        final = tables[-1]
        start = int(np.argmin(final)) if len(final) else -1
        if start < 0 or not np.isfinite(final[start]):
            return None
        return float(final[start]), Job(product, self.trace(product, tables, start))

    def waited(self, product: int, index: int, before: FloatArray) -> FloatArray:
        """Least cost of having ended the step before, within the longest wait and where there is room."""
        wait = self.problem.products[product].steps[index].wait_max
        closed = None if self.tally is None else self.tally.closed(product, index)
        if closed is None:
            return least_within(before, wait)
        return least_open(before, wait, closed[: len(before) - 1])

    def keeps(self) -> bool:
        """Whether what is on the board keeps the limits on kilograms and leaves time for setups."""
        return (self.tally is None or self.tally.keeps()) and self.sets_up()

    def takes(self, job: Job) -> bool:
        """Whether the limits on kilograms leave room for one more job, and setups time."""
        return (self.tally is None or self.tally.takes(job)) and (self.bench is None or self.bench.takes(job))

    def trace(self, product: int, tables: list[FloatArray], start: int) -> tuple[int, ...]:
        """Walk the tables back from the chosen start of the last step."""
        steps, starts = self.problem.products[product].steps, [start]
        for index in range(len(steps) - 1, 0, -1):
            latest = starts[-1] - steps[index - 1].duration
            wait = steps[index].wait_max
            first = 0 if wait is None else max(0, latest - wait)
            if self.tally is not None and (closed := self.tally.closed(product, index)) is not None:
                first = max(first, first_open(closed, starts[-1]) - steps[index - 1].duration)
            starts.append(first + int(np.argmin(tables[index - 1][first : latest + 1])))
        return tuple(reversed(starts))


def step_energy(problem: Problem, price: FloatArray, product: int) -> list[FloatArray]:
    """Energy cost of each step by start slot, infinite where it may not start."""
    tables = []
    for step, mask in zip(problem.products[product].steps, reachable(problem, product), strict=True):
        table = np.zeros(max(0, problem.slots - step.duration + 1))
        for first, slots, kw in step.phases:
            table += over_runs(price * kw, slots)[first : first + len(table)]
        table[~mask[: len(table)]] = NOWHERE
        tables.append(table)
    return tables


def over_runs(values: FloatArray | NDArray[np.bool_], duration: int) -> FloatArray:
    """Sum over each run of `duration` slots, by start slot, shape (T − duration + 1,)."""
    summed = np.zeros(len(values) + 1)
    values.cumsum(dtype=np.float64, out=summed[1:])
    result: FloatArray = summed[duration:] - summed[:-duration]
    return result


def least_within(values: FloatArray, back: int | None) -> FloatArray:
    """Minimum of the last `back` + 1 values at each place (all before when None), by doubling."""
    if back is None:
        running: FloatArray = np.minimum.accumulate(values)
        return running
    width = 1
    while width < back + 1:
        shift = min(width, back + 1 - width)
        wider = np.empty_like(values)
        wider[:shift] = values[:shift]
        np.minimum(values[shift:], values[:-shift], out=wider[shift:])
        values, width = wider, width + shift
    return values


def deadlines_of(problem: Problem, dues: list[list[int]], jobs: tuple[Job, ...]) -> tuple[IntArray, ...]:
    """Per product the due slot of the n-th finish; where the given jobs are late, their own finish.

    Ways of making a product beside the first have none of their own.
    """
    result = []
    for product in range(len(problem.products)):
        due = np.sort(np.array(dues[product], np.int64))
        own = [finish(problem, job) for job in jobs if problem.family(job.product) == product]
        result.append(np.maximum(due, np.sort(np.array(own, np.int64))))
    return tuple(result)
