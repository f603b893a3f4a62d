"""Random changes of a feasible plan: the checker finds what a slow reading of every slot finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.plan import Climate, Run, Schedule
from chocolate_factory.domain.rules import violations
from tests.unit.plan_samples import QUARTER, WINDOW, good_schedule, naive_rules, plant, weather

SLOTS = WINDOW.slot_count(15)


def broken(schedule: Schedule, climate: Climate, cap: float | None = None) -> set[str]:
    limit = None if cap is None else np.full(SLOTS, cap)
    return {violation.rule for violation in violations(plant(), schedule, climate, limit)}


CHANGES = ("move", "stretch", "unit", "machine", "drop", "double", "power", "rename", "step", "process")


def changed(runs: list[Run], change: str, place: int, amount: int) -> list[Run]:
    """One change to one run; `amount` says how far or which."""
    old = runs[place % len(runs)]
    machines = [machine.name for machine in plant().machines]
    step = amount % len(plant().product(old.product).steps)
    news: dict[str, Run] = {
        "move": replace(old, start=old.start + amount * QUARTER, end=old.end + amount * QUARTER),
        "stretch": replace(old, end=max(old.start + QUARTER, old.end + amount * QUARTER)),
        "unit": replace(old, unit=amount % 4),
        "machine": replace(old, machine=machines[amount % 3]),
        "power": replace(old, power_kw=old.power_kw + amount),
        "rename": replace(old, batch=runs[amount % len(runs)].batch),
        "step": replace(old, step=step),
        "process": replace(old, process=("mix", "bake", "pack", "dry")[amount % 4]),
    }
    rest = [other for other in runs if other is not old]
    if change == "drop":
        return rest
    return [*runs, replace(old, unit=amount % 4)] if change == "double" else [*rest, news[change]]


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(CHANGES), st.integers(0, 9), st.integers(-12, 12)), min_size=1, max_size=3
    ),
    cap=st.sampled_from([None, 29.0, 36.5]),
    hot=st.integers(0, SLOTS - 1),
)
def test_no_change_that_breaks_a_rule_goes_unnoticed(
    changes: list[tuple[str, int, int]], cap: float | None, hot: int
) -> None:
    """The checker names exactly the rules that a slow reading of every slot finds broken."""
    runs = [*good_schedule().runs]
    for change, place, amount in changes:
        runs = changed(runs, change, place, amount)
    schedule = replace(good_schedule(), runs=tuple(runs))
    climate = Climate((20.0,) * hot + (35.0,) + (20.0,) * (SLOTS - hot - 1), (50.0,) * SLOTS)
    assert broken(schedule, climate, cap) == naive_rules(plant(), schedule, climate, cap)


@settings(max_examples=60, deadline=None)
@given(
    book=st.sampled_from(["stock", "left", "late"]),
    index=st.integers(0, 3),
    value=st.integers(0, 2),
    due=st.integers(-12, 24),
)
def test_demand_agrees_with_a_plain_count(book: str, index: int, value: int, due: int) -> None:
    """Whatever is booked or due otherwise: what a plain count finds missing, the checker names."""
    schedule = good_schedule()
    wanted = [*schedule.wanted]
    wanted[index] = replace(wanted[index], due=wanted[index].due + due * QUARTER)
    schedule = replace(schedule, wanted=tuple(wanted), **{book: {**getattr(schedule, book), index: value}})
    assert naive_rules(plant(), schedule, weather(WINDOW), None) <= broken(schedule, weather(WINDOW))
