"""Tiny plants for planner tests: an independent feasibility check and a brute force over all plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.problem import (
    ExcessGroup,
    Job,
    Lot,
    Problem,
    ProblemProduct,
    ProblemStep,
    Solution,
    solution_cost_eur,
)
from chocolate_factory.domain.slots import Window

Count = NDArray[Any]
Power = NDArray[np.float64]
START = datetime(2026, 3, 9, 6, tzinfo=UTC)


def step(
    machine: int, duration: int, power: float, allowed: list[bool], wait: int | None = None
) -> ProblemStep:
    """A step whose blocked slots are blamed on attendance."""
    inside = np.arange(len(allowed)) + duration <= len(allowed)
    mask = np.array(allowed, bool)
    return ProblemStep(
        f"step{machine}", machine, duration, power, wait, mask & inside, {"attendance": inside & ~mask}
    )


def lot(item: int, batches: int, due: int, hard: bool = True, stock: bool = False) -> Lot:
    """A lot with a readable due text."""
    return Lot(item, batches, due, hard, item, f"slot {due}", stock)


def problem(
    price: list[float],
    recipes: list[list[ProblemStep]],
    units: list[int],
    lots: list[Lot],
    *,
    contracted: float | None = None,
    rate: float = 1.0,
    cap: float | None = None,
    auxiliary: float = 1.0,
    allow_late: bool = False,
) -> Problem:
    """A problem with one excess group (or none) and constant auxiliary load."""
    slots = len(price)
    groups = () if contracted is None else (ExcessGroup("P1", np.arange(slots), contracted, rate),)
    return Problem(
        window=Window(START, START + timedelta(minutes=15 * slots)),
        minutes=15,
        price_eur_kwh=np.array(price, np.float64),
        auxiliary_kw=np.full(slots, auxiliary),
        machines=tuple(f"machine{m}" for m in range(len(units))),
        machine_units=np.repeat(np.array(units, np.int64)[:, None], slots, axis=1),
        products=tuple(ProblemProduct(f"product{i}", 100.0, tuple(steps)) for i, steps in enumerate(recipes)),
        lots=tuple(lots),
        excess=groups,
        power_cap_kw=None if cap is None else np.full(slots, cap),
        allow_late=allow_late,
    )


def faults(given: Problem, jobs: tuple[Job, ...]) -> list[str]:
    """Broken rules of a plan, slot by slot, without any code of the planner."""
    found = []
    used = np.zeros_like(given.machine_units)
    load = given.auxiliary_kw.copy()
    for job in jobs:
        steps = given.products[job.product].steps
        if len(job.starts) != len(steps):
            found.append("steps missing")
        for place, (part, start) in enumerate(zip(steps, job.starts, strict=True)):
            if not part.allowed[start] or start + part.duration > given.slots:
                found.append(f"start {start} of {part.process} not allowed")
            used[part.machine, start : start + part.duration] += 1
            load[start : start + part.duration] += part.draw_kw
            if place:
                ready = job.starts[place - 1] + steps[place - 1].duration
                if start < ready:
                    found.append("order")
                if part.wait_max is not None and start > ready + part.wait_max:
                    found.append("wait")
    if np.any(used > given.machine_units):
        found.append("machine")
    if given.power_cap_kw is not None and np.any(load > given.power_cap_kw + 1e-6):
        found.append("power")
    return found


def ends(given: Problem, jobs: tuple[Job, ...], item: int) -> list[int]:
    """Sorted finishing slots of a product, whichever way its batches are made."""
    return sorted(
        job.starts[-1] + given.products[job.product].steps[-1].duration
        for job in jobs
        if given.family(job.product) == item
    )


def due_faults(given: Problem, solution: Solution) -> list[str]:
    """Lots that the plan does not answer, counting stock, batches left and late."""
    found = []
    for item in range(len(given.products)):
        if given.products[item].variant_of is not None:
            continue
        finish = ends(given, solution.jobs, item)
        needed: list[int] = []
        for place, wanted in enumerate(given.lots):
            if wanted.product != item:
                continue
            count = wanted.batches - solution.stock.get(place, 0) - solution.left.get(place, 0)
            late = solution.late.get(place, 0)
            needed += [wanted.due] * (count - late) + [given.slots] * late
            if (solution.stock.get(place, 0) and not wanted.may_be_stock) or count < 0:
                found.append("stock where none may be")
            if solution.left.get(place, 0) and wanted.hard:
                found.append("a hard lot left out")
        if len(finish) != len(needed):
            found.append(f"{len(finish)} batches made, {len(needed)} wanted")
        elif any(end > due for end, due in zip(finish, sorted(needed), strict=True)):
            found.append("due")
    return found


def chains(given: Problem, item: int) -> list[tuple[int, ...]]:
    """All ways to place one batch alone."""
    steps = given.products[item].steps
    options = [
        [int(s) for s in np.flatnonzero(part.allowed) if s + part.duration <= given.slots] for part in steps
    ]
    return [
        starts
        for starts in product(*options)
        if all(
            0
            <= starts[k] - starts[k - 1] - steps[k - 1].duration
            <= (99 if steps[k].wait_max is None else steps[k].wait_max)
            for k in range(1, len(steps))
        )
    ]


def all_plans(given: Problem, counts: list[int]) -> Iterator[tuple[Job, ...]]:
    """All feasible plans that make so many batches of each product, due times aside.

    Batches are added one by one, and one that already takes too many machines or too much power is left.
    """
    placed = [
        [(Job(item, starts), *taken(given, item, starts)) for starts in chains(given, item)]
        for item in range(len(counts))
    ]
    cap = None if given.power_cap_kw is None else given.power_cap_kw + 1e-6

    def extended(
        jobs: tuple[Job, ...], used: Count, load: Power, item: int, least: int
    ) -> Iterator[tuple[Job, ...]]:
        while item < len(counts) and sum(job.product == item for job in jobs) == counts[item]:
            item, least = item + 1, 0
        if item == len(counts):
            yield jobs
            return
        for place in range(least, len(placed[item])):
            job, units, draw = placed[item][place]
            more, higher = used + units, load + draw
            if np.all(more <= given.machine_units) and (cap is None or np.all(higher <= cap)):
                yield from extended((*jobs, job), more, higher, item, place)

    yield from extended((), np.zeros_like(given.machine_units), given.auxiliary_kw.copy(), 0, 0)


def taken(given: Problem, item: int, starts: tuple[int, ...]) -> tuple[Count, Power]:
    """Units of each machine and kW that one batch takes, slot by slot."""
    used, load = np.zeros_like(given.machine_units), np.zeros(given.slots)
    for part, start in zip(given.products[item].steps, starts, strict=True):
        used[part.machine, start : start + part.duration] += 1
        load[start : start + part.duration] += part.draw_kw
    return used, load


def lateness(given: Problem, jobs: tuple[Job, ...], amounts: list[int]) -> int:
    """Σ over batches of slots after the due time; `amounts` batches are made of each lot."""
    total = 0
    for item in {w.product for w in given.lots}:
        dues = sorted(
            w.due for w, n in zip(given.lots, amounts, strict=True) if w.product == item for _ in range(n)
        )
        total += sum(max(0, end - due) for end, due in zip(ends(given, jobs, item), dues, strict=True))
    return total


def brute_force(given: Problem) -> dict[tuple[int, ...], tuple[tuple[float, ...], float]]:
    """Best ((late slots, stock kg, left), cost) for every choice of batches made per lot: all plans tried."""
    best: dict[tuple[int, ...], tuple[tuple[float, ...], float]] = {}
    ranges = [range(w.batches + 1) if w.may_be_stock or not w.hard else [w.batches] for w in given.lots]
    for amounts in product(*ranges):
        counts = [
            sum(n for w, n in zip(given.lots, amounts, strict=True) if w.product == item)
            for item in range(len(given.products))
        ]
        missing = [w.batches - n for w, n in zip(given.lots, amounts, strict=True)]
        stock = 100.0 * sum(m for w, m in zip(given.lots, missing, strict=True) if w.hard)
        left = float(sum(m for w, m in zip(given.lots, missing, strict=True) if not w.hard))
        for jobs in all_plans(given, counts):
            late = float(lateness(given, jobs, list(amounts)))
            if not late or given.allow_late:
                found = ((late, stock, left), solution_cost_eur(given, jobs))
                best[amounts] = min(best.get(amounts, found), found)
    return best
