"""A mean of forecasters with fixed weights."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.infrastructure.forecasters import boosting, lear
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import day_table
from chocolate_factory.infrastructure.forecasters.fitted import FittedDays
from chocolate_factory.infrastructure.forecasters.naive import naive_kind, or_copy
from chocolate_factory.infrastructure.forecasters.quarters import quarter_shape

BOOSTING = 0.5
"""Share of `boosting`; the rest is `lear`'s. Never fitted to what is forecast: see docs/forecasts.md."""

ENOUGH_DAYS = max(boosting.ENOUGH_DAYS, lear.ENOUGH_DAYS)


def mean_of(boosted: FloatArray, sparse: FloatArray) -> FloatArray:
    """Prices or errors of both, any shape, as the ensemble has them; NaN where one of them is."""
    return BOOSTING * boosted + (1 - BOOSTING) * sparse


class Mix:
    """Mean of `boosting` and `lear`, with the band of its own errors. See `Forecaster`."""

    name = "mix"

    def fit(self, history: Series, issued_at: datetime) -> FittedDays:
        """Learn both from all days known at `issued_at`; under ENOUGH_DAYS a labelled naive-kind instead."""
        table = day_table(history, issued_at, 1)
        days = int(np.isfinite(table.known).any(axis=1).sum())
        if days < ENOUGH_DAYS:
            copy = naive_kind().fit(history, issued_at)
            return replace(copy, name=f"{copy.name} ({self.name} needs {ENOUGH_DAYS} days, {days} are known)")
        boosted, boosted_errors = boosting.learn(table)
        sparse, sparse_errors = lear.learn(table)
        return FittedDays(
            name=self.name,
            issued_at=issued_at,
            table=table,
            band=band_of(table, mean_of(boosted_errors, sparse_errors)),
            shape=quarter_shape(history.known_at(issued_at).latest_revision()),
            of_day=lambda row: or_copy(
                table, row, mean_of(boosted.price(table, row), sparse.price(table, row))
            ),
        )
