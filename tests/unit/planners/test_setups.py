"""Setups: arrangements on units against trying all, and plans against the best of all plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Infeasible, OutOfTime
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.problem import Job, Problem, Solution, load_kw, solution_cost_eur
from chocolate_factory.domain.setups import Bench, Carried, Changeover, Setup, setups_of
from chocolate_factory.infrastructure.planners.board import Board
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.planners.one_by_one import as_they_fit
from chocolate_factory.infrastructure.planners.settled import Settled
from tests.unit.planners.tiny_plants import all_plans, ends, faults, lot, problem, step

SLOTS = 9
OPEN = [True] * SLOTS
NAMES = ("product0", "product1")
PRICES = st.sampled_from([-0.1, 0.0, 0.1, 0.25, 0.4])
Unit = list[tuple[int, int, str]]


def rule(
    before: str, after: str, duration: int, power: float = 0.0, allowed: list[bool] | None = None
) -> Setup:
    """A setup that fits into the window."""
    inside = np.arange(SLOTS) + duration <= SLOTS
    return Setup(before, after, duration, power, inside & np.array(allowed or OPEN))


def with_setups(
    base: Problem, rules: list[Setup], carried: tuple[Carried, ...] = (), units: int = 0
) -> Problem:
    """The problem with setups on its first machine, by default of the units that are there."""
    units = units or int(base.machine_units[0].max())
    return replace(base, setups=(Changeover(0, units, tuple(rules), carried),))


def needed(change: Changeover, before: str, after: str) -> Setup | None:
    """The first rule that fits, read as the factory file says."""
    for own in change.rules:
        if before and before != after and own.before in ("", before) and own.after in ("", after):
            return own if own.duration else None
    return None


def least_setups(tiny: Problem, jobs: tuple[Job, ...]) -> int | None:
    """The least slots of setups over every choice of units, None where no choice keeps the rules."""
    [change] = tiny.setups
    works = sorted(
        (start, start + part.duration, tiny.products[job.product].name)
        for job in jobs
        for part, start in zip(tiny.products[job.product].steps, job.starts, strict=True)
        if part.machine == 0
    )
    found = []
    for units in product(range(1, change.count + 1), repeat=len(works)):
        total = 0
        for unit in range(1, change.count + 1):
            line = [work for work, own in zip(works, units, strict=True) if own == unit]
            total += on_unit(change, unit, line)
        if total < SLOTS * 100:
            found.append(total)
    return min(found, default=None)


def on_unit(change: Changeover, unit: int, line: Unit) -> int:
    """Slots of setups of one unit's runs, a huge number where they do not fit."""
    before, free = next(((c.product, c.ready) for c in change.carried if c.unit == unit), ("", 0))
    total = 0
    for start, stop, name in line:
        own = needed(change, before, name)
        begin = start - (own.duration if own else 0)
        if begin < free or (own and not own.allowed[begin]):
            return SLOTS * 100
        total, before, free = total + start - begin, name, stop
    return total


@st.composite
def plants(draw: st.DrawFn, most_units: int = 2, power: bool = False, away: bool = False) -> Problem:
    """Two products on one machine type with setups, what its units carried before, and one perhaps away."""
    units = draw(st.integers(1, most_units))
    recipes = [[step(0, draw(st.integers(1, 2)), 6.0, OPEN)] for _ in range(2)]
    recipes[1] += [step(1, 1, 3.0, OPEN, 1)] if draw(st.booleans()) else []
    kw = draw(st.sampled_from([0.0, 4.0])) if power else 0.0
    rules = [
        rule(
            draw(st.sampled_from(["", *NAMES])),
            draw(st.sampled_from(["", *NAMES])),
            draw(st.integers(0, 3)),
            kw,
            draw(st.lists(st.sampled_from([True, True, True, False]), min_size=SLOTS, max_size=SLOTS)),
        )
        for _ in range(draw(st.integers(1, 2)))
    ]
    carried = [
        Carried(unit, draw(st.sampled_from(["", *NAMES])), draw(st.integers(0, 2)))
        for unit in range(1, units + 1)
    ]
    lots = [lot(draw(st.integers(0, 1)), 1, draw(st.integers(6, SLOTS))) for _ in range(3)]
    limit = draw(st.sampled_from(["excess", "cap", "free"])) if power else "free"
    base = problem(
        draw(st.lists(PRICES, min_size=SLOTS, max_size=SLOTS)),
        recipes,
        [units, 1],
        lots,
        contracted=7.0 if limit == "excess" else None,
        rate=0.3,
        cap=12.0 if limit == "cap" else None,
    )
    busy = base.machine_units.copy()
    for one in carried:
        busy[0, : one.ready] -= 1
    if away:
        first, slots = draw(st.integers(0, 4)), draw(st.integers(2, SLOTS))
        busy[0, first : first + slots] = np.maximum(busy[0, first : first + slots] - 1, 0)
    base = replace(base, machine_units=busy)
    return with_setups(base, rules, tuple(one for one in carried if one.product or one.ready), units)


