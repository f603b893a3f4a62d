"""Planning problems of the reference plant on real prices, for tests and benches of planners only.

The product builds its problems from the factory file; these stand-ins need only the price files, so that a
planner can be measured alone. Weather is an invented daily wave per month, excess rates are those of 3.0TD.
"""

from __future__ import annotations

import csv
import gzip
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from chocolate_factory.domain.problem import ExcessGroup, Lot, Problem, ProblemProduct, ProblemStep
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window, moment, planning_window

ZONE = ZoneInfo("Europe/Madrid")
STARTS = (
    "2025-12-15T05:00",
    "2026-01-19T12:00",
    "2025-10-24T21:00",
    "2026-03-27T21:00",
    "2025-07-07T06:00",
    "2026-03-10T21:00",
)
TAX = 1.0511269632
ENERGY = {
    2025: (61.031, 36.409, 17.674, 9.183, 4.286, 2.631),
    2026: (63.352, 38.914, 19.279, 9.795, 4.706, 2.898),
}
EXCESS = {
    2025: (3.361213, 1.776546, 0.563477, 0.430844, 0.121880, 0.121880),
    2026: (3.325715, 1.757877, 0.557353, 0.424794, 0.119179, 0.119179),
}
CONTRACTED = (80.0, 80.0, 80.0, 80.0, 80.0, 130.0)
SEASON = {1: 0, 2: 0, 7: 0, 12: 0, 3: 1, 11: 1, 6: 2, 8: 2, 9: 2, 4: 3, 5: 3, 10: 3}
WARMTH = {1: (8, 5), 2: (10, 6), 3: (13, 6), 4: (16, 7), 7: (27, 8), 10: (18, 6), 11: (12, 5), 12: (9, 5)}
MACHINES = ("mixer", "refiner", "conche", "temperer", "moulding line")
COUNTS = (1, 1, 3, 1, 1)
POWER = (11.0, 30.0, 15.0, 9.0, 22.0)
WAITS = (None, 8, 16, 32, 1)


@dataclass(frozen=True)
class Due:
    """One due time of a demand entry: its interval and its batches before scaling."""

    product: int
    entry: int
    before: datetime
    at: datetime
    batches: int


