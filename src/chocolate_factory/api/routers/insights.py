"""What the data say to people: hourly advice, and what planning has saved."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chocolate_factory.api.schemas.alerts import AlertsAnswer, AlertsWish
from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.deviations import DeviationsAnswer, DeviationsWish
from chocolate_factory.api.schemas.insights import HourlyAdvice
from chocolate_factory.api.schemas.savings import SavingsLedger, SavingsWish
from chocolate_factory.api.schemas.windows import WindowsAnswer, WindowsWish
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.advise_hours import advise_from_stored
from chocolate_factory.services.find_windows import WindowsQuery, find_windows
from chocolate_factory.services.read_alerts import AlertsQuery, read_alerts
from chocolate_factory.services.read_ledger import ledger_csv, read_ledger
from chocolate_factory.services.tell_deviations import DeviationsQuery, tell_deviations

router = APIRouter(prefix="/api/v1/insights", tags=["insights"])
BACK = timedelta(days=60)
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}, 422: {"model": Problem}}


@router.get("/advice", responses={409: {"model": Problem}})
def advice(ports: InCharge) -> HourlyAdvice:
    """A score and a grade for each hour of the coming week, with the skill they had on past days."""
    return HourlyAdvice.model_validate(advise_from_stored(ports))


@router.get("/windows", responses={409: {"model": Problem}})
def windows(ports: InCharge, wish: Annotated[WindowsWish, Query()]) -> WindowsAnswer:
    """When to run for some hours and when not, by day and over all days, on what the site pays."""
    query = WindowsQuery(wish.hours, wish.days, wish.count)
    return WindowsAnswer.model_validate(find_windows(ports, query))


@router.get("/deviations")
def deviations(ports: InCharge, wish: Annotated[DeviationsWish, Query()]) -> DeviationsAnswer:
    """Past hours as they were forecast before their auction beside what came true; errors by lead day."""
    return DeviationsAnswer.model_validate(tell_deviations(ports, DeviationsQuery(wish.series, wish.days)))


@router.get("/alerts")
def alerts(world: Running, wish: Annotated[AlertsWish, Query()]) -> AlertsAnswer:
    """What somebody should look at now, most pressing first, and the record of what was before."""
    query = AlertsQuery(wish.history, wish.lang)
    return AlertsAnswer.model_validate(read_alerts(world.ports(), query, dict(world.troubles)))


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
