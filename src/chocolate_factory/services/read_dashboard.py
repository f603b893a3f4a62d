"""Everything the page shows, in one read that computes no forecast and solves nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from chocolate_factory.domain.catalog import ESSENTIAL
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.slots import epoch
from chocolate_factory.domain.tariff.excess import contracted_at
from chocolate_factory.services.check_data import check_data
from chocolate_factory.services.choose_world import World, has_prices
from chocolate_factory.services.give_advice import give_advice, moment_of
from chocolate_factory.services.note_words import spanish_note
from chocolate_factory.services.read_changes import troubles_of
from chocolate_factory.services.read_strip import price_now, price_strip
from chocolate_factory.services.reasons_to_plan import newest_body

Row = dict[str, Any]


def read_dashboard(world: World) -> Row:
    """The dashboard's JSON; see `api/schemas/dashboard.py` for its fields."""
    ports = world.ports()
    now, factory = ports.clock(), ports.factory
    body = newest_body(ports.store, now)
    strip = price_strip(ports, now, plan_end(body)) if has_prices(ports) else None
    return {
        "now": now,
        "sample": ports.sample,
        "state": state_of(world, body),
        "activity": world.activity,
        "site": factory.site.name,
        "timezone": factory.site.timezone,
        "plant_note": " ".join(factory.assumptions),
        "plant_note_es": " ".join(spanish_note(note) or note for note in factory.assumptions),
        "contracted_power_kw": list(factory.contract.contracted_power_kw),
        "contracted_kw": contracted_steps(factory.contract, body["answer"]["load_kw"]) if body else [],
        "machines": [{"name": m.name, "count": m.count, "power_kw": m.power_kw} for m in factory.machines],
        "advice": {**give_advice(body, now, factory.site.timezone), **price_now(strip, now)}
        if body
        else None,
        "prices": strip,
        "plan": body["answer"] if body else None,
        "data": check_data(ports, ESSENTIAL),
        "troubles": [
            {"kind": type(error).__name__, "title": error.title, "detail": error.message, "hint": error.hint}
            for error in world.troubles.values()
        ],
    }


def contracted_steps(contract: Contract, load: list[Row]) -> list[Row]:
    """Power contracted in the slots of a plan's load, kW, a row where it changes."""
    starts = np.array([epoch(moment_of(row["start"])) for row in load], np.int64)
    power = contracted_at(contract, starts)
    changes = np.flatnonzero(np.diff(power, prepend=np.nan))
    return [{"start": load[place]["start"], "kw": float(power[place])} for place in changes.tolist()]


def knowledge_of(world: World) -> tuple[object, ...]:
    """What the dashboard is made of besides the clock: equal while nothing that it shows has changed."""
    ports = world.ports()
    stamps = tuple(sorted(ports.store.stamps().items()))
    return stamps, ports.sample, ports.factory_text, world.activity, tuple(troubles_of(world))


def state_of(world: World, body: Row | None) -> str:
    """`ready` with a plan; without one `preparing` while something is under way, else `failed`."""
    if body is not None:
        return "ready"
    return "failed" if world.troubles and world.activity is None else "preparing"


def plan_end(body: Row | None) -> datetime | None:
    """End of the plan's window."""
    return moment_of(body["answer"]["window"]["end"]) if body else None
