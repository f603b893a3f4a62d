"""The sources by name: one new file and one line here make another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chocolate_factory.domain.ports import Source
from chocolate_factory.infrastructure.http import Key, Limits, Polite
from chocolate_factory.infrastructure.sources.aemet import Aemet
from chocolate_factory.infrastructure.sources.aemet_climate import AemetClimate
from chocolate_factory.infrastructure.sources.aemet_forecast import AemetForecast
from chocolate_factory.infrastructure.sources.esios import Esios
from chocolate_factory.infrastructure.sources.esios_archive import EsiosArchive
from chocolate_factory.infrastructure.sources.omie import Omie
from chocolate_factory.infrastructure.sources.open_meteo import OpenMeteo
from chocolate_factory.infrastructure.sources.open_meteo_archive import OpenMeteoArchive
from chocolate_factory.infrastructure.sources.open_meteo_runs import OpenMeteoRuns
from chocolate_factory.infrastructure.sources.openweathermap import OpenWeatherMap
from chocolate_factory.infrastructure.sources.openweathermap_forecast import OpenWeatherMapForecast
from chocolate_factory.infrastructure.sources.ree import Ree
from chocolate_factory.infrastructure.sources.ree_system import ReeSystem
from chocolate_factory.infrastructure.sources.site import Access, Site


@dataclass(frozen=True)
class Entry:
    """The provider a source asks (its client and setting are named so) and how the source is made.

    A source that needs a key is left out where none is set. `per_second` holds requests back that count as
    many in the provider's quota.
    """

    provider: str
    build: Callable[[Polite, Site], Source]
    needs_token: bool = False
    per_second: float | None = None


SOURCES: dict[str, Entry] = {
    "omie": Entry("omie", lambda client, _: Omie(client)),
    "ree": Entry("ree", lambda client, _: Ree(client)),
    "ree_system": Entry("ree", lambda client, _: ReeSystem(client)),
    "esios": Entry("esios", lambda client, _: Esios(client), needs_token=True),
    "esios_archive": Entry("esios", lambda client, _: EsiosArchive(client)),
    "open_meteo": Entry("open_meteo", OpenMeteo),
    "open_meteo_archive": Entry("open_meteo_archive", OpenMeteoArchive),
    "aemet": Entry("aemet", Aemet, needs_token=True),
    "aemet_forecast": Entry("aemet", AemetForecast, needs_token=True),
    "aemet_climate": Entry("aemet", AemetClimate, needs_token=True),
    "openweathermap": Entry("openweathermap", OpenWeatherMap, needs_token=True),
    "openweathermap_forecast": Entry("openweathermap", OpenWeatherMapForecast, needs_token=True),
}

ISSUED: dict[str, Entry] = {"open_meteo_runs": Entry("open_meteo_runs", OpenMeteoRuns, per_second=1.0)}
"""Archives of forecasts as issued: they add to the history of series that others keep up to date.

They are left out where no address is known; nothing of a plan waits for them.
"""

TOKEN_NAMES = {"esios": ("x-api-key", False), "aemet": ("api_key", False), "openweathermap": ("appid", True)}
"""Provider -> (name of the header or query parameter that carries its key, whether it is the query's)."""


def build_sources(
    accesses: Mapping[str, Access],
    site: Site,
    limits: Limits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Source]:
    """Every source that can be asked, with one client a provider; `accesses` are by provider name.

    Raises `Misconfigured` for an address that is none and `KeyError` for a provider of `SOURCES` without one.
    """
    clients: dict[str, Polite] = {}
    entries = SOURCES | {name: entry for name, entry in ISSUED.items() if entry.provider in accesses}
    for name in sorted({entry.provider for entry in entries.values()}):
        access = accesses[name]
        key = (
            Key(TOKEN_NAMES[name][0], access.token, TOKEN_NAMES[name][1])
            if access.token and name in TOKEN_NAMES
            else None
        )
        pace = min(
            (e.per_second for e in entries.values() if e.provider == name and e.per_second), default=None
        )
        held = replace(limits or Limits(), per_second=pace, burst=1) if pace else limits
        clients[name] = Polite(name, access.base_url, held, key=key, sleep=sleep)
    return {
        name: entry.build(clients[entry.provider], site)
        for name, entry in entries.items()
        if accesses[entry.provider].token or not entry.needs_token
    }


def without_key(accesses: Mapping[str, Access], site: Site) -> dict[str, str]:
    """Series that only a source without its key could tell -> name of that source's provider."""
    having = build_sources(accesses, site)
    offered = {key for source in having.values() for key in source.series}
    found: dict[str, str] = {}
    for name, entry in SOURCES.items():
        if name not in having:
            source = entry.build(Polite(name, accesses[entry.provider].base_url), site)
            found |= {key: entry.provider for key in source.series if key not in offered | found.keys()}
    return found
