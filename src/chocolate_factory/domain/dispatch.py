"""The best use of battery and array for a given load: a linear program, exact to its solver's tolerance.

It follows from the load alone, so a plan need not keep it. Where some price is below 0, losing energy by
charging while discharging would pay, to be paid for more later; where surplus is paid more than power costs,
feeding in while drawing would: variables of 0 or 1 forbid both (exact where they are few). Where excess power
is charged by the root of the sum of squares, tangents are added until none is broken by more than a share of
CUT_SHARE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chocolate_factory.domain.assets import Assets, Dispatch, as_it_comes, tidy
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

if TYPE_CHECKING:
    from chocolate_factory.domain.problem import Problem

Result = tuple[FloatArray, FloatArray] | None
TIE_EUR_KWH = 1e-6
"""On each kWh discharged: of equal dispatches the one that moves less."""
CUT_ROUNDS, CUT_SHARE = 30, 1e-5
MOST_SWITCHES = 48
"""Variables of 0 or 1 that are solved exactly; more are set as the program without them leans."""
CHARGE, DISCHARGE, USED, SOLD, STORED = range(5)


@dataclass(frozen=True, eq=False)
class Found:
    """The best dispatch and, as (T,), what a kW more in a slot would cost in EUR."""

    dispatch: Dispatch
    price_eur_kw: FloatArray


def beside_dispatch(problem: Problem, load_kw: FloatArray) -> Problem:
    """The problem without its assets; what they do beside a load (T,) is part of every plan's load."""
    found = None if problem.assets is None else best_dispatch(problem, load_kw)
    if found is None:
        return replace(problem, assets=None)
    return replace(problem, assets=None, auxiliary_kw=problem.auxiliary_kw + found.dispatch.net_kw)


@dataclass
class _Program:
    """Minimise cost · x over lower ≤ x ≤ upper and rows · x ≤ side; the first five blocks are of T each.

    `load_in` is by row (slot, factor): how a kW more of load moves the side. `leaning` are variables of 0 or
    1 with a sum (constant and terms): 1 where it is at least 0.
    """

    slots: int
    cost: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    lower: list[FloatArray] = field(default_factory=list)
    whole: list[FloatArray] = field(default_factory=list)
    entries: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    sides: list[FloatArray] = field(default_factory=list)
    load_in: list[tuple[IntArray, FloatArray]] = field(default_factory=list)
    leaning: list[tuple[IntArray, FloatArray, list[tuple[IntArray, Any]]]] = field(default_factory=list)
    rows: int = 0
    columns: int = 0

    def block(self, cost: FloatArray, upper: FloatArray, lower: FloatArray | None = None) -> IntArray:
        """Add variables; returns their places."""
        places = np.arange(self.columns, self.columns + len(cost))
        self.cost.append(cost)
        self.upper.append(upper)
        self.lower.append(np.zeros(len(cost)) if lower is None else lower)
        self.whole.append(np.zeros(len(cost)))
        self.columns += len(cost)
        return places

    def limit(
        self,
        terms: Iterable[tuple[IntArray, Any]],
        side: FloatArray,
        load: tuple[IntArray, float] | None = None,
    ) -> None:
        """Add a row for each side: Σ factor × variable ≤ side. `load` are its slots and the load's factor."""
        rows = np.arange(self.rows, self.rows + len(side))
        for places, factor in terms:
            self.entries.append((rows, places, np.broadcast_to(np.asarray(factor, np.float64), len(rows))))
        slots, factor = load if load is not None else (np.zeros(len(side), np.int64), 0.0)
        self.load_in.append((slots, np.full(len(side), factor)))
        self.sides.append(side)
        self.rows += len(side)


def best_dispatch(problem: Problem, load_kw: FloatArray) -> Found | None:
    """The cheapest dispatch beside a load (T,); None where the hard power limit cannot be kept.

    Raises ValueError for a problem without assets.
    """
    assets = problem.assets
    if assets is None:
        raise ValueError("a problem without assets")
    price = problem.price_eur_kwh * problem.minutes / 60
    if assets.battery is None and not assets.pv_kw.any():
        return Found(as_it_comes(assets, load_kw), price)
    program = _posed(problem, assets, load_kw)
    over = _excess(program, problem, load_kw)
    result = _settled(program, _solved(program))
    for _ in range(CUT_ROUNDS):
        if result is None or not _cut(program, problem, over, result[0]):
            break
        result = _solved(program)
    if result is None:
        return None
    blocks = result[0][: 5 * problem.slots].reshape(5, problem.slots)
    for slots, factor, marginal in zip(*_by_row(program), result[1], strict=True):
        price[slots] += factor * marginal
    return Found(tidy(assets, Dispatch(*blocks), problem.minutes), price)


