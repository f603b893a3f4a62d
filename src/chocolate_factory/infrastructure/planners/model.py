"""The plant as an integer model: batches of a product whose step has started by a slot.

C[p, s, t] counts the batches of product p whose step s has started by slot t. Columns exist only at slots
where a start is allowed and can be part of a whole batch; elsewhere the last one before counts. Batches of a
product are alike, so order, waits, machines and due times are linear in C and energy cost telescopes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from chocolate_factory.domain.problem import Job, Lot, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.linear import INFINITY, Linear, Terms


@dataclass(frozen=True)
class Starts:
    """Start columns of one step: allowed slots, their columns, and the last one by each slot (−1: none)."""

    slots: IntArray
    columns: tuple[int, ...]
    last: IntArray

    def by(self, slot: int) -> int | None:
        """Column that counts the starts up to a slot, None for none."""
        if slot < 0 or not self.columns:
            return None
        found = int(self.last[min(slot, len(self.last) - 1)])
        return self.columns[found] if found >= 0 else None


@dataclass
class PlantModel:
    """A model with the meaning of its columns.

    `running[class][t]` are the terms that count the runs of a (machine, power) class in slot t; `slack` are
    the columns of "stock", "left" and "unmet" by lot, and of "short" (batches late) with their slots;
    `excess` are the columns of the excess groups once `add_power` has run.
    """

    problem: Problem
    lots: tuple[Lot, ...]
    linear: Linear
    starts: dict[tuple[int, int], Starts]
    classes: tuple[tuple[int, float], ...]
    running: list[list[Terms]]
    slack: dict[str, dict[int, int]] = field(default_factory=dict)
    excess: tuple[int, ...] = ()


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
    classes = tuple(sorted({(s.machine, s.power_kw) for product in problem.products for s in product.steps}))
    model = PlantModel(problem, lots, linear, {}, classes, [])
    for product, recipe in enumerate(problem.products):
        wanted = sum(lot.batches for lot in lots if lot.product == product)
        for index, mask in enumerate(reachable(problem, product)):
            add_starts(model, (product, index), np.flatnonzero(mask), wanted)
        for index in range(1, len(recipe.steps)):
            add_order(model, product, index)
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
    return model


def gives_way(lot: Lot, allowed: str) -> bool:
    """Whether a lot may use a kind of slack."""
    return {"may_be_stock": lot.may_be_stock, "soft": not lot.hard, "hard": lot.hard}[allowed]


def add_starts(model: PlantModel, key: tuple[int, int], slots: IntArray, wanted: int) -> None:
    """Columns of one step, non-decreasing in time."""
    linear = model.linear
    columns = tuple(linear.column(0, wanted) for _ in slots)
    for earlier, later in pairwise(columns):
        linear.row({later: 1, earlier: -1}, 0)
    last = np.searchsorted(slots, np.arange(model.problem.slots), "right") - 1
    model.starts[key] = Starts(slots, columns, last)


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


def add_machines(model: PlantModel) -> None:
    """Runs of each class per slot, and machine use within the units available."""
    problem = model.problem
    for machine, power in model.classes:
        terms: list[Terms] = []
        for slot in range(problem.slots):
            here: Terms = {}
            for (product, index), starts in model.starts.items():
                step = problem.products[product].steps[index]
                if (step.machine, step.power_kw) == (machine, power):
                    count_between(here, starts, slot - step.duration, slot)
            terms.append(here)
        model.running.append(terms)
    for machine in range(len(problem.machines)):
        seen: set[tuple[object, ...]] = set()
        for slot in range(problem.slots):
            total = combined(model, slot, [float(m == machine) for m, _ in model.classes])
            units = int(problem.machine_units[machine, slot])
            key = (units, *sorted(total.items()))
            if total and key not in seen:
                seen.add(key)
                model.linear.row(total, upper=units)


def count_between(terms: Terms, starts: Starts, after: int, until: int) -> None:
    """Add the starts in (after, until] to the terms."""
    more, less = starts.by(until), starts.by(after)
    if more is not None and more != less:
        terms[more] = terms.get(more, 0) + 1
        if less is not None:
            terms[less] = terms.get(less, 0) - 1


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
    steps = model.problem.products[product].steps
    final, slots = model.starts[product, len(steps) - 1], model.problem.slots
    wanted = sum(model.lots[i].batches for i in lots)
    if not wanted:
        return
    linear.row(finished(model, product, lots, slots), wanted, wanted)
    points = {model.lots[i].due for i in lots}
    if late:
        first = min(points)
        points |= {
            int(slot) + steps[-1].duration for slot in final.slots if slot + steps[-1].duration > first
        }
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
    """Batches ended by a slot, made or given up, for the lots named."""
    duration = model.problem.products[product].steps[-1].duration
    column = model.starts[product, len(model.problem.products[product].steps) - 1].by(slot - duration)
    terms: Terms = {} if column is None else {column: 1.0}
    for columns in (model.slack.get(kind, {}) for kind in ("stock", "left", "unmet")):
        terms.update({columns[lot]: 1.0 for lot in lots if lot in columns})
    return terms


def set_energy_cost(model: PlantModel) -> None:
    """Put the energy cost of every start into the objective (auxiliary load in the offset)."""
    problem = model.problem
    price = problem.price_eur_kwh * problem.minutes / 60
    summed = np.concatenate([[0.0], np.cumsum(price)])
    for (product, index), starts in model.starts.items():
        step = problem.products[product].steps[index]
        energy = (summed[starts.slots + step.duration] - summed[starts.slots]) * step.power_kw
        step_cost = energy - np.append(energy[1:], 0.0) if len(energy) else energy
        for column, value in zip(starts.columns, step_cost, strict=True):
            model.linear.cost[column] = float(value)
    model.linear.offset = float(problem.auxiliary_kw @ price)


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
