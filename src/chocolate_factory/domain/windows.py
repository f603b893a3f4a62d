"""The cheapest and dearest stretches of a price curve: contiguous slots of a fixed length without a hole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.series import FloatArray

SAME = 9
"""Decimals to which means are compared, EUR/kWh: sums of the same prices in another order are ties."""


@dataclass(frozen=True)
class Stretch:
    """Slots `first` to `first` + `length` of a curve and their mean price.

    `ties` counts the other places of the span whose mean is the same.
    """

    first: int
    length: int
    mean: float
    ties: int


def window_means(price: FloatArray, length: int) -> FloatArray:
    """Mean of each run of `length` slots by its first one, shape (n - length + 1,); NaN over a hole.

    Empty where the curve is shorter than the run.
    """
    if length < 1:
        raise ValueError("a window has at least one slot")
    if len(price) < length:
        return np.zeros(0)
    runs = np.lib.stride_tricks.sliding_window_view(price, length)
    means: FloatArray = runs.mean(axis=1)
    return means


def stretches(price: FloatArray, length: int, count: int, *, dearest: bool = False) -> list[Stretch]:
    """Up to `count` windows that do not overlap, best first; of those that cost the same the earliest.

    Picked one after the other: each is the best of what the ones before leave.
    """
    means = window_means(price, length)
    ranked = np.round(-means if dearest else means, SAME)
    free = np.isfinite(ranked)
    found: list[Stretch] = []
    while len(found) < count and free.any():
        first = int(np.argmin(np.where(free, ranked, np.inf)))
        ties = int(np.sum(ranked == ranked[first])) - 1
        found.append(Stretch(first, length, float(means[first]), ties))
        free[max(0, first - length + 1) : first + length] = False
    return found


def spread_percent(value: float, mean: float) -> float | None:
    """How far a price is from a mean, percent of it; None where the mean is not above zero."""
    return 100 * (value - mean) / mean if mean > 0 else None
