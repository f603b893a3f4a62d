"""Which excess to aim at: the choice that decides most of a plan's cost.

A chain of the search aims at one excess per group. Chains are short at first and tried on the levels around
the best plans and where the bounds want the excess; what did well is tried again, longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from chocolate_factory.domain.problem import Job, Problem, load_kw
from chocolate_factory.domain.series import FloatArray

LEAST_STEP_KW = 0.3
LEAST_STEP_SHARE = 0.0007
FIRST_ROUNDS = 3000
MOST_DOUBLINGS = 4
TIRING = 0.0015
LEAST_BUDGET = 0.01

Target = tuple[float, ...]


@dataclass
class Trial:
    """What is expected of a target: a plan to start from and its cost, and how often it was tried."""

    cost: float
    jobs: tuple[Job, ...]
    tried: int = 0


class Targets:
    """Keeps score of targets; `levels` are the excess values that can occur per group.

    Levels that make a difference of less than LEAST_STEP_SHARE of `cost`, of the `first` plan, are joined.
    """

    def __init__(
        self, problem: Problem, levels: list[FloatArray], first: tuple[Job, ...], cost: float
    ) -> None:
        self.problem, self.first = problem, first
        self.levels = []
        for group, level in zip(problem.excess, levels, strict=True):
            step = LEAST_STEP_SHARE * abs(cost) / group.rate_eur_kw if group.rate_eur_kw > 0 else np.inf
            self.levels.append(merged(level, max(LEAST_STEP_KW, step)))
        self.trials: dict[Target, Trial] = {}
        self.turn, self.random = 1, np.random.default_rng(1)
        self.propose(tuple(float(level[0]) for level in self.levels), cost, first)

    def propose(self, target: Target, cost: float, jobs: tuple[Job, ...]) -> None:
        """Add a target, with a plan to start from and the cost expected."""
        known = self.trials.setdefault(self.rounded(target), Trial(cost, jobs))
        if cost < known.cost:
            known.cost, known.jobs = cost, jobs

    def start(self, target: Target) -> tuple[Job, ...]:
        """The plan to start from."""
        return self.trials[target].jobs

    def rounded(self, target: Target) -> Target:
        """The levels at or just above."""
        places = [
            int(np.searchsorted(level, kw - 1e-3)) for level, kw in zip(self.levels, target, strict=True)
        ]
        return tuple(float(lv[min(at, len(lv) - 1)]) for lv, at in zip(self.levels, places, strict=True))

    def next(self, hints: list[Target]) -> tuple[Target, int]:
        """The target to try and the moves to spend: in turn something new and the most promising.

        New is a hint not tried yet, else a wild guess; both start from the first plan.
        """
        self.turn += 1
        least = min(trial.cost for trial in self.trials.values())
        scale = TIRING * max(1e-9, abs(least))
        best = min(
            self.trials, key=lambda target: self.trials[target].cost + scale * self.trials[target].tried
        )
        if self.turn % 2:
            guesses = [*map(self.rounded, hints), self.wild(best, abs(least))]
            fresh = [guess for guess in guesses if guess not in self.trials or not self.trials[guess].tried]
            if fresh:
                self.propose(fresh[0], least, self.first)
                return fresh[0], FIRST_ROUNDS
        return best, FIRST_ROUNDS << min(MOST_DOUBLINGS, self.trials[best].tried)

    def wild(self, best: Target, cost: float) -> Target:
        """A random division among the groups of about what the best target pays for excess."""
        rates = np.array([group.rate_eur_kw for group in self.problem.excess])
        budget = max(float(rates @ np.array(best)), LEAST_BUDGET * cost) * self.random.uniform(0.5, 1.3)
        shares = self.random.dirichlet(np.ones(len(rates))) if len(rates) else rates
        return self.rounded(
            tuple(np.divide(budget * shares, rates, out=np.zeros_like(rates), where=rates > 0))
        )

    def learn(self, target: Target, cost: float, jobs: tuple[Job, ...]) -> None:
        """A chain has ended: score its target, propose the excess of its plan and the levels beside."""
        trial = self.trials[target]
        if not trial.tried or cost < trial.cost:
            trial.cost, trial.jobs = cost, jobs
        trial.tried += 1
        own = self.adopt(cost, jobs)
        for beside in self.beside(own):
            self.propose(beside, cost, jobs)

    def adopt(self, cost: float, jobs: tuple[Job, ...]) -> Target:
        """Propose what a plan itself is charged, to go on from it; returns that target."""
        load = load_kw(self.problem, jobs)
        own = self.rounded(tuple(group.charged_kw(load) for group in self.problem.excess))
        self.propose(own, cost - TIRING * abs(cost), jobs)
        return own

    def beside(self, target: Target) -> list[Target]:
        """One group a level or two up or down, and one up with another down."""
        places = [
            int(np.searchsorted(level, kw - 1e-3)) for level, kw in zip(self.levels, target, strict=True)
        ]
        charged = [i for i, group in enumerate(self.problem.excess) if group.rate_eur_kw > 0]
        steps = [{i: by} for by in (-1, 1, -2, 2) for i in charged]
        steps += [{up: 1, down: -1} for up, down in permutations(charged, 2)]
        found = []
        for step in steps:
            moved = [at + step.get(i, 0) for i, at in enumerate(places)]
            if all(0 <= at < len(level) for at, level in zip(moved, self.levels, strict=True)):
                found.append(tuple(float(lv[at]) for lv, at in zip(self.levels, moved, strict=True)))
        return found


def merged(levels: FloatArray, step: float) -> FloatArray:
    """Levels at least a step apart (kW), the lowest and the highest kept."""
    kept = [float(levels[0])]
    for level in levels[1:]:
        if float(level) - kept[-1] >= step:
            kept.append(float(level))
    return np.array(kept if kept[-1] >= float(levels[-1]) else [*kept, float(levels[-1])])
