"""Random price worlds in a real store, and what must be told of them, worked out slot by slot.

A world is given by a seed: local days of quarters or hours, negative, zero and huge prices, holes, a forecast
with holes of its own after what is published, and a plan whose money is drawn too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.services.rate_prices import stack_over
from tests.dashboard.page_samples import sample_plan
from tests.worlds import empty_ports, tiny

ZONE = ZoneInfo("Europe/Madrid")
QUARTER = timedelta(minutes=15)
BEFORE, AHEAD = 9, 7
LONG, SHORT, PLAIN = (
    datetime.fromisoformat(text).astimezone(UTC)
    for text in ("2025-10-25T21:07:00+02:00", "2026-03-28T21:07:00+01:00", "2026-03-10T08:37:30+01:00")
)
"""The evening before the day of 25 hours, the one before the day of 23, and a morning."""
INSIDE_LONG = datetime.fromisoformat("2025-10-26T02:20:00+01:00").astimezone(UTC)
"""In the second of the two hours that the clock shows alike."""
MOMENTS = (LONG, SHORT, PLAIN, INSIDE_LONG)
ODD_EUR_MWH = (0.0, -0.001, 0.004, -500.0, -37.42, 4000.0, 99999.99, 0.125, 61.3)


@dataclass(frozen=True)
class Slot:
    """A stored slot, EUR/MWh."""

    start: datetime
    minutes: int
    price: float
    available_at: datetime


@dataclass(frozen=True)
class Shown:
    """A quarter-hour that somebody knows: the market price with its band, EUR/MWh."""

    start: datetime
    price: float
    low: float
    high: float
    forecast: bool


@dataclass
class OddWorld:
    """What was written, and the ports over the store that holds it."""

    now: datetime
    ports: Ports
    slots: list[Slot] = field(default_factory=list)
    ahead: dict[datetime, tuple[float, float, float]] = field(default_factory=dict)

    def quarters(self, first: datetime, end: datetime) -> list[Shown]:
        """The known quarter-hours of a span: what is published, then what is forecast, else none."""
        told: dict[datetime, float] = {}
        for slot in self.slots:
            for part in range(slot.minutes // 15):
                told[slot.start + part * QUARTER] = slot.price
        rows, at = [], first
        while at < end:
            if at in told:
                rows.append(Shown(at, told[at], told[at], told[at], forecast=False))
            elif at in self.ahead:
                rows.append(Shown(at, *self.ahead[at], forecast=True))
            at += QUARTER
        return rows

    def paid(self, shown: list[Shown]) -> list[float]:
        """What the site pays in them, EUR/kWh."""
        starts = from_points("spot", [point(Slot(row.start, 15, row.price, self.now)) for row in shown])
        found: list[float] = stack_over(
            self.ports, starts.start, "spot", starts.value
        ).all_in_eur_kwh.tolist()
        return found

    @property
    def today(self) -> date:
        """The local day of now."""
        return self.now.astimezone(ZONE).date()

    def day(self, offset: int) -> datetime:
        """Local midnight that begins a day counted from today, UTC."""
        wanted = self.today + timedelta(days=offset)
        return datetime(wanted.year, wanted.month, wanted.day, tzinfo=ZONE).astimezone(UTC)


def point(slot: Slot) -> Point:
    """A stored slot as the store takes it."""
    return Point(slot.start, slot.minutes, slot.price, slot.available_at, Origin.PUBLISHED, "esios")


def draw(rng: random.Random, wild: float) -> float:
    """A price; `wild` is the chance of an odd one."""
    if rng.random() < wild:
        return rng.choice(ODD_EUR_MWH)
    return round(rng.gauss(60, 50), rng.choice((2, 2, 5)))


def odd_world(folder: Path, seed: int, now: datetime, *, plan: bool = True) -> OddWorld:
    """A world of a seed at a moment, written to a store of its own."""
    rng = random.Random(seed)
    world = OddWorld(now, empty_ports(folder, tiny(), now))
    wild, missing = rng.choice((0.02, 0.3)), rng.choice((0.0, 0.02, 0.15))
    known_days = rng.choice((1, 1, 0))
    history = rng.choice((BEFORE, 1))
    for offset in range(-history, known_days + 1):
        fill_day(world, rng, offset, (wild, missing))
    write_forecast(world, rng, wild)
    world.ports.store.write(from_points("spot", [point(slot) for slot in world.slots]))
    if plan:
        write_plan(world, rng)
    return world


def fill_day(world: OddWorld, rng: random.Random, offset: int, odds: tuple[float, float]) -> None:
    """A local day of hours or quarters, with the chances of an odd price and of a hole."""
    minutes = rng.choice((15, 60))
    at, end = world.day(offset), world.day(offset + 1)
    available = world.day(offset) - timedelta(hours=11)
    while at < end:
        if rng.random() >= odds[1]:
            world.slots.append(Slot(at, minutes, draw(rng, odds[0]), min(available, world.now)))
        at += timedelta(minutes=minutes)


def write_forecast(world: OddWorld, rng: random.Random, wild: float) -> None:
    """A forecast record from tomorrow on, without some quarters."""
    points, at = [], world.day(rng.choice((0, 1)))
    while at < world.day(AHEAD + 1):
        if rng.random() > 0.02:
            price = round(draw(rng, wild / 4), 4)
            low, high = round(price - rng.uniform(0, 30), 4), round(price + rng.uniform(0, 30), 4)
            world.ahead[at] = (price, low, high)
            band = {"p05": low, "p10": low, "p50": price, "p90": high, "p95": high}
            points.append({"start": at.isoformat(), "origin": "forecast", "price_eur_mwh": price, **band})
        at += QUARTER
    body: dict[str, Any] = {
        "series": "spot",
        "issued_at": (world.now - timedelta(hours=1)).isoformat(),
        "model": "naive",
        "resolution_min": 15,
        "points": points,
    }
    world.ports.store.save(Record("forecast", "spot/naive/odd", world.now - timedelta(hours=1), body))


def write_plan(world: OddWorld, rng: random.Random) -> None:
    """An invented plan over the week; its money is drawn, negative costs included."""
    whole = world.now.replace(minute=0, second=0)
    made = sample_plan(world.now, whole + timedelta(hours=2), 7)
    runs = [
        run.model_copy(update={"cost_eur": rng.uniform(-40, 2500), "energy_kwh": rng.uniform(0, 1500)})
        for run in made.runs
    ]
    cost, saving = rng.uniform(-500, 30000), rng.uniform(-50, 4000)
    told = {
        "runs": runs,
        "cost_eur": cost,
        "baseline": made.baseline.model_copy(update={"cost_eur": cost + saving}),
        "saving": made.saving.model_copy(update={"eur": saving, "percent": rng.uniform(-5, 60)}),
    }
    answer = made.model_copy(update=told).model_dump(mode="json", exclude_computed_fields=True)
    batches = {run.batch: rng.uniform(0, 100) for run in runs}
    body = {"answer": answer, "baseline_batches": batches}
    world.ports.store.save(Record("plan", made.id, made.issued_at, body))
