"""Ridge per lead and hour, and gradient boosting (LightGBM) on what the ridge leaves.

Direct over lead days: every lead has its own ridge, one boosting serves all. Both predict the deviation
from the last day of the same kind, so a change of the price level is followed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.forecasters.ahead import AHEAD
from chocolate_factory.infrastructure.forecasters.bands import season_weights
from chocolate_factory.infrastructure.forecasters.days import HOURS, LEADS, DayTable, lead_class
from chocolate_factory.infrastructure.forecasters.features import (
    CALENDAR,
    OF_KIND,
    WEEK_MEAN,
    Examples,
    day_inputs,
    examples,
)
from chocolate_factory.infrastructure.forecasters.grown import booster, grow
from chocolate_factory.infrastructure.forecasters.learnt import Learner
from chocolate_factory.infrastructure.forecasters.linear import (
    Linear,
    fit_linear,
    unseen_prices,
)

if TYPE_CHECKING:
    import lightgbm

SEASON = 0.5
"""How much more an example of the same season counts. See `season_weights`."""

TREES, SHARE = 100, 0.4
"""Boosting rounds, and how much of what they say is believed."""

PARAMETERS: dict[str, Any] = {
    "objective": "l1",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 63,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True, eq=False)
class Models:
    """One ridge a lead, one boosting for all."""

    linear: tuple[Linear, ...]
    trees: str

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table."""
        origin, lead = table.origin(row)
        place = lead_class(lead)
        inputs = day_inputs(table, row, origin).matrix()[None]
        linear = self.linear[place].price(inputs)
        rest = booster(self.trees).predict(tree_inputs(inputs, linear, LEADS[place]), num_threads=1)
        price: FloatArray = linear[0] + SHARE * np.asarray(rest)
        return price


def tree_inputs(inputs: FloatArray, linear: FloatArray, lead: int) -> FloatArray:
    """Inputs (n, 24, columns) and ridge prices (n, 24) -> rows (n·24, …) for the trees, free of the level."""
    hourly = np.delete(inputs[:, :, :9] - inputs[:, :, OF_KIND : OF_KIND + 1], OF_KIND, axis=2)
    level = np.delete(inputs[:, :, 9:21] - inputs[:, :, WEEK_MEAN : WEEK_MEAN + 1], WEEK_MEAN - 9, axis=2)
    flags = np.delete(inputs[:, :, CALENDAR], [4, 5], axis=2)
    own = np.stack(
        [
            linear - inputs[:, :, OF_KIND],
            np.broadcast_to(np.arange(HOURS, dtype=np.float64), linear.shape),
            np.full(linear.shape, float(lead)),
        ],
        axis=2,
    )
    every = np.concatenate([hourly, level, flags, own], axis=2)
    return every.reshape(-1, every.shape[2])


@dataclass(frozen=True, eq=False)
class Learnt:
    """A lead's examples, its ridge, and the ridge's prices (n, 24) of days it did not see."""

    seen: Examples
    linear: Linear
    unseen: FloatArray


def learn_lead(table: DayTable, lead: int) -> Learnt:
    """The ridge of one lead."""
    seen = examples(table, lead)
    weight = season_weights(seen.rows, table.last, SEASON)
    return Learnt(seen, fit_linear(seen.inputs, seen.truth, weight), unseen_prices(seen, weight))


def learn(table: DayTable) -> tuple[Models, FloatArray]:
    """Models, and errors (leads, days, 24) of models that did not see the day, NaN where there is none."""
    learnt = [learn_lead(table, lead) for lead in LEADS]
    inputs = np.concatenate(
        [tree_inputs(one.seen.inputs, one.unseen, lead) for lead, one in zip(LEADS, learnt, strict=True)]
    )
    target = np.concatenate([(one.seen.truth - one.unseen).ravel() for one in learnt])
    days = np.concatenate([np.repeat(one.seen.rows, HOURS) for one in learnt])
    unseen = np.zeros(len(target))
    half = (days > np.median(days)).astype(np.int64)
    for held in (0, 1):
        trees = grow_rest(inputs[half != held], target[half != held])
        unseen[half == held] = np.asarray(trees.predict(inputs[half == held]))
    left = target - SHARE * unseen
    errors = np.full((len(LEADS), table.last + 1, HOURS), np.nan)
    first = 0
    for place, one in enumerate(learnt):
        size = one.seen.truth.size
        errors[place, one.seen.rows] = left[first : first + size].reshape(-1, HOURS)
        first += size
    text = grow_rest(inputs, target).model_to_string()
    return Models(tuple(one.linear for one in learnt), text), errors


def grow_rest(inputs: FloatArray, target: FloatArray) -> lightgbm.Booster:
    """Trees for the target (n,) where it is known."""
    known = np.isfinite(target)
    smallest = int(min(1000, max(20, known.sum() // 100)))
    return grow(inputs[known], target[known], None, {**PARAMETERS, "min_data_in_leaf": smallest}, TREES)


def forecaster() -> Learner:
    """The default forecaster. See `Forecaster`."""
    return Learner("boosting", Models, learn, AHEAD)
