"""What changed since it was last looked at, by topic, from the stamps of the store, whoever wrote there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.services.choose_world import World

TOPICS = ("prices", "plan", "data", "production", "savings", "models", "activity", "alerts")

OF_RECORDS: Mapping[str, tuple[str, ...]] = {
    "plan": ("plan",),
    "factory": ("plan",),
    "forecast": ("prices", "models"),
    "production": ("production",),
    "ledger": ("savings",),
    "hindsight": ("savings",),
    "score": ("models",),
    "comparison": ("models",),
    "advice": ("models",),
    "sync": ("data", "models"),
    "attempts": ("data",),
    "source": ("data",),
    "issued": ("data",),
    "first_values": ("data",),
    "healing": ("data",),
    "alert": ("alerts",),
    "alert_state": ("alerts",),
    "job": ("activity",),
    "backup": ("activity",),
    "backup_begun": (),
    "audit": (),
    "access_token": (),
    "access_token_use": (),
    "notices": (),
    "search": (),
    "alert_test": (),
    "backtest": (),
    "plan-backtest": (),
}
"""Topics that a kind of record belongs to; of what no page shows nothing is told.

What is learnt is kept in files: the record of the daily job, of kind "sync", tells of it.
"""


def read_changes(world: World) -> dict[str, str]:
    """For each topic a text that is another one once it changed, the same in every process.

    Cheap enough for every second. Raises `StoreFailed` when the store cannot be read.
    """
    ports = world.ports()
    told: dict[str, list[str]] = {topic: [] for topic in TOPICS}
    for name, stamp in sorted(ports.store.stamps().items()):
        for topic in topics_of(name):
            told[topic].append(f"{name} {stamp}")
    told["activity"] += [str(world.activity), *troubles_of(world)]
    told["plan"].append(ports.factory_text)
    where = "sample" if ports.sample else "real"
    return {topic: digest([where, *parts]) for topic, parts in told.items()}


def topics_of(name: str) -> tuple[str, ...]:
    """Topics of a stamp's name: `series/<key>` or `record/<kind>`."""
    what, _, key = name.partition("/")
    if what == "record":
        return OF_RECORDS.get(key, ())
    return ("prices", "data") if key in PRICE_SERIES else ("data",)


def troubles_of(world: World) -> list[str]:
    """What goes wrong, a text a topic."""
    return [
        f"{topic}: {error.message} {error.hint}" for topic, error in sorted(world.troubles.copy().items())
    ]


def digest(parts: list[str]) -> str:
    """A short text that stands for several."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Topics whose text is another one, in the order of `TOPICS`."""
    return [topic for topic in TOPICS if before.get(topic) != after.get(topic)]


def changes_json(topics: list[str], at: datetime) -> dict[str, object]:
    """What a reader is told: topics and the moment at which the change was seen."""
    return {"topics": topics, "at": at.isoformat()}
