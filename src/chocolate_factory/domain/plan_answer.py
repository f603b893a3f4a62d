"""The plan as it is stored, printed and served: one JSON for every door."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from chocolate_factory.domain.assets import Dispatch
from chocolate_factory.domain.assets_answer import assets_answer
from chocolate_factory.domain.assets_builder import AssetFacts
from chocolate_factory.domain.carbon import Carbon
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.month_so_far import MonthSoFar
from chocolate_factory.domain.plan import Run, Schedule
from chocolate_factory.domain.problem import Job, Problem, Solution
from chocolate_factory.domain.run_reasons import reason
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window, epoch, local_iso, moment
from chocolate_factory.domain.tariff.costs import PlanCosts
from chocolate_factory.domain.tariff.stack import PriceStack


@dataclass(frozen=True)
class PlanFacts:
    """What a plan was made from.

    `forecast` is None where the contract fixes the price, `month` on a tariff without excess power.
    """

    factory: Factory
    now: datetime
    sample: bool
    forecast: Forecast | None
    stack: PriceStack
    assumptions: list[str]
    asset_facts: AssetFacts | None = None
    carbon: Carbon | None = None
    month: MonthSoFar | None = None


@dataclass(frozen=True)
class Arm:
    """One way to run the batches: the plan or the baseline. `load_kw` is the site load of each slot."""

    jobs: tuple[Job, ...]
    schedule: Schedule
    load_kw: FloatArray
    costs: PlanCosts
    dispatch: Dispatch | None = None

    def batch_costs(self, price_eur_kwh: FloatArray, window: Window) -> dict[str, float]:
        """Energy cost of each batch's own runs, EUR."""
        total: dict[str, float] = defaultdict(float)
        for run in self.schedule.runs:
            total[run.batch] += run_cost(run, price_eur_kwh, window)
        return dict(sorted(total.items()))


