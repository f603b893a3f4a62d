"""Plan every batch of the window, check it, compare it with the baseline, store it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from chocolate_factory.domain.assembly import late_of, schedule_of, to_make
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.plan import Schedule
from chocolate_factory.domain.plan_answer import Arm, plan_answer
from chocolate_factory.domain.ports import Ports, Progress, Record
from chocolate_factory.domain.problem import Solution, load_kw
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.slots import local_iso
from chocolate_factory.domain.tariff.costs import plan_costs
from chocolate_factory.services.pose_problem import Case, pose_problem
from chocolate_factory.services.standing_record import standing_json


@dataclass(frozen=True)
class PlanRequest:
    """How far to plan, whether lateness is accepted, and how long to search (default: the setting)."""

    days: int = 7
    allow_late: bool = False
    time_limit_s: float | None = None


def make_plan(ports: Ports, request: PlanRequest, progress: Progress | None = None) -> dict[str, Any]:
    """The plan as `choco plan --json` prints it, already checked and stored.

    Raises DataMissing without prices, Infeasible naming demand and rules when nothing fits.
    """
    case = pose_problem(ports, request.days, allow_late=request.allow_late)
    limit = request.time_limit_s or ports.plan_seconds
    solution = ports.planner.solve(case.problem, limit, progress)
    plan = arm(ports, case, solution)
    as_ordered = arm(ports, case, as_ordered_solution(case, solution))
    answer = {
        **plan_answer(case.facts, case.problem, solution, (plan, as_ordered)),
        **standing_answer(case),
    }
    save(ports, case, answer, as_ordered)
    return answer


def as_ordered_solution(case: Case, solution: Solution) -> Solution:
    """The same batches, blind to prices."""
    jobs = baseline(case.problem, solution)
    return replace(solution, jobs=jobs, late=late_of(case.problem, jobs, to_make(case.problem, solution)))


def arm(ports: Ports, case: Case, solution: Solution) -> Arm:
    """Schedule, load and costs of one way to run the batches, checked against every rule."""
    load = load_kw(case.problem, solution.jobs)
    costs = plan_costs(ports.factory.contract, case.problem.window, load, case.stack, case.problem.excess)
    standing, factory = case.standing, case.facts.factory
    kept = tuple(dict.fromkeys((*standing.begun, *standing.kept)))
    schedule = schedule_of(case.problem, solution, case.wanted, factory, kept)
    schedule = replace(schedule, begun=standing.begun)
    refuse_broken(ports, case, schedule)
    return Arm(solution.jobs, schedule, load, costs)


def standing_answer(case: Case) -> dict[str, Any]:
    """What the plan found: runs of batches under way, finished goods, batches given up."""
    zone, standing = case.facts.factory.site.timezone, case.standing
    told = ("batch", "product", "process", "machine", "unit")
    return {
        "begun": [
            {key: getattr(run, key) for key in told}
            | {"start": local_iso(run.start, zone), "end": local_iso(run.end, zone)}
            for run in standing.begun
        ],
        "in_stock": [
            {"product": product, "batches": count} for product, count in standing.supply.items() if count
        ],
        "given_up": list(standing.given_up),
    }


def refuse_broken(ports: Ports, case: Case, schedule: Schedule) -> None:
    """Nothing that breaks a rule is stored or shown: that would be a bug of the planner."""
    broken = violations(case.facts.factory, schedule, case.climate, case.problem.power_cap_kw)
    if broken:
        told = "; ".join(f"{v.rule}: {v.message}" for v in broken[:5])
        raise RuntimeError(f"the plan breaks {len(broken)} rules and was not stored: {told}")


def save(ports: Ports, case: Case, answer: dict[str, Any], as_ordered: Arm) -> None:
    """Store the plan with what settling it later needs, and the factory file it was made for."""
    zone = ports.factory.site.timezone
    digest = hashlib.sha256(ports.factory_text.encode()).hexdigest()[:16]
    ports.store.save(Record("factory", digest, case.now, {"text": ports.factory_text}))
    body = {
        "answer": answer,
        "factory": digest,
        "known_until": local_iso(case.known_until, zone) if case.known_until else None,
        "market_eur_mwh": case.facts.forecast.price.tolist() if case.facts.forecast else None,
        "baseline_load_kw": [round(float(kw), 6) for kw in as_ordered.load_kw],
        "baseline_batches": as_ordered.batch_costs(case.problem.price_eur_kwh, case.problem.window),
        "stock": {str(k): v for k, v in as_ordered.schedule.stock.items()},
        "left": {str(k): v for k, v in as_ordered.schedule.left.items()},
        "production": standing_json(case.standing, case.facts.factory),
    }
    ports.store.save(Record("plan", answer["id"], case.now, body))
