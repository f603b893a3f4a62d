"""What the units of machines with setups carried last: from what was done, and from planned setups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.production import Done

Unit = tuple[str, int]


def carried_before(
    factory: Factory, done: Iterable[Done], setups: Iterable[Run], start: datetime
) -> tuple[Run, ...]:
    """The last run or setup that began before `start` on each unit, as far as one is known.

    `done` are batches that began. Of the planned `setups` those count whose unit was free when they were to
    start: they are taken to have begun as planned.
    """
    machines = {rule.machine for rule in factory.setups}
    runs = [run for batch in done for run in batch.runs] if machines else []
    last: dict[Unit, Run] = {}
    for run in sorted((run for run in runs if run.machine in machines), key=lambda run: (run.start, run.end)):
        if run.start < start:
            last[run.machine, run.unit] = run
    for setup in sorted(setups, key=lambda run: (run.start, run.machine, run.unit)):
        before = last.get((setup.machine, setup.unit))
        free = before is None or before.end <= setup.start
        if setup.machine in machines and setup.start < start and free:
            last[setup.machine, setup.unit] = setup
    return tuple(last[unit] for unit in sorted(last))