def slots_of(run: Run, window: Window) -> slice:
    """The run's slots on the window's 15-minute grid."""
    first = (epoch(run.start) - epoch(window.start)) // 900
    return slice(first, first + (epoch(run.end) - epoch(run.start)) // 900)


def run_cost(run: Run, price_eur_kwh: FloatArray, window: Window) -> float:
    """Energy of one run at the price of its slots, EUR with electricity tax."""
    price = price_eur_kwh[slots_of(run, window)]
    if run.profile_kw:
        return float(price @ run.draw_kw(np.arange(len(price), dtype=np.float64))) / 4
    return float(np.sum(price)) * run.power_kw / 4


def plan_answer(
    facts: PlanFacts, problem: Problem, solution: Solution, arms: tuple[Arm, Arm]
) -> dict[str, Any]:
    """The answer of `choco plan --json`; `arms` are the plan and its baseline. Money in EUR, unrounded."""
    plan, as_ordered = arms
    cost, base = plan.costs.cost_eur, as_ordered.costs.cost_eur
    zone = facts.factory.site.timezone
    window = problem.window
    answer: dict[str, Any] = {
        "id": plan_id(facts, plan),
        "sample": facts.sample,
        "site": facts.factory.site.name,
        "issued_at": local_iso(facts.now, zone),
        "window": {"start": local_iso(window.start, zone), "end": local_iso(window.end, zone)},
        "resolution_min": problem.minutes,
        "currency": "EUR",
        "contract": f"{facts.factory.contract.kind} {facts.factory.contract.access_tariff}",
        "model": facts.forecast.model if facts.forecast else "contract",
        "cost_eur": cost,
        "energy_kwh": plan.costs.energy_kwh,
        "baseline": {"cost_eur": base, "energy_kwh": as_ordered.costs.energy_kwh},
        "saving": {"eur": base - cost, "percent": 100 * (base - cost) / base if base > 0 else None},
        "cost_parts": plan.costs.parts,
        "mip_gap": solution.gap,
        "solve_seconds": round(solution.solve_seconds, 3),
        "price_origin": price_origin(facts, problem),
        "violations": [],
    }
    answer |= lots_answer(solution, plan.schedule, zone)
    notes = (*facts.assumptions, *plan.costs.assumptions, *unknown_units(problem))
    answer["assumptions"] = list(dict.fromkeys(notes))
    answer["bill"] = {"plan": plan.costs.to_json(), "baseline": as_ordered.costs.to_json()}
    answer["runs"] = [run_row(run, facts, problem) for run in plan.schedule.runs]
    if facts.factory.setups:
        answer["setups"] = [setup_row(run, facts, problem) for run in plan.schedule.setups]
    answer["load_kw"] = load_rows(plan.load_kw, window, zone)
    return answer | beside(facts, problem, arms)


def beside(facts: PlanFacts, problem: Problem, arms: tuple[Arm, Arm]) -> dict[str, Any]:
    """The month so far, battery, array and carbon, as far as the plant has them."""
    found: dict[str, Any] = {}
    if facts.month is not None:
        found["month_so_far"] = facts.month.to_json(facts.factory.site.timezone)
    if problem.assets is not None and arms[0].dispatch is not None:
        use = (problem.assets, arms[0].dispatch)
        found |= assets_answer(facts.factory, problem.window, use, facts.asset_facts)
    if facts.carbon is not None:
        found["co2"] = carbon_row(facts.carbon, arms, problem.minutes)
    return found


def carbon_row(carbon: Carbon, arms: tuple[Arm, Arm], minutes: int) -> dict[str, Any]:
    """Carbon of plan and baseline; `weighted_eur` is what it added to what was minimised, not to the cost."""
    kg, base = (carbon.kg(arm.load_kw, minutes) for arm in arms)
    slots = len(carbon.g_kwh)
    return {
        "kg": kg,
        "baseline_kg": base,
        "weight_eur_t": carbon.eur_per_tonne,
        "weighted_eur": kg / 1000 * carbon.eur_per_tonne,
        "origin": {"known": slots - carbon.estimated, "estimated": carbon.estimated},
    }


def plan_id(facts: PlanFacts, plan: Arm) -> str:
    """Moment of issue and a digest of the starts: the same plan made twice has one id."""
    starts = sorted((run.product, run.step, epoch(run.start)) for run in plan.schedule.runs)
    digest = hashlib.sha256(repr((starts, round(plan.costs.cost_eur, 6))).encode()).hexdigest()[:8]
    return f"{facts.now:%Y%m%dT%H%M%SZ}-{digest}"


def price_origin(facts: PlanFacts, problem: Problem) -> dict[str, int]:
    """Slots of the window by where their price comes from."""
    kinds = ("published", "forecast", "sample")
    if facts.forecast is None:
        return {**dict.fromkeys(kinds, 0), "contract": problem.slots}
    count = Counter(str(origin) for origin in facts.forecast.origin)
    return {**{kind: count[kind] for kind in kinds}, "contract": 0}


def lots_answer(solution: Solution, schedule: Schedule, zone: str) -> dict[str, Any]:
    """What was assumed in stock, left for later and late.

    A hard batch that cannot be made in the window at all is both late and left for later.
    """
    missed = {index: count for index, count in solution.left.items() if schedule.wanted[index].hard}
    late = Counter(solution.late) + Counter(missed)

    def told(batches: dict[int, int]) -> list[dict[str, Any]]:
        found = [(schedule.wanted[index], count) for index, count in sorted(batches.items()) if count]
        return [{"product": w.product, "batches": n, "due": local_iso(w.due, zone)} for w, n in found]

    return {
        "assumed_stock": told(solution.stock),
        "left_for_later": told(solution.left),
        "late": told(late),
    }


def run_row(run: Run, facts: PlanFacts, problem: Problem) -> dict[str, Any]:
    """One run with its energy, cost and reason."""
    zone = facts.factory.site.timezone
    return {
        "batch": run.batch,
        "product": run.product,
        "process": run.process,
        "machine": run.machine,
        "unit": run.unit,
        **({"mode": run.mode} if run.mode else {}),
        "start": local_iso(run.start, zone),
        "end": local_iso(run.end, zone),
        "energy_kwh": run.power_kw * (run.end - run.start).total_seconds() / 3600,
        "cost_eur": run_cost(run, facts.stack.all_in_eur_kwh, problem.window),
        "why": reason(run, problem),
    }


def unknown_units(problem: Problem) -> list[str]:
    """What is assumed of units of which nothing is known that they carried."""
    found = []
    for change in problem.setups:
        if (count := change.count - len(change.carried)) > 0:
            units = f"{count} of {change.count} units" if change.count > 1 else "the unit"
            name = problem.machines[change.machine]
            found.append(f"{name}: what {units} carried before is not known; no setup is needed at first.")
    return found


def setup_row(run: Run, facts: PlanFacts, problem: Problem) -> dict[str, Any]:
    """One setup: the unit it makes ready, and for which product."""
    zone = facts.factory.site.timezone
    return {
        "machine": run.machine,
        "unit": run.unit,
        "product": run.product,
        "start": local_iso(run.start, zone),
        "end": local_iso(run.end, zone),
        "energy_kwh": run.power_kw * (run.end - run.start).total_seconds() / 3600,
        "cost_eur": run_cost(run, facts.stack.all_in_eur_kwh, problem.window),
    }


def load_rows(load: FloatArray, window: Window, zone: str) -> list[dict[str, Any]]:
    """Site load of each slot."""
    return [
        {"start": local_iso(moment(start), zone), "kw": float(kw)}
        for start, kw in zip(window.starts(15), load, strict=True)
    ]
