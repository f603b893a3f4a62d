"""Limits of the factory file on the slots of a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.limits import Limit, Output, Storage
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, day_window, days_of, epoch
from chocolate_factory.domain.staffing import staffed_seconds

SLOT_SECONDS = 60 * PLAN_MINUTES


def limits_of(factory: Factory, window: Window) -> tuple[Limit, ...]:
    """Every limit of the factory: a storage once, an output for each local day that the window touches."""
    storages = (Storage(s.name, s.before, s.max_kg, s.product) for s in factory.storages)
    return (*storages, *_outputs(factory, window))


def _outputs(factory: Factory, window: Window) -> Iterator[Output]:
    for day in days_of(window, factory.site.timezone) if factory.outputs else ():
        span = day_window(day, factory.site.timezone)
        inside = span.clip(window)
        if inside is None:
            continue
        first, stop = ((epoch(at) - epoch(window.start)) // SLOT_SECONDS for at in (inside.start, inside.end))
        worked = inside == span and staffed_seconds(factory, span) > 0
        for output in factory.outputs:
            least = output.min_kg if worked else None
            if least is not None or output.max_kg is not None:
                yield Output(output.product, first, stop, least, output.max_kg, day.isoformat())


def with_made(problem: Problem, begun: Sequence[Run], made: Mapping[str, int]) -> Problem:
    """The problem with what counts for its outputs already: runs that end a batch, and `made` batches.

    `begun` are runs that had begun before the window, `made` batches by product that were finished before it
    on its first local day.
    """
    if not any(isinstance(limit, Output) for limit in problem.limits):
        return problem
    ends = [(product, 1, count) for product, count in made.items()]
    for run in begun:
        slot = -(-(epoch(run.end) - epoch(problem.window.start)) // SLOT_SECONDS)
        if slot > 0 and run.step == _last_step(problem, run.product):
            ends.append((run.product, slot, 1))
    limits = [_counted(problem, x, ends) if isinstance(x, Output) else x for x in problem.limits]
    return replace(problem, limits=tuple(limits))


def _counted(problem: Problem, output: Output, ends: list[tuple[str, int, int]]) -> Output:
    batch_kg = {product.name: product.batch_kg for product in problem.products}
    kg = sum(
        count * batch_kg[product]
        for product, slot, count in ends
        if output.product in {None, product} and product in batch_kg and output.first < slot <= output.stop
    )
    return replace(output, made_kg=kg)


def _last_step(problem: Problem, name: str) -> int:
    """The number of a product's last step, of the whole recipe."""
    return next((p.first_step + len(p.steps) - 1 for p in problem.products if p.name == name), -1)
