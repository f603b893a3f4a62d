"""The power rules as rows: exact load rows, and the convex hull of what machines can run together in a slot.

Excess power is the maximum over many slots, so the plain load row lets fractions of runs share the room. The
hull of (runs per class, excess) over whole runs is far stronger: E ≥ max(low, load − room) at every corner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product as every

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.problem import ExcessGroup, Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.linear import INFINITY, Terms
from chocolate_factory.infrastructure.planners.model import PlantModel, combined

ROOM_STEP_KW = 0.05
MOST_CORNERS = 400
Box = tuple[tuple[float, float], ...]
Facet = tuple[tuple[float, ...], float, float]


@dataclass(frozen=True)
class Mix:
    """What can run together in a slot: units, machine and power of each class."""

    units: tuple[int, ...]
    machines: tuple[int, ...]
    power_kw: tuple[float, ...]


@lru_cache(maxsize=256)
def corners(mix: Mix) -> FloatArray:
    """All whole numbers of runs per class within the units of each machine, shape (n, classes)."""
    runs = np.array(list(every(*(range(count + 1) for count in mix.units))), np.float64)
    keep = np.ones(len(runs), bool)
    for machine in set(mix.machines):
        members = [i for i, m in enumerate(mix.machines) if m == machine]
        keep &= runs[:, members].sum(axis=1) <= max(mix.units[i] for i in members)
    return runs[keep]


@lru_cache(maxsize=4096)
def facets(mix: Mix, room: float, low: float, high: float) -> tuple[Facet, ...] | None:
    """Rows (a, b, c) with a·runs + b·E ≤ c that hold for every whole mix with excess E in [low, high].

    None when no facet says more than the bounds of the columns do. Corners above `high` are left out.
    """
    runs = corners(mix)
    excess = np.maximum(runs @ np.array(mix.power_kw) - room, low)
    if excess.max() <= low + 1e-9:
        return None
    fits = excess <= high + 1e-9
    fits[0] = True
    runs, excess = runs[fits], np.maximum(excess[fits], low)
    used = np.flatnonzero(runs.max(axis=0) > 0)
    rows = [(tuple(float(i == k) for i in range(len(mix.units))), 0.0, 0.0) for k in idle(runs)]
    if len(used):
        flat = excess.max() <= low + 1e-9
        rows += hull_rows(runs, excess, used, flat)
    return tuple(rows)


def idle(runs: FloatArray) -> list[int]:
    """Classes that cannot run at all."""
    return [int(k) for k in np.flatnonzero(runs.max(axis=0) == 0)]


def hull_rows(runs: FloatArray, excess: FloatArray, used: NDArray[np.intp], flat: bool) -> list[Facet]:
    """Facets of the hull of the corners (with excess as a further, upward open dimension unless `flat`)."""
    points = runs[:, used]
    if not flat:
        top = np.full(len(points), excess.max() + 50)
        points = np.vstack([np.c_[points, excess], np.c_[points, top]])
    if points.shape[1] == 1:
        normals = np.array([[-1.0], [1.0]])
    else:
        from scipy.spatial import ConvexHull  # a third of a second that only the hull needs

        normals = np.unique(np.round(ConvexHull(points).equations[:, :-1], 9), axis=0)
    rows: list[Facet] = []
    for normal in normals:
        a = np.zeros(runs.shape[1])
        a[used] = normal[: len(used)]
        b = 0.0 if flat else float(normal[-1])
        if b > 1e-9 or np.count_nonzero(np.abs(a) > 1e-9) + (b < -1e-9) < 2:
            continue
        side = float(np.max(runs @ a + b * excess))
        rows.append((tuple(float(v) for v in a), b, side))
    return rows


def whole_box(problem: Problem) -> Box:
    """The least and the highest excess that can occur, per group."""
    most = np.zeros(problem.slots)
    for machine in range(len(problem.machines)):
        powers = [s.power_kw for item in problem.products for s in item.steps if s.machine == machine]
        most += problem.machine_units[machine] * max(powers, default=0.0)
    return tuple(
        (floor_kw(problem, group), max(floor_kw(problem, group), peak(group, problem.auxiliary_kw + most)))
        for group in problem.excess
    )


def floor_kw(problem: Problem, group: ExcessGroup) -> float:
    """Excess of the auxiliary load alone."""
    return peak(group, problem.auxiliary_kw)


def peak(group: ExcessGroup, load: FloatArray) -> float:
    """Chargeable excess of a load in a group."""
    if not len(group.slots):
        return 0.0
    return max(0.0, float(np.max(load[group.slots])) - group.contracted_kw - group.already_kw)


def room_of(problem: Problem, group: ExcessGroup) -> FloatArray:
    """Power left for runs before excess is charged, per slot of the window."""
    return group.contracted_kw + group.already_kw - problem.auxiliary_kw


def excess_levels(model: PlantModel) -> list[FloatArray]:
    """Excess values that whole runs can cause, per group, sorted (to 1e-6 kW)."""
    problem, levels = model.problem, []
    loads = np.zeros(1)
    for machine in range(len(problem.machines)):
        most = int(problem.machine_units[machine].max(initial=0))
        for power in (kw for m, kw in model.classes if m == machine):
            loads = np.unique(np.round(np.add.outer(loads, power * np.arange(most + 1)).ravel(), 6))
    for group in problem.excess:
        rooms = np.unique(np.round(room_of(problem, group)[group.slots], 6))
        found = np.subtract.outer(loads, rooms).ravel()
        floor = floor_kw(problem, group)
        levels.append(np.unique(np.round(np.append(found[found > floor], floor), 6)))
    return levels


def add_power(model: PlantModel, box: Box | None = None) -> None:
    """Add excess columns with cost and all power rows, the excess inside `box` (default: any)."""
    problem, box = model.problem, box or whole_box(model.problem)
    power = [kw for _, kw in model.classes]
    columns = []
    for group, (low, high) in zip(problem.excess, box, strict=True):
        excess = model.linear.column(low, high, group.rate_eur_kw, integer=False)
        columns.append(excess)
        for slot, room in tightest(model, group.slots, room_of(problem, group)):
            model.linear.row({**combined(model, slot, power), excess: -1.0}, upper=room)
            add_facets(model, slot, (room, low, high), excess)
    model.excess = tuple(columns)
    if problem.power_cap_kw is not None:
        slots = np.arange(problem.slots)
        for slot, room in tightest(model, slots, problem.power_cap_kw - problem.auxiliary_kw):
            model.linear.row(combined(model, slot, power), upper=room)
            add_facets(model, slot, (room, 0.0, 0.0), None)


def tightest(model: PlantModel, slots: NDArray[np.int64], room: FloatArray) -> Iterator[tuple[int, float]]:
    """One slot, that with the least room, of those in which the same columns say what runs."""
    found: dict[tuple[object, ...], int] = {}
    for slot in (int(s) for s in slots):
        key = tuple(tuple(terms[slot].items()) for terms in model.running)
        if any(key) and (key not in found or room[slot] < room[found[key]]):
            found[key] = slot
    for slot in found.values():
        yield slot, float(room[slot])


def add_facets(model: PlantModel, slot: int, limits: tuple[float, float, float], excess: int | None) -> None:
    """Hull rows of one slot; rooms are rounded up, which keeps the rows valid."""
    room, low, high = limits
    units = tuple(
        int(model.problem.machine_units[machine, slot]) if terms[slot] else 0
        for (machine, _), terms in zip(model.classes, model.running, strict=True)
    )
    if float(np.prod([float(count + 1) for count in units])) > MOST_CORNERS:
        return
    mix = Mix(units, tuple(m for m, _ in model.classes), tuple(kw for _, kw in model.classes))
    rounded = float(np.ceil(room / ROOM_STEP_KW - 1e-9) * ROOM_STEP_KW)
    for a, b, side in facets(mix, rounded, low, high) or ():
        terms: Terms = combined(model, slot, list(a))
        if excess is not None and b:
            terms[excess] = b
        if terms:
            model.linear.row(terms, -INFINITY, side + 1e-9)
