"""What runs unattended."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field


class JobRow(BaseModel):
    """A job: when it runs, how the last run ended, when the next one is due."""

    name: str
    cadence: str = Field(description="When it runs, in words.", examples=["daily at 04:30"])
    timeout_s: float = Field(description="Seconds after which a run is overdue.")
    outcome: Literal["running", "ok", "failed", "interrupted", "overdue"] | None = Field(
        description="Of the last run; null: it never ran."
    )
    started: AwareDatetime | None
    ended: AwareDatetime | None
    seconds: float | None = Field(description="How long the last run took.")
    next_at: AwareDatetime | None = Field(description="When it is due; null: at once, or it runs now.")
    kind: str = Field(description="Of the failure, as in the `type` of a problem; empty: none is known.")
    reason: str = Field(description="Why the last run failed.")
    hint: str
    runs: int
    failures: int = Field(description="Failures in a row.")


class JobsAnswer(BaseModel):
    """All jobs in the order in which they run."""

    sample: bool
    running: str | None = Field(description="What goes on in this process now.")
    jobs: list[JobRow]


class JobAsked(BaseModel):
    """A job that was asked for: it runs when the one under way ends."""

    name: str
    asked: bool
