"""The places of a whole batch, step by step: for every start of a step the least that the batch can cost."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chocolate_factory.domain.problem import ProblemStep
from chocolate_factory.domain.series import FloatArray


class WholeBatches:
    """Batches finished by `due`, by the least sum of a table (T,) a step, infinite where that may not start.

    Dynamic programming over steps: `ahead` has the least sum up to a step by its start, `behind` from it on,
    shape (T,) for each step.
    """

    def __init__(
        self, steps: tuple[ProblemStep, ...], tables: list[FloatArray], waits: list[int | None], due: int
    ) -> None:
        self.tables, self.waits = tables, waits
        self.lengths = [step.duration for step in steps]
        last = np.arange(len(tables[0])) + self.lengths[-1] > due
        self.ahead, behind = [tables[0].copy()], [np.where(last, np.inf, tables[-1])]
        for number in range(1, len(tables)):
            ended = shifted(self.ahead[-1], self.lengths[number - 1])
            self.ahead.append(tables[number] + least_back(ended, waits[number]))
        for number in range(len(tables) - 2, -1, -1):
            after = least_back(behind[-1][::-1], waits[number + 1])
            behind.append(tables[number] + shifted(after, self.lengths[number])[::-1])
        self.behind = behind[::-1]
        self.ahead[-1][last] = np.inf

    @cached_property
    def sums(self) -> list[FloatArray]:
        """Least sum by the start of each step, shape (T,) each, infinite where no batch goes through."""
        found = []
        for ahead, behind, own in zip(self.ahead, self.behind, self.tables, strict=True):
            with np.errstate(invalid="ignore"):
                total = ahead + behind - own
            found.append(np.where(np.isfinite(ahead) & np.isfinite(behind), total, np.inf))
        return found

    def placed(self, number: int, slot: int) -> tuple[int, ...] | None:
        """Starts of the batch of least sum that has one run at a slot; None for none."""
        if not np.isfinite(self.sums[number][slot]):
            return None
        starts = [slot]
        for place in range(number - 1, -1, -1):
            latest, wait = starts[0] - self.lengths[place], self.waits[place + 1]
            first = 0 if wait is None else max(0, latest - wait)
            starts.insert(0, first + int(np.argmin(self.ahead[place][first : latest + 1])))
        for place in range(number + 1, len(self.tables)):
            first, wait = starts[-1] + self.lengths[place - 1], self.waits[place]
            stop = None if wait is None else first + wait + 1
            starts.append(first + int(np.argmin(self.behind[place][first:stop])))
        return tuple(starts)


def shifted(values: FloatArray, slots: int) -> FloatArray:
    """Values moved later by some slots, infinite before them, shape (T,)."""
    moved = np.full(len(values), np.inf)
    moved[slots:] = values[: max(0, len(values) - slots)]
    return moved


def least_back(values: FloatArray, back: int | None) -> FloatArray:
    """Least of each value and the `back` before it (all before it for None), shape (T,).

    Windows of twice the width are made of two that overlap or touch, until they are as wide as asked for.
    """
    if back is None:
        every: FloatArray = np.minimum.accumulate(values)
        return every
    least, width = values.copy(), 1
    while width <= back:
        step = min(width, back + 1 - width)
        least[step:] = np.minimum(least[step:], least[:-step])
        width += step
    return least
