"""Prophet: the level and the day's course by kind of day, as one additive model of the calendar.

Taylor and Letham 2018 (The American Statistician 72, 37), by the package `prophet`, which is optional. Its
clock is the local wall clock: days here have 24 hours whatever the clocks do, so a daily wave keeps its hour
all year, which it would not in UTC. The hour that comes twice is one observation; the one that does not exist
is none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from logging import getLogger
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.day_kinds import DayKind
from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import (
    HOURS,
    KNOWN_DAY,
    LEADS,
    PLACES,
    DayTable,
    day_table,
)
from chocolate_factory.infrastructure.forecasters.fitted import DayForecast, FittedDays
from chocolate_factory.infrastructure.forecasters.learnt import ENOUGH_DAYS
from chocolate_factory.infrastructure.forecasters.naive import NEEDED_DAYS, copied, days_of_kind, naive_kind
from chocolate_factory.infrastructure.forecasters.quarters import quarter_shape

NAME = "prophet"
LEARN_DAYS = 21
"""Newest known days that it learns from. Over longer ones it cannot tell level, trend and season apart."""

DAILY_ORDER = 6
"""Waves of the day's course: up to six a day, of each kind of day its own."""

FITS, STEP_DAYS = 26, 7
"""Fits for errors outside the fit, and days between them: half a year."""

ERROR_DAYS = FITS * STEP_DAYS

SEED = 1
KINDS = {DayKind.WORKING: "working", DayKind.SATURDAY: "saturday", DayKind.REST: "rest"}
LEVELLED = ("saturday", "rest")
"""Kinds of day whose level is told apart from that of working days."""

OUTSIDE = "copied where days are older than those learnt from"


def installed() -> bool:
    """Whether the optional package is there."""
    return find_spec("prophet") is not None


@cache
def package(name: str) -> Any:
    """A module that only this model needs: a second of imports; Misconfigured where it is not installed."""
    if not installed():
        raise Misconfigured(
            "The model prophet needs the package prophet, which is not installed.",
            "Run `make setup`, or `pip install '.[prophet]'` in the checkout, or choose another model.",
        )
    for noisy in ("cmdstanpy", "prophet", "prophet.models", "prophet.plot"):
        getLogger(noisy).disabled = True
    return import_module(name)


def calendar(table: DayTable, rows: IntArray) -> Any:
    """The hours of the days `rows` (n,) as Prophet's frame (n·24 rows): wall clock and kinds of day.

    All of it is known at any origin for any horizon; nothing else is used, as drivers are not published for
    a week ahead. Holidays are days of rest: they have the level and the course of Sundays.
    """
    days = np.array([np.datetime64(table.day(row)) for row in rows.tolist()], "datetime64[h]")
    hours = days[:, None] + np.arange(HOURS).astype("timedelta64[h]")
    kinds = np.repeat(table.kinds[rows], HOURS)
    courses = {name: kinds == kind for kind, name in KINDS.items()}
    levels = {f"level_{name}": courses[name].astype(np.float64) for name in LEVELLED}
    return package("pandas").DataFrame({"ds": hours.ravel().astype("datetime64[ns]"), **courses, **levels})


def learnt_rows(table: DayTable, last: int) -> IntArray:
    """Rows of the newest LEARN_DAYS known days up to row `last`."""
    known = np.isfinite(table.known[: last + 1]).sum(axis=1) >= KNOWN_DAY
    return np.flatnonzero(known)[-LEARN_DAYS:]


