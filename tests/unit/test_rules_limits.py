"""The checker of storage and output, each broken by hand, and how the factory file gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.factory_limits import OutputLimit, StorageLimit
from chocolate_factory.domain.plan import Schedule
from chocolate_factory.domain.rules import violations
from tests.unit.plan_samples import WINDOW, good_schedule, local, plant, run, weather
from tests.worlds import tiny


def broken(factory: Factory, schedule: Schedule) -> list[tuple[str, str]]:
    """Rules and messages of the limits that a schedule breaks."""
    found = violations(factory, schedule, weather(WINDOW))
    return [(v.rule, v.message) for v in found if v.rule in {"storage", "output"}]


def test_storage_counts_what_waits_in_the_same_slot() -> None:
    """Of the good plan's bars one waits for baking from 07:00 to 08:00, one for packing never."""
    schedule = good_schedule()
    for limit, fits in (
        (StorageLimit("rack", "bake", 10.0), True),
        (StorageLimit("rack", "bake", 9.0), False),
        (StorageLimit("rack", "bake", 9.0, "cake"), True),
        (StorageLimit("rack", "pack", 9.0), False),
    ):
        found = broken(plant(storages=(limit,)), schedule)
        assert (found == []) is fits, limit
        assert all(rule == "storage" and "rack" in text for rule, text in found)


def test_a_storage_that_was_overfull_before_may_stay_so() -> None:
    """Two bars were baked before the window; they may wait for packing, a third may not join them."""
    begun = tuple(
        replace(run(f"bar-{n}", number, n, clock), unit=n)
        for n in (1, 2)
        for number, clock in ((0, f"2026-03-18T03:{15 * (n - 1):02d}"), (1, "2026-03-18T03:45"))
    )
    packed = (run("bar-1", 2, 1, "2026-03-18T06:00"), run("bar-2", 2, 1, "2026-03-18T06:15"))
    factory = plant(storages=(StorageLimit("rack", "pack", 5.0),))
    schedule = replace(good_schedule(), runs=packed, begun=begun)
    assert broken(factory, schedule) == []
    third = (
        run("bar-3", 0, 1, "2026-03-18T05:00"),
        replace(run("bar-3", 1, 1, "2026-03-18T05:15"), end=local("2026-03-18T05:30")),
        run("bar-3", 2, 1, "2026-03-18T06:30"),
    )
    assert [rule for rule, _ in broken(factory, replace(schedule, runs=(*packed, *third)))] == ["storage"]


def test_output_of_a_day() -> None:
    """20 kg of bars and 20 of cakes end on the first day, a cake on the second."""
    schedule = good_schedule()
    for limit, fits in (
        (OutputLimit("bar", None, 20.0), True),
        (OutputLimit("bar", None, 19.0), False),
        (OutputLimit(None, None, 40.0), True),
        (OutputLimit(None, None, 39.0), False),
    ):
        assert (broken(plant(outputs=(limit,)), schedule) == []) is fits, limit


def test_the_least_is_asked_of_staffed_days_inside_the_window() -> None:
    """The window's first day has begun, its second is a holiday; without the holiday it is asked."""
    factory = plant(outputs=(OutputLimit(None, 70.0, None),), shifts=plant().shifts[:1])
    assert broken(factory, good_schedule()) == []
    worked = replace(factory, site=replace(factory.site, holidays=""))
    found = broken(worked, good_schedule())
    assert [rule for rule, _ in found] == ["output"]
    assert "2026-03-19" in found[0][1] and "20 kg" in found[0][1]


def test_what_was_finished_before_counts_and_excuses_itself() -> None:
    """Bars made earlier that day count; more than the most by them alone is a fact."""
    factory = plant(outputs=(OutputLimit("bar", None, 20.0),))
    schedule = replace(good_schedule(), made={"bar": 1})
    assert [rule for rule, _ in broken(factory, schedule)] == ["output"]
    assert broken(factory, replace(schedule, runs=(), made={"bar": 3})) == []


def test_faults_of_the_file() -> None:
    """Unknown processes and products, limits that limit nothing, least above most."""
    more = """
[[storage]]
name = "rack"
before = "mix"
max_kg = 100
[[storage]]
name = "shelf"
before = "bake"
max_kg = -1
product = "bun"
[[output]]
per = "week"
[[output]]
min_kg = 100
max_kg = 50
"""
    with pytest.raises(Misconfigured) as caught:
        parse_factory(tiny() + more)
    for part in (
        'storage "rack".before is "mix"; allowed: a process after the first: bake',
        'storage "shelf".max_kg is -1',
        'storage "shelf".product is "bun"; allowed: the name of a product: loaf',
        'output[1].per is "week"; allowed: one of day',
        "output[1] limits nothing",
        "output[2].min_kg is 100 and max_kg 50",
    ):
        assert part in caught.value.message
