"""Plans as the API answers them: the same JSON as `choco plan --json`."""

from __future__ import annotations

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment, Span


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


class RunRow(PlacedRun):
    """One step of one batch on one unit."""

    energy_kwh: float
    cost_eur: float
    why: str


class BegunRun(PlacedRun):
    """A run of a batch that was under way when the plan was made; it stays as it is."""


class GoodsRow(Answer):
    """Finished batches of a product that were there when the plan was made."""

    product: str
    batches: int


class LoadPoint(Answer):
    """Site load of a slot, auxiliary loads included."""

    start: Moment
    kw: float


class PlanAnswer(Answer):
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
    assumptions: list[str]
    bill: dict[str, object] = Field(description="Every line of `cost_eur`, recomputable by hand.")
    runs: list[RunRow]
    load_kw: list[LoadPoint]
    begun: list[BegunRun] = Field(default_factory=list)
    in_stock: list[GoodsRow] = Field(default_factory=list)
    given_up: list[str] = Field(
        default_factory=list, description="Batches under way that no rule lets go on."
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


class PlanOrder(Answer):
    """What to plan."""

    days: int = Field(default=7, ge=1, le=14)
    allow_late: bool = False
