"""Who one is taken for, and the audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chocolate_factory.api.access import Known
from chocolate_factory.api.schemas.access import AuditPage, Me
from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.world import Running
from chocolate_factory.services.record_audit import AuditQuery, read_audit

router = APIRouter(prefix="/api/v1", tags=["access"])
Before = Annotated[
    str | None, Query(max_length=64, description="Only lines older than the one with this id.")
]


@router.get("/me", responses={401: {"model": Problem}})
def me(caller: Known, response: Response) -> Me:
    """Who the caller is taken for, by which proof, and what that allows."""
    response.headers["cache-control"] = "no-store"
    return Me(name=caller.name, role=caller.role, how=caller.how, can=caller.acts())


@router.get("/audit", responses={400: {"model": Problem}, 403: {"model": Problem}})
def audit(
    world: Running, limit: Annotated[int, Query(ge=1, le=1000)] = 100, before: Before = None
) -> AuditPage:
    """Who changed what in the last 400 days and who was refused, newest first; for admins."""
    real = world.real
    return AuditPage.model_validate(read_audit(real.store, AuditQuery(limit, before), real.clock()))
