"""A plan of a neighbouring problem made to fit this one: what still fits stays, the rest is placed anew."""

from __future__ import annotations

from collections import Counter

import numpy as np

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.baseline import dispatched
from chocolate_factory.domain.limits import keeps_limits
from chocolate_factory.domain.problem import Job, Lot, Problem, keeps_setups, load_kw
from chocolate_factory.infrastructure.planners.board import Board
from chocolate_factory.infrastructure.planners.model import PlantModel, reachable


def repaired(model: PlantModel, start: tuple[Job, ...]) -> tuple[Job, ...] | None:
    """A plan that makes the lots of `model` in time, as near to `start` as goes simply; None without one.

    Batches above what the lots ask are dropped, those that end last first. First only what does not fit is
    moved; where it finds no place it goes first, and the batches in its way are placed after it.
    """
    problem = model.problem
    dues: list[list[int]] = [[] for _ in problem.products]
    for lot in model.lots:
        dues[lot.product] += [lot.due] * lot.batches
    kept = as_many(problem, [job for job in start if job.product < len(dues)], dues)
    masks = [reachable(problem, product) for product in range(len(problem.products))]
    fitting = [job for job in kept if follows(problem, job, masks[job.product])]
    count = Counter(problem.family(job.product) for job in fitting)
    loose = [p for p, due in enumerate(dues) for _ in range(len(due) - count[p])]
    for first_loose in (False, True):
        board = Board(problem, (), tuple(np.sort(np.array(due, np.int64)) for due in dues))
        hold_level(board, start)
        found = filled(board, fitting, loose, first_loose)
        if found is not None:
            return found
    return None


def known_plan(model: PlantModel, start: tuple[Job, ...], late_slots: int = 0) -> tuple[Job, ...] | None:
    """A plan known before any solving, at most so late: near `start` where there is one, None without any.

    With setups one is made even without a start, since the solver by itself hardly finds any.
    """
    found = repaired(model, start) if start and not late_slots else None
    if found is not None or not model.problem.setups:
        return found
    found = repaired(model, ()) if not late_slots else None
    return found if found is not None else at_once(model.problem, model.lots, late_slots)


def at_once(problem: Problem, lots: tuple[Lot, ...], late_slots: int | None = None) -> tuple[Job, ...] | None:
    """The batches of lots by due time, each as early as it goes; None where they are later or break rules."""
    ordered = sorted(lots, key=lambda lot: (lot.due, lot.entry))
    jobs = dispatched(problem, [lot.product for lot in ordered for _ in range(lot.batches)])
    if jobs is None or not (keeps_limits(problem, jobs) and keeps_setups(problem, jobs)):
        return None
    return jobs if late_slots is None or lateness(problem, lots, jobs) <= late_slots else None


def lateness(problem: Problem, lots: tuple[Lot, ...], jobs: tuple[Job, ...]) -> int:
    """Slots after their due times, finishes matched to due times in order; all lots are made."""
    total = 0
    for product in {lot.product for lot in lots}:
        dues = sorted(lot.due for lot in lots if lot.product == product for _ in range(lot.batches))
        ends = sorted(finish(problem, job) for job in jobs if problem.family(job.product) == product)
        total += sum(max(0, end - due) for end, due in zip(ends, dues, strict=True))
    return total


def as_many(problem: Problem, jobs: list[Job], dues: list[list[int]]) -> list[Job]:
    """At most as many jobs of each product as are due, the ones that start last left out."""
    ordered = sorted(jobs, key=lambda job: job.starts[-1])
    families = [[j for j in ordered if problem.family(j.product) == p] for p in range(len(dues))]
    return [job for own, due in zip(families, dues, strict=True) for job in own[: len(due)]]


def follows(problem: Problem, job: Job, masks: list[np.ndarray]) -> bool:
    """Whether a job alone keeps its allowed starts, its order and its waits."""
    steps = problem.products[job.product].steps
    if not all(0 <= at < len(mask) and mask[at] for at, mask in zip(job.starts, masks, strict=True)):
        return False
    for place in range(1, len(steps)):
        waited = job.starts[place] - job.starts[place - 1] - steps[place - 1].duration
        longest = steps[place].wait_max
        if waited < 0 or (longest is not None and waited > longest):
            return False
    return True


def hold_level(board: Board, start: tuple[Job, ...]) -> None:
    """Price load above the excess that the plan paid: the best that is known before any search."""
    problem = board.problem
    load = load_kw(problem, start)
    board.limit[:] = 1e9
    for group in problem.excess:
        if group.quarters:
            board.limit[group.slots] = group.contracted_kw
            board.square[group.slots] = group.slope_eur_kw2(group.charged_kw(load))
        else:
            highest = float(np.max(load[group.slots], initial=0.0))
            board.limit[group.slots] = max(highest, group.contracted_kw + group.already_kw)
            board.soft[group.slots] = group.rate_eur_kw
    if problem.power_cap_kw is not None:
        board.limit = np.minimum(board.limit, problem.power_cap_kw)
        board.soft[:] = 1e3 * (1.0 + float(np.max(np.abs(board.price))))


def filled(board: Board, fitting: list[Job], loose: list[int], first_loose: bool) -> tuple[Job, ...] | None:
    """Everything on the board, or None where something finds no place or is late."""
    placed: list[Job] = []
    waiting = list(loose)
    if first_loose:
        waiting = []
        for product in loose:
            if not add_cheapest(board, product, placed):
                return None
    for job in fitting:
        if free(board, job):
            board.put(job)
            placed.append(job)
        else:
            waiting.append(job.product)
    if not all(add_cheapest(board, product, placed) for product in waiting):
        return None
    in_time = all(board.in_time(product, placed) for product in range(len(board.problem.products)))
    return tuple(placed) if in_time and board.keeps() and np.isfinite(board.cost()) else None


def free(board: Board, job: Job) -> bool:
    """Whether the machines of a job are free at its starts, and there is room where it waits."""
    steps = board.problem.products[job.product].steps
    return board.takes(job) and all(
        bool(np.all(board.free[step.machine, at : at + step.duration] > 0))
        for step, at in zip(steps, job.starts, strict=True)
    )


def add_cheapest(board: Board, product: int, placed: list[Job]) -> bool:
    """Put one more batch at its cheapest place; False where there is none."""
    found = board.cheapest(product, board.deadline(product, placed))
    if found is None:
        return False
    board.put(found)
    placed.append(found)
    return True