def in_time(tiny: Problem) -> Iterator[tuple[Job, ...]]:
    """All plans that keep every rule but that of setups."""
    counts = [sum(w.batches for w in tiny.lots if w.product == item) for item in range(2)]
    for jobs in all_plans(tiny, counts):
        dues = [sorted(w.due for w in tiny.lots if w.product == item) for item in range(2)]
        if all(
            end <= due
            for item in range(2)
            for end, due in zip(ends(tiny, jobs, item), dues[item], strict=True)
        ):
            yield jobs


@settings(max_examples=30, deadline=None)
@given(plants(most_units=3), st.randoms(use_true_random=False))
def test_the_arrangement_is_the_best_of_all(tiny: Problem, random: object) -> None:
    """There is one exactly where some choice of units keeps the rules, and none has less time for setups."""
    plans = [jobs for _, jobs in zip(range(400), in_time(tiny), strict=False)]
    for jobs in plans[:: max(1, len(plans) // 12)]:
        found, least = setups_of(tiny, jobs), least_setups(tiny, jobs)
        assert (found is None) == (least is None)
        if found is not None:
            assert sum(change.setup.duration for change in found.changes) == least
            assert set(found.units) == {(n, 0) for n in range(len(jobs))}


def best(tiny: Problem) -> float | None:
    """The least cost of all plans whose setups find time and power."""
    costs = []
    for jobs in in_time(tiny):
        cap = tiny.power_cap_kw
        if least_setups(tiny, jobs) is None or (cap is not None and np.any(load_kw(tiny, jobs) > cap + 1e-6)):
            continue
        costs.append(solution_cost_eur(tiny, jobs))
    return min(costs, default=None)


def check_best(tiny: Problem) -> None:
    least = best(tiny)
    if least is None:
        with pytest.raises(Infeasible):
            HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
        return
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    assert faults(tiny, solution.jobs) == []
    assert least_setups(tiny, solution.jobs) is not None
    assert solution.cost_eur == pytest.approx(least, abs=1e-6)
    assert solution.cost_eur - 1e-4 <= solution.bound_eur <= solution.cost_eur + 1e-9
    base = baseline(tiny, solution)
    assert least_setups(tiny, base) is not None
    assert faults(tiny, base) == []


@settings(max_examples=15, deadline=None)
@given(plants())
def test_equals_brute_force_without_power(tiny: Problem) -> None:
    """Setups that only take time: cost and bound are those of the best plan."""
    check_best(tiny)


@settings(max_examples=15, deadline=None)
@given(plants(most_units=1, power=True))
def test_equals_brute_force_with_power(tiny: Problem) -> None:
    """Setups of one unit that draw power, under excess power, a cut-off or neither."""
    check_best(tiny)


@settings(max_examples=25, deadline=None)
@given(plants(away=True))
def test_bounds_hold_beside_a_unit_that_is_away(tiny: Problem) -> None:
    """The bound is never above the best of all plans, the plan never below it."""
    least = min((solution_cost_eur(tiny, jobs) for jobs in in_time(tiny)), default=np.inf)
    try:
        solution = HighsPlanner(target_gap=0.0).solve(tiny, 0.1)
    except Infeasible as error:
        assert least == np.inf or isinstance(error, OutOfTime)
        return
    assert solution.bound_eur <= least + 1e-6
    assert solution.cost_eur >= least - 1e-6


def check_made(tiny: Problem, made: Solution | Settled) -> None:
    """The jobs keep every rule, and with stock and what is left they are what was asked for."""
    assert faults(tiny, made.jobs) == []
    assert np.isfinite(solution_cost_eur(tiny, made.jobs))
    for item in range(len(tiny.products)):
        asked = [(place, wanted.batches) for place, wanted in enumerate(tiny.lots) if wanted.product == item]
        given_up = sum(made.stock.get(place, 0) + made.left.get(place, 0) for place, _ in asked)
        assert len(ends(tiny, made.jobs, item)) + given_up == sum(batches for _, batches in asked)


@settings(max_examples=20, deadline=None)
@given(st.one_of(plants(away=True), plants(most_units=1, power=True, away=True)), st.integers(1, 4))
def test_with_lateness_allowed_there_is_always_a_plan(base: Problem, batches: int) -> None:
    """However little the units can carry: found by the planner, and without any solver."""
    lots = tuple(replace(wanted, batches=batches, may_be_stock=i == 0) for i, wanted in enumerate(base.lots))
    tiny = replace(base, lots=lots, allow_late=True)
    check_made(tiny, HighsPlanner().solve(tiny, 0.1))
    simple = as_they_fit(tiny)
    assert simple is not None
    check_made(tiny, simple)


def two_products(price: list[float], due: int = SLOTS) -> Problem:
    """Two batches of each of two products on one unit, a slot of setup at 4 kW in between."""
    base = problem(price, [[step(0, 1, 10.0, OPEN)]] * 2, [1], [lot(0, 2, due), lot(1, 2, due)])
    return with_setups(base, [rule("", "", 1, 4.0)])


def test_setups_bring_products_together() -> None:
    """Where every slot costs the same, one setup is enough and is paid for."""
    tiny = two_products([0.1] * SLOTS)
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    found = setups_of(tiny, solution.jobs)
    assert found is not None and len(found.changes) == 1
    energy = (SLOTS * 1.0 + 4 * 10.0 + 4.0) / 4
    assert solution.cost_eur == pytest.approx(0.1 * energy)
    assert float(load_kw(tiny, solution.jobs).sum()) / 4 == pytest.approx(energy)


def test_what_was_carried_counts() -> None:
    """A unit that carried the second product needs no setup to begin with it, and one before the first."""
    tiny = two_products([0.1] * SLOTS)
    tiny = replace(tiny, setups=(replace(tiny.setups[0], carried=(Carried(1, "product1"),)),))
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 20.0)
    first = min(solution.jobs, key=lambda job: job.starts)
    assert first.product == 1
    [change] = setups_of(tiny, solution.jobs).changes  # type: ignore[union-attr]
    assert change.product == "product0"


def test_no_time_for_setups_is_named() -> None:
    """Four runs and a setup do not fit into four slots; without the setup they would."""
    with pytest.raises(Infeasible) as error:
        HighsPlanner().solve(two_products([0.1] * SLOTS, due=4), 10.0)
    assert "setup" in str(error.value)


def test_late_rather_than_not_at_all() -> None:
    """Where lateness is allowed, four runs and a setup that do not fit into four slots are made late."""
    tiny = replace(two_products([0.1] * SLOTS, due=4), allow_late=True)
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 10.0)
    assert setups_of(tiny, solution.jobs) is not None
    assert (len(solution.jobs), sum(solution.late.values()), solution.left) == (4, 1, {})
    assert max(job.starts[0] for job in solution.jobs) == 4, "as little late as can be"


