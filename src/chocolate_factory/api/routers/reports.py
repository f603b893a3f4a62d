"""Reports to read, print and send."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.reports import ReportWish, WeekReport
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.export_report import export_report
from chocolate_factory.services.report_week import ReportQuery, report_week

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "application/pdf": {}}},
    400: {"model": Problem},
}


@router.get("/weekly", response_model=WeekReport, responses=ANSWERS)
def weekly(ports: InCharge, wish: Annotated[ReportWish, Query()]) -> Any:
    """A week of the plant: cost, saving, prices, forecasts, alerts and data, as JSON, page or print."""
    report = report_week(ports, ReportQuery(wish.week, wish.lang))
    if wish.format == "json":
        return WeekReport.model_validate(report)
    made = export_report(report, wish.format)
    headers = {
        "etag": f'W/"{made.tag}"',
        "cache-control": "no-cache",
        "content-disposition": f'inline; filename="{made.name}"',
    }
    if made.policy:
        headers["content-security-policy"] = made.policy
    return Response(made.content, media_type=made.media_type, headers=headers)
