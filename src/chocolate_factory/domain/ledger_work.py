"""What a week's plans said the plant would do, what it did, and what of that every way to run it shares.

Pure bookkeeping of runs on slots: which plan was in force when, which runs it had there, what the log says of
them, and the load that is left when all runs are taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.production import Done, Planned, Report, carried_out
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch

STEP = 60 * PLAN_MINUTES
TINY_KW = 1e-9
Way = tuple[str, str, str, int]
"""Process, machine, mode and whole slots of a step."""


@dataclass(frozen=True, eq=False)
class InForce:
    """A plan in the `span` in which it was the newest: its runs, and its load in the span's slots, kW.

    `runs` are those of its whole window and those that had begun before it, `setups` are between them;
    `digest` names its factory file. The load is that before battery and array, which took `taken_kw` off it;
    `assets`: there are some.
    """

    plan: str
    span: Window
    runs: tuple[Run, ...]
    load_kw: FloatArray
    taken_kw: FloatArray
    factory: Factory
    digest: str
    setups: tuple[Run, ...] = ()
    assets: bool = False


@dataclass(frozen=True)
class Stitched:
    """A batch as the plans in force told it: what they let run, and when they finished it, if they did."""

    planned: Planned
    factory: Factory
    finished: datetime | None


@dataclass(frozen=True, eq=False)
class WeekWork:
    """A week's work. Loads are kW by slot (T,); NaN where no plan was in force.

    `base_kw` is what the plans in force drew beside runs and setups. `whole` are the batches that began and
    ended inside the week: what every arm makes. `facts` are the others, lost, crossing an end of the week or
    made by another recipe: they stay as they were in every arm. `planned` are (product, end) by plan.
    """

    window: Window
    base_kw: FloatArray
    planned_kw: FloatArray
    executed_kw: FloatArray
    whole: tuple[Done, ...]
    facts: tuple[Done, ...]
    planned: tuple[tuple[str, datetime], ...]

    @property
    def batches(self) -> tuple[Done, ...]:
        """All batches that ran in the week."""
        return (*self.whole, *self.facts)

    @property
    def facts_kw(self) -> FloatArray:
        """Load of what stays as it was."""
        return load_of(self.facts, self.window)


def run_load(run: Run, window: Window, *, touched: bool = False) -> FloatArray:
    """Load of a run by slot of a window, kW (T,): by the share of each slot, or in all of each it touches."""
    first, last = ((epoch(at) - epoch(window.start)) / STEP for at in (run.start, run.end))
    slots = np.arange(window.slot_count(PLAN_MINUTES), dtype=np.float64)
    share = np.clip(np.minimum(slots + 1, last) - np.maximum(slots, first), 0.0, 1.0)
    if touched:
        share = np.ceil(share)
    load: FloatArray = share * run.draw_kw(np.maximum(slots - first, 0.0))
    return load


def load_of(batches: Collection[Done], window: Window) -> FloatArray:
    """Load of the runs of batches in a window, kW (T,)."""
    total = np.zeros(window.slot_count(PLAN_MINUTES))
    for batch in batches:
        for run in batch.runs:
            if run.start < window.end and run.end > window.start:
                total += run_load(run, window)
    return total


def stitched(told: Sequence[InForce]) -> dict[str, Stitched]:
    """Batches by name as the plans in force, in order, let them run.

    A run that a plan has under way while it is in force counts, as the last such plan says; one that the next
    plan does not go on with ends there.
    """
    found: dict[str, Stitched] = {}
    for one in told:
        for run in one.runs:
            end = min(run.end, one.span.end)
            if max(run.start, one.span.start) >= end:
                continue
            known = found.get(run.batch)
            runs = {**(known.planned.runs if known else {}), run.step: replace(run, end=end)}
            steps = len(one.factory.product(run.product).steps)
            finished = run.end if run.step + 1 == steps and run.end == end else None
            planned = Planned(run.batch, run.product, runs)
            found[run.batch] = Stitched(planned, one.factory, finished)
    return found


def planned_load(told: Sequence[InForce], window: Window) -> tuple[FloatArray, FloatArray]:
    """Load by the plans in force and what of it is not runs, kW (T,) each; NaN where no plan was in force."""
    load = np.full(window.slot_count(PLAN_MINUTES), np.nan)
    base = load.copy()
    for one in told:
        part = one.span.clip(window)
        if part is None:
            continue
        at = (epoch(part.start) - epoch(window.start)) // STEP
        skip = (epoch(part.start) - epoch(one.span.start)) // STEP
        count = part.slot_count(PLAN_MINUTES)
        load[at : at + count] = one.load_kw[skip : skip + count]
        inside = (r for r in (*one.runs, *one.setups) if r.start < part.end and r.end > part.start)
        known = (run_load(run, part, touched=True) for run in inside)
        rest = load[at : at + count] - sum(known, np.zeros(count))
        base[at : at + count] = np.where(np.abs(rest) < TINY_KW, 0.0, rest)
    return load, base


def setups_load(told: Sequence[InForce], window: Window) -> FloatArray:
    """Load of the setups of the plans in force, kW (T,) of the window."""
    total = np.zeros(window.slot_count(PLAN_MINUTES))
    for one in told:
        for setup in one.setups:
            end = min(setup.end, one.span.end)
            if max(setup.start, one.span.start) < end and setup.start < window.end and end > window.start:
                total += run_load(replace(setup, end=end), window)
    return total


def week_work(
    told: Sequence[InForce], reports: Collection[Report], week: Window, factory: Factory
) -> WeekWork:
    """The work of a week: reported times where the log tells, the plan in force where it does not.

    `told` are the plans in force from before the week to its end; `factory` is the one the week is settled
    under.
    """
    batches = stitched(told)
    done = executed(batches, reports, week.end)
    here = [d for d in done if any(r.start < week.end and r.end > week.start for r in d.runs)]
    whole = tuple(batch for batch in here if is_whole(batch, week, (batches[batch.name].factory, factory)))
    facts = tuple(batch for batch in here if batch not in whole)
    load, base = planned_load(told, week)
    setups = setups_load(told, week)
    ends = sorted(
        (one.planned.product, one.finished)
        for one in batches.values()
        if one.finished is not None and week.start < one.finished <= week.end
    )
    return WeekWork(week, base, load, base + setups + load_of(here, week), whole, facts, tuple(ends))


def executed(batches: Mapping[str, Stitched], reports: Collection[Report], until: datetime) -> list[Done]:
    """What of the batches had begun by a moment, in order of their names."""
    found = (carried_out(batches[n].factory, batches[n].planned, reports, until) for n in sorted(batches))
    return [batch for batch in found if batch is not None]


def is_whole(batch: Done, week: Window, factories: tuple[Factory, Factory]) -> bool:
    """Whether a batch began and ended inside a week and was not lost, by a recipe that the week has, too.

    `factories` are the one by which the batch was made and that of the week.
    """
    if not batch.complete or batch.failed_at is not None:
        return False
    made, own = (recipe_of(batch, factory) for factory in factories)
    inside = batch.runs[0].start >= week.start and batch.end <= week.end
    return inside and own is not None and made == own


def recipe_of(batch: Done, factory: Factory) -> list[Way] | None:
    """The ways in which a factory runs the steps of a batch, None where it has no such recipe or mode."""
    product = next((found for found in factory.products if found.name == batch.product), None)
    if product is None or len(product.steps) != len(batch.runs):
        return None
    ways = [step.in_mode(run.mode) for step, run in zip(product.steps, batch.runs, strict=True)]
    told = [(way.process, way.machine, way.mode) for way in ways]
    if told != [(run.process, run.machine, run.mode) for run in batch.runs]:
        return None
    return [(*names, -(-way.minutes // PLAN_MINUTES)) for names, way in zip(told, ways, strict=True)]
