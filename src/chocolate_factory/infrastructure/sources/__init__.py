"""The sources by name: one new file and one line here make another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chocolate_factory.domain.ports import Source
from chocolate_factory.infrastructure.http import Limits, Polite
from chocolate_factory.infrastructure.sources.esios_archive import EsiosArchive
from chocolate_factory.infrastructure.sources.omie import Omie
from chocolate_factory.infrastructure.sources.open_meteo import OpenMeteo
from chocolate_factory.infrastructure.sources.ree import Ree

Place = tuple[float, float]
"""Latitude and longitude of the site, degrees."""


@dataclass(frozen=True)
class Entry:
    """The provider a source asks (its client and setting are named so) and how the source is made."""

    provider: str
    build: Callable[[Polite, Place], Source]


SOURCES: dict[str, Entry] = {
    "omie": Entry("omie", lambda client, _: Omie(client)),
    "ree": Entry("ree", lambda client, _: Ree(client)),
    "esios_archive": Entry("esios", lambda client, _: EsiosArchive(client)),
    "open_meteo": Entry("open_meteo", lambda client, place: OpenMeteo(client, *place)),
}


def build_sources(
    addresses: Mapping[str, str],
    place: Place,
    limits: Limits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Source]:
    """Every source, with one client a provider; `addresses` maps provider names to base addresses.

    Raises `Misconfigured` for an address that is none and `KeyError` for a provider without one.
    """
    names = {entry.provider for entry in SOURCES.values()}
    clients = {name: Polite(name, addresses[name], limits, sleep=sleep) for name in sorted(names)}
    return {name: entry.build(clients[entry.provider], place) for name, entry in SOURCES.items()}
