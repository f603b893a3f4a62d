"""What machines can run together in a slot, and the rows that every whole mix of runs keeps.

A mix is whole numbers of runs; with what it causes, its excess or the square of that, it is a point. The
facets of the convex hull of these points are the strongest rows there are; where there are too many mixes,
chords of the square as a function of load alone are exact too, if weaker between whole mixes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product as every

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray

MOST_CORNERS, MOST_CLASSES = 400, 5
"""Hulls of more corners, or in more dimensions, take too long."""

MOST_CHORDS = 60
SQUARE_KW2 = 100.0
"""Unit of the columns that hold squares, so that they are of the size of the others."""


@dataclass(frozen=True)
class Mix:
    """What can run together in a slot: units, machine and power of each class."""

    units: tuple[int, ...]
    machines: tuple[int, ...]
    power_kw: tuple[float, ...]


@dataclass(frozen=True)
class Reach:
    """Room of a slot before excess is charged, and the least and the highest excess; all in kW.

    `squared`: the further dimension is the square of the slot's own excess, not the excess of its group.
    """

    room: float
    low: float
    high: float
    squared: bool = False


@dataclass(frozen=True, eq=False)
class Facets:
    """Rows a·runs + b·x ≤ c that hold for every whole mix: a (n, classes), b (n,), c (n,)."""

    a: FloatArray
    b: FloatArray
    c: FloatArray


@lru_cache(maxsize=256)
def corners(mix: Mix) -> FloatArray:
    """All whole numbers of runs per class within the units of each machine, shape (n, classes)."""
    runs = np.array(list(every(*(range(count + 1) for count in mix.units))), np.float64)
    keep = np.ones(len(runs), bool)
    for machine in set(mix.machines):
        members = [i for i, m in enumerate(mix.machines) if m == machine]
        keep &= runs[:, members].sum(axis=1) <= max(mix.units[i] for i in members)
    return runs[keep]


def few_corners(mix: Mix) -> bool:
    """Whether the whole mixes are few enough for their hull."""
    return float(np.prod([float(count + 1) for count in mix.units])) <= MOST_CORNERS


def strongest(mix: Mix) -> Mix:
    """The classes that can draw most together, the others without units."""
    able = [k for k, count in enumerate(mix.units) if count]
    able.sort(key=lambda k: -mix.units[k] * mix.power_kw[k])
    kept = set(able[:MOST_CLASSES])
    return replace(mix, units=tuple(count if k in kept else 0 for k, count in enumerate(mix.units)))


@lru_cache(maxsize=8192)
def facets(mix: Mix, reach: Reach) -> Facets | None:
    """Facets over every whole mix of the strongest classes; mixes above `high` are left out.

    The others can only add load, so the rows hold with them too. None when no facet says more than the bounds
    of the columns do, or there are too many mixes.
    """
    mix = strongest(mix)
    if not few_corners(mix):
        return None
    runs = corners(mix)
    load = runs @ np.array(mix.power_kw)
    excess = np.maximum(load - reach.room, reach.low)
    if excess.max() <= reach.low + 1e-9:
        return None
    fits = excess <= reach.high + 1e-9
    fits[0] = True
    runs, excess = runs[fits], np.maximum(excess[fits], reach.low)
    extra = excess**2 / SQUARE_KW2 if reach.squared else excess
    used = np.flatnonzero(runs.max(axis=0) > 0)
    barred = [k for k in idle(runs) if mix.units[k]]
    rows = [(tuple(float(i == k) for i in range(len(mix.units))), 0.0, 0.0) for k in barred]
    if len(used):
        rows += hull_rows(runs, extra, used, excess.max() <= reach.low + 1e-9)
    return as_facets(rows)


def as_facets(rows: list[tuple[tuple[float, ...], float, float]]) -> Facets | None:
    """Rows (a, b, c) as arrays, None for none."""
    if not rows:
        return None
    columns = list(zip(*rows, strict=True))
    return Facets(*(np.array(column, np.float64) for column in columns))


@lru_cache(maxsize=8192)
def chords(mix: Mix, reach: Reach) -> Facets | None:
    """Rows below the square of the excess as a function of load alone: chords of loads that can occur.

    Between neighbouring loads the chord is exact at both. Where there are too many, tangents on a grid.
    """
    power = np.array(mix.power_kw)
    loads = loads_of(mix)
    over = loads[loads > reach.room + 1e-9] - reach.room
    if not len(over):
        return None
    over = np.concatenate([[0.0], over])
    over = over[: 2 + int(np.searchsorted(over, reach.high))]
    if len(over) <= MOST_CHORDS:
        slope = over[1:] + over[:-1]
        side = over[1:] * over[:-1]
    else:
        at = np.linspace(0.0, min(float(over[-1]), reach.high), MOST_CHORDS)
        slope, side = 2 * at, at**2
    rows = [
        (tuple(power * up / SQUARE_KW2), -1.0, float(up * reach.room + down) / SQUARE_KW2)
        for up, down in zip(slope, side, strict=True)
        if up > 0
    ]
    return as_facets(rows)


@lru_cache(maxsize=256)
def loads_of(mix: Mix) -> FloatArray:
    """All loads that whole runs can cause, sorted (to 1e-6 kW)."""
    if few_corners(mix):
        return np.unique(np.round(corners(mix) @ np.array(mix.power_kw), 6))
    loads = np.zeros(1)
    for count, power in zip(mix.units, mix.power_kw, strict=True):
        loads = np.unique(np.round(np.add.outer(loads, power * np.arange(count + 1)).ravel(), 6))
    return loads


def idle(runs: FloatArray) -> list[int]:
    """Classes that cannot run at all."""
    return [int(k) for k in np.flatnonzero(runs.max(axis=0) == 0)]


def hull_rows(
    runs: FloatArray, excess: FloatArray, used: NDArray[np.intp], flat: bool
) -> list[tuple[tuple[float, ...], float, float]]:
    """Facets of the hull of the corners (with `excess` as a further, upward open dimension unless `flat`)."""
    points = runs[:, used]
    if not flat:
        top = np.full(len(points), excess.max() + 50)
        points = np.vstack([np.c_[points, excess], np.c_[points, top]])
    if points.shape[1] == 1:
        normals = np.array([[-1.0], [1.0]])
    else:
        from scipy.spatial import ConvexHull  # a third of a second that only the hull needs

        normals = np.unique(np.round(ConvexHull(points).equations[:, :-1], 9), axis=0)
    rows = []
    for normal in normals:
        a = np.zeros(runs.shape[1])
        a[used] = normal[: len(used)]
        b = 0.0 if flat else float(normal[-1])
        if b > 1e-9 or np.count_nonzero(np.abs(a) > 1e-9) + (b < -1e-9) < 2:
            continue
        side = float(np.max(runs @ a + b * excess))
        rows.append((tuple(float(v) for v in a), b, side))
    return rows
