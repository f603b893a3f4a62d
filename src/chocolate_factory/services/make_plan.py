"""Plan every batch of the window, check it, compare it with the baseline, store it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.core.errors import Infeasible, OutOfTime
from chocolate_factory.domain.assembly import late_of, to_make
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.plan import Schedule
from chocolate_factory.domain.plan_answer import Arm, plan_answer
from chocolate_factory.domain.ports import Ports, Progress, Record
from chocolate_factory.domain.problem import Job, Solution, solution_cost_eur
from chocolate_factory.domain.risk import Risk
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.slots import local_iso
from chocolate_factory.domain.tariff.costs import plan_costs
from chocolate_factory.services.compare_plans import summary
from chocolate_factory.services.freeze_runs import IN_THE_WAY
from chocolate_factory.services.keep_plan import (
    KEEP_SHARE,
    Choice,
    Rules,
    choose_plan,
    late_batches,
    lateness,
    newest_of,
    scheduled,
    stood,
)
from chocolate_factory.services.meter_plan import metered, with_assets
from chocolate_factory.services.plan_risk import (
    AS_SET,
    Found,
    RiskWish,
    Search,
    price_risk,
    risk_adjusted,
    risk_answer,
)
from chocolate_factory.services.pose_assets import facts_json
from chocolate_factory.services.pose_problem import Case, pose_problem, released
from chocolate_factory.services.reasons_to_plan import file_digest
from chocolate_factory.services.standing_record import standing_json

SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)


@dataclass(frozen=True)
class PlanRequest:
    """How far to plan, whether lateness is accepted, and how long to search (default: the settings).

    `because` is why the plan is made; `fresh`: nothing is frozen, and any cheaper plan replaces the standing.
    `risk`: the weight of the dearest price paths and how many paths (default: the settings).
    """

    days: int = 7
    allow_late: bool = False
    time_limit_s: float | None = None
    risk: RiskWish = AS_SET
    because: str = "asked for"
    fresh: bool = False


def make_plan(ports: Ports, request: PlanRequest, progress: Progress | None = None) -> dict[str, Any]:
    """The plan as `choco plan --json` prints it, already checked and stored.

    Raises DataMissing without prices, Infeasible naming demand and rules when nothing fits.
    """
    case = pose_problem(ports, request.days, allow_late=request.allow_late, freeze=not request.fresh)
    risk, note = price_risk(ports, case, request.risk)
    case, found, choice = chosen(ports, case, (request, risk), progress)
    solution = found.solution
    plan = arm(ports, case, solution)
    as_ordered = arm(ports, case, as_ordered_solution(case, solution), blind=True)
    answer = {
        **plan_answer(case.facts, case.problem, solution, (plan, as_ordered)),
        **standing_answer(case),
        "risk": risk_answer(case, risk, found, (plan, as_ordered)),
        "because": request.because,
        "kept": choice.kept,
        "replaced": choice.replaced,
    }
    answer["changes"] = changes(case, answer)
    answer["assumptions"] += note
    save(ports, case, answer, as_ordered)
    return answer


def chosen(
    ports: Ports, case: Case, wish: tuple[PlanRequest, Risk | None], progress: Progress | None
) -> tuple[Case, Found, Choice]:
    """The best plan found, or the standing one where that is hardly dearer; the case as it was solved."""
    request, risk = wish
    start = stood(case).jobs
    usual = ports.replanning.seconds if start and not request.fresh else ports.plan_seconds
    seconds = request.time_limit_s or usual
    search = Search(ports.planner, (1 - KEEP_SHARE) * seconds if start else seconds, start, progress)
    case, found = searched(ports, case, risk, search)

    def worth_eur(jobs: tuple[Job, ...]) -> float:
        if risk is None or risk.weight == 0:
            return solution_cost_eur(case.problem, jobs)
        return risk.objective_eur(risk.costs_eur(case.problem, jobs))

    found = no_dearer_than_ordered(case, found, worth_eur)
    choice = choose_plan(ports, case, found.solution, Rules(worth_eur, seconds, request.fresh))
    if choice.kept is not None:
        objective = worth_eur(choice.solution.jobs)
        bound = min(found.bound_eur, objective)
        found = replace(found, solution=choice.solution, objective_eur=objective, bound_eur=bound)
    return case, found, choice


def no_dearer_than_ordered(case: Case, found: Found, worth_eur: Callable[[tuple[Job, ...]], float]) -> Found:
    """What was found, or the batches as ordered where a short search came to something dearer than that."""
    solution, problem = found.solution, case.problem
    if problem.assets is not None:
        return found
    ordered = as_ordered_solution(case, solution)
    worth = worth_eur(ordered.jobs)
    later = lateness(problem, ordered) > lateness(problem, solution)
    if later or worth >= worth_eur(solution.jobs):
        return found
    cost = solution_cost_eur(problem, ordered.jobs)
    ordered = replace(ordered, cost_eur=cost, bound_eur=min(solution.bound_eur, cost))
    return replace(found, solution=ordered, objective_eur=worth, bound_eur=min(found.bound_eur, worth))


def searched(ports: Ports, case: Case, risk: Risk | None, search: Search) -> tuple[Case, Found]:
    """The best plan found; nothing stays frozen where that keeps what is due from being made in time."""
    held = any(tail.held for tail in case.standing.tails)
    found: Found | None = None
    try:
        found = risk_adjusted(case.problem, risk, search)
    except Infeasible as error:
        if not held or isinstance(error, OutOfTime):
            raise
    newest = newest_of(case)
    known = sum(row["batches"] for row in newest["answer"]["late"]) if newest else 0
    if found is not None and (not held or late_batches(case.problem, found.solution) <= known):
        return case, found
    free = released(ports, case, IN_THE_WAY)
    other = risk_adjusted(free.problem, risk, replace(search, start=stood(free).jobs))
    if found is None or lateness(free.problem, other.solution) < lateness(case.problem, found.solution):
        return free, other
    return case, found


def changes(case: Case, answer: dict[str, Any]) -> dict[str, Any] | None:
    """What is different from the plan that stood, None where none did."""
    newest = newest_of(case)
    return summary(dict(newest["answer"]), answer) if newest else None


def as_ordered_solution(case: Case, solution: Solution) -> Solution:
    """The same batches, blind to prices."""
    jobs = baseline(case.problem, solution)
    return replace(solution, jobs=jobs, late=late_of(case.problem, jobs, to_make(case.problem, solution)))


def arm(ports: Ports, case: Case, solution: Solution, *, blind: bool = False) -> Arm:
    """Schedule, load as the grid sees it, and costs of one way to run the batches, checked by every rule.

    `blind`: battery and array do not look at prices.
    """
    problem = case.problem
    load, use = metered(problem, solution.jobs, blind=blind)
    costs = plan_costs(ports.factory.contract, problem.window, load, case.stack, problem.excess)
    schedule = replace(scheduled(case, solution), dispatch=use)
    refuse_broken(case, schedule)
    costs = with_assets(costs, problem.assets, use, problem.minutes)
    return Arm(solution.jobs, schedule, load, costs, use)


def standing_answer(case: Case) -> dict[str, Any]:
    """What the plan found: runs of batches under way, finished goods, batches given up, what is frozen."""
    zone, standing = case.facts.factory.site.timezone, case.standing
    told = ("batch", "product", "process", "machine", "unit")
    return {
        "begun": [
            {key: getattr(run, key) for key in told}
            | {"start": local_iso(run.start, zone), "end": local_iso(run.end, zone)}
            | ({"mode": run.mode} if run.mode else {})
            for run in standing.begun
        ],
        "in_stock": [
            {"product": product, "batches": count} for product, count in standing.supply.items() if count
        ],
        "given_up": list(standing.given_up),
        "frozen": [
            {key: getattr(run, key) for key in ("batch", "product", "process", "machine")}
            | {"start": local_iso(run.start, zone)}
            for tail in standing.tails
            for run in tail.held
        ],
        "released": [
            {"batch": batch, "why": why} for batch, why in (case.posed.released if case.posed else {}).items()
        ],
    }


def refuse_broken(case: Case, schedule: Schedule) -> None:
    """Nothing that breaks a rule is stored or shown: that would be a bug of the planner."""
    broken = violations(case.facts.factory, schedule, case.climate, case.problem.power_cap_kw)
    if broken:
        told = "; ".join(f"{v.rule}: {v.message}" for v in broken[:5])
        raise RuntimeError(f"the plan breaks {len(broken)} rules and was not stored: {told}")


def save(ports: Ports, case: Case, answer: dict[str, Any], as_ordered: Arm) -> None:
    """Store the plan with what settling it later needs, and the factory file it was made for."""
    zone = ports.factory.site.timezone
    digest = file_digest(ports.factory_text)
    ports.store.save(Record("factory", digest, case.now, {"text": ports.factory_text}))
    body = {
        "answer": answer,
        "factory": digest,
        "weights": case.weights,
        "known_until": local_iso(case.known_until, zone) if case.known_until else None,
        "market_eur_mwh": case.facts.forecast.price.tolist() if case.facts.forecast else None,
        "baseline_load_kw": [round(float(kw), 6) for kw in as_ordered.load_kw],
        "baseline_batches": as_ordered.batch_costs(case.stack.all_in_eur_kwh, case.problem.window),
        "stock": {str(k): v for k, v in as_ordered.schedule.stock.items()},
        "left": {str(k): v for k, v in as_ordered.schedule.left.items()},
        "production": standing_json(case.standing, case.facts.factory),
    }
    if case.facts.asset_facts is not None:
        body["assets"] = facts_json(case.facts.asset_facts)
    if case.facts.carbon is not None:
        body["co2_g_kwh"] = case.facts.carbon.g_kwh.tolist()
    ports.store.save(Record("plan", answer["id"], after_others(ports, answer["id"], case.now), body))


def after_others(ports: Ports, plan: str, now: datetime) -> datetime:
    """The moment to store a plan under: now, or just after those made in the same second of a held clock."""
    last = next(iter(ports.store.find("plan", limit=1)), None)
    if last is None or not timedelta(0) <= last.at - now < SECOND:
        return now
    return last.at if last.id == plan else last.at + TICK
