"""What units carried last: runs that were done, and setups whose unit was free for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.carried import carried_before
from chocolate_factory.domain.factory import SetupRule
from chocolate_factory.domain.plan import SETUP, Run
from chocolate_factory.domain.production import Done
from tests.unit.plan_samples import local, plant, run

BAKERY = replace(plant(), setups=(SetupRule("oven", 30),))
NOW = local("2026-03-18T08:00")


def done(*runs: Run) -> Done:
    """A batch with just these runs."""
    return Done(runs[0].batch, runs[0].product, runs, (False,) * len(runs), True)


def setup(clock: str, unit: int = 1, product: str = "cake") -> Run:
    """A planned setup of half an hour."""
    start: datetime = local(clock)
    return Run("", product, SETUP, "oven", unit, start, start + timedelta(minutes=30), 2.0, -1)


def test_the_last_run_before_counts_on_each_unit() -> None:
    first, second = run("bar-1", 1, 1, "2026-03-18T06:00"), run("cake-1", 1, 2, "2026-03-18T05:30")
    later = run("cake-2", 1, 1, "2026-03-18T08:00")
    found = carried_before(BAKERY, [done(second), done(first), done(later)], [], NOW)
    assert found == (first, second)
    third = run("cake-3", 1, 1, "2026-03-18T07:15")
    assert carried_before(BAKERY, [done(first), done(third)], [], NOW) == (third,)


def test_a_setup_that_has_begun_counts() -> None:
    baked = run("bar-1", 1, 1, "2026-03-18T06:00")
    assert carried_before(BAKERY, [done(baked)], [setup("2026-03-18T07:45")], NOW) == (
        setup("2026-03-18T07:45"),
    )
    assert carried_before(BAKERY, [done(baked)], [setup("2026-03-18T08:00")], NOW) == (baked,)


def test_a_setup_whose_unit_was_busy_has_not_begun() -> None:
    """The run before took longer than planned."""
    baked = run("bar-1", 1, 1, "2026-03-18T06:00")
    slow = replace(baked, end=local("2026-03-18T07:50"))
    assert carried_before(BAKERY, [done(slow)], [setup("2026-03-18T07:45")], NOW) == (slow,)


def test_a_setup_before_its_run_is_forgotten_with_the_run() -> None:
    baked = run("cake-1", 1, 1, "2026-03-18T06:30")
    assert carried_before(BAKERY, [done(baked)], [setup("2026-03-18T06:00")], NOW) == (baked,)


def test_other_machines_and_plants_without_setups_carry_nothing() -> None:
    mixed = run("bar-1", 0, 1, "2026-03-18T06:00")
    assert carried_before(BAKERY, [done(mixed)], [], NOW) == ()
    baked = run("bar-1", 1, 1, "2026-03-18T06:00")
    assert carried_before(plant(), [done(baked)], [setup("2026-03-18T07:30")], NOW) == ()
