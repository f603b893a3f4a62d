"""Setups as rows of the model: how many units are ready for which product, and the setups in between.

A unit is always ready for one product, or on its way from one to another, or has carried nothing yet. Runs
of a product need units that are ready for it; a setup ends when a run of its product starts. Units of a
machine are alike, so counts are enough: of any arrangement of runs on units they are a solution, and every
bound of this model holds for the plan. A unit that goes away may come back ready for any product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.setups import Changeover, away_spans, units_there
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.limits import add_to
from chocolate_factory.infrastructure.planners.linear import Terms
from chocolate_factory.infrastructure.planners.starts import Flow, Starts, count_between, counted

if TYPE_CHECKING:
    from chocolate_factory.infrastructure.planners.model import PlantModel

Users = dict[str, list[tuple[Starts, int]]]
"""Starts and durations of the steps on a machine, by product."""


def setup_draws(problem: Problem) -> set[tuple[int, float]]:
    """(machine, kW) of all setups that take time."""
    return {(c.machine, rule.power_kw) for c in problem.setups for rule in c.rules if rule.duration}


def add_setups(model: PlantModel) -> None:
    """Columns and rows of the setups of every machine that has some; they count as runs of their draw."""
    for change in model.problem.setups:
        users = _users(model, change)
        states = sorted({*users, *(carried.product for carried in change.carried)})
        if users and len(states) > 1:
            flows = [
                _add_flow(model, change, (before, after), users[after])
                for after in users
                for before in states
                if before != after
            ]
            _end_at_starts(model, users, flows)
            _keep_ready(model, change, users, flows)
            model.flows += flows


def _users(model: PlantModel, change: Changeover) -> Users:
    users: Users = {}
    for (product, index), starts in model.starts.items():
        recipe = model.problem.products[product]
        if recipe.steps[index].machine == change.machine and starts.columns:
            users.setdefault(recipe.name, []).append((starts, recipe.steps[index].duration))
    return dict(sorted(users.items()))


def _add_flow(
    model: PlantModel, change: Changeover, way: tuple[str, str], runs: list[tuple[Starts, int]]
) -> Flow:
    """Columns of the setups of one change, only where they end as a run can start."""
    setup = change.between(*way)
    duration = setup.duration if setup is not None else 0
    slots: IntArray = np.unique(np.concatenate([starts.slots for starts, _ in runs])) - duration
    slots = slots[slots >= 0]
    if setup is not None:
        slots = slots[setup.allowed[slots]]
    most = round(sum(model.linear.upper[starts.columns[-1]] for starts, _ in runs))
    starts = counted(model.linear, slots, model.problem.slots, most)
    flow = Flow(change.machine, *way, setup, starts)
    if setup is not None:
        running = model.running[model.classes.index((change.machine, setup.power_kw))]
        for slot in range(model.problem.slots):
            count_between(running[slot], flow.starts, slot - duration, slot)
    return flow


def _end_at_starts(model: PlantModel, users: Users, flows: list[Flow]) -> None:
    """No more setups for a product end at a slot than runs of it start there."""
    for after, runs in users.items():
        own = [flow for flow in flows if flow.after == after]
        for slot in np.unique(np.concatenate([f.starts.slots + f.duration for f in own])).tolist():
            terms: Terms = {}
            for starts, _ in runs:
                count_between(terms, starts, slot - 1, slot)
            terms = {column: -value for column, value in terms.items()}
            for flow in own:
                count_between(terms, flow.starts, slot - flow.duration - 1, slot - flow.duration)
            model.linear.row(terms, upper=0)


def _keep_ready(model: PlantModel, change: Changeover, users: Users, flows: list[Flow]) -> None:
    """Runs of a product are on units that are ready for it; those that carried nothing are ready for any."""
    there = units_there(model.problem, change)
    fresh = {name: model.linear.column(0, there) for name in users}
    model.linear.row(dict.fromkeys(fresh.values(), 1.0), upper=there - len(change.carried))
    states = sorted({flow.before for flow in flows} | set(users))
    away = _away(model, change, states, users)
    for state in states:
        since = [carried.ready for carried in change.carried if carried.product == state]
        seen: set[tuple[object, ...]] = set()
        for slot in range(model.problem.slots):
            terms: Terms = {column: sign for at, column, sign in away[state] if at <= slot}
            for starts, duration in users.get(state, []):
                count_between(terms, starts, slot - duration, slot)
            for flow in flows:
                if flow.before == state:
                    add_to(terms, flow.starts.by(slot), 1.0)
                if flow.after == state:
                    add_to(terms, flow.starts.by(slot - flow.duration), -1.0)
            if state in fresh:
                add_to(terms, fresh[state], -1.0)
            ready = sum(slot >= first for first in since)
            key = (ready, *sorted(terms.items()))
            if key not in seen:
                seen.add(key)
                model.linear.row(terms, upper=ready)


def _away(
    model: PlantModel, change: Changeover, states: list[str], users: Users
) -> dict[str, list[tuple[int, int, float]]]:
    """Units that go away (sign 1) and come back (−1): slots, columns and signs by product.

    A unit that goes away was ready for some product; what it is ready for afterwards is left open.
    """
    missing = units_there(model.problem, change) - model.problem.machine_units[change.machine]
    for carried in change.carried:
        missing[: carried.ready] -= 1
    found: dict[str, list[tuple[int, int, float]]] = {state: [] for state in states}
    for first, stop in away_spans(missing):
        for at, sign, ready in ((first, 1.0, states), (stop, -1.0, list(users))):
            columns = {state: model.linear.column(0, 1) for state in ready}
            model.linear.row(dict.fromkeys(columns.values(), 1.0), 1, 1)
            for state, column in columns.items():
                found[state].append((at, column, sign))
    return found
