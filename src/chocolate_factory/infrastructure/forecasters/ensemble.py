"""A mean of forecasters with fixed weights."""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.forecasters import boosting, lear
from chocolate_factory.infrastructure.forecasters.ahead import AHEAD
from chocolate_factory.infrastructure.forecasters.days import DayTable
from chocolate_factory.infrastructure.forecasters.learnt import Learner

BOOSTING = 0.5
"""Share of `boosting`; the rest is `lear`'s. Never fitted to what is forecast: see docs/forecasts.md."""


def mean_of(boosted: FloatArray, sparse: FloatArray) -> FloatArray:
    """Prices or errors of both, any shape, as the ensemble has them; NaN where one of them is."""
    return BOOSTING * boosted + (1 - BOOSTING) * sparse


@dataclass(frozen=True, eq=False)
class Both:
    """What both models learnt from one table."""

    boosted: boosting.Models
    sparse: lear.Lears

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table."""
        return mean_of(self.boosted.price(table, row), self.sparse.price(table, row))


def learn(table: DayTable) -> tuple[Both, FloatArray]:
    """Both models, and the errors of their mean on days they did not see. See `Learn`."""
    boosted, boosted_errors = boosting.learn(table)
    sparse, sparse_errors = lear.learn(table)
    return Both(boosted, sparse), mean_of(boosted_errors, sparse_errors)


def forecaster() -> Learner:
    """Mean of `boosting` and `lear`, with the band of its own errors. See `Forecaster`."""
    return Learner("mix", Both, learn, AHEAD)
