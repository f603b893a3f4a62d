"""Hourly advice: how cheap each hour to come will have been, and whether a run belongs there.

Both are told from a price forecast and judged by what happened. The week of an advice is its own window: the
rest of today and the seven local days after it, which is what somebody without a plan can choose from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

import numpy as np

from chocolate_factory.domain.scores import BoolArray
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.trees import Trees

DAYS = 7
"""Whole local days after today that an advice covers."""

HOUR_S = 3600
BEST = 0.25
"""Share of the hours that counts as the best."""

SHORTEST_RUN = 4
"""Hours that a run lasts at least in the plans behind the grades."""


class Grade(IntEnum):
    """Whether an energy-hungry run belongs in an hour, the best first."""

    OPTIMAL = 0
    MODERATE = 1
    REDUCED = 2
    HALT = 3

    @property
    def text(self) -> str:
        """As it is shown."""
        return self.name.capitalize()


SHARES = (0.25, 0.5, 0.75)
"""Share of the hours that the plan behind each grade but the last may use."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """What was known at `at` of the hours of a window, and of the days before; nothing newer.

    Hours (n,): `start` UTC epoch seconds without gaps; `cost`, `low` and `high` what the site pays in EUR/kWh
    at the forecast price and at the ends of its 80 % band, NaN where nothing is known, all the same where
    `published`; `period` of the tariff. `past` (days, 24) is what the site paid by local day and wall hour,
    EUR/kWh, NaN where unknown; row 0 is the day with the ordinal `first_day`, the last row today.
    """

    at: datetime
    start: IntArray
    cost: FloatArray
    low: FloatArray
    high: FloatArray
    published: BoolArray
    period: IntArray
    past: FloatArray
    first_day: int


@dataclass(frozen=True, eq=False)
class Case:
    """An outlook of the past with what came of it: cost (n,) in EUR/kWh, all known from `known_from` on."""

    outlook: Outlook
    real: FloatArray
    known_from: datetime


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees that tell the score (one value) and those that tell the share of each grade (four values)."""

    score: Trees
    grade: Trees


Learn = Callable[[FloatArray, FloatArray, IntArray], Forest]
"""A forest from inputs (n, features), scores (n,) and grades (n,) of what happened."""


def ranks(values: FloatArray) -> FloatArray:
    """Rank of each value (n,) from 0 to 1, equal values sharing their mean rank; NaN stays NaN.

    A single value ranks in the middle.
    """
    known = np.isfinite(values)
    result = np.full(len(values), np.nan)
    _, place, count = np.unique(values[known], return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count + 1) / 2
    last = known.sum() - 1
    result[known] = middle[place] / last if last > 0 else 0.5
    return result


def cheapness(cost: FloatArray) -> FloatArray:
    """Score 0 to 100 of each hour (n,): the share of the other hours that are dearer; NaN stays NaN."""
    return 100 * (1 - ranks(cost))


def grades(cost: FloatArray) -> IntArray:
    """`Grade` of each hour (n,) by the cheapest plans on these costs; an hour without a cost is HALT.

    The plans are those of a movable load that needs a quarter, a half or three quarters of the hours, in runs
    of SHORTEST_RUN hours at least: an hour has the grade of the smallest plan that runs in it. A cheap hour
    between dear ones is therefore not optimal.
    """
    known = int(np.isfinite(cost).sum())
    result = np.full(len(cost), int(Grade.HALT), np.int64)
    needs = [max(min(SHORTEST_RUN, known), round(share * known)) for share in SHARES]
    plans = cheapest_plans(cost, needs)
    for grade in reversed(range(len(SHARES))):
        result[plans[grade]] = grade
    return result


def cheapest_plans(cost: FloatArray, needs: list[int]) -> list[BoolArray]:
    """For each number of hours the plan (n,) of least cost with runs of SHORTEST_RUN hours at least.

    Hours without a cost are never used. Where no plan has that many hours, the next smaller number that can
    be placed. Dynamic programming over hours by (hours used, length of the current run up to SHORTEST_RUN).
    """
    price = np.where(np.isfinite(cost), cost, np.inf)
    most, states = max(needs, default=0), SHORTEST_RUN + 1
    best = np.full((states, most + 1), np.inf)
    best[0, 0] = 0.0
    stopped = np.zeros((len(price), most + 1), bool)
    went_on = np.zeros((len(price), most + 1), bool)
    for hour, paid in enumerate(price):
        after = np.full_like(best, np.inf)
        stopped[hour] = best[-1] < best[0]
        after[0] = np.minimum(best[0], best[-1])
        after[1:, 1:] = best[:-1, :-1] + paid
        went_on[hour, 1:] = best[-1, :-1] < best[-2, :-1]
        after[-1, 1:] = np.minimum(best[-1, :-1], best[-2, :-1]) + paid
        best = after
    return [_traced(best, stopped, went_on, need) for need in needs]


def _traced(best: FloatArray, stopped: BoolArray, went_on: BoolArray, need: int) -> BoolArray:
    """The plan whose cost is in `best`, read backwards."""
    ends = np.minimum(best[0], best[-1])
    used = need
    while used and not np.isfinite(ends[used]):
        used -= 1
    state = 0 if best[0, used] <= best[-1, used] else SHORTEST_RUN
    plan = np.zeros(len(stopped), bool)
    for hour in reversed(range(len(stopped))):
        if state == 0:
            state = SHORTEST_RUN if stopped[hour, used] else 0
            continue
        plan[hour] = True
        on = state == SHORTEST_RUN and went_on[hour, used]
        state, used = state if on else state - 1, used - 1
    return plan
