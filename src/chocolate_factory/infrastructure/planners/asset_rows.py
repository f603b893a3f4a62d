"""Battery and array as columns and rows of the planner's model.

What the grid gives in a slot is load + charge − discharge − used power of the array. Charging and discharging
in the same slot, and feeding in while drawing, only pay at odd prices; there a column of 0 or 1 forbids it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chocolate_factory.domain.assets import Assets
from chocolate_factory.domain.dispatch import may_burn
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.planners.linear import Linear, Terms

CUT_SHARE = 1e-5


@dataclass
class Columns:
    """Columns of the assets in a model, by name and slot.

    `excess` are those of the excess groups, `over` by group the excess of each of its slots where quarters
    count. `switches` are columns of 0 or 1, with the column that they let be above 0 (None: what the grid
    gives) and its slot.
    """

    linear: Linear
    at: dict[str, list[int | None]] = field(default_factory=dict)
    excess: list[int] = field(default_factory=list)
    over: dict[int, list[int]] = field(default_factory=dict)
    switches: list[tuple[int, int | None, int]] = field(default_factory=list)

    def terms(self, loads: Terms, slot: int) -> Terms:
        """What the grid gives in a slot beside the fixed load."""
        found = dict(loads)
        for name, sign in (("charge_kw", 1.0), ("discharge_kw", -1.0), ("pv_used_kw", -1.0)):
            column = self.at[name][slot]
            if column is not None:
                found[column] = sign
        return found


@dataclass(frozen=True, eq=False)
class Loads:
    """The load of each slot in kW: `terms` of a model, and `fixed` (T,); `most` (T,) is all it can be."""

    terms: Sequence[Terms]
    fixed: FloatArray
    most: FloatArray


def add_assets(linear: Linear, problem: Problem, loads: Loads) -> Columns:
    """Columns, rows and costs of the assets, of excess power and of the hard power limit.

    The energy of the load itself is not priced here.
    """
    assets = problem.assets
    if assets is None:
        raise ValueError("a problem without assets")
    found = Columns(linear)
    hours = problem.minutes / 60
    price = problem.price_eur_kwh * hours
    battery = assets.battery
    wear = battery.wear_eur_kwh if battery else 0.0
    charge, discharge = (battery.charge_kw, battery.discharge_kw) if battery else (0.0, 0.0)
    pv = np.maximum(assets.pv_kw, 0.0)
    sell = np.where(assets.may_sell, assets.sell_eur_kwh, 0.0) * hours
    size: dict[str, tuple[FloatArray, FloatArray]] = {
        "charge_kw": (np.full(problem.slots, charge), price),
        "discharge_kw": (np.full(problem.slots, discharge), wear * hours - price),
        "pv_used_kw": (pv, -price),
        "sold_kw": (pv * (sell > 0), -sell),
    }
    for name, (most, cost) in size.items():
        found.at[name] = [
            linear.column(0.0, float(top), float(eur), integer=False) if top > 0 else None
            for top, eur in zip(most, cost, strict=True)
        ]
    add_store(found, problem, assets)
    loads = Loads(loads.terms, loads.fixed, loads.most + charge)
    add_slots(found, problem, loads)
    add_excess(found, problem, loads)
    return found


def add_store(found: Columns, problem: Problem, assets: Assets) -> None:
    """Energy in the battery from slot to slot, within its limits, at the end no less than at the start."""
    linear, battery, hours = found.linear, assets.battery, problem.minutes / 60
    found.at["stored_kwh"] = [None] * problem.slots
    if battery is None:
        return
    least, last = min(battery.reserve_kwh, assets.start_kwh), problem.slots - 1
    most = max(battery.capacity_kwh, assets.start_kwh)
    before: int | None = None
    for slot in range(problem.slots):
        low = assets.start_kwh if slot == last else least
        here = linear.column(low, most, integer=False)
        terms: Terms = {here: 1.0}
        for name, factor in (("charge_kw", -assets.one_way), ("discharge_kw", 1 / assets.one_way)):
            column = found.at[name][slot]
            if column is not None:
                terms[column] = factor * hours
        if before is not None:
            terms[before] = -1.0
        start = assets.start_kwh if before is None else 0.0
        linear.row(terms, start, start)
        found.at["stored_kwh"][slot] = before = here


def add_slots(found: Columns, problem: Problem, loads: Loads) -> None:
    """Per slot: nothing flows back, the array's power is shared, the hard limit, and what excludes what."""
    assets, linear, cap, fixed = problem.assets, found.linear, problem.power_cap_kw, loads.fixed
    assert assets is not None
    burning = may_burn(problem, assets)
    for slot in range(problem.slots):
        terms = found.terms(loads.terms[slot], slot)
        used, sold = found.at["pv_used_kw"][slot], found.at["sold_kw"][slot]
        if used is not None or found.at["discharge_kw"][slot] is not None:
            linear.row(terms, -float(fixed[slot]))
        if used is not None and sold is not None:
            linear.row({used: 1.0, sold: 1.0}, upper=float(assets.pv_kw[slot]))
        if cap is not None:
            linear.row(terms, upper=float(cap[slot] - fixed[slot]))
        price = float(problem.price_eur_kwh[slot])
        if burning:
            either(found, found.at["charge_kw"][slot], found.at["discharge_kw"][slot], slot)
        if sold is not None and assets.sell_eur_kwh[slot] >= price:
            drawing = linear.column(0, 1)
            found.switches.append((drawing, None, slot))
            most = float(loads.most[slot])
            linear.row({**terms, drawing: -most}, upper=-float(fixed[slot]))
            linear.row({sold: 1.0, drawing: linear.upper[sold]}, upper=linear.upper[sold])