def _posed(problem: Problem, assets: Assets, load: FloatArray) -> _Program:
    """Flows, what the battery holds, and the rules of each slot."""
    slots, hours = problem.slots, problem.minutes / 60
    price, sell = problem.price_eur_kwh * hours, np.where(assets.may_sell, assets.sell_eur_kwh, 0.0) * hours
    battery, program = assets.battery, _Program(slots)
    wear = ((battery.wear_eur_kwh if battery else 0.0) + TIE_EUR_KWH) * hours
    most = [getattr(battery, name, 0.0) for name in ("charge_kw", "discharge_kw")]
    charge = program.block(price, np.full(slots, most[0]))
    discharge = program.block(wear - price, np.full(slots, most[1]))
    used = program.block(-price, assets.pv_kw)
    sold = program.block(-sell, np.where(sell > 0, assets.pv_kw, 0.0))
    least = np.full(slots, min(battery.reserve_kwh, assets.start_kwh) if battery else assets.start_kwh)
    least[-1:] = assets.start_kwh
    full = max(battery.capacity_kwh if battery else 0.0, assets.start_kwh)
    stored = program.block(np.zeros(slots), np.full(slots, full), least)
    kept, start = assets.one_way, np.zeros(slots)
    start[:1] = assets.start_kwh
    for sign in (1.0, -1.0):
        flow = [(stored, sign), (charge, -sign * kept * hours), (discharge, sign * hours / kept)]
        program.limit(flow, sign * start)
        program.entries.append((np.arange(program.rows - slots + 1, program.rows), stored[:-1],
                                np.full(slots - 1, -sign)))  # fmt: skip
    every = np.arange(slots)
    program.limit([(charge, -1.0), (discharge, 1.0), (used, 1.0)], load, (every, 1.0))
    program.limit([(used, 1.0), (sold, 1.0)], assets.pv_kw)
    if problem.power_cap_kw is not None:
        room = problem.power_cap_kw - load
        program.limit([(charge, 1.0), (discharge, -1.0), (used, -1.0)], room, (every, -1.0))
    if may_burn(problem, assets):
        _either(program, np.arange(slots), (charge, discharge), most)
    _buy_or_sell(program, np.flatnonzero((sell >= price) & (sell > 0)), (load, most[0]), assets.pv_kw)
    return program


def may_burn(problem: Problem, assets: Assets) -> bool:
    """Whether losing energy by charging and discharging at once could pay: where some price is below 0."""
    lossy = assets.battery is not None and assets.battery.efficiency < 1
    return lossy and bool(np.min(problem.price_eur_kwh, initial=0.0) < 0)


def _switches(program: _Program, count: int) -> IntArray:
    places = program.block(np.zeros(count), np.ones(count))
    program.whole[-1] = np.ones(count)
    return places


def _either(program: _Program, at: IntArray, pair: tuple[IntArray, IntArray], most: list[float]) -> None:
    """Charge or discharge."""
    if len(at):
        which = _switches(program, len(at))
        program.leaning.append((which, np.zeros(len(at)), [(pair[0][at], 1.0), (pair[1][at], -1.0)]))
        program.limit([(pair[0][at], 1.0), (which, -most[0])], np.zeros(len(at)))
        program.limit([(pair[1][at], 1.0), (which, most[1])], np.full(len(at), most[1]))


def _buy_or_sell(program: _Program, at: IntArray, most: tuple[FloatArray, float], pv_kw: FloatArray) -> None:
    """Draw from the grid or feed into it."""
    if len(at):
        which, slots, load = _switches(program, len(at)), program.slots, most[0][at]
        charge, discharge, used = (block * slots + at for block in (CHARGE, DISCHARGE, USED))
        flow: list[tuple[IntArray, Any]] = [
            (charge, 1.0),
            (discharge, -1.0),
            (used, -1.0),
            (which, -(load + most[1])),
        ]
        program.leaning.append((which, load, [*flow[:3], (SOLD * slots + at, -1.0)]))
        program.limit(flow, -load, (at, -1.0))
        program.limit([(SOLD * slots + at, 1.0), (which, pv_kw[at])], pv_kw[at])


