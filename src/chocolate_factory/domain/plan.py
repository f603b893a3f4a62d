"""A plan as people and machines read it: runs on units, costs, baseline, saving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.slots import Window


@dataclass(frozen=True)
class Run:
    """One step (0…) of one batch on one unit (1…count); `start` and `end` are UTC."""

    batch: str
    product: str
    process: str
    machine: str
    unit: int
    start: datetime
    end: datetime
    power_kw: float
    step: int


@dataclass(frozen=True)
class Wanted:
    """Batches of a product that must be finished by a moment (hard), or are wanted by it (soft)."""

    product: str
    batches: int
    due: datetime
    hard: bool
    entry: int
    may_be_stock: bool = False


@dataclass(frozen=True)
class Climate:
    """Outdoor temperature (°C) and relative humidity (%) of each planning slot, NaN where unknown.

    `estimated` says how many slots are climate normals since no forecast reaches them, `unknown` how many
    have nothing.
    """

    temperature_c: tuple[float, ...]
    humidity_rh: tuple[float, ...]
    estimated: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Violation:
    """One broken rule: window, recipe, order, wait, machine, attendance, climate, power, due or batch."""

    rule: str
    message: str
    batch: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Schedule:
    """What the rule checker looks at: the runs of a window and the wants they answer.

    `stock`, `left` and `late` are batches per position in `wanted` that were assumed as stock, left for
    later, or accepted as late. Hard wants may be left only where lateness is allowed. `begun` are the runs
    that began before the window, of batches that were not finished then: facts, whatever the rules say.
    """

    window: Window
    runs: tuple[Run, ...]
    wanted: tuple[Wanted, ...]
    stock: dict[int, int]
    left: dict[int, int]
    late: dict[int, int]
    late_allowed: bool = False
    begun: tuple[Run, ...] = ()
