"""Better plans by solving a day exactly while everything outside it stays.

Counts of starts are fixed outside the window and free inside, so batches that reach over its edge are handled
by the model itself. Power is charged as the rest of the plan leaves it: where the highest slot counts, only
what goes above the highest slot outside; where the root of squares counts, by its tangent at this plan,
which is never below the root; a plan is taken only where it is cheaper by the rule itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from chocolate_factory.domain.problem import ExcessGroup, Job, load_kw
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.hull import SQUARE_KW2, Reach
from chocolate_factory.infrastructure.planners.linear import INFINITY, Relaxation, solve_integer
from chocolate_factory.infrastructure.planners.model import PlantModel, combined, jobs_of
from chocolate_factory.infrastructure.planners.power import (
    Separation,
    SlotFacets,
    room_of,
    slot_facets,
    whole_top,
)

WIDTH_HOURS, STEP_HOURS = 24, 12
SECONDS = 2.0
ROUNDS = 8
GAP = 2e-4
Span = tuple[int, int]


@dataclass
class Windows:
    """Days of a plan in turn; one that was looked at is left alone until the plan is another."""

    model: PlantModel
    known: tuple[Job, ...] = ()
    place: int = 0
    left: int = 0
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The windows, in order."""
        slots, hour = self.model.problem.slots, 60 // self.model.problem.minutes
        firsts = range(0, max(1, slots - STEP_HOURS * hour), STEP_HOURS * hour)
        self.spans = [(first, min(slots, first + WIDTH_HOURS * hour)) for first in firsts]

    def better(self, jobs: tuple[Job, ...], seconds: float) -> tuple[Job, ...] | None:
        """The plan with one more window solved; None when all windows have been for this plan."""
        if jobs != self.known:
            self.known, self.left = jobs, len(self.spans)
        if not self.left:
            return None
        self.left -= 1
        span = self.spans[self.place % len(self.spans)]
        self.place += 1
        return solved(self.model, jobs, span, min(seconds, SECONDS))


def solved(model: PlantModel, jobs: tuple[Job, ...], span: Span, seconds: float) -> tuple[Job, ...]:
    """The plan with the best that was found in `seconds` for the starts inside a span of slots."""
    inside = replace(model, linear=model.linear.copy())
    hold_outside(inside, jobs, span)
    tables = window_power(inside, span, load_kw(model.problem, jobs))
    relaxation, separation = Relaxation(inside.linear), Separation(inside, tables)
    deadline = time.monotonic() + seconds
    for _ in range(ROUNDS):
        answer = relaxation.solve(deadline - time.monotonic())
        if answer.values is None or not separation.add(answer.values):
            break
    Separation(inside, [table for table in tables if table.exact]).add_all()
    found = solve_integer(inside.linear, deadline - time.monotonic(), GAP)
    return jobs if found.values is None else jobs_of(inside, found.values)


def hold_outside(model: PlantModel, jobs: tuple[Job, ...], span: Span) -> None:
    """Fix the counts of starts outside a span as they are in a plan."""
    first, stop = span
    for (product, index), starts in model.starts.items():
        mine = np.sort(np.array([job.starts[index] for job in jobs if job.product == product], np.int64))
        least, most = (int(np.searchsorted(mine, slot, "left")) for slot in span)
        for column, slot in zip(starts.columns, starts.slots, strict=True):
            inside = first <= slot < stop
            count = int(np.searchsorted(mine, slot, "right"))
            model.linear.lower[column] = least if inside else count
            model.linear.upper[column] = most if inside else count


def window_power(model: PlantModel, span: Span, load: FloatArray) -> list[SlotFacets]:
    """Power rows and costs of the slots that starts inside a span can reach; the facets beside them."""
    problem, (first, stop) = model.problem, span
    longest = max((step.duration for item in problem.products for step in item.steps), default=0)
    reached = np.zeros(problem.slots, bool)
    before = max((rule.duration for kind in problem.setups for rule in kind.rules), default=0)
    reached[max(0, first - before) : stop + longest] = True
    found: list[SlotFacets] = []
    for group in problem.excess:
        slots = group.slots[reached[group.slots]]
        if group.quarters:
            found += squares(model, group, slots, load)
        else:
            found += highest(model, group, slots, load)
    if problem.power_cap_kw is not None:
        room = problem.power_cap_kw - problem.auxiliary_kw
        for slot in np.flatnonzero(reached):
            found += limited(model, (int(slot), None), Reach(float(room[slot]), 0.0, 0.0))
    return found


def squares(model: PlantModel, group: ExcessGroup, slots: np.ndarray, load: FloatArray) -> list[SlotFacets]:
    """A column of squares a slot, at the slope of the root of the present plan."""
    problem, found = model.problem, list[SlotFacets]()
    slope = group.slope_eur_kw2(group.charged_kw(load)) * SQUARE_KW2
    room, top = room_of(problem, group), whole_top(problem)
    for slot in (int(s) for s in slots if top[s] > room[s]):
        most = float(top[slot] - room[slot])
        square = model.linear.column(0.0, most**2 / SQUARE_KW2 + 1e-9, slope, integer=False)
        found += slot_facets(model, (slot, square), Reach(float(room[slot]), 0.0, most, squared=True))
    return found


def highest(model: PlantModel, group: ExcessGroup, slots: np.ndarray, load: FloatArray) -> list[SlotFacets]:
    """One column of excess, from that of the slots outside."""
    problem, found = model.problem, list[SlotFacets]()
    outside = replace(group, slots=np.setdiff1d(group.slots, slots))
    floor = max(outside.charged_kw(load), group.charged_kw(problem.auxiliary_kw))
    room, top = room_of(problem, group), whole_top(problem)
    most = max(floor, float(np.max(top[slots] - room[slots], initial=0.0)))
    excess = model.linear.column(floor, most, group.rate_eur_kw, integer=False)
    for slot in (int(s) for s in slots if top[s] > room[s] + floor):
        found += limited(model, (slot, excess), Reach(float(room[slot]), floor, most))
    return found


def limited(model: PlantModel, where: tuple[int, int | None], reach: Reach) -> list[SlotFacets]:
    """The load row of a slot, and its facets."""
    slot, extra = where
    terms = combined(model, slot, [kw for _, kw in model.classes])
    if terms:
        model.linear.row({**terms, **({} if extra is None else {extra: -1.0})}, -INFINITY, reach.room)
    return slot_facets(model, where, reach)
