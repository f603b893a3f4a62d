"""The four ways to run a settled week: as ordered, as planned, as carried out, and with hindsight."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import numpy as np

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.ledger_demand import in_time
from chocolate_factory.domain.ledger_money import Charged, shares_of
from chocolate_factory.domain.ledger_work import STEP, WeekWork
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.problem import Job, Problem, Solution, load_kw
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, epoch, moment
from chocolate_factory.services.pose_week import Week, as_ordered, hindsight_of, pose_week

HINDSIGHT = "hindsight"
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
    solution = kept_hindsight(ports, problem, work, seconds) if seconds > 0 else None
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


def kept_hindsight(ports: Ports, problem: Problem, work: WeekWork, seconds: float) -> Solution | None:
    """The optimum of a problem; kept once computed, until prices or work are others.

    That none was found is kept as well: only more seconds look for it again.
    """
    name = f"week-{problem.window.start:%Y%m%dT%H%MZ}"
    digest = hashlib.sha256(
        b"|".join(
            [
                *(np.round(a, 9).tobytes() for a in (problem.price_eur_kwh, problem.auxiliary_kw)),
                problem.machine_units.tobytes(),
                repr(
                    (problem.lots, [(g.name, g.already_kw, g.rate_eur_kw) for g in problem.excess])
                ).encode(),
            ]
        )
    ).hexdigest()[:16]
    kept = ports.store.find(HINDSIGHT, id=name, limit=1)
    if kept and kept[0].body["digest"] == digest:
        failed_s = cast("float | None", kept[0].body.get("failed_s"))
        if failed_s is None:
            return solution_of(cast("dict[str, list[list[int]]]", kept[0].body))
        if seconds <= failed_s:
            return None
    found = hindsight_of(ports, problem, work, seconds)
    if found is None:
        ports.store.save(Record(HINDSIGHT, name, ports.clock(), {"digest": digest, "failed_s": seconds}))
        return None
    body = {
        "digest": digest,
        "jobs": [[job.product, *job.starts] for job in found.jobs],
        "cost": found.cost_eur,
        "bound": found.bound_eur,
        "left": [[lot, count] for lot, count in found.left.items()],
        "late": [[lot, count] for lot, count in found.late.items()],
    }
    ports.store.save(Record(HINDSIGHT, name, ports.clock(), body))
    return found


def solution_of(body: Mapping[str, object]) -> Solution:
    """A solution from its record."""
    rows = {key: cast("list[list[int]]", body[key]) for key in ("jobs", "left", "late")}
    jobs = tuple(Job(row[0], tuple(row[1:])) for row in rows["jobs"])
    cost, bound = (float(cast("float", body[key])) for key in ("cost", "bound"))
    given = {key: {row[0]: row[1] for row in rows[key]} for key in ("left", "late")}
    return Solution(jobs, cost, bound, 0.0, left=given["left"], late=given["late"])
