"""Proven lower bounds: best-first branching on the excess of each group, the hull rebuilt in every box.

The bound of the problem is the least bound of the boxes still open. A box that need not be split goes to the
integer solver. It runs in a thread beside the search for plans (HiGHS lets go of the interpreter in a solve).
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from dataclasses import dataclass, replace

import numpy as np

from chocolate_factory.domain.problem import Job
from chocolate_factory.infrastructure.planners.linear import INFINITY, solve_integer, solve_relaxed
from chocolate_factory.infrastructure.planners.model import PlantModel, jobs_of
from chocolate_factory.infrastructure.planners.power import Box, add_power, excess_levels, whole_box

SMALL_COLUMNS = 500
FIRST_SLICE, LONGEST_SLICE = 4.0, 16.0
NARROW_SHARE = 0.0003
TOUCH_KW = 1e-4
SLACK_KW = 1e-5


@dataclass(frozen=True, order=True)
class Node:
    """A box of excess values: its bound, the excess its relaxation chose, seconds for the integer solver."""

    bound: float
    order: int
    box: Box
    excess: tuple[float, ...]
    slice: float = FIRST_SLICE


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
        self.open(whole_box(self.problem), -INFINITY)
        while self.nodes and self.left() > 0 and self.nodes[0].bound < self.best_cost - 1e-7:
            node = self.nodes[0]
            parts = self.split(node)
            for box in parts:
                self.open(box, node.bound)
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

    def boxed(self, box: Box) -> PlantModel:
        """The model with the excess of every group in its interval."""
        model = replace(self.model, linear=self.model.linear.copy())
        add_power(model, box)
        return model

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

    def open(self, box: Box, least: float) -> None:
        """Bound a box and queue it, unless nothing in it can be better than the best plan."""
        part = self.trimmed(box)
        if part is None:
            self.closed = min(self.closed, self.best_cost)
            return
        self.made += 1
        model = self.boxed(part)
        if sum(model.linear.integer) <= SMALL_COLUMNS or not self.problem.excess:
            heapq.heappush(self.nodes, Node(least, self.made, part, ()))
            return
        answer = solve_relaxed(model.linear, self.left())
        if answer.infeasible:
            return
        chosen = () if answer.values is None else tuple(float(answer.values[c]) for c in model.excess)
        heapq.heappush(self.nodes, Node(max(least, answer.bound), self.made, part, chosen))
        self.report()

    def split(self, node: Node) -> list[Box]:
        """Two boxes below and above the excess chosen, of the group where it counts most; none if narrow."""
        rates = [group.rate_eur_kw for group in self.problem.excess]
        width = sum(rate * (high - low) for rate, (low, high) in zip(rates, node.box, strict=True))
        if width <= NARROW_SHARE * abs(self.best_cost):
            return []
        best: tuple[float, int, float, float] | None = None
        for place, excess in enumerate(node.excess):
            (low, high), levels = node.box[place], self.levels[place]
            at = int(np.searchsorted(levels, excess + TOUCH_KW, "right"))
            below = max(low, float(levels[at - 1])) if at else low
            if at == len(levels) or levels[at] > high + TOUCH_KW:
                continue
            above = float(levels[at])
            score = rates[place] * (min(excess - below, above - excess) + 0.1 * (above - below))
            if best is None or score > best[0]:
                best = (score, place, below, above)
        if best is None:
            return []
        _, place, below, above = best
        low, high = node.box[place]
        parts = [(low, below + SLACK_KW), (above - SLACK_KW, high)]
        return [(*node.box[:place], part, *node.box[place + 1 :]) for part in parts]

    def solve_whole(self, node: Node) -> None:
        """Give a box to the integer solver for a while; unfinished it comes back with a longer one."""
        model = self.boxed(node.box)
        answer = solve_integer(model.linear, min(self.left(), node.slice))
        if answer.infeasible:
            return
        if answer.values is not None and answer.objective < self.best_cost - 1e-7:
            self.found.put(jobs_of(model, answer.values))
        bound = max(node.bound, answer.bound)
        if answer.values is not None and answer.objective <= bound + 1e-6 + 1e-7 * abs(bound):
            self.closed = min(self.closed, bound)
            return
        self.made += 1
        heapq.heappush(
            self.nodes, Node(bound, self.made, node.box, node.excess, min(2 * node.slice, LONGEST_SLICE))
        )
