"""The planner: the cheapest plan without a price on power, then search and bounds side by side."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np

from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, excess_cost_eur, solution_cost_eur
from chocolate_factory.infrastructure.planners.board import Board, deadlines_of
from chocolate_factory.infrastructure.planners.bounds import Bounds
from chocolate_factory.infrastructure.planners.conflicts import explained, over_cap
from chocolate_factory.infrastructure.planners.demand import (
    Settled,
    first_known,
    late_batches,
    out_of_time,
    plain,
)
from chocolate_factory.infrastructure.planners.linear import INFINITY, Answer, solve_integer
from chocolate_factory.infrastructure.planners.model import (
    PlantModel,
    build,
    jobs_of,
    limit_lateness,
    set_energy_cost,
)
from chocolate_factory.infrastructure.planners.offers import offers
from chocolate_factory.infrastructure.planners.power import add_whole_power
from chocolate_factory.infrastructure.planners.repair import repaired
from chocolate_factory.infrastructure.planners.search import Search
from chocolate_factory.infrastructure.planners.targets import Targets
from chocolate_factory.infrastructure.planners.windows import Windows

UNCOUPLED_GAP, UNCOUPLED_SECONDS = 1e-4, 8.0
GRACE_SECONDS = 30.0
WARM_SHARE = 0.4
"""Of the time limit: for the cheapest plan without a price on power, where a plan is known already."""
SMALL_COLUMNS, AHEAD_SECONDS = 1500, 0.25
"""The bounds of a model with at most so many columns are given so long alone: they often are the optimum."""
PROVEN_EUR, PROVEN_SHARE = 2e-5, 1e-7
"""What the bounds may leave open of a plan that they call the best: the tolerances of their solvers."""


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

    def proven(self) -> bool:
        """Whether nothing is between plan and bound but the tolerances of the solvers."""
        return self.cost - self.bound <= PROVEN_EUR + PROVEN_SHARE * abs(self.cost)


class HighsPlanner:
    """Planner on HiGHS. `target_gap`: stop as soon as the proven gap is that small.

    Seeds are fixed; how far search and bounds come depends on the machine's speed, so a solve that ends
    by its time limit may differ from run to run.
    """

    def __init__(self, target_gap: float = 0.005) -> None:
        self.target_gap = target_gap

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        """Best plan and proven bound; raises `Infeasible` naming demand and rules.

        A first plan is given GRACE_SECONDS even where `time_limit` is shorter: no plan is not an answer.
        """
        return self.solve_from((), problem, time_limit, progress)

    def solve_from(
        self, start: tuple[Job, ...], problem: Problem, time_limit: float, progress: Progress | None = None
    ) -> Solution:
        """As `solve`, beginning from the plan of a problem much like this one; it need not fit."""
        if problem.assets is not None:
            from chocolate_factory.infrastructure.planners.assets import (
                solve_with_assets,
            )  # it needs this one

            return solve_with_assets(self, start, problem, time_limit, progress)
        record = Record(problem, progress, time.monotonic())
        deadline = record.started + time_limit
        latest = max(deadline, record.started + GRACE_SECONDS)
        try:
            found = self.first_plan(problem, record, latest, (start, WARM_SHARE * time_limit))
        except OutOfTime as error:
            raise out_of_time(time.monotonic() - record.started) from error
        settled, model, energy = found
        if record.jobs and record.gap() > self.target_gap:
            self.improve(model, record, energy, deadline)
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
        self, problem: Problem, record: Record, deadline: float, start: tuple[tuple[Job, ...], float]
    ) -> tuple[Settled, PlantModel, float]:
        """What is to be made, its model without power, a bound of its energy cost; records the first plan.

        `start` is a plan to begin from, and the seconds to spend beside it where it fits.
        """
        whole = deadline - time.monotonic()
        if over_cap(problem) is not None:
            raise explained(problem, whole)
        last = 2 if problem.allow_late else 1
        for place, settled in enumerate(offers(problem, whole)):
            model = modelled(problem, settled)
            known = first_known(model, start[0], settled.late_slots or 0, whole) or settled.jobs or None
            left = max(0.0, deadline - time.monotonic())
            insist = known is None and (place == last or not problem.setups)
            brief = known is not None and place != 1
            answer = cheapest(model, min(left, start[1]) if brief else left, insist)
            if answer.infeasible:
                continue
            energy = max(answer.bound, model.linear.least())
            bound = energy + excess_cost_eur(problem, problem.auxiliary_kw)
            solved = None if answer.values is None else set_up(model, jobs_of(model, answer.values))
            plans = [jobs for jobs in (known, solved) if jobs is not None]
            for jobs in plans:
                record.update(jobs, bound)
            if plans:
                return settled, model, energy
        raise out_of_time(whole)

    def improve(self, model: PlantModel, record: Record, energy: float, deadline: float) -> None:
        """Search for plans here and raise the bound in a thread, until gap or time.

        `energy` is a proven bound of the energy cost.
        """
        bounds = Bounds(model, energy, deadline)
        bounds.best_cost = record.cost

        def tick() -> bool:
            ended = work.done()
            while not bounds.found.empty():
                record.update(bounds.found.get(), bounds.bound)
            if search.best_cost < record.cost:
                record.update(search.best_jobs, bounds.bound)
            record.update(None, bounds.bound)
            bounds.best_cost = record.cost
            open_gap = record.gap() > self.target_gap and not (ended and record.proven())
            return open_gap and time.monotonic() < deadline

        search, windows = searcher(model, record.jobs), Windows(model)
        targets = Targets(record.problem, bounds.levels, record.jobs, record.cost)
        with ThreadPoolExecutor(1, "plan-bounds") as pool:
            work = pool.submit(bounds.run)
            try:
                if len(model.linear.cost) <= SMALL_COLUMNS:
                    wait([work], min(AHEAD_SECONDS, max(0.0, deadline - time.monotonic())))
                while not work.done():
                    before = record.cost
                    target, rounds = targets.next(bounds.hints)
                    search.resume(targets.start(target))
                    if not search.anneal(target, rounds, tick):
                        break
                    targets.learn(target, search.chain_cost, search.chain_jobs)
                    if record.cost == before or not chains_first(record.problem):
                        polish(record, windows, targets, bounds)
            finally:
                bounds.stopped.set()
            work.result()
        tick()


def polish(record: Record, windows: Windows, targets: Targets, bounds: Bounds) -> None:
    """Solve one more day of the best plan exactly, and take what is better."""
    polished = windows.better(record.jobs, bounds.left())
    if polished is not None and polished != record.jobs:
        record.update(polished, bounds.bound)
        targets.adopt(record.cost, record.jobs)


def chains_first(problem: Problem) -> bool:
    """Whether days are solved exactly only once a chain of the search has found nothing better.

    Where the highest slot is charged that comes further in the same time; with squares it does not always.
    """
    return bool(problem.excess) and not any(group.quarters for group in problem.excess)


def modelled(problem: Problem, settled: Settled) -> PlantModel:
    """The model of what is to be made, with the cost of energy and without power."""
    late = settled.late_slots
    model = build(problem, settled.lots, frozenset() if late is None else frozenset({"late"}))
    limit_lateness(model, late or 0)
    set_energy_cost(model)
    return model


def cheapest(model: PlantModel, seconds: float, insist: bool) -> Answer:
    """The cheapest plan without a price on power; `insist` on any where the best is not found soon."""
    uncoupled = replace(model, problem=plain(model.problem), linear=model.linear.copy())
    add_whole_power(uncoupled)
    answer = solve_integer(uncoupled.linear, min(seconds, UNCOUPLED_SECONDS), UNCOUPLED_GAP)
    if insist and answer.values is None and not answer.infeasible:
        answer = solve_integer(uncoupled.linear, seconds - UNCOUPLED_SECONDS, 1.0)
    return answer


def set_up(model: PlantModel, jobs: tuple[Job, ...]) -> tuple[Job, ...] | None:
    """The jobs where setups find time and power between them, else repaired ones; counts can miss that."""
    if np.isfinite(solution_cost_eur(model.problem, jobs)):
        return jobs
    return repaired(model, jobs)


def searcher(model: PlantModel, jobs: tuple[Job, ...]) -> Search:
    """A search that starts from a plan."""
    dues: list[list[int]] = [[] for _ in model.problem.products]
    for lot in model.lots:
        dues[lot.product] += [lot.due] * lot.batches
    return Search(Board(model.problem, jobs, deadlines_of(model.problem, dues, jobs)), jobs)