def fit(table: DayTable, last: int) -> Any:
    """A fitted Prophet of the days up to row `last`; RuntimeError where Stan finds no optimum."""
    rows = learnt_rows(table, last)
    frame = calendar(table, rows).assign(y=table.known[rows].ravel())
    model = package("prophet").Prophet(
        growth="flat",
        yearly_seasonality=False,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    # Newton's method takes minutes where L-BFGS gives up, on prices without any noise.
    model.stan_backend.set_options(newton_fallback=False)
    for name in LEVELLED:
        model.add_regressor(f"level_{name}", standardize=False)
    for name in KINDS.values():
        model.add_seasonality(f"daily_{name}", period=1, fourier_order=DAILY_ORDER, condition_name=name)
    model.fit(frame.dropna(), seed=SEED)
    model.stan_backend.cleanup()
    return model


def prices(model: Any, table: DayTable, rows: IntArray) -> FloatArray:
    """Prices (n, 24) of the days `rows` (n,), EUR/MWh."""
    told = model.predict(calendar(table, rows))
    return np.asarray(told["yhat"], np.float64).reshape(-1, HOURS)


def unseen_errors(table: DayTable) -> FloatArray:
    """Truth − forecast of the newest days by fits that end before them, (places, days, 24), NaN elsewhere.

    At each lead a day is forecast by the newest fit that is at least so many days old: up to STEP_DAYS − 1
    more than the lead, so errors are rather too large than too small.
    """
    errors = np.full((len(PLACES), table.last + 1, HOURS), np.nan)
    for last in range(table.last - STEP_DAYS, table.last - FITS * STEP_DAYS - 1, -STEP_DAYS):
        if len(learnt_rows(table, last)) < LEARN_DAYS:
            break
        rows = np.arange(last + 1, min(last + LEADS[-1] + STEP_DAYS, table.last + 1))
        try:
            model = fit(table, last)
        except RuntimeError:
            continue
        found = table.known[rows] - prices(model, table, rows)
        for place, lead in enumerate(LEADS):
            errors[place, rows[lead - 1 : lead - 1 + STEP_DAYS]] = found[lead - 1 : lead - 1 + STEP_DAYS]
    return errors


def packed(model: Any) -> NDArray[np.uint8]:
    """A fitted model as the bytes of Prophet's own JSON, without the history that forecasts do not need."""
    model.history = model.history.iloc[:1]
    model.history_dates = model.history_dates.iloc[:1]
    text: str = package("prophet.serialize").model_to_json(model)
    return np.frombuffer(text.encode(), np.uint8)


class ProphetModel:
    """Prophet on the calendar alone, with the band of its own errors. See `Forecaster`."""

    name = NAME
    beside: tuple[str, ...] = ()

    def learn(self, known: Known, at: datetime) -> Learnt:
        """Fit on the newest days known at `at`, and on earlier ones for errors of days they did not see.

        Under ENOUGH_DAYS, or where Stan finds no optimum, nothing is learnt and `notes` says why. Raises
        DataMissing under NEEDED_DAYS, Misconfigured where the package is missing.
        """
        package("prophet")
        table = day_table(known.prices, at, NEEDED_DAYS)
        days = int(np.isfinite(table.known).any(axis=1).sum())
        rows = learnt_rows(table, table.last)
        facts: dict[str, object] = {
            "first_day": table.day(int(rows[0])).isoformat(),
            "last_day": table.day(table.last).isoformat(),
            "days": len(rows),
            "inputs": ["calendar"],
            "package": f"prophet {version('prophet')}",
            "notes": [],
        }
        nothing = Learnt(self.name, known.prices.key, at, {}, facts)
        if days < ENOUGH_DAYS:
            return _without(nothing, f"{self.name} needs {ENOUGH_DAYS} days, {days} are known")
        try:
            model = packed(fit(table, table.last))
        except RuntimeError:
            return _without(nothing, f"{self.name} found no optimum")
        errors = unseen_errors(table)[:, -ERROR_DAYS:]
        if not np.isfinite(errors[0]).any():
            return _without(nothing, f"{self.name} has no errors to tell a band from")
        return replace(nothing, arrays={"errors": errors.astype(np.float32), "model": model})

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> FittedDays:
        """The fitted model on the days known at `at`; where nothing was learnt a naive-kind that says so.

        Prophet has no memory of the last days, so newer prices move the window and the band, not the model.
        """
        table = day_table(known.prices, at, NEEDED_DAYS)
        errors = _moved(learnt, table)
        if errors is None:
            notes = cast("list[str]", learnt.facts["notes"])
            why = "; ".join(notes) or f"{self.name} learnt from other days"
            copy = naive_kind().fitted(table, known.prices, at)
            return replace(copy, name=f"{copy.name} ({why})")
        model = package("prophet.serialize").model_from_json(learnt.arrays["model"].tobytes().decode())
        first = max(0, table.row(date.fromisoformat(str(learnt.facts["first_day"]))))
        told = prices(model, table, np.arange(first, table.last + LEADS[-1] + 1))

        def of_day(row: int) -> DayForecast:
            if row >= first:
                return DayForecast(told[row - first])
            return replace(copied(table, row, table.origin(row)[0], days_of_kind), note=OUTSIDE)

        return FittedDays(
            name=self.name,
            issued_at=at,
            table=table,
            band=band_of(table, errors),
            shape=quarter_shape(known.prices.known_at(at).latest_revision()),
            of_day=of_day,
        )


def _without(learnt: Learnt, note: str) -> Learnt:
    return replace(learnt, facts={**learnt.facts, "notes": [note]})


def _moved(learnt: Learnt, table: DayTable) -> FloatArray | None:
    """Errors by the rows of another table, (places, days, 24); None where there are none."""
    if "errors" not in learnt.arrays:
        return None
    errors = learnt.arrays["errors"]
    last = date.fromisoformat(str(learnt.facts["last_day"]))
    offset = table.row(last - timedelta(days=errors.shape[1] - 1))
    moved = np.full((len(PLACES), table.last + 1, HOURS), np.nan)
    first, end = max(0, offset), min(table.last + 1, offset + errors.shape[1])
    if first < end:
        moved[:, first:end] = errors[:, first - offset : end - offset]
    return moved if np.isfinite(moved[0]).any() else None
