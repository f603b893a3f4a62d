"""Liveness, readiness, version."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chocolate_factory import __version__
from chocolate_factory.api.schemas.health import Health, Ready, Version
from chocolate_factory.api.world import Running
from chocolate_factory.services.check_data import summary
from chocolate_factory.services.choose_world import can_plan
from chocolate_factory.services.read_health import state_rows

router = APIRouter(tags=["health"])


@router.get("/health")
def health(world: Running) -> Health:
    """The process answers, whether it runs its jobs, and how fresh its data are."""
    ports, jobs = world.ports(), world.scheduler()
    told = {**summary(ports, state_rows(ports)), "jobs": jobs}
    return Health.model_validate(told | ({"status": "degraded"} if jobs in {"overdue", "ended"} else {}))


@router.get("/ready", responses={503: {"model": Ready}})
def ready(world: Running, response: Response) -> Ready:
    """Prices and a plan can be served; 503 with the reason while not."""
    ports = world.ports()
    reason = None
    if not can_plan(ports):
        reason = "no prices stored yet"
    elif not ports.store.find("plan", limit=1):
        reason = "no plan yet"
    response.status_code = 503 if reason else 200
    return Ready(ready=reason is None, sample=ports.sample, reason=reason)


@router.get("/version")
def version() -> Version:
    """What is running."""
    return Version(name="chocolate-factory", version=__version__)
