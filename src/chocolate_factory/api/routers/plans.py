"""Plans: list, read, make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chocolate_factory.api.paging import PageWish
from chocolate_factory.api.schemas.common import AskedMoment, Problem
from chocolate_factory.api.schemas.plans import PlanAnswer, PlanList, PlanOrder
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.plan_risk import RiskWish
from chocolate_factory.services.read_plans import page_plans, read_plan

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
AsOf = Annotated[AskedMoment | None, Query(description="The newest plan as it was then. Default: now.")]
PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]
WAIT_S = 60.0
"""Callers that wait for a job hold a thread each: they must not hold all of them."""


@router.get("", responses={400: {"model": Problem}})
def plans(ports: InCharge, wish: Annotated[PageWish, Query()]) -> PlanList:
    """Stored plans by the moment of issue, newest first."""
    return PlanList.model_validate(page_plans(ports, wish.query()))


@router.get("/latest", responses={404: {"model": Problem}})
def latest(ports: InCharge, as_of: AsOf = None) -> PlanAnswer:
    """The newest plan."""
    return PlanAnswer.model_validate(read_plan(ports.store, None, as_of))


@router.get("/{plan_id}", responses={404: {"model": Problem}})
def one(ports: InCharge, plan_id: PlanId) -> PlanAnswer:
    """A stored plan by its id."""
    return PlanAnswer.model_validate(read_plan(ports.store, plan_id))


@router.post("", status_code=201, responses={409: {"model": Problem}, 422: {"model": Problem}})
def make(world: Running, order: PlanOrder) -> PlanAnswer:
    """Make and store a new plan; answers when it is proven or the time is up."""
    with world.working("plan", WAIT_S):
        request = PlanRequest(order.days, order.allow_late, risk=RiskWish(order.risk), fresh=order.fresh)
        return PlanAnswer.model_validate(make_plan(world.ports(), request))
