"""From start slots to a plan people can read: batches get names, runs get units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import SETUP, Run, Schedule, Wanted
from chocolate_factory.domain.problem import Job, Problem, ProblemStep, Solution
from chocolate_factory.domain.setups import Span, away_spans, setups_of
from chocolate_factory.domain.slots import epoch, moment


@dataclass(frozen=True)
class Answer:
    """A batch and the lot it answers: `lot` is a position in the problem's lots."""

    job: Job
    lot: int


def finish(problem: Problem, job: Job) -> int:
    """The slot at whose start a batch is finished."""
    return job.starts[-1] + problem.products[job.product].steps[-1].duration


def to_make(problem: Problem, solution: Solution) -> dict[int, int]:
    """Batches to make of each lot, by lot index: what it asks less stock and what is left for later."""
    return {
        index: lot.batches - solution.stock.get(index, 0) - solution.left.get(index, 0)
        for index, lot in enumerate(problem.lots)
    }


def matched(problem: Problem, jobs: Collection[Job], counts: Mapping[int, int]) -> tuple[Answer, ...]:
    """Batches matched to lots, per product the earliest finish to the earliest due time.

    `counts` are the batches to make of each lot (see `to_make`). Batches of a product are interchangeable, so
    this order meets every due time that any matching meets (exchange argument, Jackson 1955). The result is
    the same for any order of `jobs`. ValueError when batches and counts differ.
    """
    answers: list[Answer] = []
    families = {problem.family(job.product) for job in jobs}
    for product in sorted(families | {problem.lots[index].product for index in counts}):
        own = sorted(
            (job for job in jobs if problem.family(job.product) == product),
            key=lambda j: (finish(problem, j), j.starts, j.product),
        )
        lots = [index for index in due_order(problem, counts) if problem.lots[index].product == product]
        if len(own) != len(lots):
            name = problem.products[product].name
            raise ValueError(f"{len(own)} batches of {name} are planned where {len(lots)} are to be made")
        answers.extend(Answer(job, lot) for job, lot in zip(own, lots, strict=True))
    return tuple(answers)


def due_order(problem: Problem, counts: Mapping[int, int]) -> list[int]:
    """One lot index for each batch to make: by due time, hard before soft, then the file's order."""

    def rank(index: int) -> tuple[int, bool, int, int]:
        lot = problem.lots[index]
        return lot.due, not lot.hard, lot.entry, index

    return [index for index in sorted(counts, key=rank) for _ in range(counts[index])]


def late_of(problem: Problem, jobs: Collection[Job], counts: Mapping[int, int]) -> dict[int, int]:
    """Batches that finish after their due time, by lot index; lots without one are not in it."""
    late = Counter(
        answer.lot
        for answer in matched(problem, jobs, counts)
        if finish(problem, answer.job) > problem.lots[answer.lot].due
    )
    return dict(sorted(late.items()))


def named(problem: Problem, solution: Solution, kept: Collection[Run] = ()) -> dict[str, Job]:
    """Batches by name, e.g. "standard-2026-03-11-1": product, local due date of its lot, number.

    Numbers count from 1 per product and due date and leave out the names of `kept` runs. The same solution
    always gives the same names.
    """
    used = {run.batch for run in kept}
    names: dict[str, Job] = {}
    for answer in matched(problem, solution.jobs, to_make(problem, solution)):
        due_date = problem.lots[answer.lot].due_text[:10]
        stem = f"{problem.products[answer.job.product].name}-{due_date}"
        fresh = (text for number in count(1) if (text := f"{stem}-{number}") not in used)
        name = problem.products[answer.job.product].batch or next(fresh)
        used.add(name)
        names[name] = answer.job
    return names


def runs_of(
    problem: Problem, names: Mapping[str, Job], factory: Factory, kept: Collection[Run] = ()
) -> tuple[Run, ...]:
    """The runs of named batches with their units, by start, machine and unit.

    A unit carries one run at a time, `kept` runs keep theirs, and units that are away carry none. Machines
    with setups have the units that `setups_of` finds.
    """
    arranged = _arranged(problem, names)
    carried: dict[int, list[tuple[Span, str, int]]] = defaultdict(list)
    for name, job in names.items():
        for number, (step, start) in enumerate(zip(_steps(problem, job), job.starts, strict=True)):
            carried[step.machine].append(((start, start + step.duration), name, number))
    runs = []
    for machine, places in carried.items():
        places.sort()
        if machine in arranged:
            units = [arranged[machine][name, number] for _, name, number in places]
        else:
            units = _units(problem, machine, [span for span, _, _ in places], (factory, kept))
        runs += [
            _run(problem, (name, names[name]), number, unit)
            for (_, name, number), unit in zip(places, units, strict=True)
        ]
    return tuple(sorted(runs, key=lambda run: (run.start, run.machine, run.unit)))


