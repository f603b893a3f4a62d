"""Better plans by taking a few batches out and putting each back at its cheapest place, with annealing.

Load above a target is priced softly and ever higher (a hard limit leaves the search nowhere to go); plans are
judged by their true cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from chocolate_factory.domain.problem import Job
from chocolate_factory.infrastructure.planners.board import Board

MOST_REMOVED = 2
NEAR_SHARE = 0.5
NOISE = 0.5
COOLING = 0.05
PRESSURE = (0.05, 1.0)
SQUARE_PRESSURE = 4.0
SEED = 20260310


class Search:
    """Annealing over a board; `best_…` is the best true plan seen, `chain_…` that of the latest chain."""

    def __init__(self, board: Board, jobs: tuple[Job, ...]) -> None:
        self.board, self.random = board, np.random.default_rng(SEED)
        board.jobs = list(jobs)
        self.best_jobs, self.best_cost = jobs, board.cost()
        self.chain_jobs, self.chain_cost = jobs, math.inf
        problem = board.problem
        batch_kwh = [sum(s.power_kw * s.duration for s in p.steps) for p in problem.products]
        spread = float(np.std(board.price)) * float(np.mean(batch_kwh))
        rates = [group.rate_eur_kw for group in problem.excess]
        self.heat = max(0.03 * spread, 0.005 * max(rates, default=0.0), 1e-6)
        self.weight, self.square = np.zeros(problem.slots), np.zeros(problem.slots)
        self.rates = [max(group.rate_eur_kw, 0.01 * max(rates)) for group in problem.excess]
        if problem.power_cap_kw is not None:
            self.weight[:] = 100 * float(np.mean(np.abs(board.price))) + 1e-3

    def aim(self, target: tuple[float, ...]) -> None:
        """Set the excess per group that is to be charged (kW): at most, or about where quarters count.

        There a root is charged, and its tangent at the target, which is separate by slot, is the soft price.
        """
        board, problem = self.board, self.board.problem
        board.limit[:] = np.inf
        for group, excess, rate in zip(problem.excess, target, self.rates, strict=True):
            if group.quarters:
                board.limit[group.slots] = group.contracted_kw
                self.square[group.slots] = replace(group, rate_eur_kw=rate).slope_eur_kw2(excess)
            else:
                board.limit[group.slots] = group.contracted_kw + group.already_kw + excess
                self.weight[group.slots] = np.maximum(self.weight[group.slots], rate)
        if problem.power_cap_kw is not None:
            board.limit = np.minimum(board.limit, problem.power_cap_kw)
        self.weight[~np.isfinite(board.limit)] = 0.0
        board.limit[~np.isfinite(board.limit)] = 1e9

    def anneal(self, target: tuple[float, ...], rounds: int, tick: Callable[[], bool]) -> bool:
        """One chain of `rounds` moves towards a target; ends early, with False, when `tick` says stop."""
        self.aim(target)
        current = math.inf
        for turn in range(rounds):
            if turn % 100 == 0:
                if not tick():
                    return False
                share = turn / rounds
                if share <= 0.5:
                    self.chain_jobs, self.chain_cost = tuple(self.board.jobs), self.board.cost()
                heat = self.heat * COOLING**share
                pressure = PRESSURE[0] * (PRESSURE[1] / PRESSURE[0]) ** share
                self.board.soft = self.weight * pressure
                self.board.square = self.square * (pressure * SQUARE_PRESSURE)
                current = self.board.softened()
            current = self.move(current, heat)
        return True

    def move(self, current: float, heat: float) -> float:
        """Take some batches out and put them back, kept by the rule of annealing; returns the soft cost."""
        board = self.board
        out = self.chosen()
        rest = [job for place, job in enumerate(board.jobs) if place not in out]
        taken = [board.jobs[place] for place in out]
        for job in taken:
            board.put(job, -1)
        placed = self.put_back(taken, rest, heat)
        if (
            len(placed) == len(taken)
            and board.keeps()
            and all(board.in_time(p, rest + placed) for p in {j.product for j in taken})
        ):
            value = board.softened()
            if value <= current or self.random.random() < math.exp((current - value) / heat):
                board.jobs = rest + placed
                self.judge()
                return value
        for job in placed:
            board.put(job, -1)
        for job in taken:
            board.put(job)
        return current

    def put_back(self, taken: list[Job], rest: list[Job], heat: float) -> list[Job]:
        """Each batch at its cheapest place, one after the other; fewer than taken where one has no place."""
        placed: list[Job] = []
        for job in taken:
            noise = self.random.random(self.board.problem.slots) * (NOISE * heat)
            deadline = self.board.deadline(job.product, rest + placed)
            found = self.board.cheapest(job.product, deadline, noise)
            if found is None:
                break
            self.board.put(found)
            placed.append(found)
        return placed

    def chosen(self) -> list[int]:
        """Places of the batches to take out: neighbours in time, or any."""
        jobs, random = self.board.jobs, self.random
        count = min(len(jobs), 1 + int(random.integers(MOST_REMOVED)))
        if random.random() < NEAR_SHARE:
            middle = np.array([job.starts[len(job.starts) // 2] for job in jobs])
            near = np.argsort(np.abs(middle - middle[int(random.integers(len(jobs)))]), kind="stable")[
                : 2 * count
            ]
            return [int(place) for place in random.permutation(near)[:count]]
        return [int(place) for place in random.choice(len(jobs), count, replace=False)]

    def judge(self) -> None:
        """Remember the best true plan, of the chain and of all."""
        cost = self.board.cost()
        if cost < self.chain_cost - 1e-9:
            self.chain_cost, self.chain_jobs = cost, tuple(self.board.jobs)
        if cost < self.best_cost - 1e-9:
            self.best_cost, self.best_jobs = cost, tuple(self.board.jobs)

    def resume(self, jobs: tuple[Job, ...]) -> None:
        """Go on from another plan."""
        board = self.board
        for job in board.jobs:
            board.put(job, -1)
        for job in jobs:
            board.put(job)
        board.jobs = list(jobs)
