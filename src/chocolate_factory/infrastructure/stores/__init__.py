"""The stores by name: one new file and one line here make another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chocolate_factory.domain.ports import Store
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteStore}
