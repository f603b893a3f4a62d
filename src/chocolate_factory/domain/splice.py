"""Published prices first, a forecast where the market has not spoken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.forecast import LEVELS, Forecast, PastErrors
from chocolate_factory.domain.series import FloatArray, Origin, Series, TextArray, on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, IntArray, Window, epoch, moment

UNKNOWN = ""


@dataclass(frozen=True)
class _Grid:
    window: Window
    minutes: int

    @property
    def starts(self) -> IntArray:
        return self.window.starts(self.minutes)


def splice(
    published: Series, predicted: Forecast | None, window: Window, minutes: int = PLAN_MINUTES
) -> Forecast:
    """Published slots (all quantiles equal the price) and the forecast's elsewhere, on a grid of `minutes`.

    `published` must reach back to the slot that covers `window.start`. Holes among the published slots are
    taken from the forecast and say "forecast". Slots that neither knows are NaN with the origin "": a hole
    stays a hole. Without a forecast the model is "" and `issued_at` the newest knowledge of the prices.
    """
    grid = _Grid(window, minutes)
    known = on_grid(published, window, minutes)
    spoken = ~np.isnan(known)
    levels = predicted.levels if predicted else LEVELS
    table = _predicted_table(predicted, published.key, grid)
    origin = np.where(np.isnan(table[0]), UNKNOWN, str(Origin.FORECAST)).astype(np.dtype("U16"))
    origin[spoken] = _origins(published, grid.starts[spoken])
    table[:, spoken] = known[spoken]
    newest = int(published.available_at.max()) if len(published) else epoch(window.start)
    ends = published.start + 60 * published.minutes
    return Forecast(
        series=published.key,
        model=predicted.model if predicted else "",
        issued_at=predicted.issued_at if predicted else moment(newest),
        known_until=moment(ends.max()) if len(published) else window.start,
        minutes=minutes,
        start=grid.starts,
        origin=origin,
        price=table[0],
        levels=levels,
        quantiles=table[1:],
        past=_past_on(predicted, grid),
    )


def _predicted_table(predicted: Forecast | None, key: str, grid: _Grid) -> FloatArray:
    """Price and quantiles (1 + levels, slots) of the forecast slots alone on the grid, NaN elsewhere.

    Quantiles of slots that are averaged are averaged: the band of a sum of slots that move together.
    """
    if predicted is None:
        return np.full((1 + len(LEVELS), len(grid.starts)), np.nan)
    if predicted.series != key:
        raise ValueError(f"a forecast of {predicted.series} cannot continue {key}")
    rows = (predicted.origin == str(Origin.FORECAST)) & np.isfinite(predicted.price)
    start = predicted.start[rows]
    length = np.full(len(start), predicted.minutes, np.int64)
    text = np.full(len(start), str(Origin.FORECAST))
    return np.stack(
        [
            on_grid(Series(key, start, length, column[rows], start, text, text), grid.window, grid.minutes)
            for column in (predicted.price, *predicted.quantiles)
        ]
    )


def _past_on(predicted: Forecast | None, grid: _Grid) -> PastErrors | None:
    """Past errors of the forecast's slot that each slot of the grid begins in, 0 outside its window."""
    if predicted is None or predicted.past is None:
        return None
    place = np.searchsorted(predicted.start, grid.starts, side="right") - 1
    inside = (place >= 0) & (grid.starts < int(predicted.start[-1]) + 60 * predicted.minutes)
    errors = np.where(inside, predicted.past.errors[:, np.maximum(place, 0)], 0.0)
    return PastErrors(predicted.past.ago, errors)


def _origins(published: Series, starts: IntArray) -> TextArray:
    """Origin of the row that covers each slot start."""
    rows = np.searchsorted(published.start, starts, side="right") - 1
    return published.origin[rows]