def test_stock_makes_room_for_setups() -> None:
    """One batch in stock, and the other three fit with their setup."""
    tiny = two_products([0.1] * SLOTS, due=4)
    tiny = replace(tiny, lots=tuple(replace(wanted, may_be_stock=True) for wanted in tiny.lots))
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 10.0)
    assert (len(solution.jobs), sum(solution.stock.values())) == (3, 1)
    assert setups_of(tiny, solution.jobs) is not None


def test_a_known_plan_is_repaired_around_setups() -> None:
    """A plan of the plant without setups is a start: what is in the way of a setup moves."""
    tiny = two_products([0.1] * SLOTS)
    start = (Job(0, (0,)), Job(1, (1,)), Job(0, (2,)), Job(1, (3,)))
    solution = HighsPlanner(target_gap=0.0).solve_from(start, tiny, 10.0)
    assert setups_of(tiny, solution.jobs) is not None
    assert solution.cost_eur == pytest.approx(0.1 * (SLOTS + 44) / 4)


def test_a_unit_that_is_away_for_good_saves_no_setup() -> None:
    """One of two units is away throughout: there is no time for all four batches and a setup, one is left."""
    base = problem([0.1] * SLOTS, [[step(0, 2, 5.0, OPEN)]] * 2, [2], [lot(0, 2, SLOTS), lot(1, 2, SLOTS)])
    units = base.machine_units.copy()
    units[0] = 1
    tiny = with_setups(replace(base, machine_units=units, allow_late=True), [rule("", "", 2, 2.0)], units=2)
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 5.0)
    assert (solution.left, solution.late) == ({1: 1}, {})
    assert setups_of(tiny, solution.jobs) is not None
    assert solution.gap == pytest.approx(0, abs=1e-5)


def test_what_finds_no_place_is_left_out() -> None:
    """Without a solver: as much as can be is made, and what is not made is stock where it may be."""
    tiny = replace(two_products([0.1] * SLOTS), allow_late=True, lots=(lot(0, 4, 4), lot(1, 6, SLOTS)))
    found = as_they_fit(tiny)
    assert found is not None and (len(found.jobs), sum(found.left.values()), found.late_slots) == (8, 2, None)
    stocked = as_they_fit(replace(tiny, lots=(tiny.lots[0], replace(tiny.lots[1], may_be_stock=True))))
    assert stocked is not None and (len(stocked.jobs), stocked.stock, stocked.left) == (8, {1: 2}, {})


