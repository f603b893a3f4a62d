"""Where a run could stand instead, the other batches staying: which rule forbids it, what it would cost.

A start is judged with the whole batch: the other steps of the batch may follow it. Rules are looked at in a
fixed order, and the first one that a start does not survive is the one that is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.forced import Batch
from chocolate_factory.domain.limits import Output, Storage, keeps_limits
from chocolate_factory.domain.problem import (
    BoolArray,
    Job,
    Problem,
    ProblemStep,
    load_kw,
    solution_cost_eur,
)
from chocolate_factory.domain.problem import energy_cost_eur as energy_eur
from chocolate_factory.domain.problem import excess_cost_eur as excess_eur
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import Bench
from chocolate_factory.domain.slots import IntArray

POSSIBLE = ""
RULES = {
    "window": "the window of the plan",
    "attendance": "staff: the shifts and holidays",
    "climate": "the limits of outdoor temperature and humidity",
    "begun": "the step before, which had begun: this one follows within its longest wait",
    "frozen": "the freeze window: what starts that soon stays as it was planned",
    "order": "the order of steps: the others of the batch find no place before or after",
    "due": "the due time of the batch",
    "wait": "the longest wait between steps",
    "machine": "machines: other batches are on those that this one needs, or they are out of order",
    "setup": "setups between products",
    "power": "the power limit of the site",
    "storage": "room for batches that wait between steps",
    "output": "the kilograms finished in a day",
    "availability": "machines that are out of order",
}
"""Rule -> what it is, in the order in which they are looked at; the last one only a planner names."""

POWER_SLACK_KW = 1e-6
STAY = 1e-9
"""EUR a slot for moving a step that need not move: of equal places the present one is taken."""


@dataclass(frozen=True)
class Move:
    """The batch with a run at another start: all its starts, and the plan's cost less the present one."""

    starts: tuple[int, ...]
    difference_eur: float


