"""The plan "as ordered": exact placing, the three rules, and feasibility by the checker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.assembly import due_order, finish, late_of, schedule_of, to_make
from chocolate_factory.domain.baseline import Dues, baseline, compressed, dispatched, least_slack
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.demand import wanted as wanted_in
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Climate, Wanted
from chocolate_factory.domain.problem import Job, Lot, Problem, ProblemProduct, ProblemStep, Solution, load_kw
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.slots import Window, planning_window
from tests.unit.plan_samples import WINDOW, local, plant, problem_of, weather

START = datetime(2026, 3, 10, tzinfo=UTC)

StepSpec = tuple[int, int, int | None, set[int] | range]
"""(machine, duration, longest wait, allowed starts)."""


def grid(
    slots: int, products: Sequence[Sequence[StepSpec]], dues: Sequence[tuple[int, int, int]], units: int = 1
) -> Problem:
    """A problem of bare slots; `dues` are (product, batches, due slot), hard and in the file's order."""
    steps = [
        tuple(ProblemStep("s", m, d, 1.0, w, np.isin(np.arange(slots), list(at))) for m, d, w, at in product)
        for product in products
    ]
    machines = 1 + max(step.machine for product in steps for step in product)
    return Problem(
        window=Window(START, START + slots * timedelta(minutes=15)),
        minutes=15,
        price_eur_kwh=np.full(slots, np.nan),
        auxiliary_kw=np.zeros(slots),
        machines=tuple(f"m{index}" for index in range(machines)),
        machine_units=np.full((machines, slots), units, np.int64),
        products=tuple(ProblemProduct("ABC"[index], 1.0, own) for index, own in enumerate(steps)),
        lots=tuple(Lot(p, n, due, True, entry, "2026-03-10") for entry, (p, n, due) in enumerate(dues)),
        excess=(),
    )


def plan_of(*jobs: Job, late: dict[int, int] | None = None) -> Solution:
    return Solution(jobs, 0.0, 0.0, 0.0, late=late or {})


def chains(problem: Problem, product: int) -> Iterator[Job]:
    """Every way to start the steps of a batch by order, waits and allowed starts."""
    steps = problem.products[product].steps

    def grown(starts: tuple[int, ...], ended: int) -> Iterator[tuple[int, ...]]:
        if len(starts) == len(steps):
            yield starts
            return
        step = steps[len(starts)]
        longest = problem.slots if step.wait_max is None or not starts else step.wait_max
        for start in range(ended, min(problem.slots - step.duration, ended + longest) + 1):
            if step.allowed[start]:
                yield from grown((*starts, start), start + step.duration)

    return (Job(product, starts) for starts in grown((), 0))


def fits(problem: Problem, jobs: Sequence[Job]) -> bool:
    """Whether machines and power carry the batches, and each keeps its chain."""
    used = np.zeros_like(problem.machine_units)
    for job in jobs:
        for step, start in zip(problem.products[job.product].steps, job.starts, strict=True):
            used[step.machine, start : start + step.duration] += 1
    cap = problem.power_cap_kw
    roomy = cap is None or bool(np.all(load_kw(problem, tuple(jobs)) <= cap + 1e-6))
    return roomy and bool(np.all(used <= problem.machine_units))


def test_batches_go_by_due_time_and_then_in_the_files_order() -> None:
    """One machine, three products: B is due first, A and C at the same time in the order of the file."""
    one = [(0, 2, None, range(20))]
    problem = grid(20, [one, one, one], [(2, 1, 20), (1, 1, 9), (0, 1, 20)])
    jobs = baseline(problem, plan_of(Job(0, (18,)), Job(1, (4,)), Job(2, (10,))))
    assert {job.product: job.starts for job in jobs} == {1: (0,), 2: (2,), 0: (4,)}


def test_a_step_waits_for_its_chain_but_starts_as_early_as_it_may() -> None:
    """The second step is open from slot 6 and may wait 2: the first, open from 0, starts at 3."""
    problem = grid(12, [[(0, 1, None, range(12)), (1, 2, 2, range(6, 12))]], [(0, 1, 12)])
    assert baseline(problem, plan_of(Job(0, (8, 10)))) == (Job(0, (3, 6)),)


def test_least_slack_goes_first_where_the_order_of_due_times_is_late() -> None:
    """A, due first, would take slot 9, the only one of B, whose long second step leaves it little time."""
    products = [[(0, 6, None, range(5, 30))], [(0, 1, None, {9}), (1, 10, None, range(30))]]
    problem = grid(30, products, [(0, 1, 17), (1, 1, 20)])
    assert dispatched(problem, [0, 1]) is None
    jobs = baseline(problem, plan_of(Job(0, (10,)), Job(1, (9, 10))))
    assert jobs == least_slack(problem, [0, 1]) == (Job(1, (9, 10)), Job(0, (10,)))


