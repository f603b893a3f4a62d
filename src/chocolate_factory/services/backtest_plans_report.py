"""What weeks of plans were worth: baseline, plans and hindsight, settled on the prices that came true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from chocolate_factory.domain import scores
from chocolate_factory.domain.factory import Contract, Factory
from chocolate_factory.domain.movable_load import captured
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, local_date, local_iso
from chocolate_factory.domain.tariff.costs import plan_costs
from chocolate_factory.domain.tariff.excess import excess_groups, excess_invoice
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.domain.tariff.tables import distinct
from chocolate_factory.services.backtest_plans import PlannedWeeks, Week, arms_of
from chocolate_factory.services.backtest_report import OF_KIND, number
from chocolate_factory.services.replan_week import BASELINE, HINDSIGHT
from chocolate_factory.services.week_record import ArmWeek, Solve

Row = dict[str, Any]
KIND = "plan-backtest"
SPREAD = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}
EQUAL_KWH = 1e-6
RULES = {
    "weeks": (
        "the tariff's own rule, what plans minimise; each week is charged as if its months had nothing before"
    ),
    "months": "the tariff's own rule on all weeks joined, each calendar month charged once",
    "highest": "the highest slot of each period and month of the week × its price, week by week",
}
WEEKLY = ("weeks", "highest")
"""The rules by which a week has a cost of its own."""


@dataclass(frozen=True)
class AboutPlans:
    """What a report tells beside the weeks: how forecasts were made, and the command that repeats it."""

    forecast_code: str
    learn_every: int
    history_days: int
    command: str | None = None


@dataclass(frozen=True)
class Paid:
    """What an arm paid in a week, EUR with electricity tax, without VAT and fixed terms.

    `excess` power by the tariff's own rule, `highest` by the highest slot of each period and month.
    """

    energy: float
    excess: float
    highest: float

    @property
    def cost(self) -> float:
        """What plans minimise."""
        return self.energy + self.excess


@dataclass(frozen=True, eq=False)
class Settled:
    """Weeks (n,) in order with what each arm paid; `months` is the excess of whole months by arm, EUR.

    Hindsight is in each week the cheapest plan known of its work, since the solver may stop before proof.
    `unequal` are the weeks whose arms did not do the same work: no cost is of them.
    """

    planned: PlannedWeeks
    paid: Mapping[str, tuple[Paid, ...]]
    months: Mapping[str, float]
    assumptions: tuple[str, ...]
    unequal: tuple[Week, ...] = ()

    def costs(self, arm: str, rule: str) -> FloatArray:
        """Weekly cost of an arm by a rule of WEEKLY, EUR, shape (n,)."""
        paid = self.paid[arm]
        excess = [one.excess if rule == "weeks" else one.highest for one in paid]
        return np.array([one.energy for one in paid], np.float64) + np.array(excess, np.float64)

    def total(self, arm: str, rule: str) -> float:
        """Cost of an arm over all weeks by a rule, EUR."""
        if rule == "months":
            return float(sum(one.energy for one in self.paid[arm])) + self.months[arm]
        return float(self.costs(arm, rule).sum())


def settle(planned: PlannedWeeks, factory: Factory) -> Settled:
    """Every arm of every week of the same work paid at the prices that came true."""
    contract, arms = factory.contract, arms_of(planned)
    equal = [week for week in planned.weeks if same_work(week, arms)]
    stacks = [stack_of(contract, planned.track.series, week) for week in equal]
    found = [
        cheapest_known(week, {arm: paid_by(contract, week, stack, week.arms[arm]) for arm in arms})
        for week, stack in zip(equal, stacks, strict=True)
    ]
    weeks = list(zip((week for week, _ in found), stacks, strict=True))
    notes = (note for stack in stacks for note in stack.assumptions)
    return Settled(
        replace(planned, weeks=tuple(week for week, _ in found)),
        {arm: tuple(paid[arm] for _, paid in found) for arm in arms},
        {arm: months_excess(contract, weeks, arm) for arm in arms},
        distinct([*factory.assumptions, *notes]),
        tuple(week for week in planned.weeks if not same_work(week, arms)),
    )


def cheapest_known(week: Week, paid: Mapping[str, Paid]) -> tuple[Week, dict[str, Paid]]:
    """The week with the cheapest plan of hindsight's work as its hindsight, whose proven bound stays."""
    models = [arm for arm in paid if arm not in (BASELINE, HINDSIGHT)]
    able = [arm for arm in models if stands_in(week.arms[arm], week.arms[HINDSIGHT])]
    best = min([HINDSIGHT, *able], key=lambda arm: paid[arm].cost)
    solves = tuple(replace(solve, cost_eur=paid[best].cost) for solve in week.arms[HINDSIGHT].solves)
    hindsight = replace(week.arms[best], arm=HINDSIGHT, solves=solves)
    return replace(week, arms={**week.arms, HINDSIGHT: hindsight}), {**paid, HINDSIGHT: paid[best]}


