"""Plans of a plant with a battery or an array: batches and dispatch together.

First a plan that knows nothing of them, then by turns: the best dispatch of the batches, and a search for
better batches, once on the prices as they are behind the assets and once beside the dispatch as it stands.
Then the whole model, batches and assets in one, which starts from the best found and proves the bound.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.dispatch import Found, best_dispatch
from chocolate_factory.domain.ports import Progress
from chocolate_factory.domain.problem import Job, Lot, Problem, Solution, load_kw, solution_cost_eur
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.asset_rows import Columns, Loads, add_assets, cut
from chocolate_factory.infrastructure.planners.demand import out_of_time
from chocolate_factory.infrastructure.planners.highs import set_up
from chocolate_factory.infrastructure.planners.improving import searcher
from chocolate_factory.infrastructure.planners.linear import Relaxation, solve_integer
from chocolate_factory.infrastructure.planners.model import (
    PlantModel,
    build,
    combined,
    jobs_of,
    limit_lateness,
    set_energy_cost,
)

FIRST_SHARE, SEARCH_SHARE = 0.25, 0.55
"""Of the time limit: for the plan without assets, and until the search ends."""
SMALL_COLUMNS = 700
TOUCH_KW = 1e-6
ROUNDS = 1500
RELAXED_ROUNDS = 4


class Inner(Protocol):
    """The planner of problems without assets."""

    target_gap: float

    def solve_from(
        self, start: tuple[Job, ...], problem: Problem, time_limit: float, progress: Progress | None = None
    ) -> Solution:
        """As `Planner.solve`, from a plan."""
        ...


@dataclass(frozen=True, eq=False)
class Dispatched:
    """Jobs with their best dispatch and what they cost with it."""

    jobs: tuple[Job, ...]
    found: Found
    cost_eur: float


@dataclass
class Best:
    """The best plan so far and its proven bound, told as they improve."""

    problem: Problem
    progress: Progress | None
    started: float
    plan: Dispatched | None = None
    bound: float = -np.inf
    history: tuple[tuple[float, float, float], ...] = ()

    def take(self, jobs: tuple[Job, ...]) -> bool:
        """Dispatch jobs and keep them where they are better."""
        found = best_dispatch(self.problem, load_kw(self.problem, jobs))
        if found is None:
            return False
        cost = solution_cost_eur(self.problem, jobs, found.dispatch)
        if not np.isfinite(cost) or (self.plan is not None and cost >= self.plan.cost_eur - 1e-9):
            return False
        self.plan = Dispatched(jobs, found, cost)
        self.tell()
        return True

    def raise_to(self, bound: float) -> None:
        """Take a higher bound; what is said to be infeasible while a plan is known proves nothing."""
        if bound > self.bound and np.isfinite(bound):
            self.bound = bound
            if self.plan is not None:
                self.tell()

    def tell(self) -> None:
        """Say where cost and bound stand."""
        cost = self.plan.cost_eur if self.plan is not None else np.inf
        self.bound = min(self.bound, cost)
        if np.isfinite(self.bound):
            entry = (time.monotonic() - self.started, cost, self.bound)
            self.history = (*self.history, entry)
            if self.progress is not None:
                self.progress(*entry)

    def gap(self) -> float:
        """Relative gap; absolute where the cost is about zero."""
        if self.plan is None:
            return np.inf
        span = max(0.0, self.plan.cost_eur - self.bound)
        return span / abs(self.plan.cost_eur) if abs(self.plan.cost_eur) > 1e-9 else span


def solve_with_assets(
    planner: Inner,
    start: tuple[Job, ...],
    problem: Problem,
    time_limit: float,
    progress: Progress | None = None,
) -> Solution:
    """Best plan, dispatch and proven bound of a problem with assets; raises `Infeasible` as the planner does.

    Where a hard power limit forbids every plan without the assets' help, batches are settled without it.
    """
    best = Best(problem, progress, time.monotonic())
    first = without_assets(planner, start, problem, FIRST_SHARE * time_limit)
    model, columns = whole_model(problem, first)
    best.take(first.jobs)
    left = best.started + time_limit - time.monotonic()
    best.raise_to(relaxed_bound(columns, problem, max(1.0, left)))
    if sum(model.linear.integer) > SMALL_COLUMNS and best.plan is not None:
        until = best.started + SEARCH_SHARE * time_limit
        search(model, best, lambda: time.monotonic() < until and best.gap() > planner.target_gap)
    while best.gap() > planner.target_gap and (left := best.started + time_limit - time.monotonic()) > 0:
        if not finish(model, columns, best, (left, planner.target_gap)):
            break
    if best.plan is None:
        if problem.power_cap_kw is None:
            raise out_of_time(time_limit)
        raise Infeasible(
            "No plan was found that keeps the power limit, with battery and array either.",
            "Allow the planner more time, or contract more power.",
        )
    return replace(
        first,
        jobs=best.plan.jobs,
        cost_eur=best.plan.cost_eur,
        bound_eur=best.bound,
        solve_seconds=time.monotonic() - best.started,
        history=best.history,
    )


def without_assets(planner: Inner, start: tuple[Job, ...], problem: Problem, seconds: float) -> Solution:
    """A plan beside the loads that the array does not cover, and what is to be made."""
    pv = problem.assets.pv_kw if problem.assets is not None else 0.0
    bare = replace(problem, assets=None, auxiliary_kw=np.maximum(problem.auxiliary_kw - pv, 0.0))
    try:
        return planner.solve_from(start, bare, seconds)
    except Infeasible:
        if problem.power_cap_kw is None or problem.assets is None or problem.assets.battery is None:
            raise
        return planner.solve_from(start, replace(bare, power_cap_kw=None), seconds)


def whole_model(problem: Problem, first: Solution) -> tuple[PlantModel, Columns]:
    """Batches as settled, their energy, and the assets, in one model."""
    lots = settled_lots(problem, first)
    late = late_slots(problem, first, lots)
    model = build(problem, lots, frozenset({"late"} if late else ()))
    limit_lateness(model, late)
    set_energy_cost(model)
    power = [kw for _, kw in model.classes]
    terms = [combined(model, slot, power) for slot in range(problem.slots)]
    most = problem.auxiliary_kw.astype(np.float64)
    for machine, units in enumerate(problem.machine_units):
        most = most + units * max((kw for m, kw in model.classes if m == machine), default=0.0)
    loads = Loads(terms, problem.auxiliary_kw.astype(np.float64), most)
    return model, add_assets(model.linear, problem, loads)


def settled_lots(problem: Problem, first: Solution) -> tuple[Lot, ...]:
    """What is to be made, all of it hard."""
    return tuple(
        replace(lot, hard=True, batches=lot.batches - first.stock.get(i, 0) - first.left.get(i, 0))
        for i, lot in enumerate(problem.lots)
    )


def late_slots(problem: Problem, first: Solution, lots: tuple[Lot, ...]) -> int:
    """Slots by which the batches of a plan are late, finishes matched to due times in order."""
    total = 0
    for product in {lot.product for lot in lots}:
        dues = sorted(lot.due for lot in lots if lot.product == product for _ in range(lot.batches))
        ends = sorted(
            job.starts[-1] + problem.products[job.product].steps[-1].duration
            for job in first.jobs
            if problem.family(job.product) == product
        )
        total += sum(max(0, end - due) for end, due in zip(ends, dues, strict=True))
    return total


def relaxed_bound(columns: Columns, problem: Problem, seconds: float) -> float:
    """A proven bound from the model without integrality, with a few rounds of tangents."""
    bound = columns.linear.least()
    relaxation, until = Relaxation(columns.linear), time.monotonic() + seconds
    for _ in range(RELAXED_ROUNDS if columns.over else 1):
        answer = relaxation.solve(until - time.monotonic())
        bound = max(bound, answer.bound)
        if answer.values is None or not cut(columns, problem, answer.values):
            break
    return float(bound)


class Tick(Protocol):
    """Whether to go on."""

    def __call__(self) -> bool:
        """True until time or gap say stop."""
        ...


def search(model: PlantModel, best: Best, tick: Tick) -> None:
    """Chains on changed problems, each from the best plan, every result dispatched anew."""
    turn = 0
    while tick() and best.plan is not None:
        for seen in views(best.problem, best.plan):
            chain = searcher(replace(model, problem=seen), best.plan.jobs)
            chain.random = np.random.default_rng(turn)
            load = load_kw(seen, best.plan.jobs)
            target = tuple(group.charged_kw(load) for group in seen.excess)
            chain.anneal(target, ROUNDS, tick)
            for jobs in (chain.best_jobs, chain.chain_jobs):
                best.take(jobs)
            turn += 1
            if not tick():
                return


def views(problem: Problem, plan: Dispatched) -> Iterator[Problem]:
    """Problems without assets that stand for this one near a plan.

    One beside the dispatch as it is, excess power and all; one on the price of a kW more in each slot.
    """
    beside = problem.auxiliary_kw + plan.found.dispatch.net_kw
    yield replace(problem, assets=None, auxiliary_kw=beside)
    per_kwh: FloatArray = plan.found.price_eur_kw * 60 / problem.minutes
    yield replace(problem, assets=None, price_eur_kwh=per_kwh, excess=(), power_cap_kw=None)


def finish(model: PlantModel, columns: Columns, best: Best, limits: tuple[float, float]) -> bool:
    """The whole model from the best plan: `limits` are seconds and gap. Whether another round may help."""
    seconds, gap = limits
    known = None if best.plan is None else start_values(model, columns, best)
    answer = solve_integer(model.linear, seconds, 0.5 * gap, known)
    best.raise_to(answer.bound)
    if answer.infeasible or answer.values is None:
        return False
    jobs = set_up(model, jobs_of(model, answer.values))
    if jobs is not None:
        best.take(jobs)
    return cut(columns, best.problem, answer.values) > 0


def start_values(model: PlantModel, columns: Columns, best: Best) -> FloatArray | None:
    """The columns of the best plan; None where they cannot be told."""
    plan, problem = best.plan, best.problem
    if plan is None or model.slack.get("short") or model.flows:
        return None
    linear = model.linear
    values = np.array(linear.lower, np.float64)
    for (product, index), starts in model.starts.items():
        own = np.sort([job.starts[index] for job in plan.jobs if job.product == product])
        values[list(starts.columns)] = np.searchsorted(own, starts.slots, "right")
    for name, at in columns.at.items():
        told = getattr(plan.found.dispatch, name)
        for slot, column in enumerate(at):
            if column is not None:
                values[column] = min(max(told[slot], linear.lower[column]), linear.upper[column])
    grid = load_kw(problem, plan.jobs) + plan.found.dispatch.net_kw
    for switch, opened, slot in columns.switches:
        values[switch] = (grid[slot] if opened is None else values[opened]) > TOUCH_KW
    for place, group in enumerate(problem.excess):
        values[columns.excess[place]] = group.charged_kw(grid) + 1e-7
        for column, slot in zip(columns.over.get(place, ()), group.slots, strict=False):
            values[column] = max(0.0, grid[slot] - group.contracted_kw)
    return values
