"""The one read the page makes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment, Origin
from chocolate_factory.api.schemas.health import SeriesHealth
from chocolate_factory.api.schemas.plans import LoadPoint, PlanAnswer

Level = Literal["very_low", "low", "normal", "high", "very_high"]


class RunningRow(Answer):
    """A run in progress, or the next one to start."""

    batch: str
    process: str
    machine: str
    unit: int
    start: Moment
    end: Moment


class AdviceAnswer(Answer):
    """Run now or wait? `run`: runs in progress; `wait`: none now, `next` says when; `done`: none left."""

    action: Literal["run", "wait", "done"]
    running: list[RunningRow]
    next: RunningRow | None
    switch_at: Moment | None
    price_now_eur_kwh: float | None
    level_now: Level | None
    saving_today_eur: float | None


class PriceSlot(Answer):
    """One planning slot: market price, band, and what this site pays per kWh with tax, without VAT.

    `all_in_p10_eur_kwh` and `all_in_p90_eur_kwh` are the band passed through the same price stack.
    """

    start: Moment
    origin: Origin
    price_eur_mwh: float
    p10: float
    p90: float
    all_in_eur_kwh: float | None
    all_in_p10_eur_kwh: float | None
    all_in_p90_eur_kwh: float | None
    period: str | None
    level: Level | None


class PriceStrip(Answer):
    """The price curve under the plan's axis; it begins with the local day of `now`."""

    series: Literal["spot", "pvpc"]
    model: str
    resolution_min: int
    points: list[PriceSlot]


class Trouble(Answer):
    """Something that failed, in one sentence with its remedy; `kind` is that of a problem's `type`."""

    kind: str
    title: str
    detail: str
    hint: str


class MachineRow(Answer):
    """A row of the Gantt."""

    name: str
    count: int
    power_kw: float


class Dashboard(Answer):
    """All the page shows. `state`: `ready`, `preparing` (first data or plan under way) or `failed`."""

    now: Moment
    sample: bool
    state: Literal["ready", "preparing", "failed"]
    activity: str | None
    site: str
    timezone: str
    plant_note: str
    plant_note_es: str = Field(description="In Spanish, but for what the file of the plant says itself.")
    contracted_power_kw: list[float]
    contracted_kw: list[LoadPoint] = Field(
        description="Power contracted in the slots of the plan, a row where it changes."
    )
    machines: list[MachineRow]
    advice: AdviceAnswer | None
    prices: PriceStrip | None
    plan: PlanAnswer | None
    data: list[SeriesHealth]
    troubles: list[Trouble]
