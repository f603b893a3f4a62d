"""Tomorrow's spot price before the auction, from the system operator's forecasts of demand, wind and sun.

The price at a load that wind and sun leave over is read off the newest days (a kernel regression of price on
that net load and the hour: Nadaraya 1964, Theory of Probability and its Applications 9), and boosting and a
ridge learn from it, the drivers and past prices. Newer days count more: plants, fuels and sun change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chocolate_factory.domain.scores import BoolArray
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.days import HOURS, DayTable
from chocolate_factory.infrastructure.forecasters.features import LOOK_BACK, day_inputs
from chocolate_factory.infrastructure.forecasters.grown import booster, grow
from chocolate_factory.infrastructure.forecasters.linear import FOLDS, GAP_DAYS, Linear, fit_linear

if TYPE_CHECKING:
    import lightgbm

DRIVERS = ("demand_forecast", "wind_forecast", "solar_forecast")
ENOUGH_DAYS = 60
"""Past days with drivers from which it learns."""

MENDED = 3
"""Hours missing in a day of drivers that are bridged by a straight line; a day with more is not used."""

CURVE_DAYS, CURVE_MW, CURVE_HOURS, CURVE_MEMORY = 21, 1500.0, 2.0, 7.0
"""Days of the supply curve, widths of its kernel in net load and hour, and days at which a day counts 1/e."""

BOOSTING = 0.7
"""Share of the trees; the rest is the ridge's."""

PENALTY, RIDGE_DAYS, TREE_DAYS, TREES = 0.1, 90.0, 120.0, 300
"""Ridge penalty, half-lives of examples in days for the ridge and the trees, and boosting rounds."""

PARAMETERS: dict[str, Any] = {
    "objective": "l1",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "min_data_in_leaf": 40,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True, eq=False)
class Drivers:
    """Demand, wind and sun (days, 24) MW by rows of a table; NaN before the first usable day.

    `usable` (days,) says which days have all three; others stand as the usable day before them.
    """

    demand: FloatArray
    wind: FloatArray
    sun: FloatArray
    usable: BoolArray

    @property
    def net(self) -> FloatArray:
        """What other plants must deliver, MW."""
        net: FloatArray = self.demand - self.wind - self.sun
        return net


def drivers_of(table: DayTable) -> Drivers | None:
    """Drivers by rows; None where a series is not there at all."""
    if any(key not in table.beside for key in DRIVERS):
        return None
    told = np.array([mended(table.beside[key]) for key in DRIVERS])
    usable = np.isfinite(told).all(axis=(0, 2))
    latest = np.maximum.accumulate(np.where(usable, np.arange(len(usable)), -1))
    told = np.where((latest >= 0)[:, None], told[:, latest], np.nan)
    return Drivers(told[0], told[1], told[2], usable)


def mended(told: FloatArray) -> FloatArray:
    """Days (n, 24) with at most MENDED missing hours bridged; days with more are NaN throughout."""
    told = told.copy()
    lost = np.isnan(told)
    for row in np.flatnonzero(lost.any(axis=1)).tolist():
        gap = lost[row]
        if gap.sum() > MENDED:
            told[row] = np.nan
        else:
            told[row, gap] = np.interp(np.flatnonzero(gap), np.flatnonzero(~gap), told[row, ~gap])
    return told


def curve_price(table: DayTable, drivers: Drivers, row: int) -> FloatArray:
    """Prices (24,) at the net load of a row by the CURVE_DAYS days before it; NaN where none is near."""
    days = np.arange(row - CURVE_DAYS, row)
    net = drivers.net
    price = table.filled[days].ravel()
    load = np.where(drivers.usable[days, None], net[days], np.nan).ravel()
    hour = np.tile(np.arange(HOURS), CURVE_DAYS)
    age = np.repeat(row - days, HOURS)
    apart = np.abs(np.arange(HOURS)[:, None] - hour)
    apart = np.minimum(apart, HOURS - apart)
    with np.errstate(invalid="ignore"):
        weight = np.exp(
            -0.5 * ((net[row][:, None] - load) / CURVE_MW) ** 2
            - 0.5 * (apart / CURVE_HOURS) ** 2
            - age / CURVE_MEMORY
        )
    weight = np.where(np.isfinite(load) & np.isfinite(price), weight, 0.0)
    total = weight.sum(axis=1)
    found: FloatArray = weight @ np.where(np.isfinite(price), price, 0.0) / np.maximum(total, 1e-12)
    return np.where(total > 1e-6, found, np.nan)


