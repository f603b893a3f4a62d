"""The planner: the cheapest plan without a price on power, then search and bounds side by side."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Problem, Solution, excess_cost_eur, solution_cost_eur
from chocolate_factory.infrastructure.planners.conflicts import explained, over_cap
from chocolate_factory.infrastructure.planners.demand import (
    first_known,
    late_batches,
    out_of_time,
    plain,
)
from chocolate_factory.infrastructure.planners.improving import Improver, Record
from chocolate_factory.infrastructure.planners.linear import Answer, solve_integer
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
from chocolate_factory.infrastructure.planners.settled import Patience, Settled

UNCOUPLED_GAP, UNCOUPLED_SECONDS = 1e-4, 8.0
GRACE_SECONDS = 30.0
WARM_SHARE = 0.4
"""Of the time limit: for the cheapest plan without a price on power, where a plan is known already."""


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
            found = self.first_plan(problem, record, start, Patience(WARM_SHARE * time_limit, latest))
        except OutOfTime as error:
            raise out_of_time(time.monotonic() - record.started) from error
        settled, model, energy = found
        if record.jobs and record.gap() > self.target_gap:
            Improver(model, record, settled, energy, deadline).run(self.target_gap)
        record.move(settled, deadline)
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
        self, problem: Problem, record: Record, start: tuple[Job, ...], patience: Patience
    ) -> tuple[Settled, PlantModel, float]:
        """What is to be made, its model without power, a bound of its energy cost; records the first plan.

        `start` is a plan to begin from. Where a plan is known and another offer may follow the solver looks
        briefly; with setups wherever one is known, since it hardly finds a better one.
        """
        whole = patience.whole
        if over_cap(problem) is not None:
            raise explained(problem, whole)
        last = 2 if problem.allow_late else 1
        for place, settled in enumerate(offers(problem, patience)):
            model = modelled(problem, settled)
            known = first_known(model, start, settled.late_slots or 0, patience) or settled.jobs or None
            insist = known is None and (place == last or not problem.setups)
            brief = (place == 0 or known is not None) if problem.setups else known is not None and place != 1
            answer = cheapest(model, patience.seconds(brief), insist)
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
