"""The power rules as rows: exact load rows, and the convex hull of what machines can run together in a slot.

Excess power joins many slots, so the plain load row lets fractions of runs share the room. The hull of whole
runs and what they cause is far stronger. Where the highest slot is charged, its further dimension is the
excess of the group; where the root of the sum of squares is, the square of the slot's own excess:

charge = rate × (√(already² + S) − already), S = Σ squares. It rises with S but is not convex in it, so in a
box of what is charged it is replaced by its secant, which lies below and is exact at both ends of the box.
Splitting boxes brings the secants as near as one likes.

A slot has some hundred facets and few of them matter: they are added where a solution breaks them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.problem import ExcessGroup, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.hull import (
    SQUARE_KW2,
    Facets,
    Mix,
    Reach,
    chords,
    facets,
    loads_of,
)
from chocolate_factory.infrastructure.planners.linear import INFINITY, Terms
from chocolate_factory.infrastructure.planners.model import PlantModel, combined

ROOM_STEP_KW = 0.05
BROKEN = 1e-4
Box = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class SlotFacets:
    """The facets of one slot, whose x is column `extra` (None: b is 0).

    `exact`: without them whole runs could be charged too little; the others only lift relaxations.
    """

    slot: int
    extra: int | None
    facets: Facets
    exact: bool = False


def whole_box(problem: Problem) -> Box:
    """The least and the highest charged excess that can occur, per group."""
    alone, most = problem.auxiliary_kw, problem.auxiliary_kw + whole_top(problem)
    floors = [group.charged_kw(alone) for group in problem.excess]
    tops = [group.charged_kw(most) for group in problem.excess]
    return tuple((low, max(low, high)) for low, high in zip(floors, tops, strict=True))


def room_of(problem: Problem, group: ExcessGroup) -> FloatArray:
    """Power left for runs before excess is charged, per slot of the window."""
    already = 0.0 if group.quarters else group.already_kw
    return group.contracted_kw + already - problem.auxiliary_kw


def excess_levels(model: PlantModel) -> list[FloatArray]:
    """Charged excess that whole runs cause, per group, sorted (to 1e-6 kW); by quarters a grid."""
    problem, levels = model.problem, []
    for group, (floor, top) in zip(problem.excess, whole_box(problem), strict=True):
        if group.quarters:
            levels.append(np.unique(np.concatenate([[floor], floor + np.geomspace(0.5, 0.5 + top, 40)])))
            continue
        every_mix = {mix_of(model, int(slot)) for slot in group.slots}
        loads = np.unique(np.concatenate([np.zeros(1), *map(loads_of, every_mix)]))
        rooms = np.unique(np.round(room_of(problem, group)[group.slots], 6))
        found = np.subtract.outer(loads, rooms).ravel()
        levels.append(np.unique(np.round(np.append(found[found > floor], floor), 6)))
    return levels


def mix_of(model: PlantModel, slot: int) -> Mix:
    """What can run together in a slot."""
    units = tuple(
        int(model.problem.machine_units[machine, slot]) if terms[slot] else 0
        for (machine, _), terms in zip(model.classes, model.running, strict=True)
    )
    return Mix(units, tuple(m for m, _ in model.classes), tuple(kw for _, kw in model.classes))


def add_power(model: PlantModel, box: Box | None = None) -> list[SlotFacets]:
    """Add excess columns with cost and the exact power rows, the excess inside `box` (default: any).

    The columns are the same for every box. Returns the facets, none of which are in the model yet.
    """
    problem, box = model.problem, box or whole_box(model.problem)
    columns, found = [], []
    for group, (low, high) in zip(problem.excess, box, strict=True):
        excess = model.linear.column(low, high, group.rate_eur_kw, integer=False)
        columns.append(excess)
        add = add_squares if group.quarters else add_highest
        found += add(model, group, excess)
    model.excess = tuple(columns)
    if problem.power_cap_kw is not None:
        power = [kw for _, kw in model.classes]
        slots = np.arange(problem.slots)
        for slot, room in tightest(model, slots, problem.power_cap_kw - problem.auxiliary_kw):
            model.linear.row(combined(model, slot, power), upper=room)
            found += slot_facets(model, (slot, None), Reach(room, 0.0, 0.0))
    return found


def add_highest(model: PlantModel, group: ExcessGroup, excess: int) -> list[SlotFacets]:
    """The highest slot of a group is charged: load − room ≤ excess."""
    power, found = [kw for _, kw in model.classes], []
    low, high = model.linear.lower[excess], model.linear.upper[excess]
    for slot, room in tightest(model, group.slots, room_of(model.problem, group)):
        model.linear.row({**combined(model, slot, power), excess: -1.0}, upper=room)
        found += slot_facets(model, (slot, excess), Reach(room, low, high))
    return found


def add_squares(model: PlantModel, group: ExcessGroup, excess: int) -> list[SlotFacets]:
    """The root of the sum of squares is charged: a column of squares a slot, and the secant of the box.

    In the box the root R = already + charged is in [r, t], and with S = R² − already² the secant says
    R ≥ r + (S − (r² − already²)) / (r + t).
    """
    linear, already, weight = model.linear, group.already_kw, group.minutes / 15 * SQUARE_KW2
    low, high = already + linear.lower[excess], already + linear.upper[excess]
    least, most = (max(0.0, root**2 - already**2) for root in (low, high))
    room, top = room_of(model.problem, group), whole_top(model.problem)
    total: Terms = {}
    found: list[SlotFacets] = []
    for slot in (int(s) for s in group.slots):
        if top[slot] <= room[slot]:
            continue
        square = linear.column(0.0, most / weight + 1e-9, 0.0, integer=False)
        total[square] = weight
        reach = Reach(float(room[slot]), 0.0, float(np.sqrt(most * 15 / group.minutes)), squared=True)
        found += slot_facets(model, (slot, square), reach)
    linear.row({**total, excess: -(low + high)}, upper=least - (low - already) * (low + high))
    linear.row(dict(total), max(0.0, least - 1e-6), most + 1e-6)
    return found


def charged_of(group: ExcessGroup, box: tuple[float, float], secant: float) -> float:
    """What is charged, kW, for the sum of squares at which the secant of a box has a value."""
    if not group.quarters:
        return secant
    low, high = group.already_kw + box[0], group.already_kw + box[1]
    square = low**2 + (secant - box[0]) * (low + high)
    return float(np.sqrt(max(0.0, square))) - group.already_kw


def secant_kw(group: ExcessGroup, box: tuple[float, float], charged: float) -> float:
    """The value of the secant of a box where `charged` kW are charged; never above it."""
    low, high = group.already_kw + box[0], group.already_kw + box[1]
    if not group.quarters or low + high <= 0:
        return charged
    return box[0] + ((group.already_kw + charged) ** 2 - low**2) / (low + high)


def whole_top(problem: Problem) -> FloatArray:
    """The highest load of runs and setups that each slot can have, shape (T,), whatever else is known."""
    most = np.zeros(problem.slots)
    for machine in range(len(problem.machines)):
        steps = [step for item in problem.products for step in item.steps if step.machine == machine]
        powers = [float(step.draw_kw.max(initial=0.0)) for step in steps]
        powers += [rule.power_kw for kind in problem.setups if kind.machine == machine for rule in kind.rules]
        most += problem.machine_units[machine] * max(powers, default=0.0)
    return most


def tightest(model: PlantModel, slots: NDArray[np.int64], room: FloatArray) -> Iterator[tuple[int, float]]:
    """One slot, that with the least room, of those in which the same columns say what runs."""
    found: dict[tuple[object, ...], int] = {}
    for slot in (int(s) for s in slots):
        key = tuple(tuple(terms[slot].items()) for terms in model.running)
        if any(key) and (key not in found or room[slot] < room[found[key]]):
            found[key] = slot
    for slot in found.values():
        yield slot, float(room[slot])


def rounded_up(room: float) -> float:
    """A room rounded up, which keeps its rows valid and lets slots share their hull."""
    return float(np.ceil(room / ROOM_STEP_KW - 1e-9) * ROOM_STEP_KW)


def slot_facets(model: PlantModel, where: tuple[int, int | None], reach: Reach) -> list[SlotFacets]:
    """Rows of one slot over whole mixes, `where` is its (slot, column of the further dimension).

    Where squares count there are chords too, which carry the charge; where there are too many mixes for a
    hull they, or the load row, are all there is.
    """
    slot, extra = where
    mix = mix_of(model, slot)
    hull = facets(mix, replace(reach, room=rounded_up(reach.room)))
    parts = [(hull, False), (chords(mix, reach) if reach.squared else None, True)]
    return [SlotFacets(slot, extra, part, exact) for part, exact in parts if part is not None]


def add_whole_power(model: PlantModel) -> None:
    """Add excess columns, power rows and every facet, whatever the excess."""
    Separation(model, add_power(model)).add_all()


class Separation:
    """Adds to a model, whose power rows are from `add_power`, the facets that its solutions break."""

    def __init__(self, model: PlantModel, tables: list[SlotFacets]) -> None:
        self.model, self.tables = model, tables
        entries: list[tuple[int, int, float]] = [
            (place * model.problem.slots + slot, column, value)
            for place, slots in enumerate(model.running)
            for slot, terms in enumerate(slots)
            for column, value in terms.items()
        ]
        self.rows = np.array([row for row, _, _ in entries], np.int64)
        self.columns = np.array([column for _, column, _ in entries], np.int64)
        self.values = np.array([value for _, _, value in entries], np.float64)

    def runs(self, values: FloatArray) -> FloatArray:
        """Runs of each class in each slot, shape (classes, T)."""
        size = len(self.model.classes) * self.model.problem.slots
        summed = np.bincount(self.rows, self.values * values[self.columns], size).astype(np.float64)
        return summed.reshape(len(self.model.classes), -1)

    def add(self, values: FloatArray) -> int:
        """Add of each slot the facet that the solution breaks most; how many were added."""
        runs, before = self.runs(values), len(self.model.linear.rows)
        for table in self.tables:
            facets = table.facets
            extra = 0.0 if table.extra is None else float(values[table.extra])
            above = facets.a @ runs[:, table.slot] + facets.b * extra - facets.c
            worst = int(np.argmax(above))
            if above[worst] > BROKEN:
                self.add_row(table, worst)
        return len(self.model.linear.rows) - before

    def add_all(self) -> None:
        """Add every facet."""
        for table in self.tables:
            for place in range(len(table.facets.c)):
                self.add_row(table, place)

    def add_row(self, table: SlotFacets, place: int) -> None:
        """Add one facet."""
        facets = table.facets
        terms: Terms = combined(self.model, table.slot, [float(v) for v in facets.a[place]])
        if table.extra is not None and facets.b[place]:
            terms[table.extra] = float(facets.b[place])
        if terms:
            self.model.linear.row(terms, -INFINITY, float(facets.c[place]) + 1e-9)