def either(found: Columns, first: int | None, second: int | None, slot: int) -> None:
    """At most one of two columns is above 0."""
    linear = found.linear
    if first is not None and second is not None:
        which = linear.column(0, 1)
        found.switches.append((which, first, slot))
        linear.row({first: 1.0, which: -linear.upper[first]}, upper=0.0)
        linear.row({second: 1.0, which: linear.upper[second]}, upper=linear.upper[second])


def add_excess(found: Columns, problem: Problem, loads: Loads) -> None:
    """What the grid gives above the contracted power: the highest slot, or a column a slot for the root."""
    linear = found.linear
    for place, group in enumerate(problem.excess):
        terms = {int(slot): found.terms(loads.terms[slot], int(slot)) for slot in group.slots}
        over = max(0.0, float(np.max(loads.most[group.slots], initial=0.0)) - group.contracted_kw)
        counted = max(1.0, len(terms) * group.minutes / 15)
        most = over * float(np.sqrt(counted)) if group.quarters else over
        excess = linear.column(0.0, most, group.rate_eur_kw, integer=False)
        found.excess.append(excess)
        if group.quarters:
            found.over[place] = [linear.column(0.0, over, 0.0, integer=False) for _ in terms]
        for number, (slot, here) in enumerate(terms.items()):
            above = found.over[place][number] if group.quarters else excess
            room = group.contracted_kw + (0.0 if group.quarters else group.already_kw)
            linear.row({**here, above: -1.0}, upper=room - float(loads.fixed[slot]))


def cut(found: Columns, problem: Problem, values: FloatArray) -> int:
    """Rows that a solution breaks: the root of the sum of squares is at least each of its tangents."""
    added = 0
    for place, columns in found.over.items():
        group, excess = problem.excess[place], found.excess[place]
        weight = group.minutes / 15
        over = np.maximum(values[columns], 0.0)
        root = float(np.sqrt(group.already_kw**2 + weight * (over @ over)))
        if root - group.already_kw > values[excess] + CUT_SHARE * max(1.0, root):
            terms = {c: -weight * float(kw) / root for c, kw in zip(columns, over, strict=True)}
            found.linear.row({excess: 1.0, **terms}, group.already_kw**2 / root - group.already_kw)
            added += 1
    return added
