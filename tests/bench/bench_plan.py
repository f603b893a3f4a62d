"""How good a plan is proven to be, and when: the reference plant on real prices, and on invented ones.

The six starts of a year, 168 hours and more in slots of 15 minutes, rates of 3.0TD. Once the highest slot of
a period is charged, once the root of all squared quarter-hours, as the invoice has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.problem import Problem, Solution
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import PLAN_MINUTES, planning_window
from chocolate_factory.domain.tariff.excess import excess_groups
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.sources.sample import SampleSource
from tests.bench.plan_cases import STARTS, reference_problem
from tests.conftest import ROOT, SHARED

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
SECONDS, AGAIN_SECONDS, LARGE_SECONDS, LARGE = 60, 5, 120, 5
TARGET = 0.005
MOMENTS = (5, 10, 30, 60, 120)
Row = tuple[str, float, str]


def invented(days: int, *, coupled: bool = True) -> Problem:
    """The reference plant on the prices of the sample; without coupling, excess power costs nothing."""
    factory: Factory = parse_factory((ROOT / "factory.toml").read_text(encoding="utf-8"))
    window = planning_window(NOW, days, MARKET_ZONE)
    later = datetime(2026, 4, 1, tzinfo=UTC)
    price = on_grid(SampleSource().fetch("spot", window, later), window, PLAN_MINUTES)
    stack = price_stack(factory.contract, window.starts(PLAN_MINUTES), PLAN_MINUTES, Market(spot=price))
    mild = Climate((15.0,) * len(price), (60.0,) * len(price))
    excess = excess_groups(factory.contract, window, PLAN_MINUTES, {}) if coupled else ()
    wants = wanted(factory, window)
    return build_problem(ProblemInputs(factory, window, stack.all_in_eur_kwh, excess, mild, wants))


def by_quarters(problem: Problem) -> Problem:
    """The problem with every quarter-hour charged."""
    return replace(problem, excess=tuple(replace(group, quarters=True) for group in problem.excess))


def tale(label: str, solution: Solution, seconds: float) -> Iterator[Row]:
    """Seconds to the first plan, the gap at some moments, and the plan's cost."""
    yield f"{label}: first plan", solution.history[0][0], "s"
    for moment in (at for at in MOMENTS if at <= seconds):
        known = [(cost, bound) for at, cost, bound in solution.history if at <= moment]
        gap = 100 * (known[-1][0] - known[-1][1]) / abs(known[-1][0]) if known else float("nan")
        yield f"{label}: gap at {moment} s", gap, "%"
    yield f"{label}: cost", solution.cost_eur, "EUR"


def dearer(problem: Problem) -> Problem:
    """The problem after new prices: the second half of the window a tenth dearer in every other hour."""
    price = problem.price_eur_kwh.copy()
    hours = (problem.window.starts(problem.minutes) // 3600) % 2 == 0
    hours[: problem.slots // 2] = False
    price[hours] *= 1.1
    return replace(problem, price_eur_kwh=price)


def starts() -> Iterator[Row]:
    """The six starts by both rules, each planned anew from its own plan after prices have changed."""
    for start in STARTS:
        highest = reference_problem(SHARED, start)
        for rule, problem in (("highest", highest), ("quarters", by_quarters(highest))):
            solution = HighsPlanner(TARGET).solve(problem, SECONDS)
            yield from tale(f"{start} {rule}", solution, SECONDS)
            again = HighsPlanner(TARGET).solve_from(solution.jobs, dearer(problem), AGAIN_SECONDS)
            yield f"{start} {rule}, prices changed: seconds", again.solve_seconds, "s"
            yield f"{start} {rule}, prices changed: gap", 100 * again.gap, "%"


def large() -> Iterator[Row]:
    """Machines, demand and contract five times as large."""
    highest = reference_problem(SHARED, STARTS[0], scale=LARGE)
    for rule, problem in (("highest", highest), ("quarters", by_quarters(highest))):
        solution = HighsPlanner(TARGET).solve(problem, LARGE_SECONDS)
        yield from tale(f"plant x{LARGE} {rule}, {len(solution.jobs)} batches", solution, LARGE_SECONDS)


def rows() -> Iterator[Row]:
    """Every figure; the starts need the real prices beside the checkout."""
    for label, problem in (
        ("invented prices, 1 day", invented(1)),
        ("invented prices, 7 days", invented(7)),
        ("invented prices, 7 days, power free", invented(7, coupled=False)),
    ):
        yield from tale(label, HighsPlanner(TARGET).solve(problem, SECONDS), SECONDS)
    if (SHARED / "data" / "prices").is_dir():
        yield from starts()
        yield from large()
