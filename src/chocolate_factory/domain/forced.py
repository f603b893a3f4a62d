"""The problem of a plan held to the plan's own batches, and with one run held to a start."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from chocolate_factory.domain.assembly import due_order, finish, matched, to_make
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, ProblemStep, Solution


@runtime_checkable
class StartsWarm(Protocol):
    """A planner that can begin from the plan of a neighbouring problem."""

    def solve_from(
        self, start: tuple[Job, ...], problem: Problem, time_limit: float, progress: Progress | None = None
    ) -> Solution:
        """As `Planner.solve`; `start` need not fit the problem."""
        ...


@dataclass(frozen=True)
class Batch:
    """A batch of a plan: what it makes, and the slot by which it has to be finished.

    `due` is that of the lot it answers; a batch that the plan finishes later keeps the slot of its finish.
    `due_text` is the lot's own due time, which may lie after the window, as ISO 8601.
    """

    name: str
    job: Job
    due: int
    due_text: str = ""


def batches_of(problem: Problem, solution: Solution, names: Sequence[str]) -> dict[str, Batch]:
    """Every batch of a solution by its name; `names` are those of the solution's jobs, in their order.

    Of batches that run at the very same times the first name answers the earlier due time.
    """
    dues: dict[Job, list[tuple[int, str]]] = defaultdict(list)
    for answer in matched(problem, solution.jobs, to_make(problem, solution)):
        lot = problem.lots[answer.lot]
        dues[answer.job].append((max(lot.due, finish(problem, answer.job)), lot.due_text))
    pairs = sorted(zip(names, solution.jobs, strict=True), key=lambda pair: pair[0])
    return {name: Batch(name, job, *dues[job].pop(0)) for name, job in pairs}


def held(problem: Problem, solution: Solution) -> Problem:
    """The problem that makes exactly the batches of a solution, none later than it does or is due.

    What was assumed as stock or left for later stays so; all lots become hard. The solution keeps all rules
    of the result, so any cost above it is paid for something that was asked beside.
    """
    lots = tuple(
        replace(problem.lots[lot], batches=count, due=due, hard=True, may_be_stock=False)
        for lot, due, count in asked(problem, solution)
    )
    return replace(problem, lots=lots, allow_late=False)


def asked(problem: Problem, solution: Solution) -> list[tuple[int, int, int]]:
    """Of each lot of the held problem: the lot it comes from, the slot it is held to, its batches."""
    counts = to_make(problem, solution)
    found: Counter[tuple[int, int]] = Counter()
    for answer in matched(problem, solution.jobs, counts):
        found[answer.lot, max(problem.lots[answer.lot].due, finish(problem, answer.job))] += 1
    order = {lot: place for place, lot in enumerate(dict.fromkeys(due_order(problem, counts)))}
    ordered = sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    return [(lot, due, count) for (lot, due), count in ordered]


def with_forced(
    problem: Problem, jobs: tuple[Job, ...], batch: Batch, step: int, slot: int
) -> tuple[Problem, tuple[Job, ...]]:
    """The held problem with a run of one batch free only at a slot, and the plan's jobs for it.

    The batch becomes a product of its own, the last one, with a lot of its own, and keeps the modes of its
    steps. `problem` comes from `held`.
    """
    recipe = problem.products[batch.job.product]
    own = len(problem.products)
    lots = list(problem.lots)
    asked_for = (problem.family(batch.job.product), batch.due)
    place = next(i for i, lot in enumerate(lots) if (lot.product, lot.due) == asked_for)
    lots.append(replace(lots[place], product=own, batches=1))
    lots[place] = replace(lots[place], batches=lots[place].batches - 1)
    steps = tuple(only_at(s, slot) if i == step else s for i, s in enumerate(recipe.steps))
    products = (*problem.products, replace(recipe, steps=steps, variant_of=None))
    kept = list(jobs)
    kept[kept.index(batch.job)] = Job(own, batch.job.starts)
    return replace(problem, products=products, lots=tuple(lots)), tuple(kept)


def only_at(step: ProblemStep, slot: int) -> ProblemStep:
    """The step allowed at one slot, if it was; the rules that forbid that slot still say so."""
    here = np.zeros(len(step.allowed), np.bool_)
    here[slot] = True
    blocked = {rule: mask & here for rule, mask in step.blocked_by.items()}
    return replace(step, allowed=step.allowed & here, blocked_by=blocked)


def unforced(solution: Solution, problem: Problem, product: int) -> Solution:
    """A solution of a problem with a forced batch, said of the problem it was made from."""
    own = len(problem.products)
    jobs = tuple(replace(job, product=product) if job.product == own else job for job in solution.jobs)
    return replace(solution, jobs=jobs)
