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
    runs_kw,
    set_up_kw,
)
from chocolate_factory.domain.problem import energy_cost_eur as energy_eur
from chocolate_factory.domain.problem import excess_cost_eur as excess_eur
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import Bench
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.whole_batches import WholeBatches

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
SMALL_EUR = 1e-6
"""A move that saves no more than this saves nothing."""
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
    def runs_kw(self) -> FloatArray:
        """As `load`, without setups."""
        return runs_kw(self.problem, self.others)

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
        if job.starts not in self.totals:
            self.totals[job.starts] = self.counted_eur(job)
        return self.totals[job.starts]

    @cached_property
    def totals(self) -> dict[tuple[int, ...], float]:
        """What was counted before: many starts of a run come to the same batch."""
        return {}

    def counted_eur(self, job: Job) -> float:
        """As `total_eur`."""
        runs = self.runs_kw.copy()
        for step, at in zip(self.steps, job.starts, strict=True):
            runs[at : at + step.duration] += step.draw_kw
        load = set_up_kw(self.problem, (*self.others, job), runs)
        if load is None:
            return float("inf")
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
        layers: list[tuple[str, BoolArray]] = [("window", inside)]
        layers += [(rule, ~mask) for rule, mask in step.blocked_by.items()]
        layers += [(rule, keeps[number]) for rule, keeps in self.layers]
        for rule, keeps in layers:
            found[(found == POSSIBLE) & ~keeps] = rule
        if self.problem.limits:
            for slot in np.flatnonzero(found == POSSIBLE):
                found[slot] = self.limit_broken(number, int(slot))
        return found

    @cached_property
    def layers(self) -> list[tuple[str, list[BoolArray]]]:
        """Rules on whole batches in order, with the starts of each step that keep them so far, shape (T,)."""
        allowed = [step.allowed for step in self.steps]
        unit = [step.allowed & self.unit_free(step) for step in self.steps]
        free_waits: list[int | None] = [None] * len(self.steps)
        due = self.batch.due
        return [
            ("order", self.reached(allowed, free_waits, self.problem.slots)),
            ("due", self.reached(allowed, free_waits, due)),
            ("wait", self.reached(allowed, self.waits, due)),
            ("machine", self.reached(unit, self.waits, due)),
            ("power", self.reached(self.open, self.waits, due)),
        ]

    @cached_property
    def waits(self) -> list[int | None]:
        """The longest wait before each step, in slots."""
        return [step.wait_max for step in self.steps]

    def limit_broken(self, number: int, slot: int) -> str:
        """The limit on kilograms that the cheapest batch with a run at a slot exceeds; `POSSIBLE`: none."""
        starts = self.cheap.placed(number, slot)
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
        return [np.isfinite(sums) for sums in WholeBatches(self.steps, tables, waits, due).sums]

    @cached_property
    def cheap(self) -> WholeBatches:
        """Whole batches by their energy."""
        return self.through(self.energy)

    @cached_property
    def calm(self) -> WholeBatches:
        """Whole batches by their energy, without load above what is charged for now."""
        pairs = zip(self.energy, self.quiet, strict=True)
        return self.through([np.where(quiet, table, np.inf) for table, quiet in pairs])

    def through(self, tables: list[FloatArray]) -> WholeBatches:
        """Whole batches at starts that are open, by the sum of the tables."""
        kept = [np.where(mask, table, np.inf) for table, mask in zip(tables, self.open, strict=True)]
        return WholeBatches(self.steps, kept, self.waits, self.batch.due)

    def cheapest_with(self, number: int, slot: int) -> Move | None:
        """The batch with one run at a slot at the least cost found; None where a rule forbids it.

        The better of two: least energy, and least energy without load above the plan's present peaks. Without
        a price on power it is the least of all.
        """
        moves = []
        for through in (self.cheap, self.calm):
            starts = through.placed(number, slot)
            if starts is not None:
                job = Job(self.batch.job.product, starts)
                if not keeps_limits(self.problem, (*self.others, job)):
                    continue
                moves.append(Move(starts, self.total_eur(job) - self.present_eur))
        moves = [move for move in moves if np.isfinite(move.difference_eur)]
        return min(moves, key=lambda move: move.difference_eur, default=None)

    def possible(self, number: int) -> list[int]:
        """Other starts of a run that no rule forbids."""
        own = self.batch.job.starts[number]
        return [int(slot) for slot in np.flatnonzero(self.rules(number) == POSSIBLE) if slot != own]

    def best_saving(self) -> Move | None:
        """The move of this batch that saves most, by any of its runs; None where none saves anything."""
        moves = [
            move
            for number in range(len(self.steps))
            for _, move in self.best_moves(number, self.possible(number))
        ]
        best = min(moves, key=lambda move: (move.difference_eur, move.starts), default=None)
        return best if best is not None and best.difference_eur < -SMALL_EUR else None

    def best_moves(self, number: int, slots: list[int]) -> list[tuple[int, Move]]:
        """Of these starts of a run those that may be the best or save something, each with its move.

        In order of the batch's energy; a start is left out once its energy alone, less all the excess that
        the batch could be paying now, is no better than what was found and saves nothing.
        """
        sums = self.cheap.sums[number]
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

    @cached_property
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
