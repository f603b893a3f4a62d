"""What sources need to know of the plant's place, and how a provider is reached."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Site:
    """Where the plant stands (degrees), AEMET's station and municipality, the One Call version ("": none)."""

    latitude: float
    longitude: float
    station: str = "5279X"
    municipality: str = "23055"
    one_call: str = ""


@dataclass(frozen=True)
class Access:
    """Base address of a provider and the key for it, if there is one."""

    base_url: str
    token: str | None = field(default=None, repr=False)
