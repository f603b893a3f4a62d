"""The monthly bill."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.bills import BillAnswer, BillWish
from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.make_bill import BillRequest, make_bill, parse_month

router = APIRouter(prefix="/api/v1/bills", tags=["bills"])


@router.get("", responses={400: {"model": Problem}, 409: {"model": Problem}})
def bill(ports: InCharge, wish: Annotated[BillWish, Query()]) -> BillAnswer:
    """The invoice of a month on the load of the stored plans, prices as corrected."""
    return BillAnswer.model_validate(make_bill(ports, BillRequest(parse_month(wish.month))))
