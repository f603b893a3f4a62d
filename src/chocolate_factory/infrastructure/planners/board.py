"""A plan being changed: loads, free machines, deadlines, and the cheapest place for one more batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.problem import Job, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.model import reachable

NOWHERE = np.inf


class Board:
    """Jobs on machines. `soft` prices load above `limit` per kW and slot, on top of energy."""

    def __init__(self, problem: Problem, jobs: tuple[Job, ...], deadlines: tuple[IntArray, ...]) -> None:
        self.problem, self.deadlines = problem, deadlines
        self.price = np.asarray(problem.price_eur_kwh, np.float64) * problem.minutes / 60
        self.load = np.asarray(problem.auxiliary_kw, np.float64).copy()
        self.free = np.array(problem.machine_units, np.int64)
        self.limit = np.full(problem.slots, np.inf)
        self.soft = np.zeros(problem.slots)
        self.energy = [step_energy(problem, self.price, product) for product in range(len(problem.products))]
        groups = [group for group in problem.excess if len(group.slots)]
        self.members = np.concatenate([group.slots for group in groups]) if groups else np.zeros(0, np.int64)
        self.firsts = np.cumsum([0, *(len(group.slots) for group in groups)])[:-1]
        self.allowance = np.array([group.contracted_kw + group.already_kw for group in groups])
        self.rates = np.array([group.rate_eur_kw for group in groups])
        self.jobs: list[Job] = []
        for job in jobs:
            self.put(job)

    def put(self, job: Job, sign: int = 1) -> None:
        """Add a job's load and machine use (sign −1 takes them away); `jobs` is the caller's."""
        for step, start in zip(self.problem.products[job.product].steps, job.starts, strict=True):
            self.load[start : start + step.duration] += sign * step.power_kw
            self.free[step.machine, start : start + step.duration] -= sign

    def cost(self) -> float:
        """Energy and excess; infinite where a hard power limit is broken."""
        cap = self.problem.power_cap_kw
        if cap is not None and np.any(self.load > cap + 1e-6):
            return float(np.inf)
        total = float(self.load @ self.price)
        if len(self.members):
            over = np.maximum.reduceat(self.load[self.members], self.firsts) - self.allowance
            total += float(np.maximum(over, 0.0) @ self.rates)
        return total

    def softened(self) -> float:
        """Energy and the soft price of load above the limit."""
        return float(self.load @ self.price + np.maximum(self.load - self.limit, 0.0) @ self.soft)

    def deadline(self, product: int, jobs: list[Job]) -> int:
        """Slot by which one more batch of a product must end, given the others (the window's end: any)."""
        ends, due = self.ends(product, jobs), self.deadlines[product]
        missed = np.flatnonzero(ends > due[: len(ends)])
        first = int(missed[0]) if len(missed) else len(ends)
        return int(due[first]) if first < len(due) else self.problem.slots

    def in_time(self, product: int, jobs: list[Job]) -> bool:
        """Whether the batches of a product meet their deadlines."""
        ends = self.ends(product, jobs)
        return bool(np.all(ends <= self.deadlines[product][: len(ends)]))

    def ends(self, product: int, jobs: list[Job]) -> IntArray:
        """Sorted finishing slots of a product's jobs."""
        final = self.problem.products[product].steps[-1].duration
        return np.sort(np.array([job.starts[-1] + final for job in jobs if job.product == product], np.int64))

    def cheapest(self, product: int, deadline: int, noise: FloatArray | None = None) -> Job | None:
        """The place for one batch at the least energy and soft price: exact, by dynamic programming.

        State: step and start slot. `noise` (T,) is added to every step's cost. None where no place is free.
        """
        steps = self.problem.products[product].steps
        tables: list[FloatArray] = []
        load, limit, soft = self.load[:deadline], self.limit[:deadline], self.soft[:deadline]
        over = np.maximum(load - limit, 0.0)
        for index, step in enumerate(steps):
            pressed = (np.maximum(load + (step.power_kw - limit), 0.0) - over) * soft
            total = over_runs(pressed, step.duration)
            total += self.energy[product][index][: len(total)]
            full = self.free[step.machine, :deadline] <= 0
            if full.any():
                total[over_runs(full, step.duration) > 0] = NOWHERE
            if noise is not None:
                total += noise[: len(total)]
            if index:
                shift = steps[index - 1].duration
                before = np.full(deadline + 1, NOWHERE)
                before[shift : shift + len(tables[-1])] = tables[-1]
                total += least_within(before, step.wait_max)[: len(total)]
            tables.append(total)
        final = tables[-1]
        start = int(np.argmin(final)) if len(final) else -1
        if start < 0 or not np.isfinite(final[start]):
            return None
        return Job(product, self.trace(product, tables, start))

    def trace(self, product: int, tables: list[FloatArray], start: int) -> tuple[int, ...]:
        """Walk the tables back from the chosen start of the last step."""
        steps, starts = self.problem.products[product].steps, [start]
        for index in range(len(steps) - 1, 0, -1):
            latest = starts[-1] - steps[index - 1].duration
            wait = steps[index].wait_max
            first = 0 if wait is None else max(0, latest - wait)
            starts.append(first + int(np.argmin(tables[index - 1][first : latest + 1])))
        return tuple(reversed(starts))


def step_energy(problem: Problem, price: FloatArray, product: int) -> list[FloatArray]:
    """Energy cost of each step by start slot, infinite where it may not start."""
    tables = []
    for step, mask in zip(problem.products[product].steps, reachable(problem, product), strict=True):
        table = over_runs(price * step.power_kw, step.duration)
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
    """Per product the due slot of the n-th finish; where the given jobs are late, their own finish."""
    result = []
    for product, recipe in enumerate(problem.products):
        due = np.sort(np.array(dues[product], np.int64))
        final = recipe.steps[-1].duration
        ends = np.sort(np.array([j.starts[-1] + final for j in jobs if j.product == product], np.int64))
        result.append(np.maximum(due, ends))
    return tuple(result)
