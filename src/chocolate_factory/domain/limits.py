"""Limits on kilograms: what may wait between two steps, and what is finished in a day.

A batch waits for a step from the end of the step before until that step starts. A batch counts for the day
in which it ends; one that ends at midnight counts for the day that ends then. What had begun before the
window is a fact: where it alone is more than a limit, it is the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chocolate_factory.domain.series import FloatArray

if TYPE_CHECKING:
    from chocolate_factory.domain.problem import Job, Problem

SLACK_KG = 1e-6
Gap = tuple[int, int]


@dataclass(frozen=True)
class Storage:
    """Room for `most_kg` of batches that wait for `process`, of one product or (None) of all."""

    name: str
    process: str
    most_kg: float
    product: str | None = None


@dataclass(frozen=True)
class Output:
    """Kilograms finished in the slots after `first` up to and with `stop`: the slots at which batches end.

    `product` None: of all products. `made_kg` is finished or under way already and counts; `least_kg` or
    `most_kg` None: no such limit. `day` is the local date, as ISO 8601.
    """

    product: str | None
    first: int
    stop: int
    least_kg: float | None
    most_kg: float | None
    day: str = ""
    made_kg: float = 0.0


Limit = Storage | Output


def gaps(problem: Problem, storage: Storage) -> Iterator[Gap]:
    """(product, step) of every wait that a storage holds."""
    for place, product in enumerate(problem.products):
        if storage.product in {None, product.name}:
            for number, step in enumerate(product.steps):
                if step.process == storage.process and (number or product.first_step):
                    yield place, number


def room_kg(problem: Problem, storage: Storage) -> float:
    """What may wait: the limit, or what waits already when the window starts."""
    begun = (problem.products[p] for p, number in gaps(problem, storage) if not number)
    waiting = (product for product in begun if product.ready == 0 and product.variant_of is None)
    return max(storage.most_kg, sum(product.batch_kg for product in waiting))


def members(problem: Problem, output: Output) -> list[int]:
    """The products that an output counts."""
    return [p for p, product in enumerate(problem.products) if output.product in {None, product.name}]


def most_kg(output: Output) -> float:
    """What the plan's own batches may add."""
    return np.inf if output.most_kg is None else max(0.0, output.most_kg - output.made_kg)


def least_kg(output: Output) -> float:
    """What the plan's own batches must add."""
    return 0.0 if output.least_kg is None else max(0.0, output.least_kg - output.made_kg)


class Tally:
    """Kilograms that wait and that are finished, while jobs are put down and taken away."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        storages = [limit for limit in problem.limits if isinstance(limit, Storage)]
        self.outputs = [limit for limit in problem.limits if isinstance(limit, Output)]
        self.held = [set(gaps(problem, storage)) for storage in storages]
        self.room: list[FloatArray] = [
            np.full(problem.slots, room_kg(problem, storage)) for storage in storages
        ]
        self.left = [most_kg(output) for output in self.outputs]
        self.short = [least_kg(output) for output in self.outputs]
        self.counted = [set(members(problem, output)) for output in self.outputs]

    def copy(self) -> Tally:
        """An independent tally of the same jobs."""
        other = object.__new__(Tally)
        other.problem, other.outputs = self.problem, self.outputs
        other.held, other.counted = self.held, self.counted
        other.room = [room.copy() for room in self.room]
        other.left, other.short = list(self.left), list(self.short)
        return other

    def put(self, job: Job, sign: int = 1) -> None:
        """Add a job, or with sign −1 take it away."""
        product = self.problem.products[job.product]
        kg = sign * product.batch_kg
        for held, room in zip(self.held, self.room, strict=True):
            for number, start in enumerate(job.starts):
                if (job.product, number) in held:
                    room[waiting_from(self.problem, job, number) : start] -= kg
        end = job.starts[-1] + product.steps[-1].duration
        for place, output in enumerate(self.outputs):
            if job.product in self.counted[place] and output.first < end <= output.stop:
                self.left[place] -= kg
                self.short[place] -= kg

    def keeps(self) -> bool:
        """Whether every limit is kept, the least outputs too."""
        return self.keeps_most() and all(kg <= SLACK_KG for kg in self.short)

    def keeps_most(self) -> bool:
        """Whether nothing is above a limit; more jobs never mend what is."""
        return all(kg >= -SLACK_KG for kg in self.left) and all(
            float(room.min(initial=0.0)) >= -SLACK_KG for room in self.room
        )

    def closed(self, product: int, number: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]] | None:
        """Slots, shape (T,), in which no further batch may wait for a step; None where nothing limits it."""
        kg = self.problem.products[product].batch_kg
        full = [
            room < kg - SLACK_KG
            for held, room in zip(self.held, self.room, strict=True)
            if (product, number) in held
        ]
        return np.logical_or.reduce(full) if full else None

    def takes(self, job: Job) -> bool:
        """Whether nothing is above a limit with one more job."""
        self.put(job)
        kept = self.keeps_most()
        self.put(job, -1)
        return kept

    def barred(self, product: int, number: int) -> Iterator[slice]:
        """Starts that a further batch may not choose for its first step and for its last one.

        The first step of a batch that has begun ends a wait; the last one says in which day the batch ends.
        """
        recipe = self.problem.products[product]
        closed = self.closed(product, 0) if number == 0 else None
        if closed is not None and closed[recipe.ready :].any():
            yield slice(recipe.ready + int(np.argmax(closed[recipe.ready :])) + 1, None)
        if number == len(recipe.steps) - 1:
            duration = recipe.steps[-1].duration
            for place, output in enumerate(self.outputs):
                if product in self.counted[place] and self.left[place] < recipe.batch_kg - SLACK_KG:
                    yield slice(max(0, output.first - duration + 1), max(0, output.stop - duration + 1))


def waiting_from(problem: Problem, job: Job, number: int) -> int:
    """The slot from which a job waits for one of its steps."""
    product = problem.products[job.product]
    return job.starts[number - 1] + product.steps[number - 1].duration if number else product.ready


def tally(problem: Problem) -> Tally | None:
    """An empty tally; None where the problem has no limits."""
    return Tally(problem) if problem.limits else None


def keeps_limits(problem: Problem, jobs: Sequence[Job], *, least: bool = True) -> bool:
    """Whether jobs keep every limit of the problem; without `least` the least outputs aside."""
    found = tally(problem)
    if found is None:
        return True
    for job in jobs:
        found.put(job)
    return found.keeps() if least else found.keeps_most()
