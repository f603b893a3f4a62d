"""The plan in force beside the plan of a changed plant or price; nothing of it is stored as a plan."""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chocolate_factory.core.errors import ChocolateError, Misconfigured, UsageError
from chocolate_factory.domain.assembly import late_of, to_make
from chocolate_factory.domain.factory import WEEKDAYS, Factory
from chocolate_factory.domain.factory_file import parse_factory, read_factory
from chocolate_factory.domain.forced import asked, held
from chocolate_factory.domain.freezing import frozen_again, still_held
from chocolate_factory.domain.keeping import carried
from chocolate_factory.domain.month_so_far import NO_METER
from chocolate_factory.domain.pinned import rest_only, stranded
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.plan_answer import Arm, lots_answer
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import ExcessGroup, Lot, Solution
from chocolate_factory.domain.run_moves import SMALL_EUR
from chocolate_factory.domain.slots import PLAN_MINUTES
from chocolate_factory.domain.staffing import staffed_seconds
from chocolate_factory.domain.standing import Standing
from chocolate_factory.domain.tariff.excess import power_cap_kw
from chocolate_factory.domain.what_if_edits import Changed, changed
from chocolate_factory.services.explain_run import solved
from chocolate_factory.services.make_plan import arm, as_ordered_solution
from chocolate_factory.services.pose_problem import Case, can_go_on
from chocolate_factory.services.read_production import read_past, stand
from chocolate_factory.services.stored_case import Row, StoredCase, posed, stored_case

ARM_SECONDS = 2.5
VALUE_POWER_KW = 10
NO_PLACE = "Batch {} is under way, and the changed plant cannot finish it: it is given up and made anew."


