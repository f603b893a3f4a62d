"""Liveness, readiness and version."""

from __future__ import annotations

from typing import Literal

from chocolate_factory.api.schemas.common import Answer, Moment


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]
    now: Moment


class Ready(Answer):
    """Whether prices and a plan can be served; `reason` when not."""

    ready: bool
    sample: bool
    reason: str | None


class Version(Answer):
    """Name and version of what is running."""

    name: str
    version: str
