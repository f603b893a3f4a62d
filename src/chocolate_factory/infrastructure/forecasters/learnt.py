"""What every forecaster that learns does around its learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import (
    DAY_AHEAD,
    HOURS,
    LEADS,
    PLACES,
    DayTable,
    seen_table,
)
from chocolate_factory.infrastructure.forecasters.fitted import DayForecast, FittedDays
from chocolate_factory.infrastructure.forecasters.naive import NEEDED_DAYS, naive_kind, or_copy
from chocolate_factory.infrastructure.forecasters.packed import pack, unpack
from chocolate_factory.infrastructure.forecasters.quarters import quarter_shape

ENOUGH_DAYS = 150
"""Fewer known days than this and a model copies like naive-kind, and says so in its name."""

ERROR_DAYS = 730
"""Newest days whose errors are kept with what was learnt."""


class DayModels(Protocol):
    """What was learnt from a table of days; a dataclass that `pack` takes."""

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table, NaN where too little precedes it."""
        ...


Learn = Callable[[DayTable], tuple[DayModels, FloatArray]]
"""Models, and errors (leads, days, 24) of models that did not see the day, NaN where there is none."""


@dataclass(frozen=True)
class DayAhead:
    """How the day right after the last known price is told where its drivers are published.

    `needs` are the series that must be known of that day; `learn` gives no models where the past has too few
    such days, and errors (days, 24).
    """

    models: type[Any]
    learn: Callable[[DayTable], tuple[DayModels | None, FloatArray]]
    needs: tuple[str, ...]
    lack: str


@dataclass(frozen=True)
class Learner:
    """A forecaster that learns from a table of days. See `Forecaster`.

    `models` is the class of what `learn_table` gives; `ahead` has, by price series, what tells tomorrow.
    """

    name: str
    models: type[Any]
    learn_table: Learn
    ahead: Mapping[str, DayAhead]

    @property
    def beside(self) -> tuple[str, ...]:
        """See `Forecaster`."""
        return tuple(dict.fromkeys(key for one in self.ahead.values() for key in one.needs))

    def learn(self, known: Known, at: datetime) -> Learnt:
        """Learn from all days known at `at`; under ENOUGH_DAYS nothing, and `notes` says so."""
        table = seen_table(known, at, NEEDED_DAYS)
        days = int(np.isfinite(table.known).any(axis=1).sum())
        facts: dict[str, object] = {
            "first_day": table.day(0).isoformat(),
            "last_day": table.day(table.last).isoformat(),
            "days": days,
            "inputs": ["prices", "calendar"],
            "notes": [],
        }
        if days < ENOUGH_DAYS:
            facts["notes"] = [f"{self.name} needs {ENOUGH_DAYS} days, {days} are known"]
            return Learnt(self.name, table.series, at, {}, facts)
        with threadpool_limits(1):  # many small fits, which threads only slow down
            return self._learn(table, at, facts)

    def _learn(self, table: DayTable, at: datetime, facts: dict[str, object]) -> Learnt:
        models, errors = self.learn_table(table)
        every = np.full((len(PLACES), *errors.shape[1:]), np.nan)
        every[: len(errors)] = errors
        arrays = pack(models, "models")
        ahead = self.ahead.get(table.series)
        if ahead:
            tomorrow, every[DAY_AHEAD] = ahead.learn(table)
            if tomorrow is not None:
                arrays |= pack(tomorrow, "ahead")
                facts["inputs"] = ["prices", "calendar", *ahead.needs]
        newest = every[:, -ERROR_DAYS:]
        facts["unseen_mae"], facts["unseen_mae_by_lead"] = _mean_errors(newest)
        arrays["errors"] = newest.astype(np.float32)
        return Learnt(self.name, table.series, at, arrays, facts)

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> FittedDays:
        """The weights on the days known at `at`; a naive-kind that says why where there are none."""
        table = seen_table(known, at, NEEDED_DAYS)
        if not learnt.arrays:
            copy = naive_kind().fitted(table, known.prices, at)
            notes = "; ".join(cast("list[str]", learnt.facts["notes"]))
            return replace(copy, name=f"{copy.name} ({notes})")
        models = unpack(self.models, learnt.arrays, "models")
        told = self._tomorrow(learnt, table)
        row = table.last + 1

        def of_day(asked: int) -> DayForecast:
            if asked == row and told is not None:
                return DayForecast(told)
            usual = or_copy(table, asked, models.price(table, asked))
            return replace(usual, note=usual.note or self._lack(learnt, table, asked, at))

        return FittedDays(
            name=self.name,
            issued_at=at,
            table=table,
            band=band_of(table, self._errors(learnt, models, table)),
            shape=quarter_shape(known.prices.known_at(at).latest_revision()),
            of_day=of_day,
            ahead=row if told is not None else -1,
        )

    def _tomorrow(self, learnt: Learnt, table: DayTable) -> FloatArray | None:
        """Prices (24,) of the day after the last known one from its drivers; None where they lack."""
        ahead = self.ahead.get(table.series)
        if ahead is None or not _has_ahead(learnt):
            return None
        price: FloatArray = unpack(ahead.models, learnt.arrays, "ahead").price(table, table.last + 1)
        return price if np.isfinite(price).all() else None

    def _lack(self, learnt: Learnt, table: DayTable, row: int, at: datetime) -> str:
        """What to say of a day that is told without its drivers although they are due."""
        ahead = self.ahead.get(table.series)
        if ahead is None or row != table.last + 1:
            return ""
        if any(CATALOG[key].due(table.day(row)) > at for key in ahead.needs):
            return ""
        there = all(key in table.beside and np.isfinite(table.beside[key][row]).any() for key in ahead.needs)
        return f"{ahead.lack}: too few past days" if there and not _has_ahead(learnt) else ahead.lack

    def _errors(self, learnt: Learnt, models: DayModels, table: DayTable) -> FloatArray:
        """Errors (places, days, 24) by rows of a table: those learnt with, and of days that came since."""
        kept = learnt.arrays["errors"]
        errors = np.full((len(PLACES), table.last + 1, HOURS), np.nan)
        end = table.row(date.fromisoformat(str(learnt.facts["last_day"]))) + 1
        rows = np.arange(end - kept.shape[1], end)
        there = (rows >= 0) & (rows <= table.last)
        errors[:, rows[there]] = kept[:, there]
        for origin in range(max(0, end - LEADS[-1]), table.last):
            then = table.until(origin)
            tomorrow = self._tomorrow(learnt, then) if origin + 1 >= end else None
            if tomorrow is not None:
                errors[DAY_AHEAD, origin + 1] = table.known[origin + 1] - tomorrow
            for place, lead in enumerate(LEADS):
                if max(end, 0) <= origin + lead <= table.last:
                    price = models.price(then, origin + lead)
                    errors[place, origin + lead] = table.known[origin + lead] - price
        return errors


def _has_ahead(learnt: Learnt) -> bool:
    """Whether the past was enough to learn tomorrow from its drivers."""
    return any(name.startswith("ahead/") for name in learnt.arrays)


def _mean_errors(errors: NDArray[Any]) -> tuple[float, dict[str, float]]:
    """Mean absolute error of the week's leads, and by place where there are errors, EUR/MWh."""
    names = [f"D+{lead}" for lead in LEADS] + ["day ahead"]
    known = np.isfinite(errors)
    by_lead = {
        name: round(float(np.abs(errors[place][known[place]]).mean()), 2)
        for place, name in enumerate(names)
        if known[place].any()
    }
    week = np.abs(errors[: LEADS.index(7) + 1])
    return round(float(np.nanmean(week)), 2), by_lead
