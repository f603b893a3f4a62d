"""Setups: what a unit needs before it carries another product, and which unit carries what.

Units of a machine are alike but for the product that they carried last. Given when runs start, each run
follows on a unit either another run or what the unit carried before; this is an assignment of followers to
predecessors, and the one with the least time for setups is the arrangement of a plan. So units and setups
follow from the jobs alone, and there is an arrangement whenever the rules allow one. While units are away
nothing is known of which they are: after that the longest setup that could be needed has to fit, and the one
that is needed takes place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

if TYPE_CHECKING:
    from chocolate_factory.domain.problem import Job, Problem, ProblemStep

BoolArray = NDArray[np.bool_]
Span = tuple[int, int]
IMPOSSIBLE, NEVER = 1e7, 10**6
LESS_POWER, LESS_IDLE, LOWER_UNIT = 1e-4, 1e-8, 1e-9
"""What decides between setups of the same length: kWh, then idle time before runs, then unit numbers."""


@dataclass(frozen=True, eq=False)
class Setup:
    """The setup of a unit that carried product `before` for product `after`; "" is any product.

    `duration` in slots, 0 for none needed. `allowed` (T,) are the slots at which it may start.
    """

    before: str
    after: str
    duration: int
    power_kw: float
    allowed: BoolArray


@dataclass(frozen=True)
class Carried:
    """What a unit (1…) carried last before the window, free again from slot `ready` on."""

    unit: int
    product: str
    ready: int = 0


@dataclass(frozen=True, eq=False)
class Changeover:
    """The setups of a machine type with `count` units; of `rules` the first that fits a change counts.

    Units without a place in `carried` are free of setup for whatever they carry first.
    """

    machine: int
    count: int
    rules: tuple[Setup, ...]
    carried: tuple[Carried, ...] = ()

    def between(self, before: str, after: str) -> Setup | None:
        """The setup that a change of product needs, None for none; "" is a unit that carried nothing."""
        if before in {"", after}:
            return None
        fits = (r for r in self.rules if r.before in {"", before} and r.after in {"", after})
        rule = next(fits, None)
        return rule if rule is not None and rule.duration else None

    @cached_property
    def tables(self) -> tuple[IntArray, FloatArray, BoolArray]:
        """Duration, weight and allowed starts of each rule, shapes (R,), (R,) and (R, T)."""
        slots = np.array([rule.duration for rule in self.rules], np.int64)
        weights = np.array([rule.duration * (1 + LESS_POWER * rule.power_kw) for rule in self.rules])
        return slots, weights, np.array([rule.allowed for rule in self.rules])


class Work(NamedTuple):
    """A run on a machine in slots `start` to `stop`: step of a job; without a product a unit is away."""

    start: int
    stop: int
    product: str
    job: int = -1
    step: int = -1


@dataclass(frozen=True)
class Change:
    """A setup that takes place: on a unit, from slot `start` on, for a product."""

    machine: int
    unit: int
    start: int
    product: str
    setup: Setup

    @property
    def stop(self) -> int:
        """The slot at whose start it ends."""
        return self.start + self.setup.duration


@dataclass(frozen=True)
class Arrangement:
    """Units of runs by (job, step), what each (machine, unit) carries in order, and the setups between."""

    units: dict[tuple[int, int], int] = field(default_factory=dict)
    lines: dict[tuple[int, int], list[Work]] = field(default_factory=lambda: defaultdict(list))
    changes: list[Change] = field(default_factory=list)

    def load_kw(self, slots: int) -> FloatArray:
        """What the setups draw, shape (T,)."""
        load = np.zeros(slots)
        for change in self.changes:
            load[change.start : change.stop] += change.setup.power_kw
        return load


def setups_of(problem: Problem, jobs: Sequence[Job]) -> Arrangement | None:
    """Units and setups of the machines that have any, None where no arrangement keeps the rules."""
    found = Arrangement()
    for change in problem.setups:
        if not _arrange(problem, change, _works(problem, change, jobs), found):
            return None
    found.changes.sort(key=lambda made: (made.start, made.machine, made.unit))
    return found


def units_there(problem: Problem, change: Changeover) -> int:
    """Units of a machine, away ones included."""
    return max(change.count, int(problem.machine_units[change.machine].max(initial=0)))


def _works(problem: Problem, change: Changeover, jobs: Sequence[Job]) -> list[Work]:
    """What the machine's units carry, and that they are away, by start."""
    found = []
    for number, job in enumerate(jobs):
        recipe = problem.products[job.product]
        for place, (step, start) in enumerate(zip(recipe.steps, job.starts, strict=True)):
            if step.machine == change.machine:
                found.append(Work(start, start + step.duration, recipe.name, number, place))
    missing = units_there(problem, change) - problem.machine_units[change.machine]
    for carried in change.carried:
        missing[: carried.ready] -= 1
    return sorted([*found, *(Work(*span, "") for span in away_spans(missing))])