def stands_in(arm: ArmWeek, hindsight: ArmWeek) -> bool:
    """Whether an arm finished hindsight's batches and has no more of them late or left."""
    same = dict(arm.batches) == dict(hindsight.batches)
    return same and arm.late <= hindsight.late and arm.left <= hindsight.left


def stack_of(contract: Contract, series: str, week: Week) -> PriceStack:
    """What the site paid in each slot of a week."""
    starts = week.window.starts(PLAN_MINUTES)
    return price_stack(contract, starts, PLAN_MINUTES, Market(**{series: week.truth}))


def paid_by(contract: Contract, week: Week, stack: PriceStack, arm: ArmWeek) -> Paid:
    """What an arm paid in a week."""
    groups = excess_groups(contract, week.window, PLAN_MINUTES, {})
    load = np.array(arm.load_kw)
    cost = plan_costs(contract, week.window, load, stack, groups).cost_eur
    excess, highest = (
        sum(group.rate_eur_kw * group.charged_kw(load) for group in rule)
        for rule in (groups, [replace(group, quarters=False) for group in groups])
    )
    return Paid(cost - excess, excess, highest)


def months_excess(contract: Contract, weeks: Sequence[tuple[Week, PriceStack]], arm: str) -> float:
    """Excess of an arm by the tariff's own rule over all weeks joined, EUR with electricity tax."""
    if not weeks:
        return 0.0
    starts = np.concatenate([stack.starts for _, stack in weeks])
    load = np.concatenate([np.array(week.arms[arm].load_kw) for week, _ in weeks])
    rates = tax_by_group(contract, weeks)
    lines = excess_invoice(contract, starts, load)
    return float(sum(line.eur * (1 + rates[line.name]) for line in lines))


def tax_by_group(contract: Contract, weeks: Sequence[tuple[Week, PriceStack]]) -> dict[str, float]:
    """Electricity tax of each period and month at its last slot."""
    found = {}
    for week, stack in weeks:
        for group in excess_groups(contract, week.window, PLAN_MINUTES, {}):
            found[group.name] = float(stack.tax_rate[group.slots[-1]])
    return found


