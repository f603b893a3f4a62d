"""Checks of the limits on kilograms: batches that wait between steps, batches finished in a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from chocolate_factory.domain.factory_limits import OutputLimit, StorageLimit
from chocolate_factory.domain.plan import Violation
from chocolate_factory.domain.rules_case import QUARTER, Case, Placed
from chocolate_factory.domain.slots import day_window, days_of, local_date

TOLERANCE_KG = 1e-6
Wait = tuple[datetime, datetime, float, Placed]


def storage(case: Case) -> Iterator[Violation]:
    """No slot has more kilograms waiting before a process than its storage takes.

    What waits already when the window starts may, whatever the limit.
    """
    for limit in case.factory.storages:
        waits = list(_waits(case, limit))
        start = case.schedule.window.start
        allowed = max(limit.max_kg, sum(kg for since, _, kg, _ in waits if since <= start))
        above = False
        for moment in sorted({since for since, _, _, _ in waits} | {until for _, until, _, _ in waits}):
            kg = sum(kg for since, until, kg, _ in waits if since <= moment < until)
            if kg > allowed + TOLERANCE_KG and not above:
                last = max((w for w in waits if w[0] <= moment < w[1]), key=lambda wait: wait[0])
                what = f"is one of {kg:g} kg that wait in {limit.name}, at most {allowed:g} fit"
                yield case.broken("storage", last[3], what, moment)
            above = kg > allowed + TOLERANCE_KG


def _waits(case: Case, limit: StorageLimit) -> Iterator[Wait]:
    """From when until when batches wait for the process of a storage, and the run they wait for."""
    for runs in case.batches.values():
        product = case.products.get(runs[0].run.product)
        if product is None or limit.product not in {None, product.name}:
            continue
        by_step = {placed.run.step: placed for placed in runs}
        for number, placed in by_step.items():
            before = by_step.get(number - 1)
            if before is None or placed.begun or placed.run.process != limit.before:
                continue
            ready = case.schedule.window.start + _ceiling(before.run.end - case.schedule.window.start)
            since = max(ready, case.schedule.window.start)
            if since < placed.run.start:
                yield since, placed.run.start, product.batch_kg, placed


def _ceiling(span: timedelta) -> timedelta:
    """A span rounded up to whole slots."""
    return -(-span // QUARTER) * QUARTER


def output(case: Case) -> Iterator[Violation]:
    """Each local day finishes at most, and if it is staffed and inside the window at least, what is asked."""
    zone, window = case.factory.site.timezone, case.schedule.window
    for day in days_of(window, zone) if case.factory.outputs else ():
        span = day_window(day, zone)
        whole = window.start <= span.start and span.end <= window.end
        staffed = any(start < span.end and end > span.start for start, end in case.shifts)
        for limit in case.factory.outputs:
            kg, fixed = _finished_kg(case, limit, day)
            name = limit.product or "all products"
            if limit.max_kg is not None and kg > max(limit.max_kg, fixed) + TOLERANCE_KG:
                text = f"On {day} {kg:g} kg of {name} are finished, at most {limit.max_kg:g} allowed."
                yield Violation("output", text, at=span.start)
            if whole and staffed and limit.min_kg is not None and kg < limit.min_kg - TOLERANCE_KG:
                text = f"On {day} {kg:g} kg of {name} are finished, at least {limit.min_kg:g} asked."
                yield Violation("output", text, at=span.start)


def _finished_kg(case: Case, limit: OutputLimit, day: date) -> tuple[float, float]:
    """Kilograms finished on a day, and those of them that are no choice of the plan's."""
    zone, schedule = case.factory.site.timezone, case.schedule
    kg = fixed = 0.0
    for runs in case.batches.values():
        product, last = case.products.get(runs[0].run.product), runs[-1]
        if product is None or limit.product not in {None, product.name}:
            continue
        if last.run.step == len(product.steps) - 1 and _day_of(last.run.end, zone) == day:
            kg += product.batch_kg
            fixed += product.batch_kg if last.begun else 0.0
    if day == local_date(schedule.window.start, zone):
        for name, batches in schedule.made.items():
            if limit.product in {None, name} and name in case.products:
                kg += batches * case.products[name].batch_kg
                fixed += batches * case.products[name].batch_kg
    return kg, fixed


def _day_of(end: datetime, zone: str) -> date:
    """The local day for which a batch counts: one that ends at midnight counts for the day before."""
    return local_date(end - timedelta(microseconds=1), zone)
