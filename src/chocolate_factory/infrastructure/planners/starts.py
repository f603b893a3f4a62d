"""Columns that count starts: how often something has started by a slot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chocolate_factory.domain.setups import Setup
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.planners.linear import Linear, Terms


@dataclass(frozen=True)
class Starts:
    """Start columns of one step: allowed slots, their columns, and the last one by each slot (−1: none)."""

    slots: IntArray
    columns: tuple[int, ...]
    last: IntArray

    def by(self, slot: int) -> int | None:
        """Column that counts the starts up to a slot, None for none."""
        if slot < 0 or not self.columns:
            return None
        found = int(self.last[min(slot, len(self.last) - 1)])
        return self.columns[found] if found >= 0 else None


@dataclass(frozen=True)
class Flow:
    """Starts of one setup of a machine: units go from one product to another, without a setup in no time."""

    machine: int
    before: str
    after: str
    setup: Setup | None
    starts: Starts

    @property
    def duration(self) -> int:
        """Slots that it takes."""
        return self.setup.duration if self.setup is not None else 0


def counted(linear: Linear, slots: IntArray, grid: int, most: int) -> Starts:
    """New columns for starts at these slots of a grid of so many, non-decreasing in time."""
    columns = tuple(linear.column(0, most) for _ in slots)
    for earlier, later in pairwise(columns):
        linear.row({later: 1, earlier: -1}, 0)
    return Starts(slots, columns, np.searchsorted(slots, np.arange(grid), "right") - 1)


def count_between(terms: Terms, starts: Starts, after: int, until: int) -> None:
    """Add the starts in (after, until] to the terms."""
    more, less = starts.by(until), starts.by(after)
    if more is not None and more != less:
        terms[more] = terms.get(more, 0) + 1
        if less is not None:
            terms[less] = terms.get(less, 0) - 1
