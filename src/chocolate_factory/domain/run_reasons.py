"""Why a run stands where it stands, in one sentence of facts."""

from __future__ import annotations

import numpy as np

from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import epoch


def reason(run: Run, problem: Problem) -> str:
    """The run's mean price against all starts that staff and climate allow this step.

    Rank 1 is the cheapest start. Other rules (order, waits, machines, power, due time) may forbid cheaper
    ones; which one binds is not claimed here.
    """
    whole = (p for p in problem.products if p.name == run.product and not p.batch)
    step = next(s for p in whole if (s := p.steps[run.step]).mode == run.mode)
    first = (epoch(run.start) - epoch(problem.window.start)) // (60 * problem.minutes)
    means = mean_price(problem.price_eur_kwh, step.duration)
    starts = np.flatnonzero(step.allowed[: len(means)])
    own = float(means[first])
    cheaper = int(np.sum(means[starts] < own - 1e-12))
    return f"{own:.4f} EUR/kWh on average; start {cheaper + 1} of {len(starts)} allowed ones by price"


def mean_price(price: FloatArray, duration: int) -> FloatArray:
    """Mean price of every run of `duration` slots by its start, shape (T − duration + 1,)."""
    total = np.concatenate([[0.0], np.cumsum(price)])
    means: FloatArray = (total[duration:] - total[:-duration]) / duration
    return means