def plans_report(settled: Settled, about: AboutPlans, factory: Factory, now: tuple[datetime, bool]) -> Row:
    """All figures as JSON: EUR, shares 0 to 1, kWh, seconds; `now` is when it is made, and if of samples."""
    planned, zone = settled.planned, factory.site.timezone
    request, weeks = planned.request, planned.weeks
    return {
        "id": f"{now[0]:%Y%m%dT%H%M%S}-plans",
        "at": local_iso(now[0], zone),
        "sample": now[1],
        "code": planned.code,
        "forecast_code": about.forecast_code,
        "command": about.command,
        "plant": factory.site.name,
        "series": planned.track.series,
        "gate": f"{planned.track.gate:%H:%M}",
        "first": str(request.first),
        "last": str(request.last),
        "learn_every": about.learn_every,
        "history_days": about.history_days,
        "seconds": request.seconds,
        "hindsight_seconds": request.hindsight_s,
        "weeks": len(weeks),
        "first_week": local_iso(weeks[0].window.start, zone) if weeks else None,
        "last_week": local_iso(weeks[-1].window.start, zone) if weeks else None,
        "left_out": {str(day): reason for day, reason in planned.left_out.items()},
        "rules": RULES,
        "assumptions": list(settled.assumptions),
        "weather_hours": weather_hours(weeks),
        "unequal_weeks": [str(local_date(week.window.start, zone)) for week in settled.unequal],
        "arms": [arm_row(settled, arm, factory) for arm in arms_of(planned)],
        "models": [model_row(settled, model) for model in request.models],
        "hindsight_solver": solver_row([week.arms[HINDSIGHT] for week in weeks]),
        "by_week": [week_row(settled, place, zone) for place in range(len(weeks))],
    }


def save_plans(store: Store, body: Row) -> None:
    """Store a report as a record of kind "plan-backtest"."""
    store.save(Record(KIND, str(body["id"]), datetime.fromisoformat(str(body["at"])), body))


def weather_hours(weeks: Sequence[Week]) -> Row:
    """Hours planned on a weather forecast, on climate normals, and without any weather."""
    hours = PLAN_MINUTES / 60
    normal = sum(week.climate.estimated for week in weeks) * hours
    none = sum(week.climate.unknown for week in weeks) * hours
    whole = sum(len(week.truth) for week in weeks) * hours
    return {"forecast": whole - normal - none, "normals": normal, "none": none}


def same_work(week: Week, arms: Sequence[str]) -> bool:
    """Whether all arms finished the same batches with the same energy of runs and site."""
    first = week.arms[arms[0]]
    return all(
        dict(arm.batches) == dict(first.batches)
        and abs(arm.work_kwh - first.work_kwh) < EQUAL_KWH
        and abs(site_kwh(arm) - site_kwh(first)) < EQUAL_KWH
        for arm in (week.arms[name] for name in arms[1:])
    )


def site_kwh(arm: ArmWeek) -> float:
    """Energy of the site in a week, auxiliary loads included."""
    return sum(arm.load_kw) * PLAN_MINUTES / 60


def arm_row(settled: Settled, arm: str, factory: Factory) -> Row:
    """What an arm did and paid over all weeks; what is late, left or broken counts unequal weeks too."""
    weeks = [week.arms[arm] for week in settled.planned.weeks]
    tried = [*weeks, *(week.arms[arm] for week in settled.unequal)]
    paid = settled.paid[arm]
    size = {product.name: product.batch_kg for product in factory.products}
    return {
        "arm": arm,
        "cost_eur": {rule: number(settled.total(arm, rule)) for rule in RULES},
        "energy_eur": number(sum(one.energy for one in paid)),
        "excess_eur": {
            "weeks": number(sum(one.excess for one in paid)),
            "months": number(settled.months[arm]),
            "highest": number(sum(one.highest for one in paid)),
        },
        "tonnes": sum(size[name] * count for week in weeks for name, count in week.batches.items()) / 1000,
        "batches": sum(sum(week.batches.values()) for week in weeks),
        "site_kwh": round(sum(site_kwh(week) for week in weeks), 3),
        "work_kwh": round(sum(week.work_kwh for week in weeks), 3),
        "late": sum(week.late for week in tried),
        "left": sum(week.left for week in tried),
        "violations": sum(week.broken for week in tried),
        "violations_told": [text for week in tried for text in week.told][:5],
    }


