"""Checks of battery and array: powers, energy from slot to slot, the array's power, nothing flowing back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.plan import Violation
from chocolate_factory.domain.rules_case import Case
from chocolate_factory.domain.series import FloatArray

TOLERANCE_KW, TOLERANCE_KWH = 1e-4, 1e-3
SLOT_HOURS = 0.25
Broken = Iterator[Violation]


def grid_kw(case: Case) -> FloatArray:
    """What the grid gives in each slot, shape (T,): the load as battery and array leave it."""
    use, load = case.schedule.dispatch, case.load_kw()
    return load if use is None else load + use.charge_kw - use.discharge_kw - use.pv_used_kw


def battery(case: Case) -> Broken:
    """Powers and energy within the battery's limits, energy conserved, as much at the end as at the start."""
    use, facts, own = case.schedule.dispatch, case.schedule.assets, case.factory.battery
    if use is None or facts is None:
        return
    most = (own.charge_kw, own.discharge_kw) if own else (0.0, 0.0)
    for name, kw, limit in (("charged", use.charge_kw, most[0]), ("discharged", use.discharge_kw, most[1])):
        yield from _first(case, "battery", (kw < -TOLERANCE_KW) | (kw > limit + TOLERANCE_KW),
                          f"the battery is {name} with a power outside 0 to {limit:g} kW")  # fmt: skip
    both = np.minimum(use.charge_kw, use.discharge_kw) > TOLERANCE_KW
    yield from _first(case, "battery", both, "the battery is charged and discharged at once")
    if own is None:
        return
    share = own.efficiency**0.5
    moved = (use.charge_kw * share - use.discharge_kw / share) * SLOT_HOURS
    before = np.concatenate([[facts.start_kwh], use.stored_kwh[:-1]])
    lost = np.abs(before + moved - use.stored_kwh) > TOLERANCE_KWH
    yield from _first(
        case, "battery", lost, "energy in the battery does not follow from what goes in and out"
    )
    least, most_kwh = min(own.reserve_kwh, facts.start_kwh), max(own.capacity_kwh, facts.start_kwh)
    outside = (use.stored_kwh < least - TOLERANCE_KWH) | (use.stored_kwh > most_kwh + TOLERANCE_KWH)
    yield from _first(
        case, "battery", outside, f"the battery holds less than {least:g} or more than {most_kwh:g} kWh"
    )
    if len(use.stored_kwh) and use.stored_kwh[-1] < facts.start_kwh - TOLERANCE_KWH:
        left = use.stored_kwh[-1]
        text = f"The battery ends with {left:.3f} kWh, less than the {facts.start_kwh:g} of its start."
        yield Violation("battery", text, at=case.schedule.window.end)


def pv(case: Case) -> Broken:
    """No more is used and sold than the array gives, surplus only where it may, nothing unused flows back."""
    use, facts, own = case.schedule.dispatch, case.schedule.assets, case.factory.pv
    if use is None or facts is None:
        return
    given = facts.pv_kw if own is not None else np.zeros(case.slots)
    for name, kw in (("uses", use.pv_used_kw), ("sells", use.sold_kw)):
        yield from _first(case, "pv", kw < -TOLERANCE_KW, f"the site {name} a negative power of its array")
    above = use.pv_used_kw + use.sold_kw > given + TOLERANCE_KW
    yield from _first(case, "pv", above, "more is used and sold than the array gives")
    paid = own is not None and own.surplus_paid
    yield from _first(
        case, "pv", (use.sold_kw > TOLERANCE_KW) & (not paid), "surplus is sold that nobody pays for"
    )
    grid = grid_kw(case)
    yield from _first(case, "pv", grid < -TOLERANCE_KW, "more is given than the site draws")
    at_once = np.minimum(grid, use.sold_kw) > TOLERANCE_KW
    yield from _first(case, "pv", at_once, "power is sold while the site draws from the grid")


def _first(case: Case, rule: str, broken: NDArray[np.bool_], what: str) -> Broken:
    slots = np.flatnonzero(broken)
    if len(slots):
        at = case.at(int(slots[0]))
        yield Violation(rule, f"At {case.local(at)} and in {len(slots)} slots in all {what}.", at=at)
