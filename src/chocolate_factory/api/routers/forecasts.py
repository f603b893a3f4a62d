"""Stored forecasts and what they turned out to be worth."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.scores import ScoresAnswer, ScoresWish
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.live_record import LiveQuery, live_record

router = APIRouter(prefix="/api/v1/forecasts", tags=["forecasts"])


@router.get("/scores")
def forecast_scores(ports: InCharge, wish: Annotated[ScoresWish, Query()]) -> ScoresAnswer:
    """Scores of stored forecasts on the prices that came true: overall, by lead day and week, and drift."""
    return ScoresAnswer.model_validate(live_record(ports, LiveQuery(wish.series, wish.days)))
