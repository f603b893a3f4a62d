"""A planning problem in which what has begun stays as it is.

Runs that go on take their machine and their power; the rest of a batch becomes a product of its own with
one batch, whose next step may start only within its longest wait after the step before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, permutations

import numpy as np

from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.problem import Problem, ProblemProduct
from chocolate_factory.domain.slots import epoch
from chocolate_factory.domain.standing import Standing, Tail

MOST_ORDERS = 200


def pin(problem: Problem, standing: Standing) -> Problem:
    """The problem with the standing's runs in place; its last lots, one a tail, answer the tails.

    A run takes every slot that it touches. Units never fall below none: what has begun is a fact, even where
    a machine has since been reported out of order.
    """
    if not standing.begun:
        return problem
    units, load = problem.machine_units.copy(), problem.auxiliary_kw.copy()
    for run in standing.begun:
        slots = _slots_left(problem, run)
        if slots > 0:
            units[problem.machines.index(run.machine), :slots] -= 1
            load[:slots] += run.power_kw
    known = len(problem.products)
    tails = tuple(_rest(problem, tail) for tail in standing.tails)
    lots = list(problem.lots)
    for place in range(len(tails)):
        at = len(lots) - len(tails) + place
        lots[at] = replace(lots[at], product=known + place)
    return replace(
        problem,
        machine_units=np.maximum(units, 0),
        auxiliary_kw=load,
        products=(*problem.products, *tails),
        lots=tuple(lots),
    )


def _slots_left(problem: Problem, run: Run) -> int:
    seconds = epoch(run.end) - epoch(problem.window.start)
    return min(problem.slots, -(-seconds // (60 * problem.minutes)))


def _rest(problem: Problem, tail: Tail) -> ProblemProduct:
    product = next(found for found in problem.products if found.name == tail.product)
    first, *others = product.steps[tail.first_step :]
    start = problem.window.start
    slots = np.arange(problem.slots)
    latest = tail.latest(start, first.wait_max)
    away = slots < tail.earliest(start)
    if latest is not None:
        away |= slots > latest
    head = replace(
        first,
        allowed=first.allowed & ~away,
        blocked_by={**first.blocked_by, "begun": away},
    )
    return ProblemProduct(product.name, product.batch_kg, (head, *others), tail.batch, tail.first_step)


def rest_only(problem: Problem, tails: Sequence[Tail]) -> Problem:
    """The pinned problem with nothing to make but the tails, by the window's end and at any price."""
    lots = problem.lots[len(problem.lots) - len(tails) :]
    return replace(
        problem,
        lots=tuple(replace(lot, due=problem.slots) for lot in lots),
        excess=(),
        allow_late=False,
    )


def stranded(problem: Problem, tails: Sequence[Tail]) -> str | None:
    """A batch whose rest finds no place in a pinned problem, None when all are placed.

    They are placed one after the other, each to finish as early as it can, beside what goes on and nothing
    else, in several orders, the most pressing first. None is proof that all can go on; a name is not proof
    that it cannot.
    """
    known = len(problem.products) - len(tails)

    def pressing(place: int) -> tuple[int, int]:
        allowed = np.flatnonzero(problem.products[known + place].steps[0].allowed)
        return (int(allowed[-1]) if len(allowed) else -1), place

    best: tuple[int, str] = (-1, "")
    for order in islice(permutations(sorted(range(len(tails)), key=pressing)), MOST_ORDERS):
        board = Board(problem)
        missing = []
        for place in order:
            job = board.earliest(known + place)
            if job is None:
                missing.append(tails[place].batch)
            else:
                board.put(job)
        if not missing:
            return None
        best = max(best, (len(tails) - len(missing), missing[0]))
    return best[1] or None
