"""The saving on the prices that came true: plan, baseline and hindsight with the same batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import numpy as np

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.month_so_far import already_in
from chocolate_factory.domain.movable_load import captured_share
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Lot, Problem, Solution
from chocolate_factory.domain.problem_builder import ProblemInputs
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, hours_over, local_iso, moment
from chocolate_factory.domain.tariff.costs import plan_costs
from chocolate_factory.domain.tariff.excess import excess_groups, power_cap_kw
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.services.keep_hindsight import kept_hindsight
from chocolate_factory.services.pose_problem import SERIES_OF, read_climate
from chocolate_factory.services.standing_record import posed_again

Row = dict[str, Any]

ASSETS = "Paid surplus and the wear of the battery are not counted, and there is no hindsight with them."
NOT_FOUND = "No plan under the prices that came true was found in the seconds given; try more (--hindsight)."


@dataclass(frozen=True)
class SettleRequest:
    """Plans whose window starts in `window` (UTC); `hindsight_s` seconds of solving each, 0 for none."""

    window: Window
    hindsight_s: float = 20.0


@dataclass(frozen=True)
class Realised:
    """A stored plan beside the prices that came true in `known` slots of its window.

    All arms go on from the same month so far, that which the plan was made with (`already_kw` by group).

    `stack` covers the whole window: slots without a realised price keep the price the plan was made on, so
    that both arms are compared on all of their work. `until` is the end of the first run of known slots.
    """

    body: Row
    factory: Factory
    window: Window
    issued_at: datetime
    stack: PriceStack
    known: int
    until: datetime

    @property
    def already_kw(self) -> dict[str, float]:
        """What its month had been charged for above the contracted power before the window, kW by group."""
        return already_in(self.body["answer"])

    @property
    def complete(self) -> bool:
        """Every slot's price is there."""
        return self.known == self.window.slot_count(PLAN_MINUTES)


def settle_plans(ports: Ports, request: SettleRequest) -> Row:
    """Settlement of each plan, oldest first, and totals over plans that do not overlap.

    A plan whose prices are not all known is provisional: elsewhere it keeps the prices it was made on.
    The total counts a plan only if it starts at or after the end of the last one counted.
    """
    stored = [cast("Row", dict(record.body)) for record in ports.store.find("plan", limit=10_000)]
    found = sorted(
        (realise(ports, body) for body in stored if starts_in(body, request.window)),
        key=lambda r: r.window.start,
    )
    rows, end = [], request.window.start
    for plan in found:
        counted = plan.window.start >= end
        end = plan.window.end if counted else end
        rows.append({**settlement(ports, plan, request.hindsight_s), "counted": counted})
    return {"sample": ports.sample, "currency": "EUR", "plans": rows, "total": total(rows)}


def starts_in(body: Row, window: Window) -> bool:
    """Whether the plan's window starts inside."""
    return datetime.fromisoformat(body["answer"]["window"]["start"]) in window


def realise(ports: Ports, body: Row) -> Realised:
    """The plan with its own factory file and the published prices known now."""
    answer = body["answer"]
    texts = ports.store.find("factory", id=body["factory"], limit=1)
    factory = parse_factory(str(texts[0].body["text"]), f"factory of plan {answer['id']}")
    ends = [datetime.fromisoformat(answer["window"][key]).timestamp() for key in ("start", "end")]
    window = Window(moment(int(ends[0])), moment(int(ends[1])))
    price = published(ports, factory, window)
    missing = np.isnan(price)
    first = int(np.flatnonzero(missing)[0]) if missing.any() else len(price)
    planned = np.array(body["market_eur_mwh"] or np.zeros(len(price)), np.float64)
    stack = realised_stack(factory, window, np.where(missing, planned, price))
    until = moment(int(window.starts(PLAN_MINUTES)[0]) + 60 * PLAN_MINUTES * first)
    issued_at = datetime.fromisoformat(answer["issued_at"])
    return Realised(body, factory, window, issued_at, stack, int(np.sum(~missing)), until)


def published(ports: Ports, factory: Factory, window: Window) -> FloatArray:
    """Market price of each slot as known now, NaN where none is; zeros where the contract fixes the price."""
    series = SERIES_OF.get(factory.contract.kind)
    if series is None:
        over = window.starts(PLAN_MINUTES) < ports.clock().timestamp()
        return np.where(over, 0.0, np.nan)
    return on_grid(ports.store.read(series, hours_over(window), ports.clock()), window, PLAN_MINUTES)


def realised_stack(factory: Factory, window: Window, price: FloatArray) -> PriceStack:
    """What the site pays in the window at these market prices."""
    series = SERIES_OF.get(factory.contract.kind)
    market = Market(**{series: price}) if series else Market()
    return price_stack(factory.contract, window.starts(PLAN_MINUTES), PLAN_MINUTES, market)


