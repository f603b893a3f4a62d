"""Whether a new plan replaces the one that stands: both on the same problem, with the same knowledge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.assembly import finish, matched, schedule_of, to_make
from chocolate_factory.domain.freezing import misplaced
from chocolate_factory.domain.keeping import as_kept, holding, jobs_told, late_beside
from chocolate_factory.domain.plan import Schedule
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Job, Problem, Solution, dispatch_of
from chocolate_factory.domain.rules import violations
from chocolate_factory.services.freeze_runs import runs_to_come
from chocolate_factory.services.plan_risk import Search
from chocolate_factory.services.pose_problem import Case, load_cap

Row = dict[str, Any]
Body = Mapping[str, Any]
SAME_EUR = 1e-6
KEEP_SHARE = 0.2
"""Of the seconds of solving: for what is new beside the runs of the standing plan."""

CHEAPER = "It is cheaper by more than the threshold."
LATER = "The new one would be later with what is due."
NOT_CHEAPER = "A new plan is not cheaper by more than the threshold."
LESS_LATE = "What is due is less late."
OTHER_BATCHES = "Fewer batches are wanted than the plan before makes."
NO_LONGER_FITS = "The plan before no longer fits: "
NO_ROOM = "what is new finds no place in time beside its runs."


@dataclass(frozen=True)
class Rules:
    """How plans are compared: by `worth_eur` of their jobs; `fresh`: any difference counts."""

    worth_eur: Callable[[tuple[Job, ...]], float]
    seconds: float
    fresh: bool = False


@dataclass(frozen=True)
class Choice:
    """The plan to go on with, and what is said of the one that stood: `kept` or `replaced`, or neither."""

    solution: Solution
    kept: Row | None = None
    replaced: Row | None = None


@dataclass(frozen=True)
class Stood:
    """The batches of the standing plan on a new problem: where they fit, and those that have to move."""

    jobs: tuple[Job, ...]
    moved: tuple[str, ...]


def stood(case: Case) -> Stood:
    """What is still to come of the standing plan, as it fits the case; nothing without such a plan."""
    if case.posed is None:
        return Stood((), ())
    window, inputs = case.problem.window, case.posed.inputs
    batches = runs_to_come(case.posed.past)
    batches = {name: runs for name, runs in batches.items() if runs[0].start < window.end}
    told = jobs_told(case.problem, batches)
    moved = {name for name in batches if name not in told}
    while True:
        runs = [run for name in told for run in batches[name]]
        site = (inputs.climate, load_cap(inputs))
        broken = misplaced(inputs.factory, window, (case.standing.begun, runs), site) if runs else []
        names = {v.batch for v in broken if v.batch in told}
        if not names:
            break
        name = max(names, key=lambda n: (batches[n][0].start, n))
        del told[name]
        moved.add(name)
    return Stood(tuple(told.values()), tuple(sorted(moved)))


def choose_plan(ports: Ports, case: Case, solution: Solution, rules: Rules) -> Choice:
    """The new solution, or the standing plan completed with what is new where that is hardly dearer."""
    newest = newest_of(case)
    if newest is None:
        return Choice(solution)
    name, before = newest["answer"]["id"], stood(case)
    if not before.jobs and not before.moved:
        return Choice(solution)
    standing = completed(ports, case, solution, before, KEEP_SHARE * rules.seconds)
    if isinstance(standing, str):
        return Choice(solution, replaced=said(name, standing, before))
    costs = [rules.worth_eur(one.jobs) for one in (standing, solution)]
    money = (costs[1] - costs[0], 0.0 if rules.fresh else ports.replanning.threshold_eur(costs[0]))
    late = [lateness(case.problem, one) for one in (standing, solution)]
    if late[1] < late[0]:
        return Choice(solution, replaced=said(name, LESS_LATE, before, money))
    if late[1] == late[0] and money[0] < -money[1] - SAME_EUR:
        return Choice(solution, replaced=said(name, CHEAPER, before, money))
    reason = LATER if late[1] > late[0] else NOT_CHEAPER
    return Choice(standing, kept=said(name, reason, before, money))


def newest_of(case: Case) -> Body | None:
    """The record of the plan that stands."""
    return case.posed.past.newest if case.posed else None


def said(
    plan: str, reason: str, before: Stood, money: tuple[float | None, float | None] = (None, None)
) -> Row:
    """How a choice is told; `money` is new less standing and the threshold, None where none fits."""
    return {
        "plan": plan,
        "reason": reason,
        "difference_eur": money[0],
        "threshold_eur": money[1],
        "moved": list(before.moved),
    }


def lateness(problem: Problem, solution: Solution) -> tuple[int, int]:
    """Batches not made at all though due, and slots by which the others are late in all."""
    missed = sum(count for lot, count in solution.left.items() if problem.lots[lot].hard)
    answers = matched(problem, solution.jobs, to_make(problem, solution))
    hard = [(a.job, problem.lots[a.lot].due) for a in answers if problem.lots[a.lot].hard]
    return missed, sum(max(0, finish(problem, job) - due) for job, due in hard)


def late_batches(problem: Problem, solution: Solution) -> int:
    """Batches that are late, or not made at all though due, as a plan's answer counts them."""
    missed = sum(count for lot, count in solution.left.items() if problem.lots[lot].hard)
    return sum(solution.late.values()) + missed


def completed(ports: Ports, case: Case, solution: Solution, before: Stood, seconds: float) -> Solution | str:
    """The standing plan with the batches of the new one; a sentence where that cannot be."""
    problem = case.problem
    if not before.jobs:
        return NO_LONGER_FITS + "none of its runs can stay."
    held = holding(problem, before.jobs, solution)
    if held is None:
        return OTHER_BATCHES
    jobs = held.kept
    if len(jobs) < len(solution.jobs):
        late = late_beside(held)
        if late is None or late > lateness(problem, solution)[1]:
            return NO_LONGER_FITS + NO_ROOM
        try:
            found = Search(ports.planner, seconds).solve(held.problem, held.start, seconds, told=False)
        except Infeasible as error:
            return NO_LONGER_FITS + error.message
        if found.left or found.stock:
            return NO_LONGER_FITS + NO_ROOM
        jobs = held.of_the_plan(found.jobs)
    standing = as_kept(problem, solution, jobs)
    schedule = scheduled(case, standing)
    broken = violations(case.facts.factory, schedule, case.climate, problem.power_cap_kw)
    return NO_LONGER_FITS + broken[0].message if broken else standing


def scheduled(case: Case, solution: Solution) -> Schedule:
    """The runs of a solution with their names and units, beside those that had begun."""
    standing = case.standing
    kept = tuple(dict.fromkeys((*standing.begun, *standing.kept)))
    schedule = schedule_of(case.problem, solution, case.wanted, case.facts.factory, kept)
    assets, use = case.problem.assets, dispatch_of(case.problem, solution.jobs)
    told = replace(schedule, begun=standing.begun, made=standing.made, carried=standing.carried)
    return replace(told, assets=assets, dispatch=use)
