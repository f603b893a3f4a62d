"""What a plan makes, offered one after the other until a plan is found for an offer.

First everything in time, then what has to give way, found by the solver. The last offer comes with its plan,
made without the solver: with setups where one in time is found, and always where lateness is allowed. So
there is a plan whenever what has begun finds a place, however little time there is.
"""

from __future__ import annotations

from collections.abc import Iterator

from chocolate_factory.core.errors import OutOfTime
from chocolate_factory.domain.problem import Problem
from chocolate_factory.infrastructure.planners.conflicts import explained
from chocolate_factory.infrastructure.planners.demand import settle, settle_setups
from chocolate_factory.infrastructure.planners.one_by_one import as_they_fit, in_time
from chocolate_factory.infrastructure.planners.settled import Patience, Settled, without_slack


def offers(problem: Problem, patience: Patience) -> Iterator[Settled]:
    """What is to be made, the best first; raises `Infeasible` once it is proven that nothing fits."""
    yield without_slack(problem)
    simple = in_time(problem) if problem.setups and not problem.allow_late else None
    found = None
    try:
        if problem.setups:
            found = settle_setups(problem, patience, simple is not None)
        else:
            found = settle(problem, patience.whole)
    except OutOfTime:
        if simple is None and not problem.allow_late:
            raise
    if found is not None:
        yield found
    if problem.allow_late:
        simple = as_they_fit(problem)
    if simple is not None:
        yield simple
    elif found is None:
        raise explained(problem, patience.whole)
