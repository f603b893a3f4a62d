"""The planner: cheapest plan without power coupling, then plans by search and bounds by branching side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, load_kw, solution_cost_eur
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.board import Board, deadlines_of
from chocolate_factory.infrastructure.planners.bounds import Bounds
from chocolate_factory.infrastructure.planners.conflicts import explained
from chocolate_factory.infrastructure.planners.demand import (
    Settled,
    late_batches,
    out_of_time,
    plain,
    settle,
    without_slack,
)
from chocolate_factory.infrastructure.planners.linear import INFINITY, Answer, solve_integer
from chocolate_factory.infrastructure.planners.model import (
    PlantModel,
    build,
    jobs_of,
    limit_lateness,
    set_energy_cost,
)
from chocolate_factory.infrastructure.planners.power import add_power, peak
from chocolate_factory.infrastructure.planners.search import Search

UNCOUPLED_GAP = 1e-4
FIRST_CHAIN = 1500
LONGEST_CHAIN = 16000


@dataclass
class Record:
    """Progress of one solve: best plan and bound, told as they improve."""

    problem: Problem
    progress: Progress | None
    started: float
    jobs: tuple[Job, ...] = ()
    cost: float = INFINITY
    bound: float = -INFINITY
    history: list[tuple[float, float, float]] = field(default_factory=list)

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


class HighsPlanner:
    """Planner on HiGHS. `target_gap`: stop as soon as the proven gap is that small.

    Seeds are fixed; how far search and bounds come depends on the machine's speed, so a solve that ends
    by its time limit may differ from run to run.
    """

    def __init__(self, target_gap: float = 0.005) -> None:
        self.target_gap = target_gap

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        """Best plan and proven bound; raises `Infeasible` naming demand and rules."""
        record = Record(problem, progress, time.monotonic())
        deadline = record.started + time_limit
        settled, model, bound = self.first_plan(problem, record, deadline)
        if record.jobs:
            self.improve(model, record, deadline)
        else:
            record.update((), solution_cost_eur(problem, ()))
        return Solution(
            record.jobs,
            record.cost,
            record.bound,
            time.monotonic() - record.started,
            settled.stock,
            settled.left,
            late_batches(problem, settled, record.jobs),
            tuple(record.history),
        )

    def first_plan(
        self, problem: Problem, record: Record, deadline: float
    ) -> tuple[Settled, PlantModel, float]:
        """What is to be made, the model of it without power, and a bound of its energy cost; sets the first plan."""
        left = deadline - time.monotonic()
        settled = without_slack(problem)
        model, answer = cheapest(problem, settled, left)
        if answer.infeasible:
            found = settle(problem, left)
            if found is None:
                raise explained(problem, left)
            settled = found
            model, answer = cheapest(problem, settled, deadline - time.monotonic())
        if answer.values is None:
            raise out_of_time(left)
        jobs = jobs_of(model, answer.values)
        floors = sum(g.rate_eur_kw * peak(g, problem.auxiliary_kw) for g in problem.excess)
        record.update(jobs, answer.bound + floors)
        return settled, model, answer.bound

    def improve(self, model: PlantModel, record: Record, deadline: float) -> None:
        """Search for plans here and raise the bound in a thread, until gap or time."""
        bounds = Bounds(model, record.bound, deadline)
        bounds.best_cost = record.cost

        def tick() -> bool:
            if bounds.found is not None:
                record.update(bounds.found, bounds.bound)
                bounds.found = None
            if search.best_cost < record.cost:
                record.update(search.best_jobs, bounds.bound)
            record.update(None, bounds.bound)
            bounds.best_cost = record.cost
            return time.monotonic() < deadline and record.gap() > self.target_gap

        search = searcher(model, record.jobs)
        with ThreadPoolExecutor(1, "plan-bounds") as pool:
            work = pool.submit(bounds.run)
            try:
                rounds = FIRST_CHAIN
                for target in targets(record, bounds):
                    if not search.anneal(target, rounds, tick) or work.done():
                        break
                    rounds = min(2 * rounds, LONGEST_CHAIN)
            finally:
                bounds.stopped.set()
            work.result()
        tick()


def cheapest(problem: Problem, settled: Settled, seconds: float) -> tuple[PlantModel, Answer]:
    """The model of what is to be made, and its cheapest plan without a price on power."""
    late = settled.late_slots
    model = build(problem, settled.lots, frozenset() if late is None else frozenset({"late"}))
    limit_lateness(model, late or 0)
    set_energy_cost(model)
    uncoupled = replace(model, problem=plain(problem), linear=model.linear.copy())
    add_power(uncoupled)
    return model, solve_integer(uncoupled.linear, seconds, UNCOUPLED_GAP)


def searcher(model: PlantModel, jobs: tuple[Job, ...]) -> Search:
    """A search that starts from a plan."""
    dues: list[list[int]] = [[] for _ in model.problem.products]
    for lot in model.lots:
        dues[lot.product] += [lot.due] * lot.batches
    return Search(Board(model.problem, jobs, deadlines_of(model.problem, dues, jobs)), jobs)


def targets(record: Record, bounds: Bounds) -> Iterator[FloatArray]:
    """Excess per group to aim at: none, what the best plan has, what the bounds want, and one level beside."""
    problem, random = record.problem, np.random.default_rng(0)
    levels = bounds.levels
    yield np.array([level[0] for level in levels])
    while True:
        for hint in [tuple(h) for h in bounds.hints] or [()]:
            load = load_kw(problem, record.jobs)
            best = np.array([peak(group, load) for group in problem.excess])
            yield best
            if hint:
                yield np.array([level[min(len(level) - 1, int(np.searchsorted(level, e - 1e-3)))] for level, e in zip(levels, hint, strict=True)])
            if len(best):
                beside = best.copy()
                place = int(random.integers(len(best)))
                at = int(np.searchsorted(levels[place], best[place] - 1e-3)) + int(random.choice([-1, 1]))
                beside[place] = levels[place][min(max(at, 0), len(levels[place]) - 1)]
                yield beside
