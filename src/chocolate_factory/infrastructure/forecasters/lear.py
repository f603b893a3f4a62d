"""LEAR: a LASSO for every lead day and hour on all hours of earlier days, averaged over calibration windows.

After Lago, Marcjasz, De Schutter and Weron 2021 (Applied Energy 293), with the asinh transform of Uniejewski,
Weron and Ziel 2018 (IEEE Transactions on Power Systems 33). Direct over lead days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chocolate_factory.domain.day_kinds import DayKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.bands import YEAR
from chocolate_factory.infrastructure.forecasters.days import HOURS, LEADS, DayTable, lead_class
from chocolate_factory.infrastructure.forecasters.features import LOOK_BACK
from chocolate_factory.infrastructure.forecasters.lasso import lasso
from chocolate_factory.infrastructure.forecasters.learnt import Learner

WINDOWS = {84: 7, 126: 7, 728: 42}
"""Days of each calibration window, and of the parts that are held out for errors outside the fit.

A window that history does not fill takes what there is. Short windows follow the level of prices, so their
parts must be short too.
"""

PENALTY = 3.0
"""LASSO penalty beside half the sum of squares: the longer the window, the less a day pays."""

FIRST_DAYS, ERROR_DAYS = 56, 364
"""Errors start after so many days to learn from, and reach back at most so far."""

GAP_DAYS = 7
"""Days left out after a part that is held out."""

MAD_TO_SIGMA = 0.6744897501960817
"""Median absolute deviation of the standard normal distribution."""


@dataclass(frozen=True)
class Scale:
    """asinh((price − middle) / spread), both in EUR/MWh: nearly linear in the middle, logarithmic far out."""

    middle: float
    spread: float

    def forth(self, price: FloatArray) -> FloatArray:
        """Prices -> transformed, any shape."""
        value: FloatArray = np.arcsinh((price - self.middle) / self.spread)
        return value

    def back(self, value: FloatArray) -> FloatArray:
        """Transformed -> prices, EUR/MWh."""
        price: FloatArray = self.middle + self.spread * np.sinh(value)
        return price


def scale_of(price: FloatArray) -> Scale:
    """Median and median absolute deviation of known prices, the latter as of a normal distribution, ≥ 1."""
    middle = float(np.nanmedian(price))
    return Scale(middle, max(1.0, float(np.nanmedian(np.abs(price - middle))) / MAD_TO_SIGMA))


@dataclass(frozen=True, eq=False)
class Days:
    """Days to forecast or learn at one lead, and where their inputs come from.

    `rows` (n,); `origins` (n,) the newest day that may be used; `lags` (n, 3) rows of the origin day, of the
    same weekday and of the last day of the kind; `calendar` (n, 11) weekday, rest day, rest day at the
    origin, season.
    """

    rows: IntArray
    origins: IntArray
    lags: IntArray
    calendar: FloatArray

    def take(self, choice: IntArray) -> Days:
        """Some of them."""
        return Days(self.rows[choice], self.origins[choice], self.lags[choice], self.calendar[choice])


def days_at(table: DayTable, rows: IntArray, lead: int) -> Days:
    """Days of rows, seen from `lead` days before each."""
    origins = rows - lead
    kinds = [table.previous(row, row - lead) for row in rows.tolist()]
    weeks = rows - 7 * max(1, -(-lead // 7))
    rest = [table.kinds[rows] == DayKind.REST, table.kinds[origins] == DayKind.REST]
    angle = 2 * np.pi * np.array([table.day(row).timetuple().tm_yday for row in rows.tolist()]) / YEAR
    weekday = table.weekdays[rows, None] == np.arange(7)
    season = [np.sin(angle), np.cos(angle)]
    return Days(
        rows=rows,
        origins=origins,
        lags=np.column_stack([origins, weeks, kinds]),
        calendar=np.column_stack([weekday, *rest, *season]).astype(np.float64),
    )


def inputs_of(value: FloatArray, days: Days) -> FloatArray:
    """Transformed prices (rows, 24) -> inputs (n, 112): 24 hours of each lag day and of the mean of seven.

    Then lowest, highest and mean of the origin day, means of 7 and 28 days, and the calendar.
    """
    newest = value[days.origins]
    week = np.mean([value[days.origins - back] for back in range(7)], axis=0)
    month = value.mean(axis=1)[days.origins[:, None] - np.arange(LOOK_BACK)].mean(axis=1)
    level = [newest.min(axis=1), newest.max(axis=1), newest.mean(axis=1), week.mean(axis=1), month]
    return np.column_stack([value[days.lags].reshape(len(newest), -1), week, *level, days.calendar])


@dataclass(frozen=True, eq=False)
class Calibrated:
    """One lead's LASSO from one calibration window; `limits` hold transformed prices (low, high)."""

    scale: Scale
    mean: FloatArray
    spread: FloatArray
    bias: FloatArray
    weights: FloatArray
    limits: tuple[float, float]

    def price(self, table: DayTable, days: Days) -> FloatArray:
        """Prices (n, 24), EUR/MWh, no further out than a factor of about e beyond those learnt from."""
        inputs = inputs_of(self.scale.forth(table.filled), days)
        value = self.bias + (inputs - self.mean) / self.spread @ self.weights
        return self.scale.back(np.clip(value, *self.limits))