def test_a_unit_that_was_away_may_have_carried_anything() -> None:
    """Two units, one away in between: the arrangement leaves time for the longest setup after that."""
    base = problem([0.1] * SLOTS, [[step(0, 2, 5.0, OPEN)]] * 2, [2], [lot(0, 2, SLOTS), lot(1, 2, SLOTS)])
    units = base.machine_units.copy()
    units[0, 3:5] = 1
    tiny = with_setups(replace(base, machine_units=units), [rule("", "", 1, 2.0)], units=2)
    solution = HighsPlanner(target_gap=0.0).solve(tiny, 5.0)
    found = setups_of(tiny, solution.jobs)
    assert found is not None
    for unit in (1, 2):
        spans = [(work.start, work.stop) for work in found.lines[0, unit]]
        spans += [(change.start, change.stop) for change in found.changes if change.unit == unit]
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))


def test_the_bench_offers_only_what_fits() -> None:
    """Every start that the bench offers can be taken, with all setups."""
    tiny = two_products([0.1] * SLOTS)
    bench = Bench(tiny, (Job(0, (2,)), Job(1, (6,))))
    open_starts = bench.open(1, 0)
    assert open_starts is not None
    assert np.flatnonzero(open_starts).tolist() == [0, 4, 5, 7, 8]
    for start in np.flatnonzero(open_starts).tolist():
        assert bench.takes(Job(1, (start,)))
    assert not bench.takes(Job(1, (3,)))


def test_the_board_refuses_what_setups_forbid() -> None:
    """Cost and keeping of the board follow the arrangement."""
    tiny = two_products([0.1] * SLOTS)
    board = Board(tiny, (Job(0, (2,)), Job(1, (3,))), (np.array([9, 9]), np.array([9, 9])))
    assert not board.keeps()
    assert board.cost() == np.inf
    board.put(Job(1, (3,)), -1)
    board.put(Job(1, (4,)))
    assert board.keeps()
    assert board.cost() == pytest.approx(solution_cost_eur(tiny, (Job(0, (2,)), Job(1, (4,)))))


def test_without_setups_nothing_changes() -> None:
    """A problem without setups has an empty arrangement and the cost of its jobs."""
    tiny = replace(two_products([0.1] * SLOTS), setups=())
    jobs = (Job(0, (2,)), Job(1, (3,)))
    assert solution_cost_eur(tiny, jobs) == pytest.approx(0.1 * (SLOTS + 20) / 4)
    found = setups_of(tiny, jobs)
    assert found is not None and (found.units, found.changes) == ({}, [])


@pytest.mark.parametrize("quarters", [False, True])
def test_a_setup_that_draws_more_than_any_step(quarters: bool) -> None:
    """Its excess is not cut off: the dearer order of the products is not called the best."""
    base = problem(
        [0.05] * 3 + [0.1] * 6,
        [[step(0, 3, 2.0, OPEN)], [step(0, 3, 2.0, OPEN)]],
        [1],
        [lot(0, 1, SLOTS), lot(1, 1, SLOTS)],
        contracted=10.0,
        rate=3.0,
    )
    base = replace(base, excess=tuple(replace(group, quarters=quarters) for group in base.excess))
    rules = [rule(NAMES[0], NAMES[1], 1, 30.0), rule(NAMES[1], NAMES[0], 3, 25.0)]
    posed = with_setups(base, rules)
    best = min(
        solution_cost_eur(posed, (Job(0, (a,)), Job(1, (b,))))
        for a in range(7)
        for b in range(7)
        if abs(a - b) >= 3
    )
    solution = HighsPlanner(target_gap=0.0).solve(posed, 10.0)
    assert solution.cost_eur == pytest.approx(best, abs=2e-5)
    assert solution.bound_eur <= best + 1e-6


def test_a_power_limit_holds_with_setups() -> None:
    """Where the setups that there is time for draw more than the limit, that is no plan."""
    base = problem(
        [0.1] * SLOTS,
        [[step(0, 3, 2.0, OPEN)], [step(0, 3, 2.0, OPEN)]],
        [1],
        [lot(0, 1, SLOTS), lot(1, 1, SLOTS)],
        cap=12.0,
    )
    posed = with_setups(base, [rule("", "", 1, 30.0)])
    with pytest.raises(Infeasible):
        HighsPlanner(target_gap=0.0).solve(posed, 2.0)
