"""Plans as the API answers them: the JSON of `choco plan --json`, with its assumptions in Spanish too."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.assets import ArrayUse, BatteryUse, Carbon
from chocolate_factory.api.schemas.common import Answer, Assuming, Moment, Span


class Money(Answer):
    """Cost and energy of one arm."""

    cost_eur: float
    energy_kwh: float


class Saving(Answer):
    """Baseline minus plan, on the prices of the plan."""

    eur: float
    percent: float | None


class CostParts(Answer):
    """What `cost_eur` is made of; taxes are the electricity tax, without VAT."""

    energy: float
    excess_power: float
    taxes: float
    surplus: float = Field(
        default=0.0, exclude_if=lambda eur: not eur, description="What the array's surplus brings, negative."
    )
    battery_wear: float = Field(default=0.0, exclude_if=lambda eur: not eur)


class PriceOrigin(Answer):
    """Slots of the window by where their price comes from; `contract` are fixed by the contract."""

    published: int
    forecast: int
    sample: int
    contract: int


class StockRow(Answer):
    """Batches of a product wanted by a moment."""

    product: str
    batches: int
    due: Moment


class PlacedRun(Answer):
    """One step of one batch on one unit, from when to when."""

    batch: str
    product: str
    process: str
    machine: str
    unit: int
    start: Moment
    end: Moment
    mode: str = Field(
        default="",
        exclude_if=lambda mode: not mode,
        description="The way in which the step is run; left out where there is one only.",
    )


class RunRow(PlacedRun):
    """One step of one batch on one unit."""

    energy_kwh: float
    cost_eur: float
    why: str


class BegunRun(PlacedRun):
    """A run of a batch that was under way when the plan was made; it stays as it is."""


class SetupRow(Answer):
    """A unit made ready for a product, directly before the run that needs it."""

    machine: str
    unit: int
    product: str
    start: Moment
    end: Moment
    energy_kwh: float
    cost_eur: float


class GoodsRow(Answer):
    """Finished batches of a product that were there when the plan was made."""

    product: str
    batches: int


class LoadPoint(Answer):
    """Site load of a slot, auxiliary loads included."""

    start: Moment
    kw: float


class SavingRange(Answer):
    """Saving over the price paths: mean, first and last tenth."""

    expected_eur: float
    p10_eur: float
    p90_eur: float


class RiskFigures(Answer):
    """What the plan may cost over price paths around the forecast; `cvar_eur`: mean of the dearest tenth.

    `gap` is that of (1 − weight) · expected cost + weight · CVaR, which the plan minimises.
    """

    weight: float
    alpha: float
    paths: int
    gap: float
    expected_cost_eur: float
    cvar_eur: float
    p10_eur: float
    p90_eur: float
    cost_without_risk_eur: float
    cvar_without_risk_eur: float
    saving: SavingRange


class FrozenRun(Answer):
    """A run that stays as the plan before had it, since it starts soon."""

    batch: str
    product: str
    process: str
    machine: str
    start: Moment


class ReleasedRow(Answer):
    """A batch that was to stay as it was planned and does not, and why."""

    batch: str
    why: str


class StandingRow(Answer):
    """What became of the plan before.

    `difference_eur` is the cost of the new plan less that of the plan before, on the same prices and in the
    same window; null where the plan before no longer fits. `moved` are batches that could not stay.
    """

    plan: str
    reason: str
    difference_eur: float | None
    threshold_eur: float | None
    moved: list[str]


class ChangesRow(Answer):
    """What is different from the plan before: runs, the batches that they belong to, and EUR."""

    before: str
    compared: Span
    unchanged: int
    moved: int
    added: int
    dropped: int
    batches_moved: int
    batches_added: int
    batches_dropped: int
    cost_eur: float | None = Field(description="Of whole plans; null where their windows differ.")
    runs_eur: float
    words: list[str]


class ChargedRow(Answer):
    """Power above the contracted one that a period's month is charged for, by the tariff's own rule."""

    name: str = Field(description="Period and calendar month of Europe/Madrid.", examples=["P1 2026-03"])
    kw: float = Field(description="Root of the sum of squares, or highest excess; see docs/tariffs.md.")


class MonthRow(Answer):
    """The month before the plan's window, as known when the plan was made: excess is charged by the month.

    The plan and its baseline pay for what they add to `already`; periods without excess are not named.
    """

    start: Moment
    end: Moment
    origin: Literal["none", "plans", "log"] = Field(
        description="Where its load is known from: nowhere, plans in force, or these and reported runs."
    )
    hours_known: float
    hours_unknown: float = Field(description="Without a plan in force: no excess is taken there.")
    runs_reported: int
    runs_as_planned: int
    already: list[ChargedRow]


class PlanAnswer(Assuming):
    """A stored plan; every plan passed the rule checker, so `violations` is empty."""

    id: str
    sample: bool
    site: str
    issued_at: Moment
    window: Span
    resolution_min: int
    currency: str
    contract: str
    model: str
    cost_eur: float
    energy_kwh: float
    baseline: Money
    saving: Saving
    cost_parts: CostParts
    mip_gap: float
    solve_seconds: float
    price_origin: PriceOrigin
    violations: list[str]
    assumed_stock: list[StockRow]
    left_for_later: list[StockRow]
    late: list[StockRow]
    bill: dict[str, object] = Field(description="Every line of `cost_eur`, recomputable by hand.")
    runs: list[RunRow]
    setups: list[SetupRow] = Field(
        default_factory=list,
        exclude_if=lambda rows: not rows,
        description="Left out where the plant has none.",
    )
    load_kw: list[LoadPoint]
    battery: BatteryUse | None = Field(default=None, exclude_if=lambda use: use is None)
    pv: ArrayUse | None = Field(default=None, exclude_if=lambda use: use is None)
    co2: Carbon | None = Field(default=None, exclude_if=lambda use: use is None)
    month_so_far: MonthRow | None = Field(
        default=None,
        exclude_if=lambda month: month is None,
        description="Left out on 2.0TD, which has no excess power.",
    )
    begun: list[BegunRun] = Field(default_factory=list)
    in_stock: list[GoodsRow] = Field(default_factory=list)
    given_up: list[str] = Field(
        default_factory=list, description="Batches under way that no rule lets go on."
    )
    frozen: list[FrozenRun] = Field(default_factory=list)
    released: list[ReleasedRow] = Field(default_factory=list)
    because: str = Field(default="", description="Why the plan was made.")
    kept: StandingRow | None = Field(
        default=None, description="Set where the runs of the plan before stay, as a new plan is not worth it."
    )
    replaced: StandingRow | None = Field(default=None, description="Set where the plan before gave way.")
    changes: ChangesRow | None = Field(default=None, description="Null without a plan before.")
    risk: RiskFigures | None = Field(
        default=None, description="Null where the contract fixes prices or too few errors are known."
    )


class PlanSummary(Answer):
    """A line in the list of plans."""

    id: str
    sample: bool
    issued_at: Moment
    window: Span
    cost_eur: float
    baseline: Money
    saving: Saving
    mip_gap: float
    because: str | None = None
    kept: StandingRow | None = None
    replaced: StandingRow | None = None
    changes: ChangesRow | None = None


class PlanList(Answer):
    """Stored plans in a line each, newest first; `next` continues."""

    sample: bool
    as_of: Moment
    plans: list[PlanSummary]
    next: str | None


class PlanOrder(Answer):
    """What to plan."""

    days: int = Field(default=7, ge=1, le=14)
    allow_late: bool = False
    fresh: bool = Field(
        default=False, description="Nothing of the plan before is frozen; any cheaper plan replaces it."
    )
    risk: float | None = Field(
        default=None, ge=0, le=1, description="Weight of the dearest tenth of price paths; null: the setting."
    )
