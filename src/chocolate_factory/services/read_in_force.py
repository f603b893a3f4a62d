"""Which stored plan was in force when: the newest one issued before each slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

import numpy as np

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ledger_work import STEP, InForce
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.services.read_production import Body, runs_told, window_start

FIRST_LOOK, MOST_PLANS = 200, 100_000


@dataclass(frozen=True, eq=False)
class Chain:
    """Plans in force in order, and the stored body of each by its id."""

    told: tuple[InForce, ...]
    bodies: dict[str, Body]

    def hours_without(self, window: Window) -> float:
        """Hours of a window in which no plan is in force."""
        inside = (one.span.clip(window) for one in self.told)
        return (window.seconds - sum(part.seconds for part in inside if part)) / 3600


def read_in_force(ports: Ports, since: datetime) -> Chain:
    """The plans in force from the one at `since` on (or the first later one), as issued until now."""
    newest: dict[datetime, Body] = {}
    for record in records_since(ports.store, since):
        body: Any = record.body
        issued = datetime.fromisoformat(body["answer"]["issued_at"])
        if issued <= ports.clock() and "production" in body:
            newest.setdefault(window_start(body), body)
    starts = sorted(newest)
    known: dict[str, Factory] = {}
    told, bodies = [], {}
    for start, until in zip_longest(starts, starts[1:]):
        one = in_force(ports, newest[start], (start, until), known)
        told.append(one)
        bodies[one.plan] = opening_of(newest[start])
    return Chain(tuple(told), bodies)


def opening_of(body: Body) -> Body:
    """What of a stored plan tells where the plant stood when it began; runs and loads are left out."""
    answer: Any = body["answer"]
    told = {key: answer[key] for key in ("id", "issued_at", "window")}
    return {"answer": told, **{key: body[key] for key in ("factory", "production", "stock")}}


def records_since(store: Store, since: datetime) -> Sequence[Record]:
    """Plans, newest first, back to one whose window holds a moment; fewer when there are none so old."""
    limit = FIRST_LOOK
    while True:
        found = store.find("plan", limit=limit)
        if len(found) < limit or limit >= MOST_PLANS or window_start(found[-1].body) < since:
            return found
        limit *= 4


def in_force(
    ports: Ports, body: Body, reach: tuple[datetime, datetime | None], known: dict[str, Factory]
) -> InForce:
    """A stored plan from its window's start to the next one's, at most to its window's end."""
    answer: Any = body["answer"]
    start, until = reach
    end = datetime.fromisoformat(answer["window"]["end"]).astimezone(UTC)
    span = Window(start, end if until is None else min(until, end))
    digest = str(body["factory"])
    if digest not in known:
        [text] = ports.store.find("factory", id=digest, limit=1)
        known[digest] = parse_factory(str(text.body["text"]), f"factory of plan {answer['id']}")
    load = np.array([point["kw"] for point in answer["load_kw"]], np.float64)
    count = (epoch(span.end) - epoch(span.start)) // STEP
    taken = np.zeros(len(load)) + assets_load(answer)
    load += taken
    runs = tuple(run for run in runs_told(known[digest], body) if run.start < span.end)
    setups = tuple(setup_of(row) for row in answer.get("setups", ()))
    has = "battery" in answer or "pv" in answer
    return InForce(
        str(answer["id"]), span, runs, load[:count], taken[:count], known[digest], digest, setups, has
    )


def assets_load(answer: Any) -> FloatArray | float:
    """What battery and array took off the load of each slot, kW (T,): discharge and array less charge."""
    taken: FloatArray | float = 0.0
    for name, signs in (("battery", {"discharge_kw": 1, "charge_kw": -1}), ("pv", {"used_kw": 1})):
        rows = answer.get(name, {}).get("rows", ())
        for key, sign in signs.items() if rows else ():
            taken = taken + sign * np.array([row[key] for row in rows], np.float64)
    return taken


def setup_of(row: Any) -> Run:
    """A setup of a plan's answer as a run without a batch."""
    start, end = (datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("start", "end"))
    power = row["energy_kwh"] * 3600 / (end - start).total_seconds()
    return Run("", row["product"], "setup", row["machine"], row["unit"], start, end, power, 0)
