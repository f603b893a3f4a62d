"""What the data say to people: hourly advice, and what planning has saved."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.insights import HourlyAdvice
from chocolate_factory.api.schemas.savings import SavingsLedger, SavingsWish
from chocolate_factory.api.world import InCharge
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.advise_hours import advise_from_stored
from chocolate_factory.services.read_ledger import ledger_csv, read_ledger

router = APIRouter(prefix="/api/v1/insights", tags=["insights"])
BACK = timedelta(days=60)
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}, 422: {"model": Problem}}


@router.get("/advice", responses={409: {"model": Problem}})
def advice(ports: InCharge) -> HourlyAdvice:
    """A score and a grade for each hour of the coming week, with the skill they had on past days."""
    return HourlyAdvice.model_validate(advise_from_stored(ports))


@router.get("/savings")
def savings(ports: InCharge, wish: Annotated[SavingsWish, Query()]) -> SavingsLedger:
    """The savings ledger: weeks settled on the prices that came true, with their days."""
    ledger = read_ledger(ports, asked(ports, wish), revisions=wish.revisions)
    return SavingsLedger.model_validate(ledger)


@router.get("/savings.csv", response_class=Response, responses=CSV)
def savings_csv(ports: InCharge, wish: Annotated[SavingsWish, Query()]) -> Response:
    """The days of the savings ledger as a table; they add up to its weeks."""
    text = ledger_csv(read_ledger(ports, asked(ports, wish)))
    headers = {"content-disposition": 'attachment; filename="savings.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8; header=present", headers=headers)


def asked(ports: Ports, wish: SavingsWish) -> Window:
    """The window of a question."""
    end = (wish.end or ports.clock()).astimezone(UTC)
    start = (wish.start or end - BACK).astimezone(UTC)
    return Window(min(start, end), end)
