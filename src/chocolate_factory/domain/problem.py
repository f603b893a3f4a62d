"""The planning problem in slots: what a planner sees, and nothing else.

All arrays are indexed by the slots of `window` (length T, `minutes` each). A batch's step occupies
its machine for `duration` slots from its start slot. Money is EUR, energy kWh, power kW.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.assets import Assets, Dispatch, as_it_comes, surplus_eur, wear_eur
from chocolate_factory.domain.dispatch import best_dispatch
from chocolate_factory.domain.limits import Limit
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import Changeover, setups_of
from chocolate_factory.domain.slots import IntArray, Window

BoolArray = NDArray[np.bool_]
LEAST_ROOT_KW = 1.0


@dataclass(frozen=True)
class ProblemStep:
    """One step of a recipe on the slot grid.

    `allowed` (T,) tells at which slots the step may start by attendance, climate and window (start and
    whole duration inside it); the limits between steps, machines and power are the planner's. `blocked_by`
    has, per rule ("attendance", "climate"), the starts (T,) which that rule forbids whatever the others say,
    so that an infeasible plan can be explained; starts whose run would leave the window are in none of them.
    `wait_max` is in slots, None for unlimited. `power_kw` is the mean draw; where it varies within the step,
    `profile_kw` has the draw of each of its `duration` slots, else it is empty. `mode` is the name of the way
    in which the step is run, where there are several.
    """

    process: str
    machine: int
    duration: int
    power_kw: float
    wait_max: int | None
    allowed: BoolArray
    blocked_by: dict[str, BoolArray] = field(default_factory=dict)
    profile_kw: tuple[float, ...] = ()
    mode: str = ""

    @property
    def draw_kw(self) -> FloatArray:
        """Draw of each slot of the step, shape (duration,)."""
        if self.profile_kw:
            return np.array(self.profile_kw, np.float64)
        return np.full(self.duration, self.power_kw)

    @cached_property
    def phases(self) -> tuple[tuple[int, int, float], ...]:
        """Spans of the same draw in order: (first slot counted from the start, slots, kW)."""
        if not self.profile_kw:
            return ((0, self.duration, self.power_kw),)
        found: list[tuple[int, int, float]] = []
        for kw, slots in groupby(self.profile_kw):
            found.append((sum(span for _, span, _ in found), len(list(slots)), kw))
        return tuple(found)

    @property
    def peak_kw(self) -> float:
        """The highest draw of a slot."""
        return max(self.profile_kw, default=self.power_kw)


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
    of `steps` is number `first_step` of the whole recipe. It has the name of the product. A recipe that can
    be made in several ways is one product a way: `variant_of` is the position of the first of them, which
    lots name, None for that first one and where there is one way only. `ready` is the slot from which a batch
    that has begun waits for the first of `steps`.
    """

    name: str
    batch_kg: float
    steps: tuple[ProblemStep, ...]
    batch: str = ""
    first_step: int = 0
    variant_of: int | None = None
    ready: int = 0


@dataclass(frozen=True)
class ExcessGroup:
    """Slots whose load above `contracted_kw` is charged together: one tariff period of one calendar month.

    The charge is `rate_eur_kw`, taxes inside, for each kW of `charged_kw`. By the rule of the maximum that is
    the highest excess of the slots; with `quarters` the root of the sum of their squares, each slot of
    `minutes` counted as minutes ÷ 15 quarter-hours. `already_kw` is what the month has been charged for
    before: only what goes above it costs.
    """

    name: str
    slots: IntArray
    contracted_kw: float
    rate_eur_kw: float
    already_kw: float = 0.0
    quarters: bool = False
    minutes: int = 15

    def charged_kw(self, load: FloatArray) -> float:
        """What a load (T,) adds to the power charged in the month, kW."""
        over = np.maximum(load[self.slots] - self.contracted_kw, 0.0)
        if not self.quarters:
            return max(0.0, float(np.max(over, initial=0.0)) - self.already_kw)
        square = float(over @ over) * self.minutes / 15
        return float(np.sqrt(self.already_kw**2 + square)) - self.already_kw

    def slope_eur_kw2(self, charged_kw: float) -> float:
        """With `quarters`: price of a slot's squared excess, by the tangent of the root at a charge.

        √S ≤ S / 2R + R / 2 for every R, with equality where R = √S, so the tangent is never below the charge.
        Below `LEAST_ROOT_KW` the tangent there is taken, which is never below either.
        """
        root = max(self.already_kw + charged_kw, LEAST_ROOT_KW)
        return self.rate_eur_kw * self.minutes / 15 / (2 * root)


