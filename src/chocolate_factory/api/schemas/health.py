"""Liveness, readiness and version."""

from __future__ import annotations

from typing import Literal

from chocolate_factory.api.schemas.common import Answer, Moment


class SeriesHealth(Answer):
    """How fresh a series is, by when its values are due.

    `late`: a due value is missing; `failing`: it is and its source does not answer; `missing`: nothing was
    ever stored; `off`: nothing is stored and nothing set up to fetch it.
    """

    series: str
    state: Literal["ok", "off", "late", "failing", "missing"]
    until: Moment | None
    updated_at: Moment | None
    age_minutes: int | None
    holes: int
    note: str
    remedy: str


class SourceHealth(Answer):
    """A source that failed when it was last asked, since when, and why."""

    source: str
    since: Moment
    asked_at: Moment
    reason: str


class Health(Answer):
    """The process answers; `degraded` when a series is late, failing or missing, or jobs are held up.

    `series` counts series by state, `trouble` tells of those that are not well, `failing` of sources. `jobs`:
    `off`, none are run in this process; `overdue`, one takes longer than it may and the others wait for it;
    `ended`, no more are begun: start the server again.
    """

    status: Literal["ok", "degraded"]
    jobs: Literal["off", "running", "overdue", "ended"]
    now: Moment
    sample: bool
    series: dict[str, int]
    trouble: list[SeriesHealth]
    failing: list[SourceHealth]


class Ready(Answer):
    """Whether prices and a plan can be served; `reason` when not."""

    ready: bool
    sample: bool
    reason: str | None


class Version(Answer):
    """Name and version of what is running."""

    name: str
    version: str
