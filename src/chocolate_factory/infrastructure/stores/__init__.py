"""The stores by name: one new file and one line here make another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chocolate_factory.domain.ports import Store
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore


@dataclass(frozen=True)
class StorePlace:
    """Where stores live: the folder of the SQLite file; address, database and rights in InfluxDB."""

    folder: Path
    url: str = ""
    database: str = ""
    token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)


STORES: dict[str, Callable[[StorePlace], Store]] = {
    "sqlite": lambda place: SqliteStore(place.folder / "store.sqlite"),
    "influx": lambda place: InfluxStore(place.url, place.database, place.token, place.user, place.password),
}
