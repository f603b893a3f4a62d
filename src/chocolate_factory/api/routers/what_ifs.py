"""Questions to the plan in force: why a batch runs when it does, and what if."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.what_ifs import (
    BatchReasons,
    StartOrder,
    StartReasons,
    WhatIfAnswer,
    WhatIfOrder,
)
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.services.explain_run import Question, explain_batch, explain_start
from chocolate_factory.services.what_if import Wish, what_if

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
BatchName = Annotated[str, Path(min_length=1, max_length=200)]
WAIT_S = 10.0


@router.get("/latest/runs/{batch:path}/why", responses={404: {"model": Problem}, 409: {"model": Problem}})
def why(ports: InCharge, batch: BatchName) -> BatchReasons:
    """For each run of a batch of the newest plan: rank of its price, binding rules, cost of moving it."""
    return BatchReasons.model_validate(explain_batch(ports, batch))


@router.post(
    "/latest/runs/{batch:path}/why",
    responses={400: {"model": Problem}, 404: {"model": Problem}, 409: {"model": Problem}},
)
def why_not(world: Running, batch: BatchName, order: StartOrder) -> StartReasons:
    """Solve the newest plan again with a run held at a start: the difference, or the rules against it."""
    with world.working("why not", WAIT_S):
        return StartReasons.model_validate(
            explain_start(world.ports(), Question(batch, order.at, order.step))
        )


@router.post(
    "/what-if",
    responses={
        400: {"model": Problem},
        404: {"model": Problem},
        409: {"model": Problem},
        422: {"model": Problem},
    },
)
def ask(world: Running, order: WhatIfOrder) -> WhatIfAnswer:
    """The newest plan beside that of a changed plant or price, solved for the same time; stores nothing."""
    with world.working("what if", WAIT_S):
        wish = Wish(tuple(order.changes), seconds=order.time_limit_s)
        return WhatIfAnswer.model_validate(what_if(world.ports(), wish))
