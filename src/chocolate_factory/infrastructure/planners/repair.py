"""A plan of a neighbouring problem made to fit this one: what still fits stays, the rest is placed anew."""

from __future__ import annotations

from collections import Counter

import numpy as np

from chocolate_factory.domain.problem import Job, Problem
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
    kept = as_many([job for job in start if job.product < len(dues)], dues)
    masks = [reachable(problem, product) for product in range(len(problem.products))]
    fitting = [job for job in kept if follows(problem, job, masks[job.product])]
    count = Counter(job.product for job in fitting)
    loose = [p for p, due in enumerate(dues) for _ in range(len(due) - count[p])]
    for first_loose in (False, True):
        board = Board(problem, (), tuple(np.sort(np.array(due, np.int64)) for due in dues))
        hold_level(board, start)
        found = filled(board, fitting, loose, first_loose)
        if found is not None:
            return found
    return None


def as_many(jobs: list[Job], dues: list[list[int]]) -> list[Job]:
    """At most as many jobs of each product as are due, the ones that start last left out."""
    ordered = sorted(jobs, key=lambda job: job.starts[-1])
    return [job for p, due in enumerate(dues) for job in [j for j in ordered if j.product == p][: len(due)]]


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
    load = problem.auxiliary_kw.astype(np.float64).copy()
    for job in start:
        for step, at in zip(problem.products[job.product].steps, job.starts, strict=True):
            load[at : at + step.duration] += step.power_kw
    board.limit[:] = 1e9
    for group in problem.excess:
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
    return tuple(placed) if in_time and np.isfinite(board.cost()) else None


def free(board: Board, job: Job) -> bool:
    """Whether the machines of a job are free at its starts."""
    steps = board.problem.products[job.product].steps
    return all(
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
