"""Plans: list, read, make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.plans import PlanAnswer, PlanOrder, PlanSummary
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.plan_risk import RiskWish
from chocolate_factory.services.read_plans import list_plans, read_plan

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]


@router.get("")
def plans(ports: InCharge, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> list[PlanSummary]:
    """Stored plans, newest first."""
    return [PlanSummary.model_validate(row) for row in list_plans(ports.store, limit)]


@router.get("/latest", responses={404: {"model": Problem}})
def latest(ports: InCharge) -> PlanAnswer:
    """The newest plan."""
    return PlanAnswer.model_validate(read_plan(ports.store, None))


@router.get("/{plan_id}", responses={404: {"model": Problem}})
def one(ports: InCharge, plan_id: PlanId) -> PlanAnswer:
    """A stored plan by its id."""
    return PlanAnswer.model_validate(read_plan(ports.store, plan_id))


@router.post("", status_code=201, responses={409: {"model": Problem}, 422: {"model": Problem}})
def make(world: Running, order: PlanOrder) -> PlanAnswer:
    """Make and store a new plan; answers when it is proven or the time is up."""
    with world.working("plan"):
        request = PlanRequest(order.days, order.allow_late, risk=RiskWish(order.risk), fresh=order.fresh)
        return PlanAnswer.model_validate(make_plan(world.ports(), request))
