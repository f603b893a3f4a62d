"""A settled week posed as one problem: the batches that it made, from its start, on the prices that came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.forced import StartsWarm
from chocolate_factory.domain.ledger_demand import wants_of
from chocolate_factory.domain.ledger_money import Charged, Pricing
from chocolate_factory.domain.ledger_work import STEP, WeekWork, run_load
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.production import Report, with_outages
from chocolate_factory.domain.slots import PLAN_MINUTES, epoch
from chocolate_factory.domain.tariff.excess import power_cap_kw
from chocolate_factory.services.pose_problem import read_climate
from chocolate_factory.services.read_production import Body, Past, books_at


@dataclass(frozen=True, eq=False)
class Week:
    """What a week is settled from: its work, its factory (that of the plan in force when it began), prices.

    `body` is that plan as stored, `reports` the production log, `known` (T,) the slots with a price.
    """

    work: WeekWork
    factory: Factory
    pricing: Pricing
    body: Body
    reports: tuple[Report, ...]
    known: np.ndarray[tuple[int], np.dtype[np.bool_]]


def pose_week(ports: Ports, week: Week, before: Charged) -> Problem:
    """The whole batches of a week as a problem in which its facts stay where they were.

    Machines that were out of order are away. The load beside the runs is that of the plans in force; climate
    limits are those of the newest forecast for each slot. `before` is what the months had been charged for.
    """
    work, window = week.work, week.work.window
    factory = with_outages(week.factory, week.reports)
    climate = read_climate(replace(ports, factory=factory), window, min(ports.clock(), window.end))
    past = Past((), {}, week.reports, (week.body,), frozenset())
    books = books_at(factory, past, window.start, work.batches)
    inputs = ProblemInputs(
        factory=factory,
        window=window,
        price_eur_kwh=week.pricing.stack.all_in_eur_kwh,
        excess=week.pricing.groups(before),
        climate=climate,
        wanted=wants_of(factory, work, books, wanted(factory, window)),
        power_cap_kw=power_cap_kw(factory.contract, window.starts(PLAN_MINUTES)),
    )
    return with_facts(build_problem(inputs), work)


def with_facts(problem: Problem, work: WeekWork) -> Problem:
    """The problem on the load beside the runs as it was, the machines and the power of the facts taken."""
    units = problem.machine_units.copy()
    for batch in work.facts:
        for run in batch.runs:
            if run.machine in problem.machines:
                touched = run_load(replace(run, power_kw=1.0, profile_kw=()), work.window, touched=True)
                units[problem.machines.index(run.machine)] -= touched.astype(np.int64)
    load = work.base_kw + work.facts_kw
    return replace(problem, auxiliary_kw=load, machine_units=np.maximum(units, 0), assets=None)


def as_ordered(problem: Problem, work: WeekWork, hindsight: Solution | None) -> Solution:
    """The week's batches blind to prices; those of hindsight where there is one, else those that ran."""
    found = hindsight or Solution(as_executed(problem, work), 0.0, 0.0, 0.0)
    return replace(found, jobs=baseline(problem, found))


def as_executed(problem: Problem, work: WeekWork) -> tuple[Job, ...]:
    """The week's batches where they ran and in the way they were made, each step from its first slot."""
    first = epoch(problem.window.start)
    ways = {
        (product.name, *(step.mode for step in product.steps)): place
        for place, product in enumerate(problem.products)
    }
    return tuple(
        Job(
            ways[batch.product, *(run.mode for run in batch.runs)],
            tuple((epoch(run.start) - first) // STEP for run in batch.runs),
        )
        for batch in work.whole
    )


def hindsight_of(ports: Ports, problem: Problem, work: WeekWork, seconds: float) -> Solution | None:
    """The optimum on the prices that came true, None where the week as it was leaves no way within the rules.

    The search begins from what was carried out where the planner can. Batches are late only where the rules
    leave nothing else.
    """
    if not problem.lots:
        alone = solution_cost_eur(problem, ())
        return Solution((), alone, alone, 0.0)
    for allow_late in (False, True):
        posed = replace(problem, allow_late=allow_late)
        try:
            if isinstance(ports.planner, StartsWarm):
                return ports.planner.solve_from(as_executed(problem, work), posed, seconds)
            return ports.planner.solve(posed, seconds)
        except Infeasible:
            continue
    return None
