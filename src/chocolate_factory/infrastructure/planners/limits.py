"""Limits on kilograms as rows of the model, and waits that pass through open slots only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.limits import Output, Storage, gaps, least_kg, members, most_kg, room_kg
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.linear import INFINITY, Terms

if TYPE_CHECKING:
    from chocolate_factory.infrastructure.planners.model import PlantModel

Closed = NDArray[np.bool_]


def add_limits(model: PlantModel) -> None:
    """Rows of every storage and output; batches that had begun are counted on their limits' side."""
    for limit in model.problem.limits:
        if isinstance(limit, Storage):
            add_storage(model, limit)
        else:
            add_output(model, limit)


def add_storage(model: PlantModel, storage: Storage) -> None:
    """What waits in each slot is at most the room: ended before, less started since."""
    problem, seen = model.problem, set[tuple[object, ...]]()
    held, room = list(gaps(problem, storage)), room_kg(problem, storage)
    for slot in range(problem.slots):
        terms: Terms = {}
        there = 0.0
        for product, number in held:
            recipe = problem.products[product]
            if number:
                ended = slot - recipe.steps[number - 1].duration
                add_to(terms, model.starts[product, number - 1].by(ended), recipe.batch_kg)
            elif slot >= recipe.ready and recipe.variant_of is None:
                there += recipe.batch_kg
            add_to(terms, model.starts[product, number].by(slot), -recipe.batch_kg)
        key = (there, *sorted(terms.items()))
        if key not in seen and (terms or there > room):
            seen.add(key)
            model.linear.row(terms, upper=room - there)


def add_output(model: PlantModel, output: Output) -> None:
    """What ends in the slots of an output lies between its limits."""
    least, most = least_kg(output), most_kg(output)
    if least > 0 or np.isfinite(most):
        terms = output_terms(model, output)
        model.linear.row(terms, least if least > 0 else -INFINITY, min(most, INFINITY))


def output_terms(model: PlantModel, output: Output) -> Terms:
    """Kilograms that end in the slots of an output."""
    terms: Terms = {}
    for product in members(model.problem, output):
        recipe = model.problem.products[product]
        last, duration = model.starts[product, len(recipe.steps) - 1], recipe.steps[-1].duration
        add_to(terms, last.by(output.stop - duration), recipe.batch_kg)
        add_to(terms, last.by(output.first - duration), -recipe.batch_kg)
    return terms


def add_to(terms: Terms, column: int | None, weight: float) -> None:
    """Add a weight to a column's; None stands for nothing."""
    if column is not None:
        terms[column] = terms.get(column, 0.0) + weight


def least_open(values: FloatArray, back: int | None, closed: Closed) -> FloatArray:
    """Least of the values at each place t and the `back` before it, from u only if u … t − 1 are open.

    `back` None: any number. `closed` has one value fewer than `values`. By doubling.
    """
    most = len(values) - 1 if back is None else min(back, len(values) - 1)
    count = np.concatenate([[0], np.cumsum(closed)])
    reach, done = values.copy(), 0
    while done < most:
        shift = min(done + 1, most - done)
        passable = count[shift:] == count[:-shift]
        moved = np.where(passable, reach[:-shift], np.inf)
        wider = reach.copy()
        np.minimum(reach[shift:], moved, out=wider[shift:])
        reach, done = wider, done + shift
    return reach


def first_open(closed: Closed, slot: int) -> int:
    """The earliest slot from which a wait until `slot` passes through open slots only."""
    shut = np.flatnonzero(closed[:slot])
    return int(shut[-1]) + 1 if len(shut) else 0
