"""Something new: the stream of changes that the page listens to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from chocolate_factory.api.conditional import is_head
from chocolate_factory.api.events import Changes, EventStream, Full
from chocolate_factory.api.problems import problem
from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.events import ChangeEvent

router = APIRouter(prefix="/api/v1", tags=["dashboard"])
LastId = Annotated[str, Header(alias="Last-Event-ID", max_length=200, description="The id last received.")]


@router.get(
    "/events",
    status_code=200,
    response_class=EventStream,
    responses={200: {"model": ChangeEvent}, 503: {"model": Problem}},
    summary="What changes, as server-sent events.",
)
async def events(request: Request, last_id: LastId = "") -> Response:
    """An event `changed` within two seconds of a change, by this process or another one.

    A comment comes every 15 seconds. After a pause all topics are told, unless nothing changed meanwhile.
    """
    if is_head(request.scope):
        return Response(media_type=EventStream.media_type, headers={"cache-control": "no-store"})
    changes: Changes = request.app.state.changes
    try:
        reader = await changes.join()
    except Full:
        body: dict[str, object] = {
            "type": "about:blank",
            "title": "Too many listeners",
            "status": 503,
            "detail": "As many readers listen to changes as can be served.",
            "hint": "Read /api/v1/dashboard once a minute instead, or close other windows.",
        }
        refusal = problem(body, 503)
        refusal.headers["retry-after"] = "60"
        return refusal
    return EventStream(changes, reader, last_id)