@dataclass(frozen=True)
class Problem:
    """Everything a planner needs.

    `price_eur_kwh` (T,) is the all-in variable price with electricity tax and without VAT, `auxiliary_kw`
    (T,) the load beside the runs, `machine_units` (M, T) the units available. `power_cap_kw` (T,) is a hard
    limit on the site's load (2.0TD) or None. `allow_late`: lateness of hard lots is minimised before cost.
    `limits` are on kilograms that wait and that are finished, `assets` battery and array behind the meter,
    `setups` those of machines that need some between products.
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
    limits: tuple[Limit, ...] = ()
    assets: Assets | None = None
    setups: tuple[Changeover, ...] = ()

    @property
    def slots(self) -> int:
        """T."""
        return len(self.price_eur_kwh)

    def family(self, product: int) -> int:
        """The product that lots name for this one: itself, or the one it is a variant of."""
        first = self.products[product].variant_of
        return product if first is None else first

    def ways(self, product: int) -> tuple[int, ...]:
        """All products that make the same, the one that lots name first."""
        first = self.family(product)
        return (first, *(p for p, other in enumerate(self.products) if other.variant_of == first))


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
    due time. `cost_eur` is energy (auxiliary included) plus excess power by its groups, both with tax;
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
    """Site load of each slot, shape (T,): auxiliary plus every running step and the setups between them."""
    load = runs_kw(problem, jobs)
    if problem.setups and (found := setups_of(problem, jobs)) is not None:
        load += found.load_kw(problem.slots)
    return load


def runs_kw(problem: Problem, jobs: tuple[Job, ...]) -> FloatArray:
    """Site load of each slot without that of setups, shape (T,)."""
    load = problem.auxiliary_kw.astype(np.float64).copy()
    for job in jobs:
        for step, start in zip(problem.products[job.product].steps, job.starts, strict=True):
            load[start : start + step.duration] += step.draw_kw if step.profile_kw else step.power_kw
    return load


def set_up_kw(problem: Problem, jobs: tuple[Job, ...], load: FloatArray) -> FloatArray | None:
    """The load (T,) of the runs of jobs with that of the setups between them.

    None where no arrangement leaves time for them, or where their power breaks the hard limit.
    """
    if not problem.setups:
        return load
    if (found := setups_of(problem, jobs)) is None:
        return None
    load = load + found.load_kw(problem.slots)
    cap = problem.power_cap_kw if problem.assets is None else None
    return None if cap is not None and np.any(load > cap + 1e-6) else load


def keeps_setups(problem: Problem, jobs: tuple[Job, ...]) -> bool:
    """Whether there is time for every setup, and their power stays below the hard limit with all else."""
    if not problem.setups:
        return True
    cap = problem.power_cap_kw
    below = cap is None or bool(np.all(load_kw(problem, jobs) <= cap + 1e-6))
    return setups_of(problem, jobs) is not None and below


def energy_cost_eur(problem: Problem, load: FloatArray) -> float:
    """Σ load × price over the slots."""
    return float(np.dot(load, problem.price_eur_kwh) * problem.minutes / 60)


def excess_cost_eur(problem: Problem, load: FloatArray) -> float:
    """Excess power of a load (T,) by the rule of each group."""
    return sum(group.rate_eur_kw * group.charged_kw(load) for group in problem.excess)


def dispatch_of(problem: Problem, jobs: tuple[Job, ...]) -> Dispatch | None:
    """What the problem's assets do beside jobs: the cheapest; None without assets.

    Where no dispatch keeps the hard power limit, the array's power as it comes and the battery at rest.
    """
    if problem.assets is None:
        return None
    load = load_kw(problem, jobs)
    found = best_dispatch(problem, load)
    return as_it_comes(problem.assets, load) if found is None else found.dispatch


def solution_cost_eur(problem: Problem, jobs: tuple[Job, ...], dispatch: Dispatch | None = None) -> float:
    """`cost_eur` of a set of jobs: energy plus excess power.

    With assets of what the grid gives by a dispatch (by default the best one), less what the surplus brings,
    plus the battery's wear. Infinite where no arrangement leaves time for the setups, or where their power
    breaks the hard limit.
    """
    load = set_up_kw(problem, jobs, runs_kw(problem, jobs))
    if load is None:
        return float("inf")
    beside = 0.0
    if problem.assets is not None:
        done = dispatch_of(problem, jobs) if dispatch is None else dispatch
        if done is not None:
            load = load + done.net_kw
            beside = wear_eur(problem.assets, done, problem.minutes)
            beside -= surplus_eur(problem.assets, done, problem.minutes)
    return energy_cost_eur(problem, load) + excess_cost_eur(problem, load) + beside
