"""A load that may wait: 1 kW in five runs of eight hours a week, the least work that a forecast can move.

A week goes from Monday to Sunday, local time, in whole hours: 167, 168 or 169. A run is known by the hour of
the week in which it starts. Prices have one element an hour of the week, EUR/MWh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    epoch,
    local_midnight,
    local_moment,
)

RUNS = 5
RUN_HOURS = 8
HOURS = RUNS * RUN_HOURS
"""Hours of work a week, and with 1 kW its energy in kWh."""

SHIFT = time(6)
"""When the baseline starts, Monday to Friday."""

Starts = tuple[int, ...]

LEAST_EUR = 1e-6
"""What costs may differ by for no reason."""


@dataclass(frozen=True, eq=False)
class View:
    """What is believed at a moment: a price (n,) of each hour of the week; `first` can still be started."""

    first: int
    price: FloatArray


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_window(monday: date) -> Window:
    """The UTC window of a local week."""
    return Window(
        local_midnight(monday, MARKET_ZONE), local_midnight(monday + timedelta(days=7), MARKET_ZONE)
    )


def week_hours(monday: date) -> IntArray:
    """Starts of the hours of a local week, epoch seconds, shape (167, 168 or 169,)."""
    return week_window(monday).starts(60)


def shifts(monday: date) -> Starts:
    """The baseline: 06 to 14 local time, Monday to Friday."""
    begin = epoch(local_midnight(monday, MARKET_ZONE))
    days = (monday + timedelta(days=offset) for offset in range(RUNS))
    return tuple((epoch(local_moment(day, SHIFT, MARKET_ZONE)) - begin) // 3600 for day in days)


def cheapest(price: FloatArray, runs: int) -> Starts:
    """Starts of so many runs that do not overlap and cost least together; the earlier of equals.

    Exact, by dynamic programming over (runs left, hour). Raises ValueError where they do not fit or a price
    is not known.
    """
    if runs == 0:
        return ()
    if len(price) < runs * RUN_HOURS:
        raise ValueError(f"{runs} runs do not fit into {len(price)} hours")
    if not np.isfinite(price).all():
        raise ValueError("every hour needs a price")
    summed = np.concatenate([[0.0], np.cumsum(price)])
    cost = summed[RUN_HOURS:] - summed[:-RUN_HOURS]
    after = np.zeros(len(price) + 1)
    started = []
    for _ in range(runs):
        total = np.full(len(price) + 1, np.inf)
        total[: len(cost)] = cost + after[RUN_HOURS:]
        started.append(total)
        after = np.minimum.accumulate(total[::-1])[::-1]
    found: list[int] = []
    free = 0
    for total in reversed(started):
        found.append(free + int(np.argmin(total[free:])))
        free = found[-1] + RUN_HOURS
    return tuple(found)


def carried_out(views: Sequence[View]) -> Starts:
    """The runs of a week planned anew at each view, in order of time; a run that has started stays.

    A view's `first` is the first hour whose run has not started then. Raises ValueError as `cheapest`.
    """
    done: list[int] = []
    ends = [*(view.first for view in views[1:]), None]
    for view, end in zip(views, ends, strict=True):
        free = max(view.first, done[-1] + RUN_HOURS if done else 0)
        planned = cheapest(view.price[free:], RUNS - len(done))
        done += [free + start for start in planned if end is None or free + start < end]
    return tuple(done)


def cost_eur(price: FloatArray, starts: Starts) -> float:
    """What the runs cost with 1 kW, EUR."""
    return float(sum(price[start : start + RUN_HOURS].sum() for start in starts)) / 1000


def energy_kwh(starts: Starts, hours: int) -> int:
    """Distinct hours of the week that the runs cover, with 1 kW their energy in kWh."""
    return len({hour for start in starts for hour in range(start, start + RUN_HOURS) if 0 <= hour < hours})


def violations(starts: Starts, hours: int) -> int:
    """How many rules the runs break: too many or too few, outside the week, on top of each other."""
    ordered = sorted(starts)
    outside = sum(start < 0 or start + RUN_HOURS > hours for start in ordered)
    overlapping = sum(later - start < RUN_HOURS for start, later in pairwise(ordered))
    return abs(len(ordered) - RUNS) + outside + overlapping


def captured(baseline: float, plan: float, hindsight: float) -> float:
    """Share of what perfect foresight saves that a plan saves too, NaN where there is nothing to save."""
    return (baseline - plan) / (baseline - hindsight) if baseline > hindsight else float("nan")


def captured_share(baseline: float, plan: float, hindsight: float) -> float | None:
    """The same of money that was settled, None where less than LEAST_EUR could be saved."""
    return captured(baseline, plan, hindsight) if baseline - hindsight > LEAST_EUR else None


def days_that_plan(monday: date) -> list[date]:
    """The days whose gate plans a week: the Sunday before, when Monday's prices are known, to Saturday."""
    return [monday + timedelta(days=offset) for offset in range(-1, 6)]


def weeks_planned_on(days: Sequence[date]) -> list[date]:
    """Mondays of the weeks that some of the days plan, in order."""
    return sorted({monday_of(day + timedelta(days=1)) for day in days})
