"""Plan time and gap of the reference plant, on the made-up prices of the sample."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import PLAN_MINUTES, planning_window
from chocolate_factory.domain.tariff.excess import excess_groups
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.infrastructure.planners import PLANNERS
from chocolate_factory.infrastructure.sources.sample import SampleSource
from tests.conftest import ROOT

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
SECONDS = 60
Row = tuple[str, float, str]


def scaled(factory: Factory, times: int) -> Factory:
    """The plant with everything multiplied: machines, demand, contracted power."""
    return replace(
        factory,
        contract=replace(
            factory.contract,
            contracted_power_kw=tuple(kw * times for kw in factory.contract.contracted_power_kw),
        ),
        machines=tuple(replace(m, count=m.count * times) for m in factory.machines),
        demands=tuple(replace(d, kg=d.kg * times) for d in factory.demands),
    )


def problem(days: int, times: int, *, coupled: bool = True) -> Problem:
    """The reference plant's problem; without coupling, excess power costs nothing."""
    factory = scaled(parse_factory((ROOT / "factory.toml").read_text(encoding="utf-8")), times)
    window = planning_window(NOW, days, MARKET_ZONE)
    later = datetime(2026, 4, 1, tzinfo=UTC)
    price = on_grid(SampleSource().fetch("spot", window, later), window, PLAN_MINUTES)
    stack = price_stack(factory.contract, window.starts(PLAN_MINUTES), PLAN_MINUTES, Market(spot=price))
    mild = Climate((15.0,) * len(price), (60.0,) * len(price))
    excess = excess_groups(factory.contract, window, PLAN_MINUTES, {}) if coupled else ()
    wants = wanted(factory, window)
    return build_problem(ProblemInputs(factory, window, stack.all_in_eur_kwh, excess, mild, wants))


def rows() -> list[Row]:
    """Seconds to the first plan and to 5 %, 2 % and 1 %, and the last gap, for each size."""
    found: list[Row] = []
    for name, days, times, coupled in (
        ("plan 1 day", 1, 1, True),
        ("plan 3 days", 3, 1, True),
        ("plan 7 days", 7, 1, True),
        ("plan 7 days without power coupling", 7, 1, False),
        ("plan 7 days, plant x2", 7, 2, True),
        ("plan 7 days, plant x4", 7, 4, True),
    ):
        case = problem(days, times, coupled=coupled)
        solution = PLANNERS["highs"]().solve(case, SECONDS)
        label = f"{name}, {len(solution.jobs)} batches"
        found.append((f"{label}: first plan", solution.history[0][0], "s"))
        for share in (0.05, 0.02, 0.01):
            reached = [t for t, cost, bound in solution.history if cost - bound <= share * abs(cost)]
            found.append((f"{label}: gap {100 * share:g} %", reached[0] if reached else float("nan"), "s"))
        found.append((f"{label}: gap after {solution.solve_seconds:.0f} s", 100 * solution.gap, "%"))
    return found
