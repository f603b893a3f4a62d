"""Invented answers for the Plan tab, in the API's own schemas: a plan under way, reasons, log, what-ifs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chocolate_factory.api.schemas.assets import (
    ArrayOrigin,
    ArraySlot,
    ArrayUse,
    BatterySlot,
    BatteryUse,
    Carbon,
    CarbonOrigin,
)
from chocolate_factory.api.schemas.common import Span
from chocolate_factory.api.schemas.dashboard import Dashboard
from chocolate_factory.api.schemas.plans import (
    BegunRun,
    ChangesRow,
    ChargedRow,
    FrozenRun,
    MonthRow,
    PlanAnswer,
    ReleasedRow,
    RiskFigures,
    SavingRange,
    SetupRow,
    StandingRow,
    StockRow,
)
from chocolate_factory.api.schemas.production import (
    DiffAnswer,
    GoodsNow,
    MovedRun,
    OtherRun,
    PlanDifference,
    ReportRow,
    StockAnswer,
    UnderWay,
)
from chocolate_factory.api.schemas.what_ifs import (
    BatchReasons,
    Compared,
    Difference,
    Forbidden,
    ForcedPlan,
    MoveRow,
    ReasonRow,
    StartReasons,
    WhatIfAnswer,
)
from tests.dashboard.page_samples import TUESDAY, ready

HOUR = timedelta(hours=1)
BEFORE = "sample-0"
WHY = "plans/latest/runs/standard-1/why"


def under_way() -> Dashboard:
    """A plan with a batch that began before it, one that is fixed, changes, a setup, battery and array."""
    made = ready()
    plan = made.plan
    assert plan
    first = plan.runs[0]
    old = BegunRun(
        batch="standard-0",
        product="standard",
        process="conche",
        machine="conche",
        unit=3,
        start=TUESDAY - 2 * HOUR,
        end=TUESDAY + 3 * HOUR,
    )
    frozen = FrozenRun(**first.model_dump(include={"batch", "product", "process", "machine", "start"}))
    setup = SetupRow(
        machine="conche",
        unit=2,
        product="premium",
        start=TUESDAY + 11 * HOUR,
        end=TUESDAY + 12 * HOUR,
        energy_kwh=1.0,
        cost_eur=0.1,
    )
    told: dict[str, Any] = {
        "begun": [old],
        "frozen": [frozen],
        "setups": [setup],
        "because": "prices published, new forecast",
        "late": [StockRow(product="premium", batches=1, due=TUESDAY + 48 * HOUR)],
        "released": [ReleasedRow(batch="premium-3", why="The oven is out of order.")],
        "replaced": StandingRow(
            plan=BEFORE,
            reason="It is cheaper by more than the threshold.",
            difference_eur=-15.063,
            threshold_eur=2.0,
            moved=[],
        ),
        "changes": changes(plan),
        "risk": RiskFigures(
            weight=0.0,
            alpha=0.9,
            paths=50,
            gap=0.01,
            expected_cost_eur=845.2,
            cvar_eur=1200.0,
            p10_eur=700.0,
            p90_eur=1000.0,
            cost_without_risk_eur=845.2,
            cvar_without_risk_eur=1200.0,
            saving=SavingRange(expected_eur=154.7, p10_eur=120.0, p90_eur=180.0),
        ),
        "month_so_far": MonthRow(
            start=TUESDAY - 9 * 24 * HOUR,
            end=TUESDAY,
            origin="plans",
            hours_known=20.0,
            hours_unknown=217.0,
            runs_reported=0,
            runs_as_planned=11,
            already=[ChargedRow(name="P2 2026-03", kw=12.5)],
        ),
        **assets(plan),
    }
    return made.model_copy(update={"plan": plan.model_copy(update=told)})


def changes(plan: PlanAnswer) -> ChangesRow:
    """What changed since the plan before."""
    return ChangesRow(
        before=BEFORE,
        compared=plan.window,
        unchanged=12,
        moved=1,
        added=1,
        dropped=0,
        batches_moved=1,
        batches_added=1,
        batches_dropped=0,
        cost_eur=-15.063,
        runs_eur=-7.0,
        words=["12 runs stay."],
    )


def assets(plan: PlanAnswer) -> dict[str, Any]:
    """Battery, array and carbon of a plan: the battery charges in the first quarters and gives later."""
    battery, array = [], []
    for place, point in enumerate(plan.load_kw):
        charge, give = (10.0, 0.0) if place < 8 else (0.0, 7.5) if 20 <= place < 28 else (0.0, 0.0)
        battery.append(
            BatterySlot(
                start=point.start, charge_kw=charge, discharge_kw=give, stored_kwh=min(place, 8) * 2.5
            )
        )
        array.append(ArraySlot(start=point.start, available_kw=4.0, used_kw=3.0, sold_kw=1.0))
    use = BatteryUse(
        start_kwh=5.0,
        start_assumed=True,
        charged_kwh=20.0,
        discharged_kwh=15.0,
        wear_eur=0.75,
        rows=battery,
    )
    origin = ArrayOrigin(forecast=100, estimated=20, missing=0)
    pv = ArrayUse(
        available_kwh=400.0, used_kwh=300.0, sold_kwh=100.0, surplus_eur=4.0, origin=origin, rows=array
    )
    known = CarbonOrigin(known=100, estimated=300)
    co2 = Carbon(kg=410.0, baseline_kg=450.0, weight_eur_t=20.0, weighted_eur=8.2, origin=known)
    return {"battery": use, "pv": pv, "co2": co2}


def summary(plan: PlanAnswer, name: str, hours: float, cost: float) -> dict[str, Any]:
    """A line of the list of plans."""
    kept = ["window", "baseline", "saving", "mip_gap", "because", "kept", "replaced", "changes"]
    row = {key: getattr(plan, key) for key in kept}
    moment = plan.issued_at - timedelta(hours=hours)
    return {**row, "id": name, "sample": False, "issued_at": moment, "cost_eur": cost}


def plans(plan: PlanAnswer) -> dict[str, Any]:
    """The two newest plans."""
    old = {**summary(plan, BEFORE, 5, 860.26), "because": "first plan", "replaced": None, "changes": None}
    rows = [summary(plan, plan.id, 0, plan.cost_eur), old]
    return {"sample": False, "as_of": TUESDAY, "plans": rows, "next": None}


def diff(plan: PlanAnswer) -> DiffAnswer:
    """What changed: the second batch's mixing an hour later, one run new."""
    run = plan.runs[2]
    moved = MovedRun.model_validate(
        {
            "batch": run.batch,
            "was": run.batch,
            "product": run.product,
            "process": run.process,
            "from": run.start - HOUR,
            "to": run.start,
            "minutes": 60,
            "cost_eur": 0.4,
        }
    )
    kept = {"batch", "product", "process", "machine", "unit", "start", "end"}
    added = OtherRun(**plan.runs[4].model_dump(include=kept))
    return DiffAnswer(
        sample=False,
        before=BEFORE,
        after=plan.id,
        compared=plan.window,
        cost_eur=PlanDifference(before=860.26, after=845.2, difference=-15.06),
        runs_eur=PlanDifference(before=800.0, after=793.0, difference=-7.0),
        unchanged=12,
        moved=[moved],
        added=[added],
        dropped=[],
        words=["12 runs stay."],
    )