def _excess(program: _Program, problem: Problem, load: FloatArray) -> list[tuple[int, IntArray]]:
    """What is above the contracted power: a variable a group, and where quarters count one for each slot."""
    found, slots = [], program.slots
    for group in problem.excess:
        at, rate = np.asarray(group.slots, np.int64), np.array([group.rate_eur_kw])
        excess = program.block(rate, np.full(1, np.inf))
        flow: list[tuple[IntArray, Any]] = [
            (CHARGE * slots + at, 1.0), (DISCHARGE * slots + at, -1.0), (USED * slots + at, -1.0)
        ]  # fmt: skip
        over = program.block(np.zeros(len(at)), np.full(len(at), np.inf)) if group.quarters else None
        flow.append((np.repeat(excess, len(at)) if over is None else over, -1.0))
        room = group.contracted_kw + (group.already_kw if over is None else 0.0)
        program.limit(flow, room - load[at], (at, -1.0))
        found.append((int(excess[0]), np.zeros(0, np.int64) if over is None else over))
    return found


def _cut(program: _Program, problem: Problem, over: list[tuple[int, IntArray]], x: FloatArray) -> bool:
    """Tangents of the root of the sum of squares that a solution breaks; whether there was one."""
    added = False
    for group, (excess, places) in zip(problem.excess, over, strict=True):
        if not group.quarters:
            continue
        weight, kw = group.minutes / 15, np.maximum(x[places], 0.0)
        root = float(np.sqrt(group.already_kw**2 + weight * (kw @ kw)))
        if root - group.already_kw > x[excess] + CUT_SHARE * max(1.0, root):
            side = np.array([group.already_kw - group.already_kw**2 / root])
            terms = [
                (np.array([p]), weight * float(v) / root) for p, v in zip(places, kw, strict=True) if v > 0
            ]
            program.limit([(np.array([excess]), -1.0), *terms], side)
            added = True
    return added


def _settled(program: _Program, relaxed: Result) -> Result:
    """Many variables of 0 or 1 set as a solution without them leans, few left to be solved."""
    if relaxed is None or sum(len(which) for which, _, _ in program.leaning) <= MOST_SWITCHES:
        return relaxed
    values, lower = relaxed[0], np.concatenate(program.lower)
    upper = np.concatenate(program.upper)
    for which, constant, terms in program.leaning:
        side = constant + sum(sign * values[places] for places, sign in terms)
        lower[which] = upper[which] = side >= 0
    program.lower, program.upper = [lower], [upper]
    program.whole = [np.zeros(program.columns)]
    return _solved(program)


def _solved(program: _Program) -> Result:
    """The best values, and what each row's side is worth."""
    from scipy import optimize, sparse  # half a second that only plants with assets need

    rows, columns, factors = (np.concatenate(parts) for parts in zip(*program.entries, strict=True))
    matrix = sparse.csr_array((factors, (rows, columns)), shape=(program.rows, program.columns))
    cost, side = np.concatenate(program.cost), np.concatenate(program.sides)
    lower, upper, whole = (np.concatenate(x) for x in (program.lower, program.upper, program.whole))
    pairs = np.stack([lower, upper], axis=1)
    plain = optimize.linprog(cost, matrix, side, bounds=pairs, method="highs")
    if plain.x is None:
        return None
    marginals = np.asarray(plain.ineqlin.marginals, np.float64)
    if not 0 < whole.sum() <= MOST_SWITCHES:
        return np.asarray(plain.x, np.float64), marginals
    limits = optimize.LinearConstraint(matrix, -np.inf, side)
    exact = optimize.milp(
        cost,
        integrality=whole,
        bounds=optimize.Bounds(lower, upper),
        constraints=limits,
        options={"mip_rel_gap": 1e-6},
    )
    return None if exact.x is None else (np.asarray(exact.x, np.float64), marginals)


def _by_row(program: _Program) -> tuple[IntArray, FloatArray]:
    slots, factors = zip(*program.load_in, strict=True)
    return np.concatenate(slots), np.concatenate(factors)
