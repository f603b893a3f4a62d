"""Explanations of a plan and its what-ifs as the API answers them."""

from __future__ import annotations

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, AskedMoment, Assuming, Moment, Span
from chocolate_factory.api.schemas.plans import Saving, StockRow


class MoveRow(Answer):
    """A run at another start, the other batches staying: the plan's cost changes so, or a rule forbids it."""

    start: Moment | None
    rule: str | None
    difference_eur: float | None
    moves_along: list[str] = Field(description="Other steps of the batch that move too.")


class ReasonRow(Answer):
    """Why one run of a batch stands where it stands."""

    process: str
    machine: str
    mode: str = Field(
        default="",
        exclude_if=lambda mode: not mode,
        description="The way in which the step is run; left out where there is one only.",
    )
    start: Moment
    end: Moment
    energy_kwh: float
    mean_price_eur_kwh: float
    rank: int = Field(
        description="By price among the starts that staff and climate allow; 1 is the cheapest."
    )
    allowed_starts: int
    cheaper_blocked_by: dict[str, int] = Field(description="Cheaper starts by the rule that forbids them.")
    cheaper_but_dearer: int = Field(description="Cheaper starts that make the whole plan no cheaper.")
    binding: list[str]
    saving_missed_eur: float
    moves: dict[str, MoveRow]
    why: str


class BatchHead(Answer):
    """Which batch of which plan; `recount_differs_eur` is not 0 where the plan's figures have changed."""

    sample: bool
    plan: str
    issued_at: Moment
    batch: str
    product: str
    due: Moment
    currency: str
    plan_cost_eur: float
    plan_gap_eur: float
    recount_differs_eur: float


class BatchReasons(BatchHead):
    """Why the runs of a batch stand where they stand."""

    runs: list[ReasonRow]


class Forbidden(Answer):
    """The rules against a start."""

    rules: list[str]
    message: str
    conflicts: list[dict[str, object]]


class ForcedPlan(Answer):
    """The plan solved again with the run held; `least_eur` of the difference is proven."""

    cost_eur: float
    gap_eur: float
    difference_eur: float
    least_eur: float
    within_gap: bool
    batches_moved: int
    solve_seconds: float


class StartReasons(BatchHead):
    """What holding a run at a start costs, or what forbids it: one of `forbidden` and `forced` is there."""

    process: str
    planned_start: Moment
    asked_start: Moment
    alone: MoveRow
    forbidden: Forbidden | None
    forced: ForcedPlan | None


class WhatIfOrder(Answer):
    """Changes to try, e.g. `price=+10%`, `machine:conche=+1`; docs/what-if.md has them all."""

    changes: list[str] = Field(min_length=1, max_length=20, examples=[["price=+10%"]])
    time_limit_s: float = Field(default=2.5, ge=1, le=15, description="Seconds of solving for each side.")


class StartOrder(Answer):
    """Where to hold a run; `step` is a process or its number from 1, empty for the first."""

    at: AskedMoment
    step: str = Field(default="", max_length=100)


class Compared(Answer):
    """One side of a what-if; `fixed_eur` are the power terms and the like of the window's days, with tax."""

    cost_eur: float
    bound_eur: float
    mip_gap: float
    solve_seconds: float
    energy_kwh: float
    excess_power_eur: float
    highest_kw: float
    fixed_eur: float
    total_eur: float
    baseline_eur: float
    saving: Saving
    contract: str
    batches: int
    assumed_stock: list[StockRow]
    left_for_later: list[StockRow]
    late: list[StockRow]


class Difference(Answer):
    """What-if less present; the true difference of cost lies between `least_eur` and `most_eur`."""

    cost_eur: float
    least_eur: float
    most_eur: float
    within_gap: bool
    fixed_eur: float
    total_eur: float
    energy_kwh: float


class WhatIfAnswer(Assuming):
    """The plan in force, solved again (`present`), beside the plan of a changed plant; nothing is stored."""

    sample: bool
    plan: str
    issued_at: Moment
    plan_cost_eur: float = Field(description="What the plan in force says; solved again it may be cheaper.")
    window: Span
    currency: str
    changes: list[str]
    time_limit_s: float
    same_batches: bool
    present: Compared
    what_if: Compared
    difference: Difference
    runs: dict[str, int] = Field(description="Runs that stay, moved, were added or dropped.")
