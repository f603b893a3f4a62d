"""What the data say to people: hourly advice."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.insights import HourlyAdvice
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.advise_hours import advise_from_stored

router = APIRouter(prefix="/api/v1/insights", tags=["insights"])


@router.get("/advice", responses={409: {"model": Problem}})
def advice(ports: InCharge) -> HourlyAdvice:
    """A score and a grade for each hour of the coming week, with the skill they had on past days."""
    return HourlyAdvice.model_validate(advise_from_stored(ports))