def test_orders_are_searched_where_least_slack_is_late_too() -> None:
    products = [[(0, 6, None, range(5, 30))], [(0, 1, None, {9})]]
    problem = grid(30, products, [(0, 1, 16), (1, 1, 17)])
    assert dispatched(problem, [0, 1]) is None and least_slack(problem, [0, 1]) is None
    assert set(baseline(problem, plan_of(Job(0, (10,)), Job(1, (9,))))) == {Job(0, (10,)), Job(1, (9,))}


def test_the_plan_itself_moved_early_is_the_last_resort() -> None:
    """A at 1 blocks B; B, as early as it can, blocks A at 1 and 3: no order works, the plan does."""
    products = [[(0, 1, None, {1, 3, 5})], [(0, 2, None, {1}), (0, 1, None, {3, 4})]]
    problem = grid(6, products, [(0, 1, 4), (1, 1, 6)])
    late = dispatched(problem, [1, 0])
    assert dispatched(problem, [0, 1]) is None and late is not None and late[1].starts == (5,)
    assert set(baseline(problem, plan_of(Job(0, (3,)), Job(1, (1, 4))))) == {Job(0, (3,)), Job(1, (1, 4))}


def test_batches_are_moved_to_their_earliest_finish() -> None:
    """Each to the front of what the others leave, its steps together."""
    products = [[(0, 2, None, range(20)), (1, 1, 1, range(20))], [(1, 1, None, {0, 12})]]
    problem = grid(20, products, [(0, 2, 20), (1, 1, 20)])
    jobs = (Job(1, (12,)), Job(0, (4, 7)), Job(0, (8, 10)))
    assert compressed(problem, jobs) == (Job(0, (0, 2)), Job(0, (2, 4)), Job(1, (0,)))


def test_the_search_has_the_least_sum_of_finishing_times() -> None:
    """B (4 slots, due 4 after A's place is gone) must go first; of the rest the short ones go before."""
    short, long = [(0, 1, None, range(20))], [(0, 4, None, range(20))]
    problem = grid(20, [long, short, [(0, 1, None, {2})]], [(0, 1, 19), (1, 3, 20), (2, 1, 20)])
    plan = plan_of(Job(0, (14,)), Job(1, (8,)), Job(1, (9,)), Job(1, (10,)), Job(2, (2,)))
    assert dispatched(problem, [0, 1, 1, 1, 2]) is None
    jobs = baseline(problem, plan)
    assert sum(finish(problem, job) for job in jobs) == 1 + 2 + 3 + 4 + 8


def test_lateness_that_the_plan_accepts_is_accepted() -> None:
    problem = grid(10, [[(0, 4, None, range(10))]], [(0, 2, 4)])
    plan = plan_of(Job(0, (0,)), Job(0, (6,)), late={0: 1})
    jobs = baseline(problem, plan)
    assert jobs == (Job(0, (0,)), Job(0, (4,)))
    assert late_of(problem, jobs, to_make(problem, plan)) == {0: 1}


def test_another_number_of_batches_is_refused() -> None:
    problem = grid(10, [[(0, 2, None, range(10))]], [(0, 2, 10)])
    with pytest.raises(ValueError, match="lots, stock and left"):
        baseline(problem, plan_of(Job(0, (0,))))


def test_no_batches_no_baseline() -> None:
    assert baseline(grid(10, [[(0, 2, None, range(10))]], []), plan_of()) == ()


STEPS = st.tuples(
    st.integers(0, 1),
    st.integers(1, 4),
    st.none() | st.integers(0, 3),
    st.sets(st.integers(0, 13), min_size=1),
)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Problem, list[int]]:
    """Up to two products of up to three steps on two machines, some units away, perhaps a power limit."""
    slots = draw(st.integers(4, 14))
    products = draw(st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=2))
    order = draw(st.lists(st.integers(0, len(products) - 1), min_size=1, max_size=5))
    dues = [(p, order.count(p), draw(st.integers(1, slots))) for p in sorted({*order})]
    problem = grid(slots, products, dues)
    units = draw(st.lists(st.integers(0, 2), min_size=2 * slots, max_size=2 * slots))
    machines = np.array(units, np.int64).reshape(2, slots)[: len(problem.machines)]
    cap = np.full(slots, draw(st.sampled_from([1.0, 2.0]))) if draw(st.booleans()) else None
    return replace(problem, machine_units=machines, power_cap_kw=cap), order


@settings(max_examples=150, deadline=None)
@given(drawn=problems())
def test_a_batch_finishes_as_early_as_any_can(drawn: tuple[Problem, list[int]]) -> None:
    """The search equals trying every chain: earliest finish, then the earliest starts, step by step."""
    problem, order = drawn
    board, placed = Board(problem), list[Job]()
    for product in order:
        every = [job for job in chains(problem, product) if fits(problem, [*placed, job])]
        best = min(every, key=lambda job: (finish(problem, job), job.starts), default=None)
        assert board.earliest(product) == best
        if best is not None:
            board.put(best)
            placed.append(best)


