"""The planning problem in slots: what a planner sees, and nothing else.

All arrays are indexed by the slots of `window` (length T, `minutes` each). A batch's step occupies
its machine for `duration` slots from its start slot. Money is EUR, energy kWh, power kW.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ProblemStep:
    """One step of a recipe on the slot grid.

    `allowed` (T,) tells at which slots the step may start by attendance, climate and window (start and
    whole duration inside it); the limits between steps, machines and power are the planner's. `blocked_by`
    has, per rule ("attendance", "climate"), the starts (T,) which that rule forbids whatever the others say,
    so that an infeasible plan can be explained; starts whose run would leave the window are in none of them.
    `wait_max` is in slots, None for unlimited.
    """

    process: str
    machine: int
    duration: int
    power_kw: float
    wait_max: int | None
    allowed: BoolArray
    blocked_by: dict[str, BoolArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Lot:
    """Batches of one product wanted by one moment.

    `due` is a slot index: the last step must end at or before the start of slot `due` (0 ≤ due ≤ T). A
    lot due outside the grid is clipped to T. `hard` lots must be made (or covered by stock where
    `may_be_stock`); soft ones are anticipated work, left out only where they cannot be made.
    `entry` is the position in the factory file's demand list; `due_text` the local due time as ISO 8601.
    """

    product: int
    batches: int
    due: int
    hard: bool
    entry: int
    due_text: str
    may_be_stock: bool = False


@dataclass(frozen=True)
class ProblemProduct:
    """A recipe and its batch size.

    The rest of a batch that has begun is a product of its own: `batch` is that batch's name, and the first
    of `steps` is number `first_step` of the whole recipe. It has the name of the product.
    """

    name: str
    batch_kg: float
    steps: tuple[ProblemStep, ...]
    batch: str = ""
    first_step: int = 0


@dataclass(frozen=True)
class ExcessGroup:
    """Slots whose load above `contracted_kw` is charged together: one tariff period of one calendar month.

    Planning rule: `rate_eur_kw` × max(0, highest load of the slots − contracted_kw), taxes inside the rate.
    `already_kw` is the excess the month already has: only what goes above it costs.
    """

    name: str
    slots: IntArray
    contracted_kw: float
    rate_eur_kw: float
    already_kw: float = 0.0


@dataclass(frozen=True)
class Problem:
    """Everything a planner needs.

    `price_eur_kwh` (T,) is the all-in variable price with electricity tax and without VAT, `auxiliary_kw`
    (T,) the load beside the runs, `machine_units` (M, T) the units available. `power_cap_kw` (T,) is a hard
    limit on the site's load (2.0TD) or None. `allow_late`: lateness of hard lots is minimised before cost.
    """

    window: Window
    minutes: int
    price_eur_kwh: FloatArray
    auxiliary_kw: FloatArray
    machines: tuple[str, ...]
    machine_units: IntArray
    products: tuple[ProblemProduct, ...]
    lots: tuple[Lot, ...]
    excess: tuple[ExcessGroup, ...]
    power_cap_kw: FloatArray | None = None
    allow_late: bool = False

    @property
    def slots(self) -> int:
        """T."""
        return len(self.price_eur_kwh)


@dataclass(frozen=True)
class Job:
    """One batch in a solution: product index and the start slot of each of its steps, in order."""

    product: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Solution:
    """What a planner returns.

    `jobs` covers every hard lot that was not covered by stock, and the soft ones that were made.
    `stock` / `left` / `late` are batches by lot index: assumed finished goods, batches not made (soft ones,
    and with `allow_late` hard ones that do not fit into the window), hard batches that finish after their
    due time. `cost_eur` is energy (auxiliary included) plus excess under the planning rule, both with tax;
    `bound_eur` a proven lower bound of the same for the same stock and left batches. `history` are
    (seconds, cost, bound) as they improved.
    """

    jobs: tuple[Job, ...]
    cost_eur: float
    bound_eur: float
    solve_seconds: float
    stock: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    late: dict[int, int] = field(default_factory=dict)
    history: tuple[tuple[float, float, float], ...] = ()

    @property
    def gap(self) -> float:
        """(cost − proven bound) ÷ cost; 0 when the cost is not positive and equals its bound."""
        span = max(0.0, self.cost_eur - self.bound_eur)
        return span / abs(self.cost_eur) if abs(self.cost_eur) > 1e-9 else span


def load_kw(problem: Problem, jobs: tuple[Job, ...]) -> FloatArray:
    """Site load of each slot, shape (T,): auxiliary plus every running step."""
    load = problem.auxiliary_kw.astype(np.float64).copy()
    for job in jobs:
        for step, start in zip(problem.products[job.product].steps, job.starts, strict=True):
            load[start : start + step.duration] += step.power_kw
    return load


def energy_cost_eur(problem: Problem, load: FloatArray) -> float:
    """Σ load × price over the slots."""
    return float(np.dot(load, problem.price_eur_kwh) * problem.minutes / 60)


def excess_cost_eur(problem: Problem, load: FloatArray) -> float:
    """Excess power under the planning rule."""
    total = 0.0
    for group in problem.excess:
        if len(group.slots):
            over = float(np.max(load[group.slots])) - group.contracted_kw - group.already_kw
            total += group.rate_eur_kw * max(0.0, over)
    return total


def solution_cost_eur(problem: Problem, jobs: tuple[Job, ...]) -> float:
    """`cost_eur` of a set of jobs: energy plus excess under the planning rule."""
    load = load_kw(problem, jobs)
    return energy_cost_eur(problem, load) + excess_cost_eur(problem, load)