@lru_cache(maxsize=2)
def spot_prices(shared: Path) -> dict[int, float]:
    """Quarter-hourly spot price in EUR/MWh by epoch second: native where there, else the hourly file."""
    prices: dict[int, float] = {}
    for name in ("omie_dayahead_hourly", "omie_dayahead"):
        with gzip.open(shared / "data" / "prices" / f"{name}.csv.gz", "rt") as lines:
            for row in csv.DictReader(lines):
                if row["datetime_utc"] < "2025-06":
                    continue
                first = int(datetime.fromisoformat(row["datetime_utc"]).timestamp())
                minutes = int(row.get("resolution_min") or 60)
                for quarter in range(minutes // 15):
                    prices[first + 900 * quarter] = float(row["price_eur_mwh"])
    return prices


def tariff_period(local: datetime) -> int:
    """Period 0…5 of a six-period tariff on the peninsula (CNMC Circular 3/2020, art. 7)."""
    fixed = {(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)}
    if local.weekday() > 4 or (local.month, local.day) in fixed or local.hour < 8:
        return 5
    peak = 9 <= local.hour < 14 or 18 <= local.hour < 22
    return SEASON[local.month] + (0 if peak else 1)


def closed(day: date) -> bool:
    """A holiday of the site."""
    return day in holidays.country_holidays("ES", subdiv="AN", years=day.year)


def is_staffed(local: datetime) -> bool:
    """Monday–Friday 06–22, Saturday 06–14, no holidays."""
    end = 22 if local.weekday() < 5 else 14 if local.weekday() == 5 else 0
    return 6 <= local.hour < end and not closed(local.date())


def staffed_slots(start: datetime, end: datetime) -> int:
    """Staffed quarters between two moments."""
    count = int((end - start) / timedelta(minutes=15))
    return sum(is_staffed((start + timedelta(minutes=15 * i)).astimezone(ZONE)) for i in range(count))


def dues(window: Window, scale: int) -> list[Due]:
    """All due times of both entries whose interval touches the window."""
    first = window.start.astimezone(ZONE).date() - timedelta(days=9)
    found: list[Due] = []
    for entry, (weekdays, clock, batches) in enumerate(
        (((0, 1, 2, 3, 4), time(22), 5), ((5,), time(14), 10))
    ):
        days = [first + timedelta(days=i) for i in range(28)]
        days = [d for d in days if d.weekday() in weekdays and not (entry == 0 and closed(d))]
        ats = [datetime.combine(d, clock, ZONE).astimezone(UTC) for d in days]
        for before, at in pairwise(ats):
            if at >= window.start and before < window.end:
                wanted = batches * scale
                if entry == 1:
                    wanted = wanted * staffed_slots(before, at) // 352
                found.append(Due(entry, entry, before, at, wanted))
    return found


def lots_of(window: Window, scale: int) -> tuple[Lot, ...]:
    """Hard lots due inside the window and anticipated ones after it, as factory-file.md counts them."""
    slots = window.slot_count(15)
    lots = []
    for due in dues(window, scale):
        hard = due.at <= window.end
        batches = due.batches
        if not hard:
            share = staffed_slots(max(due.before, window.start), window.end) / max(
                1, staffed_slots(due.before, due.at)
            )
            batches = math.floor(batches * share + 1e-9)
        if batches:
            slot = min(slots, int((due.at - window.start).total_seconds() // 900))
            text = due.at.astimezone(ZONE).isoformat()
            lots.append(
                Lot(due.product, batches, slot, hard, due.entry, text, hard and due.before < window.start)
            )
    return tuple(sorted(lots, key=lambda lot: (lot.due, lot.entry)))


def runs_inside(mask: FloatArray | np.ndarray, duration: int) -> np.ndarray:
    """Starts from which the next `duration` slots are all true."""
    total = np.concatenate([[0], np.cumsum(mask)])
    inside = np.zeros(len(mask), bool)
    if duration <= len(mask):
        inside[: len(mask) - duration + 1] = total[duration:] - total[:-duration] == duration
    return inside


def product(name: str, conche: int, staffed: np.ndarray, cool: np.ndarray) -> ProblemProduct:
    """A recipe of the reference plant on the slots of a window."""
    steps = []
    for index, duration in enumerate((2, 4, conche, 3, 2)):
        inside = runs_inside(np.ones(len(staffed)), duration)
        attended = runs_inside(staffed, duration)
        if index == 2:
            attended = inside & staffed & np.roll(staffed, 1 - duration)
        mild = runs_inside(cool, duration) if index > 2 else inside
        blocked = {"attendance": inside & ~attended, "climate": inside & ~mild}
        steps.append(
            ProblemStep(
                ("mix", "refine", "conche", "temper", "mould")[index],
                index,
                duration,
                POWER[index],
                WAITS[index],
                attended & mild,
                blocked,
            )
        )
    return ProblemProduct(name, 100.0, tuple(steps))


def excess_groups(locals_: list[datetime], scale: int) -> tuple[ExcessGroup, ...]:
    """One group per tariff period and calendar month."""
    members: dict[tuple[int, int, int], list[int]] = {}
    for slot, local in enumerate(locals_):
        members.setdefault((local.year, local.month, tariff_period(local)), []).append(slot)
    return tuple(
        ExcessGroup(
            f"P{period + 1} {year}-{month:02d}",
            np.array(slots, np.int64),
            CONTRACTED[period] * scale,
            EXCESS[year][period] * TAX,
        )
        for (year, month, period), slots in sorted(members.items())
    )


def reference_problem(shared: Path, start: str, days: int = 7, scale: int = 1) -> Problem:
    """The reference plant from a local start for `days`; `scale` multiplies machines, demand and contract."""
    window = planning_window(datetime.fromisoformat(start).replace(tzinfo=ZONE), days, "Europe/Madrid")
    starts: IntArray = window.starts(15)
    locals_ = [moment(int(second)).astimezone(ZONE) for second in starts]
    spot = spot_prices(shared)
    market = np.array([spot[int(second)] for second in starts])
    term = np.array([ENERGY[at.year][tariff_period(at)] for at in locals_])
    warm = np.array(
        [WARMTH[at.month][0] - WARMTH[at.month][1] * math.cos((at.hour - 4) * math.pi / 12) for at in locals_]
    )
    staffed = np.array([is_staffed(at) for at in locals_])
    chill = 5 + 0.35 * np.maximum(0, warm - 18) + 4 + 0.5 * np.maximum(0, warm - 22)
    cool = warm <= 34
    return Problem(
        window=window,
        minutes=15,
        price_eur_kwh=(((market + 20.25) * 1.166 + 5) * 1.015 + term) * TAX / 1000,
        auxiliary_kw=(chill + 5 * staffed) * scale,
        machines=MACHINES,
        machine_units=np.repeat(np.array(COUNTS, np.int64)[:, None] * scale, len(starts), axis=1),
        products=(product("standard", 20, staffed, cool), product("premium", 40, staffed, cool)),
        lots=lots_of(window, scale),
        excess=excess_groups(locals_, scale),
    )