def report(kind: str, **more: Any) -> ReportRow:
    """A report of the log."""
    row: dict[str, Any] = {
        "id": kind,
        "at": TUESDAY,
        "kind": kind,
        "moment": TUESDAY - HOUR,
        "by": "api",
        "batch": "",
        "product": "",
        "step": None,
        "machine": "",
        "unit": None,
        "units": 1,
        "until": None,
        "kg": None,
        "undoes": "",
        "reason": "",
        "note": "",
        "undone": False,
    }
    return ReportRow(**{**row, **more})


def log(plan: PlanAnswer) -> dict[str, Any]:
    """The log: a batch under way, a conche out of order, a count that was taken back."""
    assert plan.begun
    running = UnderWay(**plan.begun[0].model_dump(), reported=True)
    rows = [
        report("outage", machine="conche", unit=1, until=TUESDAY + 6 * HOUR, reason="correa"),
        report("stock", product="standard", kg=300.0, undone=True),
    ]
    return {
        "sample": False,
        "as_of": TUESDAY,
        "next": None,
        "log": rows,
        "under_way": [running],
        "batches": [],
    }


def stock() -> StockAnswer:
    """One product counted, of the other nothing known."""
    known = GoodsNow(product="standard", batches=3, kg=300.0, counted_kg=310.0, counted_at=TUESDAY - HOUR)
    none = GoodsNow(product="premium", batches=None, kg=None, counted_kg=None, counted_at=None)
    return StockAnswer(sample=False, stock=[known, none])