def inputs_of(table: DayTable, drivers: Drivers, row: int) -> FloatArray:
    """Inputs (24, columns) of a day, from prices up to the day before and drivers up to its own; NaN lacks.

    `DayInputs` of lead one, then the curve's price, the drivers by hour and their steps from other days, and
    daily figures. A price that no curve tells is that of the mean week.
    """
    net, origin = drivers.net, row - 1
    own = day_inputs(table, row, origin).matrix()
    if origin < LOOK_BACK:
        return np.full((HOURS, 1), np.nan)
    curve = curve_price(table, drivers, row)
    curve = np.where(np.isnan(curve), own[:, 7], curve)
    kind = table.previous(row, origin)
    week = net[row - 7 : row].mean(axis=0)
    now = net[row]
    line = np.concatenate([now[:1], now[:1], now, now[-1:], now[-1:]])
    steps = [line[at : at + HOURS] - now for at in (0, 1, 3, 4)]
    parts = (drivers.demand, drivers.wind, drivers.sun)
    hourly = [
        curve, now, net[origin], net[row - 7], net[kind], week,
        now - net[origin], now - net[kind], now - week, *steps,
        *(part[row] for part in parts), *(part[row] - part[origin] for part in parts),
        *(part[origin] for part in parts),
    ]  # fmt: skip
    daily = [
        now.mean(), now.min(), now.max(), net[origin].mean(), net[row - 7].mean(), net[kind].mean(),
        week.mean(), now[10:17].mean(), now[18:23].mean(),
        *(part[row].mean() for part in parts), drivers.wind[origin].mean(), float(table.weekdays[row]),
    ]  # fmt: skip
    hour = np.arange(HOURS, dtype=np.float64)
    return np.column_stack([own, *hourly, np.tile(np.array(daily), (HOURS, 1)), hour])


@dataclass(frozen=True, eq=False)
class Supply:
    """A ridge and trees for tomorrow."""

    linear: Linear
    trees: str

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table, NaN where its drivers or the week's lack."""
        drivers = drivers_of(table)
        if drivers is None or row != table.last + 1 or not drivers.usable[row]:
            return np.full(HOURS, np.nan)
        inputs = inputs_of(table, drivers, row)
        if not np.isfinite(inputs).all():
            return np.full(HOURS, np.nan)
        price: FloatArray = told(self.linear, booster(self.trees), inputs[None])[0]
        return price


def told(linear: Linear, trees: lightgbm.Booster, inputs: FloatArray) -> FloatArray:
    """Prices (n, 24) of inputs (n, 24, columns)."""
    flat = np.asarray(trees.predict(inputs.reshape(-1, inputs.shape[2]), num_threads=1))
    price: FloatArray = BOOSTING * flat.reshape(inputs.shape[:2]) + (1 - BOOSTING) * linear.price(inputs)
    return price


def learn(table: DayTable) -> tuple[Supply | None, FloatArray]:
    """Models, and errors (days, 24) of models that did not see the day; None under ENOUGH_DAYS such days."""
    errors = np.full((table.last + 1, HOURS), np.nan)
    drivers = drivers_of(table)
    if drivers is None:
        return None, errors
    rows = np.flatnonzero(drivers.usable[: table.last + 1])
    inputs = np.array([inputs_of(table, drivers, row) for row in rows.tolist() if row > LOOK_BACK])
    rows = rows[rows > LOOK_BACK]
    usable = np.isfinite(inputs).all(axis=(1, 2)) if len(rows) else np.zeros(0, bool)
    rows, inputs = rows[usable], inputs[usable]
    if len(rows) < ENOUGH_DAYS:
        return None, errors
    truth = table.known[rows]
    fold = np.arange(len(rows)) * FOLDS // len(rows)
    for number in range(FOLDS):
        held = fold == number
        first, last = rows[held][0], rows[held][-1]
        seen = (rows < first - GAP_DAYS) | (rows > last + GAP_DAYS)
        linear, trees = fit(rows[seen], inputs[seen], truth[seen], table.last)
        errors[rows[held]] = truth[held] - told(linear, trees, inputs[held])
    linear, trees = fit(rows, inputs, truth, table.last)
    return Supply(linear, trees.model_to_string()), errors


def fit(rows: IntArray, inputs: FloatArray, truth: FloatArray, now: int) -> tuple[Linear, lightgbm.Booster]:
    """Ridge and trees of truth (n, 24), unknown hours left out, on inputs (n, 24, columns) of days `rows`."""
    linear = fit_linear(inputs, truth, 0.5 ** ((now - rows) / RIDGE_DAYS), PENALTY)
    known = np.isfinite(truth).ravel()
    weight = np.repeat(0.5 ** ((now - rows) / TREE_DAYS), HOURS)[known]
    flat = inputs.reshape(-1, inputs.shape[2])[known]
    return linear, grow(flat, truth.ravel()[known], weight, PARAMETERS, TREES)
