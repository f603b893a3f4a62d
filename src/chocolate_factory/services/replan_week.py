"""A week of a plant planned anew at each gate, on what was believed there; what has begun stays.

All that a week has to make is made inside it: nothing is in stock when it begins and nothing is made ahead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.assembly import late_of, schedule_of, to_make
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.carried import carried_before
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.forced import StartsWarm
from chocolate_factory.domain.keeping import jobs_told
from chocolate_factory.domain.pinned import pin
from chocolate_factory.domain.plan import Climate, Run, Schedule, Wanted
from chocolate_factory.domain.ports import Planner
from chocolate_factory.domain.problem import Job, Problem, Solution
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.production import Done, Planned, carried_out
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.rules_case import Case
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window
from chocolate_factory.domain.standing import QUARTER, Books, Standing, keep_books, standing
from chocolate_factory.domain.tariff.excess import charged_excess_kw, excess_groups, power_cap_kw
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.services.read_production import made_today
from chocolate_factory.services.week_record import ArmWeek, Solve

BASELINE, HINDSIGHT = "baseline", "hindsight"
SHOWN = 5
"""Broken rules that are kept in words."""


@dataclass(frozen=True, eq=False)
class Belief:
    """Market price of each slot from `start` to the week's end as it was believed at `at`, EUR/MWh."""

    at: datetime
    start: datetime
    market: FloatArray