def head(plan: PlanAnswer) -> dict[str, Any]:
    """How answers on a batch begin."""
    return {
        "sample": False,
        "plan": plan.id,
        "issued_at": plan.issued_at,
        "batch": "standard-1",
        "product": "standard",
        "due": TUESDAY + 25 * HOUR,
        "currency": "EUR",
        "plan_cost_eur": plan.cost_eur,
        "plan_gap_eur": 10.0,
        "recount_differs_eur": 0.0,
    }


def reasons(plan: PlanAnswer) -> BatchReasons:
    """Why the first batch runs when it does."""

    def move(hours: float, rule: str | None, eur: float | None, along: list[str]) -> MoveRow:
        return MoveRow(
            start=plan.runs[0].start + hours * HOUR, rule=rule, difference_eur=eur, moves_along=along
        )

    def reason(place: int, rank: int) -> ReasonRow:
        run = plan.runs[place]
        return ReasonRow(
            process=run.process,
            machine=run.machine,
            start=run.start,
            end=run.end,
            energy_kwh=run.energy_kwh,
            mean_price_eur_kwh=0.1958,
            rank=rank,
            allowed_starts=348,
            cheaper_blocked_by={"machine": 22, "due": 201} if rank > 1 else {},
            cheaper_but_dearer=0,
            binding=["due", "machine"],
            saving_missed_eur=0.0,
            moves={
                "hour_earlier": move(-1, "attendance", None, []),
                "hour_later": move(1, None, 3.2, ["conche"]),
                "cheapest": move(60, "due", None, []),
                "best": move(0.25, None, 0.5, []),
            },
            why="0.1958 EUR/kWh on average.",
        )

    return BatchReasons(**head(plan), runs=[reason(0, 224), reason(1, 1)])


def at_another_hour(plan: PlanAnswer, *, allowed: bool) -> StartReasons:
    """The answer to "and at …?"."""
    start = plan.runs[0].start
    forced = ForcedPlan(
        cost_eur=852.2,
        gap_eur=2.0,
        difference_eur=7.0,
        least_eur=4.0,
        within_gap=False,
        batches_moved=3,
        solve_seconds=6.0,
    )
    no = Forbidden(rules=["due"], message="Forbidden by the due time of the batch.", conflicts=[])
    alone = MoveRow(start=start + 2 * HOUR, rule="machine", difference_eur=None, moves_along=[])
    return StartReasons(
        **head(plan),
        process="mix",
        planned_start=start,
        asked_start=start + 2 * HOUR,
        alone=alone,
        forbidden=None if allowed else no,
        forced=forced if allowed else None,
    )


def compared(cost: float, fixed: float = 77.3) -> Compared:
    """One side of a what-if."""
    return Compared(
        cost_eur=cost,
        bound_eur=cost - 10,
        mip_gap=0.01,
        solve_seconds=2.5,
        energy_kwh=6100.0,
        excess_power_eur=20.0,
        highest_kw=100.0,
        fixed_eur=fixed,
        total_eur=cost + fixed,
        baseline_eur=999.9,
        saving={"eur": 999.9 - cost, "percent": 15.0},
        contract="indexed 3.0TD",
        batches=7,
        assumed_stock=[],
        left_for_later=[],
        late=[],
    )


def what_if(plan: PlanAnswer, change: str, more_eur: float) -> WhatIfAnswer:
    """The plan beside itself with something changed, which costs so much more."""
    difference = Difference(
        cost_eur=more_eur,
        least_eur=more_eur - 8,
        most_eur=more_eur + 8,
        within_gap=False,
        fixed_eur=0.0,
        total_eur=more_eur,
        energy_kwh=0.0,
    )
    return WhatIfAnswer(
        sample=False,
        plan=plan.id,
        issued_at=plan.issued_at,
        plan_cost_eur=plan.cost_eur,
        window=Span(start=plan.window.start, end=plan.window.end),
        currency="EUR",
        changes=[change],
        time_limit_s=2.5,
        same_batches=True,
        present=compared(plan.cost_eur),
        what_if=compared(plan.cost_eur + more_eur),
        difference=difference,
        runs={"stay": 10, "moved": 4, "added": 0, "dropped": 0},
        assumptions=["An assumption."],
    )


def answers() -> dict[str, Any]:
    """Everything that the Plan tab reads."""
    page = under_way()
    plan = page.plan
    assert plan
    return {
        "dashboard": page,
        "plans": plans(plan),
        f"plans/{BEFORE}/diff/{plan.id}": diff(plan),
        "production/log": log(plan),
        "production/stock": stock(),
        WHY: reasons(plan),
        "me": {"name": "local", "role": "admin", "how": "local", "can": ACTS},
    }


ACTS = ["read", "export", "plan", "what_if", "ask", "report"]
