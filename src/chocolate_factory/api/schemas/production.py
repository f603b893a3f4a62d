"""The production log as the API answers and takes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chocolate_factory.api.paging import PageWish
from chocolate_factory.api.schemas.common import Answer, AskedMoment, Moment, Span
from chocolate_factory.api.schemas.plans import PlacedRun

Name = Annotated[str, Field(min_length=1, max_length=160)]
Text = Annotated[str, Field(max_length=300)]


class ReportRow(Answer):
    """One report of the log. `step` counts from 0; what a kind does not need is empty or null."""

    id: str
    at: Moment = Field(description="When it was said.")
    kind: Literal["started", "finished", "failed", "outage", "stock", "undone"]
    moment: Moment = Field(description="When it happened.")
    by: str
    batch: str
    product: str
    step: int | None
    machine: str
    unit: int | None
    units: int
    until: Moment | None
    kg: float | None
    undoes: str
    reason: str
    note: str
    undone: bool


class UnderWay(PlacedRun):
    """A run of a batch that has begun and is not finished; `reported` or taken as planned."""

    reported: bool


class BatchRow(Answer):
    """A batch that can be reported on: how many of its steps have begun."""

    batch: str
    product: str
    begun: int
    steps: int
    lost: bool


class LogWish(PageWish):
    """Which reports, by when they were said."""

    limit: int = Field(100, ge=1, le=1000)


class LogAnswer(Answer):
    """The log, newest first; `next` continues."""

    sample: bool
    as_of: Moment
    log: list[ReportRow]
    next: str | None
    under_way: list[UnderWay]
    batches: list[BatchRow]


class GoodsNow(Answer):
    """Finished goods of a product in whole batches; null where neither plan nor count tells."""

    product: str
    batches: int | None
    kg: float | None
    counted_kg: float | None
    counted_at: Moment | None


class StockAnswer(Answer):
    """Finished goods now."""

    sample: bool
    stock: list[GoodsNow]


class Asked(BaseModel):
    """Base of what is reported: no other keys."""

    model_config = ConfigDict(extra="forbid")

    at: AskedMoment | None = None
    note: Text = ""


class StepReport(Asked):
    """A step of a batch started or ended; without `step` the next, or the last that began."""

    batch: Name
    step: Annotated[str, Field(max_length=160)] = ""
    unit: Annotated[int, Field(ge=1, le=10_000)] | None = None


class FailReport(Asked):
    """A batch is lost, or a machine is out of order until a time, or both."""

    batch: Annotated[str, Field(max_length=160)] = ""
    machine: Annotated[str, Field(max_length=160)] = ""
    unit: Annotated[int, Field(ge=1, le=10_000)] | None = None
    units: Annotated[int, Field(ge=1, le=10_000)] = 1
    until: AskedMoment | None = None
    reason: Text = ""


class UndoReport(BaseModel):
    """A report is taken back; it stays in the log, marked."""

    model_config = ConfigDict(extra="forbid")

    report: Name
    reason: Text = ""


class CountReport(Asked):
    """Finished goods of a product were counted."""

    product: Name
    kg: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]


class PlanDifference(Answer):
    """A cost of two plans; the difference is null where their windows differ."""

    before: float
    after: float
    difference: float | None


class MovedRun(Answer):
    """A run that starts at another time; `was` is its batch's name before."""

    batch: str
    was: str
    product: str
    process: str
    from_: Moment = Field(alias="from")
    to: Moment
    minutes: int
    cost_eur: float


class OtherRun(Answer):
    """A run that only one of the plans has."""

    batch: str
    product: str
    process: str
    machine: str
    unit: int
    start: Moment
    end: Moment


class DiffAnswer(Answer):
    """What changed from one plan to another, in the time that both cover."""

    sample: bool
    before: str
    after: str
    compared: Span
    cost_eur: PlanDifference
    runs_eur: PlanDifference
    unchanged: int
    moved: list[MovedRun]
    added: list[OtherRun]
    dropped: list[OtherRun]
    words: list[str]