def schedule_of(
    problem: Problem,
    solution: Solution,
    wanted: tuple[Wanted, ...],
    factory: Factory,
    kept: Collection[Run] = (),
) -> Schedule:
    """The schedule of a solution, for the rule checker and for people.

    `wanted` are the wants the problem's lots were made from, one each and in the same order. `kept` are runs
    fixed before (begun or frozen): the problem's machine units already leave theirs out, their names and
    units are not given again, and they are not among the result's runs. ValueError when wants and lots
    differ, or when the batches are not the ones to be made.
    """
    lots = [(problem.products[lot.product].name, lot.batches) for lot in problem.lots]
    if lots != [(want.product, want.batches) for want in wanted]:
        raise ValueError("lots and wants of a plan must be the same, in the same order")
    names = named(problem, solution, kept)
    runs = runs_of(problem, names, factory, kept)
    given = (solution.stock, solution.left, solution.late, problem.allow_late)
    return Schedule(problem.window, runs, wanted, *given, setups=setup_runs(problem, [*names.values()]))


def setup_runs(problem: Problem, jobs: Sequence[Job]) -> tuple[Run, ...]:
    """The setups between the runs of jobs, by start, machine and unit."""
    found = setups_of(problem, jobs)
    seconds, origin = 60 * problem.minutes, epoch(problem.window.start)
    return tuple(
        Run(
            batch="",
            product=change.product,
            process=SETUP,
            machine=problem.machines[change.machine],
            unit=change.unit,
            start=moment(origin + change.start * seconds),
            end=moment(origin + change.stop * seconds),
            power_kw=change.setup.power_kw,
            step=-1,
        )
        for change in (found.changes if found is not None else ())
    )


def _arranged(problem: Problem, names: Mapping[str, Job]) -> dict[int, dict[tuple[str, int], int]]:
    """By machine with setups the unit of each (batch, step); empty where no arrangement keeps the rules."""
    found, batches = setups_of(problem, [*names.values()]), [*names]
    units: dict[int, dict[tuple[str, int], int]] = defaultdict(dict)
    for (job, number), unit in (found.units if found is not None else {}).items():
        step = _steps(problem, names[batches[job]])[number]
        units[step.machine][batches[job], number] = unit
    return units


def _steps(problem: Problem, job: Job) -> tuple[ProblemStep, ...]:
    return problem.products[job.product].steps


def _run(problem: Problem, batch: tuple[str, Job], number: int, unit: int) -> Run:
    name, job = batch
    step, start = _steps(problem, job)[number], job.starts[number]
    seconds, origin = 60 * problem.minutes, epoch(problem.window.start)
    return Run(
        batch=name,
        product=problem.products[job.product].name,
        process=step.process,
        machine=problem.machines[step.machine],
        unit=unit,
        start=moment(origin + start * seconds),
        end=moment(origin + (start + step.duration) * seconds),
        power_kw=step.power_kw,
        step=number + problem.products[job.product].first_step,
        profile_kw=step.profile_kw,
        mode=step.mode,
    )


def _units(
    problem: Problem, machine: int, spans: list[Span], site: tuple[Factory, Collection[Run]]
) -> list[int]:
    """The unit of each span (by start): the lowest that is free; units that are away take the highest.

    Intervals coloured in order of their start need no more units than overlap at once, so 1…count suffices
    where the plan keeps the machine's count. Where it does not, numbers above it come out and the checker
    names them.
    """
    factory, kept = site
    total = factory.machine(problem.machines[machine]).count
    busy: dict[int, list[Span]] = defaultdict(list)
    missing = total - problem.machine_units[machine]
    for run in kept:
        if run.machine == problem.machines[machine]:
            start, stop = _slots(problem, run)
            busy[run.unit].append((start, stop))
            missing[max(0, start) : max(0, stop)] -= 1
    events = sorted(
        [(span, 1, index) for index, span in enumerate(spans)]
        + [(span, 0, 0) for span in away_spans(missing)]
    )
    units = [0] * len(spans)
    for span, is_run, index in events:
        free = [unit for unit in range(1, total + 1) if _is_free(busy[unit], span)]
        if is_run:
            above = (unit for unit in count(total + 1) if _is_free(busy[unit], span))
            units[index] = free[0] if free else next(above)
            busy[units[index]].append(span)
        elif free:
            busy[free[-1]].append(span)
    return units


def _is_free(busy: list[Span], span: Span) -> bool:
    return all(stop <= span[0] or span[1] <= start for start, stop in busy)


def _slots(problem: Problem, run: Run) -> Span:
    origin, seconds = epoch(problem.window.start), 60 * problem.minutes
    return (epoch(run.start) - origin) // seconds, -((origin - epoch(run.end)) // seconds)
