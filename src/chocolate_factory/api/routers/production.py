"""What really happened: log, stock, and what changed between two plans."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.production import (
    CountReport,
    DiffAnswer,
    FailReport,
    LogAnswer,
    LogWish,
    ReportRow,
    StepReport,
    StockAnswer,
    UndoReport,
)
from chocolate_factory.api.world import InCharge
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind
from chocolate_factory.services.compare_plans import compare_plans
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.page_log import page_log
from chocolate_factory.services.read_production import stock_rows

router = APIRouter(prefix="/api/v1", tags=["production"])
PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]
WRONG: dict[int | str, dict[str, Any]] = {400: {"model": Problem}, 404: {"model": Problem}}


def keep(ports: Ports, entry: Entry) -> list[ReportRow]:
    """Check and keep a report."""
    return [ReportRow.model_validate(row) for row in log_production(ports, entry)]


@router.get("/production/log", responses={400: {"model": Problem}})
def log(ports: InCharge, wish: Annotated[LogWish, Query()]) -> LogAnswer:
    """Reports by when they were said, newest first, and the batches under way."""
    return LogAnswer.model_validate(page_log(ports, wish.query()))


@router.post("/production/log/start", status_code=201, responses=WRONG)
def start(ports: InCharge, told: StepReport) -> list[ReportRow]:
    """A step of a batch started."""
    given = {"batch": told.batch, "step": told.step, "unit": told.unit}
    return keep(ports, Entry(Kind.STARTED, "api", at=told.at, note=told.note, **given))  # type: ignore[arg-type]


@router.post("/production/log/finish", status_code=201, responses=WRONG)
def finish(ports: InCharge, told: StepReport) -> list[ReportRow]:
    """A step of a batch ended."""
    entry = Entry(Kind.FINISHED, "api", batch=told.batch, step=told.step, at=told.at, note=told.note)
    return keep(ports, entry)


@router.post("/production/log/fail", status_code=201, responses=WRONG)
def fail(ports: InCharge, told: FailReport) -> list[ReportRow]:
    """A batch is lost, or a machine is out of order, or both."""
    if not told.batch and not told.machine:
        raise UsageError("What failed?", "Name a batch, or a machine with `until`, or both.")
    if bool(told.machine) != (told.until is not None):
        raise UsageError("`machine` and `until` belong together.", "Say until when the machine is away.")
    kind = Kind.FAILED if told.batch else Kind.OUTAGE
    return keep(ports, Entry(kind, "api", **told.model_dump()))


@router.post("/production/log/undo", status_code=201, responses=WRONG)
def undo(ports: InCharge, told: UndoReport) -> list[ReportRow]:
    """Take a report back."""
    return keep(ports, Entry(Kind.UNDONE, "api", undoes=told.report, reason=told.reason))


@router.get("/production/stock")
def stock(ports: InCharge) -> StockAnswer:
    """Finished goods now."""
    return StockAnswer.model_validate({"sample": ports.sample, "stock": stock_rows(ports)})


@router.post("/production/stock", status_code=201, responses=WRONG)
def count(ports: InCharge, told: CountReport) -> list[ReportRow]:
    """Finished goods of a product were counted."""
    return keep(ports, Entry(Kind.STOCK, "api", **told.model_dump()))


@router.get("/plans/{before}/diff/{after}", responses={404: {"model": Problem}})
def diff(ports: InCharge, before: PlanId, after: PlanId) -> DiffAnswer:
    """What changed from one plan to another."""
    return DiffAnswer.model_validate(compare_plans(ports, before, after))