@dataclass(frozen=True, eq=False)
class Piece:
    """One arm of one week to be carried out, independent of all others.

    `climate` has a value for each slot of `window`; `beliefs` are in order of time, the first one from the
    window's start. Hindsight is the arm with one belief, the truth. `seconds` are of each solve.
    """

    arm: str
    window: Window
    climate: Climate
    beliefs: tuple[Belief, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Plant:
    """What all pieces share: the plant, which series prices it, and who plans."""

    factory: Factory
    series: str
    planner: Planner


@dataclass(frozen=True)
class InForce:
    """The plan in force: what was done so far and what is to come; `setups` belong to no batch."""

    runs: tuple[Run, ...] = ()
    setups: tuple[Run, ...] = ()

    def until(self, at: datetime) -> InForce:
        """What began before a moment."""
        runs, setups = (tuple(run for run in some if run.start < at) for some in (self.runs, self.setups))
        return InForce(runs, setups)

    def then(self, schedule: Schedule) -> InForce:
        """With what a new plan adds."""
        return InForce((*self.runs, *schedule.runs), (*self.setups, *schedule.setups))


NOTHING = InForce()


@dataclass(frozen=True, eq=False)
class Posed:
    """The problem of what is left of a week, and what has begun."""

    problem: Problem
    standing: Standing
    climate: Climate
    kept: tuple[Run, ...]


def carry_out(plant: Plant, piece: Piece) -> list[ArmWeek]:
    """The arm of a piece, and with hindsight the baseline too; a piece of work for a runner."""
    try:
        if piece.arm == HINDSIGHT:
            return with_baseline(plant, piece)
        return [replanned(plant, piece)]
    except Infeasible as error:
        return [ArmWeek(piece.arm, piece.window.start, refused=error.message)]


def week_wants(factory: Factory, week: Window) -> tuple[Wanted, ...]:
    """Exactly what is due in the week, nothing of it in stock."""
    return tuple(replace(want, may_be_stock=False) for want in wanted(factory, week) if want.hard)


def replanned(plant: Plant, piece: Piece) -> ArmWeek:
    """The week as it came, planned anew at each belief.

    Raises Infeasible where there is no first plan; later the plan in force goes on where the planner finds
    none.
    """
    force = NOTHING
    solves: list[Solve] = []
    broken: list[str] = []
    for belief in piece.beliefs:
        posed = pose(plant, piece, belief, force)
        if not posed.problem.lots:
            break
        try:
            solution = solved(plant.planner, posed, jobs_in_force(posed, force.runs), piece.seconds)
        except Infeasible:
            if not force.runs:
                raise
            solves.append(Solve(belief.at, 0.0, 0.0, 0.0, kept=True))
            continue
        solves.append(
            Solve(belief.at, solution.solve_seconds, float(solution.cost_eur), float(solution.bound_eur))
        )
        schedule = scheduled(plant.factory, posed, solution)
        broken += broken_rules(plant.factory, schedule, posed.climate, posed.problem.power_cap_kw)
        force = force.until(belief.start).then(schedule)
    return arm_week(plant, piece, force, (tuple(solves), broken))


def with_baseline(plant: Plant, piece: Piece) -> list[ArmWeek]:
    """The optimum under the piece's one belief, and the same batches as ordered."""
    belief = piece.beliefs[0]
    posed = pose(plant, piece, belief, NOTHING)
    best = solved(plant.planner, posed, (), piece.seconds)
    solve = Solve(belief.at, best.solve_seconds, float(best.cost_eur), float(best.bound_eur))
    jobs = baseline(posed.problem, best)
    ordered = replace(best, jobs=jobs, late=late_of(posed.problem, jobs, to_make(posed.problem, best)))
    found = []
    for arm, solution, solves in ((HINDSIGHT, best, (solve,)), (BASELINE, ordered, ())):
        schedule = scheduled(plant.factory, posed, solution)
        broken = broken_rules(plant.factory, schedule, posed.climate, posed.problem.power_cap_kw)
        found.append(arm_week(plant, replace(piece, arm=arm), NOTHING.then(schedule), (solves, broken)))
    return found


def pose(plant: Plant, piece: Piece, belief: Belief, force: InForce) -> Posed:
    """The problem from a belief's start to the week's end, what has begun of the plan in its place."""
    factory, window = plant.factory, Window(belief.start, piece.window.end)
    gone = (window.start - piece.window.start) // QUARTER
    climate = Climate(piece.climate.temperature_c[gone:], piece.climate.humidity_rh[gone:])
    found = stand(factory, piece.window, window, force)
    starts = window.starts(PLAN_MINUTES)
    market = Market(**{plant.series: belief.market})
    price = price_stack(factory.contract, starts, PLAN_MINUTES, market).all_in_eur_kwh
    inputs = ProblemInputs(
        factory=factory,
        window=window,
        price_eur_kwh=price,
        excess=excess_groups(factory.contract, window, PLAN_MINUTES, paid_already(plant, piece, gone, force)),
        climate=climate,
        wanted=found.wanted,
        power_cap_kw=power_cap_kw(factory.contract, starts),
        allow_late=True,
    )
    began = sorted({run.batch for run in force.runs if run.start < window.start})
    names = (Run(name, "", "", "", 0, window.start, window.start, 0.0, 0) for name in began)
    kept = tuple(dict.fromkeys((*found.begun, *names)))
    return Posed(pin(build_problem(inputs), found), found, climate, kept)


def stand(factory: Factory, week: Window, window: Window, force: InForce) -> Standing:
    """Where the plant stands at the window's start: what is finished, under way, and still wanted."""
    wants = week_wants(factory, week)
    done = [
        batch
        for name, own in by_batch(force.runs).items()
        if (batch := begun_of(factory, name, own, window.start)) is not None
    ]
    finished = [one for one in done if one.complete]
    dues = [want for want in wants if want.due <= window.start]
    empty = Books({product.name: 0 for product in factory.products})
    books = keep_books(factory, empty, (finished, dues, ()), window.start)
    later = [want for want in wants if want.due > window.start]
    found = standing((later, ()), books, done, (window.start, window.end))
    carried = carried_before(factory, done, force.setups, window.start)
    return replace(found, made=made_today(factory, done, window.start), carried=carried)


def begun_of(factory: Factory, name: str, runs: Sequence[Run], until: datetime) -> Done | None:
    """What of a planned batch has begun before `until`."""
    planned = Planned(name, runs[0].product, {run.step: run for run in runs})
    return carried_out(factory, planned, (), until)


def by_batch(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs of each batch by step."""
    found: dict[str, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.step):
        found[run.batch].append(run)
    return dict(found)


def paid_already(plant: Plant, piece: Piece, gone: int, force: InForce) -> dict[str, float]:
    """By group the power in kW that the first `gone` slots of the week are charged for, whatever follows."""
    if not gone:
        return {}
    load = site_load(plant.factory, piece, force)[:gone]
    return charged_excess_kw(plant.factory.contract, piece.window.starts(PLAN_MINUTES)[:gone], load)


def site_load(factory: Factory, piece: Piece, force: InForce) -> FloatArray:
    """Site load of each slot of the week by a plan, kW, as the independent checker counts it."""
    schedule = Schedule(piece.window, force.runs, (), {}, {}, {}, setups=force.setups)
    return Case(factory, schedule, piece.climate, None).load_kw()


def jobs_in_force(posed: Posed, runs: Sequence[Run]) -> tuple[Job, ...]:
    """What is left of the plan in force, as jobs of the problem."""
    first = posed.problem.window.start
    return tuple(jobs_told(posed.problem, by_batch([run for run in runs if run.start >= first])).values())


def solved(planner: Planner, posed: Posed, start: tuple[Job, ...], seconds: float) -> Solution:
    """The best plan, searched from the one in force where the planner can."""
    if start and isinstance(planner, StartsWarm):
        return planner.solve_from(start, posed.problem, seconds)
    return planner.solve(posed.problem, seconds)


def scheduled(factory: Factory, posed: Posed, solution: Solution) -> Schedule:
    """The solution as runs on units, beside what has begun."""
    schedule = schedule_of(posed.problem, solution, posed.standing.wanted, factory, posed.kept)
    known = posed.standing
    return replace(schedule, begun=known.begun, made=known.made, carried=known.carried)


def broken_rules(factory: Factory, schedule: Schedule, climate: Climate, cap: FloatArray | None) -> list[str]:
    """Every rule that a schedule breaks, in words."""
    return [f"{one.rule}: {one.message}" for one in violations(factory, schedule, climate, cap)]


def arm_week(
    plant: Plant, piece: Piece, force: InForce, made: tuple[tuple[Solve, ...], list[str]]
) -> ArmWeek:
    """The whole week looked at once more, as if it had been one plan; `made` has solves and broken rules."""
    factory, week, runs = plant.factory, piece.window, force.runs
    wants = week_wants(factory, week)
    left, late = answered(factory, wants, runs)
    schedule = Schedule(week, runs, wants, {}, left, late, late_allowed=True, setups=force.setups)
    cap = power_cap_kw(factory.contract, week.starts(PLAN_MINUTES))
    broken = [*made[1], *broken_rules(factory, schedule, piece.climate, cap)]
    finished = [own[0].product for own in by_batch(runs).values() if whole_recipe(factory, own)]
    load, idle = site_load(factory, piece, force), site_load(factory, piece, NOTHING)
    return ArmWeek(
        arm=piece.arm,
        start=week.start,
        runs=tuple(sorted(runs, key=lambda run: (run.start, run.machine, run.unit))),
        setups=force.setups,
        load_kw=tuple(load.tolist()),
        work_kwh=float((load - idle).sum()) * PLAN_MINUTES / 60,
        batches={product.name: finished.count(product.name) for product in factory.products},
        late=sum(late.values()),
        left=sum(left.values()),
        broken=len(broken),
        told=tuple(broken[:SHOWN]),
        solves=made[0],
    )


def whole_recipe(factory: Factory, runs: Sequence[Run]) -> bool:
    """Whether the runs of a batch are all steps of its product."""
    return len(runs) == len(factory.product(runs[0].product).steps)


def answered(
    factory: Factory, wants: Sequence[Wanted], runs: Sequence[Run]
) -> tuple[dict[int, int], dict[int, int]]:
    """Batches not made and batches finished late, by position in `wants`: first come, first due."""
    left: dict[int, int] = defaultdict(int)
    late: dict[int, int] = defaultdict(int)
    batches = [own for own in by_batch(runs).values() if whole_recipe(factory, own)]
    for product in factory.products:
        ends = sorted(own[-1].end for own in batches if own[0].product == product.name)
        asked = [
            place
            for place in sorted(range(len(wants)), key=lambda place: wants[place].due)
            if wants[place].product == product.name
            for _ in range(wants[place].batches)
        ]
        for place, end in zip(asked, ends, strict=False):
            late[place] += int(end > wants[place].due)
        for place in asked[len(ends) :]:
            left[place] += 1
    return dict(left), {place: count for place, count in late.items() if count}
