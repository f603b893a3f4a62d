"""Why no plan fits: the demand that cannot be met, and the rules whose lifting alone would let it be met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.limits import SLACK_KG, Output, least_kg, members
from chocolate_factory.domain.problem import Lot, Problem, ProblemStep
from chocolate_factory.infrastructure.planners.limits import output_terms
from chocolate_factory.infrastructure.planners.linear import Linear, solve_integer
from chocolate_factory.infrastructure.planners.model import PlantModel, build
from chocolate_factory.infrastructure.planners.power import add_whole_power

CAP_SLACK_KW = 1e-6
Relaxation = Callable[[Problem], Problem]


def explained(problem: Problem, seconds: float) -> Infeasible:
    """The error for a problem without a plan: `conflicts` has product, batches, due and rules per lot."""
    if not problem.limits:
        problem = replace(problem, lots=tuple(lot for lot in problem.lots if lot.hard))
    problem = replace(problem, excess=())
    if (slot := over_cap(problem)) is not None:
        return overloaded(problem, slot)
    if short := shortest_output(problem, seconds):
        return too_little(problem, short)
    unmet = fewest_unmet(problem, seconds)
    conflicts: list[dict[str, object]] = []
    for place, batches in sorted(unmet.items()):
        lot = problem.lots[place]
        others = tuple(
            replace(other, batches=other.batches - (0 if i == place else unmet.get(i, 0)))
            for i, other in enumerate(problem.lots)
        )
        rules = [
            rule for rule, lift in RELAXATIONS.items() if fits(lift(replace(problem, lots=others)), seconds)
        ]
        conflicts.append({**named(problem, replace(lot, batches=batches)), "rules": rules})
    return Infeasible(sentence(conflicts), conflicts=conflicts)


def over_cap(problem: Problem) -> int | None:
    """The first slot in which the load beside the runs alone breaks the power limit."""
    if problem.power_cap_kw is None:
        return None
    slots = np.flatnonzero(problem.auxiliary_kw > problem.power_cap_kw + CAP_SLACK_KW)
    return int(slots[0]) if len(slots) else None


def overloaded(problem: Problem, slot: int) -> Infeasible:
    """The error for a plant whose load beside the runs is above its power limit."""
    at = problem.window.start + timedelta(minutes=problem.minutes * slot)
    load, cap = float(problem.auxiliary_kw[slot]), float(np.asarray(problem.power_cap_kw)[slot])
    conflicts = [{**named(problem, lot), "rules": ["power"]} for lot in problem.lots]
    return Infeasible(
        f"The auxiliary load at {at:%Y-%m-%d %H:%M} UTC, {load:.1f} kW, is above the limit of {cap:.1f} kW.",
        "Contract more power or lower the auxiliary load.",
        conflicts=conflicts,
    )


def named(problem: Problem, lot: Lot) -> dict[str, object]:
    """A lot as errors name it."""
    return {"product": problem.products[lot.product].name, "batches": lot.batches, "due": lot.due_text}


def sentence(conflicts: list[dict[str, object]]) -> str:
    """The conflicts as one readable sentence."""
    parts = []
    for conflict in conflicts:
        rules = conflict["rules"]
        why = " or ".join(rules) if isinstance(rules, list) and rules else "several rules together"
        parts.append(
            f"{conflict['batches']} of {conflict['product']} due {conflict['due']} (blocked by {why})"
        )
    return f"No plan can make these batches in time: {'; '.join(parts)}."


def with_stock(problem: Problem) -> PlantModel:
    """A model in which stock covers what it may."""
    model = build(problem, problem.lots, frozenset({"stock", "unmet", "left"}))
    add_whole_power(model)
    return model


def shortest_output(problem: Problem, seconds: float) -> dict[int, float]:
    """Kilograms missing from the least outputs, by limit, whatever else is given up: as few as possible."""
    asked = {i: x for i, x in enumerate(problem.limits) if isinstance(x, Output) and least_kg(x) > 0}
    if not asked:
        return {}
    model = with_stock(without_least(problem))
    linear = model.linear
    linear.cost = [0.0] * len(linear.cost)
    columns = {}
    for place, output in asked.items():
        columns[place] = linear.column(0, least_kg(output), 1.0, integer=False)
        linear.row({**output_terms(model, output), columns[place]: 1.0}, least_kg(output))
    values = solve_integer(linear, seconds).values
    short = {} if values is None else {i: float(values[column]) for i, column in columns.items()}
    return {place: kg for place, kg in short.items() if kg > SLACK_KG}


def too_little(problem: Problem, short: dict[int, float]) -> Infeasible:
    """The error for least outputs that no plan reaches, even where demand is late."""
    conflicts: list[dict[str, object]] = []
    told = []
    for place, kg in short.items():
        output = problem.limits[place]
        if isinstance(output, Output):
            name = output.product or "all products"
            told.append(f"{kg:g} kg of {name} on {output.day}")
            smallest = min(problem.products[p].batch_kg for p in members(problem, output))
            batches = int(np.ceil(kg / smallest - SLACK_KG))
            conflicts.append({"product": name, "batches": batches, "due": output.day, "rules": ["output"]})
    return Infeasible(
        f"No plan reaches the least outputs: {'; '.join(told)} are missing (blocked by output).",
        "Ask for a smaller min_kg, or for more demand in the window.",
        conflicts=conflicts,
    )


def fewest_unmet(problem: Problem, seconds: float) -> dict[int, int]:
    """Batches per lot that no plan can make in time, as few as possible; of equals those due last."""
    model = with_stock(problem)
    linear = model.linear
    linear.cost = [0.0] * len(linear.cost)
    for place, column in model.slack["unmet"].items():
        linear.cost[column] = 1.0 + 1e-3 * (1.0 - model.lots[place].due / max(1, problem.slots))
    answer = solve_integer(linear, seconds)
    if answer.values is None:
        return {}
    found = {place: round(float(answer.values[column])) for place, column in model.slack["unmet"].items()}
    return {place: batches for place, batches in found.items() if batches}


def fits(problem: Problem, seconds: float) -> bool:
    """Whether all lots can be met."""
    model = with_stock(problem)
    linear: Linear = model.linear
    for column in model.slack["unmet"].values():
        linear.upper[column] = 0
    linear.cost = [0.0] * len(linear.cost)
    return solve_integer(linear, seconds).values is not None


def changed_steps(problem: Problem, change: Callable[[ProblemStep], ProblemStep]) -> Problem:
    """The problem with every step changed."""
    products = tuple(replace(p, steps=tuple(change(step) for step in p.steps)) for p in problem.products)
    return replace(problem, products=products)


def without_block(rule: str) -> Relaxation:
    """Lift a rule that blocks start slots: what no other rule blocks is allowed."""

    def change(step: ProblemStep) -> ProblemStep:
        if rule not in step.blocked_by:
            return step
        others = [mask for name, mask in step.blocked_by.items() if name != rule]
        freed = step.blocked_by[rule] & ~np.any(others, axis=0) if others else step.blocked_by[rule]
        return replace(step, allowed=step.allowed | freed)

    return lambda problem: changed_steps(problem, change)


def without_machine_limits(problem: Problem) -> Problem:
    """As many units as there are batches."""
    many = sum(lot.batches for lot in problem.lots)
    return replace(problem, machine_units=np.full_like(problem.machine_units, many))


def without_outages(problem: Problem) -> Problem:
    """All units of every machine in every slot."""
    most = problem.machine_units.max(axis=1, keepdims=True)
    return replace(problem, machine_units=np.broadcast_to(most, problem.machine_units.shape).copy())


def without_waits(problem: Problem) -> Problem:
    """Steps may wait for ever."""
    return changed_steps(problem, lambda step: replace(step, wait_max=None))


def without_storages(problem: Problem) -> Problem:
    """Any number of kilograms may wait."""
    return replace(problem, limits=tuple(x for x in problem.limits if isinstance(x, Output)))


def without_outputs(problem: Problem) -> Problem:
    """Any number of kilograms may be finished in a day."""
    return replace(problem, limits=tuple(x for x in problem.limits if not isinstance(x, Output)))


def without_least(problem: Problem) -> Problem:
    """No least output."""
    limits = (replace(x, least_kg=None) if isinstance(x, Output) else x for x in problem.limits)
    return replace(problem, limits=tuple(limits))


def without_power_cap(problem: Problem) -> Problem:
    """No hard limit on the site's load."""
    return replace(problem, power_cap_kw=None)


def without_setups(problem: Problem) -> Problem:
    """Units carry any product at once."""
    return replace(problem, setups=())


def without_due_times(problem: Problem) -> Problem:
    """Everything may be ready at the window's end."""

    def free(lot: Lot) -> Lot:
        return replace(lot, due=problem.slots)

    return replace(problem, lots=tuple(free(lot) for lot in problem.lots))


RELAXATIONS: dict[str, Relaxation] = {
    "attendance": without_block("attendance"),
    "climate": without_block("climate"),
    "machine": without_machine_limits,
    "availability": without_outages,
    "wait": without_waits,
    "setup": without_setups,
    "power": without_power_cap,
    "storage": without_storages,
    "output": without_outputs,
    "due": without_due_times,
}