def settlement(ports: Ports, plan: Realised, hindsight_s: float) -> Row:
    """One plan: both arms on realised prices, and the optimum they allowed once the window is over."""
    answer, zone = plan.body["answer"], plan.factory.site.timezone
    row: Row = {
        "plan": answer["id"],
        "window": answer["window"],
        "status": "settled" if plan.complete else "provisional",
        "settled_until": local_iso(plan.until, zone),
        "expected_saving_eur": answer["saving"]["eur"],
        **dict.fromkeys(("plan_cost_eur", "baseline_cost_eur", "saving_eur", "saving_percent")),
        **dict.fromkeys(("hindsight_cost_eur", "hindsight_gap", "captured_share", "captured_at_least")),
        "left_out": None,
    }
    if plan.factory.battery is not None or plan.factory.pv is not None:
        row["left_out"] = ASSETS
    cost = realised_cost(plan, [point["kw"] for point in answer["load_kw"]])
    base = realised_cost(plan, plan.body["baseline_load_kw"])
    row |= {"plan_cost_eur": cost, "baseline_cost_eur": base, "saving_eur": base - cost}
    row["saving_percent"] = 100 * (base - cost) / base if base > 0 else None
    if plan.complete and hindsight_s > 0 and row["left_out"] is None:
        optimum = hindsight(ports, plan, hindsight_s, cost)
        if optimum is None:
            return {**row, "left_out": NOT_FOUND}
        best = optimum["hindsight_cost_eur"]
        bound = best - optimum["hindsight_gap"] * abs(best)
        row |= optimum
        row["captured_share"] = captured_share(base, cost, best)
        row["captured_at_least"] = captured_share(base, cost, bound)
    return row


def realised_cost(plan: Realised, load_kw: list[float]) -> float:
    """`cost_eur` of a load on the realised prices."""
    contract = plan.factory.contract
    excess = excess_groups(contract, plan.window, PLAN_MINUTES, plan.already_kw)
    return plan_costs(contract, plan.window, np.array(load_kw, np.float64), plan.stack, excess).cost_eur


def hindsight(ports: Ports, plan: Realised, seconds: float, plan_cost: float) -> Row | None:
    """The optimum under the prices that came true, None where the seconds were too few. See `kept_hindsight`.

    The solver may stop before proof, so the better of its plan and the settled one counts, with its gap.
    """
    problem = hindsight_problem(ports, plan)

    def search() -> Solution | None:
        try:
            return ports.planner.solve(problem, seconds)
        except Infeasible:
            return None

    found = kept_hindsight(ports, plan.body["answer"]["id"], problem, seconds, search)
    if found is None:
        return None
    cost = min(found.cost_eur, plan_cost)
    gap = max(0.0, cost - found.bound_eur) / abs(cost) if cost else 0.0
    return {"hindsight_cost_eur": cost, "hindsight_gap": gap}


def hindsight_problem(ports: Ports, plan: Realised) -> Problem:
    """The plan's problem with realised prices and exactly the batches that the plan made."""
    factory, window = plan.factory, plan.window
    climate: Climate = read_climate(ports, window, plan.issued_at)
    inputs = ProblemInputs(
        factory=factory,
        window=window,
        price_eur_kwh=plan.stack.all_in_eur_kwh,
        excess=excess_groups(factory.contract, window, PLAN_MINUTES, plan.already_kw),
        climate=climate,
        wanted=wanted(factory, window),
        power_cap_kw=power_cap_kw(factory.contract, window.starts(PLAN_MINUTES)),
        allow_late=bool(plan.body["answer"]["late"]),
    )
    problem = posed_again(inputs, plan.body)
    return replace(problem, lots=lots_made(problem.lots, plan.body))


def lots_made(lots: tuple[Lot, ...], body: Row) -> tuple[Lot, ...]:
    """The lots less what was assumed in stock or left for later, all of them hard."""
    less = {key: {int(k): int(v) for k, v in body[key].items()} for key in ("stock", "left")}
    kept = []
    for index, lot in enumerate(lots):
        batches = lot.batches - less["stock"].get(index, 0) - less["left"].get(index, 0)
        if batches > 0:
            kept.append(replace(lot, batches=batches, hard=True, may_be_stock=False))
    return tuple(kept)


def total(rows: list[Row]) -> Row:
    """Sums over the counted plans, settled and provisional apart."""
    summed: Row = {}
    for status in ("settled", "provisional"):
        own = [row for row in rows if row["counted"] and row["status"] == status]
        base = sum(row["baseline_cost_eur"] for row in own)
        saving = sum(row["saving_eur"] for row in own)
        summed[status] = {
            "plans": len(own),
            "saving_eur": saving,
            "saving_percent": 100 * saving / base if base > 0 else None,
        }
    return summed