@dataclass(frozen=True)
class Wish:
    """Changes such as ("price=+10%", "machine:oven=+1"), and the seconds of solving for each side."""

    words: tuple[str, ...]
    plan_id: str | None = None
    seconds: float = ARM_SECONDS


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the comparison: what was solved and what it costs.

    `same`: it makes the plan's batches. `notes` are sentences about what it had to do without.
    """

    factory: Factory
    solution: Solution
    plan: Arm
    as_ordered: Arm
    same: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Freed:
    """What the changed plant has no place for: all that is `frozen` first, then batches under way."""

    lost: frozenset[str] = frozenset()
    frozen: bool = False


def what_if(ports: Ports, wish: Wish) -> Row:
    """Both sides, solved for the same time on the knowledge of the plan in force, and their difference.

    `present` is the plan in force solved again: it may be cheaper than what is stored.

    The same batches are made on both sides unless the demand is changed; what the changed plant cannot make
    in time is late as little as can be, and what it cannot make at all is left. Raises UsageError for a
    change that cannot be asked or gives no sound factory file, NotFound without a plan.
    """
    stored = stored_case(ports, wish.plan_id)
    change = changed(tomllib.loads(stored.text), stored.known.window, wish.words)
    present = present_side(ports, stored, wish.seconds)
    found = comparison(ports, stored, wish, (present, changed_side(ports, stored, change, wish.seconds)))
    return {**found, "assumptions": [*found["assumptions"], *change.notes]}


def present_side(ports: Ports, stored: StoredCase, seconds: float) -> Side:
    """The plan in force, searched on for as long as the other side."""
    problem = held(stored.problem, stored.solution)
    solution = solved(ports, problem, stored.solution.jobs, seconds)
    best = replace(solution, bound_eur=max(solution.bound_eur, stored.solution.bound_eur))
    return side(ports, (stored.factory, stored.case), of_the_plan(stored, best), same=True)


def changed_side(ports: Ports, stored: StoredCase, change: Changed, seconds: float) -> Side:
    """The plan of the changed plant; what is under way and cannot go on there is given up, and made anew."""
    factory = with_outages_of(read_changed(change), stored)
    freed = Freed()
    while True:
        case = changed_case(ports, stored, (change, factory), freed)
        batch = stuck(ports, case)
        if batch is None:
            break
        if any(tail.held for tail in case.standing.tails):
            freed = replace(freed, frozen=True)
        else:
            freed = replace(freed, lost=freed.lost | {batch})
    notes = () if all(goes_on(stored, group) for group in case.problem.excess) else (NO_METER,)
    if change.batches or freed != Freed():
        start = carried(stored.solution.jobs, stored.problem, case.problem)
        solution = solved(ports, case.problem, start, seconds)
        found = side(ports, (factory, case), solution, same=False)
        return replace(found, notes=(*notes, *(NO_PLACE.format(name) for name in sorted(freed.lost))))
    lots = held_softly(stored)
    solution = solved(ports, replace(case.problem, lots=lots), stored.solution.jobs, seconds)
    told = of_the_plan(stored, solution)
    found = side(ports, (factory, as_wanted(case, stored)), told, same=told.left == stored.solution.left)
    return replace(found, notes=notes)


def changed_case(ports: Ports, stored: StoredCase, plant: tuple[Changed, Factory], freed: Freed) -> Case:
    """The problem of the changed plant, on the knowledge of the plan in force, less what is `freed`."""
    change, factory = plant
    known = replace(stored.known, standing=changed_standing(ports, stored, plant, freed), allow_late=True)
    if known.market is not None:
        known = replace(known, market=known.market * change.price)
    if known.assets is not None and known.assets.spot_eur_mwh is not None:
        dearer = replace(known.assets, spot_eur_mwh=known.assets.spot_eur_mwh * change.price)
        known = replace(known, assets=dearer)
    return with_excess(stored, posed(factory, known, ports.sample), change.excess)


def stuck(ports: Ports, case: Case) -> str | None:
    """A batch under way whose rest finds no place in the case, None where all can go on."""
    tails = case.standing.tails
    batch = stranded(case.problem, tails)
    return None if batch is None or can_go_on(ports, rest_only(case.problem, tails)) else batch


def changed_standing(
    ports: Ports, stored: StoredCase, plant: tuple[Changed, Factory], freed: Freed
) -> Standing | None:
    """Where the changed plant stands: what is frozen stays where the changed plant can do it."""
    (change, factory), known, found = plant, stored.known, stored.known.standing
    if found is None:
        return None
    if change.batches or freed != Freed():
        then = replace(ports, factory=factory, clock=lambda: known.now)
        past = read_past(then, known.window.start)
        gone = freed.lost.union(found.given_up)
        kept = [batch for batch in frozen_again(found) if batch.batch not in gone and not freed.frozen]
        found = stand(then, past, known.window, gone, kept)
    alone = factory.battery is None and factory.pv is None
    cap = power_cap_kw(factory.contract, known.window.starts(PLAN_MINUTES)) if alone else None
    return still_held(factory, known.window, found, (known.climate, cap))[0]


def read_changed(change: Changed) -> Factory:
    """The changed factory file, checked like any other; UsageError with its faults."""
    try:
        return read_factory(change.data, "The changed plant")
    except Misconfigured as error:
        raise UsageError(error.message, "Ask for a change that leaves a sound factory file.") from error


def with_outages_of(factory: Factory, stored: StoredCase) -> Factory:
    """The changed factory with the machines away that were out of order when the plan was made."""
    file = parse_factory(stored.text)
    machines = []
    for machine in factory.machines:
        new = [o for o in machine.unavailable if o not in file.machine(machine.name).unavailable]
        away = (*stored.factory.machine(machine.name).unavailable, *new)
        machines.append(replace(machine, unavailable=away))
    return replace(factory, machines=tuple(machines))


def goes_on(stored: StoredCase, group: ExcessGroup) -> bool:
    """Whether a period is charged by the rule of the plan in force, so that its month so far goes on."""
    return any((own.name, own.quarters) == (group.name, group.quarters) for own in stored.problem.excess)


def with_excess(stored: StoredCase, case: Case, factor: float) -> Case:
    """The case with another price of excess power, after the same month so far as far as one rule holds."""
    groups = tuple(
        replace(g, rate_eur_kw=g.rate_eur_kw * factor, already_kw=g.already_kw if goes_on(stored, g) else 0.0)
        for g in case.problem.excess
    )
    return replace(case, problem=replace(case.problem, excess=groups))


def as_wanted(case: Case, stored: StoredCase) -> Case:
    """The changed case asked for what the plan in force was asked for."""
    problem = replace(case.problem, lots=stored.problem.lots, allow_late=True)
    return replace(case, wanted=stored.case.wanted, problem=problem)


def held_softly(stored: StoredCase) -> tuple[Lot, ...]:
    """The lots of the held problem, those that the plan only anticipated still soft."""
    sources = [lot for lot, _, _ in asked(stored.problem, stored.solution)]
    lots = held(stored.problem, stored.solution).lots
    return tuple(
        replace(lot, hard=stored.problem.lots[at].hard) for lot, at in zip(lots, sources, strict=True)
    )


def of_the_plan(stored: StoredCase, solution: Solution) -> Solution:
    """A solution of the held problem, said of the lots that the plan in force was asked for."""
    left = Counter(stored.solution.left)
    sources = [lot for lot, _, _ in asked(stored.problem, stored.solution)]
    for place, count in solution.left.items():
        left[sources[place]] += count
    told = replace(solution, stock=stored.solution.stock, left=dict(left))
    return replace(told, late=late_of(stored.problem, told.jobs, to_make(stored.problem, told)))


def side(ports: Ports, plant: tuple[Factory, Case], solution: Solution, *, same: bool) -> Side:
    """Costs of a solution and of its baseline, checked against every rule."""
    factory, case = plant
    own = replace(ports, factory=factory)
    plan = arm(own, case, solution)
    as_ordered = arm(own, case, as_ordered_solution(case, solution), blind=True)
    return Side(factory, solution, plan, as_ordered, same)


def comparison(ports: Ports, stored: StoredCase, wish: Wish, sides: tuple[Side, Side]) -> Row:
    """Both sides and their difference as JSON; `plan_cost_eur` is what the plan in force itself says."""
    present, other = sides
    zone = stored.factory.site.timezone
    notes = [*other.plan.costs.assumptions, *other.notes]
    return {
        "sample": ports.sample,
        "plan": stored.answer["id"],
        "issued_at": stored.answer["issued_at"],
        "plan_cost_eur": stored.answer["cost_eur"],
        "window": stored.answer["window"],
        "currency": "EUR",
        "changes": list(wish.words),
        "time_limit_s": wish.seconds,
        "same_batches": other.same,
        "present": side_row(present, zone),
        "what_if": side_row(other, zone),
        "difference": difference(present, other),
        "runs": moved_runs(present.plan.schedule.runs, other.plan.schedule.runs),
        "assumptions": list(dict.fromkeys(notes)),
    }


def side_row(one: Side, zone: str) -> Row:
    """One column of the comparison. `fixed_eur`: power terms and the like of the window's days, with tax."""
    costs, base = one.plan.costs, one.as_ordered.costs.cost_eur
    fixed = costs.fixed_eur + costs.fixed_tax_eur
    lots = lots_answer(one.solution, one.plan.schedule, zone)
    batches = len({run.batch for run in one.plan.schedule.runs})
    return {
        "cost_eur": costs.cost_eur,
        "bound_eur": one.solution.bound_eur,
        "mip_gap": one.solution.gap,
        "solve_seconds": round(one.solution.solve_seconds, 3),
        "energy_kwh": costs.energy_kwh,
        "excess_power_eur": sum(row.eur for row in costs.excess),
        "highest_kw": float(np.max(one.plan.load_kw)),
        "fixed_eur": fixed,
        "total_eur": costs.cost_eur + fixed,
        "baseline_eur": base,
        "saving": {
            "eur": base - costs.cost_eur,
            "percent": 100 * (base - costs.cost_eur) / base if base > 0 else None,
        },
        "contract": f"{one.factory.contract.kind} {one.factory.contract.access_tariff}",
        "batches": batches,
        **lots,
    }


