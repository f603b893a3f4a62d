"""A plan without the solver: batches one after the other, each as early as it goes, in the best order found.

What finds no place is stock where it may be, else left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.limits import keeps_limits
from chocolate_factory.domain.problem import Job, Lot, Problem, keeps_setups
from chocolate_factory.infrastructure.planners.conflicts import without_least
from chocolate_factory.infrastructure.planners.repair import lateness
from chocolate_factory.infrastructure.planners.settled import Settled

MOST_PLACEMENTS, FEW_PLACEMENTS = 1000, 100
"""How often a batch is placed while a better order is looked for: at the last, and before the solver."""


def all_made(problem: Problem, lots: tuple[Lot, ...], late_slots: int = 0) -> tuple[Job, ...] | None:
    """The batches of lots, all of them and at most so late; None where they are not found so."""
    asked = tuple(replace(lot, may_be_stock=False) for lot in lots)
    found = as_they_fit(replace(problem, lots=asked), FEW_PLACEMENTS)
    return found.jobs if found and not found.left and (found.late_slots or 0) <= late_slots else None


def in_time(problem: Problem) -> Settled | None:
    """What is made where nothing that is due is late or left out, the stock not proven least; or None."""
    found = as_they_fit(problem, FEW_PLACEMENTS)
    return found if found is not None and not any(rank(problem, found)[:3]) else None


def as_they_fit(problem: Problem, most: int = MOST_PLACEMENTS) -> Settled | None:
    """The batches that find a place one after the other, in the best order found, with their plan.

    None where what has begun finds none, or where the least outputs are not reached. The same problem gives
    the same answer: orders by due time, of each product first, then moves of one batch (seeded) until `most`
    batches were placed anew.
    """
    orders = [by_due(problem, first) for first in (-1, *sorted({lot.product for lot in problem.lots}))]
    best, order = min(((placed(problem, o), o) for o in orders), key=lambda pair: rank(problem, pair[0]))
    random = np.random.default_rng(0)
    for _ in range(most // max(1, len(order)) if best.left or best.late_slots else 0):
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
