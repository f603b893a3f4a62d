"""A planning problem in which what has begun stays as it is.

Runs that go on take their machine and their power; the rest of a batch becomes a product of its own with
one batch, whose next step may start only within its longest wait after the step before, and whose held steps
may start only where they were planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, permutations

import numpy as np

from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.limits_builder import with_made
from chocolate_factory.domain.plan import SETUP, Run
from chocolate_factory.domain.problem import Problem, ProblemProduct, ProblemStep
from chocolate_factory.domain.setups import Carried, Changeover
from chocolate_factory.domain.slots import epoch
from chocolate_factory.domain.standing import Standing, Tail

MOST_ORDERS = 200


def pin(problem: Problem, standing: Standing) -> Problem:
    """The problem with the standing's runs in place; its last lots, one a tail, answer the tails.

    A run takes every slot that it touches. Units never fall below none: what has begun is a fact, even where
    a machine has since been reported out of order.
    """
    problem = with_made(problem, standing.begun, standing.made)
    problem = replace(problem, setups=_carried(problem, standing))
    if not standing.begun and not standing.tails and not standing.carried:
        return problem
    units, load = problem.machine_units.copy(), problem.auxiliary_kw.copy()
    for run in (*standing.begun, *(run for run in standing.carried if run.process == SETUP)):
        slots = _slots_left(problem, run)
        if slots > 0:
            units[problem.machines.index(run.machine), :slots] -= 1
            load[:slots] += run.draw_kw(_elapsed(problem, run) + np.arange(slots, dtype=np.float64))
    known = len(problem.products)
    rests = [_rests(problem, tail) for tail in standing.tails]
    tails = [ways[0] for ways in rests]
    others = [replace(way, variant_of=known + n) for n, ways in enumerate(rests) for way in ways[1:]]
    lots = list(problem.lots)
    for place in range(len(tails)):
        at = len(lots) - len(tails) + place
        lots[at] = replace(lots[at], product=known + place)
    return replace(
        problem,
        machine_units=np.maximum(units, 0),
        auxiliary_kw=load,
        products=(*problem.products, *tails, *others),
        lots=tuple(lots),
    )


def _carried(problem: Problem, standing: Standing) -> tuple[Changeover, ...]:
    """The machines with setups, knowing what their units carried last and until when they are busy."""
    found = []
    for change in problem.setups:
        known: dict[int, Carried] = {}
        for run in sorted((*standing.carried, *standing.begun), key=lambda run: (run.start, run.end)):
            if run.machine == problem.machines[change.machine] and 1 <= run.unit <= change.count:
                known[run.unit] = Carried(run.unit, run.product, max(0, _slots_left(problem, run)))
        found.append(replace(change, carried=tuple(known[unit] for unit in sorted(known))))
    return tuple(found)


def _slots_left(problem: Problem, run: Run) -> int:
    seconds = epoch(run.end) - epoch(problem.window.start)
    return min(problem.slots, -(-seconds // (60 * problem.minutes)))


def _elapsed(problem: Problem, run: Run) -> float:
    """Slots from the start of a run to the window's."""
    return (epoch(problem.window.start) - epoch(run.start)) / (60 * problem.minutes)


def _rests(problem: Problem, tail: Tail) -> list[ProblemProduct]:
    """The rest of a batch in each way of making it, the normal one first; what is held keeps its modes."""
    kept = [run.mode for run in tail.held]
    found: dict[tuple[str, ...], ProblemProduct] = {}
    for recipe in problem.products:
        modes = tuple(step.mode for step in recipe.steps[tail.first_step :])
        if recipe.name == tail.product and list(modes[: len(kept)]) == kept and modes not in found:
            found[modes] = _rest(problem, tail, recipe)
    return list(found.values())


def _rest(problem: Problem, tail: Tail, recipe: ProblemProduct) -> ProblemProduct:
    first, *others = recipe.steps[tail.first_step :]
    start = problem.window.start
    slots = np.arange(problem.slots)
    latest = tail.latest(start, first.wait_max) if tail.first_step else None
    away = slots < tail.earliest(start)
    if latest is not None:
        away |= slots > latest
    head = replace(
        first,
        allowed=first.allowed & ~away,
        blocked_by={**first.blocked_by, "begun": away},
    )
    return ProblemProduct(
        recipe.name,
        recipe.batch_kg,
        _held(problem, (head, *others), tail),
        tail.batch,
        tail.first_step,
        ready=tail.earliest(start),
    )


def _held(problem: Problem, steps: tuple[ProblemStep, ...], tail: Tail) -> tuple[ProblemStep, ...]:
    """The steps with those that are held allowed only where they were planned."""
    found = list(steps)
    for place, run in enumerate(tail.held[: len(steps)]):
        step, at = steps[place], (epoch(run.start) - epoch(problem.window.start)) // (60 * problem.minutes)
        away = np.arange(problem.slots) != at
        found[place] = replace(
            step, allowed=step.allowed & ~away, blocked_by={**step.blocked_by, "frozen": away}
        )
    return tuple(found)


def rest_only(problem: Problem, tails: Sequence[Tail]) -> Problem:
    """The pinned problem with nothing to make but the tails, by the window's end and at any price."""
    lots = problem.lots[len(problem.lots) - len(tails) :]
    return replace(
        problem,
        lots=tuple(replace(lot, due=problem.slots) for lot in lots),
        excess=(),
        allow_late=False,
        limits=(),
        assets=None,
    )


def stranded(problem: Problem, tails: Sequence[Tail]) -> str | None:
    """A batch whose rest finds no place in a pinned problem, None when all are placed.

    They are placed one after the other, each to finish as early as it can, beside what goes on and nothing
    else, in several orders, the most pressing first. None is proof that all can go on; a name is not proof
    that it cannot.
    """
    rests = [lot.product for lot in problem.lots[len(problem.lots) - len(tails) :]]

    def pressing(place: int) -> tuple[int, int]:
        allowed = np.flatnonzero(problem.products[rests[place]].steps[0].allowed)
        return (int(allowed[-1]) if len(allowed) else -1), place

    best: tuple[int, str] = (-1, "")
    for order in islice(permutations(sorted(range(len(tails)), key=pressing)), MOST_ORDERS):
        board = Board(problem)
        missing = []
        for place in order:
            ways = (board.earliest(way) for way in problem.ways(rests[place]))
            job = min((way for way in ways if way), key=lambda way: finish(problem, way), default=None)
            if job is None:
                missing.append(tails[place].batch)
            else:
                board.put(job)
        if not missing:
            return None
        best = max(best, (len(tails) - len(missing), missing[0]))
    return best[1] or None
