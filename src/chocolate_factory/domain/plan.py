"""A plan as people and machines read it: runs on units, costs, baseline, saving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from chocolate_factory.domain.assets import Assets, Dispatch
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window


@dataclass(frozen=True)
class Run:
    """One step (0…) of one batch on one unit (1…count); `start` and `end` are UTC.

    `power_kw` is the mean draw; where it varies `profile_kw` has that of each quarter-hour from the start.
    `mode` is the way in which the step is run, where there are several.
    """

    batch: str
    product: str
    process: str
    machine: str
    unit: int
    start: datetime
    end: datetime
    power_kw: float
    step: int
    profile_kw: tuple[float, ...] = ()
    mode: str = ""

    def draw_kw(self, quarters: FloatArray) -> FloatArray:
        """Mean draw of the quarter-hours that begin so many quarter-hours after the start, same shape.

        A run that lasts longer than its profile goes on with the last draw.
        """
        if not self.profile_kw:
            return np.full(len(quarters), self.power_kw)
        drawn = np.concatenate([[0.0], np.cumsum(self.profile_kw)])
        edges = np.concatenate([quarters, quarters + 1])
        beyond = np.maximum(edges - len(self.profile_kw), 0.0) * self.profile_kw[-1]
        until: FloatArray = np.interp(edges, np.arange(len(drawn)), drawn) + beyond
        return until[len(quarters) :] - until[: len(quarters)]


SETUP = "setup"
"""The process of a run that makes a unit ready for its product."""


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
    """One broken rule of `rules.RULES`; `rule` is its name up to a colon, e.g. recipe, machine, due."""

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
    `made` are batches by product that were finished before the window on its first local day. `setups` are
    runs without a batch that make a unit ready for their product; `carried` the last run or setup before the
    window on each unit of a machine that has setups, as far as it is known. `assets` is what battery and
    array could do in the window, `dispatch` what they do.
    """

    window: Window
    runs: tuple[Run, ...]
    wanted: tuple[Wanted, ...]
    stock: dict[int, int]
    left: dict[int, int]
    late: dict[int, int]
    late_allowed: bool = False
    begun: tuple[Run, ...] = ()
    made: Mapping[str, int] = field(default_factory=dict)
    assets: Assets | None = None
    dispatch: Dispatch | None = None
    setups: tuple[Run, ...] = ()
    carried: tuple[Run, ...] = ()