@dataclass(frozen=True, eq=False)
class Lears:
    """The calibrated windows of every lead."""

    leads: tuple[tuple[Calibrated, ...], ...]

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table; NaN where too few days precede."""
        origin, lead = table.origin(row)
        if origin < LOOK_BACK:
            return np.full(HOURS, np.nan)
        price: FloatArray = mean_price(
            self.leads[lead_class(lead)], table, days_at(table, np.array([row]), lead)
        )[0]
        return price


def mean_price(windows: Sequence[Calibrated], table: DayTable, days: Days) -> FloatArray:
    """Prices (n, 24), EUR/MWh: the mean over windows."""
    price: FloatArray = np.mean([window.price(table, days) for window in windows], axis=0)
    return price


def usable(table: DayTable, lead: int) -> Days:
    """Every past day with a known hour whose inputs at that lead are all there."""
    every = days_at(table, np.arange(LOOK_BACK + lead, table.last + 1), lead)
    reach = np.isfinite(table.filled[every.origins - LOOK_BACK]).all(axis=1)
    there = np.isfinite(table.known[every.rows]).any(axis=1)
    return every.take(np.flatnonzero(reach & there & (every.lags.min(axis=1) >= 0)))


def window_before(days: Days, lead: int, held: IntArray, size: int) -> Days:
    """The calibration window of days `held` out: the newest that are known when the first is forecast.

    Where there are too few of them, the first ones after as well.
    """
    first, last = days.rows[held[0]], days.rows[held[-1]]
    before = np.flatnonzero(days.rows <= first - lead)[-size:]
    after = np.flatnonzero(days.rows > last + GAP_DAYS)[: size - len(before)]
    return days.take(np.concatenate([before, after]))


def calibrate(table: DayTable, windows: Sequence[Days]) -> list[Calibrated]:
    """A LASSO from each window, all at once; hours that are unknown do not count.

    A first fit takes them as average; a second one as the first has them, which takes their pull away.
    """
    ready = [_standardised(table, days) for days in windows]
    gram = np.array([inputs.T @ inputs / len(inputs) for _, inputs, _ in ready])
    moment = np.array([_moment(inputs, target, None) for _, inputs, target in ready])
    penalty = np.array([PENALTY / len(inputs) for _, inputs, _ in ready])
    weights = lasso(gram, moment, penalty)
    holes = [place for place, (_, _, target) in enumerate(ready) if np.isnan(target).any()]
    if holes:
        again = np.array([_moment(*ready[place][1:], weights[place]) for place in holes])
        weights[holes] = lasso(gram[holes], again, penalty[holes])
    return [replace(one, weights=own) for (one, _, _), own in zip(ready, weights, strict=True)]


def _standardised(table: DayTable, days: Days) -> tuple[Calibrated, FloatArray, FloatArray]:
    """A window without weights, standard inputs (n, columns), centred targets (n, 24) with NaN."""
    known = table.known[days.rows]
    scale = scale_of(known)
    inputs, target = inputs_of(scale.forth(table.filled), days), scale.forth(known)
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    spread[spread < 1e-9] = 1.0
    bias = np.nansum(target, axis=0) / np.maximum(1, np.isfinite(target).sum(axis=0))
    limits = float(np.nanmin(target)) - 1.0, float(np.nanmax(target)) + 1.0
    window = Calibrated(scale, mean, spread, bias, np.zeros((0, HOURS)), limits)
    return window, (inputs - mean) / spread, target - bias


def _moment(inputs: FloatArray, target: FloatArray, weights: FloatArray | None) -> FloatArray:
    told = inputs @ weights if weights is not None else np.zeros_like(target)
    moment: FloatArray = inputs.T @ np.where(np.isfinite(target), target, told) / len(inputs)
    return moment


def unseen_prices(table: DayTable, days: Days, lead: int, size: int) -> FloatArray:
    """Prices (n, 24) of each day by a window that did not see it, NaN for days too early or too long ago."""
    count = len(days.rows)
    price = np.full((count, HOURS), np.nan)
    judged = np.arange(max(FIRST_DAYS, count - ERROR_DAYS), count)
    parts = np.array_split(judged, max(1, len(judged) // WINDOWS[size]))
    fits = calibrate(table, [window_before(days, lead, held, size) for held in parts])
    for held, fit in zip(parts, fits, strict=True):
        price[held] = fit.price(table, days.take(held))
    return price


def learn_lead(table: DayTable, lead: int) -> tuple[tuple[Calibrated, ...], FloatArray]:
    """The windows of one lead, and errors (days, 24) of windows that did not see the day, NaN where none."""
    days = usable(table, lead)
    count = len(days.rows)
    served = calibrate(table, [days.take(np.arange(max(0, count - size), count)) for size in WINDOWS])
    told: FloatArray = np.mean([unseen_prices(table, days, lead, size) for size in WINDOWS], axis=0)
    errors = np.full((table.last + 1, HOURS), np.nan)
    errors[days.rows] = table.known[days.rows] - told
    return tuple(served), errors


def learn(table: DayTable) -> tuple[Lears, FloatArray]:
    """Models, and errors (leads, days, 24) of models that did not see the day, NaN where there is none."""
    learnt = [learn_lead(table, lead) for lead in LEADS]
    return Lears(tuple(model for model, _ in learnt)), np.array([errors for _, errors in learnt])


def forecaster() -> Learner:
    """LASSO over calibration windows, of prices alone. See `Forecaster`."""
    return Learner("lear", Lears, learn, {})