def model_row(settled: Settled, model: str) -> Row:
    """What a model's plans saved, by each rule; `dm_p` compares weekly costs with naive-kind's."""
    weeks = [week.arms[model] for week in settled.planned.weeks]
    plan = settled.costs(model, "weeks")
    compared = OF_KIND in settled.paid and model != OF_KIND and len(plan) > 0
    kind = settled.costs(OF_KIND, "weeks") if compared else plan
    return {
        "model": model,
        **{rule: saved_row(settled, model, rule) for rule in RULES},
        "captured_at_least": number(captured_at_least(settled, model)),
        "dm_p": number(scores.diebold_mariano(plan, kind, 1)) if compared else None,
        "solver": solver_row(weeks),
    }


def saved_row(settled: Settled, model: str, rule: str) -> Row:
    """Saving of a model's plans by a rule, over all and over weeks (by whole months there are none)."""
    base, plan, best = (settled.total(arm, rule) for arm in (BASELINE, model, HINDSIGHT))
    row: Row = {
        "plan_eur": number(plan),
        "saving_eur": number(base - plan),
        "saving_share": number((base - plan) / base if base > 0 else float("nan")),
        "captured_share": number(captured(base, plan, best)),
    }
    if rule in WEEKLY:
        costs = [settled.costs(arm, rule) for arm in (BASELINE, model, HINDSIGHT)]
        row |= {"over_weeks": {name: spread(values) for name, values in weekly(*costs).items()}}
    return row


def weekly(base: FloatArray, plan: FloatArray, best: FloatArray) -> dict[str, FloatArray]:
    """Saving in EUR, as a share of the baseline and of the possible, by week; undefined shares left out."""
    paid = base > 0
    shares = [captured(*costs) for costs in zip(base.tolist(), plan.tolist(), best.tolist(), strict=True)]
    caught = np.array(shares, np.float64)
    return {
        "saving_eur": base - plan,
        "saving_share": (base[paid] - plan[paid]) / base[paid],
        "captured_share": caught[np.isfinite(caught)],
    }


def captured_at_least(settled: Settled, model: str) -> float:
    """The captured share if hindsight could reach its proven bound, week by week."""
    bounds = sum(week.arms[HINDSIGHT].solves[0].bound_eur for week in settled.planned.weeks)
    return captured(settled.total(BASELINE, "weeks"), settled.total(model, "weeks"), bounds)


def solver_row(weeks: Sequence[ArmWeek]) -> Row:
    """Gaps and seconds of all plannings; `kept`: the planner found none and the plan in force went on."""
    solves = [solve for week in weeks for solve in week.solves]
    real = [solve for solve in solves if not solve.kept]
    first = [week.solves[0] for week in weeks if week.solves]

    def over(found: Sequence[Solve], value: Callable[[Solve], float]) -> Row:
        return spread(np.array([value(solve) for solve in found], np.float64))

    return {
        "plannings": len(solves),
        "kept": len(solves) - len(real),
        "gap": over(real, lambda solve: solve.gap),
        "first_gap": over(first, lambda solve: solve.gap),
        "seconds": over(real, lambda solve: solve.seconds),
    }


def spread(values: FloatArray) -> Row:
    """Least, quartiles and greatest of some values, null where there is none."""
    return {
        name: number(float(np.quantile(values, level))) if len(values) else None
        for name, level in SPREAD.items()
    }


def week_row(settled: Settled, place: int, zone: str) -> Row:
    """What each arm paid in a week, and what went wrong in it."""
    week = settled.planned.weeks[place]
    arms = arms_of(settled.planned)
    return {
        "start": local_iso(week.window.start, zone),
        "batches": sum(week.arms[BASELINE].batches.values()),
        "cost_eur": {arm: number(float(settled.costs(arm, "weeks")[place])) for arm in arms},
        "excess_eur": {arm: number(settled.paid[arm][place].excess) for arm in arms},
        "hindsight_gap": number(week.arms[HINDSIGHT].solves[0].gap),
        "late": {arm: week.arms[arm].late for arm in arms},
        "violations": sum(week.arms[arm].broken for arm in arms),
    }