@dataclass(frozen=True, eq=False)
class Alone:
    """One batch of a plan, all others staying where they are. `jobs` are those of the whole plan."""

    problem: Problem
    jobs: tuple[Job, ...]
    batch: Batch

    @cached_property
    def steps(self) -> tuple[ProblemStep, ...]:
        """The recipe."""
        return self.problem.products[self.batch.job.product].steps

    @cached_property
    def others(self) -> tuple[Job, ...]:
        """All jobs but this one."""
        kept = list(self.jobs)
        kept.remove(self.batch.job)
        return tuple(kept)

    @cached_property
    def load(self) -> FloatArray:
        """Site load of the others in kW, shape (T,)."""
        return load_kw(self.problem, self.others)

    @cached_property
    def free(self) -> IntArray:
        """Units that the others leave free, shape (M, T)."""
        units = self.problem.machine_units.copy()
        for job in self.others:
            for step, at in zip(self.problem.products[job.product].steps, job.starts, strict=True):
                units[step.machine, at : at + step.duration] -= 1
        return units

    @cached_property
    def energy(self) -> list[FloatArray]:
        """Energy cost of each step by its start, shape (T,), infinite where it would leave the window."""
        price = self.problem.price_eur_kwh * self.problem.minutes / 60
        tables = []
        for step, own in zip(self.steps, self.batch.job.starts, strict=True):
            table = np.full(self.problem.slots, np.inf)
            inside = max(0, self.problem.slots - step.duration + 1)
            table[:inside] = 0.0
            for first, slots, kw in step.phases:
                table[:inside] += over(price, slots)[first : first + inside] * kw
            stay = STAY * np.abs(np.arange(self.problem.slots) - own)
            tables.append(table + stay)
        return tables

    @cached_property
    def present_eur(self) -> float:
        """Energy and excess of the plan as it is."""
        return self.total_eur(self.batch.job)

    def total_eur(self, job: Job) -> float:
        """Energy and excess of the plan with the batch there, infinite where setups find no time."""
        if self.problem.setups:
            return solution_cost_eur(self.problem, (*self.others, job))
        load = self.load.copy()
        for step, at in zip(self.steps, job.starts, strict=True):
            load[at : at + step.duration] += step.draw_kw
        return energy_eur(self.problem, load) + excess_eur(self.problem, load)

    @cached_property
    def open(self) -> list[BoolArray]:
        """Starts of each step that staff, climate, machines and power leave, shape (T,) each."""
        return [step.allowed & self.unit_free(step) & self.under_cap(step) for step in self.steps]

    def unit_free(self, step: ProblemStep) -> BoolArray:
        """Starts at which a unit is free for the whole step and its setups, shape (T,)."""
        found = clear(self.free[step.machine] <= 0, step.duration)
        fits = self.bench.open_for(self.batch.job.product, step) if self.bench is not None else None
        if fits is None:
            return found
        pairs = zip(self.steps, self.batch.job.starts, strict=True)
        fits[next(at for own, at in pairs if own is step)] = True
        return found & fits

    @cached_property
    def bench(self) -> Bench | None:
        """The others on the machines that have setups, None where there are none."""
        return Bench(self.problem, self.others) if self.problem.setups else None

    def under_cap(self, step: ProblemStep) -> BoolArray:
        """Starts at which the site's load stays below the hard limit on power, shape (T,)."""
        cap = self.problem.power_cap_kw
        if cap is None:
            return np.ones(self.problem.slots, np.bool_)
        return quiet_starts(step, self.load, cap)

    def rules(self, number: int) -> NDArray[np.str_]:
        """The rule that forbids each start of a step, `POSSIBLE` where the batch can go, shape (T,)."""
        step, slots = self.steps[number], self.problem.slots
        inside = np.arange(slots) + step.duration <= slots
        found = np.full(slots, POSSIBLE, dtype="U12")
        allowed = [s.allowed for s in self.steps]
        unit = [s.allowed & self.unit_free(s) for s in self.steps]
        waits = [s.wait_max for s in self.steps]
        free_waits: list[int | None] = [None] * len(waits)
        layers: list[tuple[str, BoolArray]] = [("window", inside)]
        layers += [(rule, ~mask) for rule, mask in step.blocked_by.items()]
        layers += [
            ("order", self.reached(allowed, free_waits, slots)[number]),
            ("due", self.reached(allowed, free_waits, self.batch.due)[number]),
            ("wait", self.reached(allowed, waits, self.batch.due)[number]),
            ("machine", self.reached(unit, waits, self.batch.due)[number]),
            ("power", self.reached(self.open, waits, self.batch.due)[number]),
        ]
        for rule, keeps in layers:
            found[(found == POSSIBLE) & ~keeps] = rule
        if self.problem.limits:
            for slot in np.flatnonzero(found == POSSIBLE):
                found[slot] = self.limit_broken(number, int(slot))
        return found

    def limit_broken(self, number: int, slot: int) -> str:
        """The limit on kilograms that the cheapest batch with a run at a slot exceeds; `POSSIBLE`: none."""
        starts = self.placed(self.energy, number, slot)
        if starts is None:
            return POSSIBLE
        jobs = (*self.others, Job(self.batch.job.product, starts))
        for rule, kind in (("storage", Storage), ("output", Output)):
            limits = tuple(limit for limit in self.problem.limits if isinstance(limit, kind))
            if not keeps_limits(replace(self.problem, limits=limits), jobs, least=False):
                return rule
        return POSSIBLE

    def reached(self, masks: list[BoolArray], waits: list[int | None], due: int) -> list[BoolArray]:
        """Starts of each step that belong to a whole batch finished by `due`, shape (T,) each."""
        tables = [np.where(mask, 0.0, np.inf) for mask in masks]
        return [np.isfinite(table) for table in self.through(tables, waits, due)]

    def through(self, tables: list[FloatArray], waits: list[int | None], due: int) -> list[FloatArray]:
        """Least sum of the tables over whole batches by the start of each step, shape (T,) each.

        Dynamic programming forwards and backwards over steps; infinite where no batch goes through.
        """
        forward, backward = [tables[0].copy()], [tables[-1].copy()]
        last = np.arange(self.problem.slots) + self.steps[-1].duration > due
        backward[0][last] = np.inf
        for number in range(1, len(tables)):
            ended = shifted(forward[-1], self.steps[number - 1].duration)
            forward.append(tables[number] + least_back(ended, waits[number]))
        for number in range(len(tables) - 2, -1, -1):
            after = least_back(backward[-1][::-1], waits[number + 1])[::-1]
            backward.append(tables[number] + shifted(after[::-1], self.steps[number].duration)[::-1])
        backward.reverse()
        forward[-1][last] = np.inf
        sums = []
        for ahead, behind, own in zip(forward, backward, tables, strict=True):
            with np.errstate(invalid="ignore"):
                total = ahead + behind - own
            sums.append(np.where(np.isfinite(ahead) & np.isfinite(behind), total, np.inf))
        return sums

    def cheapest_with(self, number: int, slot: int) -> Move | None:
        """The batch with one run at a slot at the least cost found; None where a rule forbids it.

        The better of two: least energy, and least energy without load above the plan's present peaks. Without
        a price on power it is the least of all.
        """
        calm = [t + np.where(q, 0.0, np.inf) for t, q in zip(self.energy, self.quiet(), strict=True)]
        moves = []
        for tables in (self.energy, calm):
            starts = self.placed(tables, number, slot)
            if starts is not None:
                job = Job(self.batch.job.product, starts)
                if not keeps_limits(self.problem, (*self.others, job)):
                    continue
                moves.append(Move(starts, self.total_eur(job) - self.present_eur))
        moves = [move for move in moves if np.isfinite(move.difference_eur)]
        return min(moves, key=lambda move: move.difference_eur, default=None)

    def best_moves(self, number: int, slots: list[int]) -> list[tuple[int, Move]]:
        """Of these starts of a run those that may be the best or save something, each with its move.

        In order of the batch's energy; a start is left out once its energy alone, less all the excess that
        the batch could be paying now, is no better than what was found and saves nothing.
        """
        tables = [np.where(mask, t, np.inf) for t, mask in zip(self.energy, self.open, strict=True)]
        sums = self.through(tables, [s.wait_max for s in self.steps], self.batch.due)[number]
        present = sum(float(t[at]) for t, at in zip(self.energy, self.batch.job.starts, strict=True))
        without = energy_eur(self.problem, self.load) + excess_eur(self.problem, self.load)
        spare = self.present_eur - without - present
        best, found = np.inf, []
        for slot in sorted((s for s in slots if np.isfinite(sums[s])), key=lambda s: (sums[s], s)):
            if sums[slot] - present - spare > max(best, 0.0):
                break
            move = self.cheapest_with(number, slot)
            if move is not None:
                found.append((slot, move))
                best = min(best, move.difference_eur)
        return found

    def quiet(self) -> list[BoolArray]:
        """Starts of each step that add nothing to what is charged for excess power, shape (T,) each."""
        limit = np.full(self.problem.slots, np.inf)
        present = load_kw(self.problem, self.jobs)
        for group in self.problem.excess:
            limit[group.slots] = group.contracted_kw
            if not group.quarters:
                highest = float(np.max(present[group.slots], initial=0.0))
                limit[group.slots] = max(highest, group.contracted_kw + group.already_kw)
        return [quiet_starts(step, self.load, limit) for step in self.steps]

    def placed(self, tables: list[FloatArray], number: int, slot: int) -> tuple[int, ...] | None:
        """Starts of the cheapest batch that has one run at a slot, by the tables; None for none."""
        tables = [np.where(mask, table, np.inf) for table, mask in zip(tables, self.open, strict=True)]
        tables[number] = only(tables[number], slot)
        waits = [step.wait_max for step in self.steps]
        starts: list[int] = []
        for place in range(len(tables)):
            sums = self.through(tables, waits, self.batch.due)[place]
            starts.append(int(np.argmin(sums)))
            if not np.isfinite(sums[starts[-1]]):
                return None
            tables[place] = only(tables[place], starts[-1])
        return tuple(starts)


