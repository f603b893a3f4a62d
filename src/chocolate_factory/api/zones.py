"""Times of an answer in the zone that was asked for."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports

ZoneName = Annotated[
    str | None,
    Field(
        max_length=64, description="Zone of the times, an IANA name. Default: the site's.", examples=["UTC"]
    ),
]


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All names there are; a name alone could be a folder of the zone database."""
    return frozenset(available_timezones())


def zone_of(ports: Ports, tz: str | None) -> str:
    """The zone to answer in. Raises UsageError for a name that is none."""
    if tz is None:
        return ports.factory.site.timezone
    if tz not in zone_names():
        raise UsageError(f"tz: {tz!r} is no time zone.", "Give an IANA name such as Europe/Madrid or UTC.")
    return tz


def in_zone(body: Any, zone: str) -> Any:
    """The same with every moment in a zone; rows are not shared with the original."""
    if isinstance(body, datetime):
        return body.astimezone(ZoneInfo(zone))
    if isinstance(body, dict):
        return {name: in_zone(value, zone) for name, value in body.items()}
    if isinstance(body, list):
        return [in_zone(value, zone) for value in body]
    return body
