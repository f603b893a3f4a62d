"""Limits on kilograms, read slot by slot without any code of the planner, for tests on tiny plants."""

from __future__ import annotations

from chocolate_factory.domain.limits import Output, Storage
from chocolate_factory.domain.problem import Job, Problem


def limit_faults(given: Problem, jobs: tuple[Job, ...]) -> list[str]:
    """Limits that a plan breaks."""
    found = []
    for limit in given.limits:
        if isinstance(limit, Storage):
            if any(waiting(given, jobs, limit, slot) > limit.most_kg for slot in range(given.slots)):
                found.append("storage")
        else:
            kg = finished(given, jobs, limit)
            if kg > (limit.most_kg if limit.most_kg is not None else kg) or kg < (limit.least_kg or 0):
                found.append("output")
    return found


def waiting(given: Problem, jobs: tuple[Job, ...], storage: Storage, slot: int) -> float:
    """Kilograms that wait in a slot."""
    total = 0.0
    for job in jobs:
        product = given.products[job.product]
        for number in range(1, len(product.steps)):
            ended = job.starts[number - 1] + product.steps[number - 1].duration
            here = product.steps[number].process == storage.process
            if here and storage.product in {None, product.name} and ended <= slot < job.starts[number]:
                total += product.batch_kg
    return total


def finished(given: Problem, jobs: tuple[Job, ...], output: Output) -> float:
    """Kilograms that end after the first slot and up to the last."""
    total = output.made_kg
    for job in jobs:
        product = given.products[job.product]
        end = job.starts[-1] + product.steps[-1].duration
        if output.first < end <= output.stop and output.product in {None, product.name}:
            total += product.batch_kg
    return total