def difference(present: Side, other: Side) -> Row:
    """What-if less present. Between `least_eur` and `most_eur` the true difference of both optima lies.

    The optimum of a side lies between its bound and its cost; `within_gap` says that 0 may be the truth.
    """
    ours, theirs = present.solution, other.solution
    cost = other.plan.costs.cost_eur - present.plan.costs.cost_eur
    least, most = theirs.bound_eur - ours.cost_eur, theirs.cost_eur - ours.bound_eur
    fixed = [s.plan.costs.fixed_eur + s.plan.costs.fixed_tax_eur for s in (present, other)]
    return {
        "cost_eur": cost,
        "least_eur": least,
        "most_eur": most,
        "within_gap": least <= SMALL_EUR and most >= -SMALL_EUR,
        "fixed_eur": fixed[1] - fixed[0],
        "total_eur": cost + fixed[1] - fixed[0],
        "energy_kwh": other.plan.costs.energy_kwh - present.plan.costs.energy_kwh,
    }


def moved_runs(before: tuple[Run, ...], after: tuple[Run, ...]) -> dict[str, int]:
    """Runs that stay, start at another time, are added or are dropped; batches of a lot are alike."""
    here, there = by_kind(before), by_kind(after)
    found = dict.fromkeys(("stay", "moved", "added", "dropped"), 0)
    for kind in here.keys() | there.keys():
        old, new = sorted(here.get(kind, [])), sorted(there.get(kind, []))
        same = sum(min(old.count(at), new.count(at)) for at in set(old))
        found["stay"] += same
        found["moved"] += min(len(old), len(new)) - same
        found["added"] += max(0, len(new) - len(old))
        found["dropped"] += max(0, len(old) - len(new))
    return found