@settings(max_examples=60, deadline=None)
@given(drawn=problems(), choose=st.randoms(use_true_random=False))
def test_the_baseline_is_feasible_and_never_later_than_the_plan(
    drawn: tuple[Problem, list[int]], choose: Random
) -> None:
    """For any plan that keeps the rules, whatever is late in it."""
    problem, order = drawn
    plan = list[Job]()
    for product in order:
        every = [job for job in chains(problem, product) if fits(problem, [*plan, job])]
        plan += [choose.choice(every)] if every else []
    made = [job.product for job in plan]
    lots = tuple(replace(lot, batches=made.count(lot.product)) for lot in problem.lots)
    problem = replace(problem, lots=lots)
    counts = {index: lot.batches for index, lot in enumerate(lots)}
    solution = plan_of(*plan, late=late_of(problem, plan, counts))
    jobs = baseline(problem, solution)
    assert sorted(job.product for job in jobs) == sorted(made) and fits(problem, jobs)
    assert all(job in set(chains(problem, job.product)) for job in jobs)
    late = late_of(problem, jobs, counts)
    assert all(late.get(index, 0) <= solution.late.get(index, 0) for index in counts)
    dues = Dues(problem, counts, solution.late)
    assert dues.tardy(jobs) == 0
    early = compressed(problem, solution.jobs)
    ends = sorted(finish(problem, job) for job in solution.jobs)
    assert fits(problem, early)
    assert all(a <= b for a, b in zip(sorted(finish(problem, j) for j in early), ends, strict=True))


def sample_plant(cap: float | None) -> tuple[Factory, Problem, tuple[Wanted, ...], Climate]:
    """The small plant of the samples with a hot noon and five bars and three cakes to make."""
    usual = weather(WINDOW).temperature_c
    climate = replace(weather(WINDOW), temperature_c=(*usual[:20], *(35.0,) * 8, *usual[28:]))
    wanted = (
        Wanted("bar", 5, local("2026-03-18T14:00"), True, 0),
        Wanted("cake", 3, local("2026-03-19T18:00"), True, 1),
    )
    return plant(), problem_of(plant(), WINDOW, wanted, climate, cap), wanted, climate


@pytest.mark.parametrize("cap", [None, 60.0, 32.5])
def test_the_checker_finds_nothing_in_a_baseline(cap: float | None) -> None:
    factory, problem, wanted, climate = sample_plant(cap)
    order = [problem.lots[lot].product for lot in due_order(problem, {0: 5, 1: 3})]
    late_plan = dispatched(problem, order[::-1])
    assert late_plan is not None
    jobs = baseline(problem, plan_of(*late_plan))
    schedule = schedule_of(problem, plan_of(*jobs), wanted, factory)
    assert violations(factory, schedule, climate, problem.power_cap_kw) == []
    unlimited = dispatched(replace(problem, power_cap_kw=None), order)
    assert (jobs == unlimited) == (cap != 32.5)


def test_prices_change_nothing() -> None:
    _, problem, _, _ = sample_plant(32.5)
    plan = plan_of(*(dispatched(problem, [0] * 5 + [1] * 3) or ()))
    dear = replace(problem, price_eur_kwh=np.linspace(-1, 1, problem.slots))
    assert baseline(dear, plan) == baseline(problem, plan)


def reference_week(start: str) -> tuple[Factory, Problem, tuple[Wanted, ...], Climate]:
    """The reference plant from a local moment, 7 days, mild weather."""
    factory = parse_factory((Path(__file__).parents[2] / "factory.toml").read_text(encoding="utf-8"))
    now = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(factory.site.timezone))
    window = planning_window(now, 7, factory.site.timezone)
    slots = window.slot_count(15)
    climate, wanted = weather(window, 25.0, 60.0), wanted_in(factory, window)
    inputs = ProblemInputs(factory, window, np.full(slots, 0.1), (), climate, wanted)
    return factory, build_problem(inputs), wanted, climate


WEEKS = {
    "2025-10-24T21:00": {0: 5, 1: 10},
    "2026-03-27T21:00": {0: 5, 1: 10},
    "2026-03-13T21:00": {0: 5, 1: 10},
    "2025-12-15T05:00": {},
    "2026-01-19T12:00": {0: 2},
    "2026-03-10T21:00": {0: 5},
}
"""Start of the window and the stock assumed at it, by position in what is wanted."""


@pytest.mark.parametrize("start", WEEKS)
def test_the_reference_plant_as_ordered(start: str) -> None:
    """On time and without a violation, weeks of a changed clock and holidays included.

    From 2026-03-10 21:00 neither due order nor least slack is on time: the order is found by search.
    """
    factory, problem, wanted, climate = reference_week(start)
    plan = Solution((), 0.0, 0.0, 0.0, stock=WEEKS[start])
    lots = due_order(problem, to_make(problem, plan))
    products = [problem.lots[lot].product for lot in lots]
    ordered = dispatched(problem, products)
    assert ordered is not None
    dues = Dues(problem, to_make(problem, plan), {})
    assert (dues.tardy(ordered) == 0) == (start != "2026-03-10T21:00")
    jobs = baseline(problem, replace(plan, jobs=ordered))
    schedule = schedule_of(problem, replace(plan, jobs=jobs), wanted, factory)
    assert violations(factory, schedule, climate) == []
    assert len({run.batch for run in schedule.runs}) == len(products)