def away_spans(missing: IntArray) -> list[Span]:
    """Spans during which one unit is away, so that they add up to the units missing in each slot."""
    spans, open_since = [], list[int]()
    if not np.any(missing > 0):
        return []
    for slot, units in enumerate([*np.maximum(missing, 0).tolist(), 0]):
        while len(open_since) > units:
            spans.append((open_since.pop(), slot))
        open_since += [slot] * (units - len(open_since))
    return spans


def _arrange(problem: Problem, change: Changeover, works: list[Work], found: Arrangement) -> bool:
    """Add the machine's units and setups; False where there are none that keep the rules."""
    from scipy.optimize import linear_sum_assignment  # slow to import, and only setups need it

    count = units_there(problem, change)
    known = {carried.unit: carried for carried in change.carried}
    firsts = [known.get(unit, Carried(unit, "")) for unit in range(1, count + 1)]
    cost = _follow_cost(problem, change, firsts, works)
    rows, chosen = linear_sum_assignment(cost)
    if len(rows) < len(works) or np.any(cost[rows, chosen] >= IMPOSSIBLE):
        return False
    state = [carried.product for carried in firsts] + [""] * len(works)
    units = [*range(1, count + 1), *[0] * len(works)]
    for place, (work, before) in enumerate(zip(works, chosen.tolist(), strict=True), count):
        units[place], state[place] = units[before], work.product or state[before]
        found.lines[change.machine, units[place]].append(work)
        if not work.product:
            continue
        found.units[work.job, work.step] = units[place]
        setup = change.between(state[before], work.product)
        if setup is not None:
            start = work.start - setup.duration
            found.changes.append(Change(change.machine, units[place], start, work.product, setup))
    return True


def _follow_cost(
    problem: Problem, change: Changeover, firsts: list[Carried], works: list[Work]
) -> FloatArray:
    """What it weighs that each of the works follows each unit's first state or another of the works."""
    starts = np.array([work.start for work in works], np.int64)
    ends = np.array([*(c.ready for c in firsts), *(work.stop for work in works)], np.int64)
    gap = starts[:, None] - ends[None, :]
    befores = [*(carried.product for carried in firsts), *(work.product for work in works)]
    slots, weight = _needed(change, befores, [work.product for work in works], starts)
    for column, work in enumerate(works, len(firsts)):
        if not work.product:
            for name in _names(problem):
                other = _needed(change, [name], [later.product for later in works], starts)
                slots[:, column] = np.maximum(slots[:, column], other[0][:, 0])
                weight[:, column] = np.maximum(weight[:, column], other[1][:, 0])
    cost = np.where(gap >= slots, weight + LESS_IDLE * gap, IMPOSSIBLE)
    cost[:, : len(firsts)] += LOWER_UNIT * np.arange(len(firsts))
    return cost


def _names(problem: Problem) -> list[str]:
    """All that a unit may carry."""
    return sorted({product.name for product in problem.products})


