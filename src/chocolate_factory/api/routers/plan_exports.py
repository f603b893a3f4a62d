"""Plans as files: calendar feed, table, workbook, printable page."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.world import InCharge
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.export_plan import FORMATS, ExportRequest, export_plan, policy_of
from chocolate_factory.services.export_view import Choice

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]
Machine = Annotated[str | None, Query(max_length=80, description="Only runs of this machine.")]
Shift = Annotated[
    int | None, Query(ge=1, le=1000, description="Only runs that touch this shift: its number in the file.")
]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {made.media_type.partition(";")[0]: {} for made in FORMATS.values()}},
    304: {"description": "The plan is the one that `If-None-Match` names."},
    400: {"model": Problem},
    404: {"model": Problem},
}


class ExportFormat(StrEnum):
    """What a plan can be written as."""

    ICS = "ics"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"
    PDF = "pdf"


class Language(StrEnum):
    """The language of headings and words; names stay as they are."""

    EN = "en"
    ES = "es"


def chosen(machine: Machine = None, shift: Shift = None, lang: Language = Language.EN) -> Choice:
    """Which runs, and in which language."""
    return Choice(None, machine, shift, str(lang))


Chosen = Annotated[Choice, Depends(chosen)]


@router.get("/latest/exports/{format}", response_class=Response, responses=ANSWERS)
def latest_export(ports: InCharge, format: ExportFormat, choice: Chosen) -> Response:  # noqa: A002
    """The newest plan as a file; as `ics` a feed to subscribe to."""
    return answer(ports, ExportRequest(str(format), choice))


@router.get("/{plan_id}/exports/{format}", response_class=Response, responses=ANSWERS)
def one_export(
    ports: InCharge,
    plan_id: PlanId,
    format: ExportFormat,  # noqa: A002
    choice: Chosen,
) -> Response:
    """A stored plan as a file."""
    return answer(ports, ExportRequest(str(format), replace(choice, plan_id=plan_id)))


def answer(ports: Ports, request: ExportRequest) -> Response:
    """The file with its name and tag."""
    made = export_plan(ports, request)
    # A workbook and a PDF hold the moment at which they were written.
    weak = "W/" if request.format in {ExportFormat.XLSX, ExportFormat.PDF} else ""
    headers = {"etag": f'{weak}"{made.tag}"', "cache-control": "no-cache"}
    kind = "inline" if made.shown else "attachment"
    headers["content-disposition"] = f'{kind}; filename="{made.name}"'
    policy = policy_of(request.format)
    if policy:
        headers["content-security-policy"] = policy
    return Response(made.content, media_type=made.media_type, headers=headers)
