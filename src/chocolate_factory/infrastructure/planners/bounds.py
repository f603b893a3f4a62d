"""Proven lower bounds: best-first branching on the charged excess of each group, facets of the box in each.

The bound of the problem is the least bound of the boxes still open. A box that need not be split goes to the
integer solver. It runs in a thread beside the search for plans (HiGHS lets go of the interpreter in a solve).
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from dataclasses import dataclass, field, replace

import numpy as np

from chocolate_factory.domain.problem import ExcessGroup, Job, load_kw, solution_cost_eur
from chocolate_factory.infrastructure.planners.linear import (
    INFINITY,
    Answer,
    Basis,
    Linear,
    Relaxation,
    Row,
    solve_integer,
)
from chocolate_factory.infrastructure.planners.model import PlantModel, jobs_of
from chocolate_factory.infrastructure.planners.power import (
    Box,
    Separation,
    SlotFacets,
    add_power,
    charged_of,
    excess_levels,
    secant_kw,
    whole_box,
)

SMALL_COLUMNS = 500
FIRST_SLICE, LONGEST_SLICE = 4.0, 16.0
NARROW_SHARE = 0.0003
LEAST_RISE = 1e-4
TOUCH_KW = 1e-4
SLACK_KW = 1e-7
LEAST_ERROR_EUR = 1e-5


@dataclass(frozen=True, order=True)
class Node:
    """A box of charged excess: its bound, the excess its relaxation chose, facets that mattered in it.

    `slice` are seconds for the integer solver. The facets hold in every box inside this one, and `basis` is
    where to begin with the model that has them.
    """

    bound: float
    order: int
    box: Box = field(compare=False)
    excess: tuple[float, ...] = field(compare=False)
    cuts: tuple[Row, ...] = field(compare=False, default=())
    basis: Basis | None = field(compare=False, default=None)
    slice: float = field(compare=False, default=FIRST_SLICE)


class Bounds:
    """Two threads share it: `run` raises `bound` in its own, the other tells the best plan and reads."""

    def __init__(self, model: PlantModel, energy_bound: float, deadline: float) -> None:
        """`model` has energy cost and no power rows; `energy_bound` is a proven bound of its cost."""
        self.model, self.problem = model, model.problem
        self.bound, self.energy_bound = -INFINITY, energy_bound
        self.deadline = deadline
        self.best_cost = INFINITY
        self.found: queue.SimpleQueue[tuple[Job, ...]] = queue.SimpleQueue()
        self.hints: list[tuple[float, ...]] = []
        self.levels = excess_levels(model)
        self.stopped = threading.Event()
        self.nodes: list[Node] = []
        self.closed = INFINITY
        self.made = 0

    def left(self) -> float:
        """Seconds until the time is up, none once stopped."""
        return 0.0 if self.stopped.is_set() else self.deadline - time.monotonic()

    def run(self) -> None:
        """Work on the box with the least bound until time or boxes end."""
        self.open(whole_box(self.problem), Node(-INFINITY, 0, (), ()))
        while self.nodes and self.left() > 0 and self.nodes[0].bound < self.best_cost - 1e-7:
            node = self.nodes[0]
            parts = self.split(node)
            for box in parts:
                self.open(box, node)
            if not parts:
                self.solve_whole(node)
            self.nodes.remove(node)
            heapq.heapify(self.nodes)
            self.report()
        if self.left() > 0:
            self.report()

    def report(self) -> None:
        """Publish the bound and where the open boxes want the excess."""
        least = self.nodes[0].bound if self.nodes else INFINITY
        self.bound = max(self.bound, min(least, self.closed, self.best_cost))
        self.hints = [node.excess for node in self.nodes[:3] if node.excess]

    def boxed(self, box: Box, cuts: tuple[Row, ...]) -> tuple[PlantModel, list[SlotFacets]]:
        """The model with the excess of every group in its interval and some facets; and all its facets."""
        model = replace(self.model, linear=self.model.linear.copy())
        tables = add_power(model, box)
        for terms, lower, upper in cuts:
            model.linear.row(terms, lower, upper)
        return model, tables

    def trimmed(self, box: Box) -> Box | None:
        """The box without excess that alone would cost more than the best plan; None when nothing is left."""
        rates = [group.rate_eur_kw for group in self.problem.excess]
        spare = (
            self.best_cost - self.energy_bound - sum(r * low for r, (low, _) in zip(rates, box, strict=True))
        )
        if spare < 0:
            return None
        return tuple(
            (low, min(high, low + spare / rate) if rate > 0 else high)
            for rate, (low, high) in zip(rates, box, strict=True)
        )

    def open(self, box: Box, parent: Node) -> None:
        """Bound a box and queue it, unless nothing in it can be better than the best plan."""
        part = self.trimmed(box)
        if part is None:
            self.closed = min(self.closed, self.best_cost)
            return
        self.made += 1
        model, tables = self.boxed(part, parent.cuts)
        if sum(model.linear.integer) <= SMALL_COLUMNS or not self.problem.excess:
            heapq.heappush(self.nodes, Node(parent.bound, self.made, part, ()))
            return
        first = len(model.linear.rows) - len(parent.cuts)
        relaxation = Relaxation(model.linear, parent.basis)
        answer = self.relaxed(relaxation, Separation(model, tables))
        if answer.infeasible:
            return
        chosen: tuple[float, ...] = ()
        if answer.values is not None:
            secants = [float(answer.values[column]) for column in model.excess]
            places = zip(self.problem.excess, part, secants, strict=True)
            chosen = tuple(charged_of(group, inside, secant) for group, inside, secant in places)
        kept = tight(model.linear, first, answer)
        basis = relaxation.basis([*range(first), *kept])
        rows = model.linear.part(kept)
        node = Node(max(parent.bound, answer.bound), self.made, part, chosen, rows, basis)
        heapq.heappush(self.nodes, node)
        self.report()

    def relaxed(self, relaxation: Relaxation, separation: Separation) -> Answer:
        """The relaxation of a box with the facets that it needs; its bound is the best on the way."""
        bound, answer = -INFINITY, Answer(None, INFINITY, -INFINITY)
        while self.left() > 0:
            found = relaxation.solve(self.left())
            rise, bound = found.bound - bound, max(bound, found.bound)
            if found.values is None:
                return Answer(answer.values, answer.objective, bound)
            answer = Answer(found.values, found.objective, bound)
            enough = rise < LEAST_RISE * abs(self.best_cost) or bound >= self.best_cost
            if enough or not separation.add(found.values):
                break
        return answer

    def split(self, node: Node) -> list[Box]:
        """Two boxes below and above the excess chosen, of the group where it counts most; none if narrow."""
        groups = self.problem.excess
        width = sum(
            worth(group, (low, high), chosen)
            for group, (low, high), chosen in zip(groups, node.box, node.excess, strict=False)
        )
        if width <= NARROW_SHARE * abs(self.best_cost):
            return []
        best: tuple[float, int, float, float] | None = None
        for place, excess in enumerate(node.excess):
            found = self.parted(place, node.box[place], excess)
            if found is not None and (best is None or found[0] > best[0]):
                best = (found[0], place, found[1], found[2])
        if best is None:
            return []
        _, place, below, above = best
        return parts_of(node.box, place, (below, above))

    def parted(
        self, place: int, inside: tuple[float, float], excess: float
    ) -> tuple[float, float, float] | None:
        """How much a group's split counts (EUR), the top of the lower part, the foot of the upper one."""
        group, levels, (low, high) = self.problem.excess[place], self.levels[place], inside
        if group.quarters:
            error = group.rate_eur_kw * (excess - secant_kw(group, inside, excess))
            margin = 0.1 * (high - low)
            at = min(max(excess, low + margin), high - margin)
            return (error, at, at) if error > 0 else None
        at = int(np.searchsorted(levels, excess + TOUCH_KW, "right"))
        below = max(low, float(levels[at - 1])) if at else low
        if at == len(levels) or levels[at] > high + TOUCH_KW:
            return None
        above = float(levels[at])
        score = group.rate_eur_kw * (min(excess - below, above - excess) + 0.1 * (above - below))
        return score, below, above

    def solve_whole(self, node: Node) -> None:
        """Give a box to the integer solver for a while; unfinished it comes back with a longer one.

        Where it is finished and the secants are still below what its plan is charged, it is split there. A
        small box comes without having been relaxed: the facets that it needs are found first.
        """
        model, tables = self.boxed(node.box, node.cuts)
        if not node.cuts:
            self.relaxed(Relaxation(model.linear), Separation(model, tables))
        Separation(model, [table for table in tables if table.exact]).add_all()
        answer = solve_integer(model.linear, min(self.left(), node.slice))
        if answer.infeasible:
            return
        bound = max(node.bound, answer.bound)
        if answer.values is not None:
            jobs = jobs_of(model, answer.values)
            if solution_cost_eur(self.problem, jobs) < self.best_cost - 1e-7:
                self.found.put(jobs)
            if answer.objective <= bound + 1e-6 + 1e-7 * abs(bound):
                parts = self.split_at(node, jobs)
                for box in parts:
                    self.open(box, replace(node, bound=bound))
                if not parts:
                    self.closed = min(self.closed, bound)
                return
        self.made += 1
        longer = min(2 * node.slice, LONGEST_SLICE)
        heapq.heappush(self.nodes, replace(node, bound=bound, order=self.made, slice=longer))

    def split_at(self, node: Node, jobs: tuple[Job, ...]) -> list[Box]:
        """Two boxes that meet at what a plan is charged, of the group whose secant lies most below it."""
        load, best = load_kw(self.problem, jobs), (LEAST_ERROR_EUR, 0, 0.0)
        for place, group in enumerate(self.problem.excess):
            low, high = node.box[place]
            charged = min(max(group.charged_kw(load), low), high)
            error = group.rate_eur_kw * (charged - secant_kw(group, (low, high), charged))
            best = max(best, (error, place, charged))
        error, place, charged = best
        return parts_of(node.box, place, (charged, charged)) if error > LEAST_ERROR_EUR else []


def worth(group: ExcessGroup, inside: tuple[float, float], chosen: float) -> float:
    """EUR by which an interval of a group can still be off."""
    if group.quarters:
        return group.rate_eur_kw * (chosen - secant_kw(group, inside, chosen))
    return group.rate_eur_kw * (inside[1] - inside[0])


def parts_of(box: Box, place: int, at: tuple[float, float]) -> list[Box]:
    """Two boxes, one group's interval cut: below the first of `at` and above the second."""
    low, high = box[place]
    parts = [(low, min(high, at[0] + SLACK_KW)), (max(low, at[1] - SLACK_KW), high)]
    return [(*box[:place], part, *box[place + 1 :]) for part in parts]


def tight(linear: Linear, first: int, answer: Answer) -> list[int]:
    """The rows from `first` on that a solution touches."""
    if answer.values is None:
        return []
    return [
        row
        for row in range(first, len(linear.rows))
        if sum(value * answer.values[column] for column, value in linear.rows[row].items())
        > linear.row_upper[row] - 1e-6
    ]