def _needed(
    change: Changeover, befores: list[str], afters: list[str], starts: IntArray
) -> tuple[IntArray, FloatArray]:
    """Slots to be free before runs of `afters` (NEVER where a setup cannot be), and what they weigh.

    By run and by what was carried before, shape (afters, befores).
    """
    durations, weights, allowed = change.tables
    place = {rule: number for number, rule in enumerate(change.rules)}
    known: dict[tuple[str, str], int] = {}
    for before in set(befores):
        for after in set(afters):
            rule = change.between(before, after) if after else None
            known[before, after] = place[rule] if rule is not None else -1
    chosen = np.array([[known[before, after] for before in befores] for after in afters], np.int64)
    chosen = chosen.reshape(len(afters), len(befores))
    begin = starts[:, None] - durations[chosen]
    can = (begin >= 0) & allowed[chosen, np.maximum(begin, 0)]
    free = chosen < 0
    slots = np.where(free, 0, np.where(can, durations[chosen], NEVER))
    return slots, np.where(free, 0.0, weights[chosen])


class Bench:
    """Jobs on machines with setups, while they are put down and taken away."""

    def __init__(self, problem: Problem, jobs: Sequence[Job] = ()) -> None:
        self.problem, self.jobs = problem, list(jobs)
        self._found: Arrangement | None = None
        self._known = False

    def copy(self) -> Bench:
        """The same jobs, to go on with apart."""
        return Bench(self.problem, self.jobs)

    def put(self, job: Job, sign: int = 1) -> None:
        """Add a job, or with sign −1 take it away."""
        if sign > 0:
            self.jobs.append(job)
        else:
            self.jobs.remove(job)
        self._known = False

    @property
    def arrangement(self) -> Arrangement | None:
        """Of the jobs that are there, None where no arrangement keeps the rules."""
        if not self._known:
            self._found, self._known = setups_of(self.problem, self.jobs), True
        return self._found

    def keeps(self) -> bool:
        """Whether all jobs find units with time for their setups."""
        return self.arrangement is not None

    def takes(self, job: Job) -> bool:
        """Whether one more job does."""
        return setups_of(self.problem, [*self.jobs, job]) is not None

    def load_kw(self) -> FloatArray:
        """What the setups draw, shape (T,); nothing where there is no arrangement."""
        found = self.arrangement
        return np.zeros(self.problem.slots) if found is None else found.load_kw(self.problem.slots)

    def open(self, product: int, number: int) -> BoolArray | None:
        """Starts (T,) at which a step of a further batch fits between what units carry now, with setups.

        None where its machine has none. Where the others may change units too, more starts may fit.
        """
        return self.open_for(product, self.problem.products[product].steps[number])

    def open_for(self, product: int, step: ProblemStep) -> BoolArray | None:
        """As `open`, for a step of a product."""
        recipe, found = self.problem.products[product], self.arrangement
        change = next((c for c in self.problem.setups if c.machine == step.machine), None)
        if change is None or found is None:
            return None
        starts = np.zeros(self.problem.slots, np.bool_)
        for befores, first, last in self._gaps(change, found, recipe.name):
            if last - step.duration >= first:
                starts[first : last - step.duration + 1] |= _open(
                    change, (befores, recipe.name), first, last - step.duration + 1
                )
        return starts

    def _gaps(
        self, change: Changeover, found: Arrangement, product: str
    ) -> Iterator[tuple[list[str], int, int]]:
        """What a unit may have carried before, since when it is free, and when a product must be done."""
        known = {carried.unit: carried for carried in change.carried}
        for unit in range(1, units_there(self.problem, change) + 1):
            carried = known.get(unit, Carried(unit, ""))
            befores, free = [carried.product], carried.ready
            for work in found.lines.get((change.machine, unit), []):
                rule = change.between(product, work.product) if work.product else None
                last = work.start - (rule.duration if rule is not None else 0)
                if rule is None or (last >= 0 and rule.allowed[last]):
                    yield befores, free, last
                befores, free = [work.product] if work.product else _names(self.problem), work.stop
            yield befores, free, self.problem.slots


def _open(change: Changeover, way: tuple[list[str], str], first: int, stop: int) -> BoolArray:
    """Which starts from `first` until `stop` have their setup after `first`, shape (stop − first,)."""
    found = np.ones(stop - first, np.bool_)
    for before in way[0]:
        rule = change.between(before, way[1])
        if rule is not None:
            found[: rule.duration] = False
            found[rule.duration :] &= rule.allowed[first : max(first, stop - rule.duration)]
    return found


def bench(problem: Problem) -> Bench | None:
    """An empty bench; None where the problem has no setups."""
    return Bench(problem) if problem.setups else None
