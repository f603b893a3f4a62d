"""The one read of the page."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.dashboard import Dashboard
from chocolate_factory.api.world import Running
from chocolate_factory.services.read_dashboard import read_dashboard

router = APIRouter(prefix="/api/v1", tags=["dashboard"])


@router.get("/dashboard")
def dashboard(world: Running) -> Dashboard:
    """Advice, prices, plan and data age in one answer."""
    return Dashboard.model_validate(read_dashboard(world))
