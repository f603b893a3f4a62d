"""From a first plan to a better one: search and bounds side by side, at last one batch after the other."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from chocolate_factory.domain.better_moves import moved
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.infrastructure.planners.board import Board, deadlines_of
from chocolate_factory.infrastructure.planners.bounds import Bounds
from chocolate_factory.infrastructure.planners.linear import INFINITY
from chocolate_factory.infrastructure.planners.model import PlantModel
from chocolate_factory.infrastructure.planners.search import Search
from chocolate_factory.infrastructure.planners.settled import Settled
from chocolate_factory.infrastructure.planners.targets import Targets
from chocolate_factory.infrastructure.planners.windows import Windows

SMALL_COLUMNS, AHEAD_SECONDS = 1500, 0.25
"""The bounds of a model with at most so many columns are given so long alone: they often are the optimum."""
PROVEN_EUR, PROVEN_SHARE = 2e-5, 1e-7
"""What the bounds may leave open of a plan that they call the best: the tolerances of their solvers."""
MOVES_SECONDS, MOVES_SHARE, MOVES_AGAIN = 5.0, 0.1, 2.0
"""Kept for moving batches one by one: a share of the time after the first plan, later twice what that took.

A large plant that has no more than so many seconds then searches to the end: that brings it further."""


@dataclass
class Record:
    """Progress of one solve: best plan and bound, told as they improve.

    `looked` is the plan of which no batch saves anything by moving alone, None where none is known.
    """

    problem: Problem
    progress: Progress | None
    started: float
    jobs: tuple[Job, ...] = ()
    cost: float = INFINITY
    bound: float = -INFINITY
    history: list[tuple[float, float, float]] = field(default_factory=list)
    looked: tuple[Job, ...] | None = None

    def update(self, jobs: tuple[Job, ...] | None, bound: float) -> None:
        """Take a plan (if better) and a bound (if higher)."""
        cost = self.cost if jobs is None else solution_cost_eur(self.problem, jobs)
        better = cost < self.cost - 1e-9 or (not self.history and cost < INFINITY)
        if better and jobs is not None:
            self.jobs, self.cost = jobs, cost
        bound = min(max(self.bound, bound), self.cost)
        if better or bound > self.bound + 1e-9:
            self.bound = bound
            seconds = time.monotonic() - self.started
            self.history.append((seconds, self.cost, self.bound))
            if self.progress is not None:
                self.progress(seconds, self.cost, self.bound)

    def gap(self) -> float:
        """Relative gap; absolute where the cost is about zero."""
        span = max(0.0, self.cost - self.bound)
        return span / abs(self.cost) if abs(self.cost) > 1e-9 else span

    def proven(self) -> bool:
        """Whether nothing is between plan and bound but the tolerances of the solvers."""
        return self.cost - self.bound <= PROVEN_EUR + PROVEN_SHARE * abs(self.cost)

    def move(self, settled: Settled, deadline: float) -> None:
        """Move batches one by one as long as that saves something and there is time."""
        if self.looked == self.jobs:
            return
        known = Solution(self.jobs, self.cost, self.bound, 0.0, settled.stock, settled.left)
        jobs, looked = moved(self.problem, known, lambda: time.monotonic() < deadline)
        self.update(jobs, self.bound)
        self.looked = self.jobs if looked else None


class Improver:
    """Search for plans here and raise the bound in a thread, until gap or time (`deadline`)."""

    def __init__(
        self, model: PlantModel, record: Record, settled: Settled, energy: float, deadline: float
    ) -> None:
        """`energy` is a proven bound of the energy cost."""
        self.record, self.settled, self.deadline = record, settled, deadline
        self.bounds = Bounds(model, energy, deadline)
        self.bounds.best_cost = record.cost
        self.search, self.windows = searcher(model, record.jobs), Windows(model)
        self.targets = Targets(record.problem, self.bounds.levels, record.jobs, record.cost)
        self.small = len(model.linear.cost) <= SMALL_COLUMNS
        self.target_gap, self.until, self.took = 0.0, deadline, 0.0
        self.work: Future[None] = Future()

    def run(self, target_gap: float) -> None:
        """Better plans until the gap is that small, at last one where no batch saves anything by moving."""
        self.target_gap = target_gap
        left = max(0.0, self.deadline - time.monotonic())
        self.until = self.deadline - (MOVES_SHARE * left if self.small or left > MOVES_SECONDS else 0.0)
        with ThreadPoolExecutor(1, "plan-bounds") as pool:
            self.work = pool.submit(self.bounds.run)
            try:
                if self.small:
                    wait([self.work], min(AHEAD_SECONDS, max(0.0, self.deadline - time.monotonic())))
                going = True
                while going:
                    self.chains()
                    self.move()
                    going = self.tick() and not self.work.done()
            finally:
                self.bounds.stopped.set()
            self.work.result()
        self.tick()

    def chains(self) -> None:
        """Chains of the search from what is most promising, and days of the best plan solved exactly."""
        while not self.work.done():
            before = self.record.cost
            target, rounds = self.targets.next(self.bounds.hints)
            self.search.resume(self.targets.start(target))
            if not self.search.anneal(target, rounds, self.tick):
                break
            self.targets.learn(target, self.search.chain_cost, self.search.chain_jobs)
            if self.record.cost == before or not chains_first(self.record.problem):
                self.polish()

    def polish(self) -> None:
        """Solve one more day of the best plan exactly, and take what is better."""
        polished = self.windows.better(self.record.jobs, self.bounds.left())
        if polished is not None and polished != self.record.jobs:
            self.record.update(polished, self.bounds.bound)
            self.targets.adopt(self.record.cost, self.record.jobs)

    def move(self) -> None:
        """Move batches one by one, and keep time for doing so once more."""
        began, before = time.monotonic(), self.record.cost
        self.record.move(self.settled, self.deadline)
        self.took = max(self.took, time.monotonic() - began)
        self.until = self.deadline - MOVES_AGAIN * self.took
        if self.record.cost < before:
            self.targets.adopt(self.record.cost, self.record.jobs)

    def tick(self) -> bool:
        """Exchange plans and bounds with the thread; whether to go on searching."""
        record, bounds, ended = self.record, self.bounds, self.work.done()
        while not bounds.found.empty():
            record.update(bounds.found.get(), bounds.bound)
        if self.search.best_cost < record.cost:
            record.update(self.search.best_jobs, bounds.bound)
        record.update(None, bounds.bound)
        bounds.best_cost = record.cost
        open_gap = record.gap() > self.target_gap and not (ended and record.proven())
        return open_gap and time.monotonic() < self.until


def chains_first(problem: Problem) -> bool:
    """Whether days are solved exactly only once a chain of the search has found nothing better.

    Where the highest slot is charged that comes further in the same time; with squares it does not always.
    """
    return bool(problem.excess) and not any(group.quarters for group in problem.excess)


def searcher(model: PlantModel, jobs: tuple[Job, ...]) -> Search:
    """A search that starts from a plan."""
    dues: list[list[int]] = [[] for _ in model.problem.products]
    for lot in model.lots:
        dues[lot.product] += [lot.due] * lot.batches
    return Search(Board(model.problem, jobs, deadlines_of(model.problem, dues, jobs)), jobs)
