"""The one read of the page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chocolate_factory.api.conditional import Kept
from chocolate_factory.api.kept import LastAnswer
from chocolate_factory.api.schemas.dashboard import Dashboard
from chocolate_factory.api.world import Running
from chocolate_factory.services.read_dashboard import knowledge_of, read_dashboard

router = APIRouter(prefix="/api/v1", tags=["dashboard"])


@router.get("/dashboard", response_model=Dashboard)
def dashboard(request: Request, world: Running) -> Response:
    """Advice, prices, plan and data age in one answer; at most a second old."""
    last: LastAnswer = request.app.state.last_dashboard

    def make() -> bytes:
        return Dashboard.model_validate(read_dashboard(world)).model_dump_json(by_alias=True).encode()

    return Kept(last.answer(knowledge_of(world), world.ports().clock(), make))