def over(values: FloatArray, duration: int) -> FloatArray:
    """Sum over each run of `duration` slots by its start, shape (T − duration + 1,)."""
    summed = np.concatenate([[0.0], np.cumsum(values)])
    result: FloatArray = summed[duration:] - summed[: max(0, len(summed) - duration)]
    return result


def clear(bad: BoolArray, duration: int) -> BoolArray:
    """Starts of runs that touch no bad slot, the window's end being no limit, shape (T,)."""
    summed = np.concatenate([[0], np.cumsum(bad)])
    ends = np.minimum(np.arange(len(bad)) + duration, len(bad))
    found: BoolArray = summed[ends] == summed[: len(bad)]
    return found


def quiet_starts(step: ProblemStep, load: FloatArray, limit: FloatArray) -> BoolArray:
    """Starts at which a load with the step on top stays at or below a limit (T,), shape (T,)."""
    found = np.ones(len(load), np.bool_)
    for first, slots, kw in step.phases:
        free = clear(load + kw > limit + POWER_SLACK_KW, slots)
        found[: len(free) - first] &= free[first:]
    return found


def only(table: FloatArray, slot: int) -> FloatArray:
    """The table with one slot left, shape (T,)."""
    kept = np.full(len(table), np.inf)
    kept[slot] = table[slot]
    return kept


def shifted(values: FloatArray, slots: int) -> FloatArray:
    """Values moved later by some slots, infinite before them, shape (T,)."""
    moved = np.full(len(values), np.inf)
    moved[slots:] = values[: max(0, len(values) - slots)]
    return moved


def least_back(values: FloatArray, back: int | None) -> FloatArray:
    """Least of each value and the `back` before it (all before it for None), shape (T,).

    Windows of twice the width are made of two that overlap or touch, until they are as wide as asked for.
    """
    if back is None:
        every: FloatArray = np.minimum.accumulate(values)
        return every
    least, width = values.copy(), 1
    while width <= back:
        step = min(width, back + 1 - width)
        least[step:] = np.minimum(least[step:], least[:-step])
        width += step
    return least