def by_kind(runs: tuple[Run, ...]) -> dict[tuple[str, int], list[Any]]:
    """Starts of the runs of each product and step."""
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for run in runs:
        found[run.product, run.step].append(run.start)
    return found


def shadow_values(ports: Ports, plan_id: str | None = None, seconds: float = ARM_SECONDS) -> Iterator[Row]:
    """What a little more of each thing would save in the window, by solving again: one row each.

    One more unit of each machine, one more hour at the end of each staffed day, 10 kW more contracted.
    `saves_eur` is the present cost less the changed one (fixed terms in it), `at_least_eur` to `at_most_eur`
    what is proven of it, per staffed hour for a machine's unit. More of a machine or of power never costs
    more; longer shifts may, by the loads that are on while staffed.
    """
    stored = stored_case(ports, plan_id)
    present = present_side(ports, stored, seconds)
    hours = staffed_seconds(stored.factory, stored.known.window) / 3600
    for name, words in questions(stored.factory):
        row: Row = {"name": name, "changes": list(words), "staffed_hours": hours}
        try:
            change = changed(tomllib.loads(stored.text), stored.known.window, words)
            other = changed_side(ports, stored, change, seconds)
        except ChocolateError as error:
            yield {**row, "failed": error.message}
            continue
        found = difference(present, other)
        machine = name.startswith("machine ")
        least = -math.inf if words[0].startswith("shift") else 0.0
        yield {
            **row,
            "failed": None,
            "saves_eur": -found["total_eur"],
            "at_least_eur": max(least, -found["most_eur"]) - found["fixed_eur"],
            "at_most_eur": -found["least_eur"] - found["fixed_eur"],
            "within_gap": found["within_gap"],
            "saves_eur_per_hour": -found["total_eur"] / hours if machine and hours else None,
        }


def questions(factory: Factory) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and changes of each shadow value."""
    for machine in factory.machines:
        yield f"machine {machine.name}", (f"machine:{machine.name}=+1",)
    longer = tuple(longer_shifts(factory))
    if longer:
        yield "an hour more on each staffed day", longer
    yield f"{VALUE_POWER_KW} kW", (f"power=+{VALUE_POWER_KW}",)


def longer_shifts(factory: Factory) -> Iterator[str]:
    """An hour after the last shift of each day, where the day has one left."""
    ends: dict[str, list[str]] = defaultdict(list)
    for day in WEEKDAYS:
        own = [shift for shift in factory.shifts if day in shift.days]
        if own and all(shift.end is not None and shift.start < shift.end for shift in own):
            last = max(shift.end for shift in own if shift.end is not None)
            if last.hour < 23:
                ends[f"{last:%H:%M}-{last.hour + 1:02d}:{last:%M}"].append(day)
    for span, days in ends.items():
        yield f"shift:{','.join(days)}={span}"
