"""What runs unattended, and asking for it now."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.jobs import JobAsked, JobsAnswer
from chocolate_factory.api.world import Running
from chocolate_factory.services.keep_jobs import read_jobs

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


@router.get("")
def jobs(world: Running) -> JobsAnswer:
    """Every job with its last run and its next one."""
    rows = read_jobs(world.real, world.jobs)
    return JobsAnswer.model_validate(
        {"sample": world.ports().sample, "running": world.activity, "jobs": rows}
    )


@router.post("/{name}/run", status_code=202)
def run(name: str, world: Running) -> JobAsked:
    """Have a job run as soon as the one under way ends."""
    world.ask(name)
    return JobAsked(name=name, asked=True)
