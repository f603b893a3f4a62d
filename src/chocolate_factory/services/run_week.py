"""The four ways to run a settled week: as ordered, as planned, as carried out, and with hindsight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.ledger_demand import in_time
from chocolate_factory.domain.ledger_money import Charged, shares_of
from chocolate_factory.domain.ledger_work import STEP, WeekWork
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Problem, Solution, load_kw
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, epoch, moment
from chocolate_factory.services.keep_hindsight import kept_hindsight
from chocolate_factory.services.pose_week import Week, as_ordered, hindsight_of, pose_week

SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Ran:
    """An arm of a week: its load by slot, kW (T,), and the moments at which its batches ended."""

    load_kw: FloatArray
    ends: tuple[datetime, ...]

    @property
    def kwh(self) -> float:
        """Energy of the whole week."""
        return float(np.sum(self.load_kw)) * PLAN_MINUTES / 60


@dataclass(frozen=True, eq=False)
class Arms:
    """The arms there are by name, and how far from the proven optimum hindsight is at most.

    `tried_s` are the seconds in which hindsight was looked for, 0 where it was not.
    """

    ran: Mapping[str, Ran]
    hindsight_gap: float | None = None
    tried_s: float = 0.0


def run_week(ports: Ports, week: Week, before: Charged, seconds: float) -> Arms:
    """The arms of a week; `before` is hindsight's own past of the month.

    Plan and executed are always there, on no load where no plan was in force; baseline where some plan was in
    every slot; hindsight where there are `seconds` to look for it.
    """
    work = week.work
    done = tuple(batch.end for batch in work.batches if in_time(batch, work))
    ran = {
        "plan": Ran(np.nan_to_num(work.planned_kw, nan=0.0), tuple(end for _, end in work.planned)),
        "executed": Ran(np.nan_to_num(work.executed_kw, nan=0.0), done),
    }
    if np.isnan(work.base_kw).any():
        return Arms(ran)
    problem = pose_week(ports, week, before)
    solution = week_hindsight(ports, problem, work, seconds) if seconds > 0 else None
    ran["baseline"] = ran_of(problem, work, as_ordered(problem, work, solution))
    if solution is None:
        return Arms(ran, tried_s=seconds)
    ran["hindsight"] = ran_of(problem, work, solution)
    cost = cost_of(week, ran["hindsight"], before)
    did = cost_of(week, ran["executed"], before)
    if did < cost and alike(ran["executed"], ran["hindsight"]):
        ran["hindsight"], cost = ran["executed"], did
    gap = max(0.0, cost - solution.bound_eur) / abs(cost) if cost else 0.0
    return Arms(ran, gap, seconds)


def ran_of(problem: Problem, work: WeekWork, solution: Solution) -> Ran:
    """Load and ends of a solution, with the facts that end inside the week."""
    first = epoch(problem.window.start)
    ends = [moment(first + STEP * finish(problem, job)) for job in solution.jobs]
    ends += [batch.end for batch in work.facts if in_time(batch, work)]
    return Ran(load_kw(problem, solution.jobs), tuple(sorted(ends)))


def cost_of(week: Week, ran: Ran, before: Charged) -> float:
    """What an arm costs over the whole week, EUR with excess power by the tariff's own rule."""
    [share] = shares_of(week.pricing, ran.load_kw, ran.ends, before, [week.work.window])
    return share.eur


def alike(one: Ran, other: Ran) -> bool:
    """Whether two arms make as many batches with the same energy."""
    return len(one.ends) == len(other.ends) and abs(one.kwh - other.kwh) <= SAME * max(1.0, one.kwh)


def week_hindsight(ports: Ports, problem: Problem, work: WeekWork, seconds: float) -> Solution | None:
    """The week's optimum, kept once found. See `kept_hindsight`."""
    name = f"week-{problem.window.start:%Y%m%dT%H%MZ}"
    return kept_hindsight(ports, name, problem, seconds, lambda: hindsight_of(ports, problem, work, seconds))
