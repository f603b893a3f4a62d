"""What a plan makes, offered one after the other until a plan is found for an offer.

First everything in time, then what has to give way, found by the solver. Where lateness is allowed the last
offer comes with its plan, made without the solver: batches one after the other, each as early as it goes,
and what finds no place is stock where it may be, else left out. So there is a plan whenever what has begun
finds a place, however little time there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.limits import keeps_limits
from chocolate_factory.domain.problem import Job, Problem, keeps_setups
from chocolate_factory.infrastructure.planners.conflicts import explained, without_least
from chocolate_factory.infrastructure.planners.demand import Settled, settle, settle_setups, without_slack
from chocolate_factory.infrastructure.planners.repair import lateness

MOST_PLACEMENTS = 1000
"""How often a batch is placed while a better order is looked for."""


def offers(problem: Problem, seconds: float) -> Iterator[Settled]:
    """What is to be made, the best first; raises `Infeasible` once it is proven that nothing fits."""
    yield without_slack(problem)
    found = None
    try:
        found = (settle_setups if problem.setups else settle)(problem, seconds)
    except OutOfTime:
        if not problem.allow_late:
            raise
    if found is not None:
        yield found
    simple = as_they_fit(problem) if problem.allow_late else None
    if simple is not None:
        yield simple
    elif found is None:
        raise explained(problem, seconds)


def as_they_fit(problem: Problem) -> Settled | None:
    """The batches that find a place one after the other, in the best order found, with their plan.

    None where what has begun finds none, or where the least outputs are not reached. The same problem gives
    the same answer: orders by due time, of each product first, then moves of one batch (seeded).
    """
    orders = [by_due(problem, first) for first in (-1, *sorted({lot.product for lot in problem.lots}))]
    best, order = min(((placed(problem, o), o) for o in orders), key=lambda pair: rank(problem, pair[0]))
    random = np.random.default_rng(0)
    for _ in range(MOST_PLACEMENTS // max(1, len(order)) if best.left or best.late_slots else 0):
        source, target = (int(place) for place in random.integers(0, len(order), 2))
        other = [*order]
        other.insert(target, other.pop(source))
        found = placed(problem, other)
        if rank(problem, found) <= rank(problem, best):
            best, order = found, other
    kept = not rank(problem, best)[0] and keeps_limits(problem, best.jobs)
    return best if kept else None


def by_due(problem: Problem, first: int) -> list[int]:
    """A lot for each batch: what has begun, then hard ones, those of product `first`, by due time."""

    def key(place: int) -> tuple[bool, bool, bool, int, int]:
        lot = problem.lots[place]
        fresh = not problem.products[lot.product].batch
        return fresh, not lot.hard, first not in (-1, lot.product), lot.due, lot.entry

    places = sorted(range(len(problem.lots)), key=key)
    return [place for place in places for _ in range(problem.lots[place].batches)]


def placed(problem: Problem, order: list[int]) -> Settled:
    """Batches of lots one after the other, each in the first way that has a place, as early as it goes."""
    easier, jobs = without_least(problem), tuple[Job, ...]()
    board, made, stock = Board(easier), Counter[int](), Counter[int]()
    for place in order:
        lot = problem.lots[place]
        ways = (board.earliest(way) for way in problem.ways(lot.product))
        job = next((way for way in ways if way is not None and keeps(easier, (*jobs, way))), None)
        if lot.may_be_stock and (job is None or finish(problem, job) > lot.due):
            stock[place] += 1
        elif job is not None:
            board.put(job)
            jobs, made[place] = (*jobs, job), made[place] + 1
    lots = tuple(replace(lot, hard=True, batches=made[i]) for i, lot in enumerate(problem.lots))
    left = Counter(order) - made - stock
    return Settled(lots, dict(stock), dict(left), lateness(problem, lots, jobs) or None, jobs)


def keeps(problem: Problem, jobs: tuple[Job, ...]) -> bool:
    """Whether jobs keep the limits on kilograms, and their setups find time and power."""
    return keeps_limits(problem, jobs) and keeps_setups(problem, jobs)


def rank(problem: Problem, settled: Settled) -> tuple[int, int, int, int, int]:
    """Batches under way left out, hard ones, late slots, stock, soft ones left out: less is better."""
    lots, left = problem.lots, settled.left
    begun = sum(n for i, n in left.items() if problem.products[lots[i].product].batch)
    hard = sum(n for i, n in left.items() if lots[i].hard)
    stock = sum(settled.stock.values())
    return begun, hard, settled.late_slots or 0, stock, sum(left.values()) - hard
