"""The plant as an integer model: batches of a product whose step has started by a slot.

C[p, s, t] counts the batches of product p whose step s has started by slot t. Columns exist only at slots
where a start is allowed and can be part of a whole batch; elsewhere the last one before counts. Batches of a
product are alike, so order, waits, machines and due times are linear in C and energy cost telescopes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chocolate_factory.domain.problem import Job, Lot, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.limits import add_limits
from chocolate_factory.infrastructure.planners.linear import INFINITY, Linear, Terms
from chocolate_factory.infrastructure.planners.setups import add_setups, setup_draws
from chocolate_factory.infrastructure.planners.starts import Flow, Starts, count_between, counted


@dataclass
class PlantModel:
    """A model with the meaning of its columns.

    A class is a draw of a machine: the runs on it that draw so much in a slot (a run whose draw changes is in
    one class after the other). `running[class][t]` are the terms that count the runs of a class in slot t;
    `slack` are the columns of "stock", "left" and "unmet" by lot, and of "short" (batches late) with their
    slots; `excess` are the columns of the excess groups once `add_power` has run; `flows` are the setups,
    which count as runs of their draw.
    """

    problem: Problem
    lots: tuple[Lot, ...]
    linear: Linear
    starts: dict[tuple[int, int], Starts]
    classes: tuple[tuple[int, float], ...]
    running: list[list[Terms]]
    slack: dict[str, dict[int, int]] = field(default_factory=dict)
    excess: tuple[int, ...] = ()
    flows: list[Flow] = field(default_factory=list)


def reachable(problem: Problem, product: int) -> list[np.ndarray]:
    """Allowed starts of each step that are part of at least one whole batch."""
    steps = problem.products[product].steps
    masks = [np.array(step.allowed, bool) for step in steps]
    for mask, step in zip(masks, steps, strict=True):
        mask[max(0, problem.slots - step.duration + 1) :] = False
    for index in range(1, len(steps)):
        before, step = steps[index - 1], steps[index]
        ends = np.flatnonzero(masks[index - 1]) + before.duration
        slots = np.arange(problem.slots)
        first = np.zeros_like(slots) if step.wait_max is None else slots - step.wait_max
        masks[index] &= np.searchsorted(ends, slots, "right") > np.searchsorted(ends, first, "left")
    for index in range(len(steps) - 2, -1, -1):
        step, after = steps[index], steps[index + 1]
        ends = np.arange(problem.slots) + step.duration
        last = np.full_like(ends, problem.slots) if after.wait_max is None else ends + after.wait_max
        starts = np.flatnonzero(masks[index + 1])
        masks[index] &= np.searchsorted(starts, last, "right") > np.searchsorted(starts, ends, "left")
    return masks


def build(problem: Problem, lots: tuple[Lot, ...], slack: frozenset[str] = frozenset()) -> PlantModel:
    """The model without power and cost: starts, order, waits, machines, and the lots.

    `slack` names what may give way: "stock" and "left" (lots that allow it), "unmet" (hard lots), "late".
    """
    linear = Linear()
    steps = [step for product in problem.products for step in product.steps]
    draws = {(step.machine, kw) for step in steps for _, _, kw in step.phases}
    classes = tuple(sorted(draws | setup_draws(problem)))
    model = PlantModel(problem, lots, linear, {}, classes, [])
    for product, recipe in enumerate(problem.products):
        wanted = sum(lot.batches for lot in lots if lot.product == problem.family(product))
        for index, mask in enumerate(reachable(problem, product)):
            add_starts(model, (product, index), np.flatnonzero(mask), wanted)
        for index in range(1, len(recipe.steps)):
            add_order(model, product, index)
    count_runs(model)
    add_setups(model)
    add_machines(model)
    for kind, allowed in (("stock", "may_be_stock"), ("left", "soft"), ("unmet", "hard")):
        if kind in slack:
            chosen = [i for i, lot in enumerate(lots) if gives_way(lot, allowed)]
            model.slack[kind] = {i: linear.column(0, lots[i].batches) for i in chosen}
    both = model.slack.get("stock", {}).keys() & model.slack.get("unmet", {}).keys()
    for i in sorted(both):
        linear.row({model.slack["stock"][i]: 1, model.slack["unmet"][i]: 1}, upper=lots[i].batches)
    for product in range(len(problem.products)):
        add_demand(model, product, "late" in slack)
    add_limits(model)
    return model


def gives_way(lot: Lot, allowed: str) -> bool:
    """Whether a lot may use a kind of slack."""
    return {"may_be_stock": lot.may_be_stock, "soft": not lot.hard, "hard": lot.hard}[allowed]


def add_starts(model: PlantModel, key: tuple[int, int], slots: IntArray, wanted: int) -> None:
    """Columns of one step, non-decreasing in time."""
    model.starts[key] = counted(model.linear, slots, model.problem.slots, wanted)


def add_order(model: PlantModel, product: int, index: int) -> None:
    """A step starts after the one before has ended, within its longest wait; none is left half-way."""
    linear, steps = model.linear, model.problem.products[product].steps
    before, here = model.starts[product, index - 1], model.starts[product, index]
    if not here.columns:
        return
    duration, wait = steps[index - 1].duration, steps[index].wait_max
    pairs = {
        before.by(int(slot) - duration): column for slot, column in zip(here.slots, here.columns, strict=True)
    }
    for earlier, column in pairs.items():
        linear.row({column: 1} if earlier is None else {column: 1, earlier: -1}, upper=0)
    if wait is not None:
        due = {
            here.by(int(u) + duration + wait): c for u, c in zip(before.slots, before.columns, strict=True)
        }
        for later, column in due.items():
            linear.row({column: 1} if later is None else {column: 1, later: -1}, upper=0)
    linear.row({here.columns[-1]: 1, before.columns[-1]: -1}, 0, 0)


def count_runs(model: PlantModel) -> None:
    """Runs of each class per slot."""
    problem = model.problem
    for machine, power in model.classes:
        terms: list[Terms] = []
        for slot in range(problem.slots):
            here: Terms = {}
            for (product, index), starts in model.starts.items():
                step = problem.products[product].steps[index]
                for first, slots, kw in step.phases if step.machine == machine else ():
                    if kw == power:
                        count_between(here, starts, slot - first - slots, slot - first)
            terms.append(here)
        model.running.append(terms)


def add_machines(model: PlantModel) -> None:
    """Machine use within the units available."""
    problem = model.problem
    for machine in range(len(problem.machines)):
        seen: set[tuple[object, ...]] = set()
        for slot in range(problem.slots):
            total = combined(model, slot, [float(m == machine) for m, _ in model.classes])
            units = int(problem.machine_units[machine, slot])
            key = (units, *sorted(total.items()))
            if total and key not in seen:
                seen.add(key)
                model.linear.row(total, upper=units)


def combined(model: PlantModel, slot: int, weights: list[float]) -> Terms:
    """Σ weight × runs of each class in a slot."""
    total: Terms = {}
    for weight, terms in zip(weights, model.running, strict=True):
        if weight:
            for column, value in terms[slot].items():
                total[column] = total.get(column, 0) + weight * value
    return {column: value for column, value in total.items() if value}


def add_demand(model: PlantModel, product: int, late: bool) -> None:
    """Finished batches reach what is due at every due slot; with `late`, shortage of hard lots is counted."""
    linear, lots = model.linear, [i for i, lot in enumerate(model.lots) if lot.product == product]
    slots = model.problem.slots
    wanted = sum(model.lots[i].batches for i in lots)
    if not wanted:
        return
    linear.row(finished(model, product, lots, slots), wanted, wanted)
    points = {model.lots[i].due for i in lots}
    if late:
        first = min(points)
        for final, duration in last_steps(model, product):
            points |= {int(slot) + duration for slot in final.slots if slot + duration > first}
        points |= {slots}
    ordered = sorted(points)
    for here, after in zip(ordered, [*ordered[1:], slots], strict=True):
        due = [i for i in lots if model.lots[i].due <= here]
        terms = finished(model, product, due, here)
        if late and after > here:
            short = linear.column(0, wanted, integer=False)
            terms[short] = 1
            model.slack.setdefault("short", {})[short] = after - here
        linear.row(terms, sum(model.lots[i].batches for i in due))


def finished(model: PlantModel, product: int, lots: list[int], slot: int) -> Terms:
    """Batches ended by a slot in any way of making them, or given up, for the lots named."""
    columns_by = (final.by(slot - duration) for final, duration in last_steps(model, product))
    terms: Terms = {column: 1.0 for column in columns_by if column is not None}
    for columns in (model.slack.get(kind, {}) for kind in ("stock", "left", "unmet")):
        terms.update({columns[lot]: 1.0 for lot in lots if lot in columns})
    return terms


def last_steps(model: PlantModel, product: int) -> list[tuple[Starts, int]]:
    """Starts and duration of the last step, in each way of making a product."""
    recipes = [(way, model.problem.products[way].steps) for way in model.problem.ways(product)]
    return [(model.starts[way, len(steps) - 1], steps[-1].duration) for way, steps in recipes]


def set_energy_cost(model: PlantModel) -> None:
    """Put the energy cost of every start into the objective (auxiliary load in the offset)."""
    problem = model.problem
    price = problem.price_eur_kwh * problem.minutes / 60
    summed = np.concatenate([[0.0], np.cumsum(price)])
    for (product, index), starts in model.starts.items():
        step = problem.products[product].steps[index]
        energy = np.zeros(len(starts.slots))
        for first, slots, kw in step.phases:
            energy += (summed[starts.slots + first + slots] - summed[starts.slots + first]) * kw
        set_start_cost(model, starts, energy)
    for flow in model.flows:
        if flow.setup is not None:
            energy = summed[flow.starts.slots + flow.duration] - summed[flow.starts.slots]
            set_start_cost(model, flow.starts, energy * flow.setup.power_kw)
    model.linear.offset = float(problem.auxiliary_kw @ price)


def set_start_cost(model: PlantModel, starts: Starts, energy: FloatArray) -> None:
    """The cost of a start by its slot, as that of columns which count starts."""
    step_cost = energy - np.append(energy[1:], 0.0) if len(energy) else energy
    for column, value in zip(starts.columns, step_cost, strict=True):
        model.linear.cost[column] = float(value)


def jobs_of(model: PlantModel, values: FloatArray) -> tuple[Job, ...]:
    """Whole batches from the counts: the n-th start of each step belongs to the n-th batch."""
    jobs: list[Job] = []
    for product, recipe in enumerate(model.problem.products):
        rows = []
        for index in range(len(recipe.steps)):
            starts = model.starts[product, index]
            counts = np.rint(values[list(starts.columns)]).astype(np.int64)
            rows.append(np.repeat(starts.slots, np.diff(counts, prepend=0)))
        jobs += [Job(product, tuple(int(slot) for slot in batch)) for batch in zip(*rows, strict=True)]
    return tuple(jobs)


def limit_lateness(model: PlantModel, slots: int) -> None:
    """Late slots in total stay within what is unavoidable."""
    terms = {column: float(weight) for column, weight in model.slack.get("short", {}).items()}
    if terms:
        model.linear.row(terms, -INFINITY, slots)
