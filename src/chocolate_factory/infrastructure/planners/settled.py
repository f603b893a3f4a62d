"""What is to be made, and how long to look for a plan that makes it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from chocolate_factory.domain.problem import Job, Lot, Problem


@dataclass(frozen=True)
class Patience:
    """How long a first plan is looked for: until `latest` (monotonic clock) where none is known.

    `brief` are the seconds for the solver to look for a better one where one is known.
    """

    brief: float
    latest: float

    @property
    def whole(self) -> float:
        """Seconds until `latest`."""
        return max(0.0, self.latest - time.monotonic())

    def seconds(self, known: bool) -> float:
        """For one solve."""
        return min(self.brief, self.whole) if known else self.whole


@dataclass(frozen=True)
class Settled:
    """The lots to make, all of them now hard, and what was given up; `late_slots` None: all in time.

    `jobs` make the lots, no later than that, whatever they cost; empty where setups are to be found.
    """

    lots: tuple[Lot, ...]
    stock: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    late_slots: int | None = None
    jobs: tuple[Job, ...] = ()


def without_slack(problem: Problem) -> Settled:
    """Everything is to be made in time."""
    return Settled(tuple(replace(lot, hard=True) for lot in problem.lots))
