"""What every forecaster that learns does around its learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import numpy as np

from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import DayTable, day_table
from chocolate_factory.infrastructure.forecasters.fitted import FittedDays
from chocolate_factory.infrastructure.forecasters.naive import naive_kind, or_copy
from chocolate_factory.infrastructure.forecasters.quarters import quarter_shape

ENOUGH_DAYS = 150
"""Fewer known days than this and a model copies like naive-kind, and says so in its name."""


class DayModels(Protocol):
    """What was learnt from a table of days."""

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table, NaN where too little precedes it."""
        ...


Learn = Callable[[DayTable], tuple[DayModels, FloatArray]]
"""Models, and errors (leads, days, 24) of models that did not see the day, NaN where there is none."""


def fit_learnt(name: str, learn: Learn, history: Series, issued_at: datetime) -> FittedDays:
    """Learn from all days known at `issued_at`; under ENOUGH_DAYS a labelled naive-kind instead."""
    table = day_table(history, issued_at, 1)
    days = int(np.isfinite(table.known).any(axis=1).sum())
    if days < ENOUGH_DAYS:
        copy = naive_kind().fit(history, issued_at)
        return replace(copy, name=f"{copy.name} ({name} needs {ENOUGH_DAYS} days, {days} are known)")
    models, errors = learn(table)
    return FittedDays(
        name=name,
        issued_at=issued_at,
        table=table,
        band=band_of(table, errors),
        shape=quarter_shape(history.known_at(issued_at).latest_revision()),
        of_day=lambda row: or_copy(table, row, models.price(table, row)),
    )
