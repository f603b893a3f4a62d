"""The standing plan on a new problem: its batches on the new slots, and the problem that keeps them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chocolate_factory.domain.assembly import due_order, finish, late_of, to_make
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.forced import only_at
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.problem import Job, Lot, Problem, ProblemProduct, Solution, solution_cost_eur
from chocolate_factory.domain.slots import epoch


@dataclass(frozen=True)
class Holding:
    """A problem in which the batches of `kept` stay; only the others that are wanted are free.

    `problem` has a product of its own for each kept job, from position `first` on and in their order.
    """

    problem: Problem
    kept: tuple[Job, ...]
    first: int

    @property
    def start(self) -> tuple[Job, ...]:
        """The kept jobs as jobs of the problem."""
        return tuple(Job(self.first + place, job.starts) for place, job in enumerate(self.kept))

    def of_the_plan(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Jobs of the problem as jobs of the one that it was made from."""
        return tuple(self.kept[j.product - self.first] if j.product >= self.first else j for j in jobs)


def jobs_told(problem: Problem, batches: Mapping[str, Sequence[Run]]) -> dict[str, Job]:
    """The planned runs to come of each batch as jobs of the problem, by name.

    A batch that the problem does not know that way is left out: its recipe has changed, another step of it is
    next, or its runs do not lie in the window.
    """
    found = {}
    for name, runs in batches.items():
        job = _job(problem, name, sorted(runs, key=lambda run: run.step))
        if job is not None:
            found[name] = job
    return found


def _job(problem: Problem, name: str, runs: Sequence[Run]) -> Job | None:
    origin, seconds = epoch(problem.window.start), 60 * problem.minutes
    spans = [(epoch(run.start) - origin, epoch(run.end) - origin) for run in runs]
    if not spans or spans[0][0] < 0 or spans[-1][1] > problem.slots * seconds:
        return None
    if any(edge % seconds for span in spans for edge in span):
        return None
    told = [
        (run.step, run.process, run.mode, run.machine, int((run.end - run.start).total_seconds()) // 60)
        for run in runs
    ]
    own = [p for p, product in enumerate(problem.products) if product.batch == name]
    for place in own or [p for p, product in enumerate(problem.products) if not product.batch]:
        product = problem.products[place]
        asked = [
            (n, step.process, step.mode, problem.machines[step.machine], problem.minutes * step.duration)
            for n, step in enumerate(product.steps, product.first_step)
        ]
        if product.name == runs[0].product and asked == told:
            return Job(place, tuple(start // seconds for start, _ in spans))
    return None


def carried(jobs: Sequence[Job], before: Problem, after: Problem) -> tuple[Job, ...]:
    """Jobs of one problem as those of another of the same window; what it does not know is left out."""

    def identity(product: ProblemProduct) -> tuple[str, str, int, tuple[str, ...]]:
        return product.name, product.batch, product.first_step, tuple(step.mode for step in product.steps)

    places = {identity(product): place for place, product in enumerate(after.products)}
    known = ((places.get(identity(before.products[job.product])), job) for job in jobs)
    return tuple(Job(place, job.starts) for place, job in known if place is not None)


def holding(problem: Problem, jobs: Sequence[Job], solution: Solution) -> Holding | None:
    """The problem that keeps the jobs and makes what is wanted beside them; None where they are too many.

    What is wanted is what `solution` makes of each lot. A kept job answers the earliest lot that it is in
    time for, so that the free batches have the latest due times.
    """
    counts = to_make(problem, solution)
    free: Counter[int] = Counter()
    kept: list[tuple[Job, Lot]] = []
    families = {problem.lots[lot].product for lot in counts} | {problem.family(j.product) for j in jobs}
    for family in sorted(families):
        own = [job for job in jobs if problem.family(job.product) == family]
        places = [lot for lot in due_order(problem, counts) if problem.lots[lot].product == family]
        if len(own) > len(places):
            return None
        spare = len(places) - len(own)
        own.sort(key=lambda job: (finish(problem, job), job.starts))
        for place in places:
            lot = problem.lots[place]
            if own and (spare == 0 or finish(problem, own[0]) <= lot.due):
                job = own.pop(0)
                kept.append((job, replace(lot, batches=1, due=max(lot.due, finish(problem, job)))))
            else:
                spare -= 1
                free[place] += 1
    first = len(problem.products)
    lots = [replace(problem.lots[lot], batches=count) for lot, count in sorted(free.items())]
    lots += [replace(lot, product=first + place) for place, (_, lot) in enumerate(kept)]
    held = replace(
        problem,
        products=(*problem.products, *(_only(problem.products[job.product], job) for job, _ in kept)),
        lots=tuple(replace(lot, hard=True, may_be_stock=False) for lot in lots),
    )
    return Holding(held, tuple(job for job, _ in kept), first)


def late_beside(held: Holding) -> int | None:
    """Slots by which the free batches are late, each finished as early as can be; None without a place.

    One after the other, the earliest due first: not the least there is, but near it, and quickly known.
    """
    board = Board(held.problem)
    for job in held.start:
        board.put(job)
    late = 0
    for lot in sorted(held.problem.lots, key=lambda lot: lot.due):
        for _ in range(lot.batches if lot.product < held.first else 0):
            found = board.earliest(lot.product)
            if found is None:
                return None
            board.put(found)
            late += max(0, finish(held.problem, found) - lot.due)
    return late


def _only(product: ProblemProduct, job: Job) -> ProblemProduct:
    steps = tuple(only_at(step, start) for step, start in zip(product.steps, job.starts, strict=True))
    return replace(product, steps=steps, variant_of=None)


def as_kept(problem: Problem, solution: Solution, jobs: tuple[Job, ...]) -> Solution:
    """Other jobs that make the batches of a solution, with the solution's bound."""
    cost = solution_cost_eur(problem, jobs)
    found = replace(solution, jobs=jobs, cost_eur=cost, bound_eur=min(solution.bound_eur, cost))
    return replace(found, late=late_of(problem, jobs, to_make(problem, found)))
